package deploy

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/plan"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// checkPast looks whether what earlier runs have made is still there. What is
// not would show as lost, although nobody knows whether the cloud has lost it.
// What is on its way somewhere may be going.
func (e *engine) checkPast(ctx context.Context) error {
	open, began := e.expected(), e.Now()
	for look := 1; len(open) > 0; look++ {
		missing, err := e.lookFor(ctx, open)
		switch {
		case err != nil:
			return err
		case len(missing) > 0 && look >= absentTicks:
			return fmt.Errorf("%s: %w (%d of its things are missing there, such as %s)", e.Plan.Cloud, ErrRemoved, len(missing), slices.MinFunc(missing, resource.Ref.Compare))
		case len(open) == 0 || len(missing) == 0 && e.Now().Sub(began) >= e.Conflict:
			return nil
		}
		if err := e.poll.rest(ctx); err != nil {
			return err
		}
	}
	return nil
}

// lookFor takes out what is there to stay, and returns what is not there.
func (e *engine) lookFor(ctx context.Context, open map[thing]resource.Ref) ([]resource.Ref, error) {
	var wanted []*resource.Resource
	for _, ref := range open {
		wanted = append(wanted, &resource.Resource{Ref: ref})
	}
	list, err := e.calls.list(ctx, cloud.Selector{Types: typesOf(wanted), Drill: e.Plan.Drill})
	if err != nil {
		return nil, err
	}
	there := map[thing]bool{}
	for _, x := range list {
		at := thing{x.Type, x.ID}
		there[at] = x.State != resource.Gone
		if there[at] && (x.State != resource.Pending || !e.settled(open[at])) {
			delete(open, at)
		}
	}
	var missing []resource.Ref
	for at, ref := range open {
		if !there[at] {
			missing = append(missing, ref)
		}
	}
	return missing, nil
}

// settled reports whether an earlier run has seen the resource ready.
func (e *engine) settled(ref resource.Ref) bool {
	return !e.filled[ref] && (e.outcomes[ref] == Made || e.outcomes[ref] == Adapted)
}

// expected returns what earlier runs have made and nobody can have deleted
// for the plan.
func (e *engine) expected() map[thing]resource.Ref {
	out := map[thing]resource.Ref{}
	for _, s := range e.Plan.Steps {
		if h := e.past.of(s.ID); s.Action == plan.Create && h.id != "" && h.outcome != Lost {
			out[thing{s.Ref.Type, h.id}] = s.Ref
		}
	}
	for _, s := range e.Plan.Steps {
		live, h := e.at(s.Ref), e.past.of(s.ID)
		if s.Action == plan.Delete && live != nil && h.open {
			delete(out, thing{s.Ref.Type, live.ID})
		}
	}
	maps.DeleteFunc(out, func(_ thing, ref resource.Ref) bool { return e.at(ref) == nil }) // deleted for the plan
	return out
}
