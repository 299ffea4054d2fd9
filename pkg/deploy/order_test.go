package deploy_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/deploy"
	"github.com/wechsel-project/wechsel/pkg/plan"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

func TestExclusiveStepsDoNotOverlap(t *testing.T) {
	p := shop()
	j := newJournal(t)
	synctest.Test(t, func(t *testing.T) {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		o := options(p, filled(), j, tick.C)
		var log []string
		events := make(chan string, 1000)
		o.Progress = func(e deploy.Event) {
			if e.Step.Ref.Type == tAttachment {
				events <- e.What
			}
		}
		if _, err := deploy.Run(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		close(events)
		for e := range events {
			log = append(log, e)
		}
		if want := []string{"begin", "made", "begin", "made"}; !slices.Equal(log, want) {
			t.Errorf("got %v", log)
		}
	})
}

// A watcher counts the calls that are under way.
type watcher struct {
	*memory
	now, most int
}

func (w *watcher) Create(ctx context.Context, r *resource.Resource, o resource.Owner) (*resource.Resource, error) {
	w.mu.Lock()
	w.now++
	w.most = max(w.most, w.now)
	w.mu.Unlock()
	if err := sleep(ctx); err != nil {
		return nil, err
	}
	w.mu.Lock()
	w.now--
	w.mu.Unlock()
	return w.memory.Create(ctx, r, o)
}

// sleep takes a moment of a bubble's time.
func sleep(ctx context.Context) error {
	timer := time.NewTimer(time.Millisecond)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func TestLimitIsKeptAndWaitingIsFree(t *testing.T) {
	set := resource.NewSet(schemas())
	for i := range 30 {
		set.Put(own(tVolume, fmt.Sprintf("v%02d", i), spec{"size": int64(1)}))
	}
	w := &watcher{memory: filled()}
	if _, err := run(t, planOf(set), w); err != nil {
		t.Fatal(err)
	}
	if w.most != 3 {
		t.Errorf("%d calls at once, want 3", w.most)
	}
	first := slices.IndexFunc(w.memory.calls, func(c string) bool { return strings.HasPrefix(c, "list") })
	if first < 30 {
		t.Errorf("the first listing is call %d: creating has waited for it", first)
	}
}

func TestPlansThatCannotBeWalked(t *testing.T) {
	set := resource.NewSet(schemas(), own(tNet, "a", nil), own(tNet, "b", nil))
	step := func(id string, after ...string) plan.Step {
		return plan.Step{ID: id, Action: plan.Create, Ref: ref(tNet, "a"), After: after}
	}
	for name, steps := range map[string][]plan.Step{
		"have the id":         {step("x"), step("x")},
		"which is no step":    {step("x", "y")},
		"wait for each other": {step("x", "y"), step("y", "x")},
		"is not in the set":   {{ID: "x", Action: plan.Create, Ref: ref(tNet, "c")}},
		"unknown action":      {{ID: "x", Action: "paint", Ref: ref(tNet, "a")}},
	} {
		_, err := run(t, &plan.Plan{Drill: drill, Cloud: "memory", Set: set, Steps: steps}, filled())
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: error is %v", name, err)
		}
	}
}

func TestAnotherPlanIsNotResumed(t *testing.T) {
	j := newJournal(t)
	synctest.Test(t, func(t *testing.T) {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		m := filled()
		if _, err := deploy.Run(t.Context(), options(shop(), m, j, tick.C)); err != nil {
			t.Fatal(err)
		}
		p := shop()
		p.Set.Get(ref(tNet, "net")).Spec["mtu"] = int64(9000)
		_, err := deploy.Run(t.Context(), options(p, m, j, tick.C))
		if !errors.Is(err, deploy.ErrIncomplete) || !strings.Contains(err.Error(), "the plan is not the one") {
			t.Errorf("error is %v", err)
		}
		o := options(p, m, j, tick.C)
		o.Stage = "another"
		o.Plan.Set = resource.NewSet(schemas())
		o.Plan.Steps = nil
		if _, err := deploy.Run(t.Context(), o); err != nil {
			t.Errorf("another stage: %v", err)
		}
	})
}

func TestRefusedSettlingLeavesTheResource(t *testing.T) {
	for _, test := range []struct {
		name  string
		paths []resource.Path
		want  string
	}{
		{"a property", []resource.Path{"bootable"}, "settle T::Volume/v bootable degraded"},
		{"nothing in particular", nil, "settle T::Volume/v  degraded"},
	} {
		m := filled()
		m.refuse = func(op string, r *resource.Resource) error {
			if _, ok := r.Spec["bootable"]; ok && op == "settle" {
				return opError(op, r, cloud.ErrForbidden, "no", test.paths...)
			}
			return nil
		}
		set := resource.NewSet(schemas(), own(tVolume, "v", spec{"size": int64(1), "bootable": true}))
		r, err := run(t, planOf(set), m)
		if err != nil || len(r.Signals) != 1 || r.Outcomes[ref(tVolume, "v")] != deploy.Adapted {
			t.Errorf("%s: %+v, %v, %v", test.name, r.Signals, r.Outcomes, err)
			continue
		}
		s := r.Signals[0]
		if got := fmt.Sprintf("%s %s %s %s", s.Code, s.Ref, s.Path, s.Effect); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

func TestMissingAttributeIsRefused(t *testing.T) {
	set := resource.NewSet(schemas(), own(tNet, "n", nil),
		own(tVolume, "v", spec{"size": int64(1), "bootable": resource.Join{Parts: []resource.Value{int64(1), spec{"a": true}, resource.Attr{Ref: ref(tNet, "n"), Path: "nope"}}}}))
	r, err := run(t, planOf(set), filled())
	if err != nil || len(r.Signals) != 1 || r.Signals[0].Path != "bootable" || r.Outcomes[ref(tVolume, "v")] != deploy.Adapted {
		t.Errorf("%+v, %v, %v", r.Signals, r.Outcomes, err)
	}
}

func TestWhatTheProjectHasAnyway(t *testing.T) {
	for _, there := range []bool{true, false} {
		m := filled()
		if there {
			m.put(implied(tGroup, "", resource.Ref{}, nil), resource.Ready, 0)
			m.objects[1].r.Name = "default"
		}
		group := implied(tGroup, "default", resource.Ref{}, nil)
		p := planOf(resource.NewSet(schemas(), group, own(tNet, "n", nil), own(tPort, "p", spec{"network": ref(tNet, "n"), "security_groups": []resource.Value{group.Ref}})))
		p.Steps[1].After = []string{"create:T::Net/n"}
		r, err := run(t, p, m)
		if err != nil {
			t.Fatal(err)
		}
		want := map[resource.Ref]deploy.Outcome{group.Ref: deploy.Made, ref(tNet, "n"): deploy.Made, ref(tPort, "p"): deploy.Made}
		if !there {
			want[group.Ref], want[ref(tPort, "p")] = deploy.Lost, deploy.Untested
		}
		if diff := cmp.Diff(want, r.Outcomes); diff != "" {
			t.Errorf("there: %t: %s", there, diff)
		}
	}
}

// The plan expects three ports: one on a network that another cloud has put
// elsewhere, and one more than there are.
func TestImpliedByOrderWhereNatureFails(t *testing.T) {
	srv := ref(tServer, "srv")
	set := resource.NewSet(schemas(), own(tNet, "a", nil), own(tNet, "b", nil),
		own(tServer, "srv", spec{"image": "given-image", "networks": []resource.Value{spec{"network": ref(tNet, "a")}, spec{"network": ref(tNet, "a")}}}),
		implied(tPort, "srv-port", srv, spec{"network": ref(tNet, "a")}),
		implied(tPort, "srv-port-2", srv, spec{"network": ref(tNet, "b")}),
		implied(tPort, "srv-port-3", srv, nil))
	r, err := run(t, planOf(set), filled())
	if err != nil {
		t.Fatal(err)
	}
	lost := 0
	for _, key := range []string{"srv-port", "srv-port-2", "srv-port-3"} {
		if r.Outcomes[ref(tPort, key)] == deploy.Lost {
			lost++
		}
	}
	if lost != 1 || r.Outcomes[ref(tPort, "srv-port")] != deploy.Made || len(r.Signals) != 1 {
		t.Errorf("%v, %+v", r.Outcomes, r.Signals)
	}
}

func TestRefusedDeletionOfATemporary(t *testing.T) {
	m := filled()
	m.refuse = func(op string, r *resource.Resource) error {
		if op == "delete" {
			return opError(op, r, cloud.ErrForbidden, "policy")
		}
		return nil
	}
	r, err := run(t, shop(), m)
	if err != nil || len(r.Signals) != 1 || r.Signals[0].Code != "delete" {
		t.Errorf("%+v, %v", r.Signals, err)
	}
	if r.IDs[ref(tImage, "data-image")] == "" {
		t.Error("the image is there, and its id is not known")
	}
}

func TestCleanupLeavesWhatHasLostItsMark(t *testing.T) {
	m := filled()
	j := newJournal(t)
	synctest.Test(t, func(t *testing.T) {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		if _, err := deploy.Run(t.Context(), options(planOf(resource.NewSet(schemas(), own(tNet, "n", nil), own(tNet, "m", nil))), m, j, tick.C)); err != nil {
			t.Fatal(err)
		}
	})
	for _, o := range m.objects {
		if o.r.Name == "n" {
			o.r.Owner = resource.Owner{}
		}
	}
	r, err := cleanup(t, m, j)
	if err != nil || len(r.Left) != 1 || r.Left[0].Ref != ref(tNet, "n") || len(r.Deleted) != 1 || r.Deleted[0].Ref != ref(tNet, "m") {
		t.Errorf("%+v, %v", r, err)
	}
	if len(m.objects) != 2 {
		t.Errorf("there is %s", m.dump())
	}
}

func TestDeletionThatFails(t *testing.T) {
	m := filled()
	m.refuse = func(op string, r *resource.Resource) error {
		if op == "delete" && r.Type == tNet {
			return opError(op, r, cloud.ErrForbidden, "policy does not allow it")
		}
		return nil
	}
	m.put(&resource.Resource{Ref: resource.Ref{Type: tNet}, Name: "n", Tenure: resource.Own, Owner: resource.Owner{Drill: drill, Key: "n"}}, resource.Ready, 0)
	r, err := cleanup(t, m, nil)
	if err != nil || len(r.Left) != 1 || r.Left[0].Why != "policy does not allow it" || r.Left[0].Ref != ref(tNet, "n") {
		t.Errorf("%+v, %v", r, err)
	}
}

// A deaf cloud answers that something is gone which it shows, as often as it is
// told.
type deaf struct {
	*memory
	times int
	asked int
}

func (d *deaf) Delete(ctx context.Context, r *resource.Resource) error {
	if r.Type != tVolume {
		return d.memory.Delete(ctx, r)
	}
	if d.asked++; d.asked <= d.times {
		return nil
	}
	return d.memory.Delete(ctx, r)
}

// What a service has not deleted, whatever it said, is asked for again, and not
// for ever.
func TestDeletionThatIsNotHeard(t *testing.T) {
	for _, test := range []struct{ times, left int }{{1, 0}, {3, 0}, {1 << 30, 1}} {
		d := &deaf{memory: filled(), times: test.times}
		p := planOf(resource.NewSet(schemas(), own(tVolume, "v", spec{"size": int64(1)})))
		if _, err := run(t, p, d); err != nil {
			t.Fatal(err)
		}
		r, err := cleanup(t, d, nil)
		if err != nil || len(r.Left) != test.left || d.asked < min(test.times+1, 5) {
			t.Errorf("unheard %d times: asked %d times, left %v, %v", test.times, d.asked, r.Left, err)
		}
	}
}

// A stumbling cloud fails at its first deletions.
type stumbling struct {
	*memory
	times, asked int
}

func (s *stumbling) Delete(ctx context.Context, r *resource.Resource) error {
	if s.asked++; s.asked <= s.times {
		return &cloud.OpError{Op: "delete", Cloud: "memory", Ref: r.Ref, Status: http.StatusInternalServerError, Message: "Request Failed: internal server error", Err: cloud.ErrTransient}
	}
	return s.memory.Delete(ctx, r)
}

// A service that fails at one deletion is asked again, for as long as anything
// else would be waited for.
func TestDeletionThatStumbles(t *testing.T) {
	for _, test := range []struct{ times, left int }{{1, 0}, {5, 0}, {1 << 30, 1}} {
		s := &stumbling{memory: filled(), times: test.times}
		p := planOf(resource.NewSet(schemas(), own(tVolume, "v", spec{"size": int64(1)})))
		if _, err := run(t, p, s); err != nil {
			t.Fatal(err)
		}
		r, err := cleanup(t, s, nil)
		if err != nil || len(r.Left) != test.left || test.left > 0 && !strings.Contains(fmt.Sprint(r.Left), "internal server error") {
			t.Errorf("failed %d times: left %v, %v", test.times, r.Left, err)
		}
	}
}

// Of what carries the mark only what is named is removed, and the drill goes on.
func TestCleanupOfSome(t *testing.T) {
	m, log := filled(), newJournal(t)
	p := planOf(resource.NewSet(schemas(), own(tNet, "stays", nil), own(tNet, "goes", nil), own(tVolume, "goes", spec{"size": int64(1)})))
	synctest.Test(t, func(t *testing.T) {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		if _, err := deploy.Run(t.Context(), options(p, m, log, tick.C)); err != nil {
			t.Fatal(err)
		}
		for range 2 { // what is gone is no error
			r, err := deploy.Cleanup(t.Context(), deploy.CleanupOptions{Cloud: m, Drill: drill, Journal: log, Name: "memory", Now: time.Now, Tick: tick.C, Only: []resource.Ref{ref(tNet, "goes")}})
			if err != nil || len(r.Left) > 0 {
				t.Fatalf("%v, %v", r.Left, err)
			}
		}
	})
	if got := m.dump(); strings.Contains(got, `T::Net "wechsel-d1-goes"`) || !strings.Contains(got, `T::Net "wechsel-d1-stays"`) || !strings.Contains(got, `T::Volume "wechsel-d1-goes"`) {
		t.Error(got)
	}
	if deploy.Cleaned(log.Records()) {
		t.Error("the journal says that the drill is over")
	}
	if r, err := cleanup(t, m, log); err != nil || len(r.Left) > 0 || len(r.Deleted) != 2 {
		t.Errorf("then all: %v, %v", r, err)
	}
}

// A tied is a cloud in which a server takes its port along, and lists that were
// begun before the server went still show the port.
type tied struct {
	*memory
	stale []*resource.Resource // what the next list shows that has gone
	vain  []string             // deletions of what was not there any more
}

func (c *tied) List(_ context.Context, s cloud.Selector) iter.Seq2[*resource.Resource, error] {
	return func(yield func(*resource.Resource, error) bool) {
		list := append(c.list(s), c.stale...)
		c.stale = nil
		for _, r := range list {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func (c *tied) Delete(_ context.Context, r *resource.Resource) error {
	o := c.find(r.Type, r.ID)
	if o == nil {
		c.vain = append(c.vain, r.ID)
		return nil
	}
	c.drop(o)
	if r.Type == tServer {
		for _, o := range slices.Clone(c.objects) {
			if o.r.Type == tPort {
				c.stale = append(c.stale, o.r.Clone())
				c.drop(o)
			}
		}
	}
	return nil
}

// Lists are not of one moment: what something that has just gone had used may
// have gone with it, and is looked at once more before it is asked for.
func TestCleanupOfWhatGoesWithItsUser(t *testing.T) {
	c := &tied{memory: newMemory()}
	net := marked(c.memory, tNet, "net", nil)
	port := marked(c.memory, tPort, "port", map[string]resource.Value{"network": net.ID})
	marked(c.memory, tServer, "server", map[string]resource.Value{"networks": []resource.Value{map[string]resource.Value{"port": port.ID}}})
	r, err := cleanup(t, c, nil)
	if err != nil || len(r.Left) > 0 || len(r.Deleted) != 3 || len(c.objects) > 0 {
		t.Errorf("deleted %v, left %v, still there %d, %v", r.Deleted, r.Left, len(c.objects), err)
	}
	if len(c.vain) > 0 {
		t.Errorf("asked for what had gone: %v", c.vain)
	}
}

func marked(m *memory, typ resource.Type, key resource.Key, spec map[string]resource.Value) *resource.Resource {
	return m.put(&resource.Resource{Ref: resource.Ref{Type: typ}, Tenure: resource.Own, Owner: resource.Owner{Drill: drill, Key: key}, Spec: spec}, resource.Ready, 0)
}
