//go:build real

package deploy_test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/cloud/openstack"
	"github.com/wechsel-project/wechsel/pkg/deploy"
	"github.com/wechsel-project/wechsel/pkg/inventory"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// realSite is real-a-2 of the lab, or what WECHSEL_REAL names.
func realSite() site {
	name, file := os.Getenv("WECHSEL_REAL"), os.Getenv("OS_CLIENT_CONFIG_FILE")
	if name == "" {
		name = "real-a-2"
	}
	if file == "" {
		file = filepath.Join("..", "..", "fixtures", "lab", "openstack", "state", "clouds.yaml")
	}
	open := func(t *testing.T, base http.RoundTripper) *openstack.Cloud {
		t.Helper()
		c, err := openstack.Open(t.Context(), openstack.Options{Cloud: name, Files: []string{file}, Transport: cloud.NewTransport(cloud.TransportOptions{Base: base, Wait: shortly})})
		if err != nil {
			t.Fatalf("%v (start the lab with make lab-up)", err)
		}
		return c
	}
	return site{open: open, now: time.Now, ticks: func(t *testing.T) <-chan time.Time {
		tick := time.NewTicker(500 * time.Millisecond)
		t.Cleanup(tick.Stop)
		return tick.C
	}}
}

// shortly waits less than asked: what is killed stays dead.
func shortly(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(min(d, 200*time.Millisecond))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// TestReal makes each scenario, reads it back, looks that it is what the plan
// says, and removes it.
func TestReal(t *testing.T) {
	for _, name := range []string{"tiny", "web-shop", "unnamed"} {
		t.Run(name, func(t *testing.T) { real(t, name) })
	}
}

func real(t *testing.T, name string) {
	s := realSite()
	c := s.open(t, base(t))
	p := planScenario(t, c, name, "e"+time.Now().UTC().Format("150405"))
	path := journalFile(t)
	defer s.cleanUp(t, p, path)
	r, err := s.runOn(t, p, path, &fuse{left: -1})
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
	catalogue := catalogueOf(t, c)
	set, err := inventory.Take(t.Context(), c, inventory.Options{Drill: p.Drill, Keys: r.Keys(), Catalogue: &catalogue})
	if err != nil {
		t.Fatal(err)
	}
	compareSets(t, p.Set, set)
	all, err := inventory.Take(t.Context(), c, inventory.Options{Catalogue: &catalogue})
	if err != nil {
		t.Fatal(err)
	}
	for r := range all.All() {
		// A member sees that a gateway's address is in a subnet of the external network, but not that subnet.
		if r.Name == inventory.Unknown && r.Tenure == resource.Given && r.Type != "OS::Neutron::Subnet" {
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
