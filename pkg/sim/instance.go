package sim

import (
	"container/heap"
	"errors"
	"sync"
	"time"
)

// An Instance is one running simulated cloud. Its methods may be called from
// many goroutines; what is said to need the lock must be called inside Do.
type Instance struct {
	Objects  *IDs // ids of objects; needs the lock
	Requests *Log
	Faults   *Faults
	Blobs    *Blobs

	clock func() time.Time
	seed  uint64
	reqs  *IDs

	mu     sync.Mutex
	agenda agenda
	noted  uint64
}

// An Option changes how an instance is made.
type Option func(*Instance)

// WithClock replaces time.Now.
func WithClock(clock func() time.Time) Option { return func(i *Instance) { i.clock = clock } }

// WithSeed draws other ids. Two instances with the same seed that get the same
// requests in the same order have the same ids; the default is 1.
func WithSeed(seed uint64) Option { return func(i *Instance) { i.seed = seed } }

// New makes an instance. Close gives its bytes back.
func New(opts ...Option) *Instance {
	i := &Instance{clock: time.Now, seed: 1, Requests: &Log{}, Faults: &Faults{}, Blobs: &Blobs{}}
	for _, opt := range opts {
		opt(i)
	}
	i.Objects, i.reqs = NewIDs(i.seed, "objects"), NewIDs(i.seed, "requests")
	return i
}

// Seed returns the seed that the ids are drawn from.
func (i *Instance) Seed() uint64 { return i.seed }

// Now reads the instance's clock, in UTC.
func (i *Instance) Now() time.Time { return i.clock().UTC() }

// RequestID draws an id for a request: "req-" and a UUID. The ids of requests
// are a stream of their own, so that how often a client polls does not change
// the ids of the objects it makes.
func (i *Instance) RequestID() string { return "req-" + i.reqs.UUID() }

// Do runs f alone, after everything that is due by now. f must not call Do.
func (i *Instance) Do(f func(now time.Time)) {
	i.mu.Lock()
	defer i.mu.Unlock()
	now := i.Now()
	for len(i.agenda) > 0 && !i.agenda[0].at.After(now) {
		e := heap.Pop(&i.agenda).(entry)
		e.do(e.at)
	}
	f(now)
}

// At notes what happens at a moment; it is done, with that moment as now, by
// the first Do after it. Needs the lock.
func (i *Instance) At(moment time.Time, do func(now time.Time)) {
	i.noted++
	heap.Push(&i.agenda, entry{moment, i.noted, do})
}

// Close gives back the bytes of all blobs.
func (i *Instance) Close() error {
	if err := i.Blobs.Close(); err != nil {
		return errors.Join(errors.New("simulated cloud: cannot close its temporary files"), err)
	}
	return nil
}

// An entry of the agenda is done at a moment; entries of one moment are done
// in the order in which they were noted.
type entry struct {
	at  time.Time
	seq uint64
	do  func(now time.Time)
}

type agenda []entry

func (a agenda) Len() int { return len(a) }
func (a agenda) Less(i, j int) bool {
	if !a[i].at.Equal(a[j].at) {
		return a[i].at.Before(a[j].at)
	}
	return a[i].seq < a[j].seq
}
func (a agenda) Swap(i, j int) { a[i], a[j] = a[j], a[i] }
func (a *agenda) Push(e any)   { *a = append(*a, e.(entry)) }
func (a *agenda) Pop() any {
	last := (*a)[len(*a)-1]
	(*a)[len(*a)-1] = entry{}
	*a = (*a)[:len(*a)-1]
	return last
}
