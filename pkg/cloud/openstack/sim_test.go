package openstack_test

import (
	"io/fs"
	"net/http/httptest"
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

func simulate(t testing.TB, name string) *simulation {
	t.Helper()
	folder, err := fs.Sub(fixtures.FS, "clouds")
	if err != nil {
		t.Fatal(err)
	}
	p, err := profile.Load(folder, name)
	if err != nil {
		t.Fatal(err)
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
	for _, name := range []string{"scs-reference", "alster", "isar", "real-a", "real-b"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := simulate(t, name)
			cloudtest.Run(t, cloudtest.Suite{
				Open: func(t testing.TB) cloud.Cloud {
					c, err := openstack.Open(t.Context(), openstack.Options{Cloud: "sim:" + name, Auth: s.auth()})
					if err != nil {
						t.Fatal(err)
					}
					return c
				},
				Ticks: s.ticks, Measure: measure(t),
			})
		})
	}
}
