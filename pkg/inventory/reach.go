package inventory

import "github.com/wechsel-project/wechsel/pkg/resource"

// reach returns what belongs into the Set: all that was listed, or what the
// drill has made with what lies around it; and what any of that refers to.
//
// What refers to the drill's resources belongs to them (a rule that somebody
// added, a port on its network). What refers to a resource that the drill only
// uses does not: half of the project may use the default group.
func (r *reading) reach() *resource.Set {
	w := &walk{reading: r, users: map[resource.Ref][]resource.Ref{}, in: map[resource.Ref]bool{}}
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
		for _, user := range w.users[ref] {
			if w.isOurs(x) || w.nodes[user].Parent == ref {
				queue = append(queue, user)
			}
		}
	}
}
