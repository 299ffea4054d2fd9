//go:build cluster

package drill

import (
	"fmt"
	"maps"
	"net/http"
	slashed "path"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/resource"
	"github.com/wechsel-project/wechsel/pkg/scenario"
	"github.com/wechsel-project/wechsel/scenarios"
)

// An alteration is one field that somebody changes behind our back.
type alteration struct {
	kind  resource.Type
	id    string
	field string        // as a JSON Pointer
	to    any           // nil: taken away
	told  resource.Path // where the gap is, if not at the field: a list without order is told as a whole
	how   way
}

// A way is how a field can be changed.
type way int

const (
	patched way = iota
	anew        // by an object that takes the place of the first: the field cannot be changed
	forever     // there is no way back
)

// alterations has a change for every kind of the scenario every-kind, and more
// where a kind can say more.
func alterations() []alteration {
	label := "/metadata/labels/example.org~1changed"
	return []alteration{
		{"core/Namespace", "zoo", "/metadata/labels/team", "another", "", patched},
		{"core/Namespace", "zoo", "/metadata/annotations/example.org~1contact", nil, "", patched},
		{"core/ConfigMap", "zoo/settings", "/data/text", "off", "", patched},
		{"core/ConfigMap", "zoo/settings", "/data/lines", "a\nb", "", patched},
		{"core/ConfigMap", "zoo/settings", "/data/more", "1", "", patched},
		{"core/ConfigMap", "zoo/settings", "/binaryData/bytes", "AAED", "", patched},
		{"core/ConfigMap", "zoo/settings", "/immutable", true, "", anew},
		{"core/ConfigMap", "zoo/fixed", "/data/a", "2", "", anew},
		{"core/Secret", "zoo/password", "/data/password", "d3Jvbmc=", "", patched},
		{"core/Secret", "zoo/tls", label, "x", "", patched},
		{"core/ServiceAccount", "zoo/keeper", "/automountServiceAccountToken", true, "", patched},
		{"core/ServiceAccount", "zoo/keeper", "/imagePullSecrets/0/name", "password", "", patched},
		{"core/PersistentVolumeClaim", "zoo/data", label, "x", "", patched},
		{"core/PersistentVolume", "zoo-archive", "/spec/persistentVolumeReclaimPolicy", "Delete", "", patched},
		{"core/PersistentVolume", "zoo-archive", "/spec/nfs/path", "/other", "", anew},
		{"core/Service", "zoo/inside", "/spec/sessionAffinityConfig/clientIP/timeoutSeconds", 60, "", patched},
		{"core/Service", "zoo/inside", "/spec/ports/0/targetPort", 8081, "", patched},
		{"core/Service", "zoo/inside", "/spec/selector/app", "other", "", patched},
		{"core/Service", "zoo/inside", "/spec/internalTrafficPolicy", "Local", "", patched},
		{"core/Service", "zoo/members", "/spec/publishNotReadyAddresses", false, "", patched},
		{"core/Service", "zoo/node", "/spec/ports/0/nodePort", 30081, "", patched},
		{"core/Service", "zoo/outside", "/spec/externalName", "elsewhere.example.org", "", patched},
		{"core/Service", "zoo/public", "/spec/loadBalancerSourceRanges/0", "198.51.100.0/24", "", patched},
		{"core/Service", "zoo/public", "/spec/externalTrafficPolicy", "Local", "", patched},
		{"core/Pod", "zoo/alone", "/spec/containers/0/image", "busybox:1.36", "", patched},
		{"core/Pod", "zoo/alone", "/spec/containers/0/env/0/value", "2", "", anew},
		{"core/Pod", "zoo/alone", "/spec/volumes/1/emptyDir/sizeLimit", "32Mi", "", anew},
		{"core/Pod", "zoo/alone", "/spec/securityContext/runAsUser", 1001, "", anew},
		{"core/PodTemplate", "zoo/pattern", "/template/spec/containers/0/image", "busybox:1.36", "", patched},
		{"core/ReplicationController", "zoo/old", "/spec/replicas", 2, "", patched},
		{"core/ResourceQuota", "zoo/limits", "/spec/hard/pods", "40", "", patched},
		{"core/LimitRange", "zoo/defaults", "/spec/limits/0/default/cpu", "300m", "", patched},
		{"apps/Deployment", "zoo/web", "/spec/replicas", 3, "", patched},
		{"apps/Deployment", "zoo/web", "/spec/minReadySeconds", 2, "", patched},
		{"apps/Deployment", "zoo/web", "/spec/strategy/rollingUpdate/maxSurge", 1, "", patched},
		{"apps/Deployment", "zoo/web", "/spec/template/spec/containers/0/resources/requests/cpu", "20m", "", patched},
		{"apps/Deployment", "zoo/web", "/spec/template/spec/containers/0/ports/1/name", "counters", "", patched},
		{"apps/Deployment", "zoo/web", "/spec/template/spec/containers/0/startupProbe/failureThreshold", 31, "", patched},
		{"apps/Deployment", "zoo/web", "/spec/template/spec/affinity/podAntiAffinity/preferredDuringSchedulingIgnoredDuringExecution/0/weight", 11, "", patched},
		{"apps/Deployment", "zoo/web", "/spec/template/metadata/annotations/example.org~1scrape", "false", "", patched},
		{"apps/Deployment", "zoo/web", "/spec/template/spec/tolerations/0/key", "example.org/other", "", patched},
		{"apps/StatefulSet", "zoo/state", "/spec/updateStrategy/rollingUpdate/partition", 0, "", patched},
		{"apps/StatefulSet", "zoo/state", "/spec/persistentVolumeClaimRetentionPolicy/whenScaled", "Retain", "", patched},
		{"apps/StatefulSet", "zoo/state", "/spec/template/spec/terminationGracePeriodSeconds", 60, "", patched},
		{"apps/DaemonSet", "zoo/agent", "/spec/minReadySeconds", 5, "", patched},
		{"apps/DaemonSet", "zoo/agent", "/spec/template/spec/hostNetwork", true, "", patched},
		{"apps/ReplicaSet", "zoo/set", "/spec/template/spec/containers/0/command", []string{"true"}, "", patched},
		{"batch/Job", "zoo/waiting", "/spec/ttlSecondsAfterFinished", 90000, "", patched},
		{"batch/CronJob", "zoo/nightly", "/spec/schedule", "0 2 * * *", "", patched},
		{"batch/CronJob", "zoo/nightly", "/spec/timeZone", "Etc/UTC", "", patched},
		{"batch/CronJob", "zoo/nightly", "/spec/suspend", false, "", patched},
		{"autoscaling/HorizontalPodAutoscaler", "zoo/web", "/spec/maxReplicas", 5, "", patched},
		{"autoscaling/HorizontalPodAutoscaler", "zoo/web", "/spec/metrics/0/resource/target/averageValue", "65Mi", "", patched},
		{"policy/PodDisruptionBudget", "zoo/web", "/spec/maxUnavailable", 1, "", patched},
		{"resource.k8s.io/ResourceClaim", "zoo/device", "/spec/devices/requests/0/exactly/count", 2, "", anew},
		{"resource.k8s.io/ResourceClaimTemplate", "zoo/devices", "/spec/spec/devices/requests/0/exactly/count", 2, "", anew},
		{"rbac.authorization.k8s.io/Role", "zoo/reader", "/rules/0/verbs", []string{"get", "list", "watch"}, "", patched},
		{"rbac.authorization.k8s.io/Role", "zoo/reader", "/rules/0/resourceNames", nil, "", patched},
		{"rbac.authorization.k8s.io/RoleBinding", "zoo/readers", "/subjects/1/name", "berta@example.org", "", patched},
		{"rbac.authorization.k8s.io/RoleBinding", "zoo/readers", "/subjects/0/name", "default", "", patched},
		{"rbac.authorization.k8s.io/ClusterRole", "zoo:metrics", "/rules/0/nonResourceURLs/0", "/metrics/*", "", patched},
		{"rbac.authorization.k8s.io/ClusterRole", "zoo-all", "/aggregationRule/clusterRoleSelectors/0/matchLabels/team", "apes", "", patched},
		{"rbac.authorization.k8s.io/ClusterRoleBinding", "zoo-metrics", "/subjects/0/name", "default", "", patched},
		{"rbac.authorization.k8s.io/ClusterRoleBinding", "zoo-metrics", "/roleRef/name", "view", "", anew},
		{"scheduling.k8s.io/PriorityClass", "zoo-high", "/value", 6000, "", anew},
		{"scheduling.k8s.io/PriorityClass", "zoo-high", "/description", "something else", "", patched},
		{"node.k8s.io/RuntimeClass", "zoo-runtime", "/handler", "kata", "", anew},
		{"node.k8s.io/RuntimeClass", "zoo-runtime", "/overhead/podFixed/memory", "1Mi", "", anew},
		{"storage.k8s.io/StorageClass", "zoo-archive", "/allowVolumeExpansion", true, "", patched},
		{"storage.k8s.io/StorageClass", "zoo-archive", "/reclaimPolicy", "Delete", "", anew},
		{"storage.k8s.io/StorageClass", "zoo-archive", "/mountOptions", []string{"hard"}, "", anew},
		{"storage.k8s.io/VolumeAttributesClass", "zoo-fast", "/parameters/iops", "2000", "", anew},
		{"resource.k8s.io/DeviceClass", "zoo.example.org", "/spec/selectors/0/cel/expression", `device.driver == "apes.example.org"`, "", patched},
		{"admissionregistration.k8s.io/ValidatingAdmissionPolicy", "zoo-names", "/spec/validations/0/expression", "size(object.metadata.name) < 50", "", patched},
		{"admissionregistration.k8s.io/ValidatingAdmissionPolicy", "zoo-names", "/spec/failurePolicy", "Fail", "", patched},
		{"admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding", "zoo-names", "/spec/validationActions", []string{"Audit"}, "", patched},
		{"admissionregistration.k8s.io/ValidatingWebhookConfiguration", "zoo-check", "/webhooks/0/timeoutSeconds", 2, "", patched},
		{"admissionregistration.k8s.io/ValidatingWebhookConfiguration", "zoo-check", "/webhooks/0/clientConfig/service/name", "node", "", patched},
		{"admissionregistration.k8s.io/MutatingWebhookConfiguration", "zoo-change", "/webhooks/0/clientConfig/url", "https://elsewhere.example.org/change", "", patched},
		{"admissionregistration.k8s.io/MutatingWebhookConfiguration", "zoo-change", "/webhooks/0/reinvocationPolicy", "Never", "", patched},
		{"apiextensions.k8s.io/CustomResourceDefinition", "animals.zoo.example.org", "/spec/names/shortNames", []string{"an"}, "", patched},
		{"apiextensions.k8s.io/CustomResourceDefinition", "animals.zoo.example.org", "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/count/maximum", 100, "", patched},
		{"zoo.example.org/Animal", "zoo/otter", "/spec/count", 3, "", patched},
		{"zoo.example.org/Animal", "zoo/otter", "/spec/food/1", "mussels", "spec.food", patched},
		{"zoo.example.org/House", "water", "/spec/rooms", 4, "", patched},
		{"networking.k8s.io/Ingress", "zoo/web", "/spec/rules/0/http/paths/0/pathType", "Prefix", "", patched},
		{"networking.k8s.io/Ingress", "zoo/web", "/spec/rules/0/http/paths/0/backend/service/name", "node", "", patched},
		{"networking.k8s.io/Ingress", "zoo/web", "/spec/ingressClassName", "zoo-internal", "", patched},
		{"networking.k8s.io/Ingress", "zoo/web", "/spec/tls/0/secretName", "password", "", patched},
		{"networking.k8s.io/Ingress", "zoo/web", "/metadata/annotations/nginx.ingress.kubernetes.io~1rewrite-target", "/x", "", patched},
		{"networking.k8s.io/IngressClass", "zoo-internal", "/spec/controller", "example.org/other", "", anew},
		{"networking.k8s.io/NetworkPolicy", "zoo/web", "/spec/ingress/0/ports/0/endPort", 8100, "", patched},
		{"networking.k8s.io/NetworkPolicy", "zoo/web", "/spec/ingress/0/from/1/ipBlock/cidr", "192.0.0.0/16", "", patched},
		{"networking.k8s.io/NetworkPolicy", "zoo/web", "/spec/egress/0/to/0/podSelector/matchLabels/app", "dns", "", patched},
		{"core/PersistentVolumeClaim", "zoo/data", "/spec/resources/requests/storage", "2Gi", "", forever},
	}
}

// TestClusterMutations: of every kind, what somebody changes on the target is
// exactly what is told, and nothing is once it is changed back.
func TestClusterMutations(t *testing.T) {
	loaded, err := scenario.Load(scenarios.FS(), "every-kind", scenario.Options{})
	if err != nil {
		t.Fatal(err)
	}
	clusters := clustersOf(t, carriedProfile(t, "alster"), carriedProfile(t, "alster"))
	k := keep(t, clusters[0], clusters[1], loaded)
	before := k.observe(t)
	covered := map[resource.Type]bool{}
	for _, m := range alterations() {
		covered[m.kind] = true
		t.Run(slashed.Join(string(m.kind), m.id)+m.field, func(t *testing.T) {
			undo := k.mutate(t, m)
			k.check(t, m, before, k.observe(t))
			if m.how == forever {
				return
			}
			undo()
			if more, less := differing(before, k.observe(t)); len(more)+len(less) > 0 {
				t.Errorf("changed back: told in addition %q, not any more %q", names(more), names(less))
			}
		})
	}
	for r := range k.export.All() {
		if r.Tenure == resource.Own && !covered[r.Type] {
			t.Errorf("no field of a %s is changed", r.Type)
			covered[r.Type] = true
		}
	}
}

// check: there is one gap more, of this resource, where the field is. What was
// told of the field before need not be true any more.
func (k *kept) check(t *testing.T, m alteration, before, after []gap.Signal) {
	t.Helper()
	more, less := differing(before, after)
	at := m.told
	if at == "" {
		at = pathOf(m.field)
	}
	if len(more) != 1 || slices.ContainsFunc(slices.Collect(maps.Values(less)), func(s gap.Signal) bool { return s.Path != at }) {
		t.Errorf("told in addition %q, not any more %q", names(more), names(less))
		return
	}
	s := slices.Collect(maps.Values(more))[0]
	r := k.export.Get(s.Ref)
	if r == nil || r.Type != m.kind || r.ID != "" && r.ID != m.id || s.Path != at {
		t.Errorf("told of %s %s, want %s of %s", s.Ref, s.Path, at, m.id)
	}
	if gaps := classify(t, []gap.Signal{s}); len(gaps) != 1 {
		t.Errorf("%d gaps: %v", len(gaps), gaps)
	}
}

// differing are the signals that only one of the two has.
func differing(before, after []gap.Signal) (more, less map[string]gap.Signal) {
	byText := func(signals []gap.Signal) map[string]gap.Signal {
		out := map[string]gap.Signal{}
		for _, s := range signals {
			out[fmt.Sprintf("%s %s: %s, %v, %v", s.Ref, s.Path, s.Code, s.Source, s.Target)] = s
		}
		return out
	}
	more, less = byText(after), byText(before)
	for key := range more {
		if _, both := less[key]; both {
			delete(more, key)
			delete(less, key)
		}
	}
	return more, less
}

func names(signals map[string]gap.Signal) []string { return slices.Sorted(maps.Keys(signals)) }

// mutate changes the field on the target, and returns how to change it back.
func (k *kept) mutate(t *testing.T, m alteration) (undo func()) {
	t.Helper()
	url := k.on.url(t, m.kind, m.id)
	original, err := k.on.ask(t, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	changed, _ := resource.Clone(original).(map[string]any)
	set(changed, strings.Split(m.field, "/")[1:], m.to)
	put := k.on.put
	if m.how == anew {
		put = k.on.replace
	}
	put(t, m.kind, m.id, changed)
	return func() { put(t, m.kind, m.id, original) }
}

// set puts the value where the path leads to, and makes maps on the way; nil
// takes away what is there.
func set(into any, path []string, value any) any {
	if len(path) == 0 {
		return value
	}
	switch have := into.(type) {
	case []any:
		i, err := strconv.Atoi(path[0])
		if err != nil || i >= len(have) {
			panic(fmt.Sprintf("no item %s", path[0]))
		}
		have[i] = set(have[i], path[1:], value)
		return have
	case map[string]any:
		name := strings.ReplaceAll(path[0], "~1", "/")
		if len(path) == 1 && value == nil {
			delete(have, name)
		} else {
			have[name] = set(have[name], path[1:], value)
		}
		return have
	}
	return set(map[string]any{}, path, value)
}

// pathOf is the path that a JSON Pointer leads to.
func pathOf(pointer string) resource.Path {
	var out resource.Path
	for _, step := range strings.Split(pointer, "/")[1:] {
		if i, err := strconv.Atoi(step); err == nil {
			out = out.Index(i)
		} else {
			out = out.Field(strings.ReplaceAll(step, "~1", "/"))
		}
	}
	return out
}
