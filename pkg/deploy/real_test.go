//go:build real

package deploy_test

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wechsel-project/wechsel/pkg/bundle"
	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/cloud/openstack"
	"github.com/wechsel-project/wechsel/pkg/deploy"
	"github.com/wechsel-project/wechsel/pkg/inventory"
	"github.com/wechsel-project/wechsel/pkg/plan"
	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/resource"
	"github.com/wechsel-project/wechsel/pkg/scenario"
	"github.com/wechsel-project/wechsel/scenarios"
)

// The cloud is real-a-2 of the lab, or what WECHSEL_REAL names.
func realCloud(t *testing.T) (*openstack.Cloud, profile.Catalogue) {
	t.Helper()
	name := os.Getenv("WECHSEL_REAL")
	if name == "" {
		name = "real-a-2"
	}
	file := os.Getenv("OS_CLIENT_CONFIG_FILE")
	if file == "" {
		file = filepath.Join("..", "..", "fixtures", "lab", "openstack", "state", "clouds.yaml")
	}
	base := cloud.BaseTransport()
	t.Cleanup(base.CloseIdleConnections)
	c, err := openstack.Open(t.Context(), openstack.Options{Cloud: name, Files: []string{file}, Transport: cloud.NewTransport(cloud.TransportOptions{Base: base})})
	if err != nil {
		t.Fatalf("%v (start the lab with make lab-up)", err)
	}
	catalogue, err := c.Catalogue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return c, catalogue
}

func realPlan(t *testing.T, c *openstack.Cloud, catalogue profile.Catalogue, name, drill string) *plan.Plan {
	t.Helper()
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

// there returns the ids of all that the project has.
func there(t *testing.T, c *openstack.Cloud) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	for r, err := range c.List(t.Context(), cloud.Selector{}) {
		if err != nil {
			t.Fatal(err)
		}
		out[r.ID] = true
	}
	return out
}

// TestReal makes each scenario, reads it back, looks that it is what the plan
// says, and removes it.
func TestReal(t *testing.T) {
	for _, name := range []string{"tiny", "web-shop", "unnamed"} {
		t.Run(name, func(t *testing.T) { real(t, name) })
	}
}

func real(t *testing.T, name string) {
	c, catalogue := realCloud(t)
	drill := "e" + time.Now().UTC().Format("150405")
	p := realPlan(t, c, catalogue, name, drill)
	j, err := deploy.CreateJournal(filepath.Join(t.TempDir(), "journal"), drill, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	var r *deploy.Result
	defer func() { realCleanup(t, c, j, p, r, tick.C) }()
	r, err = deploy.Run(t.Context(), deploy.Options{Plan: p, Cloud: c, Journal: j, Stage: "target", Now: time.Now, Tick: tick.C,
		Content: func(ref resource.Ref) (io.ReadCloser, error) {
			return io.NopCloser(bundle.Generate(*p.Set.Get(ref).Content)), nil
		},
		Progress: func(e deploy.Event) { t.Log(e.Step.ID, e.What, e.ID, e.Why) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d calls, %.1f s", r.Calls, r.Seconds)
	for ref, outcome := range r.Outcomes {
		if outcome != deploy.Made {
			t.Errorf("%s: %s", ref, outcome)
		}
	}
	for _, s := range r.Signals {
		t.Errorf("%+v", s)
	}
	set, err := inventory.Take(t.Context(), c, inventory.Options{Drill: drill, Keys: r.Keys(), Catalogue: &catalogue})
	if err != nil {
		t.Fatal(err)
	}
	compareSets(t, p.Set, set)
	all, err := inventory.Take(t.Context(), c, inventory.Options{Catalogue: &catalogue})
	if err != nil {
		t.Fatal(err)
	}
	for r := range all.All() {
		if r.Name == inventory.Unknown && r.Tenure == resource.Given {
			t.Errorf("%s in the whole project", r.Ref)
		}
	}
	t.Logf("%d resources in the whole project", all.Len())
}

// compareSets tells which resources differ in what the plan says of them.
func compareSets(t *testing.T, want, got *resource.Set) {
	t.Helper()
	for w := range want.All() {
		if w.Tenure == resource.Given || strings.HasSuffix(string(w.Key), "-image") {
			continue
		}
		g := got.Get(w.Ref)
		if g == nil {
			t.Errorf("%s is not in the inventory", w.Ref)
			continue
		}
		canonical := want.Schema(w.Type).Canonical(w.Spec)
		for k := range canonical {
			if diff := cmp.Diff(plain(t, canonical[k]), plain(t, g.Spec[k])); diff != "" {
				t.Logf("%s %s: %s", w.Ref, k, diff)
			}
		}
	}
	for g := range got.All() {
		if g.Tenure != resource.Given && want.Get(g.Ref) == nil {
			t.Logf("%s %s is in the inventory only", g.Tenure, g.Ref)
		}
	}
}

func plain(t *testing.T, v resource.Value) string {
	t.Helper()
	data, err := resource.MarshalValue(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// realCleanup removes all, and looks that all is gone that was there.
func realCleanup(t *testing.T, c *openstack.Cloud, log deploy.Log, p *plan.Plan, made *deploy.Result, tick <-chan time.Time) {
	t.Helper()
	began := time.Now()
	r, err := deploy.Cleanup(t.Context(), deploy.CleanupOptions{Cloud: c, Name: c.Name(), Drill: p.Drill, Journal: log, Now: time.Now, Tick: tick,
		Progress: func(l deploy.Leftover) { t.Log("deleted", l.Ref, l.ID) }})
	if err != nil || len(r.Left) > 0 {
		left, _ := json.Marshal(r.Left)
		t.Errorf("left %s, %v", left, err)
	}
	t.Logf("cleaned up with %d calls in %s", r.Calls, time.Since(began))
	left := there(t, c)
	for ref, id := range made.IDs {
		if x := p.Set.Get(ref); left[id] && x.Tenure != resource.Given && !(x.Tenure == resource.Implied && x.Parent.IsZero()) {
			t.Errorf("%s %s is still there", ref, id)
		}
	}
}
