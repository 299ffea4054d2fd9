package plan

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wechsel-project/wechsel/fixtures"
	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// classAfter is what the claim's class becomes.
func classAfter(p *Plan) string {
	v, _ := resource.Lookup(p.Set.Get(ref(claim, "shop-data")).Spec, "spec.storageClassName")
	r, _ := v.(resource.Ref)
	if c := p.Set.Get(r); c != nil {
		return c.ID
	}
	return ""
}

func class(name string, standard bool, facts map[string]any) profile.Offered {
	return profile.Offered{Type: string(storageClass), Name: name, Default: standard, Facts: facts}
}

// A class becomes the one of its name, else one that can do the same, else the
// target's default; what a claim asks of it counts.
func TestStorageClassBecomes(t *testing.T) {
	const cinder, nfs = "cinder.csi.openstack.org", "nfs.csi.k8s.io"
	waits := func(driver string) map[string]any {
		return map[string]any{"provisioner": driver, "volumeBindingMode": "WaitForFirstConsumer", "allowVolumeExpansion": true}
	}
	atOnce := map[string]any{"provisioner": cinder}
	for name, c := range map[string]struct {
		offers []profile.Offered
		mode   string
		to     string
		rule   string
		effect resource.Effect
	}{
		"same name, whatever it is":        {[]profile.Offered{class("other", true, waits(cinder)), class("standard", false, atOnce)}, "ReadWriteOnce", "standard", "class/same-name", resource.Same},
		"the same engine":                  {[]profile.Offered{class("a", true, waits(nfs)), class("b", false, waits(cinder))}, "ReadWriteOnce", "b", "class/by-capability", resource.Adapted},
		"the default of the same engine":   {[]profile.Offered{class("a", false, waits(cinder)), class("b", true, waits(cinder))}, "ReadWriteOnce", "b", "class/by-capability", resource.Adapted},
		"another engine that can the same": {[]profile.Offered{class("a", true, atOnce), class("b", false, waits(nfs))}, "ReadWriteOnce", "b", "class/by-capability", resource.Adapted},
		"shared":                           {[]profile.Offered{class("a", true, waits(cinder)), class("b", false, waits(nfs))}, "ReadWriteMany", "b", "class/by-capability", resource.Adapted},
		"only the default is left":         {[]profile.Offered{class("a", true, atOnce), class("b", false, atOnce)}, "ReadWriteOnce", "a", "class/default", resource.Adapted},
		"the only one":                     {[]profile.Offered{class("a", false, atOnce)}, "ReadWriteOnce", "a", "class/only", resource.Adapted},
		"none that is marked":              {[]profile.Offered{class("a", false, atOnce), class("b", false, atOnce)}, "ReadWriteOnce", "standard", "class/absent", resource.Lost},
		"nothing is known of it":           {[]profile.Offered{class("a", false, nil), class("b", true, nil)}, "ReadWriteOnce", "b", "class/default", resource.Adapted},
	} {
		t.Run(name, func(t *testing.T) {
			w := kube()
			w.set.Put(claimOf(ref(storageClass, "standard"), c.mode))
			w.target.Given = append(w.target.Given[1:], c.offers...)
			p := w.build(t)
			if d := p.Mapping.Of(ref(storageClass, "standard"))[0]; d.Rule != c.rule || d.Effect != c.effect || classAfter(p) != c.to {
				t.Errorf("it becomes %s by %s, %s", classAfter(p), d.Rule, d.Effect)
			}
		})
	}
}

// A class that encrypts does not become one that does not, as long as there is
// another; drivers say it in many ways.
func TestEncryptedClassBecomes(t *testing.T) {
	const cinder = "cinder.csi.openstack.org"
	like := func(parameters map[string]any) map[string]any {
		return map[string]any{"provisioner": cinder, "parameters": parameters}
	}
	plain, luks := class("a", true, like(map[string]any{"type": "ssd"})), class("b", false, like(map[string]any{"type": "ssd-luks"}))
	for name, facts := range map[string]map[string]any{"by type": like(map[string]any{"type": "ssd-encrypted"}), "by parameter": like(map[string]any{"csi.example/encryption": "true"}), "by name": like(nil)} {
		t.Run(name, func(t *testing.T) {
			w := kube()
			from := offeredAs(storageClass, "encrypted", facts)
			w.set.Put(from)
			w.set.Put(claimOf(from.Ref, "ReadWriteOnce"))
			w.target.Given = append(w.target.Given[1:], plain, luks)
			if p := w.build(t); classAfter(p) != "b" {
				t.Errorf("it becomes %s", classAfter(p))
			}
			w.target.Given = w.target.Given[:len(w.target.Given)-1]
			if got := foretold(t, w.build(t)); !slices.Contains(got, "degraded storage/class-encryption-lost storage.k8s.io/StorageClass/encrypted") {
				t.Errorf("foretold is %v", got)
			}
		})
	}
}

// The user's rule comes first, and a wrong one is told.
func TestStorageClassByRule(t *testing.T) {
	w := kube()
	w.set.Put(claimOf(ref(storageClass, "standard"), "ReadWriteOnce"))
	w.offer("fast", false)
	w.rules = []Rule{{Type: claim, Path: "spec.storageClassName", When: "standard", Replace: "fast"}}
	p := w.build(t)
	if d := p.Mapping.Of(ref(storageClass, "standard"))[0]; d.Rule != "class/by-rule" || classAfter(p) != "fast" || d.Args["class"] != "StorageClass" {
		t.Errorf("decided is %+v", d)
	}
	if got := foretold(t, p); !slices.Contains(got, "adapted storage/class-replaced core/PersistentVolumeClaim/shop-data") {
		t.Errorf("foretold is %v", got)
	}
	w.rules[0].To, w.rules[0].Replace = "b", "none"
	if _, err := Build(w.set, target(profile.Catalogue{Cluster: w.target}), Options{Cloud: "b", Rules: w.rules}); err == nil || !strings.Contains(err.Error(), "none") {
		t.Errorf("the error is %v", err)
	}
}

// What a rule has put right is not foretold.
func TestAnnotationByRule(t *testing.T) {
	w := kube()
	givenBy(w.target, storageClass).Facts["provisioner"] = "csi.hetzner.cloud"
	w.rules = []Rule{{Type: service, Path: `metadata.annotations."loadbalancer.openstack.org/proxy-protocol"`}}
	if got := foretold(t, w.build(t)); !slices.Equal(got, []string{"adapted cluster/property-mapped core/Service/shop-web"}) {
		t.Errorf("foretold is %v", got)
	}
}

func crd(versions ...resource.Value) *resource.Resource {
	var list []resource.Value
	for _, v := range versions {
		list = append(list, specs{"name": v})
	}
	return &resource.Resource{Ref: ref(definition, "orders-shop-example"), Name: "orders.shop.example", Tenure: resource.Own, State: resource.Ready,
		Spec: specs{"apiVersion": "apiextensions.k8s.io/v1", "spec": specs{"group": "shop.example", "names": specs{"kind": "Order"}, "versions": list}}}
}

// A definition that comes along serves its kind, and comes first.
func TestDefinitions(t *testing.T) {
	w := kube()
	w.set.Put(in("shop", anOrder, "shop.example/v1", "first", specs{"spec": specs{}}))
	if got := foretold(t, w.build(t)); !slices.Equal(got, []string{"blocker cluster/kind-absent shop.example/Order/shop-first"}) {
		t.Errorf("without its definition: %v", got)
	}
	w.set.Put(crd("v1"))
	p := w.build(t)
	if got := foretold(t, p); len(got) > 0 {
		t.Errorf("foretold is %v", got)
	}
	if after := stepAfter(p, ref(anOrder, "shop-first")); !slices.Contains(after, stepID(Create, crd().Ref)) {
		t.Errorf("it comes after %v", after)
	}
	w.set.Put(crd("v2"))
	if got := foretold(t, w.build(t)); !slices.Equal(got, []string{"degraded cluster/api-version-converted shop.example/Order/shop-first"}) {
		t.Errorf("in another version: %v", got)
	}
}

// A server tells a kind for a moment after its definition has gone: whoever
// brings a new one waits for that.
func TestKindOfAnEarlierDefinition(t *testing.T) {
	w := kube()
	w.set.Put(in("shop", anOrder, "shop.example/v1", "first", specs{"spec": specs{}}))
	w.set.Put(crd("v1"))
	w.target.Kinds = append(w.target.Kinds, profile.Kind{Group: "shop.example", Kind: "Order", Versions: []string{"v1"}, Custom: true})
	p := w.build(t)
	if after := stepAfter(p, ref(anOrder, "shop-first")); !slices.Contains(after, stepID(Create, crd().Ref)) || len(foretold(t, p)) > 0 {
		t.Errorf("it comes after %v, and foretold is %v", after, foretold(t, p))
	}
}

// A version that the definition keeps but does not serve is none that the kind
// is served in.
func TestVersionThatIsNotServed(t *testing.T) {
	w := kube()
	w.set.Put(in("shop", anOrder, "shop.example/v1", "first", specs{"spec": specs{}}))
	for _, c := range []struct {
		v2   bool
		want string
	}{
		{true, "degraded cluster/api-version-converted shop.example/Order/shop-first"},
		{false, "blocker cluster/kind-absent shop.example/Order/shop-first"},
	} {
		own := crd("v1", "v2")
		versions := own.Spec["spec"].(specs)["versions"].([]resource.Value)
		versions[0].(specs)["served"], versions[1].(specs)["served"] = false, c.v2
		w.set.Put(own)
		p := w.build(t)
		if got := foretold(t, p); !slices.Equal(got, []string{c.want}) {
			t.Errorf("v2 served: %t: foretold is %v", c.v2, got)
		}
		if asked := text(p.Set.Get(ref(anOrder, "shop-first")), "apiVersion"); c.v2 && asked != "shop.example/v2" {
			t.Errorf("it is asked for in %s", asked)
		}
	}
}

// What the target has already under the same name takes the place of the
// workload's own.
func TestThereAlready(t *testing.T) {
	w := kube()
	w.set.Put(in("shop", anOrder, "shop.example/v1", "first", specs{"spec": specs{}}))
	w.set.Put(crd("v1"))
	facts := resource.Clone(crd("v1").Spec).(specs)
	w.target.Given = append(w.target.Given, profile.Offered{Type: string(definition), Name: "orders.shop.example", Facts: facts})
	w.target.Kinds = append(w.target.Kinds, profile.Kind{Group: "shop.example", Kind: "Order", Versions: []string{"v1"}, Custom: true})
	p := w.build(t)
	d := p.Mapping.Of(crd().Ref)[0]
	if !d.Replaces() || d.Effect != resource.Same || d.To != resource.Value(ref(definition, "orders-shop-example")) || p.Set.Get(crd().Ref).Tenure != resource.Given {
		t.Errorf("decided is %+v", d)
	}
	if slices.Contains(ids(p), stepID(Create, crd().Ref)) || len(foretold(t, p)) > 0 {
		t.Errorf("steps are %v", ids(p))
	}
	facts["spec"].(specs)["versions"] = []resource.Value{specs{"name": "v1"}, specs{"name": "v2"}}
	if got := foretold(t, w.build(t)); !slices.Equal(got, []string{"degraded cluster/there-already apiextensions.k8s.io/CustomResourceDefinition/orders-shop-example"}) {
		t.Errorf("another definition: %v", got)
	}
}

func stepAfter(p *Plan, of resource.Ref) []string {
	for _, s := range p.Steps {
		if s.ID == stepID(Create, of) {
			return s.After
		}
	}
	return nil
}

// Namespaces come first, and a webhook when what answers it is there.
func TestOrderInClusters(t *testing.T) {
	w := kube()
	hook := &resource.Resource{Ref: ref(webhooks, "check"), Name: "check", Tenure: resource.Own, State: resource.Ready, Spec: specs{"apiVersion": "admissionregistration.k8s.io/v1",
		"webhooks": []resource.Value{specs{"clientConfig": specs{"service": specs{"name": ref(service, "shop-web")}}}}}}
	w.set.Put(hook)
	p := w.build(t)
	if after := stepAfter(p, hook.Ref); !slices.Equal(after, []string{stepID(Create, ref(deployed, "shop-web")), stepID(Create, ref(service, "shop-web"))}) {
		t.Errorf("the webhook comes after %v", after)
	}
	if got := ids(p); got[0] != stepID(Create, ref(namespace, "shop")) && got[1] != stepID(Create, ref(namespace, "shop")) {
		t.Errorf("steps are %v", got)
	}
}

// What leads nowhere is asked for all the same, under its name and namespace.
func TestDanglingIsTried(t *testing.T) {
	w := kube()
	w.mount("configMap", unseenAs(configMap, "shop", "more"), false)
	p := w.build(t)
	if c := p.Set.Get(ref(configMap, "shop-more")); c == nil || c.ID != "shop/more" || c.Tenure != resource.Given {
		t.Errorf("it is %+v", c)
	}
}

func TestFinishedJobIsLeftOut(t *testing.T) {
	w := kube()
	j := in("shop", job, "batch/v1", "migrate", specs{"spec": specs{}})
	w.set.Put(j)
	p := w.build(t)
	if d := p.Mapping.Of(j.Ref); p.Set.Get(j.Ref) != nil || len(d) != 1 || !d[0].Replaces() || d[0].To != nil {
		t.Errorf("decided is %+v", d)
	}
}

// A provider without Kubernetes loses what needs it, and nothing else.
func TestNoKubernetes(t *testing.T) {
	set := resource.NewSet(kubeSchemas(), in("default", configMap, "v1", "x", specs{}), offeredAs(namespace, "default", nil), own(network, "n", specs{}))
	p := build(t, set, beta())
	if got := foretold(t, p); !slices.Contains(got, "blocker cluster/absent core/ConfigMap/default-x") || len(got) != 1 {
		t.Errorf("foretold is %v", got)
	}
}

func TestQuotaOfNamespaces(t *testing.T) {
	w := kube()
	w.set.Put(claimOf(ref(storageClass, "standard"), "ReadWriteOnce"))
	cat := profile.Catalogue{Cluster: w.target, Quota: map[string]profile.Quota{"cluster.shop.pods": {Limit: 1}, "cluster.shop.requests.cpu": {Limit: 2000}, "cluster.shop.requests.storage": {Limit: 10 << 30, Used: 6 << 30},
		"cluster.shop.count/deployments.apps": {Limit: 5}, "cluster.other.pods": {Limit: 0}, "cluster.shop.services.loadbalancers": {Limit: 0}}}
	p, err := Build(w.set, target(cat), Options{Cloud: "b", Source: &profile.Catalogue{Cluster: w.source}})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"blocker cluster/quota-exceeded apps/Deployment/shop-web", "blocker cluster/quota-exceeded core/PersistentVolumeClaim/shop-data", "blocker cluster/quota-exceeded core/Service/shop-web"}
	if d := cmp.Diff(want, foretold(t, p)); d != "" {
		t.Error(d)
	}
	needs := map[string]int64{"cluster.shop.pods": 2, "cluster.shop.requests.cpu": 1000, "cluster.shop.requests.storage": 5 << 30, "cluster.shop.count/deployments.apps": 1, "cluster.shop.services.loadbalancers": 1}
	if d := cmp.Diff(needs, p.Needs); d != "" {
		t.Error(d)
	}
}

func TestQuantities(t *testing.T) {
	for text, want := range map[resource.Value]float64{"100m": 0.1, "1.5Gi": 1.5 * (1 << 30), "2e3": 2000, "2E": 2e18, int64(4): 4, 0.5: 0.5, "-1k": -1000, "": 0, "many": 0, "1Zi": 0, nil: 0} {
		if got := quantity(text); got != want {
			t.Errorf("%v is %v, want %v", text, got, want)
		}
	}
}

// Every decision of a plan can be explained in both languages.
func TestRulesHaveTexts(t *testing.T) {
	texts, err := gap.LoadTexts(fixtures.FS)
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range []string{"class/same-name", "class/by-capability", "class/default", "class/only", "class/absent", "class/by-rule", "class/engine", "class/binding-mode", "class/expansion", "class/reclaim-policy",
		"class/parameters", "class/encryption", "class/priority", "class/preemption", "given/everywhere", "given/there-already", "kind/other-version", "reference/dangling", "secret/unread", "job/finished"} {
		for _, lang := range gap.Languages() {
			if id := "rule." + rule; texts.Text(lang, id, nil) == id {
				t.Errorf("no text %q in %s", id, lang)
			}
		}
	}
}
