package kubernetes

import (
	"slices"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// chosenOf is the table of what somebody else than the tenant decides on.
func chosenOf(t resource.Type) map[resource.Path]resource.Chooser {
	switch t {
	case serviceType:
		return map[resource.Path]resource.Chooser{
			"spec.clusterIP": resource.Either, "spec.clusterIPs": resource.Either, "spec.ipFamilies": resource.Either, "spec.ipFamilyPolicy": resource.Either,
			"spec.ports[].nodePort": resource.Either, "spec.healthCheckNodePort": resource.Either, "spec.loadBalancerClass": resource.Either}
	case claimType:
		return map[resource.Path]resource.Chooser{"spec.storageClassName": resource.Either, "spec.volumeName": resource.Either, "spec.volumeAttributesClassName": resource.Either}
	case "networking.k8s.io/Ingress":
		return map[resource.Path]resource.Chooser{"spec.ingressClassName": resource.Either}
	case validatingWebhooks, mutatingWebhooks:
		return map[resource.Path]resource.Chooser{"webhooks[].clientConfig.caBundle": resource.Either}
	case definitionType:
		return map[resource.Path]resource.Chooser{"spec.conversion.webhook.clientConfig.caBundle": resource.Either}
	}
	return nil
}

// everywhere is what the server keeps in the metadata of every object.
// Finalizers are there: whoever needs one sets it anew, and one that nobody
// takes away would keep what we have made from ever being deleted.
func everywhere() []resource.Path {
	return []resource.Path{
		"kind", "status", "metadata.name", "metadata.generateName", "metadata.uid", "metadata.resourceVersion", "metadata.generation", "metadata.creationTimestamp",
		"metadata.deletionTimestamp", "metadata.deletionGracePeriodSeconds", "metadata.selfLink", "metadata.managedFields", "metadata.ownerReferences", "metadata.finalizers"}
}

// annotations are those that servers, controllers and kubectl write by
// themselves.
func annotations() []string {
	return []string{
		"kubectl.kubernetes.io/last-applied-configuration", "kubectl.kubernetes.io/restartedAt",
		"deployment.kubernetes.io/revision", "deprecated.daemonset.template.generation", "batch.kubernetes.io/job-tracking",
		"pv.kubernetes.io/bind-completed", "pv.kubernetes.io/bound-by-controller", "pv.kubernetes.io/provisioned-by", "pv.kubernetes.io/migrated-to",
		"volume.kubernetes.io/selected-node", "volume.kubernetes.io/storage-provisioner", "volume.kubernetes.io/storage-resizer",
		"volume.beta.kubernetes.io/storage-provisioner", "volume.kubernetes.io/provisioner-deletion-secret-name", "volume.kubernetes.io/provisioner-deletion-secret-namespace",
		"endpoints.kubernetes.io/last-change-trigger-time", "control-plane.alpha.kubernetes.io/leader", "autoscaling.alpha.kubernetes.io/conditions",
		"autoscaling.alpha.kubernetes.io/current-metrics", "kubernetes.io/service-account.uid"}
}

// takenOf is the table of what servers and controllers write into the objects
// of a type, apart from what is everywhere.
func takenOf(t resource.Type) []resource.Path {
	out := everywhere()
	switch t {
	case namespaceType:
		out = append(out, "spec.finalizers", `metadata.labels."kubernetes.io/metadata.name"`)
	case "core/Pod":
		out = append(out, "spec.nodeName", "spec.priority", "spec.preemptionPolicy", `metadata.labels."pod-template-hash"`, `metadata.labels."controller-revision-hash"`,
			`metadata.labels."topology.kubernetes.io/zone"`, `metadata.labels."topology.kubernetes.io/region"`) // since 1.35 a pod has its node's
	case statefulSetType:
		out = append(out, "spec.volumeClaimTemplates[].status", "spec.volumeClaimTemplates[].metadata.creationTimestamp")
	case "batch/CronJob":
		out = append(out, "spec.jobTemplate.metadata.creationTimestamp")
	case replicaSetType:
		out = append(out, `metadata.labels."pod-template-hash"`, `metadata.annotations."deployment.kubernetes.io/desired-replicas"`, `metadata.annotations."deployment.kubernetes.io/max-replicas"`)
	case accountType:
		out = append(out, "secrets") // tokens, which a controller makes
	case volumeType:
		out = append(out, "spec.claimRef.uid", "spec.claimRef.resourceVersion", "spec.claimRef.apiVersion", "spec.claimRef.kind")
	}
	return out
}

// wholeOf is the table of types of which nothing is listed, and why.
func wholeOf(t resource.Type) string {
	group, _, _ := strings.Cut(string(t), "/")
	switch t {
	case "core/Event", "events.k8s.io/Event":
		return "tells what has happened, and is forgotten after an hour"
	case "core/Endpoints", "discovery.k8s.io/EndpointSlice":
		return "made from the pods of a Service"
	case "coordination.k8s.io/Lease", "coordination.k8s.io/LeaseCandidate":
		return "who leads at the moment"
	case "core/Node", "storage.k8s.io/CSINode", "storage.k8s.io/CSIDriver", "storage.k8s.io/CSIStorageCapacity", "storage.k8s.io/VolumeAttachment", "core/ComponentStatus",
		"networking.k8s.io/IPAddress", "networking.k8s.io/ServiceCIDR", "certificates.k8s.io/CertificateSigningRequest", "certificates.k8s.io/ClusterTrustBundle":
		return "the provider's machinery"
	case "apps/ControllerRevision":
		return "the history of a StatefulSet or DaemonSet"
	case "cilium.io/CiliumEndpoint", "cilium.io/CiliumIdentity", "cilium.io/CiliumNode", "crd.projectcalico.org/WorkloadEndpoint", "crd.projectcalico.org/IPAMBlock":
		return "the network's machinery"
	}
	switch group {
	case "authentication.k8s.io", "authorization.k8s.io":
		return "a question to the server, which is not kept"
	case "flowcontrol.apiserver.k8s.io", "internal.apiserver.k8s.io", "storagemigration.k8s.io", "metrics.k8s.io", "custom.metrics.k8s.io", "external.metrics.k8s.io":
		return "the provider's machinery"
	}
	return ""
}

// leftOf is the table of which objects of a type are not listed.
func leftOf(t resource.Type) func(object) string {
	when := func(reason string, is func(object) bool) func(object) string {
		return func(o object) string {
			if is(o) {
				return reason
			}
			return ""
		}
	}
	name := func(o object) string { return text(o, "metadata", "name") }
	switch t {
	case namespaceType:
		return when("the system's", func(o object) bool { return isSystem(name(o)) })
	case configMapType:
		return when("the cluster's certificate, which every namespace gets", func(o object) bool {
			return slices.Contains([]string{"kube-root-ca.crt", "istio-ca-root-cert", "openshift-service-ca.crt"}, name(o))
		})
	case secretType:
		return func(o object) string {
			if _, issued := texts(o, "metadata", "annotations")["cert-manager.io/certificate-name"]; issued {
				return "made for a Certificate"
			}
			if isOldToken(o) {
				return "made for a ServiceAccount"
			}
			return map[string]string{
				"bootstrap.kubernetes.io/token": "for nodes that join",
				"helm.sh/release.v1":            "Helm's notes on a release"}[text(o, "type")]
		}
	case serviceType:
		return when("the cluster's own address", func(o object) bool { return name(o) == "kubernetes" && text(o, "metadata", "namespace") == "default" })
	case volumeType:
		return when("made for a claim", func(o object) bool { return isProvisioned(o) && ownerOf(o).IsZero() })
	case "rbac.authorization.k8s.io/ClusterRole", "rbac.authorization.k8s.io/ClusterRoleBinding", "rbac.authorization.k8s.io/Role", "rbac.authorization.k8s.io/RoleBinding":
		return when("part of every cluster", func(o object) bool {
			_, bootstrapped := texts(o, "metadata", "labels")["kubernetes.io/bootstrapping"]
			return bootstrapped || strings.HasPrefix(name(o), "system:")
		})
	case "apiregistration.k8s.io/APIService":
		return when("follows from what the server serves", func(o object) bool {
			spec, _ := o["spec"].(object)
			return spec["service"] == nil
		})
	}
	return nil
}

// isProvisioned reports whether a PersistentVolume was made for a claim.
func isProvisioned(o object) bool {
	_, made := texts(o, "metadata", "annotations")["pv.kubernetes.io/provisioned-by"]
	return made
}

// isSystem reports whether the namespace is part of every cluster, and so the
// provider's.
func isSystem(namespace string) bool {
	return namespace == "default" || strings.HasPrefix(namespace, "kube-")
}

// isGiven: the provider puts objects of these types there for its tenants to
// name, or to obey.
func isGiven(t resource.Type) bool {
	switch t {
	case storageClassType, volumeClassType, ingressClassType, priorityClassType, runtimeClassType, gatewayClassType, snapshotClassType, definitionType, clusterIssuerType,
		"admissionregistration.k8s.io/ValidatingAdmissionPolicy", "admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding",
		"admissionregistration.k8s.io/MutatingAdmissionPolicy", "admissionregistration.k8s.io/MutatingAdmissionPolicyBinding",
		"resource.k8s.io/DeviceClass", "resource.k8s.io/ResourceSlice", contentType:
		return true
	}
	return false
}

// text returns the text at the path, or "".
func text(o object, path ...string) string {
	s, _ := value(o, path...).(string)
	return s
}

// number returns the number at the path, or 0.
func number(o object, path ...string) int64 {
	n, _ := value(o, path...).(int64)
	return n
}

func value(o object, path ...string) any {
	var v any = o
	for _, key := range path {
		m, _ := v.(object)
		v = m[key]
	}
	return v
}

// objects returns the list of objects at the path.
func objects(o object, path ...string) []object {
	list, _ := value(o, path...).([]any)
	var out []object
	for _, item := range list {
		if m, ok := item.(object); ok {
			out = append(out, m)
		}
	}
	return out
}

// texts returns a copy of the texts by name at the path.
func texts(o object, path ...string) map[string]string {
	m, _ := value(o, path...).(object)
	out := make(map[string]string, len(m))
	for k, v := range m {
		if s, ok := v.(string); ok {
			out[k] = s
		}
	}
	return out
}
