package deploy

import (
	"context"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// sweep removes what a crash may have made twice: of two objects with one
// mark the one that the journal does not know. A request that was given up
// can be carried out after a resumed run has looked for it in vain.
func (e *engine) sweep(ctx context.Context) error {
	list, err := e.calls.list(ctx, cloud.Selector{Drill: e.Plan.Drill})
	if err != nil {
		return err
	}
	doubles := map[thing]bool{}
	for _, x := range list {
		if e.isDouble(x) {
			doubles[thing{x.Type, x.ID}] = true
		}
	}
	if len(doubles) == 0 {
		return nil
	}
	r := newRemover(CleanupOptions{Cloud: e.Cloud, Drill: e.Plan.Drill, Journal: e.Journal, Name: e.Plan.Cloud, Now: e.Now, Tick: e.Tick,
		Limit: e.Limit, Patience: e.Patience, Conflict: e.Conflict},
		func(x *resource.Resource) bool { return doubles[thing{x.Type, x.ID}] })
	return r.run(ctx)
}

// isDouble reports whether x carries the mark of a resource that the journal
// knows under another id.
func (e *engine) isDouble(x *resource.Resource) bool {
	if !isMarked(e.set.Schemas, x, e.Plan.Drill) {
		return false
	}
	live := e.at(resource.Ref{Type: x.Type, Key: x.Owner.Key})
	return live != nil && live.ID != x.ID
}
