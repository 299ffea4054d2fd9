package gap_test

import (
	"testing"
)

// A difference is one way in which Kubernetes clusters differ, with the kinds of
// gaps that show it, or why neither an API server nor the simulator shows it.
type difference struct {
	what  string
	kinds []string
	why   string
}

// differences are what those who have moved between clusters tell of: issues of
// Velero and crane, and the documents of the certified offers.
func differences() []difference {
	return []difference{
		{what: "another minor release", kinds: []string{"cluster/release-differs"}},
		{what: "API version gone or switched off", kinds: []string{"cluster/api-version-converted", "cluster/kind-absent"}},
		{what: "younger API missing", kinds: []string{"cluster/kind-absent"}},
		{what: "field unknown", kinds: []string{"cluster/field-absent"}},
		{what: "no default storage class", kinds: []string{"storage/no-default-class"}},
		{what: "two default classes", kinds: []string{"storage/two-default-classes"}},
		{what: "storage class of another name", kinds: []string{"storage/class-absent", "storage/class-replaced"}},
		{what: "when volumes are bound", kinds: []string{"storage/binding-mode"}},
		{what: "access modes", kinds: []string{"storage/access-mode"}},
		{what: "expansion, reclaim policy, parameters", kinds: []string{"storage/expansion-lost", "storage/reclaim-policy", "storage/class-parameters", "storage/class-encryption-lost"}},
		{what: "snapshots", kinds: []string{"storage/snapshot-class-absent", "storage/snapshot-class-replaced"}},
		{what: "storage driver, topology of volumes", kinds: []string{"storage/driver-differs", "storage/volume-topology"}},
		{what: "no load balancer", kinds: []string{"network/lb-pending"}},
		{what: "annotations of load balancers", kinds: []string{"network/lb-annotation-ignored", "network/internal-becomes-public"}},
		{what: "provider of load balancers", kinds: []string{"network/lb-feature-absent"}},
		{what: "source ranges", kinds: []string{"network/source-ranges"}},
		{what: "traffic policy", kinds: []string{"network/traffic-policy"}},
		{what: "asked-for addresses", kinds: []string{"network/address-not-kept"}},
		{what: "ingress class", kinds: []string{"network/ingress-class-absent", "network/ingress-class-replaced", "network/entrance-pending"}},
		{what: "annotations of ingress controllers", kinds: []string{"network/ingress-annotation-ignored"}},
		{what: "Gateway API", kinds: []string{"network/gateway-class-absent", "network/gateway-class-replaced", "cluster/kind-absent"}},
		{what: "network policies not enforced", kinds: []string{"network/policy-unproven"}},
		{what: "kinds of the network", kinds: []string{"cluster/kind-absent"}},
		{what: "policies that the provider adds", kinds: []string{"network/policy-added"}},
		{what: "pod security", kinds: []string{"workload/pod-security"}},
		{what: "webhooks and policies of admission", kinds: []string{"cluster/admission-denied", "cluster/webhook-unreachable", "workload/image-rewritten"}},
		{what: "labels of nodes", kinds: []string{"workload/node-label-absent", "workload/node-tainted"}},
		{what: "fewer zones or nodes", kinds: []string{"workload/too-few-places", "workload/node-too-small"}},
		{what: "architecture", kinds: []string{"workload/architecture"}},
		{what: "devices", kinds: []string{"workload/device-absent"}},
		{what: "runtime and priority classes", kinds: []string{"workload/runtime-class-absent", "workload/runtime-class-replaced", "workload/priority-class-absent", "workload/priority-class-replaced"}},
		{what: "quotas and limits", kinds: []string{"cluster/quota-exceeded", "workload/limit-range"}},
		{what: "registries and pull secrets", kinds: []string{"workload/image-pull", "workload/image-differs", "workload/reference-dangling"}},
		{what: "issuers of certificates", kinds: []string{"workload/issuer-absent"}},
		{what: "metrics", kinds: []string{"workload/metrics-absent"}},
		{what: "operators and their definitions", kinds: []string{"cluster/kind-absent", "cluster/there-already"}},
		{what: "issuer of tokens", kinds: []string{"identity/token-issuer"}},
		{what: "users and groups", kinds: []string{"identity/subject-of-source"}},
		{what: "address ranges, families", kinds: []string{"network/service-address-refused", "network/ip-family"}},
		{what: "ports of nodes", kinds: []string{"network/node-port-refused"}},
		{what: "domain of the cluster", kinds: []string{"network/cluster-domain"}},
		{what: "metadata, object storage, key management", kinds: []string{"workload/provider-service"}},
		{what: "limits of requests", kinds: []string{"cluster/rate-limited"}},
		{what: "encryption of Secrets at rest, size of etcd, audit", kinds: []string{"cluster/undeclared"}}, // as providers declare it: no API server shows it
		{what: "rights in the cluster", kinds: []string{"cluster/right-missing"}},
	}
}

// TestDifferencesAreShown: each has a kind that is in the catalogue in both
// languages and is shown by a signal (TestEveryKindIsShown…), or a reason.
func TestDifferencesAreShown(t *testing.T) {
	all := load(t)
	list := differences()
	if len(list) != 45 {
		t.Errorf("there are %d rows", len(list))
	}
	for i, d := range list {
		if (d.why == "") == (len(d.kinds) == 0) {
			t.Errorf("%d %s: either kinds, or a reason why there are none", i+1, d.what)
		}
		for _, id := range d.kinds {
			if all.Kind(id) == nil {
				t.Errorf("%d %s: %s is not in the catalogue", i+1, d.what, id)
			}
		}
	}
}
