package deploy

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// resolve returns r as a driver takes it: ids for references, values for
// attributes, text for joins. All that r refers to is there. An attribute that
// its resource does not have is a refusal of the property.
func (e *engine) resolve(ctx context.Context, r *resource.Resource) (*resource.Resource, error) {
	for _, ref := range r.Refs() {
		if e.at(ref) == nil {
			return nil, fmt.Errorf("plan: %s needs %s, which does not exist", r.Ref, ref)
		}
	}
	attrs, err := e.readAttrs(ctx, r)
	if err != nil {
		return nil, err
	}
	values := e.valuesFor(r.Type)
	out := r.Clone()
	out.Spec = resource.RewriteSpec(r.Spec, func(leaf resource.Value) resource.Value {
		switch leaf := leaf.(type) {
		case resource.Ref:
			return e.at(leaf).ID
		case resource.Attr:
			return attrs[leaf]
		case resource.Join:
			return join(leaf)
		case string:
			if value, ok := values[leaf]; ok {
				return value
			}
		}
		return leaf
	})
	if parent := e.at(r.Parent); parent != nil {
		out.Parent.Key = resource.Key(parent.ID)
	}
	return out, nil
}

// valuesFor are the values of Secrets, for a type that may hold some.
func (e *engine) valuesFor(t resource.Type) map[string]string {
	schema := e.set.Schema(t)
	if schema == nil || !slices.ContainsFunc(schema.Fields, func(f resource.Field) bool { return f.Secret }) {
		return nil
	}
	return e.Values
}

// readAttrs reads all attributes that r's properties name.
func (e *engine) readAttrs(ctx context.Context, r *resource.Resource) (map[resource.Attr]resource.Value, error) {
	out := map[resource.Attr]resource.Value{}
	for path, leaf := range resource.Leaves(r.Spec) {
		for _, attr := range attrsIn(leaf) {
			v, ok, err := e.readAttr(ctx, attr)
			if err != nil {
				return nil, err
			}
			if !ok {
				return nil, &cloud.OpError{Op: "create", Cloud: e.Plan.Cloud, Ref: r.Ref, Paths: []resource.Path{path},
					Message: fmt.Sprintf("%s has no attribute %s", attr.Ref, attr.Path), Err: cloud.ErrInvalid}
			}
			out[attr] = v
		}
	}
	return out, nil
}

func attrsIn(leaf resource.Value) []resource.Attr {
	var out []resource.Attr
	resource.Rewrite(leaf, func(v resource.Value) resource.Value {
		if attr, ok := v.(resource.Attr); ok {
			out = append(out, attr)
		}
		return v
	})
	return out
}

// readAttr reads one attribute: as last seen, else as listed at the next
// tick, for the answer to a creating request may lack what comes later.
func (e *engine) readAttr(ctx context.Context, attr resource.Attr) (resource.Value, bool, error) {
	live := e.at(attr.Ref)
	if v, ok := lookupAttr(live, attr.Path); ok {
		return v, true, nil
	}
	list, err := e.poll.whole(ctx, attr.Ref.Type)
	if err != nil {
		return nil, false, err
	}
	if found := byID(list, live.ID); found != nil {
		e.show(attr.Ref, found)
		v, ok := lookupAttr(found, attr.Path)
		return v, ok, nil
	}
	v, ok := resource.Lookup(e.set.Get(attr.Ref).Spec, attr.Path)
	return v, ok, nil
}

func lookupAttr(r *resource.Resource, p resource.Path) (resource.Value, bool) {
	if v, ok := resource.Lookup(r.Attrs, p); ok && v != nil {
		return v, true
	}
	v, ok := resource.Lookup(r.Spec, p)
	return v, ok && v != nil
}

// join makes one text of resolved parts.
func join(j resource.Join) string {
	parts := make([]string, 0, len(j.Parts))
	for _, part := range j.Parts {
		parts = append(parts, text(part))
	}
	return strings.Join(parts, j.Sep)
}

// text writes a value into a text, as Heat does: JSON unless it is text.
func text(v resource.Value) string {
	if s, ok := v.(string); ok {
		return s
	}
	data, err := resource.MarshalValue(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(data)
}

// covers reports whether have says all that want says: want may know less.
func covers(want, have resource.Value) bool {
	switch want := want.(type) {
	case nil:
		return true
	case map[string]resource.Value:
		h, ok := have.(map[string]resource.Value)
		for k, v := range want {
			ok = ok && covers(v, h[k])
		}
		return ok
	case []resource.Value:
		h, ok := have.([]resource.Value)
		return ok && len(want) == len(h) && !slices.ContainsFunc(want, func(w resource.Value) bool {
			return !slices.ContainsFunc(h, func(item resource.Value) bool { return covers(w, item) })
		})
	}
	return resource.Equal(want, have)
}
