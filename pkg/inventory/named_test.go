package inventory_test

import (
	"context"
	"iter"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/inventory"
	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

const (
	tDeployment = resource.Type("apps/Deployment")
	tConfigMap  = resource.Type("core/ConfigMap")
	tClass      = resource.Type("storage.k8s.io/StorageClass")
)

// A cluster is a reader whose ids are names.
type cluster []*resource.Resource

func (cluster) Schemas() resource.Schemas {
	return resource.Schemas{
		tConfigMap:      {Type: tConfigMap, Named: true},
		tClass:          {Type: tClass, Named: true},
		cloud.Namespace: {Type: cloud.Namespace, Named: true},
		tDeployment: {Type: tDeployment, Named: true, Fields: []resource.Field{{Path: "metadata.namespace", Refers: []resource.Type{cloud.Namespace}},
			{Path: "config", Refers: []resource.Type{tConfigMap}}, {Path: "class", Refers: []resource.Type{tClass}}}},
	}
}

func (cluster) Catalogue(context.Context) (profile.Catalogue, error) { return profile.Catalogue{}, nil }

func (c cluster) List(context.Context, cloud.Selector) iter.Seq2[*resource.Resource, error] {
	return func(yield func(*resource.Resource, error) bool) {
		for _, r := range c {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func inNamespace(t resource.Type, namespace, name string, s spec) *resource.Resource {
	r := own(t, namespace+"/"+name, name, s)
	r.Scope, s["metadata"] = namespace, spec{"namespace": namespace}
	return r
}

// Where ids are names, what nobody can see is known by its name, and in which
// namespace it would be; the same name elsewhere is another thing.
func TestNameOfWhatIsNotThere(t *testing.T) {
	c := cluster{inNamespace(tDeployment, "shop", "web", spec{"config": "shop/settings", "class": "fast"}),
		inNamespace(tDeployment, "shop", "api", spec{"config": "shop/settings"}), inNamespace(tDeployment, "blog", "web", spec{"config": "blog/settings"})}
	set, err := inventory.Take(t.Context(), c, inventory.Options{Catalogue: &profile.Catalogue{Cluster: &profile.Cluster{Namespaces: []string{"blog"}}}})
	if err != nil {
		t.Fatal(err)
	}
	type seen struct {
		Name, Scope, ID string
		Explained       bool
	}
	got := map[resource.Ref]seen{}
	for r := range set.All() {
		if r.Tenure == resource.Given {
			got[r.Ref] = seen{r.Name, r.Scope, r.ID, r.Why != ""}
		}
	}
	want := map[resource.Ref]seen{
		{Type: tConfigMap, Key: "shop-settings"}: {"settings", "shop", "shop/settings", true},
		{Type: tConfigMap, Key: "blog-settings"}: {"settings", "blog", "blog/settings", true},
		{Type: tClass, Key: "fast"}:              {"fast", "", "fast", true},
		{Type: cloud.Namespace, Key: "shop"}:     {"shop", "", "shop", true},
		{Type: cloud.Namespace, Key: "blog"}:     {"blog", "", "blog", false},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	for _, key := range []resource.Key{"shop-web", "shop-api"} {
		if ref := (resource.Ref{Type: tConfigMap, Key: "shop-settings"}); set.Get(resource.Ref{Type: tDeployment, Key: key}).Spec["config"] != resource.Value(ref) {
			t.Errorf("%s refers to %v", key, set.Get(resource.Ref{Type: tDeployment, Key: key}).Spec["config"])
		}
	}
	if refs := slices.Collect(set.OfType(tDeployment)); len(refs) != 3 {
		t.Errorf("deployments are %v", refs)
	}
}

// emptyIs is a cluster where what is empty is a value.
type emptyIs struct{ cluster }

func (c emptyIs) Schemas() resource.Schemas {
	out := c.cluster.Schemas()
	out[tDeployment].Empties = true
	return out
}

// A claim that names an empty class wants none, and one that names no class gets
// the default; to a cloud where an empty name is none, both are the same.
func TestEmptyNames(t *testing.T) {
	some := cluster{inNamespace(tDeployment, "shop", "web", spec{"class": ""})}
	for _, c := range []struct {
		reader cloud.Reader
		class  resource.Value
	}{{some, nil}, {emptyIs{some}, ""}} {
		set, err := inventory.Take(t.Context(), c.reader, inventory.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := set.Get(resource.Ref{Type: tDeployment, Key: "shop-web"}).Spec["class"]; got != c.class {
			t.Errorf("%T: %#v, want %#v", c.reader, got, c.class)
		}
	}
}

// failing is a cluster whose listing ends with an error.
type failing struct {
	cluster
	err error
}

func (f failing) List(ctx context.Context, s cloud.Selector) iter.Seq2[*resource.Resource, error] {
	return func(yield func(*resource.Resource, error) bool) {
		for r, err := range f.cluster.List(ctx, s) {
			if !yield(r, err) {
				return
			}
		}
		yield(nil, f.err)
	}
}
