package deploy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// absentTicks is how many listings in a row must miss a resource until it
// counts as gone: some services show what they have made a little later.
const absentTicks = 3

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
	var made *resource.Resource
	if looked {
		if made, err = t.await(ctx, request); err != nil || made != nil {
			return made, err
		}
	}
	if err := t.log(Record{Type: RecordIntent}); err != nil { // also for a call that is made again: it is waited for from now on
		return nil, err
	}
	t.past.open = true
	err = t.patiently(ctx, t.Conflict, func() error {
		if looked {
			if made, err = t.adopt(ctx, request); err != nil || made != nil {
				return err
			}
		}
		made, err = t.calls.create(ctx, request, owner)
		return err
	})
	if isUnsent(err) && !looked { // else the earlier run's call is still without an answer
		err = errors.Join(err, t.log(Record{Type: RecordUnsent}))
	}
	if err == nil && made.ID == "" {
		err = &cloud.OpError{Op: "create", Cloud: t.Plan.Cloud, Ref: t.step.Ref, Message: "the answer has no id", Err: cloud.ErrProtocol}
	}
	return made, err
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

// longWait is after how long somebody who looks on is told what is waited for;
// then again each time it has become three times as long.
const longWait = 10 * time.Second

// awaitReady returns false if the resource does not become ready.
func (t *task) awaitReady(ctx context.Context) (bool, error) {
	began, absent, long := t.Now(), 0, longWait
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
			return false, t.lose("failed", &cloud.OpError{Op: "wait for", Cloud: t.Plan.Cloud, Ref: t.step.Ref, Message: why, Err: cloud.ErrInvalid})
		}
		if t.Now().Sub(began) >= long {
			t.event(t.step, "waiting", live.ID, fmt.Sprintf("%s after %s: %s", live.State, long, live.Why))
			long *= 3
		}
		list, err := t.poll.await(ctx, t.step.Ref.Type, live.ID)
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
	case absent > 0 && live.Why != "":
		return "it is gone; it was " + live.Why
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
