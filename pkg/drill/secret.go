package drill

import (
	"fmt"
	"slices"

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
