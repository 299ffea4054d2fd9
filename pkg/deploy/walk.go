package deploy

import (
	"context"
	"fmt"
	"slices"

	"github.com/wechsel-project/wechsel/pkg/plan"
)

// A schedule knows which steps may start. It belongs to one goroutine.
type schedule struct {
	open   map[string]int          // per step that has not started: how many it still comes after
	next   map[string][]*plan.Step // per step: those that come after it
	ready  []*plan.Step            // come after nothing any more, may be locked
	locked map[string]bool         // names of locks
}

func newSchedule(steps []plan.Step) (*schedule, error) {
	s := &schedule{open: map[string]int{}, next: map[string][]*plan.Step{}, locked: map[string]bool{}}
	for _, step := range steps {
		if _, twice := s.open[step.ID]; twice {
			return nil, fmt.Errorf("plan: two steps have the id %s", step.ID)
		}
		s.open[step.ID] = len(step.After)
	}
	for i := range steps {
		step := &steps[i]
		for _, id := range step.After {
			if _, ok := s.open[id]; !ok {
				return nil, fmt.Errorf("plan: step %s comes after %s, which is no step", step.ID, id)
			}
			s.next[id] = append(s.next[id], step)
		}
		if len(step.After) == 0 {
			s.ready = append(s.ready, step)
		}
	}
	return s, nil
}

// take returns the steps that may start now, and locks what they lock.
func (s *schedule) take() []*plan.Step {
	var out []*plan.Step
	isLocked := func(name string) bool { return s.locked[name] }
	s.ready = slices.DeleteFunc(s.ready, func(step *plan.Step) bool {
		if slices.ContainsFunc(step.Exclusive, isLocked) {
			return false
		}
		s.lock(step, true)
		delete(s.open, step.ID)
		out = append(out, step)
		return true
	})
	return out
}

func (s *schedule) over(step *plan.Step) {
	s.lock(step, false)
	for _, later := range s.next[step.ID] {
		if s.open[later.ID]--; s.open[later.ID] == 0 {
			s.ready = append(s.ready, later)
		}
	}
}

func (s *schedule) lock(step *plan.Step, on bool) {
	for _, name := range step.Exclusive {
		s.locked[name] = on
	}
}

// walk runs all steps. After the first error no step starts any more, and
// those that run come to their end: calls are finished, waits are given up.
func (e *engine) walk(ctx context.Context) error {
	s, err := newSchedule(e.Plan.Steps)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	type end struct {
		step *plan.Step
		err  error
	}
	ends, running := make(chan end), 0
	for {
		if ctx.Err() == nil {
			for _, step := range s.take() {
				running++
				go func() { ends <- end{step, e.step(ctx, *step)} }()
			}
		}
		if running == 0 {
			break
		}
		got := <-ends
		running--
		s.over(got.step)
		if got.err != nil {
			cancel(got.err) // the first one counts
		}
	}
	if ctx.Err() == nil && len(s.open) > 0 {
		return fmt.Errorf("plan: %d steps wait for each other", len(s.open))
	}
	return context.Cause(ctx)
}
