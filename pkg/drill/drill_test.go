package drill

import (
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wechsel-project/wechsel/fixtures"
	"github.com/wechsel-project/wechsel/pkg/diff"
	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// ofEveryExit: it is true wherever a workload goes. Some cannot be read there
// where it is, and another cloud has other floating addresses.
func ofEveryExit(g gap.Gap) bool {
	return g.Unread && g.Kind != "storage/content-unread" || g.Kind == "network/address-not-kept"
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

// sameLines fails for every line that only one of two lists has.
func sameLines(t *testing.T, one, other string, a, b []string) {
	t.Helper()
	for _, line := range a {
		if !slices.Contains(b, line) {
			t.Errorf("only %s: %s", one, line)
		}
	}
	for _, line := range b {
		if !slices.Contains(a, line) {
			t.Errorf("only %s: %s", other, line)
		}
	}
}

// onServers are the scenarios of OpenStack.
func onServers() []string {
	return []string{"tiny", "web-shop", "unnamed", "agency-portal", "file-service", "dual-stack", "vm-zoo"}
}

// A cloud is as good as itself: from one project of it to another there is no gap
// but of what was not read, and over seeds, which draw other ids, orders and
// durations, there is one verdict. Every profile that is carried takes part, with
// one scenario over two seeds, or with all of them over 20 (make proof-noise).
func TestNoNoise(t *testing.T) {
	t.Parallel()
	clouds, err := fs.Sub(fixtures.FS, "clouds")
	if err != nil {
		t.Fatal(err)
	}
	names, err := profile.Names(clouds)
	if err != nil || len(names) == 0 {
		t.Fatalf("%v, %v", names, err)
	}
	for i, cloud := range names {
		if !carriedProfile(t, cloud).OpenStack() { // its clusters have a test of their own (noise.txtar)
			continue
		}
		for j, name := range onServers() {
			t.Run(name+" on "+cloud, func(t *testing.T) {
				t.Parallel()
				seed := uint64(1 + 7*i + j)
				first := quiet(t, cloud, name, seed)
				for n := range others(i%7 == j) {
					if diff := cmp.Diff(first, quiet(t, cloud, name, seed+100*(n+1))); diff != "" {
						t.Errorf("another verdict than with seed %d: %s", seed, diff)
					}
				}
			})
		}
	}
}

// others is how many more seeds have to say the same.
func others(sampled bool) uint64 {
	switch {
	case os.Getenv("WECHSEL_ALL") != "":
		return 19
	case sampled:
		return 1
	}
	return 0
}

// onlyUnread fails for every gap but those that the comparison has met as a
// property that could not be read, and that are told as such. Bytes of which no
// copy could be made are told by the export, in the service's words.
func onlyUnread(t *testing.T, r *Result) {
	t.Helper()
	for _, g := range classify(t, r.Signals) {
		if g.Kind == "storage/content-unread" && slices.Contains(g.Seen, gap.Probe) {
			continue
		}
		met := func(ref resource.Ref) bool {
			return slices.ContainsFunc(r.Diff.Changes, func(c diff.Change) bool { return c.Ref == ref && c.Path == g.Path && c.Verdict == diff.Unread })
		}
		if notMet := slices.DeleteFunc(slices.Clone(g.Resources), met); !g.Unread || len(notMet) > 0 {
			t.Errorf("%s %s at %s: %v → %v, of %v: %v", g.Severity, g.Kind, g.Path, g.Source, g.Target, notMet, g.Evidence)
		}
	}
}

// tooSmall says whether the quota of a cloud does not hold a scenario, so that
// it arrives on the source in part only; what else there is of such a drill is
// that bytes cannot be read there, for lack of room for the copies.
func tooSmall(cloud, name string) bool {
	return slices.Contains(map[string][]string{"elbe": {"dual-stack", "file-service"}, "real-b": {"file-service", "vm-zoo"}}[cloud], name)
}

// onlyQuota fails for what the source has refused for another reason than its
// quota, and unless it is known whether it has.
func onlyQuota(t *testing.T, r *Result, cloud, name string) {
	t.Helper()
	for _, s := range r.Unfit {
		if s.Code != "quota/exceeded" && !strings.Contains(s.Message, "Exceeded") && !strings.Contains(s.Message, "Quota exceeded") {
			t.Errorf("refused by the source: %v", s)
		}
	}
	if got := len(r.Unfit) > 0; got != tooSmall(cloud, name) {
		t.Errorf("refused by the quota of the source: %t, want %t: %v", got, !got, r.Unfit)
	}
}

// quiet moves the scenario from a cloud to itself and returns the verdict. Of
// what a quota has no room for, copies cannot be read either.
func quiet(t *testing.T, cloud, name string, seed uint64) []string {
	t.Helper()
	r := run(t, newWorldOfOne(t, cloud, seed).options(t, name))
	explained := map[resource.Ref]bool{}
	onlyUnread(t, r)
	for _, g := range classify(t, r.Signals) {
		if g.Kind == "storage/content-unread" && !tooSmall(cloud, name) {
			t.Errorf("%s of %v: %v", g.Kind, g.Resources, g.Evidence)
		}
		for _, ref := range g.Resources {
			explained[ref] = true
		}
	}
	onlyQuota(t, r, cloud, name)
	for ref, o := range r.Diff.Outcomes {
		if o != diff.Equivalent && !explained[ref] {
			t.Errorf("%s is %s", ref, o)
		}
	}
	return verdict(t, r)
}

// Nothing is lost between clouds that allow it: no blocker but too small a quota.
func TestEveryPair(t *testing.T) {
	for _, name := range onServers() {
		for _, pair := range [][2]string{{"alster", "isar"}, {"isar", "alster"}, {"scs-reference", "isar"}, {"real-a", "real-b"}, {"real-b", "real-a"}} {
			t.Run(name+" "+pair[0]+" "+pair[1], func(t *testing.T) {
				w := newWorld(t, pair[0], pair[1], 7)
				r := run(t, w.options(t, name))
				for _, g := range classify(t, r.Signals) {
					if g.Severity == gap.Blocker && (g.Kind != "storage/quota-exceeded" || !tooSmall(pair[1], name)) {
						t.Errorf("%s at %s: %s %v", g.Kind, g.Path, g.Cause, g.Evidence)
					}
				}
				onlyQuota(t, r, pair[0], name)
			})
		}
	}
}

// Every server is seen on its way before it runs, in the rhythm of the command.
func TestServersAreSeenInBuild(t *testing.T) {
	w := newWorld(t, "alster", "isar", 1)
	w.clock.every(15 * time.Millisecond)
	o := w.options(t, "web-shop")
	for s, side := range map[*simulated]*Side{w.from: &o.From, w.to: &o.To} {
		var mu sync.Mutex
		seen, l := map[string][]string{}, &liar{}
		l.set(func(_ string, doc map[string]any) {
			mu.Lock()
			defer mu.Unlock()
			list, _ := doc["servers"].([]any)
			for _, item := range list {
				server, _ := item.(map[string]any)
				name, status := fmt.Sprint(server["name"]), fmt.Sprint(server["status"])
				if !slices.Contains(seen[name], status) {
					seen[name] = append(seen[name], status)
				}
			}
		})
		side.Cloud = s.openThrough(t, l)
		defer func() {
			if len(seen) != 4 {
				t.Errorf("%s: %d servers were seen", s.name, len(seen))
			}
			for name, statuses := range seen {
				if len(statuses) < 2 || statuses[0] != "BUILD" || statuses[1] != "ACTIVE" {
					t.Errorf("%s: %s was seen %v", s.name, name, statuses)
				}
			}
		}()
	}
	run(t, o)
}

// Cleaning up asks for the end of what nothing uses any more, one after the
// other: nothing is asked for that has gone with something else.
func TestCleanUpInOrder(t *testing.T) {
	for _, name := range []string{"tiny", "web-shop"} {
		w := newWorld(t, "real-a", "real-b", 1)
		run(t, w.options(t, name))
		for _, s := range []*simulated{w.from, w.to} {
			for _, r := range s.cloud.Requests.All() {
				if r.Method == http.MethodDelete && r.Status == http.StatusNotFound {
					t.Errorf("%s on %s: DELETE %s: 404", name, s.name, r.Path)
				}
			}
		}
	}
}
