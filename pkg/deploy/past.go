package deploy

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/plan"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// A past is what the journal tells of the earlier runs of a stage.
type past struct {
	steps   map[string]*stepPast
	implied []Record // found, or lost
}

// A stepPast is how far a step has got.
type stepPast struct {
	open    bool      // an intent without a result: the call may have been carried out
	since   time.Time // when it was made
	id      string    // made
	over    bool
	outcome Outcome // of a step that is over; empty: its resource is deleted
	signals []gap.Signal
}

// replay reads the records of one stage. Another plan than before is an error,
// because its steps would not be those of the journal.
func replay(records []Record, stage, sum string) (*past, error) {
	p := &past{steps: map[string]*stepPast{}}
	on := ""
	for _, r := range records {
		if on != "" && r.Cloud == on && isCleaning(r) {
			return nil, ErrCleaned
		}
		if r.Stage != stage {
			continue
		}
		switch {
		case r.Type == RecordStage:
			on = r.Cloud
			if r.Plan != sum {
				return nil, errors.New("resume: the plan is not the one that was begun, because scenario or cloud have changed since; clean up and start again")
			}
		case r.Step == "":
			p.implied = append(p.implied, r)
		default:
			if p.steps[r.Step] == nil {
				p.steps[r.Step] = &stepPast{}
			}
			p.steps[r.Step].apply(r)
		}
	}
	return p, nil
}

// unanswered returns when the youngest call was made on a cloud that may still make
// something, because the journal does not know of its answer. Bytes go into what
// is there already, and a deletion makes nothing.
func unanswered(records []Record, cloud string) time.Time {
	on, open := map[string]string{}, map[[2]string]time.Time{}
	for _, r := range records {
		step := [2]string{r.Stage, r.Step}
		switch {
		case r.Type == RecordStage:
			on[r.Stage] = r.Cloud
		case r.Type == RecordIntent && on[r.Stage] == cloud && r.Action != plan.Upload && r.Action != plan.Delete:
			open[step] = r.Time
		default:
			delete(open, step)
		}
	}
	return slices.MaxFunc(append(slices.Collect(maps.Values(open)), time.Time{}), time.Time.Compare)
}

func isCleaning(r Record) bool { return r.Type == RecordCleaning || r.Type == RecordCleaned }

// Cleaned reports whether a journal tells that the drill was cleaned up on any
// cloud, or that this was begun.
func Cleaned(records []Record) bool { return slices.ContainsFunc(records, isCleaning) }

func (s *stepPast) apply(r Record) {
	switch r.Type {
	case RecordIntent:
		s.open, s.since = true, r.Time
	case RecordMade:
		s.open, s.id = false, r.ID
	case RecordUnsent:
		s.open = false
	case RecordRefused:
		s.open = false
		s.signals = append(s.signals, r.Signals...)
	case RecordDone:
		s.open, s.over, s.id, s.signals, s.outcome = false, true, r.ID, r.Signals, Made
		if len(r.Signals) > 0 {
			s.outcome = Adapted
		}
	case RecordLost:
		s.open, s.over, s.signals, s.outcome = false, true, r.Signals, Lost
	case RecordDeleted:
		s.over = true
	default: // not about this step
	}
}

func (p *past) of(step string) stepPast {
	if s := p.steps[step]; s != nil {
		return *s
	}
	return stepPast{}
}

// restore takes over what earlier runs have made.
func (e *engine) restore() {
	deleted := map[resource.Ref]bool{}
	for _, s := range e.Plan.Steps {
		h := e.past.of(s.ID)
		for i := range h.signals {
			h.signals[i].Source = e.plannedAt(s.Ref, h.signals[i].Path)
		}
		if h.id != "" {
			e.show(s.Ref, &resource.Resource{ID: h.id})
		}
		if h.over {
			e.conclude(s, h.outcome, h.signals)
		}
		deleted[s.Ref] = deleted[s.Ref] || s.Action == plan.Delete && h.over && h.outcome == ""
	}
	for _, r := range e.past.implied {
		if r.Type == RecordLost {
			e.conclude(plan.Step{Ref: r.Ref}, Lost, r.Signals)
			continue
		}
		e.show(r.Ref, &resource.Resource{ID: r.ID, Parent: r.Parent})
		e.conclude(plan.Step{Ref: r.Ref}, Made, nil)
	}
	for ref, gone := range deleted {
		if gone {
			e.hide(ref)
		}
	}
}

// stillAtWork is for how long a service may go on with a call whose caller is
// gone. Nova takes four seconds on a busy machine before it shows a new server.
const stillAtWork = 30 * time.Second

// await looks for what an earlier call has made of the request, for as long as
// the service may still be at work on it: it goes on without whoever has asked,
// and shows nothing before it is done.
func (t *task) await(ctx context.Context, request *resource.Resource) (*resource.Resource, error) {
	for {
		made, err := t.adopt(ctx, request)
		if err != nil || made != nil || t.Now().Sub(t.past.since) >= t.Unanswered {
			return made, err
		}
		if err := t.poll.rest(ctx); err != nil {
			return nil, err
		}
	}
}

// adopt looks for what an earlier call has made of the request, by its mark,
// or inside its parent by its natural identity; nil if there is nothing.
func (t *task) adopt(ctx context.Context, request *resource.Resource) (*resource.Resource, error) {
	list, err := t.calls.list(ctx, cloud.Selector{Types: []resource.Type{request.Type}, Drill: t.Plan.Drill})
	if err != nil {
		return nil, fmt.Errorf("look for what an earlier run has made of %s: %w", t.step.Ref, err)
	}
	slices.SortFunc(list, func(a, b *resource.Resource) int { return strings.Compare(a.ID, b.ID) })
	taken := t.known()
	for _, r := range list {
		if !taken[thing{r.Type, r.ID}] && r.Type == request.Type && t.isMine(request, r) {
			return r, nil
		}
	}
	return nil, nil
}

func (t *task) isMine(request, r *resource.Resource) bool {
	if r.Owner == (resource.Owner{Drill: t.Plan.Drill, Key: request.Key}) {
		return true
	}
	schema := t.set.Schema(request.Type)
	if schema == nil || schema.Mark != resource.MarkParent || r.Parent != request.Parent {
		return false
	}
	return slices.EqualFunc(schema.NaturalOf(request.Spec), schema.NaturalOf(r.Spec), resource.Equal)
}
