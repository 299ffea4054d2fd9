package deploy

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// A remover removes roots, which carry the drill's mark, and what they contain.
type remover struct {
	CleanupOptions
	schemas resource.Schemas
	isRoot  func(*resource.Resource) bool // nil: all that carry the mark
	calls   *caller
	result  *CleanupResult

	mine    map[thing]*resource.Resource // as listed last
	orphans map[thing]*resource.Resource // made by the cloud for one of mine; may outlive it
	heard   map[thing]bool               // orphans that the journal names and no listing has shown yet
	used    map[thing]bool               // by others of mine, at the last look
	mu      sync.Mutex
	asked   map[thing]bool   // the service has agreed to delete it
	kept    map[thing]int    // listings in a row that show it as ready all the same
	again   map[thing]bool   // asked for once more because of that
	agreed  int              // how many were asked for the first time
	why     map[thing]string // why the service did not
	begun   bool             // the journal knows that deleting has begun
}

func newRemover(o CleanupOptions, isRoot func(*resource.Resource) bool) *remover {
	o.Limit = cmp.Or(o.Limit, 8)
	o.Patience = cmp.Or(o.Patience, 15*time.Minute)
	o.Conflict = cmp.Or(o.Conflict, time.Minute)
	o.Unanswered = cmp.Or(o.Unanswered, stillAtWork)
	if o.Progress == nil {
		o.Progress = func(Leftover) {}
	}
	return &remover{
		CleanupOptions: o,
		schemas:        o.Cloud.Schemas(),
		isRoot:         isRoot,
		calls:          &caller{cloud: o.Cloud, sem: semaphore.NewWeighted(int64(o.Limit))},
		result:         &CleanupResult{},
		mine:           map[thing]*resource.Resource{},
		orphans:        map[thing]*resource.Resource{},
		heard:          map[thing]bool{},
		asked:          map[thing]bool{},
		kept:           map[thing]int{},
		again:          map[thing]bool{},
		why:            map[thing]string{},
	}
}

// run lists and deletes until nothing is left or nothing moves any more. It
// rests only when the last round has changed nothing, and longer the more often
// that happens.
func (r *remover) run(ctx context.Context) error {
	r.inherit()
	quiet := r.quiet()
	whole, moved := true, r.Now()
	for rests := 1; ; rests++ {
		before := len(r.mine) + len(r.orphans)
		if err := r.look(ctx, whole); err != nil {
			return err
		}
		if whole && len(r.mine)+len(r.orphans) == 0 {
			if !r.Now().Before(quiet) {
				return nil
			}
			if err := r.rest(ctx); err != nil {
				return err
			}
			continue
		}
		asked, err := r.remove(ctx)
		if err != nil {
			return err
		}
		whole = len(r.mine)+len(r.orphans) == 0 // a last look at all: something may have been on its way
		if asked > 0 || whole || len(r.mine)+len(r.orphans) < before {
			moved, rests = r.Now(), 0
			continue
		}
		if r.Now().Sub(moved) >= r.limit() {
			r.report()
			return nil
		}
		for range min(rests, mostTicks) {
			if err := r.rest(ctx); err != nil {
				return err
			}
		}
	}
}

// quiet is the moment from which on nothing appears any more that an earlier run
// has asked for. Without a journal that may have been just now.
func (r *remover) quiet() time.Time {
	switch {
	case r.isRoot != nil:
		return time.Time{}
	case r.Journal == nil:
		return r.Now().Add(r.Unanswered)
	}
	return unanswered(r.Journal.Records(), r.Name).Add(r.Unanswered)
}

// mostTicks is how many ticks a rest is long at last: what goes slowly is asked
// for less and less often.
const mostTicks = 4

// limit is how long nothing may move: long while something is on its way.
func (r *remover) limit() time.Duration {
	if len(r.asked) > 0 {
		return r.Patience
	}
	return r.Conflict
}

func (r *remover) rest(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-r.Tick:
		return nil
	}
}

// look lists what is there, all types or only those that are left, and
// records what has gone. What was seen earlier is not trusted: much goes with
// something else.
func (r *remover) look(ctx context.Context, whole bool) error {
	var types []resource.Type
	for _, ref := range r.Only {
		types = append(types, ref.Type)
	}
	if !whole {
		types = nil
		for at, x := range r.mine {
			types = append(types, at.Type)
			if !x.Parent.IsZero() {
				types = append(types, x.Parent.Type)
			}
		}
		slices.Sort(types)
		types = slices.Compact(types)
	}
	if whole || len(types) > 0 {
		list, err := r.calls.list(ctx, cloud.Selector{Types: types, Drill: r.Drill})
		if err != nil {
			return err
		}
		if err := r.compare(r.ours(list)); err != nil {
			return err
		}
	}
	return r.lookForOrphans(ctx)
}

// compare takes over what is there now and records what is not there any more.
func (r *remover) compare(now map[thing]*resource.Resource) error {
	for at, x := range r.mine {
		if now[at] != nil || r.orphans[at] != nil {
			continue
		}
		if err := r.gone(at, x); err != nil {
			return err
		}
	}
	for at, x := range now {
		if was := r.mine[at]; r.asked[at] && x.State == resource.Failed && was != nil && was.State != resource.Failed {
			delete(r.asked, at) // deleting has failed: ask again
			r.why[at] = x.Why
		}
		r.doubt(at, x)
		delete(r.heard, at)
		if x.Tenure != resource.Implied || r.orphans[at] != nil {
			continue
		}
		r.orphans[at] = x
		if r.Journal == nil {
			continue
		}
		if err := r.Journal.Append(Record{Type: RecordFound, Cloud: r.Name, Ref: resource.Ref{Type: at.Type}, ID: at.ID, Parent: x.Parent}); err != nil {
			return err
		}
	}
	r.mine = now
	return nil
}

// doubt lets ask again for what stays as it was: the service has agreed to
// nothing, for it could not find at that moment what it shows, or has lost the
// request.
func (r *remover) doubt(at thing, x *resource.Resource) {
	if !r.asked[at] || x.State != resource.Ready {
		delete(r.kept, at)
		return
	}
	if r.kept[at]++; r.kept[at] > absentTicks {
		delete(r.asked, at)
		delete(r.kept, at)
		r.again[at] = true
	}
}

// gone records that an object is not there any more.
func (r *remover) gone(at thing, x *resource.Resource) error {
	delete(r.asked, at)
	delete(r.why, at)
	left := leftover(x, "")
	r.result.Deleted = append(r.result.Deleted, left)
	r.Progress(left)
	if r.Journal == nil {
		return nil
	}
	return r.Journal.Append(Record{Type: RecordDeleted, Cloud: r.Name, Ref: left.Ref, ID: at.ID})
}

// ours returns what of the list may be deleted: the roots and, in them, all
// else. Whatever a driver lists, what has neither a mark nor such a parent is
// not ours.
func (r *remover) ours(list []*resource.Resource) map[thing]*resource.Resource {
	out := map[thing]*resource.Resource{}
	for _, x := range list {
		if isMarked(r.schemas, x, r.Drill) && (r.isRoot == nil || r.isRoot(x)) {
			out[thing{x.Type, x.ID}] = x
		}
	}
	for grown := true; grown; {
		grown = false
		for _, x := range list {
			at, parent := thing{x.Type, x.ID}, thing{x.Parent.Type, string(x.Parent.Key)}
			if out[at] == nil && out[parent] != nil && x.Tenure != resource.Given {
				out[at], grown = x, true
			}
		}
	}
	return out
}

// isMarked reports whether x itself carries the drill's mark. Children may
// show the mark of their parent; that is not theirs.
func isMarked(schemas resource.Schemas, x *resource.Resource, drill string) bool {
	schema := schemas[x.Type]
	return x.Owner.Drill == drill && drill != "" && x.Tenure == resource.Own && schema != nil && schema.Mark != resource.MarkParent
}

// remove asks for the end of all that nothing uses any more, and returns for how
// many services have agreed for the first time.
func (r *remover) remove(ctx context.Context) (int, error) {
	var batch []*resource.Resource
	for at, x := range r.due() {
		if !r.asked[at] {
			batch = append(batch, x)
		}
	}
	batch = append(batch, r.unused()...)
	if err := r.begin(len(batch)); err != nil {
		return 0, err
	}
	before := r.agreed
	g, ctx := errgroup.WithContext(ctx)
	for _, x := range batch {
		g.Go(func() error { return r.ask(ctx, x) })
	}
	err := g.Wait()
	return r.agreed - before, err
}

// begin writes the intent to delete before the first deletion, so that no
// crash can make what is gone look as if the cloud had lost it. Removing only
// some roots is part of a run, which goes on after it.
func (r *remover) begin(deletions int) error {
	if r.begun || deletions == 0 || r.Journal == nil || r.isRoot != nil {
		return nil
	}
	r.begun = true
	return r.Journal.Append(Record{Type: RecordCleaning, Cloud: r.Name})
}

func (r *remover) ask(ctx context.Context, x *resource.Resource) error {
	err := r.calls.delete(ctx, x)
	op, answered := refusal(err)
	if !answered {
		op, answered = stumble(err)
	}
	if err != nil && !answered {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	at := thing{x.Type, x.ID}
	if err == nil {
		r.asked[at] = true
		if !r.again[at] {
			r.agreed++
		}
		return nil
	}
	r.why[at] = op.Message
	return nil
}
