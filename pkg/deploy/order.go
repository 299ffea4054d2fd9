package deploy

import (
	"cmp"
	"slices"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// unused returns those of mine that may go now: nothing that is still there
// uses them, and nobody has asked yet. What was used until now is looked at once
// more, for it may have gone with its user: lists are not of one moment. If all
// that is left uses each other, all of it is tried.
func (r *remover) unused() []*resource.Resource {
	used := map[thing]bool{}
	ends := r.edgeEnds()
	for at, x := range r.mine {
		for _, need := range r.needs(x, ends) {
			if need != at {
				used[need] = true
			}
		}
	}
	var free, rest []*resource.Resource
	waiting := false
	for at, x := range r.mine {
		switch {
		case r.asked[at]:
			waiting = true
		case x.Tenure == resource.Implied: // goes with its parent
		case used[at]:
			rest = append(rest, x)
		case r.used[at]:
			waiting = true
		default:
			free = append(free, x)
		}
	}
	r.used = used
	if len(free) == 0 && !waiting {
		free = rest
	}
	slices.SortFunc(free, func(a, b *resource.Resource) int {
		return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.ID, b.ID))
	})
	return free
}

// needs returns what x uses, as listed: what it refers to, what it comes after
// by an edge of its schema, and its parent, unless the parent brings x with it.
func (r *remover) needs(x *resource.Resource, ends map[idEnd][]thing) []thing {
	var out []thing
	schema := r.schemas[x.Type]
	for p, v := range resource.Leaves(x.Spec) {
		id, ok := v.(string)
		field, _ := schema.Field(p)
		if !ok || id == "" {
			continue
		}
		for _, t := range field.Refers {
			out = append(out, thing{t, id})
		}
	}
	if x.Tenure != resource.Implied && !x.Parent.IsZero() {
		out = append(out, thing{x.Parent.Type, string(x.Parent.Key)})
	}
	if schema == nil {
		return out
	}
	for _, edge := range schema.After {
		for _, id := range idsAt(x.Spec, edge.Via) {
			out = append(out, ends[idEnd{edge.Type, edge.Of, id}]...)
		}
	}
	return out
}

// An idEnd is where an edge of a schema ends among things that are listed: at
// those of a type that have this id at a path.
type idEnd struct {
	Type resource.Type
	Of   resource.Path
	ID   string
}

func (r *remover) edgeEnds() map[idEnd][]thing {
	out := map[idEnd][]thing{}
	paths := edgePaths(r.schemas)
	for at, x := range r.mine {
		for _, of := range paths[at.Type] {
			for _, id := range idsAt(x.Spec, of) {
				end := idEnd{at.Type, of, id}
				out[end] = append(out[end], at)
			}
		}
	}
	return out
}

// idsAt returns the ids at the paths that the pattern stands for.
func idsAt(spec map[string]resource.Value, pattern resource.Path) []string {
	var out []string
	for p, v := range resource.Leaves(spec) {
		if id, ok := v.(string); ok && id != "" && p.Matches(pattern) {
			out = append(out, id)
		}
	}
	return out
}
