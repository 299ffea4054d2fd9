package deploy_test

import (
	"context"
	"errors"
	"io"
	"iter"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/deploy"
	"github.com/wechsel-project/wechsel/pkg/plan"
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

// What appears only after the clean-up has found nothing is cleaned up too, by
// journal or by marks alone.
func TestCleanupOfWhatComesLate(t *testing.T) {
	for _, byMarks := range []bool{false, true} {
		c, path, others := killedEarly(t, "net")
		j, err := deploy.OpenJournal(path, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		defer j.Close()
		var log deploy.Log = j
		if byMarks {
			log = nil
		}
		if r, err := cleanup(t, c, log); err != nil || len(r.Left) > 0 {
			t.Fatalf("left %+v, %v", r.Left, err)
		}
		if c.looks < 6 {
			t.Fatalf("by marks alone %t: only %d listings: it has not appeared yet", byMarks, c.looks)
		}
		if diff := cmp.Diff(others, c.dump()); diff != "" {
			t.Errorf("by marks alone %t: %s", byMarks, diff)
		}
	}
}

// A run that is resumed, makes the call again and is killed at it: that call is
// waited for from then on, not since the first.
func TestCleanupOfWhatComesLateTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, j := filled(), newJournal(t)
		others := foreign(m)
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for _, c := range []cloud.Cloud{&fusedCloud{m, &fuse{left: 1}}, &lateCloud{memory: m, key: "net"}} {
			p := planOf(resource.NewSet(schemas(), own(tNet, "net", nil)))
			if _, err := deploy.Run(t.Context(), options(p, c, j, tick.C)); !errors.Is(err, deploy.ErrIncomplete) {
				t.Fatal(err)
			}
			if late, ok := c.(*lateCloud); ok {
				late.looks = 0
				if r, err := deploy.Cleanup(t.Context(), deploy.CleanupOptions{Cloud: c, Drill: drill, Journal: j, Name: "memory", Now: time.Now, Tick: tick.C}); err != nil || len(r.Deleted) != 1 {
					t.Errorf("deleted %+v, %v", r.Deleted, err)
				}
			}
		}
		if diff := cmp.Diff(others, m.dump()); diff != "" {
			t.Error(diff)
		}
	})
}

// stopped is a cloud whose user presses Ctrl-C at one of its calls, once nothing
// else moves: all other steps wait for their turn by then.
type stopped struct {
	*memory
	at     func(op string, r *resource.Resource) error // decides on stop, and what the call answers
	sent   int
	cancel context.CancelFunc
}

func (c *stopped) stop() {
	synctest.Wait()
	c.cancel()
}

func (c *stopped) Create(ctx context.Context, r *resource.Resource, o resource.Owner) (*resource.Resource, error) {
	c.sent++
	if err := c.at("create", r); err != nil {
		return nil, err
	}
	return c.memory.Create(ctx, r, o)
}

func (c *stopped) Upload(ctx context.Context, image *resource.Resource, bytes io.Reader) error {
	if err := c.at("upload", image); err != nil {
		return err
	}
	return c.memory.Upload(ctx, image, bytes)
}

func (c *stopped) Delete(ctx context.Context, r *resource.Resource) error {
	if err := c.at("delete", r); err != nil {
		return err
	}
	return c.memory.Delete(ctx, r)
}

// A run that was stopped knows which of its calls were never made and which of
// them cannot make anything: cleaning up waits for none of these.
func TestCleanupAfterCtrlC(t *testing.T) {
	for name, at := range map[string]func(c *stopped) func(string, *resource.Resource) error{
		"while others wait for their turn": func(c *stopped) func(string, *resource.Resource) error {
			return func(string, *resource.Resource) error {
				c.stop()
				return nil
			}
		},
		"while something else is in the way": func(c *stopped) func(string, *resource.Resource) error {
			return func(op string, r *resource.Resource) error {
				time.AfterFunc(10*time.Second, c.cancel)
				return opError(op, r, cloud.ErrConflict, "busy")
			}
		},
		"during an upload": func(c *stopped) func(string, *resource.Resource) error {
			return func(op string, _ *resource.Resource) error {
				if op != "upload" {
					return nil
				}
				c.stop()
				return context.Canceled
			}
		},
		"during a deletion": func(c *stopped) func(string, *resource.Resource) error {
			return func(op string, r *resource.Resource) error {
				if op == "delete" && r.Type == tImage {
					c.stop()
				}
				return nil
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				j := newJournal(t)
				tick := time.NewTicker(time.Second)
				defer tick.Stop()
				ctx, cancel := context.WithCancel(t.Context())
				c := &stopped{memory: filled(), cancel: cancel}
				c.at = at(c)
				o := options(shop(), c, j, tick.C)
				o.Limit = 1
				if _, err := deploy.Run(ctx, o); !errors.Is(err, context.Canceled) {
					t.Fatal(err)
				}
				intents := 0
				for _, r := range j.Records() {
					if r.Type == deploy.RecordIntent && r.Action == plan.Create {
						intents++
					}
				}
				if intents < 2 {
					t.Fatalf("%d calls were announced, %d made: nobody has waited", intents, c.sent)
				}
				began := time.Now()
				r, err := deploy.Cleanup(t.Context(), deploy.CleanupOptions{Cloud: c, Drill: drill, Journal: j, Name: "memory", Now: time.Now, Tick: tick.C})
				if err != nil || len(r.Left) > 0 {
					t.Errorf("left %+v, %v", r.Left, err)
				}
				if took := time.Since(began); took > 10*time.Second {
					t.Errorf("cleaning up has taken %s", took)
				}
			})
		})
	}
}
