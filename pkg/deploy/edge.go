package deploy

import (
	"slices"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// edgeEnds tells where the edges of schemas end: for a type and a path, which
// resources refer there to what.
type edgeEnds map[edgeEnd][]resource.Ref

type edgeEnd struct {
	Type resource.Type
	Of   resource.Path
	To   resource.Ref
}

// findEdges finds the ends of all edges among the set's own resources.
func findEdges(set *resource.Set) edgeEnds {
	paths := edgePaths(set.Schemas)
	out := edgeEnds{}
	for r := range set.All() {
		if r.Tenure != resource.Own {
			continue
		}
		for _, of := range paths[r.Type] {
			for _, to := range refsAt(r.Spec, of) {
				end := edgeEnd{r.Type, of, to}
				out[end] = append(out[end], r.Ref)
			}
		}
	}
	return out
}

// edgePaths returns where edges end, by the type at their end.
func edgePaths(schemas resource.Schemas) map[resource.Type][]resource.Path {
	out := map[resource.Type][]resource.Path{}
	for _, schema := range schemas {
		for _, edge := range schema.After {
			if !slices.Contains(out[edge.Type], edge.Of) {
				out[edge.Type] = append(out[edge.Type], edge.Of)
			}
		}
	}
	return out
}

// before returns what r comes after by the edges of its schema.
func (ends edgeEnds) before(schema *resource.Schema, r *resource.Resource) []resource.Ref {
	if schema == nil {
		return nil
	}
	var out []resource.Ref
	for _, edge := range schema.After {
		for _, ref := range refsAt(r.Spec, edge.Via) {
			out = append(out, ends[edgeEnd{edge.Type, edge.Of, ref}]...)
		}
	}
	return out
}

// refsAt returns the references at the paths that the pattern stands for.
func refsAt(spec map[string]resource.Value, pattern resource.Path) []resource.Ref {
	var out []resource.Ref
	for p, v := range resource.Leaves(spec) {
		if p.Matches(pattern) {
			out = append(out, resource.Refs(v)...)
		}
	}
	return out
}
