package drill

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

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
