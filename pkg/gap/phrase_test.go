package gap_test

import (
	"strings"
	"testing"

	"github.com/wechsel-project/wechsel/fixtures"
	"github.com/wechsel-project/wechsel/pkg/gap"
)

// What a plan says in arguments is said in the report's language, whatever
// number stands before it; names stay names.
func TestArgumentsAreInTheReportsLanguage(t *testing.T) {
	c, err := gap.Load(fixtures.FS)
	if err != nil {
		t.Fatal(err)
	}
	for value, want := range map[string]string{
		"-20 GB of disk":           "-20 GB Platte",
		"+1 vCPU, +20 GB of disk":  "+1 vCPU, +20 GB Platte",
		"cpu class, disk type":     "CPU-Klasse, Art der Platte",
		"same size":                "gleiche Größe",
		"disk type of m1.small, 3": "disk type of m1.small, 3",
	} {
		g := gap.Gap{Kind: "compute/flavor-replaced", Args: map[string]string{"cost": value, "from": "a", "to": "b"}}
		c.Say(&g, "de")
		if !strings.Contains(g.Cause, want) {
			t.Errorf("%s: %s, want %q", value, g.Cause, want)
		}
		c.Say(&g, "en")
		if !strings.Contains(g.Cause, value) {
			t.Errorf("%s: %s", value, g.Cause)
		}
	}
}
