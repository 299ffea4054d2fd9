package deploy_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wechsel-project/wechsel/fixtures"
	"github.com/wechsel-project/wechsel/pkg/bundle"
	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/cloud/openstack"
	"github.com/wechsel-project/wechsel/pkg/deploy"
	"github.com/wechsel-project/wechsel/pkg/inventory"
	"github.com/wechsel-project/wechsel/pkg/plan"
	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/resource"
	"github.com/wechsel-project/wechsel/pkg/scenario"
	"github.com/wechsel-project/wechsel/pkg/sim"
	simulated "github.com/wechsel-project/wechsel/pkg/sim/openstack"
	"github.com/wechsel-project/wechsel/scenarios"
)

// A site is a cloud with services behind a socket, and its clock.
type site struct {
	open  func(t *testing.T, base http.RoundTripper) *openstack.Cloud
	now   func() time.Time
	ticks func(t *testing.T) <-chan time.Time
	// drill limits what is looked at, where others use the project too.
	drill string
}

// simulate starts a simulated cloud whose clock moves a second per tick.
func simulate(t *testing.T, name string) site {
	t.Helper()
	folder, err := fs.Sub(fixtures.FS, "clouds")
	if err != nil {
		t.Fatal(err)
	}
	p, err := profile.Load(folder, name)
	if err != nil {
		t.Fatal(err)
	}
	var clock atomic.Int64
	clock.Store(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).UnixNano())
	now := func() time.Time { return time.Unix(0, clock.Load()) }
	c, err := simulated.New(p, sim.WithClock(now))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(c)
	t.Cleanup(func() {
		server.Close()
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	open := func(t *testing.T, base http.RoundTripper) *openstack.Cloud {
		t.Helper()
		transport := cloud.NewTransport(cloud.TransportOptions{Base: base, Wait: func(context.Context, time.Duration) error { return nil }})
		c, err := openstack.Open(t.Context(), openstack.Options{Cloud: "sim:" + name, Transport: transport,
			Auth: &openstack.Auth{URL: server.URL + "/identity/v3", User: "demo", Password: "password", Project: "demo"}})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	return site{open: open, now: now, ticks: func(t *testing.T) <-chan time.Time {
		ticks, done := make(chan time.Time), make(chan struct{})
		t.Cleanup(func() { close(done) })
		go func() {
			for {
				at := time.Unix(0, clock.Add(int64(time.Second)))
				select {
				case ticks <- at:
				case <-done:
					return
				}
			}
		}()
		return ticks
	}}
}

// A fusedTransport loses the connection for good: the request at which it
// burns is not sent, or sent without an answer.
type fusedTransport struct {
	base http.RoundTripper
	fuse *fuse
}

func (f *fusedTransport) RoundTrip(req *http.Request) (resp *http.Response, err error) {
	burned := f.fuse.call(func() error {
		resp, err = f.base.RoundTrip(req)
		return err
	})
	if burned == nil {
		return resp, nil
	}
	if resp != nil {
		burned = errors.Join(burned, resp.Body.Close())
	}
	return nil, burned
}

func base(t *testing.T) *http.Transport {
	t.Helper()
	b := cloud.BaseTransport()
	t.Cleanup(b.CloseIdleConnections)
	return b
}

func catalogueOf(t *testing.T, c *openstack.Cloud) profile.Catalogue {
	t.Helper()
	catalogue, err := c.Catalogue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return catalogue
}

func planScenario(t *testing.T, c *openstack.Cloud, name, drill string) *plan.Plan {
	t.Helper()
	catalogue := catalogueOf(t, c)
	s, err := scenario.Load(scenarios.FS(), name, scenario.Options{Schemas: c.Schemas()})
	if err != nil {
		t.Fatal(err)
	}
	p, err := plan.Build(s.Set, plan.Target{Catalogue: catalogue, Given: cloud.Given(catalogue)}, plan.Options{Drill: drill, Cloud: c.Name()})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// runOn runs the plan with the journal in the file, and burns when the fuse
// does.
func (s site) runOn(t *testing.T, p *plan.Plan, path string, f *fuse) (*deploy.Result, error) {
	t.Helper()
	f.safe = true // logging in is not what is killed
	c := s.open(t, &fusedTransport{base(t), f})
	f.safe = false
	j, err := deploy.OpenJournal(path, s.now)
	if err != nil {
		t.Fatal(err)
	}
	r, err := deploy.Run(t.Context(), deploy.Options{Plan: p, Cloud: c, Journal: &fusedLog{j, f}, Stage: "target", Now: s.now, Tick: s.ticks(t),
		Content: func(ref resource.Ref) (io.ReadCloser, error) {
			return io.NopCloser(bundle.Generate(*p.Set.Get(ref).Content)), nil
		}})
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	return r, err
}

func (s site) cleanUp(t *testing.T, p *plan.Plan, path string) {
	t.Helper()
	var log deploy.Log
	if path != "" {
		j, err := deploy.OpenJournal(path, s.now)
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := j.Close(); err != nil {
				t.Error(err)
			}
		}()
		log = j
	}
	c := s.open(t, base(t))
	r, err := deploy.Cleanup(t.Context(), deploy.CleanupOptions{Cloud: c, Name: c.Name(), Drill: p.Drill, Journal: log, Now: s.now, Tick: s.ticks(t)})
	if err != nil || len(r.Left) > 0 {
		t.Errorf("left %+v, %v", r.Left, err)
	}
}

// there returns the ids of all that the project has.
func (s site) there(t *testing.T, c *openstack.Cloud) map[string]string {
	t.Helper()
	out := map[string]string{}
	for r, err := range c.List(t.Context(), cloud.Selector{Drill: s.drill}) {
		if err != nil {
			t.Fatal(err)
		}
		out[string(r.Type)+" "+r.ID] = r.Name
	}
	return out
}

// TestScenariosKilled kills the run of each scenario at calls that a seed
// draws, at the socket or the journal, and resumes it or cleans it up, beside
// the same scenario of somebody else's.
func TestScenariosKilled(t *testing.T) {
	draw := seeded(t)
	for _, name := range []string{"tiny", "web-shop", "unnamed"} {
		t.Run(name, func(t *testing.T) {
			s := simulate(t, "alster")
			c := s.open(t, base(t))
			other := planScenario(t, c, name, "d10")
			if _, err := s.runOn(t, other, journalFile(t), &fuse{left: -1}); err != nil {
				t.Fatal(err)
			}
			s.killAtPoints(t, planScenario(t, c, name, "d1"), 7, draw)
		})
	}
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

// killAtPoints runs the plan once undisturbed, and then as often as there are
// points, each time killed somewhere else.
func (s site) killAtPoints(t *testing.T, p *plan.Plan, points int, draw *rand.Rand) {
	t.Helper()
	c := s.open(t, base(t))
	before := s.there(t, c)
	path, count := journalFile(t), &fuse{left: -1}
	want, err := s.runOn(t, p, path, count)
	if err != nil {
		t.Fatal(err)
	}
	wantSet := keysOf(t, c, p, want)
	s.cleanUp(t, p, path)
	if diff := cmp.Diff(before, s.there(t, c)); diff != "" {
		t.Fatalf("after a clean run: %s", diff)
	}
	for range points {
		n, after := 1+draw.IntN(count.calls), draw.IntN(2) == 0
		t.Run(fmt.Sprintf("call=%d,after=%t", n, after), func(t *testing.T) {
			s.killAndResume(t, p, &fuse{left: n, after: after}, want, wantSet)
			if diff := cmp.Diff(before, s.there(t, c)); diff != "" {
				t.Errorf("after cleaning up: %s", diff)
			}
		})
	}
}

func (s site) killAndResume(t *testing.T, p *plan.Plan, f *fuse, want *deploy.Result, wantSet []string) {
	t.Helper()
	path := journalFile(t)
	if _, err := s.runOn(t, p, path, f); f.burned && !errors.Is(err, deploy.ErrIncomplete) {
		t.Fatalf("killed, and: %v", err)
	}
	if f.left%3 == 0 {
		s.cleanUp(t, p, "")
		return
	}
	got, err := s.runOn(t, p, path, &fuse{left: -1})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.Outcomes, got.Outcomes); diff != "" {
		t.Errorf("%s, %+v", diff, got.Signals)
	}
	if diff := cmp.Diff(wantSet, keysOf(t, s.open(t, base(t)), p, got)); diff != "" {
		t.Error(diff)
	}
	s.cleanUp(t, p, path)
}

// keysOf returns what the drill has on the cloud.
func keysOf(t *testing.T, c *openstack.Cloud, p *plan.Plan, r *deploy.Result) []string {
	t.Helper()
	catalogue := catalogueOf(t, c)
	set, err := inventory.Take(t.Context(), c, inventory.Options{Drill: p.Drill, Keys: r.Keys(), Catalogue: &catalogue})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for x := range set.All() {
		out = append(out, x.Ref.String())
	}
	return out
}
