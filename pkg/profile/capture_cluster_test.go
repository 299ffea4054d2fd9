package profile

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// hosted is what a tenant reads of a cluster that has a bit of everything.
func hosted() Catalogue {
	return Catalogue{Cloud: "mine", Cluster: &Cluster{
		Version: "v1.34.2", Domain: "cluster.local",
		Kinds: []Kind{
			{Kind: "ResourceQuota", Plural: "resourcequotas", Versions: []string{"v1"}, Namespaced: true},
			{Group: "cert-manager.io", Kind: "ClusterIssuer", Plural: "clusterissuers", Versions: []string{"v1"}, Custom: true},
			{Group: "cilium.io", Kind: "CiliumNetworkPolicy", Plural: "ciliumnetworkpolicies", Versions: []string{"v2"}, Namespaced: true, Custom: true},
			{Group: "metrics.k8s.io", Kind: "PodMetrics", Plural: "pods", Versions: []string{"v1beta1"}, Namespaced: true, Custom: true},
			{Group: "networking.k8s.io", Kind: "IngressClass", Plural: "ingressclasses", Versions: []string{"v1"}},
			{Group: "scheduling.k8s.io", Kind: "PriorityClass", Plural: "priorityclasses", Versions: []string{"v1"}},
			{Group: "snapshot.storage.k8s.io", Kind: "VolumeSnapshotClass", Plural: "volumesnapshotclasses", Versions: []string{"v1"}, Custom: true},
			{Group: "storage.k8s.io", Kind: "StorageClass", Plural: "storageclasses", Versions: []string{"v1"}}},
		Given: []Offered{
			{Type: "apiextensions.k8s.io/CustomResourceDefinition", Name: "clusterissuers.cert-manager.io"},
			{Type: "cert-manager.io/ClusterIssuer", Name: "own", Facts: map[string]any{"spec": map[string]any{"selfSigned": map[string]any{}}}},
			{Type: "networking.k8s.io/IngressClass", Name: "nginx", Default: true, Facts: map[string]any{"spec": map[string]any{"controller": "k8s.io/ingress-nginx"}}},
			{Type: "scheduling.k8s.io/PriorityClass", Name: "high", Facts: map[string]any{"value": int64(1000000000), "preemptionPolicy": "Never"}},
			{Type: "scheduling.k8s.io/PriorityClass", Name: "system-node-critical", Facts: map[string]any{"value": int64(2000001000)}},
			{Type: "snapshot.storage.k8s.io/VolumeSnapshotClass", Name: "cinder", Facts: map[string]any{"driver": "cinder.csi.openstack.org"}},
			{Type: "storage.k8s.io/StorageClass", Name: "fast", Default: true, Facts: map[string]any{"provisioner": "cinder.csi.openstack.org", "allowVolumeExpansion": false}},
			{Type: "storage.k8s.io/StorageClass", Name: "local", Facts: map[string]any{"provisioner": "kubernetes.io/no-provisioner"}},
			{Type: "storage.k8s.io/StorageClass", Name: "shared", Facts: map[string]any{"provisioner": "nfs.manila.csi.openstack.org"}}},
		Everywhere: []Offered{{Type: "core/ResourceQuota", Name: "all", Facts: map[string]any{"spec": map[string]any{"hard": map[string]any{"pods": "50"}}}}},
		Nodes: []Machine{{Labels: map[string]string{"zone": "one"}, Capacity: map[string]string{"cpu": "3920m"}, Count: 2},
			{Taints: []Taint{{Key: "gpu", Effect: "NoSchedule"}}, Count: 1}},
		Unread: []Unreadable{{Type: "core/Node", Message: "nodes is forbidden"}},
	}}
}

// What was captured of a cluster is a profile of a cluster, and of no OpenStack.
func TestCaptureOfACluster(t *testing.T) {
	p, _ := Capture("mine", hosted())
	data, err := p.YAML()
	if err != nil {
		t.Fatal(err)
	}
	got, err := Parse("mine.yaml", data)
	if err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	if got.OpenStack() || !got.Kubernetes.Serves() {
		t.Errorf("the profile is\n%s", data)
	}
	annotated := func(name, annotation string) map[string]any {
		return map[string]any{"name": name, "annotations": map[string]any{annotation: "true"}}
	}
	want := Kubernetes{
		Version: "1.34", NetworkPolicies: true,
		Nodes: []Node{{Name: "node-1", Labels: map[string]string{"zone": "one"}, Capacity: map[string]string{"cpu": "3920m"}}, {Name: "node-2", Labels: map[string]string{"zone": "one"}, Capacity: map[string]string{"cpu": "3920m"}},
			{Name: "node-3", Taints: []Taint{{Key: "gpu", Effect: "NoSchedule"}}}},
		Drivers: []Driver{{Name: "cinder.csi.openstack.org", AccessModes: []string{"ReadWriteOnce", "ReadWriteOncePod"}, Snapshots: true},
			{Name: "nfs.manila.csi.openstack.org", AccessModes: []string{"ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany"}}},
		Balancers: []Balancer{{Pool: netip.MustParsePrefix("203.0.113.0/25")}, {Controller: "k8s.io/ingress-nginx", Pool: netip.MustParsePrefix("203.0.113.128/30")}},
		Kinds: []Custom{{Group: "cert-manager.io", Kind: "ClusterIssuer", Plural: "clusterissuers", Versions: []string{"v1"}, Cluster: true},
			{Group: "cilium.io", Kind: "CiliumNetworkPolicy", Plural: "ciliumnetworkpolicies", Versions: []string{"v2"}},
			{Group: "snapshot.storage.k8s.io", Kind: "VolumeSnapshotClass", Plural: "volumesnapshotclasses", Versions: []string{"v1"}, Cluster: true}},
		Objects: []Object{
			{"apiVersion": "cert-manager.io/v1", "kind": "ClusterIssuer", "metadata": map[string]any{"name": "own"}, "spec": map[string]any{"selfSigned": map[string]any{}}},
			{"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": annotated("nginx", "ingressclass.kubernetes.io/is-default-class"), "spec": map[string]any{"controller": "k8s.io/ingress-nginx"}},
			{"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": map[string]any{"name": "high"}, "value": 1000000000, "preemptionPolicy": "Never"},
			{"apiVersion": "snapshot.storage.k8s.io/v1", "kind": "VolumeSnapshotClass", "metadata": map[string]any{"name": "cinder"}, "driver": "cinder.csi.openstack.org"},
			{"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": annotated("fast", "storageclass.kubernetes.io/is-default-class"), "provisioner": "cinder.csi.openstack.org", "allowVolumeExpansion": false},
			{"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": map[string]any{"name": "local"}, "provisioner": "kubernetes.io/no-provisioner"},
			{"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": map[string]any{"name": "shared"}, "provisioner": "nfs.manila.csi.openstack.org"}},
		Namespaced: []Object{{"apiVersion": "v1", "kind": "ResourceQuota", "metadata": map[string]any{"name": "all"}, "spec": map[string]any{"hard": map[string]any{"pods": "50"}}}},
	}
	if d := cmp.Diff(want, got.Kubernetes, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }), cmpopts.EquateEmpty()); d != "" {
		t.Errorf("-want +captured:\n%s", d)
	}
	if !strings.Contains(string(data), "value: 1000000000\n") {
		t.Errorf("a number is no number:\n%s", data)
	}
}

// What no API tells of a cluster is told.
func TestCaptureTellsWhatItGuessesOfAKubernetes(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Cluster)
		want   string
	}{
		"rights":    {func(*Cluster) {}, "core/Node cannot be read with these rights: there are none (nodes is forbidden)"},
		"machinery": {func(*Cluster) {}, "metrics.k8s.io/PodMetrics is not simulated"},
		"modes":     {func(*Cluster) {}, "which access modes cinder.csi.openstack.org gives is not told: ReadWriteOnce, ReadWriteOncePod"},
		"policies":  {func(c *Cluster) { c.Kinds = nil }, "whether NetworkPolicies are enforced is not seen: no"},
		"old":       {func(c *Cluster) { c.Version = "v1.29.4+k3s1" }, "the release is v1.29.4+k3s1, and 1.33 is simulated"},
		"new":       {func(c *Cluster) { c.Version = "v1.40.0" }, "the release is v1.40.0, and 1.36 is simulated"},
		"emulated":  {func(c *Cluster) { c.Version = "v1.33.0+emulated.by.v1.36.3" }, "nothing tells how long the cluster takes: as short as can be"},
		"release":   {func(c *Cluster) { c.Version = "" }, "nothing tells the release: the newest"},
		"nodes":     {func(c *Cluster) { c.Nodes = nil }, "nodes are not seen: one of the usual size"},
		"region":    {func(*Cluster) {}, "nothing tells the region: unknown"},
		"domain":    {func(c *Cluster) { c.Domain = "mine.example" }, "Services have names below cluster.local, and not below mine.example"},
		"quotas":    {func(*Cluster) {}, "what is in every namespace now is taken for what the provider puts into each"},
	} {
		t.Run(name, func(t *testing.T) {
			offer := hosted()
			c.change(offer.Cluster)
			capturedWith(t, offer, c.want)
		})
	}
}
