package drill

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wechsel-project/wechsel/pkg/bundle"
	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/cloud/openstack"
	"github.com/wechsel-project/wechsel/pkg/deploy"
	"github.com/wechsel-project/wechsel/pkg/plan"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// A fuse ends a drill as SIGKILL would, as far as its clouds and its folder
// can tell: at one request the folder is set aside as it is then, and from
// there on no request has an effect. That one is not sent, or sent without an
// answer.
type fuse struct {
	at    int // the request; 0: never
	after bool
	dir   string // the drill's folder
	copy  string // where to put the copy

	mu       sync.Mutex
	requests int
	burned   bool
}

var errKilled = errors.New("killed")

func (f *fuse) RoundTrip(req *http.Request) (*http.Response, error) {
	f.mu.Lock()
	if f.burned {
		f.mu.Unlock()
		return nil, errKilled
	}
	f.requests++
	f.burned = f.requests == f.at
	burns := f.burned
	f.mu.Unlock()
	if !burns {
		return http.DefaultTransport.RoundTrip(req)
	}
	if f.after {
		resp, err := http.DefaultTransport.RoundTrip(req.WithContext(context.WithoutCancel(req.Context())))
		if err != nil {
			return nil, err
		}
		defer resp.Body.Close()
	}
	return nil, errors.Join(errKilled, f.setAside())
}

// setAside copies the folder while others may still write to it: the journal
// as it was before the rest, so that it promises nothing that is not there.
func (f *fuse) setAside() error {
	journal, err := os.ReadFile(path(f.dir, journalFile))
	for copied := false; err == nil && !copied; {
		err = os.RemoveAll(f.copy)
		if err == nil {
			err = os.CopyFS(f.copy, os.DirFS(f.dir))
			copied = err == nil
		}
		if errors.Is(err, fs.ErrNotExist) { // renamed meanwhile
			err = nil
		}
	}
	if err != nil {
		return err
	}
	return os.WriteFile(path(f.copy, journalFile), journal, 0o600)
}

// through returns the sides' clouds with all requests through the fuse.
func (f *fuse) through(t *testing.T, w *world, o Options) Options {
	t.Helper()
	at := f.at
	f.at = 0 // logging in is not what is killed
	for _, s := range []struct {
		side *Side
		at   *simulated
	}{{&o.From, w.from}, {&o.To, w.to}} {
		transport := cloud.NewTransport(cloud.TransportOptions{Base: f, Wait: func(context.Context, time.Duration) error { return nil }})
		c, err := openstack.Open(t.Context(), openstack.Options{Cloud: s.side.Name, Auth: s.at.auth(), Transport: transport})
		if err != nil {
			t.Fatal(err)
		}
		s.side.Cloud = c
	}
	f.at, f.requests, f.dir = at, 0, o.Dir
	return o
}

// seeded draws by a seed that it prints, or by the one of WECHSEL_SEED.
func seeded(t *testing.T) *rand.Rand {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("WECHSEL_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("WECHSEL_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// TestKilledAndResumed kills drills of every scenario at 31 points that a seed
// draws, of each scenario two while it cleans up. Resumed, each has the verdict
// of an undisturbed one, and an administrator finds both clouds as they were,
// beside others' things that look like the drill's.
func TestKilledAndResumed(t *testing.T) {
	draw := seeded(t)
	for _, name := range onServers() {
		number := map[string]int{"tiny": 6, "web-shop": 2, "unnamed": 2}[name] + 1
		t.Run(name, func(t *testing.T) {
			whole := &fuse{}
			want, cleaning := undisturbed(t, name, whole)
			points := map[int]bool{}
			for len(points) < number {
				points[1+draw.IntN(whole.requests)] = true
			}
			if os.Getenv("WECHSEL_ALL") != "" {
				for n := range whole.requests {
					points[1+n] = true
				}
			}
			for n := len(points) + 2; len(points) < n && len(points) < whole.requests; {
				points[1+whole.requests-cleaning+draw.IntN(cleaning)] = true
			}
			for _, at := range slices.Sorted(maps.Keys(points)) { // in order, or the seed would not draw the same again
				after := draw.IntN(2) == 0
				t.Run(fmt.Sprintf("request %d of %d, carried out %t", at, whole.requests, after), func(t *testing.T) {
					t.Parallel()
					killAndResume(t, name, &fuse{at: at, after: after}, want)
				})
			}
		})
	}
}

// undisturbed runs the drill once, and returns its verdict and how many of its
// requests were for cleaning up.
func undisturbed(t *testing.T, name string, f *fuse) ([]string, int) {
	t.Helper()
	w := newWorld(t, "alster", "isar", 1)
	crowd(t, w, name)
	before := w.estates(t)
	o, began := f.through(t, w, w.killable(t, name)), 0
	o.Progress = func(e Event) {
		if e.Stage == "clean-up" && !e.Done {
			f.mu.Lock()
			began = f.requests
			f.mu.Unlock()
		}
	}
	r := run(t, o)
	w.sameAs(t, before)
	return verdict(t, r), f.requests - began
}

func killAndResume(t *testing.T, name string, f *fuse, want []string) {
	t.Helper()
	w := newWorld(t, "alster", "isar", 1)
	crowd(t, w, name)
	before := w.estates(t)
	f.copy = t.TempDir() + "/copy"
	o := w.killable(t, name)
	if _, err := Run(t.Context(), f.through(t, w, o)); !f.burned {
		t.Logf("it needed only %d requests: %v", f.requests, err)
		w.sameAs(t, before)
		return
	}
	if _, err := os.Stat(f.copy); errors.Is(err, fs.ErrNotExist) {
		t.Fatal("the folder was not set aside")
	}
	o.Dir = f.copy
	r, err := Run(t.Context(), o)
	if err != nil || !r.Complete || len(r.Left) > 0 {
		t.Fatalf("resumed: %v, left %v", err, r.Left)
	}
	if diff := cmp.Diff(want, verdict(t, r)); diff != "" {
		t.Errorf("another verdict than undisturbed: %s", diff)
	}
	w.sameAs(t, before)
	again, err := Run(t.Context(), o)
	if err != nil {
		t.Fatalf("and once more: %v", err)
	}
	if diff := cmp.Diff(want, verdict(t, again)); diff != "" {
		t.Errorf("another verdict once more: %s", diff)
	}
}

func (w *world) killable(t *testing.T, name string) Options {
	t.Helper()
	o := w.options(t, name)
	o.Shared = true
	return o
}

func (w *world) estates(t *testing.T) map[string]estate {
	t.Helper()
	out := map[string]estate{}
	for _, s := range []*simulated{w.from, w.to} {
		out[s.name] = administrate(t, login{s.url + "/identity/v3", "admin", "password", "demo", ""}).estate("")
	}
	return out
}

func (w *world) sameAs(t *testing.T, before map[string]estate) {
	t.Helper()
	for name, after := range w.estates(t) {
		compareEstates(t, name, before[name], after)
	}
}

// crowd puts others' things beside the drill's: the same scenario of a drill
// whose id begins like ours, and unmarked things of the same names.
func crowd(t *testing.T, w *world, name string) {
	t.Helper()
	for _, s := range []*simulated{w.from, w.to} {
		o := w.options(t, name)
		marked(t, s.side, o, "test0")
		unmarked(t, s.side, o)
	}
}

// planOn plans the workload for a cloud.
func planOn(t *testing.T, workload *resource.Set, side Side, drill string) (*plan.Plan, error) {
	t.Helper()
	offers, err := cataloguesOf(t.Context(), side)
	if err != nil {
		return nil, err
	}
	return plan.Build(workload, plan.Target{Catalogue: offers[0], Given: cloud.Given(offers[0])}, plan.Options{Drill: drill, Cloud: side.Name})
}

// marked makes the workload as another drill's.
func marked(t *testing.T, side Side, o Options, drill string) {
	t.Helper()
	p, err := planOn(t, o.Workload, side, drill)
	if err != nil {
		t.Fatal(err)
	}
	journal, err := deploy.CreateJournal(t.TempDir()+"/journal", drill, o.Now)
	if err != nil {
		t.Fatal(err)
	}
	result, err := deploy.Run(t.Context(), deploy.Options{Plan: p, Cloud: side.Cloud, Journal: journal, Stage: "others", Now: o.Now, Tick: o.Tick,
		Content: func(ref resource.Ref) (io.ReadCloser, error) {
			return io.NopCloser(bundle.Generate(*contentOf(p, ref))), nil
		}})
	if err != nil || len(result.Signals) > 0 {
		t.Fatalf("others' things on %s: %v, %v", side.Name, err, result.Signals)
	}
	if err := journal.Close(); err != nil {
		t.Fatal(err)
	}
}

// unmarked makes what of the workload needs nothing else, under the same names
// and without any mark, waits until nothing changes by itself any more, and
// returns what it has made.
func unmarked(t *testing.T, side Side, o Options) []*resource.Resource {
	t.Helper()
	p, err := planOn(t, o.Workload, side, "unmarked")
	if err != nil {
		t.Fatal(err)
	}
	var made []*resource.Resource
	for r := range p.Set.All() {
		if r.Tenure != resource.Own || len(r.Refs()) > 0 || r.Type == cloud.Image {
			continue
		}
		x, err := side.Cloud.Create(t.Context(), r, resource.Owner{})
		if err != nil {
			t.Fatalf("unmarked %s on %s: %v", r.Ref, side.Name, err)
		}
		made = append(made, x)
	}
	for pending := true; pending; {
		<-o.Tick
		pending = false
		for r, err := range side.Cloud.List(t.Context(), cloud.Selector{}) {
			if err != nil {
				t.Fatal(err)
			}
			pending = pending || r.State == resource.Pending
		}
	}
	return made
}
