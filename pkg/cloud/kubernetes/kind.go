package kubernetes

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/version"
	"k8s.io/client-go/discovery"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// A kind is one that the cluster serves, with what the driver knows of it.
type kind struct {
	resource.Type
	group, name, plural string
	versions            []string // served, the preferred one first
	namespaced          bool
	verbs               []string
	schema              *resource.Schema
	described           bool // the cluster has told its lists
	rule                rule
}

// typeOf names a kind without its version.
func typeOf(group, kind string) resource.Type {
	return resource.Type(cmp.Or(group, "core") + "/" + kind)
}

// Type returns the type of an object by its apiVersion and kind.
func Type(apiVersion, kind string) resource.Type {
	group, _, ok := strings.Cut(apiVersion, "/")
	if !ok {
		group = ""
	}
	return typeOf(group, kind)
}

// id is how a cluster tells the objects of a kind apart.
func id(namespace, name string) string {
	if namespace == "" {
		return name
	}
	return namespace + "/" + name
}

// split is the reverse of id.
func split(id string) (namespace, name string) {
	if namespace, name, ok := strings.Cut(id, "/"); ok {
		return namespace, name
	}
	return "", id
}

// apiVersion is what an object of the kind says of a version.
func (k *kind) apiVersion(version string) string {
	if k.group == "" {
		return version
	}
	return k.group + "/" + version
}

// served returns the version of apiVersion if the kind is served in it, else
// the preferred one.
func (k *kind) served(apiVersion string) string {
	for _, v := range k.versions {
		if k.apiVersion(v) == apiVersion {
			return v
		}
	}
	return k.versions[0]
}

// path is where the cluster has the kind's objects: all, those of a namespace,
// or one.
func (k *kind) path(version, namespace, name string) string {
	parts := []string{"api", version}
	if k.group != "" {
		parts = []string{"apis", k.group, version}
	}
	if namespace != "" && k.namespaced {
		parts = append(parts, "namespaces", namespace)
	}
	parts = append(parts, k.plural)
	if name != "" {
		parts = append(parts, name)
	}
	return "/" + strings.Join(parts, "/")
}

// can reports whether the kind is served with all of these verbs.
func (k *kind) can(verbs ...string) bool {
	return !slices.ContainsFunc(verbs, func(v string) bool { return !slices.Contains(k.verbs, v) })
}

// isCustom reports whether the group is none of Kubernetes' own, so that a
// CustomResourceDefinition or a server beside has brought it.
func isCustom(group string) bool {
	own := []string{"", "apps", "autoscaling", "batch", "extensions", "policy",
		"admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io", "authentication.k8s.io", "authorization.k8s.io",
		"certificates.k8s.io", "coordination.k8s.io", "discovery.k8s.io", "events.k8s.io", "flowcontrol.apiserver.k8s.io",
		"internal.apiserver.k8s.io", "networking.k8s.io", "node.k8s.io", "rbac.authorization.k8s.io", "resource.k8s.io",
		"scheduling.k8s.io", "storage.k8s.io", "storagemigration.k8s.io"}
	return !slices.Contains(own, group)
}

// discover asks the cluster what it serves: two requests where discovery is
// aggregated (Kubernetes 1.30 and later). A group whose server does not answer
// is missing, and named in broken.
func discover(ctx context.Context, c discovery.DiscoveryInterfaceWithContext) (kinds map[resource.Type]*kind, broken []schema.GroupVersion, err error) {
	groups, lists, err := discovery.ServerGroupsAndResourcesWithContext(ctx, c)
	failed := &discovery.ErrGroupDiscoveryFailed{}
	if errors.As(err, &failed) {
		for gv := range failed.Groups {
			broken = append(broken, gv)
		}
		slices.SortFunc(broken, func(a, b schema.GroupVersion) int { return strings.Compare(a.String(), b.String()) })
		err = nil
	}
	if err != nil {
		return nil, nil, err
	}
	kinds = map[resource.Type]*kind{}
	for _, list := range lists {
		gv, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil {
			continue
		}
		for _, r := range list.APIResources {
			if !strings.Contains(r.Name, "/") {
				add(kinds, gv, r)
			}
		}
	}
	for _, k := range kinds {
		k.prefer(groups)
	}
	return kinds, broken, nil
}

func add(kinds map[resource.Type]*kind, gv schema.GroupVersion, r metav1.APIResource) {
	t := typeOf(gv.Group, r.Kind)
	k := kinds[t]
	if k == nil {
		k = &kind{Type: t, group: gv.Group, name: r.Kind, plural: r.Name, namespaced: r.Namespaced, verbs: r.Verbs, rule: ruleOf(t)}
		kinds[t] = k
	}
	k.versions = append(k.versions, gv.Version)
}

// prefer puts the versions in the order of the server: the one that it prefers
// for the group first, if the kind has it.
func (k *kind) prefer(groups []*metav1.APIGroup) {
	for _, g := range groups {
		if g.Name != k.group {
			continue
		}
		rank := map[string]int{g.PreferredVersion.Version: -1}
		for i, v := range g.Versions {
			if v.Version != g.PreferredVersion.Version {
				rank[v.Version] = i
			}
		}
		slices.SortStableFunc(k.versions, func(a, b string) int { return rank[a] - rank[b] })
	}
}

// speak puts the best of the versions that are served first: it is the one
// that is read. Which that is does not depend on what the server prefers, so
// that two servers come to the same.
func (k *kind) speak(versions []string) {
	best := ""
	for _, v := range k.versions {
		if slices.Contains(versions, v) && (best == "" || version.CompareKubeAwareVersionStrings(v, best) > 0) {
			best = v
		}
	}
	if best != "" {
		k.versions = slices.Insert(slices.DeleteFunc(k.versions, func(v string) bool { return v == best }), 0, best)
	}
}

// Speak implements cloud.Converter: the server converts what it has to any
// version that it serves.
func (c *Cloud) Speak(ctx context.Context, versions map[resource.Type][]string) error {
	c.mu.Lock()
	c.spoken = versions
	c.mu.Unlock()
	return c.rediscover(ctx)
}

// kind returns the served kind of the type, or an error that says that there
// is none. What a CustomResourceDefinition has brought since is found too.
func (c *Cloud) kind(ctx context.Context, op string, ref resource.Ref) (*kind, error) {
	if k := c.known(ref.Type); k != nil {
		return k, nil
	}
	if err := c.rediscover(ctx); err != nil {
		return nil, err
	}
	if k := c.known(ref.Type); k != nil {
		return k, nil
	}
	if strings.Contains(string(ref.Type), "::") {
		return nil, &cloud.OpError{Op: op, Cloud: c.name, Ref: ref, Err: cloud.ErrUnsupported,
			Message: "this is a cluster, and " + string(ref.Type) + " belongs to OpenStack", Hint: "order a project from the provider, and name it in wechsel.yaml (clouds, openstack)"}
	}
	return nil, &cloud.OpError{Op: op, Cloud: c.name, Ref: ref, Err: cloud.ErrUnsupported,
		Message: "the server does not have the kind " + string(ref.Type), Hint: "install what brings it, or ask the provider"}
}

func (c *Cloud) known(t resource.Type) *kind {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.kinds[t]
}

// checkServed looks whether what is defined is served by now, so that objects
// of it can be made: until then, a definition is not ready.
func (c *Cloud) checkServed(ctx context.Context, list []seen) error {
	for _, r := range list {
		isServed := func() bool { k := c.known(r.defines); return k != nil && k.described }
		if r.defines == "" || r.State != resource.Ready {
			continue
		}
		if !isServed() {
			if err := c.rediscover(ctx); err != nil {
				return err
			}
		}
		if isServed() {
			c.promise(r.defines, true)
		} else {
			r.State, r.Why = resource.Pending, "established, and not served yet"
		}
	}
	return nil
}

// promise notes whether a definition has been told to be served. One that was
// just made is not, whatever the server still serves of an earlier one.
func (c *Cloud) promise(t resource.Type, served bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.promised[t] = served
	if !served {
		c.kinds = maps.Clone(c.kinds) // others read it
		delete(c.kinds, t)
	}
}

func (c *Cloud) isPromised(t resource.Type) bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.promised[t]
}

// notYet makes of a kind that is missing one that is about to be served, if its
// definition was seen to be. A server forgets the kinds of an earlier
// definition of the same name some time after it has gone, and serves for a
// moment nothing of the new one.
func (c *Cloud) notYet(err error, r *resource.Resource) error {
	op, ok := errors.AsType[*cloud.OpError](err)
	if !ok || !errors.Is(err, cloud.ErrUnsupported) || !c.isPromised(r.Type) {
		return err
	}
	op.Err = cloud.ErrConflict
	return op
}
