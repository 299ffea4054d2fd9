package drill

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/plan"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// A rehearsing cloud is one that rehearses, and does nothing else.
type rehearsing struct {
	cloud.Cloud
	answer func(*resource.Resource) error
}

func (s rehearsing) Rehearse(_ context.Context, r *resource.Resource) error { return s.answer(r) }

// What the target would refuse is foretold in its own words; what is known only
// once something else is made, and what is lost anyway, is not asked for.
func TestRehearsal(t *testing.T) {
	schemas := resource.Schemas{}
	for _, name := range []resource.Type{"core/Namespace", "core/ConfigMap", "apps/Deployment"} {
		schemas[name] = &resource.Schema{Type: name, Named: true}
	}
	schemas["OS::Neutron::Net"] = &resource.Schema{Type: "OS::Neutron::Net"}
	own := func(kind resource.Type, name, scope string, spec map[string]resource.Value) *resource.Resource {
		return &resource.Resource{Ref: resource.Ref{Type: kind, Key: resource.Key(name)}, Name: name, Scope: scope, Tenure: resource.Own, Spec: spec}
	}
	page := own("core/ConfigMap", "page", "shop", nil)
	net := own("OS::Neutron::Net", "net", "", nil)
	list := []*resource.Resource{own("core/Namespace", "shop", "", nil), page, net,
		own("apps/Deployment", "web", "shop", map[string]resource.Value{"uses": page.Ref}),
		own("apps/Deployment", "lost", "shop", nil),
		own("apps/Deployment", "later", "shop", map[string]resource.Value{"address": resource.Attr{Ref: page.Ref, Path: "ip"}}),
		own("apps/Deployment", "other-layer", "shop", map[string]resource.Value{"net": net.Ref})}
	p := &plan.Plan{Cloud: "there", Set: resource.NewSet(schemas, list...),
		Forecast: []gap.Signal{{Seen: gap.Forecast, Code: "class/absent", Ref: resource.Ref{Type: "apps/Deployment", Key: "lost"}, Effect: resource.Lost}}}
	for _, r := range list {
		p.Steps = append(p.Steps, plan.Step{Action: plan.Create, Ref: r.Ref})
	}
	asked := map[string]resource.Value{}
	answers := make(chan func(), len(list))
	refused := &cloud.OpError{Op: "rehearse", Status: 422, Paths: []resource.Path{"uses"}, Message: "no", RequestID: "r1", Err: cloud.ErrInvalid}
	err := rehearse(t.Context(), rehearsing{answer: func(r *resource.Resource) error {
		answers <- func() {
			asked[r.Name] = r.Spec["uses"]
			if r.Spec["uses"] != nil && len(asked) < 3 {
				t.Errorf("%s is rehearsed before what refers to nothing", r.Name)
			}
		}
		if r.Name == "web" {
			return refused
		}
		return nil
	}}, p)
	close(answers)
	for note := range answers {
		note()
	}
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]resource.Value{"shop": nil, "page": nil, "web": "shop/page"}, asked); diff != "" {
		t.Error(diff)
	}
	want := gap.Signal{Seen: gap.Forecast, Code: gap.Rehearsal, Ref: resource.Ref{Type: "apps/Deployment", Key: "web"}, Path: "uses", Effect: resource.Lost,
		Status: 422, Message: "no", Request: "r1", Cloud: "there"}
	if len(p.Forecast) != 2 {
		t.Fatalf("foretold is %+v", p.Forecast)
	}
	if diff := cmp.Diff(want, p.Forecast[1]); diff != "" {
		t.Error(diff)
	}
	for _, kind := range []error{cloud.ErrUnreachable, cloud.ErrUnauthenticated} { // who does not answer foretells nothing
		err := rehearse(t.Context(), rehearsing{answer: func(*resource.Resource) error { return &cloud.OpError{Err: kind} }}, p)
		if !errors.Is(err, kind) {
			t.Errorf("%v became %v", kind, err)
		}
	}
}
