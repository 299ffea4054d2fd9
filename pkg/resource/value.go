package resource

import (
	"maps"
	"slices"
)

// Clone returns a copy of v that shares nothing with it.
func Clone(v Value) Value {
	return Rewrite(v, func(leaf Value) Value { return leaf })
}

// Rewrite returns a copy of v in which every leaf (all that is neither list
// nor map, so also Ref, Attr and Join) is what f makes of it.
func Rewrite(v Value, f func(Value) Value) Value {
	switch v := v.(type) {
	case map[string]Value:
		return RewriteSpec(v, f)
	case []Value:
		out := make([]Value, len(v))
		for i, item := range v {
			out[i] = Rewrite(item, f)
		}
		return out
	case Join:
		parts, _ := Rewrite(v.Parts, f).([]Value)
		return f(Join{Sep: v.Sep, Parts: parts})
	}
	return f(v)
}

// RewriteSpec is Rewrite for a Spec; nil stays nil.
func RewriteSpec(spec map[string]Value, f func(Value) Value) map[string]Value {
	if spec == nil {
		return nil
	}
	out := make(map[string]Value, len(spec))
	for k, item := range spec {
		out[k] = Rewrite(item, f)
	}
	return out
}

// Refs returns the resources that v refers to, by Ref or by Attr, sorted and
// each once.
func Refs(v Value) []Ref {
	found := map[Ref]bool{}
	Rewrite(v, func(leaf Value) Value {
		switch leaf := leaf.(type) {
		case Ref:
			found[leaf] = true
		case Attr:
			found[leaf.Ref] = true
		}
		return leaf
	})
	return slices.SortedFunc(maps.Keys(found), Ref.Compare)
}

// Refs returns what r refers to in its Spec, and its Parent, sorted.
func (r *Resource) Refs() []Ref {
	refs := Refs(r.Spec)
	if !r.Parent.IsZero() {
		refs = append(refs, r.Parent)
	}
	slices.SortFunc(refs, Ref.Compare)
	return slices.Compact(refs)
}

// Clone returns a copy that shares nothing with r.
func (r *Resource) Clone() *Resource {
	c := *r
	same := func(v Value) Value { return v }
	c.Spec, c.Attrs = RewriteSpec(r.Spec, same), RewriteSpec(r.Attrs, same)
	c.DerivedFrom, c.After, c.Unread = slices.Clone(r.DerivedFrom), slices.Clone(r.After), slices.Clone(r.Unread)
	if r.Content != nil {
		content := *r.Content
		c.Content = &content
	}
	return &c
}
