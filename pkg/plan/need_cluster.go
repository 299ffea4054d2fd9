package plan

import (
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// needsInCluster says what r takes of the quotas of its namespace, which the
// catalogue calls cluster.NAMESPACE.NAME: processors in thousandths, all else in
// bytes or pieces, rounded up. What no quota limits is not counted. See
// kubernetes.io/docs/concepts/policy/resource-quotas.
func (b *builder) needsInCluster(r *resource.Resource) map[string]int64 {
	need := map[string]int64{}
	if !inCluster(r.Type) || r.Scope == "" {
		return need
	}
	add := func(name string, n float64) {
		name = strings.Join([]string{"cluster", r.Scope, name}, ".")
		if _, limited := b.cat.Quota[name]; limited && n > 0 {
			need[name] += int64(math.Ceil(n))
		}
	}
	group, kind := groupKind(r.Type)
	plural := strings.ToLower(kind) + "s"
	add(strings.TrimSuffix("count/"+plural+"."+group, "."), 1)
	if group == "" {
		add(plural, 1)
	}
	switch at := podsAt(r.Type); {
	case r.Type == service && text(r, "spec.type") == "LoadBalancer":
		add("services.loadbalancers", 1)
	case r.Type == claim:
		v, _ := resource.Lookup(r.Spec, "spec.resources.requests.storage")
		add("requests.storage", quantity(v))
	case at != "" && at != "spec":
		b.needsOfPods(r, at, add)
	}
	return need
}

// needsOfPods adds what the pods of a workload take together.
func (b *builder) needsOfPods(r *resource.Resource, at resource.Path, add func(string, float64)) {
	replicas := 1.0
	if v, ok := resource.Lookup(r.Spec, "spec.replicas"); ok {
		replicas = quantity(v)
	}
	add("pods", replicas)
	for _, part := range []string{"requests", "limits"} {
		for _, f := range find(nil, r.Spec, at+".containers[].resources."+resource.Path(part)) {
			of, _ := f.value.(map[string]resource.Value)
			for _, name := range slices.Sorted(maps.Keys(of)) {
				n := replicas * quantity(of[name])
				if name == "cpu" {
					n *= 1000
				}
				add(part+"."+name, n)
				if part == "requests" {
					add(name, n) // the short name means requests
				}
			}
		}
	}
	for _, f := range find(nil, r.Spec, "spec.volumeClaimTemplates[].spec.resources.requests.storage") {
		add("persistentvolumeclaims", replicas)
		add("requests.storage", replicas*quantity(f.value))
	}
}
