package drill

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wechsel-project/wechsel/fixtures"
	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/cloud/openstack"
	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/scenario"
	"github.com/wechsel-project/wechsel/pkg/sim"
	simulator "github.com/wechsel-project/wechsel/pkg/sim/openstack"
	"github.com/wechsel-project/wechsel/scenarios"
)

// clock is time that passes only by ticks, so that no test waits.
type clock struct {
	mu   sync.Mutex
	now  time.Time
	step time.Duration // that passes with each tick; 0: 200 ms
}

// every lets so much time pass with each tick from now on.
func (c *clock) every(step time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.step = step
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// ticks delivers a tick to whoever waits, and lets a step of time pass with each.
func (c *clock) ticks(t testing.TB) <-chan time.Time {
	tick := make(chan time.Time)
	go func() {
		for {
			c.mu.Lock()
			c.now = c.now.Add(cmp.Or(c.step, 200*time.Millisecond))
			now := c.now
			c.mu.Unlock()
			select {
			case tick <- now:
			case <-t.Context().Done():
				return
			}
		}
	}()
	return tick
}

// world is two simulated clouds, each with its administrator's view.
type world struct {
	clock    *clock
	tick     <-chan time.Time
	from, to *simulated
}

type simulated struct {
	name  string
	login string // of a member, and of the project that is hers
	cloud *simulator.Cloud
	url   string
	side  Side
}

func newWorld(t testing.TB, from, to string, seed uint64) *world {
	t.Helper()
	w := &world{clock: &clock{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}}
	w.tick = w.clock.ticks(t)
	w.from, w.to = startCloud(t, from, seed, w.clock), startCloud(t, to, seed+1000, w.clock)
	return w
}

// newWorldOfOne is one simulated cloud, from one project of it to another one.
func newWorldOfOne(t testing.TB, name string, seed uint64) *world {
	t.Helper()
	w := &world{clock: &clock{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}}
	w.tick = w.clock.ticks(t)
	w.from = startCloud(t, name, seed, w.clock)
	other := *w.from
	other.login = "demo2"
	other.side.Name += "-2"
	other.side.Cloud = other.open(t)
	w.to = &other
	return w
}

func startCloud(t testing.TB, name string, seed uint64, c *clock) *simulated {
	t.Helper()
	return startProfile(t, carriedProfile(t, name), seed, c)
}

func carriedProfile(t testing.TB, name string) *profile.Profile {
	t.Helper()
	fsys, err := fs.Sub(fixtures.FS, "clouds")
	if err != nil {
		t.Fatal(err)
	}
	p, err := profile.Load(fsys, name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func startProfile(t testing.TB, p *profile.Profile, seed uint64, c *clock) *simulated {
	t.Helper()
	name := p.Name
	served, err := simulator.New(p, sim.WithClock(c.Now), sim.WithSeed(seed))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(served)
	t.Cleanup(func() { server.Close(); _ = served.Close() })
	s := &simulated{name: name, login: "demo", cloud: served, url: server.URL}
	s.side = Side{Name: "sim:" + name, Cloud: s.open(t), Simulated: true, MTU: p.Behaviour.Network.MTU}
	return s
}

func (s *simulated) open(t testing.TB) *openstack.Cloud {
	t.Helper()
	return s.openThrough(t, http.DefaultTransport)
}

func (s *simulated) openThrough(t testing.TB, base http.RoundTripper) *openstack.Cloud {
	t.Helper()
	c, err := openstack.Open(t.Context(), openstack.Options{Cloud: "sim:" + s.name, Auth: s.auth(), Transport: cloud.NewTransport(cloud.TransportOptions{Base: base})})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (s *simulated) auth() *openstack.Auth {
	return &openstack.Auth{URL: s.url + "/identity/v3", User: s.login, Password: "password", Project: s.login, Domain: "Default", Region: s.cloud.Profile().Region}
}

// options are those of a drill with the scenario.
func (w *world) options(t testing.TB, name string) Options {
	t.Helper()
	o := scenario.Options{Schemas: openstack.Schemas(), Parameters: func(string) (map[string]any, error) {
		values := map[string]any{}
		for parameter, value := range w.from.cloud.Profile().Parameters {
			values[parameter] = value
		}
		return values, nil
	}}
	s, err := scenario.Load(scenarios.FS(), name, o)
	if err != nil {
		t.Fatal(err)
	}
	return Options{ID: "test", Dir: t.TempDir(), Workload: s.Set, UserData: s.UserData, From: w.from.side, To: w.to.side, Bytes: true, Now: w.clock.Now, Tick: w.tick}
}

// classify returns the gaps of a result, in English.
func classify(t testing.TB, signals []gap.Signal) []gap.Gap {
	t.Helper()
	kinds, err := gap.Load(fixtures.FS)
	if err != nil {
		t.Fatal(err)
	}
	return kinds.Classify(signals, "en")
}

// user is a client of its own, which knows nothing of wechsel's driver.
type user struct {
	t              testing.TB
	url            func(path string) string
	token          string
	project        string
	computeVersion string
}

func (s *simulated) user(t testing.TB, name, project string) *user {
	t.Helper()
	u := &user{t: t, url: func(path string) string { return s.url + path }, computeVersion: "2.79"}
	u.logIn(name, "password", project)
	return u
}

func (u *user) logIn(name, password, project string) {
	u.t.Helper()
	body := fmt.Sprintf(`{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":%q,"domain":{"id":"default"},"password":%q}}},
		"scope":{"project":{"name":%q,"domain":{"id":"default"}}}}}`, name, password, project)
	resp, data := u.raw(http.MethodPost, "/identity/v3/auth/tokens", body)
	if resp.StatusCode != http.StatusCreated {
		u.t.Fatalf("log in: %s: %s", resp.Status, data)
	}
	u.token = resp.Header.Get("X-Subject-Token")
	var token struct {
		Token struct{ Project struct{ ID string } }
	}
	if err := json.Unmarshal(data, &token); err != nil {
		u.t.Fatal(err)
	}
	u.project = token.Token.Project.ID
}

func (u *user) raw(method, path, body string) (*http.Response, []byte) {
	u.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, u.url(strings.ReplaceAll(path, "{project}", u.project)), strings.NewReader(body))
	if err != nil {
		u.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if strings.HasPrefix(path, "/image") && method == http.MethodPatch {
		req.Header.Set("Content-Type", "application/openstack-images-v2.1-json-patch")
	}
	req.Header.Set("X-Auth-Token", u.token)
	if strings.HasPrefix(path, "/compute") {
		req.Header.Set("OpenStack-API-Version", "compute "+u.computeVersion)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		u.t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		u.t.Fatal(err)
	}
	return resp, data
}

// do is raw that wants success, and decodes the answer.
func (u *user) do(method, path, body string) map[string]any {
	u.t.Helper()
	resp, data := u.raw(method, path, body)
	if resp.StatusCode >= 300 {
		u.t.Fatalf("%s %s: %s: %s", method, path, resp.Status, data)
	}
	out := map[string]any{}
	if len(data) > 0 {
		if err := json.Unmarshal(data, &out); err != nil {
			u.t.Fatalf("%s %s: %v: %s", method, path, err, data)
		}
	}
	return out
}
