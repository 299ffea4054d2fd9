package inventory

import (
	"slices"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// reach returns what belongs into the Set: all that was listed, or what the
// drill has made with what lies around it; and what any of that refers to.
//
// What refers to the drill's resources belongs to them (a rule that somebody
// added, a port on its network). What refers to a resource that the drill only
// uses does not: half of the project may use the default group. But what
// the drill's come after does: the router of a network that the drill found,
// without which a floating address of the drill's reaches nothing.
func (r *reading) reach() *resource.Set {
	w := &walk{reading: r, users: map[resource.Ref][]resource.Ref{}, in: map[resource.Ref]bool{}, ends: map[resource.Edge]map[resource.Ref][]resource.Ref{}}
	for _, x := range r.all() {
		for _, ref := range x.Refs() {
			w.users[ref] = append(w.users[ref], x.Ref)
		}
	}
	for i, x := range r.all() {
		if i < r.listed && (r.Drill == "" || r.Whole || r.isOurs(x)) {
			w.visit(x.Ref)
		}
	}
	set := resource.NewSet(r.schemas)
	for _, x := range r.all() {
		if w.in[x.Ref] {
			set.Put(x)
		}
	}
	return set
}

// isOurs reports whether the drill has made x, or the cloud has for it.
func (r *reading) isOurs(x *resource.Resource) bool {
	if x.Tenure == resource.Given {
		return false
	}
	if x.Owner.Drill == r.Drill {
		return true
	}
	if parent := r.nodes[x.Parent]; parent != nil {
		return r.isOurs(parent)
	}
	return false
}

// A walk goes from what is in to what belongs to it.
type walk struct {
	*reading
	users map[resource.Ref][]resource.Ref // who refers to it, children too
	in    map[resource.Ref]bool
	ends  map[resource.Edge]map[resource.Ref][]resource.Ref // by what they lead to: the project's own at the ends of edges
}

func (w *walk) visit(start resource.Ref) {
	for queue := []resource.Ref{start}; len(queue) > 0; {
		ref := queue[0]
		queue = queue[1:]
		if w.in[ref] {
			continue
		}
		w.in[ref] = true
		x := w.nodes[ref]
		queue = append(queue, x.Refs()...)
		if x.Tenure == resource.Given {
			continue
		}
		if w.isOurs(x) {
			queue = append(queue, w.before(x)...)
		}
		for _, user := range w.users[ref] {
			if w.isOurs(x) || w.nodes[user].Parent == ref {
				queue = append(queue, user)
			}
		}
	}
}

// before returns what x comes after by the edges of its type.
func (w *walk) before(x *resource.Resource) []resource.Ref {
	schema := w.schemas[x.Type]
	if schema == nil {
		return nil
	}
	var out []resource.Ref
	for _, e := range schema.After {
		for _, shared := range w.lead(x.Spec, e.Via.Steps()) {
			out = append(out, w.endsOf(e)[shared]...)
		}
	}
	return out
}

func (w *walk) endsOf(e resource.Edge) map[resource.Ref][]resource.Ref {
	if ends, ok := w.ends[e]; ok {
		return ends
	}
	ends := map[resource.Ref][]resource.Ref{}
	for _, ref := range w.order[:w.listed] {
		if x := w.nodes[ref]; x.Type == e.Type && x.Tenure == resource.Own {
			for _, shared := range w.lead(x.Spec, e.Of.Steps()) {
				ends[shared] = append(ends[shared], ref)
			}
		}
	}
	w.ends[e] = ends
	return ends
}

// lead returns where the steps lead from v. Where a step leads into a
// reference, it goes on in that resource.
func (w *walk) lead(v resource.Value, steps []any) []resource.Ref {
	ref, isRef := v.(resource.Ref)
	if len(steps) == 0 {
		if isRef {
			return []resource.Ref{ref}
		}
		return nil
	}
	if x := w.nodes[ref]; isRef && x != nil {
		v = x.Spec
	}
	var out []resource.Ref
	switch v := v.(type) {
	case map[string]resource.Value:
		if name, ok := steps[0].(string); ok {
			out = w.lead(v[name], steps[1:])
		}
	case []resource.Value:
		for i, item := range v {
			if slices.Contains([]any{resource.Any{}, i}, steps[0]) {
				out = append(out, w.lead(item, steps[1:])...)
			}
		}
	}
	return out
}
