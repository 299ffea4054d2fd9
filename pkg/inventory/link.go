package inventory

import (
	"path"
	"slices"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// Unknown is the name of what an id leads to that the project cannot see.
const Unknown = "unknown"

// link turns ids into references and brings everything that was listed into
// canonical form.
func (r *reading) link() {
	for i, x := range r.all() {
		l := linker{r.schemas[x.Type], r.lookup}
		l.link(x)
		if i < r.listed {
			l.canonical(x)
		}
	}
}

// A linker turns ids into references, in the resources of one type.
type linker struct {
	schema *resource.Schema
	lookup func(from *resource.Schema, types []resource.Type, id string) resource.Ref
}

func (l linker) link(x *resource.Resource) {
	x.Spec, _ = l.value(l.schema.Whole(), x.Spec).(map[string]resource.Value)
	if !x.Parent.IsZero() {
		x.Parent = l.lookup(l.schema, []resource.Type{x.Parent.Type}, string(x.Parent.Key))
	}
	for i, ref := range x.After {
		x.After[i] = l.lookup(l.schema, []resource.Type{ref.Type}, string(ref.Key))
	}
}

// canonical brings what was listed into the form in which it is compared.
func (l linker) canonical(x *resource.Resource) {
	if l.schema != nil {
		x.Spec = l.schema.Canonical(x.Spec)
		x.Unread = unread(l.schema, x)
	}
}

// value is v, which lies there, with references for ids. An empty id refers to
// nothing; where what is empty is a value (Empties), it stays, for a claim that
// names an empty class wants none, and one that names no class gets the default. A driver's own reference has the id for a key.
func (l linker) value(at resource.Place, v resource.Value) resource.Value {
	switch v := v.(type) {
	case map[string]resource.Value:
		if v == nil {
			return v
		}
		out := make(map[string]resource.Value, len(v))
		for k, item := range v {
			out[k] = l.value(at.Entry(k), item)
		}
		return out
	case []resource.Value:
		out := make([]resource.Value, len(v))
		for i, item := range v {
			out[i] = l.value(at.Index(i), item)
		}
		return out
	case resource.Ref:
		return l.lookup(l.schema, []resource.Type{v.Type}, string(v.Key))
	case string:
		field, _ := at.Field()
		if len(field.Refers) == 0 {
			return v
		}
		if v == "" && l.schema.Empties {
			return v
		}
		if v == "" {
			return nil
		}
		return l.lookup(l.schema, field.Refers, v)
	}
	return v
}

// lookup returns what the id of one of these types leads to. What leads
// nowhere is Given: it is not the project's, and cannot be described.
func (r *reading) lookup(from *resource.Schema, types []resource.Type, id string) resource.Ref {
	for _, t := range types {
		if ref, ok := r.refs[object{t, id}]; ok {
			return ref
		}
	}
	isNamed := from != nil && from.Named || isNamed(r.schemas[types[0]])
	r.add("u", []*resource.Resource{unseen(types[0], id, isNamed)})
	ref := r.refs[object{types[0], id}]
	r.named[ref] = isNamed
	return ref
}

func isNamed(s *resource.Schema) bool { return s != nil && s.Named }

// unseen is what the project refers to and cannot see. Where ids are names, the
// name is known all the same: in Kubernetes it is NAMESPACE/NAME, or NAME.
func unseen(t resource.Type, id string, isNamed bool) *resource.Resource {
	x := &resource.Resource{Ref: resource.Ref{Type: t}, Name: Unknown, Tenure: resource.Given, State: resource.Ready, ID: id,
		Why: "the project refers to it and cannot see it"}
	if isNamed {
		x.Scope, x.Name = split(id)
	}
	return x
}

// split takes the id of what is Named apart.
func split(id string) (scope, name string) {
	scope, name = path.Split(id)
	return strings.TrimSuffix(scope, "/"), name
}

// unread returns the paths of what may be there and cannot be read.
func unread(schema *resource.Schema, x *resource.Resource) []resource.Path {
	out := slices.Clone(x.Unread)
	for _, f := range schema.Fields {
		if _, ok := resource.Lookup(x.Spec, f.Path); f.Hidden && !ok && !slices.Contains(out, f.Path) {
			out = append(out, f.Path)
		}
	}
	slices.Sort(out)
	return out
}
