package deploy

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/plan"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// ErrIncomplete says that a run ended before its plan did, because a cloud or
// this machine failed or because it was cancelled. The same run goes on where
// it ended when it is called again with the same journal.
var ErrIncomplete = errors.New("incomplete, can be resumed")

// ErrCleaned says that what the journal tells of was deleted since, so that
// there is nothing to go on with.
var ErrCleaned = errors.New("what this drill has made was cleaned up: start a new one")

// ErrRemoved says that the journal tells of things which the cloud does not
// have any more when a run is resumed. Whoever has removed them did not tell
// the journal, so nothing that is missing from now on says anything about the
// cloud.
var ErrRemoved = errors.New("what this drill has made was removed since: start a new one")

// Options say what to run and with what. Plan, Cloud, Journal, Now and Tick
// are needed.
type Options struct {
	Plan    *plan.Plan
	Cloud   cloud.Cloud
	Journal Log
	Stage   string // names this run in the journal, which may tell of several

	// Content opens the bytes for an Upload into the image, as they shall be
	// stored. Sink takes the bytes of a Download; one that has CloseWithError
	// is closed by it when the bytes are not all there.
	Content func(image resource.Ref) (io.ReadCloser, error)
	Sink    func(content resource.Ref) (io.WriteCloser, error)

	// Values are the values of Secrets by what stands for them in the plan. They
	// are in what is sent to the cloud, and nowhere else.
	Values map[string]string

	Now  func() time.Time
	Tick <-chan time.Time // the rhythm of waiting: one listing per tick for all that wait

	Limit    int           // calls at once; 0: 8
	Patience time.Duration // for one resource to become ready or go; 0: 15 minutes
	Conflict time.Duration // for another operation to end that is in the way; 0: 1 minute

	// Unanswered is how long a service may be at work on a call of an earlier run
	// that was killed before it had the answer; 0: 30 seconds.
	Unanswered time.Duration

	Progress func(Event) // called by several goroutines; nil: nobody listens
}

// An Event tells that a step has got somewhere.
type Event struct {
	Step plan.Step
	What string // "begin", "refused", "waiting", or an [Outcome]
	ID   string
	Why  string
}

// An Outcome is what became of a resource.
type Outcome string

// The outcomes.
const (
	Made     Outcome = "made"     // as planned
	Adapted  Outcome = "adapted"  // without something that was refused
	Lost     Outcome = "lost"     // refused, or failed
	Untested Outcome = "untested" // not tried, because what it needs is lost
)

// A Result is what a run has done, with what earlier runs of the same journal
// and stage did.
type Result struct {
	IDs      map[resource.Ref]string       // of all that exists now, Given resources too
	Outcomes map[resource.Ref]Outcome      // of the set's Own and Implied resources, without temporary ones
	Because  map[resource.Ref]resource.Ref // of the untested: what they need and is lost
	Signals  []gap.Signal                  // what was refused, in order of resource and path
	Calls    int                           // calls of the driver in this run
	Seconds  float64                       // this run took
}

// Keys returns the keys of all that exists by id, for reading the cloud back.
func (r *Result) Keys() map[string]resource.Ref {
	out := make(map[string]resource.Ref, len(r.IDs))
	for ref, id := range r.IDs {
		out[id] = ref
	}
	return out
}

// Run makes the plan true. It resumes what the journal holds of the same stage.
//
// The result is never nil. The error is nil when every step was tried, however
// many were refused; else it wraps [ErrIncomplete], and [context.Canceled] if
// ctx ended. Calls in flight are always brought to their end, so that Run
// returns a little after ctx does.
func Run(ctx context.Context, o Options) (*Result, error) {
	began := o.Now()
	e := newEngine(o)
	err := e.run(ctx)
	if err != nil && !errors.Is(err, ErrCleaned) && !errors.Is(err, ErrRemoved) {
		err = fmt.Errorf("%w: %w", ErrIncomplete, err)
	}
	result := e.result()
	result.Seconds = o.Now().Sub(began).Seconds()
	return result, err
}

type engine struct {
	Options
	set     *resource.Set
	temps   map[resource.Ref]bool // made and deleted by the plan
	filled  map[resource.Ref]bool // images that an Upload completes
	edges   edgeEnds
	implied map[resource.Ref][]*resource.Resource // by parent: what the cloud shall make
	past    *past
	calls   *caller
	poll    *poller

	mu       sync.Mutex
	live     map[resource.Ref]*resource.Resource // as the cloud last showed them; ID is always set
	outcomes map[resource.Ref]Outcome
	causes   map[resource.Ref]resource.Ref // of the untested: what was lost
	signals  []gap.Signal
}

func newEngine(o Options) *engine {
	o.Limit = cmp.Or(o.Limit, 8)
	o.Patience = cmp.Or(o.Patience, 15*time.Minute)
	o.Conflict = cmp.Or(o.Conflict, time.Minute)
	o.Unanswered = cmp.Or(o.Unanswered, stillAtWork)
	if o.Progress == nil {
		o.Progress = func(Event) {}
	}
	e := &engine{
		Options:  o,
		set:      o.Plan.Set,
		temps:    map[resource.Ref]bool{},
		filled:   map[resource.Ref]bool{},
		edges:    findEdges(o.Plan.Set),
		implied:  map[resource.Ref][]*resource.Resource{},
		calls:    &caller{cloud: o.Cloud, sem: semaphore.NewWeighted(int64(o.Limit))},
		live:     map[resource.Ref]*resource.Resource{},
		outcomes: map[resource.Ref]Outcome{},
		causes:   map[resource.Ref]resource.Ref{},
	}
	e.poll = newPoller(o.Tick, func(ctx context.Context, s cloud.Selector) ([]*resource.Resource, error) {
		s.Drill = o.Plan.Drill
		return e.calls.list(ctx, s)
	})
	for r := range o.Plan.Set.All() {
		if r.Tenure == resource.Implied && !r.Parent.IsZero() {
			e.implied[r.Parent] = append(e.implied[r.Parent], r)
		}
	}
	for _, s := range o.Plan.Steps {
		if s.Temporary {
			e.temps[s.Ref] = true
		}
		if s.Action == plan.Upload {
			e.filled[s.Ref] = true
		}
	}
	return e
}

func (e *engine) run(ctx context.Context) error {
	if err := e.begin(); err != nil {
		return err
	}
	if err := e.polled(ctx, func(ctx context.Context) error {
		if err := e.checkPast(ctx); err != nil {
			return err
		}
		if err := e.findExisting(ctx); err != nil {
			return err
		}
		return e.walk(ctx)
	}); err != nil {
		return err
	}
	return e.sweep(ctx)
}

// polled runs f with the poller beside it.
func (e *engine) polled(ctx context.Context, f func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	var polling sync.WaitGroup
	polling.Go(func() { e.poll.run(ctx) })
	defer polling.Wait()
	defer cancel()
	return f(ctx)
}

// begin reads the journal's past and records that this stage runs.
func (e *engine) begin() error {
	if e.Plan.Cloud == "" || e.Plan.Drill == "" || e.Stage == "" {
		return errors.New("run: a plan with drill and cloud, and the name of a stage, are needed")
	}
	sum, err := digest(e.Plan)
	if err != nil {
		return err
	}
	e.past, err = replay(e.Journal.Records(), e.Stage, sum)
	if err != nil {
		return err
	}
	e.restore()
	return e.Journal.Append(Record{Type: RecordStage, Stage: e.Stage, Cloud: e.Plan.Cloud, Plan: sum})
}

// digest identifies what a plan does: the same plan, built again after a
// crash, has the same.
func digest(p *plan.Plan) (string, error) {
	data, err := json.Marshal(struct {
		Drill string
		Set   *resource.Set
		Steps []plan.Step
	}{p.Drill, p.Set, p.Steps})
	if err != nil {
		return "", fmt.Errorf("digest of the plan: %w", err)
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:16]), nil
}

func (e *engine) result() *Result {
	e.mu.Lock()
	defer e.mu.Unlock()
	r := &Result{IDs: map[resource.Ref]string{}, Outcomes: map[resource.Ref]Outcome{}, Because: map[resource.Ref]resource.Ref{}, Calls: e.calls.count()}
	for ref, live := range e.live {
		r.IDs[ref] = live.ID
	}
	for ref, outcome := range e.outcomes {
		if !e.temps[ref] {
			r.Outcomes[ref] = outcome
		}
	}
	for ref, cause := range e.causes {
		if e.outcomes[ref] == Untested {
			r.Because[ref] = e.rootCause(cause)
		}
	}
	r.Signals = slices.Clone(e.signals)
	slices.SortStableFunc(r.Signals, func(a, b gap.Signal) int {
		return cmp.Or(a.Ref.Compare(b.Ref), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Message, b.Message))
	})
	return r
}

// rootCause follows what is untested itself. The caller holds the lock.
func (e *engine) rootCause(ref resource.Ref) resource.Ref {
	for next, ok := e.causes[ref]; ok && e.outcomes[ref] == Untested; next, ok = e.causes[ref] {
		ref = next
	}
	return ref
}

func (e *engine) event(s plan.Step, what, id, why string) {
	e.Progress(Event{Step: s, What: what, ID: id, Why: why})
}
