package plan

import (
	"cmp"
	"slices"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// matchNamed is for what a cluster knows by its name only: what the target gives
// under it, what every API server has, or nothing.
func (b *builder) matchNamed(from *resource.Resource) choice {
	if to := b.offered(from.Type, from.Name); to != nil && from.Scope == "" {
		return choice{to: to, rule: "given/same-name", effect: resource.Same}
	}
	if everywhere(from) {
		to := from.Clone()
		to.Scope = cmp.Or(b.spaces[to.Scope], to.Scope)
		to.ID = idOf(to)
		return choice{to: to, rule: "given/everywhere", effect: resource.Same}
	}
	if b.issued(from) {
		to := from.Clone()
		to.ID = idOf(from)
		return choice{to: to, rule: "given/issued", effect: resource.Same}
	}
	return choice{rule: "reference/dangling", effect: resource.Lost, weigh: b.missed, args: map[string]string{"kind": kindName(from.Type), "namespace": from.Scope}}
}

// idOf is the id of what is known by its name: NAMESPACE/NAME, or NAME.
func idOf(r *resource.Resource) string {
	if r.Scope == "" {
		return label(r)
	}
	return r.Scope + "/" + label(r)
}

// everywhere: the API server or its controllers make it in every cluster, or in
// every namespace (kubernetes.io/docs/reference/access-authn-authz/rbac, default
// roles; concepts/overview/working-with-objects/namespaces, initial namespaces).
func everywhere(r *resource.Resource) bool {
	switch r.Type {
	case namespace:
		return slices.Contains([]string{"default", "kube-system", "kube-public", "kube-node-lease"}, r.Name)
	case serviceAccount:
		return r.Name == "default"
	case configMap:
		return r.Name == "kube-root-ca.crt"
	case clusterRole:
		return strings.HasPrefix(r.Name, "system:") || slices.Contains([]string{"cluster-admin", "admin", "edit", "view"}, r.Name)
	case priorityClass:
		return r.Name == "system-cluster-critical" || r.Name == "system-node-critical"
	}
	return false
}

// issued: the workload asks cert-manager for the Secret, by a Certificate or by
// an annotation of the Ingress that names it, and so does it on the target
// (cert-manager.io/docs/usage/ingress). Whether an issuer is there is told of the
// issuer.
func (b *builder) issued(from *resource.Resource) bool {
	if from.Type != secret {
		return false
	}
	for r := range b.set.OfType(certificate) {
		if r.Scope == from.Scope && text(r, "spec.secretName") == from.Name {
			return true
		}
	}
	for r := range b.set.OfType(ingress) {
		asks := text(r, `metadata.annotations."cert-manager.io/issuer"`) != "" || text(r, `metadata.annotations."cert-manager.io/cluster-issuer"`) != ""
		if asks && slices.Contains(r.Refs(), from.Ref) {
			return true
		}
	}
	return false
}

// missed says what it means for a user that what it refers to is not there: pods
// wait for it or are refused, all else is there and does less.
func (b *builder) missed(u use) resource.Effect {
	holder, _ := resource.Lookup(u.by.Spec, parent(u.path))
	if m, ok := holder.(map[string]resource.Value); ok && m["optional"] == true {
		return resource.Same
	}
	path := string(u.path)
	pods := string(podsAt(u.by.Type))
	switch {
	case path == "metadata.namespace":
		return resource.Lost
	case pods != "" && strings.HasPrefix(path, pods) && !strings.Contains(path, "imagePullSecrets"):
		return resource.Lost
	}
	return resource.Degraded
}

// podsAt returns where a workload says what its pods are; "" if it has none.
func podsAt(t resource.Type) resource.Path {
	switch t {
	case "core/Pod":
		return "spec"
	case "core/PodTemplate":
		return "template.spec"
	case "batch/CronJob":
		return "spec.jobTemplate.spec.template.spec"
	case "apps/Deployment", statefulSet, "apps/DaemonSet", "apps/ReplicaSet", "core/ReplicationController", job:
		return "spec.template.spec"
	}
	return ""
}
