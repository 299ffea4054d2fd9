package drill

import (
	"context"
	"iter"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/plan"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// The plan of a workload is saved without the values of its secrets, and has
// them again when the drill goes on.
func TestSecretsAreInNoFile(t *testing.T) {
	const kind resource.Type = "core/Secret"
	login := resource.Ref{Type: kind, Key: "shop-login"}
	workload := func(password string) *resource.Set {
		return resource.NewSet(resource.Schemas{kind: {Type: kind, Named: true, Fields: []resource.Field{{Path: "data.*", Form: resource.Text, Secret: true}}}},
			&resource.Resource{Ref: login, Name: "login", Tenure: resource.Own, Spec: map[string]resource.Value{"type": "Opaque", "data": map[string]resource.Value{"pass.word": password, "user": "anna"}}})
	}
	set := workload("aHVudGVyMg==")
	p, err := plan.Build(set, plan.Target{}, plan.Options{Drill: "d", Cloud: "c"})
	if err != nil {
		t.Fatal(err)
	}
	d := &drill{Options: Options{Dir: t.TempDir()}}
	if err := d.save(planOf("source"), withoutSecrets(p)); err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(path(d.Dir, planOf("source"))); err != nil || strings.Contains(string(data), "aHVudGVyMg") || !strings.Contains(string(data), "pass.word") {
		t.Errorf("%v: %s", err, data)
	}
	again := &plan.Plan{}
	if found, err := d.load(planOf("source"), again); err != nil || !found {
		t.Fatal(err)
	}
	if err := fillSecrets(again, set); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(p.Set.Get(login).Spec, again.Set.Get(login).Spec); d != "" {
		t.Error(d)
	}
	less := workload("")
	delete(less.Get(login).Spec["data"].(map[string]resource.Value), "user")
	for want, of := range map[string]*resource.Set{"is not now": resource.NewSet(nil), "data.user when the drill began": less} {
		if err := fillSecrets(again, of); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want %s", err, want)
		}
	}
}

// listed is a cloud that lists these, with the values of their secrets.
type listed struct {
	cloud.Cloud
	resources []*resource.Resource
}

func (l listed) List(context.Context, cloud.Selector) iter.Seq2[*resource.Resource, error] {
	return func(yield func(*resource.Resource, error) bool) {
		for _, r := range l.resources {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// Values that come along are no longer missing; on the target they are known by
// what stood for them, and others are not.
func TestCarriedSecrets(t *testing.T) {
	const kind resource.Type = "core/Secret"
	schemas := resource.Schemas{kind: {Type: kind, Named: true, Fields: []resource.Field{{Path: "data.*", Form: resource.Text, Secret: true}}}}
	with := func(key string, data map[string]resource.Value) *resource.Resource {
		return &resource.Resource{Ref: resource.Ref{Type: kind, Key: resource.Key(key)}, Name: key, Tenure: resource.Own, Unread: []resource.Path{"data"},
			Owner: resource.Owner{Drill: "d", Key: resource.Key(key)}, Spec: map[string]resource.Value{"data": data}}
	}
	type data = map[string]resource.Value
	one, two, three := resource.Hashed+"a-1", resource.Hashed+"a-2", resource.Hashed+"a-3"
	values := map[string]string{one: "b25l", two: "dHdv"}
	d := &drill{Options: Options{ID: "d", To: Side{Cloud: listed{resources: []*resource.Resource{with("whole", data{"x": "b25l", "y": "b3RoZXI="}), with("half", data{"x": "b25l", "y": "c29tZQ=="})}}}},
		export: resource.NewSet(schemas, with("whole", data{"x": one, "y": two}), with("half", data{"x": one, "y": three})), values: values}
	planned := carried(d.export, values)
	for key, want := range map[string]int{"whole": 0, "half": 1} {
		if ref := (resource.Ref{Type: kind, Key: resource.Key(key)}); len(planned.Get(ref).Unread) != want || len(d.export.Get(ref).Unread) != 1 {
			t.Errorf("%s: unread is %v", key, planned.Get(ref).Unread)
		}
	}
	target := resource.NewSet(schemas, with("whole", data{"x": resource.Hashed + "b-1", "y": resource.Hashed + "b-2"}), with("half", data{"x": resource.Hashed + "b-3", "y": resource.Hashed + "b-4"}))
	if err := d.recognize(t.Context(), target); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]data{"whole": {"x": one, "y": resource.Hashed + "another value"}, "half": {"x": one, "y": resource.Hashed + "b-4"}} {
		if d := cmp.Diff(want, target.Get(resource.Ref{Type: kind, Key: resource.Key(key)}).Spec["data"]); d != "" {
			t.Errorf("%s: %s", key, d)
		}
	}
}
