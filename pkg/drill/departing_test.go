package drill

import (
	"slices"
	"testing"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/plan"
	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

type object = map[string]resource.Value

// shop is a workload of a cluster as a scenario asks for it.
func shop() *resource.Set {
	in := func(t resource.Type, name string, spec object) *resource.Resource {
		return &resource.Resource{Ref: resource.Ref{Type: t, Key: resource.NewKey("shop-" + name)}, Name: name, Scope: "shop", Tenure: resource.Own, Spec: spec}
	}
	claim := func() object {
		return object{"apiVersion": "v1", "spec": object{"resources": object{"requests": object{"storage": "1Gi"}}}}
	}
	filled := in(cloud.Claim, "filled", claim())
	filled.Content = &resource.Content{Seed: 7, Length: 1 << 20, Size: 1 << 30}
	return resource.NewSet(nil, filled, in(cloud.Claim, "empty", claim()),
		in("core/Secret", "password", object{"apiVersion": "v1", "stringData": object{"password": "x"}}),
		in("core/Service", "web", object{"apiVersion": "v1", "metadata": object{"annotations": object{"loadbalancer.openstack.org/proxy-protocol": "true"}},
			"spec": object{"type": "LoadBalancer", "loadBalancerSourceRanges": []resource.Value{"192.0.2.0/24"}}}))
}

func offering(class string) profile.Catalogue {
	return profile.Catalogue{Cluster: &profile.Cluster{Version: "v1.36.0",
		Kinds: []profile.Kind{{Kind: "Service", Versions: []string{"v1"}}, {Kind: "Secret", Versions: []string{"v1"}}, {Kind: "PersistentVolumeClaim", Versions: []string{"v1"}}},
		Given: []profile.Offered{{Type: "storage.k8s.io/StorageClass", Name: class, Default: true, Facts: object{"provisioner": "csi.example", "volumeBindingMode": "WaitForFirstConsumer"}}}}}
}

// What is foretold of a scenario is what would be of the same workload once it was
// read: of its load balancers, of classes that nobody has named, of what cannot be
// read; and no bytes are missed where there are none.
func TestDeparting(t *testing.T) {
	from, to := offering("fast"), offering("slow")
	from.Octavia, to.Octavia = profile.Amphora, profile.OVN
	to.Cluster.Given[0].Facts["volumeBindingMode"] = "Immediate"
	workload := shop()
	set, err := departing(workload, from, plan.Options{Drill: "d", Cloud: "a"})
	if err != nil {
		t.Fatal(err)
	}
	p, err := plan.Build(set, plan.Target{Catalogue: to, Given: cloud.Given(to)}, plan.Options{Drill: "d", Cloud: "b", Source: &from})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range p.Forecast {
		got = append(got, s.Code+" "+string(s.Ref.Key))
	}
	slices.Sort(got)
	want := []string{"balancer/ovn-refuses shop-web", "claim/data-not-written shop-filled", "class/binding-mode fast", "class/default shop-empty", "class/default shop-filled", "secret/unread shop-password"}
	if !slices.Equal(got, want) {
		t.Errorf("foretold is %v, want %v", got, want)
	}
	for r := range workload.All() {
		if r.State != "" || len(r.Unread) > 0 || r.Type == cloud.Claim && r.Spec["spec"].(object)["storageClassName"] != nil {
			t.Errorf("the scenario was changed: %+v", r)
		}
	}
}

// Where a cloud has no default, or several, nothing is filled in.
func TestFillInWithoutOneDefault(t *testing.T) {
	none, two := offering("fast"), offering("fast")
	none.Cluster.Given[0].Default = false
	two.Cluster.Given = append(two.Cluster.Given, profile.Offered{Type: "storage.k8s.io/StorageClass", Name: "other", Default: true})
	for name, c := range map[string]profile.Catalogue{"none": none, "two": two} {
		set, err := departing(shop(), c, plan.Options{Drill: "d", Cloud: "a"})
		if err != nil {
			t.Fatal(err)
		}
		for r := range set.OfType(cloud.Claim) {
			if v := r.Spec["spec"].(object)["storageClassName"]; v != nil {
				t.Errorf("%s: %s has the class %v", name, r.Ref, v)
			}
		}
	}
}
