package openstack_test

import (
	"io/fs"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wechsel-project/wechsel/fixtures"
	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/cloud/cloudtest"
	"github.com/wechsel-project/wechsel/pkg/cloud/openstack"
	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/sim"
	simulated "github.com/wechsel-project/wechsel/pkg/sim/openstack"
)

// A simulation is a simulated cloud on a socket, with a clock that a test
// moves.
type simulation struct {
	url string
	now atomic.Int64 // nanoseconds since 1970
}

func simulate(t testing.TB, name string, changes ...func(*profile.Profile)) *simulation {
	t.Helper()
	folder, err := fs.Sub(fixtures.FS, "clouds")
	if err != nil {
		t.Fatal(err)
	}
	p, err := profile.Load(folder, name)
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range changes {
		change(p)
	}
	s := &simulation{}
	s.now.Store(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).UnixNano())
	c, err := simulated.New(p, sim.WithClock(func() time.Time { return time.Unix(0, s.now.Load()) }))
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
	s.url = server.URL
	return s
}

// ticks moves the clock by a second at each tick, as fast as it is looked at.
func (s *simulation) ticks() (<-chan time.Time, func()) {
	ticks, done := make(chan time.Time), make(chan struct{})
	go func() {
		for {
			now := time.Unix(0, s.now.Add(int64(time.Second)))
			select {
			case ticks <- now:
			case <-done:
				return
			}
		}
	}()
	return ticks, func() { close(done) }
}

func (s *simulation) auth() *openstack.Auth {
	return &openstack.Auth{URL: s.url + "/identity/v3", User: "demo", Password: "password", Project: "demo"}
}

func TestSimulated(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"scs-reference", "alster", "isar", "elbe", "plain", "real-a", "real-b"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			simulate(t, name).run(t)
		})
	}
}

// TestOldMicroversions: on a cloud that knows neither tags in creating
// requests nor rules of server groups, all else is the same.
func TestOldMicroversions(t *testing.T) {
	t.Parallel()
	simulate(t, "scs-reference", func(p *profile.Profile) {
		p.Services["compute"] = profile.Service{Min: "2.1", Max: "2.38"}
		p.Services["block-storage"] = profile.Service{Min: "3.0", Max: "3.27"}
	}).run(t)
}

// TestWithoutExtensions: what an extension adds is refused by name.
func TestWithoutExtensions(t *testing.T) {
	t.Parallel()
	simulate(t, "scs-reference", func(p *profile.Profile) {
		p.Extensions = slices.DeleteFunc(slices.Clone(p.Extensions), func(alias string) bool { return strings.HasPrefix(alias, "dns") })
	}).run(t)
}

func (s *simulation) run(t *testing.T) {
	cloudtest.Run(t, cloudtest.Suite{
		Open: func(t testing.TB) cloud.Cloud {
			c, err := openstack.Open(t.Context(), openstack.Options{Cloud: "sim", Auth: s.auth()})
			if err != nil {
				t.Fatal(err)
			}
			return c
		},
		Ticks: s.ticks, Measure: measure(t),
	})
}
