package drill

import (
	"fmt"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wechsel-project/wechsel/fixtures"
	"github.com/wechsel-project/wechsel/pkg/diff"
	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/sim"
)

// factsOfEveryExit are true wherever a workload goes: a member cannot read
// local disks, user data and what the cloud has encrypted, and floating
// addresses are the provider's.
func factsOfEveryExit() []string {
	return []string{"compute/root-disk-not-moved", "compute/user-data-unread", "network/address-not-kept", "storage/encrypted-content"}
}

// verdict is a result as a list of texts without ids, keys of clouds or times.
func verdict(t *testing.T, r *Result) []string {
	t.Helper()
	var out []string
	for ref, o := range r.Diff.Outcomes {
		if ref.Key.Valid() && ref.Type != "OS::Neutron::SecurityGroupRule" { // their keys are numbered
			out = append(out, fmt.Sprintf("%s %s", ref, o))
		}
	}
	for _, g := range classify(t, r.Signals) {
		out = append(out, fmt.Sprintf("%s %s %s %d %v", g.Severity, g.Kind, g.Path, len(g.Resources), g.Seen))
	}
	for _, g := range classify(t, r.Unfit) {
		out = append(out, fmt.Sprintf("unfit %s %s", g.Kind, g.Path))
	}
	slices.Sort(out)
	return out
}

func run(t testing.TB, o Options) *Result {
	t.Helper()
	r, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Left) > 0 {
		t.Errorf("left: %v", r.Left)
	}
	return r
}

// A cloud is as good as itself: over seeds, which draw other ids, orders and
// durations, no gap but what is true of every exit, and one verdict. Every
// profile that is carried takes part.
func TestNoNoise(t *testing.T) {
	t.Parallel()
	entries, err := fs.ReadDir(fixtures.FS, "clouds")
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range entries {
		cloud, isProfile := strings.CutSuffix(e.Name(), ".yaml")
		if !isProfile {
			t.Fatalf("%s is no profile", e.Name())
		}
		if !carriedProfile(t, cloud).OpenStack() { // its clusters have a test of their own (noise.txtar)
			continue
		}
		for j, name := range []string{"tiny", "web-shop", "unnamed"} {
			t.Run(name+" on "+cloud, func(t *testing.T) {
				t.Parallel()
				seed := uint64(1 + 3*i + j)
				first := quiet(t, cloud, name, seed)
				if i%3 != j { // one scenario each is enough
					return
				}
				if diff := cmp.Diff(first, quiet(t, cloud, name, seed+100)); diff != "" {
					t.Errorf("another verdict than with another seed: %s", diff)
				}
			})
		}
	}
}

// quiet moves the scenario from a cloud to itself and returns the verdict.
func quiet(t *testing.T, cloud, name string, seed uint64) []string {
	t.Helper()
	w := newWorld(t, cloud, cloud, seed)
	r := run(t, w.options(t, name))
	for _, g := range classify(t, r.Signals) {
		if !slices.Contains(factsOfEveryExit(), g.Kind) {
			t.Errorf("%s %s at %s: %v → %v, of %v", g.Severity, g.Kind, g.Path, g.Source, g.Target, g.Resources)
		}
	}
	if len(r.Unfit) > 0 {
		t.Errorf("refused by the source: %v", r.Unfit)
	}
	for ref, o := range r.Diff.Outcomes {
		if o != diff.Equivalent && ref.Type != "OS::Neutron::FloatingIP" && ref.Type != "OS::Nova::Server" { // another address; no local disk
			t.Errorf("%s is %s", ref, o)
		}
	}
	return verdict(t, r)
}

// Every scenario runs between every two of the simulated clouds, and nothing
// that a cloud allows is lost.
func TestEveryPair(t *testing.T) {
	for _, name := range []string{"tiny", "web-shop", "unnamed"} {
		for _, pair := range [][2]string{{"alster", "isar"}, {"isar", "alster"}, {"scs-reference", "isar"}, {"real-a", "real-b"}, {"real-b", "real-a"}} {
			t.Run(name+" "+pair[0]+" "+pair[1], func(t *testing.T) {
				w := newWorld(t, pair[0], pair[1], 7)
				r := run(t, w.options(t, name))
				for _, g := range classify(t, r.Signals) {
					if g.Severity == gap.Blocker {
						t.Errorf("%s at %s: %s %v", g.Kind, g.Path, g.Cause, g.Evidence)
					}
				}
				if len(r.Unfit) > 0 {
					t.Errorf("refused by the source: %v", r.Unfit)
				}
			})
		}
	}
}

// Every server is seen on its way before it runs.
func TestServersAreSeenInBuild(t *testing.T) {
	w := newWorld(t, "alster", "isar", 1)
	o := w.options(t, "web-shop")
	o.Keep = true
	run(t, o)
	for _, s := range []*simulated{w.from, w.to} {
		building := s.cloud.Requests.Count(func(r sim.Request) bool {
			return r.Method == http.MethodGet && strings.Contains(r.Path, "/servers/detail")
		})
		if building < 2 {
			t.Errorf("%s: the servers were listed %d times: nobody waited for them", s.name, building)
		}
	}
}
