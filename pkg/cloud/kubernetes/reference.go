package kubernetes

import (
	"strings"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// The types that references lead to.
const (
	namespaceType      = cloud.Namespace
	podType            = resource.Type("core/Pod")
	configMapType      = resource.Type("core/ConfigMap")
	secretType         = resource.Type("core/Secret")
	claimType          = resource.Type("core/PersistentVolumeClaim")
	volumeType         = resource.Type("core/PersistentVolume")
	serviceType        = resource.Type("core/Service")
	accountType        = resource.Type("core/ServiceAccount")
	storageClassType   = resource.Type("storage.k8s.io/StorageClass")
	volumeClassType    = resource.Type("storage.k8s.io/VolumeAttributesClass")
	ingressClassType   = resource.Type("networking.k8s.io/IngressClass")
	priorityClassType  = resource.Type("scheduling.k8s.io/PriorityClass")
	runtimeClassType   = resource.Type("node.k8s.io/RuntimeClass")
	roleType           = resource.Type("rbac.authorization.k8s.io/Role")
	clusterRoleType    = resource.Type("rbac.authorization.k8s.io/ClusterRole")
	snapshotType       = resource.Type("snapshot.storage.k8s.io/VolumeSnapshot")
	contentType        = resource.Type("snapshot.storage.k8s.io/VolumeSnapshotContent")
	snapshotClassType  = resource.Type("snapshot.storage.k8s.io/VolumeSnapshotClass")
	gatewayType        = resource.Type("gateway.networking.k8s.io/Gateway")
	gatewayClassType   = resource.Type("gateway.networking.k8s.io/GatewayClass")
	definitionType     = resource.Type("apiextensions.k8s.io/CustomResourceDefinition")
	issuerType         = resource.Type("cert-manager.io/Issuer")
	clusterIssuerType  = resource.Type("cert-manager.io/ClusterIssuer")
	admissionPolicy    = resource.Type("admissionregistration.k8s.io/ValidatingAdmissionPolicy")
	mutatingPolicy     = resource.Type("admissionregistration.k8s.io/MutatingAdmissionPolicy")
	deploymentType     = resource.Type("apps/Deployment")
	statefulSetType    = resource.Type("apps/StatefulSet")
	replicaSetType     = resource.Type("apps/ReplicaSet")
	replicationType    = resource.Type("core/ReplicationController")
	validatingWebhooks = resource.Type("admissionregistration.k8s.io/ValidatingWebhookConfiguration")
	mutatingWebhooks   = resource.Type("admissionregistration.k8s.io/MutatingWebhookConfiguration")
)

// A reference is a place that holds the name of another object.
type reference struct {
	path   resource.Path   // of the name
	types  []resource.Type // that it may be of; the first one, unless byKind is set and another kind is named
	byKind bool            // the kind stands beside the name, and may be none of types
	in     string          // the entry beside the name that tells the namespace; "": the object's own
}

// to is a reference to a type, in the object's namespace or in none.
func to(path resource.Path, t resource.Type) reference {
	return reference{path: path, types: []resource.Type{t}}
}

// within is a reference to a type in the namespace that stands beside the name.
func within(path resource.Path, t resource.Type) reference {
	return reference{path: path, types: []resource.Type{t}, in: "namespace"}
}

// byKind is a reference to what the kind beside the name says, if it is one of
// these. The namespace may stand there too.
func byKind(path resource.Path, types ...resource.Type) reference {
	return reference{path: path, types: types, byKind: true, in: "namespace"}
}

// inNoNamespace: the types of the table that are the cluster's.
func inNoNamespace(t resource.Type) bool {
	switch t {
	case namespaceType, volumeType, storageClassType, volumeClassType, ingressClassType, priorityClassType, runtimeClassType, clusterRoleType,
		snapshotClassType, gatewayClassType, definitionType, clusterIssuerType, admissionPolicy, mutatingPolicy:
		return true
	}
	return false
}

// podReferences are those of a pod's spec at the path.
func podReferences(spec resource.Path) []reference {
	at := func(path string, t resource.Type) reference { return to(spec+"."+resource.Path(path), t) }
	out := []reference{
		at("serviceAccountName", accountType), at("priorityClassName", priorityClassType), at("runtimeClassName", runtimeClassType),
		at("imagePullSecrets[].name", secretType),
		at("volumes[].configMap.name", configMapType), at("volumes[].secret.secretName", secretType),
		at("volumes[].persistentVolumeClaim.claimName", claimType),
		at("volumes[].projected.sources[].configMap.name", configMapType), at("volumes[].projected.sources[].secret.name", secretType),
		at("volumes[].csi.nodePublishSecretRef.name", secretType),
		at("volumes[].ephemeral.volumeClaimTemplate.spec.storageClassName", storageClassType),
	}
	for _, list := range []string{"containers[]", "initContainers[]"} {
		out = append(out,
			at(list+".env[].valueFrom.configMapKeyRef.name", configMapType), at(list+".env[].valueFrom.secretKeyRef.name", secretType),
			at(list+".envFrom[].configMapRef.name", configMapType), at(list+".envFrom[].secretRef.name", secretType))
	}
	return out
}

// referencesOf is the table of references: all names of other objects that
// Kubernetes' own kinds hold, and those of the kinds that most clusters add.
// What a pod's template holds is in podReferences.
func referencesOf(t resource.Type) []reference {
	claim := func(spec resource.Path) []reference {
		return []reference{to(spec+".storageClassName", storageClassType), to(spec+".volumeAttributesClassName", volumeClassType),
			byKind(spec+".dataSource.name", snapshotType, claimType), byKind(spec+".dataSourceRef.name", snapshotType, claimType)}
	}
	switch t {
	case claimType:
		return append(claim("spec"), to("spec.volumeName", volumeType))
	case statefulSetType:
		return append(claim("spec.volumeClaimTemplates[].spec"), to("spec.serviceName", serviceType))
	case volumeType:
		return []reference{to("spec.storageClassName", storageClassType), to("spec.volumeAttributesClassName", volumeClassType)}
	case secretType:
		return []reference{to(resource.Path("metadata.annotations").Field(tokenAccount), accountType)}
	case accountType:
		return []reference{to("imagePullSecrets[].name", secretType), to("secrets[].name", secretType)}
	case "networking.k8s.io/Ingress":
		return []reference{to("spec.ingressClassName", ingressClassType), to("spec.tls[].secretName", secretType),
			to("spec.defaultBackend.service.name", serviceType), to("spec.rules[].http.paths[].backend.service.name", serviceType)}
	case "autoscaling/HorizontalPodAutoscaler":
		return []reference{byKind("spec.scaleTargetRef.name", deploymentType, statefulSetType, replicaSetType, replicationType)}
	case "rbac.authorization.k8s.io/RoleBinding":
		return []reference{byKind("roleRef.name", roleType, clusterRoleType), byKind("subjects[].name", accountType), to("subjects[].namespace", namespaceType)}
	case "rbac.authorization.k8s.io/ClusterRoleBinding":
		return []reference{to("roleRef.name", clusterRoleType), byKind("subjects[].name", accountType), to("subjects[].namespace", namespaceType)}
	case validatingWebhooks, mutatingWebhooks:
		return []reference{within("webhooks[].clientConfig.service.name", serviceType), to("webhooks[].clientConfig.service.namespace", namespaceType)}
	case definitionType:
		return []reference{within("spec.conversion.webhook.clientConfig.service.name", serviceType), to("spec.conversion.webhook.clientConfig.service.namespace", namespaceType)}
	case "apiregistration.k8s.io/APIService":
		return []reference{within("spec.service.name", serviceType), to("spec.service.namespace", namespaceType)}
	case "admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding":
		return []reference{to("spec.policyName", admissionPolicy)}
	case "admissionregistration.k8s.io/MutatingAdmissionPolicyBinding":
		return []reference{to("spec.policyName", mutatingPolicy)}
	}
	return addedReferences(t)
}

// addedReferences are those of kinds that clusters add: Gateway API 1.4,
// external-snapshotter 8, cert-manager 1.19.
func addedReferences(t resource.Type) []reference {
	switch t {
	case gatewayType:
		return []reference{to("spec.gatewayClassName", gatewayClassType), byKind("spec.listeners[].tls.certificateRefs[].name", secretType)}
	case "gateway.networking.k8s.io/HTTPRoute", "gateway.networking.k8s.io/GRPCRoute", "gateway.networking.k8s.io/TLSRoute",
		"gateway.networking.k8s.io/TCPRoute", "gateway.networking.k8s.io/UDPRoute":
		return []reference{byKind("spec.parentRefs[].name", gatewayType), byKind("spec.rules[].backendRefs[].name", serviceType)}
	case snapshotType:
		return []reference{to("spec.volumeSnapshotClassName", snapshotClassType), to("spec.source.persistentVolumeClaimName", claimType)}
	case "cert-manager.io/Certificate":
		return []reference{byKind("spec.issuerRef.name", issuerType, clusterIssuerType)}
	}
	return nil
}

// A spot is where a reference's name is in one object.
type spot struct {
	holder object // of the name
	key    string // its entry
}

// spots finds the places that the pattern stands for.
func spots(o object, pattern resource.Path) []spot {
	steps := pattern.Steps()
	holders := []any{o}
	for _, step := range steps[:len(steps)-1] {
		holders = descend(holders, step)
	}
	key, _ := steps[len(steps)-1].(string)
	var out []spot
	for _, h := range holders {
		if m, ok := h.(object); ok {
			if _, ok := m[key]; ok {
				out = append(out, spot{m, key})
			}
		}
	}
	return out
}

func descend(holders []any, step any) []any {
	var next []any
	for _, h := range holders {
		switch h := h.(type) {
		case object:
			name, _ := step.(string)
			if v, ok := h[name]; ok {
				next = append(next, v)
			}
		case []any:
			if step == any(resource.Any{}) {
				next = append(next, h...)
			}
		}
	}
	return next
}

// link writes ids for the names that the object, which is in the namespace,
// holds at the reference.
func (r reference) link(o object, namespace string) {
	for _, s := range spots(o, r.path) {
		name, ok := s.holder[s.key].(string)
		t, known := r.typeAt(s)
		if !ok || name == "" || !known {
			continue
		}
		at := id(namespace, name)
		if inNoNamespace(t) {
			at = name
		} else if told, ok := s.holder[r.in].(string); ok && told != "" {
			_, told = split(told) // it may be linked already
			at = id(told, name)
		}
		s.holder[s.key] = at
		if r.byKind {
			s.holder[s.key] = resource.Ref{Type: t, Key: resource.Key(at)}
		}
	}
}

// leads returns what the object refers to, whose references are linked.
func (k *kind) leads(o object) []resource.Ref {
	var out []resource.Ref
	for _, ref := range k.rule.refs {
		for _, s := range spots(o, ref.path) {
			switch v := s.holder[s.key].(type) {
			case string:
				if t, known := ref.typeAt(s); known {
					out = append(out, resource.Ref{Type: t, Key: resource.Key(v)})
				}
			case resource.Ref:
				out = append(out, v)
			}
		}
	}
	return out
}

// typeAt returns the type that the name at the spot is of; false if it is none
// of the reference's.
func (r reference) typeAt(s spot) (resource.Type, bool) {
	kind, told := s.holder["kind"].(string)
	if !r.byKind || !told {
		return r.types[0], true
	}
	for _, t := range r.types {
		if strings.HasSuffix(string(t), "/"+kind) {
			return t, true
		}
	}
	return "", false
}

// unlink writes names for ids again.
func (r reference) unlink(o object) {
	for _, s := range spots(o, r.path) {
		if _, known := r.typeAt(s); !known {
			continue // the name of something that is no object: a user
		}
		switch v := s.holder[s.key].(type) {
		case string:
			_, s.holder[s.key] = split(v)
		case resource.Ref:
			_, s.holder[s.key] = split(string(v.Key))
		}
	}
}
