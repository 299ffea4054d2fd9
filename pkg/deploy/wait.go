package deploy

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// A poller lists at each tick, in one call, what anybody waits for. While
// nobody waits it takes no tick. Where only states are waited for it lists
// these, which is cheap, and all the rest once one of them has come to rest.
type poller struct {
	tick   <-chan time.Time
	lister func(context.Context, cloud.Selector) ([]*resource.Resource, error)

	asked chan struct{} // somebody waits for the next round

	mu   sync.Mutex
	next *round
}

// A round is one tick and what it has found.
type round struct {
	types  map[resource.Type]bool // whether more than states is wanted
	awaits map[thing]bool         // to come to rest
	over   chan struct{}          // closed when found and err are set
	found  map[resource.Type][]*resource.Resource
	err    error
}

func newPoller(tick <-chan time.Time, lister func(context.Context, cloud.Selector) ([]*resource.Resource, error)) *poller {
	return &poller{tick: tick, lister: lister, asked: make(chan struct{}, 1), next: newRound()}
}

func newRound() *round {
	return &round{types: map[resource.Type]bool{}, awaits: map[thing]bool{}, over: make(chan struct{}), found: map[resource.Type][]*resource.Resource{}}
}

func (r *round) want(t resource.Type, whole bool) { r.types[t] = r.types[t] || whole }

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
	r.err = p.look(ctx, r)
	close(r.over)
}

// look lists the states that are waited for, and then whole what is wanted
// whole and what has come to rest.
func (p *poller) look(ctx context.Context, r *round) error {
	var brief, whole []resource.Type
	for t, all := range r.types {
		if all {
			whole = append(whole, t)
		} else {
			brief = append(brief, t)
		}
	}
	if err := p.list(ctx, r, brief, true); err != nil {
		return err
	}
	for _, t := range brief {
		if slices.ContainsFunc(r.found[t], func(x *resource.Resource) bool { return x.State != resource.Pending && r.awaits[thing{t, x.ID}] }) {
			whole = append(whole, t)
		}
	}
	return p.list(ctx, r, whole, false)
}

// list puts what there is of the types into the round.
func (p *poller) list(ctx context.Context, r *round, types []resource.Type, states bool) error {
	if len(types) == 0 {
		return nil
	}
	slices.Sort(types)
	list, err := p.lister(ctx, cloud.Selector{Types: types, States: states})
	for _, t := range types {
		r.found[t] = nil
	}
	for _, x := range list {
		r.found[x.Type] = append(r.found[x.Type], x)
	}
	return err
}

// whole returns what the next round finds of the type.
func (p *poller) whole(ctx context.Context, t resource.Type) ([]*resource.Resource, error) {
	return p.join(ctx, t, func(r *round) { r.want(t, true) })
}

// await returns what the next round finds of the type: whole if this one has
// come to rest, and else perhaps the states only.
func (p *poller) await(ctx context.Context, t resource.Type, id string) ([]*resource.Resource, error) {
	return p.join(ctx, t, func(r *round) {
		r.want(t, false)
		r.awaits[thing{t, id}] = true
	})
}

// states returns what the next round finds of the type, perhaps the states
// only.
func (p *poller) states(ctx context.Context, t resource.Type) ([]*resource.Resource, error) {
	return p.join(ctx, t, func(r *round) { r.want(t, false) })
}

// rest waits for the next tick.
func (p *poller) rest(ctx context.Context) error {
	_, err := p.join(ctx, "", func(*round) {})
	return err
}

func (p *poller) join(ctx context.Context, t resource.Type, want func(*round)) ([]*resource.Resource, error) {
	p.mu.Lock()
	r := p.next
	want(r)
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
	if t == "" {
		return nil, nil // who only rests does not hear of errors
	}
	return r.found[t], r.err
}

func byID(list []*resource.Resource, id string) *resource.Resource {
	i := slices.IndexFunc(list, func(r *resource.Resource) bool { return r.ID == id })
	if i < 0 {
		return nil
	}
	return list[i]
}
