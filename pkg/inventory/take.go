package inventory

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// Options say what of a project to read. The zero Options read all of it.
type Options struct {
	// Drill limits the inventory to what the drill has made, what that refers
	// to, and what refers to that; keys come from its marks.
	Drill string
	// Whole lifts the limit: everything in the project, with the drill's keys.
	Whole bool
	// Keys are known keys by id, of a deployment's result.
	Keys map[string]resource.Ref
	// Catalogue has the facts of what is Given; nil: none are known.
	Catalogue *profile.Catalogue
	// Omit is told of what is there and is not listed; see [cloud.Selector].
	Omit func(*resource.Resource)
}

// Take reads the project. The Set is canonical, its references all lead
// somewhere, and it is the same in whatever order the driver lists.
// ID and Owner are set in memory and are never written to a file.
func Take(ctx context.Context, c cloud.Reader, o Options) (*resource.Set, error) {
	r := &reading{Options: o, schemas: c.Schemas(), refs: map[object]resource.Ref{}, nodes: map[resource.Ref]*resource.Resource{}, named: map[resource.Ref]bool{}}
	var listed []*resource.Resource
	for x, err := range c.List(ctx, cloud.Selector{Omit: o.Omit}) {
		if err != nil {
			return nil, fmt.Errorf("take inventory: %w", err)
		}
		listed = append(listed, x.Clone())
	}
	r.add("r", listed)
	r.listed = len(r.order)
	if o.Catalogue != nil {
		r.add("g", cloud.Given(*o.Catalogue))
	}
	r.link()
	set := r.name(r.reach())
	if err := set.Check(); err != nil {
		return nil, fmt.Errorf("take inventory: %w", err)
	}
	return set, nil
}

// An object is how a cloud tells its resources apart.
type object struct {
	Type resource.Type
	ID   string
}

// A reading is an inventory in the making. Until the end, every resource goes
// by a temporary key.
type reading struct {
	Options
	schemas resource.Schemas
	refs    map[object]resource.Ref
	nodes   map[resource.Ref]*resource.Resource
	named   map[resource.Ref]bool // of what nobody can see: whether the id is its name
	order   []resource.Ref        // of nodes: by type and id, what was listed first
	listed  int                   // how many of order were listed
}

// add takes resources in, in an order that does not depend on the listing's.
// What is there already stays.
func (r *reading) add(prefix string, list []*resource.Resource) {
	slices.SortStableFunc(list, func(a, b *resource.Resource) int {
		return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.ID, b.ID))
	})
	for _, x := range list {
		o := object{x.Type, x.ID}
		if _, known := r.refs[o]; known {
			continue
		}
		x.Key = resource.Key(fmt.Sprintf("%s%08d", prefix, len(r.order)))
		r.refs[o] = x.Ref
		r.nodes[x.Ref] = x
		r.order = append(r.order, x.Ref)
	}
}

// all returns the nodes in order.
func (r *reading) all() []*resource.Resource {
	out := make([]*resource.Resource, 0, len(r.order))
	for _, ref := range r.order {
		out = append(out, r.nodes[ref])
	}
	return out
}
