package drill

import (
	"context"
	"fmt"
	"slices"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/plan"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// withoutSecrets is the plan without the values that no file may have.
func withoutSecrets(p *plan.Plan) *plan.Plan {
	c := *p
	c.Set = p.Set.Clone()
	for r := range c.Set.All() {
		eachSecret(c.Set.Schema(r.Type), "", r.Spec, func(resource.Path, resource.Value) resource.Value { return "" })
	}
	return &c
}

// fillSecrets puts the values into the plan again: those of the workload, which
// is read anew whenever a drill goes on.
func fillSecrets(p *plan.Plan, workload *resource.Set) error {
	var err error
	for r := range p.Set.All() {
		from := workload.Get(r.Ref)
		eachSecret(p.Set.Schema(r.Type), "", r.Spec, func(at resource.Path, v resource.Value) resource.Value {
			if from == nil {
				err = fmt.Errorf("%s was in the scenario when the drill began, and is not now: put it back, or clean up and begin anew", r.Ref)
				return v
			}
			told, ok := resource.Lookup(from.Spec, at)
			if !ok {
				err = fmt.Errorf("%s had %s when the drill began, and has not now: put it back, or clean up and begin anew", r.Ref, at)
			}
			return told
		})
	}
	return err
}

// carried is the Set in which the Secrets are read whole whose values come along.
func carried(set *resource.Set, values map[string]string) *resource.Set {
	if len(values) == 0 {
		return set
	}
	out := resource.NewSet(set.Schemas)
	for r := range set.All() {
		known, secrets := true, 0
		eachSecret(set.Schema(r.Type), "", r.Clone().Spec, func(_ resource.Path, v resource.Value) resource.Value {
			text, _ := v.(string)
			_, ok := values[text]
			known, secrets = known && ok, secrets+1
			return v
		})
		if secrets > 0 && known {
			c := *r
			c.Unread = nil
			r = &c
		}
		out.Put(r)
	}
	return out
}

// recognize gives the values that the target has the texts that stand for them in
// the bundle: the two were hashed with different keys.
func (d *drill) recognize(ctx context.Context, set *resource.Set) error {
	types := secretTypes(set.Schemas)
	if len(d.values) == 0 || len(types) == 0 {
		return nil
	}
	for s, err := range d.To.Cloud.List(ctx, cloud.Selector{Types: types, Drill: d.ID, Secrets: true}) {
		if err != nil {
			return err
		}
		r, export := set.Get(resource.Ref{Type: s.Type, Key: s.Owner.Key}), d.export.Get(resource.Ref{Type: s.Type, Key: s.Owner.Key})
		if r == nil || export == nil {
			continue
		}
		eachSecret(set.Schema(r.Type), "", r.Spec, func(at resource.Path, v resource.Value) resource.Value {
			value, _ := resource.Lookup(s.Spec, at)
			told, _ := resource.Lookup(export.Spec, at)
			text, _ := told.(string)
			switch carried, ok := d.values[text]; {
			case !ok:
				return v
			case resource.Equal(value, carried):
				return told
			}
			return resource.Hashed + "another value"
		})
	}
	return nil
}

// secretTypes are the types that have secrets.
func secretTypes(schemas resource.Schemas) []resource.Type {
	var out []resource.Type
	for t, schema := range schemas {
		if slices.ContainsFunc(schema.Fields, func(f resource.Field) bool { return f.Secret }) {
			out = append(out, t)
		}
	}
	slices.Sort(out)
	return out
}

// eachSecret replaces what lies below v and is secret.
func eachSecret(schema *resource.Schema, p resource.Path, v resource.Value, f func(resource.Path, resource.Value) resource.Value) {
	m, ok := v.(map[string]resource.Value)
	if !ok {
		return
	}
	for name, inner := range m {
		at := p.Field(name)
		if field, _ := schema.Field(at); field.Secret {
			m[name] = f(at, inner)
			continue
		}
		eachSecret(schema, at, inner, f)
	}
}
