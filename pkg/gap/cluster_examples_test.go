package gap_test

import (
	"maps"

	. "github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

const (
	deployment resource.Type = "apps/Deployment"
	service    resource.Type = "core/Service"
	claim      resource.Type = "core/PersistentVolumeClaim"
	secret     resource.Type = "core/Secret"
	ingress    resource.Type = "networking.k8s.io/Ingress"
	policy     resource.Type = "networking.k8s.io/NetworkPolicy"
	gateway    resource.Type = "gateway.networking.k8s.io/Gateway"
	podSpec    resource.Path = "spec.template.spec"
)

// shownInClusters is what API servers, controllers and plans say of Kubernetes.
func shownInClusters() examples {
	e := examples{}
	for _, part := range []examples{ofServer(), ofClaims(), ofServices(), ofPods()} {
		maps.Copy(e, part)
	}
	return e
}

// class is a decision about a class.
func class(kind string, t resource.Type, p resource.Path) sig {
	return on(t, p).with("class", kind, "from", "a", "to", "b", "name", "a")
}

func replaced(kind string, t resource.Type, p resource.Path, rules ...string) (out []Signal) {
	for _, r := range rules {
		out = append(out, class(kind, t, p).foreseen("class/"+r, resource.Adapted))
	}
	return out
}

func ofServer() examples {
	const degraded, lost = resource.Degraded, resource.Lost
	thing := resource.Type("shop.example/Order")
	return examples{
		"cluster/absent": {on(deployment, "").foreseen("kubernetes/absent", lost)},
		"cluster/kind-absent": {on(thing, "").with("kind", "Order", "group", "shop.example").foreseen("kind/absent", lost),
			on(thing, "").refused("create", 404, "the server could not find the requested resource", lost), on(thing, "").refused("create", 0, "the server does not have the kind shop.example/Order", lost)},
		"cluster/class-differs": {on(ingress, "spec.ingressClassName").found("chosen", "a", "b"), on(service, "spec.loadBalancerClass").found("chosen", "a", "b"),
			on(claim, "spec.storageClassName").found("chosen", "a", "b"), on(claim, "spec.volumeAttributesClassName").found("chosen", "a", "b")},
		"cluster/api-version-converted": {on(deployment, "apiVersion").with("from", "apps/v1beta1", "to", "apps/v1").foreseen("kind/other-version", resource.Adapted)},
		"cluster/release-differs":       {on("core/Namespace", "").with("from", "1.36", "to", "1.34").foreseen("release/differs", "")},
		"cluster/undeclared": {on(secret, "").with("what", "Secrets encrypted at rest").foreseen("control-plane/undeclared", degraded),
			on("core/Namespace", "").with("what", "8 GiB for objects in etcd").foreseen("control-plane/undeclared", degraded)},
		"identity/token-issuer":       {on(deployment, podSpec+".volumes[0].projected.sources[0].serviceAccountToken.audience").with("audience", "vault.example").foreseen("token/audience", degraded)},
		"cluster/field-absent":        {on(deployment, podSpec+".hostnameOverride").refused("create", 400, `strict decoding error: unknown field "spec.template.spec.hostnameOverride"`, degraded)},
		"cluster/webhook-unreachable": {on(deployment, "").refused("create", 500, `Internal error occurred: failed calling webhook "a.b.c": no endpoints available for service "a"`, lost)},
		"cluster/admission-denied": {on(deployment, "").refused("create", 403, `admission webhook "a.b.c" denied the request: no`, lost),
			on(deployment, "").refused("create", 422, `deployments.apps "web" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'p' denied request: failed expression`, lost)},
		"cluster/right-missing": {on("rbac.authorization.k8s.io/ClusterRole", "").refused("create", 403, `clusterroles is forbidden: User "t" cannot create resource "clusterroles" in API group "rbac.authorization.k8s.io" at the cluster scope`, lost),
			on("rbac.authorization.k8s.io/Role", "").refused("create", 403, `user "t" (groups=["g"]) is attempting to grant RBAC permissions not currently held`, lost)},
		"cluster/name-taken":         {on(deployment, "").refused("create", 409, `deployments.apps "web" already exists`, lost)},
		"cluster/there-already":      {on("scheduling.k8s.io/PriorityClass", "").with("from", "a", "to", "a", "differs", "value").foreseen("given/there-already", degraded)},
		"cluster/rate-limited":       {on(deployment, "").refused("create", 429, "the server has received too many requests", lost)},
		"identity/subject-of-source": {on("rbac.authorization.k8s.io/RoleBinding", "subjects[0].name").with("name", "anna").foreseen("subject/of-source", degraded)},
	}
}

func ofClaims() examples {
	const degraded, lost = resource.Degraded, resource.Lost
	const path resource.Path = "spec.storageClassName"
	const snapshots resource.Type = "snapshot.storage.k8s.io/VolumeSnapshot"
	const classes resource.Type = "storage.k8s.io/StorageClass"
	return examples{
		"storage/class-absent":          {class("StorageClass", claim, path).foreseen("class/absent", lost), on(claim, "").refused("failed", 0, `ProvisioningFailed: storageclass.storage.k8s.io "fast" not found`, lost)},
		"storage/class-replaced":        replaced("StorageClass", claim, path, "by-capability", "default", "only", "by-rule"),
		"storage/no-default-class":      {on(claim, path).foreseen("class/no-default", lost), on(claim, "").refused("failed", 0, "FailedBinding: no persistent volumes available for this claim and no storage class is set", lost)},
		"storage/two-default-classes":   {on(claim, path).with("candidates", "a, b").foreseen("class/two-defaults", degraded)},
		"storage/driver-differs":        replaced("StorageClass", classes, "provisioner", "engine"),
		"storage/binding-mode":          {class("StorageClass", classes, "volumeBindingMode").foreseen("class/binding-mode", degraded)},
		"storage/expansion-lost":        {class("StorageClass", classes, "allowVolumeExpansion").foreseen("class/expansion", degraded)},
		"storage/reclaim-policy":        {class("StorageClass", classes, "reclaimPolicy").foreseen("class/reclaim-policy", degraded)},
		"storage/class-encryption-lost": {class("StorageClass", classes, "parameters").foreseen("class/encryption", degraded)},
		"storage/class-parameters":      replaced("StorageClass", classes, "parameters", "parameters"),
		"storage/access-mode": {on(claim, "spec.accessModes").with("mode", "ReadWriteMany", "driver", "cinder.csi.openstack.org").foreseen("claim/access-mode", lost),
			on(claim, "").refused("failed", 0, "ProvisioningFailed: rpc error: code = InvalidArgument desc = access mode MULTI_NODE_MULTI_WRITER not supported", lost)},
		"storage/claim-too-large":         {on(claim, "").refused("failed", 0, "ProvisioningFailed: rpc error: code = OutOfRange desc = volume is larger than 1Ti", lost)},
		"storage/snapshot-class-absent":   {class("VolumeSnapshotClass", snapshots, "spec.volumeSnapshotClassName").foreseen("class/absent", lost)},
		"storage/snapshot-class-replaced": replaced("VolumeSnapshotClass", snapshots, "spec.volumeSnapshotClassName", "by-capability", "default", "only", "by-rule", "engine"),
		"storage/volume-topology":         {on(deployment, "").refused("failed", 0, "FailedScheduling: 0/3 nodes are available: 3 node(s) had volume node affinity conflict.", lost)},
		"storage/claim-data-not-moved":    {on(claim, "").with("size", "5Gi").foreseen("claim/data-not-moved", degraded)},
		"storage/claim-data-not-written":  {on(claim, "").with("size", "5Gi").foreseen("claim/data-not-written", degraded)},
		"storage/claim-content-differs":   {on(claim, "content").found("changed", "00", "ff")},
		"storage/claim-content-unread":    {on(claim, "content").found("unread", nil, nil)},
		"storage/claim-pending":           {on(claim, "").refused("failed", 0, "not bound", lost), on(claim, "state").found("changed", "ready", "failed")},
	}
}

func ofServices() examples {
	const degraded, lost = resource.Degraded, resource.Lost
	annotated := func(t resource.Type, name string) sig {
		return on(t, resource.Path("metadata.annotations").Field(name)).with("annotation", name, "family", "OpenStack", "shows", "Hetzner")
	}
	values := func(from, to resource.Value, p resource.Path) Signal {
		return on(service, p).found("changed", from, to)
	}
	chosen := func(from, to resource.Value, p resource.Path) Signal {
		return on(service, p).found("chosen", from, to)
	}
	return examples{
		"network/lb-feature-absent":       {on(service, "").refused("failed", 0, "SyncLoadBalancerFailed: Provider 'ovn' does not support a requested option", lost), on(service, "metadata.annotations").with("option", "PROXY protocol").foreseen("balancer/ovn-refuses", lost)},
		"network/lb-option-ignored":       {annotated(service, "loadbalancer.openstack.org/flavor-id").with("option", "flavors").foreseen("balancer/ovn-ignores", degraded)},
		"network/lb-open-to-all":          {on(service, "spec.loadBalancerSourceRanges").foreseen("balancer/ovn-open", degraded)},
		"network/lb-client-address":       {on(service, "spec.externalTrafficPolicy").foreseen("balancer/client-address", degraded)},
		"network/lb-health-check":         {on(service, "spec.externalTrafficPolicy").foreseen("balancer/ovn-health", resource.Adapted)},
		"network/lb-pending":              {on(service, "").refused("failed", 0, "has no address", lost), on(service, "state").found("changed", "ready", "failed")},
		"network/lb-annotation-ignored":   {annotated(service, "loadbalancer.openstack.org/proxy-protocol").foreseen("balancer/annotation-ignored", degraded)},
		"network/internal-becomes-public": {annotated(service, "service.beta.kubernetes.io/openstack-internal-load-balancer").foreseen("balancer/internal-ignored", degraded)},
		"network/source-ranges":           {values([]resource.Value{"10.0.0.0/8"}, nil, "spec.loadBalancerSourceRanges")},
		"network/traffic-policy":          {values("Local", "Cluster", "spec.externalTrafficPolicy"), values("Local", "Cluster", "spec.internalTrafficPolicy")},
		"network/ip-family": {chosen([]resource.Value{"IPv4", "IPv6"}, []resource.Value{"IPv4"}, "spec.ipFamilies"), chosen("RequireDualStack", "SingleStack", "spec.ipFamilyPolicy"),
			on(service, "spec.ipFamilyPolicy").refused("create", 422, `Service "web" is invalid: spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services: not configured on this cluster`, lost)},
		"network/service-address-refused":    {on(service, "spec.clusterIPs[0]").refused("create", 422, `spec.clusterIPs: Invalid value: ["10.0.0.1"]: failed to allocate IP 10.0.0.1: the provided IP (10.0.0.1) is not in the valid range. The range of valid IPs is 10.96.0.0/16`, degraded)},
		"network/node-port-refused":          {on(service, "spec.ports[0].nodePort").refused("create", 422, "spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767", degraded)},
		"network/service-address-differs":    {chosen("None", nil, "spec.clusterIP"), chosen(int64(30080), nil, "spec.ports[0].nodePort"), chosen(int64(30081), int64(30082), "spec.healthCheckNodePort")},
		"network/ingress-class-absent":       {class("IngressClass", ingress, "spec.ingressClassName").foreseen("class/absent", lost)},
		"network/ingress-class-replaced":     replaced("IngressClass", ingress, "spec.ingressClassName", "by-capability", "default", "only", "by-rule", "engine"),
		"network/ingress-annotation-ignored": {annotated(ingress, "nginx.ingress.kubernetes.io/rewrite-target").foreseen("ingress/annotation-ignored", degraded)},
		"network/gateway-class-absent":       {class("GatewayClass", gateway, "spec.gatewayClassName").foreseen("class/absent", lost)},
		"network/gateway-class-replaced":     replaced("GatewayClass", gateway, "spec.gatewayClassName", "by-capability", "default", "only", "by-rule", "engine"),
		"network/entrance-pending": {on(ingress, "").refused("failed", 0, "has no address: no controller has taken it", lost), on(gateway, "").refused("failed", 0, "", lost),
			on(ingress, "state").found("changed", "ready", "failed"), on(gateway, "state").found("changed", "ready", "failed")},
		"network/namespace-in-name": {on(deployment, podSpec+".containers[0].env[0].value").with("name", "db.shop", "from", "shop", "to", "b").foreseen("name/of-namespace", degraded)},
		"network/cluster-domain":    {on(deployment, podSpec+".containers[0].env[0].value").with("from", "cluster.local", "to", "corp.example").foreseen("name/of-cluster", degraded)},
		"network/policy-unproven":   {on(policy, "").foreseen("network-policy/unproven", degraded)},
		"network/policy-added": {on(policy, "").found("extra", nil, map[string]resource.Value{"spec": "x"}),
			on("core/Namespace", "").with("name", "apart").foreseen("everywhere/networkpolicy", degraded)},
	}
}

func ofPods() examples {
	const adapted, degraded, lost = resource.Adapted, resource.Degraded, resource.Lost
	failed := func(message string) Signal { return on(deployment, "").refused("failed", 0, message, lost) }
	return examples{
		"workload/node-label-absent": {on(deployment, podSpec+".nodeSelector.disk").with("label", "disk=nvme").foreseen("node/label-absent", lost),
			failed("FailedScheduling: 0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector.")},
		"workload/node-tainted": {on(deployment, podSpec+".tolerations").foreseen("node/tainted", lost), failed("FailedScheduling: 0/3 nodes are available: 3 node(s) had untolerated taint(s).")},
		"workload/too-few-places": {on(deployment, podSpec+".affinity").with("label", "zone", "places", "1").foreseen("node/too-few-places", degraded),
			failed("FailedScheduling: 0/1 nodes are available: 1 node(s) didn't match pod anti-affinity rules.")},
		"workload/device-absent":  {on(deployment, podSpec+".containers").with("name", "nvidia.com/gpu").foreseen("node/device-absent", lost), failed("FailedScheduling: 0/3 nodes are available: 3 Insufficient nvidia.com/gpu.")},
		"workload/node-too-small": {on(deployment, podSpec+".containers").with("name", "cpu", "need", "16", "most", "4").foreseen("node/too-small", lost), failed("FailedScheduling: 0/3 nodes are available: 3 Insufficient cpu.")},
		"workload/architecture":   {on(deployment, podSpec+".containers").with("from", "amd64", "to", "arm64").foreseen("node/architecture", degraded), failed("exec /bin/web: exec format error")},
		"workload/pod-security":   {failed(`FailedCreate: pods "web-1" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false`)},
		"workload/limit-range":    {failed(`FailedCreate: pods "web-1" is forbidden: maximum cpu usage per Container is 1, but limit is 2`)},
		"workload/limits-added":   {on("core/Namespace", "").with("name", "usual", "says", "default memory 256Mi").foreseen("everywhere/limitrange", degraded)},
		"workload/quota-added":    {on("core/Namespace", "").with("name", "usual", "says", "pods 10").foreseen("everywhere/resourcequota", adapted)},
		"workload/limits-filled-in": {on("core/Pod", "spec.containers[0].resources.limits").found("changed", nil, map[string]resource.Value{"cpu": "1"}),
			on("core/Pod", "spec.initContainers[0].resources.requests").found("changed", nil, map[string]resource.Value{"cpu": "1"})},
		"workload/priority-class-absent": {class("PriorityClass", deployment, podSpec+".priorityClassName").foreseen("class/absent", lost), failed("FailedCreate: pods \"web-1\" is forbidden: no PriorityClass with name high was found")},
		"workload/priority-class-replaced": append(replaced("PriorityClass", deployment, podSpec+".priorityClassName", "by-capability", "default", "only", "by-rule"),
			replaced("PriorityClass", "scheduling.k8s.io/PriorityClass", "value", "priority", "preemption")...),
		"workload/runtime-class-absent":   {class("RuntimeClass", deployment, podSpec+".runtimeClassName").foreseen("class/absent", lost), failed(`FailedCreate: pods "web-1" is forbidden: pod rejected: RuntimeClass "gvisor" not found`)},
		"workload/runtime-class-replaced": replaced("RuntimeClass", deployment, podSpec+".runtimeClassName", "by-capability", "by-rule", "engine"),
		"workload/issuer-absent":          {on("cert-manager.io/Certificate", "spec.issuerRef.name").with("kind", "ClusterIssuer", "from", "letsencrypt").foreseen("reference/dangling", degraded)},
		"workload/reference-dangling": {on(deployment, podSpec+".volumes[0].configMap.name").with("kind", "ConfigMap", "from", "settings").foreseen("reference/dangling", lost),
			failed(`FailedMount: MountVolume.SetUp failed for volume "a" : configmap "settings" not found`), failed(`FailedCreate: pods "web-1" is forbidden: error looking up service account shop/web: serviceaccount "web" not found`)},
		"workload/secret-unread":    {on(secret, "data").foreseen("secret/unread", degraded), on(secret, "data").found("unread", nil, nil)},
		"workload/secret-differs":   {on(secret, "data.password").found("changed", "wechsel-hmac-sha256:aa", "wechsel-hmac-sha256:bb")},
		"workload/job-finished":     {on("batch/Job", "").with("from", "migrate").foreseen("job/finished", adapted)},
		"workload/provider-service": {on(deployment, podSpec+".containers[0].env[0].value").with("service", "169.254.169.254").foreseen("provider/service", degraded)},
		"workload/image-differs":    {on(deployment, podSpec+".containers[0].image").with("image", "web:1").found("image/digest", "sha256:a", "sha256:b")},
		"workload/release-lost":     {on(deployment, `metadata.annotations."meta.helm.sh/release-name"`).with("release", "front", "namespace", "shop").foreseen("release/lost", adapted)},
		"workload/image-pull":       {failed("ImagePullBackOff: Back-off pulling image \"a\"")},
		"workload/image-rewritten":  {on(deployment, podSpec+".containers[0].image").found("changed", "a:1", "mirror/a:1"), on(deployment, podSpec+".initContainers[0].image").found("changed", "a:1", "mirror/a:1")},
		"workload/metrics-absent":   {on("autoscaling/HorizontalPodAutoscaler", "spec.metrics").foreseen("metrics/absent", degraded), on("autoscaling/HorizontalPodAutoscaler", "").refused("failed", 0, "FailedGetResourceMetric: unable to get metrics for resource cpu", degraded)},
		"workload/not-ready":        {failed("1 of 3 ready"), on(deployment, "state").found("changed", "ready", "failed")},
	}
}
