package cloudtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// A Suite is one cloud under test.
type Suite struct {
	// Open logs in. It is called more than once.
	Open func(t testing.TB) cloud.Cloud
	// Ticks returns a channel that says when to look again at what is not
	// Ready yet, and a function to stop it. Nil: every quarter of a second.
	Ticks func() (<-chan time.Time, func())
	// Measure tells of the disk that a qcow2 file holds its size, its length up
	// to the last byte that is not zero, and the sha256 over that length.
	Measure func(file []byte) (resource.Content, error)
	// Patience is how often to look before giving up; 0: 400 times.
	Patience int
}

// every is the rhythm of a suite to which none is given.
func every(d time.Duration) func() (<-chan time.Time, func()) {
	return func() (<-chan time.Time, func()) {
		ticker := time.NewTicker(d)
		return ticker.C, ticker.Stop
	}
}

// Run runs all cases as subtests.
func Run(t *testing.T, s Suite) {
	if s.Ticks == nil {
		s.Ticks = every(250 * time.Millisecond)
	}
	if s.Patience == 0 {
		s.Patience = 400
	}
	t.Run("catalogue", s.catalogue)
	t.Run("workload", s.workload)
	t.Run("properties", s.properties)
	t.Run("refusals", s.refusals)
	t.Run("cancelled", s.cancelled)
	t.Run("strangers", s.strangers)
	t.Run("bytes", s.bytes)
}

// A run is one use of the cloud with a drill of its own.
type run struct {
	*testing.T
	suite   Suite
	cloud   cloud.Cloud
	offer   profile.Catalogue
	schemas resource.Schemas
	drill   string
}

// begin logs in and promises to delete what the run will make.
func (s Suite) begin(t *testing.T, drill string) *run {
	t.Helper()
	c := s.Open(t)
	offer, err := c.Catalogue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r := &run{T: t, suite: s, cloud: c, offer: offer, schemas: c.Schemas(), drill: drill}
	r.sweep()
	t.Cleanup(r.sweep)
	return r
}

// list returns what the drill has, of these types; all if none.
func (r *run) list(types ...resource.Type) []*resource.Resource {
	r.Helper()
	all, err := collect(context.WithoutCancel(r.Context()), r.cloud, cloud.Selector{Types: types, Drill: r.drill})
	if err != nil {
		r.Fatal(err)
	}
	return all
}

func collect(ctx context.Context, c cloud.Reader, s cloud.Selector) ([]*resource.Resource, error) {
	var out []*resource.Resource
	for x, err := range c.List(ctx, s) {
		if err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	return out, nil
}

// until looks at each tick until done says so.
func (r *run) until(what string, done func() bool) {
	r.Helper()
	ticks, stop := r.suite.Ticks()
	defer stop()
	for range r.suite.Patience {
		if done() {
			return
		}
		<-ticks
	}
	r.Fatalf("gave up waiting for %s", what)
}

// create asks for the resource, waits until it is Ready, settles it, and
// returns what List shows then.
func (r *run) create(x *resource.Resource) *resource.Resource {
	r.Helper()
	ctx := r.Context()
	made, err := r.cloud.Create(ctx, x, resource.Owner{Drill: r.drill, Key: x.Key})
	if err != nil {
		r.Fatalf("create: %v", err)
	}
	if made.ID == "" {
		r.Fatalf("create %s: no id", x.Ref)
	}
	if made.State != resource.Ready {
		r.ready(made)
	}
	again := x.Clone()
	again.ID = made.ID
	r.settle(again)
	r.settle(again)
	return r.ready(made)
}

func (r *run) settle(x *resource.Resource) {
	r.Helper()
	if settler, ok := r.cloud.(cloud.Settler); ok {
		if err := settler.Settle(r.Context(), x); err != nil {
			r.Fatalf("settle: %v", err)
		}
	}
}

// ready waits until List shows the resource Ready.
func (r *run) ready(made *resource.Resource) *resource.Resource {
	r.Helper()
	var shown *resource.Resource
	r.until(fmt.Sprintf("%s to be ready", made.Ref), func() bool {
		shown = byID(r.list(made.Type), made)
		if shown == nil {
			r.Fatalf("list by drill does not show %s %s", made.Ref, made.ID)
		}
		if shown.State == resource.Failed {
			r.Fatalf("%s has failed: %s", made.Ref, shown.Why)
		}
		return shown.State == resource.Ready
	})
	return shown
}

func byID(list []*resource.Resource, x *resource.Resource) *resource.Resource {
	for _, y := range list {
		if y.Type == x.Type && y.ID == x.ID {
			return y
		}
	}
	return nil
}

// delete asks for the end of x, again as long as something is in its way, and
// waits until it is gone.
func (r *run) delete(x *resource.Resource) {
	r.Helper()
	remove := func(x *resource.Resource) error { return r.cloud.Delete(context.WithoutCancel(r.Context()), x) }
	r.until(fmt.Sprintf("%s to be gone", x.Ref), func() bool {
		shown := byID(r.list(x.Type), x)
		if shown == nil {
			return true
		}
		if err := remove(shown); err != nil && !errors.Is(err, cloud.ErrConflict) {
			r.Errorf("delete: %v", err)
			return true
		}
		return false
	})
	if err := remove(x); err != nil {
		r.Errorf("delete %s that is gone: %v", x.Ref, err)
	}
}

// order is how types are made; they are deleted the other way round.
var order = []resource.Type{"OS::Nova::KeyPair", "OS::Nova::ServerGroup", "OS::Neutron::SecurityGroup", "OS::Neutron::SecurityGroupRule", "OS::Neutron::Net",
	"OS::Neutron::Subnet", "OS::Neutron::Router", "OS::Neutron::RouterInterface", "OS::Neutron::ExtraRoute", "OS::Neutron::Port", "OS::Cinder::Volume", "OS::Cinder::Snapshot", "OS::Glance::Image",
	"OS::Nova::Server", "OS::Cinder::VolumeAttachment", "OS::Neutron::FloatingIP"}

// sweep deletes all that carries the drill's mark, the other way round than it
// was made, and again as long as something is in the way. What is gone can be
// deleted once more.
func (r *run) sweep() {
	r.Helper()
	ctx := context.WithoutCancel(r.Context())
	gone := map[string]*resource.Resource{}
	r.until("all to be gone", func() bool {
		all := r.list() //nolint:contextcheck // what is left has to go even when the test's context has ended
		slices.SortStableFunc(all, func(a, b *resource.Resource) int { return slices.Index(order, b.Type) - slices.Index(order, a.Type) })
		for _, x := range all {
			if x.Tenure == resource.Implied && x.Type == "OS::Neutron::Port" {
				continue // goes with its server
			}
			gone[x.ID] = x
			if err := r.cloud.Delete(ctx, x); err != nil && !errors.Is(err, cloud.ErrConflict) {
				r.Errorf("delete: %v", err)
			}
		}
		return len(all) == 0
	})
	for _, x := range gone {
		if err := r.cloud.Delete(ctx, x); err != nil {
			r.Errorf("delete %s that is gone: %v", x.Ref, err)
		}
	}
}
