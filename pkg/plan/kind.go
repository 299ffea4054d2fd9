package plan

import (
	"slices"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// The types of Kubernetes of which a plan must know more than their schemas say.
const (
	namespace      resource.Type = "core/Namespace"
	claim          resource.Type = "core/PersistentVolumeClaim"
	clusterVolume  resource.Type = "core/PersistentVolume"
	service        resource.Type = "core/Service"
	secret         resource.Type = "core/Secret"
	configMap      resource.Type = "core/ConfigMap"
	serviceAccount resource.Type = "core/ServiceAccount"
	statefulSet    resource.Type = "apps/StatefulSet"
	job            resource.Type = "batch/Job"
	ingress        resource.Type = "networking.k8s.io/Ingress"
	networkPolicy  resource.Type = "networking.k8s.io/NetworkPolicy"
	autoscaler     resource.Type = "autoscaling/HorizontalPodAutoscaler"
	certificate    resource.Type = "cert-manager.io/Certificate"
	clusterRole    resource.Type = "rbac.authorization.k8s.io/ClusterRole"
	definition     resource.Type = "apiextensions.k8s.io/CustomResourceDefinition"
)

// inCluster reports whether a type is one of Kubernetes: group/Kind.
func inCluster(t resource.Type) bool { return strings.Contains(string(t), "/") }

// groupKind splits a type of Kubernetes; the core group is "".
func groupKind(t resource.Type) (group, kind string) {
	group, kind, _ = strings.Cut(string(t), "/")
	if group == "core" {
		group = ""
	}
	return group, kind
}

// serveKinds foretells what the target's API server does not have, asks in a
// version that it has, and takes what it has already in place of making it.
func (b *builder) serveKinds() {
	for _, r := range slices.Collect(b.out.All()) {
		if r.Tenure != resource.Own || !inCluster(r.Type) {
			continue
		}
		switch {
		case b.cat.Cluster != nil:
			b.serve(r)
		case b.isAbsent(r.Type):
			b.foretell(gap.Signal{Code: noKubernetes, Ref: r.Ref, Effect: resource.Lost})
		}
	}
	b.rewrite()
}

func (b *builder) serve(r *resource.Resource) {
	if have := b.offered(r.Type, r.Name); have != nil && r.Scope == "" {
		b.takeOver(r, have)
		return
	}
	group, kind := groupKind(r.Type)
	versions, custom := b.versionsOf(r)
	if len(versions) == 0 {
		b.foretell(gap.Signal{Code: "kind/absent", Ref: r.Ref, Effect: resource.Lost,
			Args: map[string]string{"kind": kind, "group": group, "candidates": strings.Join(b.groupsWith(kind), ", ")}})
		return
	}
	asked := text(r, "apiVersion")
	if asked == "" || slices.Contains(versions, asked[strings.LastIndex(asked, "/")+1:]) {
		return
	}
	to := strings.TrimPrefix(group+"/"+versions[0], "/")
	r.Spec["apiVersion"] = to
	d := resource.Decision{Ref: r.Ref, Path: "apiVersion", From: asked, To: to, Effect: resource.Adapted, Rule: "kind/other-version", Args: map[string]string{"from": asked, "to": to}}
	if custom { // whose fields may mean something else, and nobody converts them
		d.Effect = resource.Degraded
	}
	b.decide(d)
}

// versionsOf returns in which versions the target serves the kind of r, the
// preferred one first: because r comes with its definition, or by itself. The
// definition counts first: of one that has just gone, a server still tells the
// kind for a moment.
func (b *builder) versionsOf(r *resource.Resource) (versions []string, custom bool) {
	crd := b.definitionOf(r.Type)
	if crd == nil || b.offered(definition, crd.Name) != nil {
		if k := kindOf(b.cat.Cluster, r.Type); k != nil {
			return k.Versions, k.Custom
		}
		return nil, false
	}
	r.After = append(r.After, crd.Ref)
	for _, v := range find(nil, crd.Spec, "spec.versions[]") {
		version, _ := v.value.(map[string]resource.Value)
		if name, ok := version["name"].(string); ok && version["served"] != false {
			versions = append(versions, name)
		}
	}
	return versions, true
}

// kindOf finds a kind that a cluster serves.
func kindOf(c *profile.Cluster, t resource.Type) *profile.Kind {
	group, kind := groupKind(t)
	for i := range c.Kinds {
		if k := &c.Kinds[i]; k.Group == group && k.Kind == kind {
			return k
		}
	}
	return nil
}

// serves reports whether a cluster has any kind of the group; an unknown one
// has none.
func serves(c *profile.Cluster, group string) bool {
	return c != nil && slices.ContainsFunc(c.Kinds, func(k profile.Kind) bool { return k.Group == group })
}

// groupsWith returns the groups in which the target has a kind of this name.
func (b *builder) groupsWith(kind string) []string {
	var out []string
	for _, k := range b.cat.Cluster.Kinds {
		if k.Kind == kind {
			out = append(out, k.Group)
		}
	}
	return out
}

// definitionOf finds the definition of a kind among what is to be made.
func (b *builder) definitionOf(t resource.Type) *resource.Resource {
	group, kind := groupKind(t)
	for crd := range b.out.OfType(definition) {
		if text(crd, "spec.group") == group && text(crd, "spec.names.kind") == kind {
			return crd
		}
	}
	return nil
}

// offered finds what the target gives by its name.
func (b *builder) offered(t resource.Type, name string) *resource.Resource {
	for _, g := range b.offers[t] {
		if g.Name == name {
			return g
		}
	}
	return nil
}

// takeOver uses what is on the target already under the name of something that
// belongs to no namespace: it is its provider's, or others' too, and nobody can
// have a second one.
func (b *builder) takeOver(r, have *resource.Resource) {
	b.out.Remove(r.Ref)
	ref := b.adopt(have)
	b.refs[r.Ref] = ref
	d := resource.Decision{Ref: r.Ref, From: r.Ref, To: ref, ID: have.ID, Effect: resource.Same, Rule: "given/there-already", Args: map[string]string{"from": label(r), "to": label(have)}}
	if known(have) {
		for _, name := range []string{"spec", "provisioner", "driver", "value", "handler"} {
			if want, ok := r.Spec[name]; ok && !resource.Equal(want, have.Spec[name]) {
				d.Effect = resource.Degraded
				d.Args["differs"] = name
			}
		}
	}
	b.decide(d)
}
