package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

func stepID(a Action, ref resource.Ref) string { return string(a) + ":" + ref.String() }

// steps returns a step for every Own resource, and those that carry bytes.
func (b *builder) steps() []Step {
	temporary := map[resource.Ref]bool{}
	for _, s := range b.extra {
		temporary[s.Ref] = temporary[s.Ref] || s.Action == Delete
	}
	out := slices.Clone(b.extra)
	for r := range b.out.All() {
		if r.Tenure == resource.Own {
			out = append(out, Step{ID: stepID(Create, r.Ref), Action: Create, Ref: r.Ref, Temporary: temporary[r.Ref]})
		}
	}
	return out
}

// order adds to every step what it comes after, by references, parents and the
// schemas' edges, and its locks; and sorts: what comes first stands first,
// and among equals the ids decide.
func order(set *resource.Set, steps []Step) ([]Step, error) {
	o := &orderer{set: set, creates: map[resource.Ref]bool{}, uploads: map[resource.Ref]bool{}, edges: map[resource.Edge]map[string][]resource.Ref{}}
	for _, s := range steps {
		o.creates[s.Ref] = o.creates[s.Ref] || s.Action == Create
		o.uploads[s.Ref] = o.uploads[s.Ref] || s.Action == Upload
	}
	for i := range steps {
		s := &steps[i]
		if s.Action == Create {
			s.After = append(s.After, o.after(set.Get(s.Ref))...)
			s.Exclusive = o.locks(set.Get(s.Ref))
		}
		slices.Sort(s.After)
		s.After = slices.Compact(s.After)
	}
	return sorted(steps)
}

type orderer struct {
	set     *resource.Set
	creates map[resource.Ref]bool
	uploads map[resource.Ref]bool
	edges   map[resource.Edge]map[string][]resource.Ref // what has the value at Of, of an edge's type
}

// after returns the steps that make what r needs.
func (o *orderer) after(r *resource.Resource) []string {
	var out []string
	add := func(ref resource.Ref) {
		if id := o.maker(ref); id != "" && id != stepID(Create, r.Ref) {
			out = append(out, id)
		}
	}
	for _, ref := range slices.Concat(r.Refs(), r.After) {
		add(ref)
	}
	schema := o.set.Schema(r.Type)
	if schema == nil {
		return out
	}
	for _, e := range schema.After {
		if e.Via == "" { // after all of that type
			for _, ref := range o.having(e)[""] {
				add(ref)
			}
			continue
		}
		for _, v := range find(o.set, r.Spec, e.Via) {
			for _, ref := range o.having(e)[valueKey(v.value)] {
				add(ref)
			}
		}
	}
	return out
}

// maker returns the step after which ref can be used: an image when its bytes
// are there, what the cloud makes when its parent is there, and nothing for
// what is there already.
func (o *orderer) maker(ref resource.Ref) string {
	for r := o.set.Get(ref); r != nil; r = o.set.Get(r.Parent) {
		switch {
		case o.uploads[r.Ref]:
			return stepID(Upload, r.Ref)
		case o.creates[r.Ref]:
			return stepID(Create, r.Ref)
		case r.Tenure != resource.Implied:
			return ""
		}
	}
	return ""
}

// having returns the resources of the edge's type by their values at Of.
func (o *orderer) having(e resource.Edge) map[string][]resource.Ref {
	e.Via = ""
	if index, ok := o.edges[e]; ok {
		return index
	}
	index := map[string][]resource.Ref{}
	for r := range o.set.OfType(e.Type) {
		if e.Of == "" {
			index[""] = append(index[""], r.Ref)
			continue
		}
		for _, v := range find(o.set, r.Spec, e.Of) {
			key := valueKey(v.value)
			index[key] = append(index[key], r.Ref)
		}
	}
	o.edges[e] = index
	return index
}

func valueKey(v resource.Value) string {
	if ref, ok := v.(resource.Ref); ok {
		return ref.String()
	}
	data, err := resource.MarshalValue(v)
	if err != nil {
		return err.Error()
	}
	return string(data)
}

// locks names what a step must have for itself.
func (o *orderer) locks(r *resource.Resource) []string {
	schema := o.set.Schema(r.Type)
	if schema == nil {
		return nil
	}
	var out []string
	for _, p := range schema.Exclusive {
		for _, v := range find(o.set, r.Spec, p) {
			if ref, ok := v.value.(resource.Ref); ok {
				out = append(out, ref.String())
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// sorted orders topologically, level by level; an error names a circle.
func sorted(steps []Step) ([]Step, error) {
	open, next, byID := map[string]int{}, map[string][]string{}, map[string]Step{}
	for _, s := range steps {
		open[s.ID], byID[s.ID] = len(s.After), s
		for _, id := range s.After {
			next[id] = append(next[id], s.ID)
		}
	}
	var out []Step
	var level []string
	for id, n := range open {
		if n == 0 {
			level = append(level, id)
		}
	}
	for len(level) > 0 {
		slices.Sort(level)
		var following []string
		for _, id := range level {
			out = append(out, byID[id])
			delete(open, id)
			for _, later := range next[id] {
				if open[later]--; open[later] == 0 {
					following = append(following, later)
				}
			}
		}
		level = following
	}
	if len(open) > 0 {
		return nil, fmt.Errorf("these refer to each other in a circle: %s", strings.Join(slices.Sorted(maps.Keys(open)), ", "))
	}
	return out, nil
}
