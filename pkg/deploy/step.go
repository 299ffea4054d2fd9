package deploy

import (
	"context"
	"errors"
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

// absentTicks is how many listings in a row must miss a resource until it
// counts as gone: some services show what they have made a little later.
const absentTicks = 3

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
	}
	return fmt.Errorf("plan: step %s: unknown action %q", s.ID, s.Action)
}

func (t *task) create(ctx context.Context) error {
	ok, err := t.make(ctx)
	if err != nil || !ok {
		return err
	}
	if t.filled[t.step.Ref] {
		return t.done() // it becomes ready by its bytes
	}
	return t.complete(ctx)
}

// make creates the resource, with less and less of what is refused; false if
// it is lost.
func (t *task) make(ctx context.Context) (bool, error) {
	if t.past.id != "" {
		t.show(t.step.Ref, &resource.Resource{ID: t.past.id})
		return true, nil
	}
	for {
		made, err := t.try(ctx)
		if err == nil {
			t.show(t.step.Ref, made)
			return true, t.log(Record{Type: RecordMade, ID: made.ID, Parent: made.Parent})
		}
		op, ok := refusal(err)
		if !ok {
			return false, err
		}
		if ok, err := t.reduce("create", op); !ok {
			return false, err
		}
	}
}

// try makes one attempt, for as long as only another operation is in the way.
func (t *task) try(ctx context.Context) (*resource.Resource, error) {
	request, err := t.resolve(ctx, t.want)
	if err != nil {
		return nil, err
	}
	owner := resource.Owner{Drill: t.Plan.Drill, Key: t.step.Ref.Key}
	looked := t.past.open
	if !t.past.open {
		if err := t.log(Record{Type: RecordIntent}); err != nil {
			return nil, err
		}
	}
	t.past.open = true
	var made *resource.Resource
	err = t.patiently(ctx, t.Conflict, func() error {
		if looked {
			if made, err = t.adopt(ctx, request); err != nil || made != nil {
				return err
			}
		}
		made, err = t.calls.create(ctx, request, owner)
		return err
	})
	if err == nil && made.ID == "" {
		err = &cloud.OpError{Op: "create", Cloud: t.Plan.Cloud, Ref: t.step.Ref, Message: "the answer has no id", Err: cloud.ErrProtocol}
	}
	return made, err
}

// patiently repeats f at each tick while something is in its way.
func (t *task) patiently(ctx context.Context, limit time.Duration, f func() error) error {
	began := t.Now()
	for {
		err := f()
		if !inTheWay(err) || t.Now().Sub(began) >= limit {
			return err
		}
		if err := t.poll.rest(ctx); err != nil {
			return err
		}
	}
}

// reduce drops what was refused and records it. If nothing can be dropped the
// resource is lost, and reduce returns false.
func (t *task) reduce(code string, op *cloud.OpError) (bool, error) {
	t.tries++
	t.past.open = false
	signals := t.dropped(code, op)
	if len(signals) == 0 || t.tries >= maxTries {
		return false, t.lose(code, op)
	}
	t.signals = append(t.signals, signals...)
	t.event(t.step, "refused", "", op.Error())
	return true, t.log(Record{Type: RecordRefused, Signals: signals})
}

// complete waits until the resource is ready, and does what is left to do.
func (t *task) complete(ctx context.Context) error {
	if ok, err := t.awaitReady(ctx); !ok {
		return err
	}
	if err := t.settle(ctx); err != nil {
		return err
	}
	if err := t.findImplied(ctx, t.want); err != nil {
		return err
	}
	return t.done()
}

// awaitReady returns false if the resource does not become ready.
func (t *task) awaitReady(ctx context.Context) (bool, error) {
	began, absent := t.Now(), 0
	for {
		live := t.at(t.step.Ref)
		why := ""
		switch {
		case live.State == resource.Ready:
			return true, nil
		case live.State == resource.Failed || live.State == resource.Gone || absent == absentTicks:
			why = failure(live, absent)
		case t.Now().Sub(began) >= t.Patience:
			why = fmt.Sprintf("still %s after %s: %s", live.State, t.Patience, live.Why)
		}
		if why != "" {
			return false, t.lose("create", &cloud.OpError{Op: "wait for", Cloud: t.Plan.Cloud, Ref: t.step.Ref, Message: why, Err: cloud.ErrInvalid})
		}
		list, err := t.poll.list(ctx, t.step.Ref.Type)
		if err != nil {
			return false, err
		}
		absent++
		if found := byID(list, live.ID); found != nil {
			absent = 0
			t.show(t.step.Ref, found)
		}
	}
}

func failure(live *resource.Resource, absent int) string {
	switch {
	case live.Why != "":
		return live.Why
	case absent > 0:
		return "it is gone"
	}
	return string(live.State)
}

// settle does what the creating request could not say. The resource exists,
// so a refusal only leaves it less than planned.
func (t *task) settle(ctx context.Context) error {
	for {
		request, err := t.resolve(ctx, t.want)
		if err == nil {
			request.ID = t.at(t.step.Ref).ID
			err = t.patiently(ctx, t.Conflict, func() error { return t.calls.settle(ctx, request) })
		}
		if err == nil {
			return nil
		}
		op, ok := refusal(err)
		if !ok {
			return err
		}
		t.tries++
		signals := t.dropped("settle", op)
		if len(signals) == 0 || t.tries >= maxTries {
			t.signals = append(t.signals, t.signal("settle", op, "", resource.Degraded))
			return nil
		}
		t.signals = append(t.signals, signals...)
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
	t.mu.Lock()
	t.causes[t.step.Ref] = cause
	t.mu.Unlock()
	t.conclude(t.step, outcome, nil)
	t.event(t.step, string(outcome), "", fmt.Sprintf("needs %s", cause))
}

func (t *task) delete(ctx context.Context) error {
	live := t.at(t.step.Ref)
	if live == nil {
		return nil
	}
	target := t.want
	target.ID = live.ID
	if parent := t.at(target.Parent); parent != nil {
		target.Parent.Key = resource.Key(parent.ID)
	}
	err := t.patiently(ctx, t.Patience, func() error { return t.calls.delete(ctx, target) })
	if err == nil {
		err = t.awaitGone(ctx, live)
	}
	if op, ok := refusal(err); ok && !errors.Is(err, cloud.ErrNotFound) {
		t.signals = append(t.signals, t.signal("delete", op, "", ""))
		t.conclude(t.step, "", t.signals)
		return t.log(Record{Type: RecordDone, Signals: t.signals})
	}
	if err != nil && !errors.Is(err, cloud.ErrNotFound) {
		return err
	}
	t.hide(t.step.Ref)
	return t.log(Record{Type: RecordDeleted, ID: live.ID})
}

func (t *task) awaitGone(ctx context.Context, live *resource.Resource) error {
	began := t.Now()
	for {
		list, err := t.poll.list(ctx, live.Type)
		if err != nil {
			return err
		}
		found := byID(list, live.ID)
		if found == nil || found.State == resource.Gone {
			return nil
		}
		if found.State == resource.Failed || t.Now().Sub(began) >= t.Patience {
			return &cloud.OpError{Op: "delete", Cloud: t.Plan.Cloud, Ref: t.step.Ref, Message: "still there: " + found.Why, Err: cloud.ErrConflict}
		}
	}
}

// log appends a record about the task's step.
func (t *task) log(r Record) error {
	r.Stage, r.Step, r.Ref = t.Stage, t.step.ID, t.step.Ref
	return t.Journal.Append(r)
}
