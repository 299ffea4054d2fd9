package cloudtest

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// An Alteration is one field of an object of the scenario every-kind that somebody
// changes behind our back.
type Alteration struct {
	Kind  resource.Type
	ID    string
	Field string        // as a JSON Pointer
	To    any           // nil: taken away
	Told  resource.Path // where that is told, if not at the field: a list without order is told as a whole
	How   Way
}

// A Way is how a field can be changed.
type Way int

// The ways.
const (
	Patched Way = iota
	Anew        // by an object that takes the place of the first: the field cannot be changed
	Forever     // there is no way back
)

// Alterations has a change for every kind of the scenario every-kind, and more
// where a kind can say more.
func Alterations() []Alteration {
	label := "/metadata/labels/example.org~1changed"
	return []Alteration{
		{"core/Namespace", "zoo", "/metadata/labels/team", "another", "", Patched},
		{"core/Namespace", "zoo", "/metadata/annotations/example.org~1contact", nil, "", Patched},
		{"core/ConfigMap", "zoo/settings", "/data/text", "off", "", Patched},
		{"core/ConfigMap", "zoo/settings", "/data/lines", "a\nb", "", Patched},
		{"core/ConfigMap", "zoo/settings", "/data/more", "1", "", Patched},
		{"core/ConfigMap", "zoo/settings", "/binaryData/bytes", "AAED", "", Patched},
		{"core/ConfigMap", "zoo/settings", "/immutable", true, "", Anew},
		{"core/ConfigMap", "zoo/fixed", "/data/a", "2", "", Anew},
		{"core/Secret", "zoo/password", "/data/password", "d3Jvbmc=", "", Patched},
		{"core/Secret", "zoo/tls", label, "x", "", Patched},
		{"core/ServiceAccount", "zoo/keeper", "/automountServiceAccountToken", true, "", Patched},
		{"core/ServiceAccount", "zoo/keeper", "/imagePullSecrets/0/name", "password", "", Patched},
		{"core/PersistentVolumeClaim", "zoo/data", label, "x", "", Patched},
		{"core/PersistentVolume", "zoo-archive", "/spec/persistentVolumeReclaimPolicy", "Delete", "", Patched},
		{"core/PersistentVolume", "zoo-archive", "/spec/nfs/path", "/other", "", Anew},
		{"core/Service", "zoo/inside", "/spec/sessionAffinityConfig/clientIP/timeoutSeconds", 60, "", Patched},
		{"core/Service", "zoo/inside", "/spec/ports/0/targetPort", 8081, "", Patched},
		{"core/Service", "zoo/inside", "/spec/selector/app", "other", "", Patched},
		{"core/Service", "zoo/inside", "/spec/internalTrafficPolicy", "Local", "", Patched},
		{"core/Service", "zoo/members", "/spec/publishNotReadyAddresses", false, "", Patched},
		{"core/Service", "zoo/node", "/spec/ports/0/nodePort", 30081, "", Patched},
		{"core/Service", "zoo/outside", "/spec/externalName", "elsewhere.example.org", "", Patched},
		{"core/Service", "zoo/public", "/spec/loadBalancerSourceRanges/0", "198.51.100.0/24", "", Patched},
		{"core/Service", "zoo/public", "/spec/externalTrafficPolicy", "Local", "", Patched},
		{"core/Pod", "zoo/alone", "/spec/containers/0/image", "busybox:1.36", "", Patched},
		{"core/Pod", "zoo/alone", "/spec/containers/0/env/0/value", "2", "", Anew},
		{"core/Pod", "zoo/alone", "/spec/volumes/1/emptyDir/sizeLimit", "32Mi", "", Anew},
		{"core/Pod", "zoo/alone", "/spec/securityContext/runAsUser", 1001, "", Anew},
		{"core/PodTemplate", "zoo/pattern", "/template/spec/containers/0/image", "busybox:1.36", "", Patched},
		{"core/ReplicationController", "zoo/old", "/spec/replicas", 2, "", Patched},
		{"core/ResourceQuota", "zoo/limits", "/spec/hard/pods", "40", "", Patched},
		{"core/LimitRange", "zoo/defaults", "/spec/limits/0/default/cpu", "300m", "", Patched},
		{"apps/Deployment", "zoo/web", "/spec/replicas", 3, "", Patched},
		{"apps/Deployment", "zoo/web", "/spec/minReadySeconds", 2, "", Patched},
		{"apps/Deployment", "zoo/web", "/spec/strategy/rollingUpdate/maxSurge", 1, "", Patched},
		{"apps/Deployment", "zoo/web", "/spec/template/spec/containers/0/resources/requests/cpu", "20m", "", Patched},
		{"apps/Deployment", "zoo/web", "/spec/template/spec/containers/0/ports/1/name", "counters", "", Patched},
		{"apps/Deployment", "zoo/web", "/spec/template/spec/containers/0/startupProbe/failureThreshold", 31, "", Patched},
		{"apps/Deployment", "zoo/web", "/spec/template/spec/affinity/podAntiAffinity/preferredDuringSchedulingIgnoredDuringExecution/0/weight", 11, "", Patched},
		{"apps/Deployment", "zoo/web", "/spec/template/metadata/annotations/example.org~1scrape", "false", "", Patched},
		{"apps/Deployment", "zoo/web", "/spec/template/spec/tolerations/0/key", "example.org/other", "", Patched},
		{"apps/StatefulSet", "zoo/state", "/spec/updateStrategy/rollingUpdate/partition", 0, "", Patched},
		{"apps/StatefulSet", "zoo/state", "/spec/persistentVolumeClaimRetentionPolicy/whenScaled", "Retain", "", Patched},
		{"apps/StatefulSet", "zoo/state", "/spec/template/spec/terminationGracePeriodSeconds", 60, "", Patched},
		{"apps/DaemonSet", "zoo/agent", "/spec/minReadySeconds", 5, "", Patched},
		{"apps/DaemonSet", "zoo/agent", "/spec/template/spec/hostNetwork", true, "", Patched},
		{"apps/ReplicaSet", "zoo/set", "/spec/template/spec/containers/0/command", []any{"true"}, "", Patched},
		{"batch/Job", "zoo/waiting", "/spec/ttlSecondsAfterFinished", 90000, "", Patched},
		{"batch/CronJob", "zoo/nightly", "/spec/schedule", "0 2 * * *", "", Patched},
		{"batch/CronJob", "zoo/nightly", "/spec/timeZone", "Etc/UTC", "", Patched},
		{"batch/CronJob", "zoo/nightly", "/spec/suspend", false, "", Patched},
		{"autoscaling/HorizontalPodAutoscaler", "zoo/web", "/spec/maxReplicas", 5, "", Patched},
		{"autoscaling/HorizontalPodAutoscaler", "zoo/web", "/spec/metrics/0/resource/target/averageValue", "65Mi", "", Patched},
		{"policy/PodDisruptionBudget", "zoo/web", "/spec/maxUnavailable", 1, "", Patched},
		{"resource.k8s.io/ResourceClaim", "zoo/device", "/spec/devices/requests/0/exactly/count", 2, "", Anew},
		{"resource.k8s.io/ResourceClaimTemplate", "zoo/devices", "/spec/spec/devices/requests/0/exactly/count", 2, "", Anew},
		{"rbac.authorization.k8s.io/Role", "zoo/reader", "/rules/0/verbs", []any{"get", "list", "watch"}, "", Patched},
		{"rbac.authorization.k8s.io/Role", "zoo/reader", "/rules/0/resourceNames", nil, "", Patched},
		{"rbac.authorization.k8s.io/RoleBinding", "zoo/readers", "/subjects/1/name", "berta@example.org", "", Patched},
		{"rbac.authorization.k8s.io/RoleBinding", "zoo/readers", "/subjects/0/name", "default", "", Patched},
		{"rbac.authorization.k8s.io/ClusterRole", "zoo:metrics", "/rules/0/nonResourceURLs/0", "/metrics/*", "", Patched},
		{"rbac.authorization.k8s.io/ClusterRole", "zoo-all", "/aggregationRule/clusterRoleSelectors/0/matchLabels/team", "apes", "", Patched},
		{"rbac.authorization.k8s.io/ClusterRoleBinding", "zoo-metrics", "/subjects/0/name", "default", "", Patched},
		{"rbac.authorization.k8s.io/ClusterRoleBinding", "zoo-metrics", "/roleRef/name", "view", "", Anew},
		{"scheduling.k8s.io/PriorityClass", "zoo-high", "/value", 6000, "", Anew},
		{"scheduling.k8s.io/PriorityClass", "zoo-high", "/description", "something else", "", Patched},
		{"node.k8s.io/RuntimeClass", "zoo-runtime", "/handler", "kata", "", Anew},
		{"node.k8s.io/RuntimeClass", "zoo-runtime", "/overhead/podFixed/memory", "1Mi", "", Anew},
		{"storage.k8s.io/StorageClass", "zoo-archive", "/allowVolumeExpansion", true, "", Patched},
		{"storage.k8s.io/StorageClass", "zoo-archive", "/reclaimPolicy", "Delete", "", Anew},
		{"storage.k8s.io/StorageClass", "zoo-archive", "/mountOptions", []any{"hard"}, "", Anew},
		{"storage.k8s.io/VolumeAttributesClass", "zoo-fast", "/parameters/iops", "2000", "", Anew},
		{"resource.k8s.io/DeviceClass", "zoo.example.org", "/spec/selectors/0/cel/expression", `device.driver == "apes.example.org"`, "", Patched},
		{"admissionregistration.k8s.io/ValidatingAdmissionPolicy", "zoo-names", "/spec/validations/0/expression", "size(object.metadata.name) < 50", "", Patched},
		{"admissionregistration.k8s.io/ValidatingAdmissionPolicy", "zoo-names", "/spec/failurePolicy", "Fail", "", Patched},
		{"admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding", "zoo-names", "/spec/validationActions", []any{"Audit"}, "", Patched},
		{"admissionregistration.k8s.io/ValidatingWebhookConfiguration", "zoo-check", "/webhooks/0/timeoutSeconds", 2, "", Patched},
		{"admissionregistration.k8s.io/ValidatingWebhookConfiguration", "zoo-check", "/webhooks/0/clientConfig/service/name", "node", "", Patched},
		{"admissionregistration.k8s.io/MutatingWebhookConfiguration", "zoo-change", "/webhooks/0/clientConfig/url", "https://elsewhere.example.org/change", "", Patched},
		{"admissionregistration.k8s.io/MutatingWebhookConfiguration", "zoo-change", "/webhooks/0/reinvocationPolicy", "Never", "", Patched},
		{"apiextensions.k8s.io/CustomResourceDefinition", "animals.zoo.example.org", "/spec/names/shortNames", []any{"an"}, "", Patched},
		{"apiextensions.k8s.io/CustomResourceDefinition", "animals.zoo.example.org", "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/count/maximum", 100, "", Patched},
		{"zoo.example.org/Animal", "zoo/otter", "/spec/count", 3, "", Patched},
		{"zoo.example.org/Animal", "zoo/otter", "/spec/food/1", "mussels", "spec.food", Patched},
		{"zoo.example.org/House", "water", "/spec/rooms", 4, "", Patched},
		{"networking.k8s.io/Ingress", "zoo/web", "/spec/rules/0/http/paths/0/pathType", "Prefix", "", Patched},
		{"networking.k8s.io/Ingress", "zoo/web", "/spec/rules/0/http/paths/0/backend/service/name", "node", "", Patched},
		{"networking.k8s.io/Ingress", "zoo/web", "/spec/ingressClassName", "zoo-internal", "", Patched},
		{"networking.k8s.io/Ingress", "zoo/web", "/spec/tls/0/secretName", "password", "", Patched},
		{"networking.k8s.io/Ingress", "zoo/web", "/metadata/annotations/nginx.ingress.kubernetes.io~1rewrite-target", "/x", "", Patched},
		{"networking.k8s.io/IngressClass", "zoo-internal", "/spec/controller", "example.org/other", "", Anew},
		{"networking.k8s.io/NetworkPolicy", "zoo/web", "/spec/ingress/0/ports/0/endPort", 8100, "", Patched},
		{"networking.k8s.io/NetworkPolicy", "zoo/web", "/spec/ingress/0/from/1/ipBlock/cidr", "192.0.0.0/16", "", Patched},
		{"networking.k8s.io/NetworkPolicy", "zoo/web", "/spec/egress/0/to/0/podSelector/matchLabels/app", "dns", "", Patched},
		{"core/PersistentVolumeClaim", "zoo/data", "/spec/resources/requests/storage", "2Gi", "", Forever},
	}
}

// Apply changes the field in the object.
func (a Alteration) Apply(o map[string]any) { set(o, strings.Split(a.Field, "/")[1:], a.To) }

// At is where the change is told.
func (a Alteration) At() resource.Path {
	if a.Told != "" {
		return a.Told
	}
	return pathOf(a.Field)
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
