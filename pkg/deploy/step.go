package deploy

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/plan"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// maxTries is how often a resource is tried, each time with less.
const maxTries = 5

// A task is one step on its way.
type task struct {
	*engine
	step    plan.Step
	want    *resource.Resource // as planned, without what was refused
	past    stepPast
	tries   int
	signals []gap.Signal // of refusals that the resource has survived
}

// step does one step to its end. An error is not about the resource.
func (e *engine) step(ctx context.Context, s plan.Step) error {
	want := e.set.Get(s.Ref)
	if want == nil {
		return fmt.Errorf("plan: step %s: %s is not in the set", s.ID, s.Ref)
	}
	past := e.past.of(s.ID)
	if past.over {
		return nil
	}
	t := &task{engine: e, step: s, want: want.Clone(), past: past, signals: past.signals, tries: len(past.signals)}
	for _, signal := range past.signals {
		t.want.Spec, _ = without(t.want.Spec, signal.Path)
	}
	if s.Action == plan.Delete {
		return t.delete(ctx)
	}
	if cause, ok := e.blocked(want, s); ok {
		t.untested(cause)
		return nil
	}
	e.event(s, "begin", "", "")
	switch s.Action {
	case plan.Create:
		return t.create(ctx)
	case plan.Upload:
		return t.upload(ctx)
	case plan.Download:
		return t.download(ctx)
	default: // a deleting one is told apart before
		return fmt.Errorf("plan: step %s: unknown action %q", s.ID, s.Action)
	}
}

// patiently repeats f at each tick while something is in its way: then nothing has
// come of it, and giving up in between leaves nothing that was sent.
func (t *task) patiently(ctx context.Context, limit time.Duration, f func() error) error {
	began := t.Now()
	for {
		err := f()
		if !inTheWay(err) || t.Now().Sub(began) >= limit {
			return err
		}
		if err := t.poll.rest(ctx); err != nil {
			return unsent{err}
		}
	}
}

// done ends the step well.
func (t *task) done() error {
	outcome := Made
	if len(t.signals) > 0 {
		outcome = Adapted
	}
	id := t.at(t.step.Ref).ID
	if err := t.log(Record{Type: RecordDone, ID: id, Signals: t.signals}); err != nil {
		return err
	}
	t.conclude(t.step, outcome, t.signals)
	t.event(t.step, string(outcome), id, "")
	return nil
}

// lose ends the step in vain.
func (t *task) lose(code string, op *cloud.OpError) error {
	t.signals = append(t.signals, t.signal(code, op, firstPath(op), resource.Lost))
	if err := t.log(Record{Type: RecordLost, Signals: t.signals}); err != nil {
		return err
	}
	t.conclude(t.step, Lost, t.signals)
	t.event(t.step, string(Lost), "", op.Error())
	return nil
}

func firstPath(op *cloud.OpError) resource.Path {
	if len(op.Paths) == 0 {
		return ""
	}
	return op.Paths[0]
}

// untested ends the step without a try, because of what is lost. What a plan
// has added for a resource is part of it: then the resource itself is lost.
func (t *task) untested(cause resource.Ref) {
	outcome := Untested
	if by := t.set.Get(cause); by != nil && t.temps[cause] && slices.Contains(by.DerivedFrom, t.step.Ref) {
		outcome = Lost
	}
	if cause != t.step.Ref { // an image that is not there is not filled, which says nothing new
		t.mu.Lock()
		t.causes[t.step.Ref] = cause
		t.mu.Unlock()
	}
	t.conclude(t.step, outcome, nil)
	t.event(t.step, string(outcome), "", fmt.Sprintf("needs %s", cause))
}

// log appends a record about the task's step.
func (t *task) log(r Record) error {
	r.Stage, r.Step, r.Ref = t.Stage, t.step.ID, t.step.Ref
	if r.Type == RecordIntent {
		r.Action = t.step.Action
	}
	return t.Journal.Append(r)
}
