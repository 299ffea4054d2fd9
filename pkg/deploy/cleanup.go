package deploy

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// CleanupOptions say what to remove. Cloud, Drill, Now and Tick are needed.
type CleanupOptions struct {
	Cloud cloud.Cloud
	Drill string
	// Journal knows what the cloud has made for the drill's resources and what
	// outlives them, such as a server's root volume. Nil: marks alone; then
	// only what still lies in a marked resource is found.
	Journal Log
	Name    string // of the cloud, as in the journal

	// Only these are removed, and the drill goes on: what one stage needed and
	// the next shall not find. Empty: all.
	Only []resource.Ref

	Now      func() time.Time
	Tick     <-chan time.Time
	Limit    int           // calls at once; 0: 8
	Patience time.Duration // for what was asked to go, since the last that went; 0: 15 minutes
	Conflict time.Duration // for what does not go because of others; 0: 1 minute

	// Unanswered is how long what a killed run has asked for may still appear; 0:
	// 30 seconds. The journal knows whether and when there was such a call; by
	// marks alone it is waited for from now on.
	Unanswered time.Duration

	Progress func(Leftover) // what is gone; nil: nobody listens
}

// A Leftover is an object that cleaning up has dealt with.
type Leftover struct {
	Ref  resource.Ref `json:"ref"` // the key is that of the mark; empty for what has none
	ID   string       `json:"id"`
	Name string       `json:"name,omitempty"`
	Why  string       `json:"why,omitempty"` // the service's words for why it is still there
}

// A CleanupResult is what was removed, and what could not be, each in order.
type CleanupResult struct {
	Deleted []Leftover
	Left    []Leftover
	Calls   int
}

// Cleanup removes all that the drill has made: what carries its mark, and what
// that contains. What uses something goes before it; what a service does not
// let go yet is tried again at each tick. Nothing else is touched, however
// much it looks alike: before it is deleted, each object is seen in a listing
// with the mark or inside a parent that has it.
//
// It is safe to call again and again. The result is never nil; the error is
// not nil when a cloud or the machine has failed, and wraps [ErrIncomplete].
func Cleanup(ctx context.Context, o CleanupOptions) (*CleanupResult, error) {
	r := newRemover(o, o.isRoot())
	err := r.run(ctx)
	all := len(o.Only) == 0 && o.Journal != nil
	if err == nil && all {
		err = r.findStrays(ctx)
	}
	if err == nil && all && len(r.result.Left) == 0 {
		err = o.Journal.Append(Record{Type: RecordCleaned, Cloud: o.Name})
	}
	if err != nil {
		err = fmt.Errorf("clean up: %w: %w", ErrIncomplete, err)
	}
	r.result.Calls = r.calls.count()
	slices.SortFunc(r.result.Left, func(a, b Leftover) int { return cmp.Or(a.Ref.Compare(b.Ref), cmp.Compare(a.ID, b.ID)) })
	return r.result, err
}

// isRoot chooses what is removed, of what carries the mark; nil: all.
func (o *CleanupOptions) isRoot() func(*resource.Resource) bool {
	if len(o.Only) == 0 {
		return nil
	}
	return func(x *resource.Resource) bool {
		return slices.Contains(o.Only, resource.Ref{Type: x.Type, Key: x.Owner.Key})
	}
}

func leftover(x *resource.Resource, why string) Leftover {
	return Leftover{Ref: resource.Ref{Type: x.Type, Key: x.Owner.Key}, ID: x.ID, Name: x.Name, Why: why}
}

// report writes down what is left.
func (r *remover) report() {
	for at, x := range r.due() {
		r.result.Left = append(r.result.Left, leftover(x, r.whyLeft(at)))
	}
	for at, x := range r.mine {
		if r.orphans[at] == nil {
			r.result.Left = append(r.result.Left, leftover(x, r.whyLeft(at)))
		}
	}
}

func (r *remover) whyLeft(at thing) string {
	switch {
	case r.why[at] != "":
		return r.why[at]
	case r.asked[at]:
		return fmt.Sprintf("asked to go, and still there after %s", r.Patience)
	}
	return "something else that is left uses it"
}
