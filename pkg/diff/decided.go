package diff

import (
	"maps"
	"slices"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// decided notes that the plan has decided on the property at p and that B is
// as it has decided. If B is otherwise, the decision explains nothing; but what
// the plan has left to the provider may be anything.
func (w *walker) decided(p resource.Path, x, y resource.Value) bool {
	for _, d := range w.decisions[w.a.Ref] {
		if d.Path != p || !w.covers(p, d.To, y) && !(d.To == nil && w.chosen(p)) {
			continue
		}
		if d.Effect != resource.Same || !resource.Equal(x, y) {
			w.mapped(p, x, y, d)
		}
		return true
	}
	return false
}

// decidedFacts notes what a plan has said about the facts of two things that
// providers give, and is so.
func (w *walker) decidedFacts() {
	for _, d := range w.decisions[w.a.Ref] {
		if d.Path == "" {
			continue
		}
		if now, _ := resource.Lookup(w.b.Spec, d.Path); resource.Equal(now, d.To) {
			w.mapped(d.Path, d.From, now, d)
		}
	}
}

func (w *walker) chosen(p resource.Path) bool {
	f, _ := w.schema.Field(p)
	return f.Chooser != "" && f.Chooser != resource.Tenant
}

// decidedItems takes out the items of a set that the plan has replaced or
// left out.
func (w *walker) decidedItems(item resource.Path, gone, come []resource.Value) (restGone, restCome []resource.Value) {
	for _, v := range gone {
		i := slices.IndexFunc(w.decisions[w.a.Ref], func(d resource.Decision) bool {
			return d.Path != "" && d.Path.Pattern() == item && resource.Equal(d.From, w.source(v))
		})
		if i < 0 {
			restGone = append(restGone, v)
			continue
		}
		d := w.decisions[w.a.Ref][i]
		j := slices.IndexFunc(come, func(o resource.Value) bool { return w.covers(item, d.To, o) })
		switch {
		case j >= 0:
			w.mapped(item, v, come[j], d)
			come = slices.Delete(slices.Clone(come), j, j+1)
		case d.To == nil:
			w.mapped(item, v, nil, d)
		default:
			restGone = append(restGone, v)
		}
	}
	return restGone, come
}

// covers reports whether y is what the decision wanted. A volume that the
// plan has added is asked for by its image and size and read back as a volume:
// then a decision about a part of y says which.
func (w *walker) covers(p resource.Path, to, y resource.Value) bool {
	steps := p.Steps()
	if name, ok := steps[0].(string); ok && len(steps) == 1 {
		to = w.schema.Canonical(map[string]resource.Value{name: to})[name]
	}
	if resource.Equal(to, y) {
		return true
	}
	if ref, ok := to.(resource.Ref); ok && slices.Contains(resource.Refs(y), ref) {
		return true
	}
	return slices.ContainsFunc(w.decisions[w.a.Ref], func(d resource.Decision) bool {
		inner := d.Path.Steps()
		if d.To == nil || len(inner) <= len(steps) || !slices.Equal(inner[:len(steps)], steps) {
			return false
		}
		v, ok := resource.Lookup(y, join("", inner[len(steps):]))
		return ok && resource.Equal(v, d.To)
	})
}

// references notes the references inside an equal value that are equal only
// because the plan has decided so.
func (w *walker) references(p resource.Path, v resource.Value) {
	for sub, leaf := range resource.Leaves(v) {
		ref, ok := leaf.(resource.Ref)
		if !ok {
			continue
		}
		from, known := w.back[ref]
		if !known {
			continue
		}
		for _, d := range w.decisions[from] {
			given := w.comparer.a.Get(from)
			if d.Path == "" && d.To == resource.Value(ref) && given != nil && given.Tenure == resource.Given && (d.Effect != resource.Same || from.Key != ref.Key) {
				w.mapped(join(p, sub.Steps()), ref, ref, d)
			}
		}
	}
}

// join returns the path of these steps below p.
func join(p resource.Path, steps []any) resource.Path {
	for _, step := range steps {
		switch s := step.(type) {
		case string:
			p = p.Field(s)
		case int:
			p = p.Index(s)
		}
	}
	return p
}

func (w *walker) mapped(p resource.Path, x, y resource.Value, d resource.Decision) {
	w.comparer.note(Change{Ref: w.a.Ref, Path: p, Verdict: Mapped, Source: w.source(x), Target: resource.Clone(y), Effect: d.Effect, Rule: d.Rule, Args: maps.Clone(d.Args)})
}
