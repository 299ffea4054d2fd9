package kubernetes

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"
	quantity "k8s.io/apimachinery/pkg/api/resource"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// Catalogue implements cloud.Reader: what the cluster serves and what the
// provider has put there, as far as these rights can read it. What they cannot
// is named in Unread, with the server's words.
func (c *Cloud) Catalogue(ctx context.Context) (profile.Catalogue, error) {
	out := &profile.Cluster{Version: c.version, Kinds: c.served()}
	quota := map[string]profile.Quota{}
	var mu sync.Mutex
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(readers)
	read := func(k *kind, into func(page []object)) {
		g.Go(func() error {
			err := c.pagesOf(ctx, k, "", url.Values{}, func(page []object) error {
				mu.Lock()
				defer mu.Unlock()
				into(page)
				return nil
			})
			var e *cloud.OpError
			if errors.Is(err, cloud.ErrForbidden) && errors.As(err, &e) {
				mu.Lock()
				defer mu.Unlock()
				out.Unread = append(out.Unread, profile.Unreadable{Type: string(k.Type), Message: e.Message})
				return nil
			}
			return err
		})
	}
	machines := &fleet{}
	for _, k := range c.wanted(c.offered()) {
		read(k, func(page []object) {
			for _, o := range page {
				if ownerOf(o).IsZero() {
					out.Given = append(out.Given, k.offer(o))
				}
			}
		})
	}
	if k := c.known("core/Node"); k != nil {
		read(k, machines.add)
	}
	for _, k := range c.wanted(nil) {
		if isLimit(k.Type) {
			g.Go(func() error {
				everywhere, err := c.everywhere(ctx, k)
				mu.Lock()
				defer mu.Unlock()
				for _, o := range everywhere {
					out.Everywhere = append(out.Everywhere, k.offer(o))
				}
				return err
			})
		}
	}
	g.Go(func() error { return c.readNamespaces(ctx, out, &mu) })
	g.Go(func() error { return c.readQuota(ctx, quota, &mu) })
	g.Go(func() (err error) {
		out.Domain, err = c.domain(ctx)
		return err
	})
	if err := g.Wait(); err != nil {
		return profile.Catalogue{}, err
	}
	out.Nodes = machines.list()
	for _, list := range [][]profile.Offered{out.Given, out.Everywhere} {
		slices.SortFunc(list, func(a, b profile.Offered) int {
			return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.Name, b.Name))
		})
	}
	slices.SortFunc(out.Unread, func(a, b profile.Unreadable) int { return cmp.Compare(a.Type, b.Type) })
	return profile.Catalogue{Cloud: c.name, Cluster: out, Quota: quota}, nil
}

// served lists all kinds that the cluster has.
func (c *Cloud) served() []profile.Kind {
	c.mu.RLock()
	defer c.mu.RUnlock()
	var out []profile.Kind
	for _, k := range c.kinds {
		out = append(out, profile.Kind{Group: k.group, Kind: k.name, Plural: k.plural, Versions: slices.Clone(k.versions), Namespaced: k.namespaced, Custom: isCustom(k.group)})
	}
	slices.SortFunc(out, func(a, b profile.Kind) int { return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.Kind, b.Kind)) })
	return out
}

// readNamespaces names the namespaces that are there; without the right to list
// them, those that the user has named.
func (c *Cloud) readNamespaces(ctx context.Context, out *profile.Cluster, mu sync.Locker) error {
	names, err := c.namespaceNames(ctx)
	var e *cloud.OpError
	mu.Lock()
	defer mu.Unlock()
	if errors.Is(err, cloud.ErrForbidden) && errors.As(err, &e) {
		out.Unread = append(out.Unread, profile.Unreadable{Type: string(namespaceType), Message: e.Message})
		names, err = slices.Clone(c.namespaces), nil
		if len(names) == 0 {
			names = []string{c.home}
		}
		slices.Sort(names)
	}
	out.Namespaces = names
	return err
}

// offer describes an object of the provider's.
func (k *kind) offer(o object) profile.Offered {
	out := profile.Offered{Type: string(k.Type), Name: text(o, "metadata", "name"), Default: isDefault(o, texts(o, "metadata", "annotations")), Facts: map[string]any{}}
	for name, v := range o {
		if name != "metadata" && name != "apiVersion" && name != "kind" && name != "status" {
			out.Facts[name] = v
		}
	}
	if k.Type == definitionType {
		out.Facts = definitionFacts(o)
	}
	return out
}

// definitionFacts are what matters of a CustomResourceDefinition: not its
// schemas, which can be larger than all else together.
func definitionFacts(o object) map[string]any {
	var served []any
	for _, v := range objects(o, "spec", "versions") {
		if is, _ := v["served"].(bool); is {
			served = append(served, text(v, "name"))
		}
	}
	return map[string]any{"group": text(o, "spec", "group"), "kind": text(o, "spec", "names", "kind"), "scope": text(o, "spec", "scope"), "versions": served}
}

// isDefault reports whether the class is taken where none is named.
func isDefault(o object, annotations map[string]string) bool {
	if is, _ := o["globalDefault"].(bool); is {
		return true
	}
	for _, name := range []string{"storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class",
		"ingressclass.kubernetes.io/is-default-class", "snapshot.storage.kubernetes.io/is-default-class"} {
		if annotations[name] == "true" {
			return true
		}
	}
	return false
}

// A fleet counts nodes that are alike.
type fleet struct{ machines []profile.Machine }

func (f *fleet) add(page []object) {
	for _, o := range page {
		m := profile.Machine{Labels: texts(o, "metadata", "labels"), Capacity: texts(o, "status", "allocatable"), Count: 1}
		delete(m.Labels, "kubernetes.io/hostname")
		for _, t := range objects(o, "spec", "taints") {
			m.Taints = append(m.Taints, profile.Taint{Key: text(t, "key"), Value: text(t, "value"), Effect: text(t, "effect")})
		}
		i := slices.IndexFunc(f.machines, func(have profile.Machine) bool {
			return maps.Equal(have.Labels, m.Labels) && maps.Equal(have.Capacity, m.Capacity) && slices.Equal(have.Taints, m.Taints)
		})
		if i < 0 {
			f.machines = append(f.machines, m)
		} else {
			f.machines[i].Count++
		}
	}
}

// list returns the machines in an order that does not depend on the listing's.
func (f *fleet) list() []profile.Machine {
	key := func(m profile.Machine) string {
		var parts []string
		for _, labels := range []map[string]string{m.Labels, m.Capacity} {
			for _, name := range slices.Sorted(maps.Keys(labels)) {
				parts = append(parts, name+"="+labels[name])
			}
		}
		return strings.Join(parts, ",")
	}
	slices.SortFunc(f.machines, func(a, b profile.Machine) int { return cmp.Compare(key(a), key(b)) })
	return f.machines
}

// domain reads below which name Services have theirs, from the settings of the
// DNS server that most clusters have, where these rights can see them.
func (c *Cloud) domain(ctx context.Context) (string, error) {
	k := c.known(configMapType)
	if k == nil {
		return "", nil
	}
	o, err := c.do(ctx, call{op: "read the DNS server's settings", path: k.path("v1", "kube-system", "coredns")})
	if isGone(err) || errors.Is(err, cloud.ErrForbidden) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return domainIn(text(o, "data", "Corefile")), nil
}

// domainIn finds the first zone that CoreDNS's plugin kubernetes has
// (coredns.io/plugins/kubernetes: `kubernetes [ZONES...]`).
func domainIn(corefile string) string {
	for line := range strings.Lines(corefile) {
		if words := strings.Fields(line); len(words) > 1 && words[0] == "kubernetes" && words[1] != "{" {
			return strings.TrimSuffix(words[1], ".")
		}
	}
	return ""
}

// readQuota reads the quotas of the project's namespaces:
// cluster.NAMESPACE.requests.storage. Quantities are rounded up to whole units
// (bytes, objects), processors to thousandths.
func (c *Cloud) readQuota(ctx context.Context, out map[string]profile.Quota, mu sync.Locker) error {
	k := c.known("core/ResourceQuota")
	if k == nil {
		return nil
	}
	return c.pages(ctx, k, url.Values{}, func(page []object) error {
		mu.Lock()
		defer mu.Unlock()
		for _, o := range page {
			if !c.isOurs(k, o) || value(o, "spec", "scopes") != nil || value(o, "spec", "scopeSelector") != nil {
				continue // a quota of some of the pods only is no limit for the others
			}
			used := texts(o, "status", "used")
			for name, limit := range texts(o, "spec", "hard") {
				key := "cluster." + text(o, "metadata", "namespace") + "." + name
				q := profile.Quota{Limit: amount(name, limit), Used: amount(name, used[name])}
				if have, ok := out[key]; !ok || q.Limit-q.Used < have.Limit-have.Used { // of two, the tighter one counts
					out[key] = q
				}
			}
		}
		return nil
	})
}

func amount(name, text string) int64 {
	q, err := quantity.ParseQuantity(cmp.Or(text, "0"))
	if err != nil {
		return 0
	}
	if name == "cpu" || strings.HasSuffix(name, ".cpu") {
		return q.MilliValue()
	}
	return q.Value()
}

// offered returns the types of what providers offer to be named.
func (c *Cloud) offered() []resource.Type {
	c.mu.RLock()
	defer c.mu.RUnlock()
	out := []resource.Type{storageClassType} // never empty, which would mean all
	for t, k := range c.kinds {
		if k.rule.given || isCustom(k.group) && !k.namespaced {
			out = append(out, t)
		}
	}
	return out
}
