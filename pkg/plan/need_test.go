package plan

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// Where a quota does not hold all, what takes of it stands in a row, so that it
// is no matter of chance what arrives; else everything may start at once.
func TestWhatDoesNotFitStandsInARow(t *testing.T) {
	set := resource.NewSet(schemas(), own(network, "n", specs{}))
	for i := range 3 {
		set.Put(own(volume, fmt.Sprintf("v%d", i), specs{"size": int64(2)}))
	}
	for limit, want := range map[int64][]string{
		3: {"", "", ""},
		2: {"", "create:OS::Cinder::Volume/v0", "create:OS::Cinder::Volume/v1"},
	} {
		c := beta()
		c.Quota = map[string]profile.Quota{"block-storage.volumes": {Limit: limit}}
		var got []string
		for _, s := range build(t, set, c).Steps {
			if s.Ref.Type == volume {
				after := ""
				if len(s.After) > 0 {
					after = s.After[0]
				}
				got = append(got, after)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("with room for %d: %s", limit, diff)
		}
	}
}
