package kubernetes

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// A Source is a part of a workload as people write it, with the files that it
// is made of. It has the fields of scenario.Source and can be converted.
type Source struct {
	Form      string            // manifests, kustomization or helm
	Path      string            // of the file or the folder
	Namespace string            // of what names none; empty: default
	Release   string            // of a chart
	Values    []byte            // for a chart, YAML
	Files     map[string][]byte // by path
	Folder    string            // that these are in, for messages; may be empty
}

// Workload returns a reader over what the sources ask for, as if it were on the
// cluster already: inventory.Take makes a Set of it as of a cluster, whose
// resources have no State. On is the cluster that charts are rendered for and
// that knows which kinds are in namespaces; without one (nil) the kinds are
// Kubernetes' own, and those that the workload defines.
//
// A namespace that the workload uses and does not define is added, but for the
// system's. The error joins all that is wrong.
func Workload(sources []Source, on *Cloud) (cloud.Reader, error) {
	w := &workload{on: on, kinds: map[resource.Type]*kind{}, ids: map[resource.Ref]bool{}}
	var errs []error
	var placed [][]object // by source
	for _, s := range sources {
		list, left, err := w.render(s)
		errs = append(errs, err, w.check(s))
		placed = append(placed, list)
		for _, o := range list {
			w.define(o)
		}
		for _, o := range left {
			w.omit(o, s.Namespace)
		}
	}
	for i, list := range placed {
		first := len(w.list)
		for _, o := range list {
			if err := w.add(o, sources[i].Namespace); err != nil {
				errs = append(errs, fmt.Errorf("%s %s: %w", sources[i].Form, sources[i].Path, err))
			}
		}
		if sources[i].Form == "helm" {
			w.orderHooks(w.list[first:])
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	w.namespaces()
	return w, nil
}

type workload struct {
	on    *Cloud
	kinds map[resource.Type]*kind // that occur
	list  []*resource.Resource
	left  []*resource.Resource  // what is no part of it, with the reason
	ids   map[resource.Ref]bool // of the list, with the id for a key
}

// render makes objects of a source; left are those that it has and that are
// not made with it.
func (w *workload) render(s Source) (made, left []object, err error) {
	switch s.Form {
	case "manifests":
		made, err = manifests(s.Files)
	case "kustomization":
		made, err = kustomize(s.Path, s.Files)
	case "helm":
		return helm(s, w.on)
	default:
		err = fmt.Errorf("%s: %q is no form of a workload", s.Path, s.Form)
	}
	return made, nil, err
}

// offers is the cluster's version and its apiVersions, also with their kinds:
// "apps/v1" and "apps/v1/Deployment". Of no cluster both are empty.
func (c *Cloud) offers() (version string, served map[string]bool) {
	if c == nil {
		return "", nil
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	served = map[string]bool{}
	for _, k := range c.kinds {
		for _, v := range k.versions {
			served[k.apiVersion(v)] = true
			served[k.apiVersion(v)+"/"+k.name] = true
		}
	}
	return c.version, served
}

// define notes the kind that a CustomResourceDefinition brings.
func (w *workload) define(o object) {
	if Type(text(o, "apiVersion"), text(o, "kind")) != definitionType {
		return
	}
	k := unserved(text(o, "spec", "group"), text(o, "spec", "names", "kind"))
	k.plural, k.namespaced = text(o, "spec", "names", "plural"), text(o, "spec", "scope") != "Cluster"
	for _, v := range objects(o, "spec", "versions") {
		k.versions = append(k.versions, text(v, "name"))
	}
	k.schema = k.describe(k.documentOf(o))
	w.kinds[k.Type] = k
}

// documentOf is what a cluster tells of the kind once the definition is there:
// nil if the definition does not say it.
func (k *kind) documentOf(definition object) *document {
	versions := objects(definition, "spec", "versions")
	if len(versions) == 0 {
		return nil
	}
	told, _ := value(versions[0], "schema", "openAPIV3Schema").(object)
	told = maps.Clone(told)
	if told == nil {
		return nil
	}
	told["x-kubernetes-group-version-kind"] = []any{object{"group": k.group, "version": k.versions[0], "kind": k.name}}
	var s shape
	data, err := json.Marshal(told)
	if err != nil || json.Unmarshal(data, &s) != nil {
		return nil
	}
	d := &document{}
	d.Components.Schemas = map[string]*shape{k.name: &s}
	return d
}

// unserved is a kind as far as it is known without a cluster.
func unserved(group, name string) *kind {
	t := typeOf(group, name)
	k := &kind{Type: t, group: group, name: name, namespaced: !isClusterWide(t), rule: ruleOf(t)}
	k.schema = k.describe(nil)
	return k
}

// isClusterWide: Kubernetes' own kinds that are in no namespace, and those that
// many clusters add.
func isClusterWide(t resource.Type) bool {
	group, _, _ := strings.Cut(string(t), "/")
	switch t {
	case "core/Node", "rbac.authorization.k8s.io/ClusterRoleBinding", "storage.k8s.io/CSIDriver", "storage.k8s.io/CSINode", "storage.k8s.io/VolumeAttachment",
		"networking.k8s.io/IPAddress", "networking.k8s.io/ServiceCIDR", "resource.k8s.io/DeviceClass", "resource.k8s.io/ResourceSlice",
		"certificates.k8s.io/CertificateSigningRequest", "certificates.k8s.io/ClusterTrustBundle", "snapshot.storage.k8s.io/VolumeSnapshotContent":
		return true
	}
	return inNoNamespace(t) || group == "admissionregistration.k8s.io" || group == "apiregistration.k8s.io" || group == "apiextensions.k8s.io" || group == "flowcontrol.apiserver.k8s.io"
}

// kind returns what is known of the object's kind: what the workload defines
// comes first, then the cluster.
func (w *workload) kind(o object) *kind {
	apiVersion, name := text(o, "apiVersion"), text(o, "kind")
	t := Type(apiVersion, name)
	if k := w.kinds[t]; k != nil {
		return k
	}
	if w.on != nil {
		w.kinds[t] = w.on.known(t)
	}
	if w.kinds[t] == nil {
		group, _, ok := strings.Cut(apiVersion, "/")
		if !ok {
			group = ""
		}
		w.kinds[t] = unserved(group, name)
	}
	return w.kinds[t]
}

// add makes a resource of the object.
func (w *workload) add(o object, namespace string) error {
	apiVersion, name := text(o, "apiVersion"), text(o, "metadata", "name")
	if apiVersion == "" || text(o, "kind") == "" || name == "" {
		return fmt.Errorf("an object wants apiVersion, kind and metadata.name, this one has %q, %q and %q", apiVersion, text(o, "kind"), name)
	}
	k := w.kind(o)
	k.place(o, namespace)
	r := k.asked(o)
	ref := resource.Ref{Type: r.Type, Key: resource.Key(r.ID)}
	if w.ids[ref] {
		return fmt.Errorf("%s %s is there twice", k.name, r.ID)
	}
	w.ids[ref] = true
	w.list = append(w.list, r)
	return nil
}

// omit notes a hook that an installation does not run.
func (w *workload) omit(o object, namespace string) {
	k := w.kind(o)
	k.place(o, namespace)
	r := k.head(o)
	r.Why = "a hook for " + text(o, "metadata", "annotations", hookAnnotation) + ", which is no part of an installation"
	w.left = append(w.left, r)
}

// place puts the object of a manifest into a namespace, if it belongs into one.
func (k *kind) place(o object, namespace string) {
	metadata, _ := o["metadata"].(object)
	switch given := text(metadata, "namespace"); {
	case metadata == nil:
	case !k.namespaced:
		delete(metadata, "namespace")
	case given == "":
		metadata["namespace"] = cmp.Or(namespace, "default")
	}
}

// asked returns the object of a manifest as a resource. All that stands in a
// manifest somebody has asked for, so less is taken out than of what a cluster
// has.
func (k *kind) asked(o object) *resource.Resource {
	r := k.head(o)
	if k.Type == secretType {
		encodeSecret(o)
	}
	for _, p := range k.rule.taken {
		for _, s := range spots(o, p) {
			delete(s.holder, s.key)
		}
	}
	metadata, _ := o["metadata"].(object)
	drop(metadata, "annotations", annotations()...)
	for _, ref := range k.rule.refs {
		ref.link(o, r.Scope)
	}
	r.Spec = k.schema.Canonical(o)
	return r
}

// encodeSecret writes texts as the server keeps them.
func encodeSecret(o object) {
	for name, v := range texts(o, "stringData") {
		put(o, "data", name, base64.StdEncoding.EncodeToString([]byte(v)))
	}
	delete(o, "stringData")
}

// namespaces adds those that the workload uses and does not define.
func (w *workload) namespaces() {
	k := w.kind(object{"apiVersion": "v1", "kind": "Namespace"})
	used := map[string]bool{}
	for _, r := range w.list {
		used[r.Scope] = true
	}
	for _, name := range slices.Sorted(maps.Keys(used)) {
		ref := resource.Ref{Type: namespaceType, Key: resource.Key(name)}
		if name == "" || isSystem(name) || w.ids[ref] {
			continue
		}
		r := k.asked(object{"apiVersion": "v1", "kind": "Namespace", "metadata": object{"name": name}})
		r.Why = "the workload is in it and does not define it"
		w.list = append(w.list, r)
	}
}

// Schemas implements [cloud.Reader].
func (w *workload) Schemas() resource.Schemas {
	out := resource.Schemas{}
	if w.on != nil {
		maps.Copy(out, w.on.Schemas())
	}
	for t, k := range w.kinds {
		if out[t] == nil {
			out[t] = k.schema
		}
		for _, ref := range k.rule.refs {
			for _, to := range ref.types {
				if out[to] == nil {
					group, name, _ := strings.Cut(string(to), "/")
					out[to] = unserved(strings.TrimPrefix(group, "core"), name).schema
				}
			}
		}
	}
	return out
}

// Catalogue implements [cloud.Reader]: it is the cluster's.
func (w *workload) Catalogue(ctx context.Context) (profile.Catalogue, error) {
	if w.on == nil {
		return profile.Catalogue{}, nil
	}
	return w.on.Catalogue(ctx)
}

// List implements [cloud.Reader].
func (w *workload) List(_ context.Context, selector cloud.Selector) iter.Seq2[*resource.Resource, error] {
	return func(yield func(*resource.Resource, error) bool) {
		for _, r := range w.left {
			selector.Leave(r.Clone())
		}
		for _, r := range w.list {
			if len(selector.Types) > 0 && !slices.Contains(selector.Types, r.Type) || selector.Drill != "" {
				continue
			}
			if !yield(r.Clone(), nil) {
				return
			}
		}
	}
}
