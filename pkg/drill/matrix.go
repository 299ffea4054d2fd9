package drill

import (
	"context"
	"slices"
	"sync"

	"golang.org/x/sync/semaphore"
)

// A Pair is one drill of a matrix: a scenario, and the clouds between which it
// moves.
type Pair struct {
	Scenario string `json:"scenario"`
	From     string `json:"from"`
	To       string `json:"to"`
}

// Pairs are the drills of a matrix: each scenario between every ordered pair
// of different clouds.
func Pairs(scenarios, clouds []string) []Pair {
	var pairs []Pair
	for _, s := range scenarios {
		for _, from := range clouds {
			for _, to := range clouds {
				if from != to {
					pairs = append(pairs, Pair{s, from, to})
				}
			}
		}
	}
	return pairs
}

// A Job is a drill of a matrix that waits for its turn.
type Job struct {
	Uses []string                    // what no two drills may use at once: the projects of real clouds
	Run  func(context.Context) error // called once, or never when the context ends before
}

// RunAll runs the jobs, at most parallel at once, and returns one error per
// job, in their order. A job that fails ends no other. One that was not begun
// when the context ended has the context's error; those that were begun are
// waited for, since they clean up.
func RunAll(ctx context.Context, jobs []Job, parallel int) []error {
	slots, locks := semaphore.NewWeighted(int64(max(1, parallel))), newLocks(jobs)
	errs := make([]error, len(jobs))
	var wg sync.WaitGroup
	for i, job := range jobs {
		wg.Go(func() { errs[i] = job.run(ctx, slots, locks) })
	}
	wg.Wait()
	return errs
}

// run takes what the job uses before it takes a slot, so that no slot is held
// by one that waits; and in the order of names, so that no two wait for each
// other.
func (j Job) run(ctx context.Context, slots *semaphore.Weighted, locks map[string]*semaphore.Weighted) error {
	uses := slices.Compact(slices.Sorted(slices.Values(j.Uses)))
	for _, name := range uses {
		if err := locks[name].Acquire(ctx, 1); err != nil {
			return err
		}
		defer locks[name].Release(1)
	}
	if err := slots.Acquire(ctx, 1); err != nil {
		return err
	}
	defer slots.Release(1)
	if err := ctx.Err(); err != nil { // a free slot is taken even then
		return err
	}
	return j.Run(ctx)
}

func newLocks(jobs []Job) map[string]*semaphore.Weighted {
	locks := map[string]*semaphore.Weighted{}
	for _, j := range jobs {
		for _, name := range j.Uses {
			if locks[name] == nil {
				locks[name] = semaphore.NewWeighted(1)
			}
		}
	}
	return locks
}
