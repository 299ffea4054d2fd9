package deploy

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// A poller lists at each tick, in one call, what anybody waits for. While
// nobody waits it takes no tick.
type poller struct {
	tick   <-chan time.Time
	lister func(context.Context, []resource.Type) ([]*resource.Resource, error)

	asked chan struct{} // somebody waits for the next round

	mu   sync.Mutex
	next *round
}

// A round is one tick and what it has found.
type round struct {
	types map[resource.Type]bool
	over  chan struct{} // closed when found and err are set
	found map[resource.Type][]*resource.Resource
	err   error
}

func newPoller(tick <-chan time.Time, lister func(context.Context, []resource.Type) ([]*resource.Resource, error)) *poller {
	return &poller{tick: tick, lister: lister, asked: make(chan struct{}, 1), next: newRound()}
}

func newRound() *round {
	return &round{types: map[resource.Type]bool{}, over: make(chan struct{}), found: map[resource.Type][]*resource.Resource{}}
}

// run serves rounds until ctx ends.
func (p *poller) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.asked:
		}
		select {
		case <-ctx.Done():
			return
		case <-p.tick:
		}
		p.serve(ctx)
	}
}

// serve ends the round that everybody waits for.
func (p *poller) serve(ctx context.Context) {
	p.mu.Lock()
	r := p.next
	p.next = newRound()
	select {
	case <-p.asked: // all who have asked since are in r
	default:
	}
	p.mu.Unlock()
	if types := slices.Sorted(maps.Keys(r.types)); len(types) > 0 {
		var list []*resource.Resource
		list, r.err = p.lister(ctx, types)
		for _, found := range list {
			r.found[found.Type] = append(r.found[found.Type], found)
		}
	}
	close(r.over)
}

// list returns what the next round finds of the type.
func (p *poller) list(ctx context.Context, t resource.Type) ([]*resource.Resource, error) {
	return p.join(ctx, t)
}

// rest waits for the next tick.
func (p *poller) rest(ctx context.Context) error {
	_, err := p.join(ctx)
	return err
}

func (p *poller) join(ctx context.Context, types ...resource.Type) ([]*resource.Resource, error) {
	p.mu.Lock()
	r := p.next
	for _, t := range types {
		r.types[t] = true
	}
	select {
	case p.asked <- struct{}{}:
	default:
	}
	p.mu.Unlock()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-r.over:
	}
	if len(types) == 0 {
		return nil, nil
	}
	return r.found[types[0]], r.err
}

func byID(list []*resource.Resource, id string) *resource.Resource {
	i := slices.IndexFunc(list, func(r *resource.Resource) bool { return r.ID == id })
	if i < 0 {
		return nil
	}
	return list[i]
}
