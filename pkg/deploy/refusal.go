package deploy

import (
	"slices"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// signal tells of a refusal. What concerns a resource that only the plan
// needed is told of the one for which it was added.
func (t *task) signal(code string, op *cloud.OpError, path resource.Path, effect resource.Effect) gap.Signal {
	s := gap.Signal{Seen: gap.Refusal, Code: code, Ref: t.step.Ref, Path: path, Effect: effect, Cloud: t.Plan.Cloud,
		Status: op.Status, Message: op.Message, Request: op.RequestID}
	if s.Message == "" {
		s.Message = op.Error()
	}
	if t.temps[s.Ref] && len(t.want.DerivedFrom) > 0 {
		s.Ref = t.want.DerivedFrom[0]
	}
	s.Source = t.plannedAt(t.step.Ref, path)
	return s
}

// plannedAt returns what the plan says at path.
func (e *engine) plannedAt(ref resource.Ref, path resource.Path) resource.Value {
	r := e.set.Get(ref)
	if path == "" || r == nil {
		return nil
	}
	v, _ := resource.Lookup(r.Spec, path)
	return v
}

// dropped takes out of t.want the properties that op names and that the
// schema lets go, and returns a signal for each. What was the provider's to
// choose anyway is as good without.
func (t *task) dropped(code string, op *cloud.OpError) []gap.Signal {
	var out []gap.Signal
	schema := t.set.Schema(t.step.Ref.Type)
	for _, path := range t.presentPaths(op.Paths) {
		field, _ := schema.Field(path)
		spec, ok := without(t.want.Spec, path)
		if !ok || field.Required || emptiesRequired(schema, spec, path) {
			continue
		}
		effect := resource.Degraded
		if field.Chooser == resource.Provider || field.Chooser == resource.Either {
			effect = resource.Adapted
		}
		t.want.Spec = spec
		out = append(out, t.signal(code, op, path, effect))
	}
	return out
}

// presentPaths returns the paths of t.want.Spec that these, which may be
// patterns, stand for; of a list the last item first, so that dropping one
// leaves the others where they are.
func (t *task) presentPaths(paths []resource.Path) []resource.Path {
	var out []resource.Path
	add := func(p resource.Path) {
		if !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	for _, want := range paths {
		if _, ok := resource.Lookup(t.want.Spec, want); ok {
			add(want)
			continue
		}
		depth := len(want.Steps())
		for p := range resource.Leaves(t.want.Spec) {
			if head := prefix(p, depth); head.Matches(want) {
				add(head)
			}
		}
	}
	slices.Reverse(out)
	return out
}

// prefix returns the first steps of p.
func prefix(p resource.Path, depth int) resource.Path {
	var out resource.Path
	for i, step := range p.Steps() {
		if i == depth {
			break
		}
		switch step := step.(type) {
		case string:
			out = out.Field(step)
		case int:
			out = out.Index(step)
		}
	}
	return out
}

// emptiesRequired reports whether the list at path's parent must not be empty
// and now is.
func emptiesRequired(schema *resource.Schema, spec map[string]resource.Value, path resource.Path) bool {
	steps := path.Steps()
	if _, ok := steps[len(steps)-1].(int); !ok {
		return false
	}
	parent := prefix(path, len(steps)-1)
	field, _ := schema.Field(parent)
	list, _ := resource.Lookup(spec, parent)
	items, _ := list.([]resource.Value)
	return field.Required && len(items) == 0
}

// without returns spec less what is at path, and whether that was there. It
// shares with spec what is not on the path.
func without(spec map[string]resource.Value, path resource.Path) (map[string]resource.Value, bool) {
	steps := path.Steps()
	if len(steps) == 0 {
		return spec, false
	}
	if _, ok := resource.Lookup(spec, path); !ok {
		return spec, false
	}
	out, _ := cut(spec, steps).(map[string]resource.Value)
	return out, true
}

func cut(v resource.Value, steps []any) resource.Value {
	switch v := v.(type) {
	case map[string]resource.Value:
		name, _ := steps[0].(string)
		out := make(map[string]resource.Value, len(v))
		for k, item := range v {
			if k != name {
				out[k] = item
			} else if len(steps) > 1 {
				out[k] = cut(item, steps[1:])
			}
		}
		return out
	case []resource.Value:
		i, _ := steps[0].(int)
		if len(steps) == 1 {
			return slices.Concat(v[:i], v[i+1:])
		}
		out := slices.Clone(v)
		out[i] = cut(v[i], steps[1:])
		return out
	}
	return v
}
