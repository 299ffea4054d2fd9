package deploy

import (
	"slices"

	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/plan"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// at returns the resource as the cloud last showed it, or nil if it is not
// there. The result must not be changed.
func (e *engine) at(ref resource.Ref) *resource.Resource {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.live[ref]
}

// show records how the cloud shows the resource.
func (e *engine) show(ref resource.Ref, live *resource.Resource) {
	c := live.Clone()
	c.Ref = ref
	e.mu.Lock()
	defer e.mu.Unlock()
	e.live[ref] = c
}

func (e *engine) hide(ref resource.Ref) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.live, ref)
}

// A thing is how a cloud tells its objects apart.
type thing struct {
	Type resource.Type
	ID   string
}

// known returns the objects that belong to a resource of the set.
func (e *engine) known() map[thing]bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	out := make(map[thing]bool, len(e.live))
	for ref, live := range e.live {
		out[thing{ref.Type, live.ID}] = true
	}
	return out
}

// conclude records the outcome of a step for its resource. Of several steps
// the worst counts.
func (e *engine) conclude(s plan.Step, outcome Outcome, signals []gap.Signal) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.signals = append(e.signals, signals...)
	if outcome != "" && worse(outcome, e.outcomes[s.Ref]) {
		e.outcomes[s.Ref] = outcome
	}
}

func worse(a, b Outcome) bool {
	order := []Outcome{"", Made, Adapted, Untested, Lost}
	return slices.Index(order, a) > slices.Index(order, b)
}

// blocked returns the resource without which r's step cannot be tried: one
// that is not there and that r refers to, or one that is lost and that r comes
// after by an edge of its schema.
func (e *engine) blocked(r *resource.Resource, s plan.Step) (resource.Ref, bool) {
	needs := r.Refs()
	if s.Action == plan.Upload || s.Action == plan.Download {
		needs = append(needs, r.Ref)
	}
	edges := e.edges.before(e.set.Schema(r.Type), r)
	e.mu.Lock()
	defer e.mu.Unlock()
	gone := func(ref resource.Ref) bool { return e.outcomes[ref] == Lost || e.outcomes[ref] == Untested }
	for _, ref := range needs {
		if gone(ref) || e.live[ref] == nil {
			return ref, true
		}
	}
	for _, ref := range edges {
		if gone(ref) {
			return ref, true
		}
	}
	return resource.Ref{}, false
}
