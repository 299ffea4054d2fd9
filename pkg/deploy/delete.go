package deploy

import (
	"context"
	"errors"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

func (t *task) delete(ctx context.Context) error {
	live := t.at(t.step.Ref)
	if live == nil {
		return nil
	}
	if err := t.log(Record{Type: RecordIntent}); err != nil {
		return err
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
		list, err := t.poll.states(ctx, live.Type)
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
