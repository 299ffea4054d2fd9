package kubernetes

import (
	"context"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// A family tells what of a kind the cluster has made for other objects and
// leaves in nobody's hands: the claims of StatefulSets, and the account that
// every namespace gets.
type family struct {
	parent  resource.Type
	parents map[string]string // by id of the child, claims without their number
	name    func(*resource.Resource) string
	only    url.Values // how to ask for children alone
}

// family reads whose children the objects of the kind may be.
func (c *Cloud) family(ctx context.Context, k *kind, selector cloud.Selector) (*family, error) {
	if selector.States {
		return nil, nil
	}
	switch k.Type {
	case claimType:
		f := &family{parent: statefulSetType, parents: map[string]string{}, name: withoutNumber}
		return f, c.collect(ctx, f, selector, func(o object) {
			namespace, name := text(o, "metadata", "namespace"), text(o, "metadata", "name")
			for _, template := range objects(o, "spec", "volumeClaimTemplates") {
				f.parents[id(namespace, text(template, "metadata", "name")+"-"+name)] = id(namespace, name)
			}
		})
	case volumeType:
		return c.ofClaims(ctx, selector)
	case accountType:
		f := &family{parent: namespaceType, parents: map[string]string{}, name: func(r *resource.Resource) string { return r.ID }, only: url.Values{"fieldSelector": {"metadata.name=default"}}}
		return f, c.collect(ctx, f, selector, func(o object) {
			name := text(o, "metadata", "name")
			f.parents[id(name, "default")] = name
			if isSystem(name) { // it is in no workload
				f.parents[id(name, "default")] = ""
			}
		})
	}
	return nil, nil
}

// collect hands over the possible parents.
func (c *Cloud) collect(ctx context.Context, f *family, selector cloud.Selector, hand func(object)) error {
	k := c.known(f.parent)
	if k == nil {
		return nil
	}
	return c.pages(ctx, k, marked(selector), func(page []object) error {
		for _, o := range page {
			if c.isOurs(k, o) {
				hand(o)
			}
		}
		return nil
	})
}

// marked is the query for what carries the drill's mark.
func marked(selector cloud.Selector) url.Values {
	if selector.Drill == "" {
		return url.Values{}
	}
	return url.Values{"labelSelector": {markLabel + "=" + selector.Drill}}
}

// queries returns what to ask for: what is marked, and children of what is.
func (f *family) queries(selector cloud.Selector) []url.Values {
	out := []url.Values{marked(selector)}
	if f != nil && selector.Drill != "" && len(f.parents) > 0 {
		children := maps.Clone(f.only)
		if children == nil {
			children = url.Values{}
		}
		children.Set("labelSelector", "!"+markLabel)
		out = append(out, children)
	}
	return out
}

// adopt tells of a child that it is one.
func (f *family) adopt(r *resource.Resource) {
	if f == nil || f.name == nil || !r.Owner.IsZero() {
		return
	}
	if parent, ok := f.parents[f.name(r)]; ok {
		r.Tenure = resource.Implied
		if parent != "" {
			r.Parent = resource.Ref{Type: f.parent, Key: resource.Key(parent)}
		}
	}
}

// withoutNumber returns the id of a claim without the number of its pod.
func withoutNumber(r *resource.Resource) string {
	i := strings.LastIndexByte(r.ID, '-')
	if i < 0 || strings.Trim(r.ID[i+1:], "0123456789") != "" {
		return ""
	}
	return r.ID[:i]
}

// isMadeByOthers: objects of these types are mostly made by controllers.
func isMadeByOthers(t resource.Type) bool {
	return slices.Contains([]resource.Type{podType, replicaSetType, "batch/Job"}, t)
}

// hasOwn reports whether any object of the kind is nobody's, by their metadata
// alone: so what controllers make is not read whole.
func (c *Cloud) hasOwn(ctx context.Context, k *kind, selector cloud.Selector) (bool, error) {
	if selector.Drill != "" {
		return true, nil // its mark is on nothing that a controller has made
	}
	some := false
	err := c.pages(ctx, k, url.Values{accepting: {metadataOnly}}, func(page []object) error {
		for _, o := range page {
			switch by := controller(o); {
			case !c.isOurs(k, o):
			case by == "":
				some = true
			default:
				k.omit(selector, o, madeBy+by)
			}
		}
		return nil
	})
	return some, err
}
