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
		schema := r.schemas[x.Type]
		x.Spec, _ = r.linkValue(schema, "", x.Spec).(map[string]resource.Value)
		if !x.Parent.IsZero() {
			x.Parent = r.lookup([]resource.Type{x.Parent.Type}, string(x.Parent.Key))
		}
		for i, ref := range x.After {
			x.After[i] = r.lookup([]resource.Type{ref.Type}, string(ref.Key))
		}
		if i >= r.listed || schema == nil {
			continue
		}
		x.Spec = schema.Canonical(x.Spec)
		x.Unread = unread(schema, x)
	}
}

// linkValue is v, which lies at p, with references for ids. An empty id
// refers to nothing. A driver's own reference has the id for a key.
func (r *reading) linkValue(schema *resource.Schema, p resource.Path, v resource.Value) resource.Value {
	switch v := v.(type) {
	case map[string]resource.Value:
		if v == nil {
			return v
		}
		out := make(map[string]resource.Value, len(v))
		for k, item := range v {
			out[k] = r.linkValue(schema, p.Field(k), item)
		}
		return out
	case []resource.Value:
		out := make([]resource.Value, len(v))
		for i, item := range v {
			out[i] = r.linkValue(schema, p.Index(i), item)
		}
		return out
	case resource.Ref:
		return r.lookup([]resource.Type{v.Type}, string(v.Key))
	case string:
		field, _ := schema.Field(p)
		if len(field.Refers) == 0 {
			return v
		}
		if v == "" {
			return nil
		}
		return r.lookup(field.Refers, v)
	}
	return v
}

// lookup returns what the id of one of these types leads to. What leads
// nowhere is Given: it is not the project's, and cannot be described.
func (r *reading) lookup(types []resource.Type, id string) resource.Ref {
	for _, t := range types {
		if ref, ok := r.refs[object{t, id}]; ok {
			return ref
		}
	}
	r.add("u", []*resource.Resource{r.unseen(types[0], id)})
	return r.refs[object{types[0], id}]
}

// unseen is what the project refers to and cannot see. Where ids are names, the
// name is known all the same: in Kubernetes it is NAMESPACE/NAME, or NAME.
func (r *reading) unseen(t resource.Type, id string) *resource.Resource {
	x := &resource.Resource{Ref: resource.Ref{Type: t}, Name: Unknown, Tenure: resource.Given, State: resource.Ready, ID: id,
		Why: "the project refers to it and cannot see it"}
	if schema := r.schemas[t]; schema != nil && schema.Named {
		x.Scope, x.Name = path.Split(id)
		x.Scope = strings.TrimSuffix(x.Scope, "/")
	}
	return x
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
