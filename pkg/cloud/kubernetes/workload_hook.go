package kubernetes

import (
	"slices"
	"strconv"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// orderHooks gives the resources of a chart the order in which Helm installs
// them: the hooks before the installation by their weight, what is no hook, the
// hooks after it. A hook after the installation does not wait until pods run,
// since they may wait for the hook. What a hook refers to comes before it all
// the same.
func (w *workload) orderHooks(chart []*resource.Resource) {
	g := &hooks{to: map[resource.Ref][]resource.Ref{}}
	var before, after, rest []*resource.Resource
	for _, r := range chart {
		ref := resource.Ref{Type: r.Type, Key: resource.Key(r.ID)}
		g.to[ref] = w.kinds[r.Type].leads(r.Spec)
		switch hook := text(r.Spec, "metadata", "annotations", hookAnnotation); {
		case runsAt(hook, preInstall):
			before = append(before, r)
		case hook != "":
			after = append(after, r)
		default:
			rest = append(rest, r)
		}
	}
	g.byWeight(before)
	g.byWeight(after)
	for _, r := range rest {
		for _, hook := range before {
			g.order(r, hook)
		}
	}
	for _, hook := range after {
		for _, r := range slices.Concat(before, rest) {
			if _, runs := pods()[r.Type]; (!runs || slices.Contains(before, r)) && r.Type != claimType {
				g.order(hook, r)
			}
		}
	}
}

// hooks are the resources of a chart, and what each comes after.
type hooks struct {
	to map[resource.Ref][]resource.Ref
}

// byWeight orders hooks of one event.
func (g *hooks) byWeight(list []*resource.Resource) {
	for _, r := range list {
		for _, other := range list {
			if weight(other) < weight(r) {
				g.order(r, other)
			}
		}
	}
}

// weight is 0 where the hook tells none, or one that is no number.
func weight(r *resource.Resource) int {
	n, err := strconv.Atoi(text(r.Spec, "metadata", "annotations", weightAnnotation))
	if err != nil {
		return 0
	}
	return n
}

// order lets r come after first, unless that waits for r.
func (g *hooks) order(r, first *resource.Resource) {
	from, to := resource.Ref{Type: first.Type, Key: resource.Key(first.ID)}, resource.Ref{Type: r.Type, Key: resource.Key(r.ID)}
	if g.reaches(from, to) {
		return
	}
	g.to[to] = append(g.to[to], from)
	r.After = append(r.After, from)
}

func (g *hooks) reaches(from, to resource.Ref) bool {
	seen := map[resource.Ref]bool{}
	for queue := []resource.Ref{from}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		if at == to {
			return true
		}
		if !seen[at] {
			seen[at] = true
			queue = append(queue, g.to[at]...)
		}
	}
	return false
}
