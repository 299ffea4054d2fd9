package deploy_test

import (
	"context"
	"errors"
	"iter"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/deploy"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// A lateCloud goes on with a call whose caller was killed, and shows what it has
// made a few listings later.
type lateCloud struct {
	*memory
	key   resource.Key // of what is asked for when the caller is killed
	mu    sync.Mutex   // of what follows
	later func()
	looks int
}

func (c *lateCloud) Create(ctx context.Context, r *resource.Resource, o resource.Owner) (*resource.Resource, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r.Key != c.key || c.later != nil {
		return c.memory.Create(ctx, r, o)
	}
	request := r.Clone()
	c.later = func() { _, _ = c.memory.Create(ctx, request, o) }
	return nil, errBurned
}

func (c *lateCloud) List(ctx context.Context, s cloud.Selector) iter.Seq2[*resource.Resource, error] {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.later != nil {
		if c.looks++; c.looks == 6 {
			c.later()
		}
	}
	return c.memory.List(ctx, s)
}

// killedEarly runs the plan until the call that is answered late.
func killedEarly(t *testing.T, key resource.Key) (c *lateCloud, path, others string) {
	t.Helper()
	m := filled()
	others = foreign(m)
	c, path = &lateCloud{memory: m, key: key}, journalFile(t)
	if a := attemptOn(t, c, path); !errors.Is(a.err, deploy.ErrIncomplete) {
		t.Fatal(a.err)
	}
	return c, path, others
}

// What a killed run has asked for and the cloud shows only later is waited for,
// and not made twice.
func TestAnAnswerThatComesLate(t *testing.T) {
	clean := filled()
	foreign(clean)
	want := attemptOn(t, clean, journalFile(t))
	if want.err != nil {
		t.Fatal(want.err)
	}
	for _, key := range []resource.Key{"net", "srv", "data"} {
		c, path, _ := killedEarly(t, key)
		if got := attemptOn(t, c, path); got.err != nil {
			t.Fatal(got.err)
		}
		if c.creates != clean.creates {
			t.Errorf("%s: %d creates, %d in a clean run", key, c.creates, clean.creates)
		}
		if diff := cmp.Diff(clean.dump(), c.dump()); diff != "" {
			t.Errorf("%s: %s", key, diff)
		}
	}
}

// What appears only after the clean-up has found nothing is cleaned up too.
func TestCleanupOfWhatComesLate(t *testing.T) {
	c, path, others := killedEarly(t, "net")
	j, err := deploy.OpenJournal(path, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	if r, err := cleanup(t, c, j); err != nil || len(r.Left) > 0 {
		t.Fatalf("left %+v, %v", r.Left, err)
	}
	if c.looks < 6 {
		t.Fatalf("only %d listings: it has not appeared yet", c.looks)
	}
	if diff := cmp.Diff(others, c.dump()); diff != "" {
		t.Error(diff)
	}
}
