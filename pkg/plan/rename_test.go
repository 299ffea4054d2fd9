package plan

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// A namespace gets another name, and all that says so in a place that is known
// to: what is in it, references, selectors by its label. A host name in a text
// is told, and stays.
func TestNamespaceRenamed(t *testing.T) {
	w := kube()
	w.rules = []Rule{{To: "b", Type: namespace, Path: "metadata.name", When: "shop", Replace: "shop-b"}}
	w.mount("configMap", unseenAs(configMap, "shop", "more"), true)
	w.env("URL", "http://web.shop.svc:80")
	w.of(configMap, "settings")["data"].(specs)["text"] = "my-web.shop web.shops the web.shop."
	w.of(networkPolicy, "web")["spec"] = specs{"ingress": []resource.Value{specs{"from": []resource.Value{
		specs{"namespaceSelector": specs{"matchLabels": specs{nameLabel: "shop"}}},
		specs{"namespaceSelector": specs{"matchExpressions": []resource.Value{specs{"key": nameLabel, "operator": "In", "values": []resource.Value{"kube-system", "shop"}}}}}}}}}
	p := w.build(t)
	if r := p.Set.Get(ref(namespace, "shop")); r.Name != "shop-b" {
		t.Errorf("%+v", r)
	}
	for r := range p.Set.All() {
		if r.Scope != "" && r.Scope != "shop-b" {
			t.Errorf("%s is in %s", r.Ref, r.Scope)
		}
	}
	if r := p.Set.Get(ref(configMap, "shop-b-more")); r == nil || r.ID != "shop-b/more" {
		t.Errorf("%+v", r)
	}
	policy := p.Set.Get(ref(networkPolicy, "shop-web"))
	for at, want := range map[resource.Path]resource.Value{
		`spec.ingress[0].from[0].namespaceSelector.matchLabels."kubernetes.io/metadata.name"`: "shop-b",
		`spec.ingress[0].from[1].namespaceSelector.matchExpressions[0].values`:                []resource.Value{"kube-system", "shop-b"}} {
		if v, _ := resource.Lookup(policy.Spec, at); !resource.Equal(v, want) {
			t.Errorf("%s is %v", at, v)
		}
	}
	want := []string{"adapted cluster/property-mapped core/Namespace/shop",
		"degraded network/namespace-in-name apps/Deployment/shop-web", "degraded network/namespace-in-name core/ConfigMap/shop-settings"}
	if d := cmp.Diff(want, foretold(t, p)); d != "" {
		t.Error(d)
	}
	if v, _ := resource.Lookup(w.set.Get(ref(deployed, "shop-web")).Spec, "spec.template.spec.containers[0].env[0].value"); v != "http://web.shop.svc:80" {
		t.Errorf("the text is %v", v)
	}
}

// Two namespaces cannot become one.
func TestNamespaceRenamedToAnother(t *testing.T) {
	w := kube()
	w.set.Put(&resource.Resource{Ref: ref(namespace, "tools"), Name: "tools", Tenure: resource.Own, Spec: specs{}, State: resource.Ready})
	for _, to := range []resource.Value{"tools", "", nil} {
		_, err := Build(w.set, target(profile.Catalogue{Cluster: w.target}), Options{Drill: "d", Cloud: "b", Rules: []Rule{{Type: namespace, Path: "metadata.name", When: "shop", Replace: to}}})
		if err == nil || !strings.Contains(err.Error(), "mapping rule 1: the namespace shop shall become") {
			t.Errorf("the error is %v", err)
		}
	}
}

// One rule is for a registry, whatever the image and the kind.
func TestRegistryMapped(t *testing.T) {
	w := kube()
	image := "spec.template.spec.containers[0].image"
	w.pods()["containers"].([]resource.Value)[0].(specs)["image"] = "registry.a.example/shop/web:1"
	w.rules = []Rule{{Type: "*/*", Path: "spec.template.spec.containers[].image", When: "registry.a.example/*", Replace: "mirror.b.example/a/*"},
		{Type: "apps/*", Path: "spec.replicas", Replace: int64(3)}}
	p := w.build(t)
	r := p.Set.Get(ref(deployed, "shop-web"))
	if v, _ := resource.Lookup(r.Spec, resource.Path(image)); v != "mirror.b.example/a/shop/web:1" {
		t.Errorf("the image is %v", v)
	}
	if v, _ := resource.Lookup(r.Spec, "spec.replicas"); v != int64(3) {
		t.Errorf("replicas are %v", v)
	}
	w.rules[0].When = "registry.b.example/*"
	if v, _ := resource.Lookup(w.build(t).Set.Get(ref(deployed, "shop-web")).Spec, resource.Path(image)); v != "registry.a.example/shop/web:1" {
		t.Errorf("the image of another registry is %v", v)
	}
}
