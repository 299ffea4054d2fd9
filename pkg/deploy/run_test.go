package deploy_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/deploy"
	"github.com/wechsel-project/wechsel/pkg/plan"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const drill = "d1"

func ref(t resource.Type, key string) resource.Ref {
	return resource.Ref{Type: t, Key: resource.Key(key)}
}

type spec = map[string]resource.Value

func own(t resource.Type, key string, s spec) *resource.Resource {
	return &resource.Resource{Ref: ref(t, key), Name: key, Tenure: resource.Own, Spec: s}
}

func child(r *resource.Resource, parent resource.Ref) *resource.Resource {
	r.Parent = parent
	return r
}

func implied(t resource.Type, key string, parent resource.Ref, s spec) *resource.Resource {
	r := child(own(t, key, s), parent)
	r.Tenure = resource.Implied
	return r
}

// shop is a plan with all that is difficult: rules that refer to each other's
// groups, ports and a root volume that the cloud makes, an attribute, bytes
// that come through a temporary image, attachments of one server.
func shop() *plan.Plan {
	net, web, db := ref(tNet, "net"), ref(tGroup, "web"), ref(tGroup, "db")
	srv := ref(tServer, "srv")
	temp := own(tImage, "data-image", spec{"disk_format": "raw"})
	temp.DerivedFrom = []resource.Ref{ref(tVolume, "data")}
	base := own(tImage, "debian", nil)
	base.Tenure, base.ID = resource.Given, "given-image"
	set := resource.NewSet(schemas(),
		base, temp,
		own(tNet, "net", spec{"mtu": int64(1500), "dns_domain": "example."}),
		own(tSubnet, "sub", spec{"network": net, "cidr": "10.0.0.0/24"}),
		own(tGroup, "web", nil), own(tGroup, "db", nil),
		child(own(tRule, "web-1", spec{"port": int64(80)}), web),
		child(own(tRule, "web-2", spec{"remote_group": web}), web),
		child(own(tRule, "db-1", spec{"remote_group": web}), db),
		own(tPort, "port", spec{"network": net, "security_groups": []resource.Value{web}}),
		own(tServer, "srv", spec{"image": base.Ref, "networks": []resource.Value{
			spec{"port": ref(tPort, "port")}, spec{"network": net}}, "tags": []resource.Value{"a", "b"}}),
		implied(tPort, "srv-port", srv, spec{"network": net}),
		implied(tVolume, "srv-root", srv, nil),
		own(tServer, "srv2", spec{"image": base.Ref, "networks": []resource.Value{spec{"network": net}},
			"user_data": resource.Join{Sep: " ", Parts: []resource.Value{"connect", resource.Attr{Ref: srv, Path: "address"}, net}}}),
		own(tVolume, "data", spec{"size": int64(2), "image": temp.Ref}),
		own(tVolume, "logs", spec{"size": int64(1)}),
		child(own(tAttachment, "srv-data", spec{"server": srv, "volume_id": ref(tVolume, "data")}), srv),
		child(own(tAttachment, "srv-logs", spec{"server": srv, "volume_id": ref(tVolume, "logs")}), srv),
	)
	return planOf(set, temp.Ref)
}

// planOf orders a set by its references and edges.
func planOf(set *resource.Set, temps ...resource.Ref) *plan.Plan {
	p := &plan.Plan{Drill: drill, Cloud: "memory", Set: set}
	id := func(a plan.Action, r resource.Ref) string { return string(a) + ":" + r.String() }
	isTemp := func(r resource.Ref) bool { return slices.Contains(temps, r) }
	users := map[resource.Ref][]string{}
	for r := range set.All() {
		if r.Tenure != resource.Own {
			continue
		}
		s := plan.Step{ID: id(plan.Create, r.Ref), Action: plan.Create, Ref: r.Ref, Temporary: isTemp(r.Ref)}
		needs := r.Refs()
		for _, edge := range set.Schema(r.Type).After {
			for x := range set.OfType(edge.Type) {
				needs = append(needs, x.Ref)
			}
		}
		for _, need := range needs {
			n := set.Get(need)
			if n.Tenure == resource.Implied && !n.Parent.IsZero() {
				n = set.Get(n.Parent)
			}
			users[need] = append(users[need], s.ID)
			switch {
			case isTemp(need):
				s.After = append(s.After, id(plan.Upload, need))
			case n.Tenure == resource.Own:
				s.After = append(s.After, id(plan.Create, n.Ref))
			}
		}
		if r.Type == tAttachment {
			s.Exclusive = []string{r.Parent.String()}
		}
		p.Steps = append(p.Steps, s)
	}
	for _, t := range temps {
		p.Steps = append(p.Steps,
			plan.Step{ID: id(plan.Upload, t), Action: plan.Upload, Ref: t, After: []string{id(plan.Create, t)}},
			plan.Step{ID: id(plan.Delete, t), Action: plan.Delete, Ref: t, After: append(users[t], id(plan.Upload, t))})
	}
	return p
}

func filled() *memory {
	m := newMemory()
	m.objects = append(m.objects, &object{r: &resource.Resource{Ref: resource.Ref{Type: tImage}, ID: "given-image", Name: "debian", Tenure: resource.Given, State: resource.Ready}})
	return m
}

func options(p *plan.Plan, c cloud.Cloud, j deploy.Log, tick <-chan time.Time) deploy.Options {
	return deploy.Options{Plan: p, Cloud: c, Journal: j, Stage: "target", Now: time.Now, Tick: tick, Limit: 3,
		Content: func(resource.Ref) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("bytes")), nil }}
}

// run runs the plan in a bubble of its own, with a new journal.
func run(t *testing.T, p *plan.Plan, c cloud.Cloud) (*deploy.Result, error) {
	t.Helper()
	j := newJournal(t)
	var r *deploy.Result
	var err error
	synctest.Test(t, func(t *testing.T) {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		r, err = deploy.Run(t.Context(), options(p, c, j, tick.C))
	})
	return r, err
}

func newJournal(t *testing.T) *deploy.Journal {
	t.Helper()
	j, err := deploy.CreateJournal(filepath.Join(t.TempDir(), "journal"), drill, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	})
	return j
}

func TestRunMakesAll(t *testing.T) {
	m := filled()
	p := shop()
	r, err := run(t, p, m)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Signals) > 0 {
		t.Errorf("signals: %+v", r.Signals)
	}
	for x := range p.Set.All() {
		want := deploy.Made
		if x.Tenure == resource.Given || x.Key == "data-image" {
			want = ""
		}
		if r.Outcomes[x.Ref] != want {
			t.Errorf("%s: outcome %q, want %q", x.Ref, r.Outcomes[x.Ref], want)
		}
		if r.IDs[x.Ref] == "" != (x.Key == "data-image") {
			t.Errorf("%s: id %q", x.Ref, r.IDs[x.Ref])
		}
	}
	srv2 := m.find(tServer, r.IDs[ref(tServer, "srv2")]).r
	if want := "connect 192.0.2.1 " + r.IDs[ref(tNet, "net")]; srv2.Spec["user_data"] != want {
		t.Errorf("user data is %q, want %q", srv2.Spec["user_data"], want)
	}
	if port := m.find(tPort, r.IDs[ref(tPort, "srv-port")]).r; string(port.Parent.Key) != r.IDs[ref(tServer, "srv")] {
		t.Errorf("the port found is %s's", port.Parent)
	}
}

func TestRunWaitsWithOneListingPerTick(t *testing.T) {
	m := filled()
	set := resource.NewSet(schemas())
	for i := range 20 {
		set.Put(own(tVolume, fmt.Sprintf("v%02d", i), spec{"size": int64(1)}))
	}
	p := planOf(set)
	if _, err := run(t, p, m); err != nil {
		t.Fatal(err)
	}
	lists := 0
	for _, c := range m.calls {
		if strings.HasPrefix(c, "list [T::Volume]") {
			lists++
		}
	}
	if lists > 4 {
		t.Errorf("%d listings for 20 volumes that take 2", lists)
	}
}

func TestRefusedPropertyIsDropped(t *testing.T) {
	m := filled()
	m.refuse = func(op string, r *resource.Resource) error {
		if _, ok := r.Spec["dns_domain"]; ok && op == "create" {
			return opError(op, r, cloud.ErrInvalid, "Unrecognized attribute(s) 'dns_domain'", "dns_domain")
		}
		if _, ok := r.Spec["mtu"]; ok && op == "create" {
			return opError(op, r, cloud.ErrForbidden, "not allowed to set mtu", "mtu")
		}
		if tags, _ := r.Spec["tags"].([]resource.Value); len(tags) > 1 && op == "create" {
			return opError(op, r, cloud.ErrInvalid, "tag b is not allowed", "tags[1]")
		}
		return nil
	}
	r, err := run(t, shop(), m)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range r.Signals {
		got = append(got, fmt.Sprintf("%s %s %s %s %s %v %d %s", s.Seen, s.Code, s.Ref, s.Path, s.Effect, s.Source, s.Status, s.Request))
	}
	want := []string{
		"refusal create T::Net/net dns_domain degraded example. 400 req-1",
		"refusal create T::Net/net mtu adapted 1500 400 req-1",
		"refusal create T::Server/srv tags[1] degraded b 400 req-1",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if o := r.Outcomes[ref(tNet, "net")]; o != deploy.Adapted {
		t.Errorf("outcome %q", o)
	}
	if o := r.Outcomes[ref(tServer, "srv2")]; o != deploy.Made {
		t.Errorf("outcome %q of a dependent", o)
	}
}

func TestLostAndUntested(t *testing.T) {
	m := filled()
	m.refuse = func(op string, r *resource.Resource) error {
		switch {
		case op == "create" && r.Key == "sub":
			return opError(op, r, cloud.ErrQuota, "Quota exceeded for resources: ['subnet'].")
		case op == "upload":
			return opError(op, r, cloud.ErrQuota, "image too large")
		}
		return nil
	}
	r, err := run(t, shop(), m)
	if err != nil {
		t.Fatal(err)
	}
	want := map[resource.Ref]deploy.Outcome{
		ref(tNet, "net"): deploy.Made, ref(tSubnet, "sub"): deploy.Lost, ref(tPort, "port"): deploy.Untested, ref(tServer, "srv"): deploy.Untested,
		ref(tServer, "srv2"): deploy.Untested, ref(tVolume, "data"): deploy.Lost, ref(tVolume, "logs"): deploy.Made,
		ref(tGroup, "web"): deploy.Made, ref(tGroup, "db"): deploy.Made, ref(tRule, "web-1"): deploy.Made, ref(tRule, "web-2"): deploy.Made,
		ref(tRule, "db-1"): deploy.Made, ref(tAttachment, "srv-data"): deploy.Untested, ref(tAttachment, "srv-logs"): deploy.Untested,
	}
	if diff := cmp.Diff(want, r.Outcomes); diff != "" {
		t.Error(diff)
	}
	if because := r.Because[ref(tAttachment, "srv-data")]; because != ref(tSubnet, "sub") && because != ref(tVolume, "data") {
		t.Errorf("the attachment is untested because of %s", because)
	}
	if because := r.Because[ref(tServer, "srv")]; because != ref(tSubnet, "sub") {
		t.Errorf("the server is untested because of %s", because)
	}
	if len(r.Signals) != 2 || r.Signals[1].Ref != ref(tVolume, "data") || r.Signals[1].Code != "upload" {
		t.Errorf("signals %+v", r.Signals)
	}
	if id, ok := r.IDs[ref(tImage, "data-image")]; ok {
		t.Errorf("the temporary image %s is still there", id)
	}
}

func TestFiveTries(t *testing.T) {
	m := filled()
	tries := 0
	set := resource.NewSet(schemas(), own(tServer, "s", spec{"image": "given-image", "networks": []resource.Value{}, "tags": []resource.Value{"a", "b", "c", "d", "e", "f", "g"}}))
	m.refuse = func(op string, r *resource.Resource) error {
		tries++
		return opError(op, r, cloud.ErrInvalid, "no", "tags[0]")
	}
	r, err := run(t, planOf(set), m)
	if err != nil || tries != 5 || r.Outcomes[ref(tServer, "s")] != deploy.Lost || len(r.Signals) != 5 {
		t.Errorf("%d tries, %v, %v, %d signals", tries, r.Outcomes, err, len(r.Signals))
	}
}

func TestRequiredIsNotDropped(t *testing.T) {
	m := filled()
	m.refuse = func(op string, r *resource.Resource) error {
		return opError(op, r, cloud.ErrInvalid, "Invalid input for cidr", "cidr")
	}
	set := resource.NewSet(schemas(), own(tSubnet, "s", spec{"network": "n", "cidr": "10.0.0.0/8"}))
	r, err := run(t, planOf(set), m)
	if err != nil || r.Outcomes[ref(tSubnet, "s")] != deploy.Lost || r.Signals[0].Path != "cidr" {
		t.Errorf("%v, %+v, %v", r.Outcomes, r.Signals, err)
	}
}

func TestConflictIsRetriedUntilTheDeadline(t *testing.T) {
	for _, test := range []struct {
		busy time.Duration
		want deploy.Outcome
	}{{30 * time.Second, deploy.Made}, {time.Hour, deploy.Lost}} {
		t.Run(test.busy.String(), func(t *testing.T) {
			m := filled()
			var first time.Time
			m.refuse = func(op string, r *resource.Resource) error {
				if first.IsZero() {
					first = time.Now()
				}
				if time.Since(first) < test.busy {
					return opError(op, r, cloud.ErrConflict, "Concurrent update")
				}
				return nil
			}
			r, err := run(t, planOf(resource.NewSet(schemas(), own(tNet, "n", nil))), m)
			if err != nil || r.Outcomes[ref(tNet, "n")] != test.want {
				t.Errorf("%v, %v", r.Outcomes, err)
			}
		})
	}
}

func TestUnreachableIsIncomplete(t *testing.T) {
	m := filled()
	m.refuse = func(op string, r *resource.Resource) error {
		if r.Key == "web" {
			return opError(op, r, cloud.ErrUnreachable, "connection refused")
		}
		return nil
	}
	r, err := run(t, shop(), m)
	if !errors.Is(err, deploy.ErrIncomplete) || !errors.Is(err, cloud.ErrUnreachable) {
		t.Errorf("error is %v", err)
	}
	if len(r.Signals) > 0 {
		t.Errorf("a failure is no finding: %+v", r.Signals)
	}
}

func TestFailedStateIsARefusal(t *testing.T) {
	m := filled()
	r, err := run(t, shop(), &failer{memory: m})
	if err != nil {
		t.Fatal(err)
	}
	if o := r.Outcomes[ref(tServer, "srv")]; o != deploy.Lost {
		t.Errorf("outcome %q", o)
	}
	if len(r.Signals) != 1 || r.Signals[0].Message != "No valid host was found." {
		t.Errorf("signals %+v", r.Signals)
	}
}

// A failer is a cloud whose server "srv" cannot be built.
type failer struct{ *memory }

func (f *failer) Create(ctx context.Context, r *resource.Resource, o resource.Owner) (*resource.Resource, error) {
	made, err := f.memory.Create(ctx, r, o)
	if err == nil && r.Key == "srv" {
		f.mu.Lock()
		defer f.mu.Unlock()
		x := f.find(r.Type, made.ID)
		x.wait, x.r.State, x.r.Why = 0, resource.Failed, "No valid host was found."
	}
	return made, err
}

func TestCancelReturnsAfterTheCallsInFlight(t *testing.T) {
	m := filled()
	j := newJournal(t)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		m.refuse = func(op string, r *resource.Resource) error {
			if r.Type == tServer {
				cancel()
			}
			return nil
		}
		r, err := deploy.Run(ctx, options(shop(), m, j, tick.C))
		if !errors.Is(err, context.Canceled) || !errors.Is(err, deploy.ErrIncomplete) {
			t.Errorf("error is %v", err)
		}
		if len(r.IDs) != len(m.objects) {
			t.Errorf("%d ids known, %d objects there", len(r.IDs), len(m.objects))
		}
	})
}

// A slow cloud takes so many listings for whatever it makes.
type slow struct {
	*memory
	listings int
}

func (c *slow) Create(ctx context.Context, r *resource.Resource, o resource.Owner) (*resource.Resource, error) {
	made, err := c.memory.Create(ctx, r, o)
	if err == nil {
		x := c.find(r.Type, made.ID)
		x.wait, x.r.Why = c.listings, "creating"
	}
	return made, err
}

// Who looks on is told what is waited for, seldom.
func TestLongWaitsAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		var told []string
		o := options(planOf(resource.NewSet(schemas(), own(tVolume, "disk", spec{"size": int64(1)}))), &slow{newMemory(), 100}, newJournal(t), tick.C)
		o.Progress = func(e deploy.Event) {
			if e.What == "waiting" {
				told = append(told, e.Step.Ref.String()+" "+e.Why)
			}
		}
		if _, err := deploy.Run(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		const disk = "T::Volume/disk pending after "
		if diff := cmp.Diff([]string{disk + "10s: creating", disk + "30s: creating", disk + "1m30s: creating"}, told); diff != "" {
			t.Error(diff)
		}
	})
}
