package drill

import (
	"net/http"
	"strings"
	"testing"

	"github.com/wechsel-project/wechsel/pkg/sim"
)

// Before anything is created the drill says what will be, and what of the
// quotas that takes on both sides.
func TestPreflight(t *testing.T) {
	w := newWorld(t, "alster", "isar", 1)
	p := carriedProfile(t, "isar")
	p.Quota["compute.cores"] = 4
	w.to = startProfile(t, p, 2, w.clock)
	o := w.options(t, "web-shop")
	var said []string
	created := 0
	o.Progress = func(e Event) {
		if e.Stage == "deploy-source" && e.Text != "" && created == 0 {
			said = append(said, e.Text)
			created = w.from.cloud.Requests.Count(func(r sim.Request) bool { return r.Method == http.MethodPost && r.Service != "identity" })
		}
	}
	run(t, o)
	text := strings.Join(said, "\n")
	for _, want := range []string{
		"sim:alster: to create: 1 FloatingIP,", "4 Server", "sim:alster: quota, needed/left: ", "instances 4/",
		"sim:isar: to create: ", "sim:isar: does not fit: compute.cores: 5 needed, 4 of 4 left",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q:\n%s", want, text)
		}
	}
	for _, line := range said {
		if len(line) > 78 {
			t.Errorf("%d columns: %s", len(line), line)
		}
	}
}
