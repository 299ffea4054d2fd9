package deploy_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/deploy"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// A fuse ends the process, as far as the cloud and the journal can see: from
// one call on, nothing has an effect any more. The call at which it burns is
// either not made or made without an answer.
type fuse struct {
	mu     sync.Mutex
	left   int // calls until it burns; negative: never
	after  bool
	calls  int
	burned bool
	safe   bool // neither counts nor burns
}

var errBurned = fmt.Errorf("%w: killed", cloud.ErrUnreachable)

func (f *fuse) call(do func() error) error {
	if f.safe {
		return do()
	}
	f.mu.Lock()
	if f.burned {
		f.mu.Unlock()
		return errBurned
	}
	f.calls++
	f.burned = f.calls == f.left
	burns := f.burned
	f.mu.Unlock()
	if burns && !f.after {
		return errBurned
	}
	err := do()
	if burns {
		return errBurned
	}
	return err
}

type fusedCloud struct {
	*memory
	fuse *fuse
}

func (c *fusedCloud) List(ctx context.Context, s cloud.Selector) iter.Seq2[*resource.Resource, error] {
	return func(yield func(*resource.Resource, error) bool) {
		if err := c.fuse.call(func() error { return nil }); err != nil {
			yield(nil, err)
			return
		}
		for r, err := range c.memory.List(ctx, s) {
			if !yield(r, err) {
				return
			}
		}
	}
}

func (c *fusedCloud) Create(ctx context.Context, r *resource.Resource, o resource.Owner) (made *resource.Resource, err error) {
	err = c.fuse.call(func() error { made, err = c.memory.Create(ctx, r, o); return err })
	if err != nil {
		return nil, err
	}
	return made, nil
}

func (c *fusedCloud) Delete(ctx context.Context, r *resource.Resource) error {
	return c.fuse.call(func() error { return c.memory.Delete(ctx, r) })
}

func (c *fusedCloud) Settle(ctx context.Context, r *resource.Resource) error {
	return c.fuse.call(func() error { return c.memory.Settle(ctx, r) })
}

func (c *fusedCloud) Upload(ctx context.Context, image *resource.Resource, r io.Reader) error {
	return c.fuse.call(func() error { return c.memory.Upload(ctx, image, r) })
}

type fusedLog struct {
	deploy.Log
	fuse *fuse
}

func (l *fusedLog) Append(r deploy.Record) error {
	return l.fuse.call(func() error { return l.Log.Append(r) })
}

// foreign is what others have in the project, as like ours as can be.
func foreign(m *memory) string {
	add := func(r *resource.Resource, owner resource.Owner) *resource.Resource {
		r.Owner = owner
		return m.put(r, resource.Ready, 0)
	}
	net := add(own(tNet, "net", spec{"mtu": int64(1500)}), resource.Owner{})
	add(own(tNet, "net", nil), resource.Owner{Drill: "d10", Key: "net"})
	group := add(own(tGroup, "web", nil), resource.Owner{})
	add(child(own(tRule, "", spec{"port": int64(80)}), resource.Ref{Type: tGroup, Key: resource.Key(group.ID)}), resource.Owner{})
	server := add(own(tServer, "srv", spec{"image": "given-image", "networks": []resource.Value{spec{"network": net.ID}}}), resource.Owner{Drill: "other", Key: "srv"})
	add(implied(tPort, "", resource.Ref{Type: tServer, Key: resource.Key(server.ID)}, spec{"network": net.ID}), resource.Owner{})
	add(own(tVolume, "", spec{"size": int64(1)}), resource.Owner{})
	add(own(tVolume, "data", spec{"size": int64(2)}), resource.Owner{})
	return m.dump()
}

type attempt struct {
	result *deploy.Result
	err    error
	calls  int
}

// attemptRun runs the plan in a process of its own, which may be killed.
func attemptRun(t *testing.T, m *memory, path string, f *fuse) attempt {
	t.Helper()
	a := attemptOn(t, &fusedCloud{m, f}, path, f)
	a.calls = f.calls
	return a
}

// attemptOn runs the plan in a process of its own.
func attemptOn(t *testing.T, c cloud.Cloud, path string, fuses ...*fuse) attempt {
	t.Helper()
	var a attempt
	j, err := deploy.OpenJournal(path, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	var log deploy.Log = j
	for _, f := range fuses {
		log = &fusedLog{log, f}
	}
	synctest.Test(t, func(t *testing.T) {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		a.result, a.err = deploy.Run(t.Context(), options(shop(), c, log, tick.C))
	})
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	return a
}

func journalFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "journal")
	j, err := deploy.CreateJournal(path, drill, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func cleanup(t *testing.T, c cloud.Cloud, log deploy.Log) (*deploy.CleanupResult, error) {
	t.Helper()
	var r *deploy.CleanupResult
	var err error
	synctest.Test(t, func(t *testing.T) {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		r, err = deploy.Cleanup(t.Context(), deploy.CleanupOptions{Cloud: c, Drill: drill, Journal: log, Name: "memory", Now: time.Now, Tick: tick.C})
	})
	return r, err
}

// withRefusals makes the cloud refuse some of the shop.
func withRefusals(m *memory) {
	m.refuse = func(op string, r *resource.Resource) error {
		if _, ok := r.Spec["dns_domain"]; ok && op == "create" {
			return opError(op, r, cloud.ErrInvalid, "Unrecognized attribute(s) 'dns_domain'", "dns_domain")
		}
		if op == "create" && r.Key == "logs" {
			return opError(op, r, cloud.ErrQuota, "VolumeLimitExceeded")
		}
		return nil
	}
}

func TestKilledAtEveryCall(t *testing.T) {
	t.Parallel()
	clean := filled()
	withRefusals(clean)
	others := foreign(clean)
	path := journalFile(t)
	want := attemptRun(t, clean, path, &fuse{left: -1})
	if want.err != nil {
		t.Fatal(want.err)
	}
	wantState := clean.dump()
	dropAll(t, clean, path, false, others)
	for n := 1; n <= want.calls; n++ {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("call=%d,after=%t", n, after), func(t *testing.T) {
				t.Parallel()
				m := filled()
				withRefusals(m)
				foreign(m)
				path := journalFile(t)
				first := attemptRun(t, m, path, &fuse{left: n, after: after})
				if first.err == nil {
					return // this run needed fewer calls
				}
				if !errors.Is(first.err, deploy.ErrIncomplete) {
					t.Fatal(first.err)
				}
				if n%2 == 0 {
					dropAll(t, m, path, n%4 == 0, others)
					return
				}
				second := attemptRun(t, m, path, &fuse{left: -1})
				if second.err != nil {
					t.Fatal(second.err)
				}
				if diff := cmp.Diff(wantState, m.dump()); diff != "" {
					t.Fatalf("the clouds differ: %s", diff)
				}
				if m.creates != clean.creates {
					t.Errorf("%d creates, %d in a clean run", m.creates, clean.creates)
				}
				if diff := cmp.Diff(want.result.Outcomes, second.result.Outcomes); diff != "" {
					t.Error(diff)
				}
				if diff := cmp.Diff(want.result.Signals, second.result.Signals); diff != "" {
					t.Error(diff)
				}
				if len(second.result.IDs) != len(want.result.IDs) {
					t.Errorf("%d ids, want %d", len(second.result.IDs), len(want.result.IDs))
				}
				dropAll(t, m, path, true, others)
			})
		}
	}
}

// dropAll cleans up, by the journal or by marks alone, and looks that the
// others' things are as they were.
func dropAll(t *testing.T, m *memory, path string, journal bool, others string) {
	t.Helper()
	var log deploy.Log
	if journal {
		j, err := deploy.OpenJournal(path, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := j.Close(); err != nil {
				t.Error(err)
			}
		}()
		log = j
	}
	for range 2 {
		r, err := cleanup(t, m, log)
		if err != nil || len(r.Left) > 0 {
			t.Fatalf("left %+v, %v", r.Left, err)
		}
	}
	if diff := cmp.Diff(others, m.dump()); diff != "" {
		t.Errorf("after cleaning up (journal: %t): %s", journal, diff)
	}
}

// A cleanup that is killed anywhere is finished by another one.
func TestCleanupKilledAtEveryCall(t *testing.T) {
	for n := 1; n < 500; n++ {
		finished := false
		t.Run(fmt.Sprintf("call=%d", n), func(t *testing.T) {
			m := filled()
			others := foreign(m)
			path := journalFile(t)
			if a := attemptRun(t, m, path, &fuse{left: -1}); a.err != nil {
				t.Fatal(a.err)
			}
			j, err := deploy.OpenJournal(path, time.Now)
			if err != nil {
				t.Fatal(err)
			}
			f := &fuse{left: n, after: n%2 == 0}
			_, err = cleanup(t, &fusedCloud{m, f}, &fusedLog{j, f})
			finished = err == nil
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
			dropAll(t, m, path, true, others)
		})
		if finished {
			return
		}
	}
}

// A request that was given up is carried out after all.
func TestSweepTakesTheDouble(t *testing.T) {
	m := filled()
	done := false
	m.refuse = func(op string, r *resource.Resource) error {
		if op == "settle" && r.Key == "srv" && !done {
			done = true
			double := own(tServer, "srv", r.Spec)
			double.Owner = resource.Owner{Drill: drill, Key: "srv"}
			m.put(double, resource.Ready, 0)
			m.boot(m.objects[len(m.objects)-1])
		}
		return nil
	}
	clean := filled()
	if _, err := run(t, shop(), clean); err != nil {
		t.Fatal(err)
	}
	r, err := run(t, shop(), m)
	if err != nil || !done {
		t.Fatal(err)
	}
	if m.find(tServer, r.IDs[ref(tServer, "srv")]) == nil {
		t.Error("the sweep took the wrong one")
	}
	if diff := cmp.Diff(clean.dump(), m.dump()); diff != "" {
		t.Error(diff)
	}
}

func TestCleanupReportsWhatIsLeft(t *testing.T) {
	m := filled()
	j := newJournal(t)
	synctest.Test(t, func(t *testing.T) {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		if _, err := deploy.Run(t.Context(), options(shop(), m, j, tick.C)); err != nil {
			t.Fatal(err)
		}
	})
	net := ""
	for _, o := range m.objects {
		if o.r.Name == "net" {
			net = o.r.ID
		}
	}
	m.put(own(tPort, "intruder", spec{"network": net}), resource.Ready, 0)
	r, err := cleanup(t, m, j)
	if err != nil || len(r.Left) != 1 || r.Left[0].ID != net || r.Left[0].Why == "" {
		t.Errorf("left %+v, %v", r.Left, err)
	}
	if len(m.objects) != 3 {
		t.Errorf("there is %s", m.dump())
	}
}

// A run that is resumed after a cleanup that ended anywhere, with the journal
// or by marks alone, is refused as soon as anything is gone: nothing is made
// anew, and nothing counts as lost.
func TestResumedAfterACleanupThatWasKilled(t *testing.T) {
	for _, journal := range []bool{true, false} {
		refused := map[string]int{}
		for n, finished := 1, false; !finished && n < 500; n++ {
			t.Run(fmt.Sprintf("journal=%t,call=%d", journal, n), func(t *testing.T) {
				m := filled()
				others := foreign(m)
				path := journalFile(t)
				whole := attemptRun(t, m, path, &fuse{left: -1})
				before := m.dump()
				finished = killedCleanup(t, m, path, journal, &fuse{left: n, after: n%2 == 0}) == nil
				resumed := attemptRun(t, m, path, &fuse{left: -1})
				want := deploy.ErrRemoved
				if journal {
					want = deploy.ErrCleaned
				}
				switch {
				case errors.Is(resumed.err, want) && !errors.Is(resumed.err, deploy.ErrIncomplete):
					refused["yes"]++
				case resumed.err != nil || m.dump() != before || cmp.Diff(whole.result.Outcomes, resumed.result.Outcomes) != "":
					t.Errorf("%v, outcomes %v", resumed.err, resumed.result.Outcomes)
				default:
					refused["no"]++ // killed before anything was deleted
				}
				if journal { // marks alone do not find what outlives a server that is gone
					dropAll(t, m, path, true, others)
				}
			})
		}
		if refused["yes"] == 0 || refused["no"] == 0 {
			t.Errorf("journal=%t: %v", journal, refused)
		}
	}
}

func killedCleanup(t *testing.T, m *memory, path string, journal bool, f *fuse) error {
	t.Helper()
	j, err := deploy.OpenJournal(path, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	var log deploy.Log
	if journal {
		log = &fusedLog{j, f}
	}
	_, err = cleanup(t, &fusedCloud{m, f}, log)
	return errors.Join(err, j.Close())
}

func TestAfterCleanupNothingIsResumed(t *testing.T) {
	m := filled()
	path := journalFile(t)
	attemptRun(t, m, path, &fuse{left: 60})
	dropAll(t, m, path, true, filled().dump())
	if a := attemptRun(t, m, path, &fuse{left: -1}); !errors.Is(a.err, deploy.ErrCleaned) || m.find(tNet, "") != nil {
		t.Errorf("error is %v", a.err)
	}
}
