package drill

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPairs(t *testing.T) {
	want := []Pair{{"tiny", "a", "b"}, {"tiny", "b", "a"}, {"web", "a", "b"}, {"web", "b", "a"}}
	if diff := cmp.Diff(want, Pairs([]string{"tiny", "web"}, []string{"a", "b"})); diff != "" {
		t.Error(diff)
	}
	if n := len(Pairs([]string{"tiny", "web-shop"}, []string{"1", "2", "3", "4", "5"})); n != 40 {
		t.Errorf("%d drills of two scenarios between five clouds", n)
	}
}

// No two jobs use the same project at once, no more than the limit run at
// once, and one that fails does not end the others.
func TestRunAllKeepsProjectsApart(t *testing.T) {
	var mu sync.Mutex
	busy, running, most := map[string]bool{}, 0, 0
	failed := errors.New("the cloud went away")
	var jobs []Job
	for _, p := range Pairs([]string{"s"}, []string{"a", "b", "c", "d"}) {
		uses := []string{p.To, p.From, p.To}
		jobs = append(jobs, Job{Uses: uses, Run: func(context.Context) error {
			mu.Lock()
			for _, name := range uses[:2] {
				if busy[name] {
					t.Errorf("two drills use %s", name)
				}
				busy[name] = true
			}
			running++
			most = max(most, running)
			mu.Unlock()
			defer func() {
				mu.Lock()
				defer mu.Unlock()
				running--
				busy[uses[0]], busy[uses[1]] = false, false
			}()
			if p.From == "b" {
				return failed
			}
			return nil
		}})
	}
	errs := RunAll(t.Context(), jobs, 2)
	if n := len(slices.DeleteFunc(errs, func(err error) bool { return !errors.Is(err, failed) })); n != 3 {
		t.Errorf("%d jobs failed, want those 3 from b", n)
	}
	if most > 2 {
		t.Errorf("%d jobs at once", most)
	}
}

// What uses nothing in common runs at once: each job waits for the other.
func TestRunAllIsConcurrent(t *testing.T) {
	a, b := make(chan struct{}), make(chan struct{})
	meet := func(mine, other chan struct{}) func(context.Context) error {
		return func(context.Context) error { close(mine); <-other; return nil }
	}
	for _, err := range RunAll(t.Context(), []Job{{Run: meet(a, b)}, {Run: meet(b, a)}}, 2) {
		if err != nil {
			t.Error(err)
		}
	}
}

// After an interrupt nothing begins, and what has begun is waited for.
func TestRunAllStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	ended := false
	errs := RunAll(ctx, []Job{
		{Uses: []string{"p"}, Run: func(ctx context.Context) error { cancel(); <-ctx.Done(); ended = true; return ctx.Err() }},
		{Uses: []string{"p"}, Run: func(context.Context) error { cancel(); ended = true; return nil }},
		{Uses: []string{"p"}, Run: func(context.Context) error { cancel(); ended = true; return nil }},
	}, 1)
	if !ended {
		t.Error("the running drill was not waited for")
	}
	stopped := slices.DeleteFunc(slices.Clone(errs), func(err error) bool { return !errors.Is(err, context.Canceled) })
	if len(stopped) < 2 {
		t.Errorf("%d of 3 were stopped: %v", len(stopped), errs)
	}
}
