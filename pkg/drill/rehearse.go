package drill

import (
	"context"
	"errors"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/plan"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// rehearsals is how many resources are rehearsed at once.
const rehearsals = 8

// rehearse lets the cloud judge what the plan will ask for, where it can do so
// without making anything, and adds to the forecast what it would refuse. What
// the plan knows to be lost is not asked for again.
func rehearse(ctx context.Context, c cloud.Cloud, p *plan.Plan) error {
	stage, ok := c.(cloud.Rehearser)
	if !ok {
		return nil
	}
	var first, then []*resource.Resource // how a namespace is may matter for what is in it
	for _, r := range rehearsed(p) {
		if len(p.Set.Get(r.Ref).Refs()) == 0 {
			first = append(first, r)
		} else {
			then = append(then, r)
		}
	}
	if err := rehearseAll(ctx, stage, p, first); err != nil {
		return err
	}
	return rehearseAll(ctx, stage, p, then)
}

// rehearsed is what of a plan can be rehearsed, as a driver takes it.
func rehearsed(p *plan.Plan) []*resource.Resource {
	var out []*resource.Resource
	for _, s := range p.Steps {
		if r := p.Set.Get(s.Ref); s.Action == plan.Create && !isLost(p, s.Ref) && isNamed(p.Set, r) {
			out = append(out, withNames(p.Set, r))
		}
	}
	return out
}

// rehearseAll rehearses these, several at once.
func rehearseAll(ctx context.Context, stage cloud.Rehearser, p *plan.Plan, list []*resource.Resource) error {
	found := make([]*gap.Signal, len(list))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(rehearsals)
	for i, r := range list {
		g.Go(func() error {
			s, err := judged(stage.Rehearse(ctx, r))
			if s != nil {
				s.Ref, s.Cloud = r.Ref, p.Cloud
			}
			found[i] = s
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	for _, s := range found {
		if s != nil {
			p.Forecast = append(p.Forecast, *s)
		}
	}
	return nil
}

// judged makes a forecast of a refusal. A cloud that does not answer is an error.
func judged(err error) (*gap.Signal, error) {
	op, ok := errors.AsType[*cloud.OpError](err)
	switch {
	case err == nil, errors.Is(err, cloud.ErrTransient), errors.Is(err, cloud.ErrUnsupported): // nothing is known against it
		return nil, nil
	case !ok, errors.Is(err, cloud.ErrUnreachable), errors.Is(err, cloud.ErrUnauthenticated):
		return nil, err
	}
	s := &gap.Signal{Seen: gap.Forecast, Code: gap.Rehearsal, Effect: resource.Lost, Status: op.Status, Message: op.Message, Request: op.RequestID}
	if len(op.Paths) > 0 {
		s.Path = op.Paths[0]
	}
	return s, nil
}

func isLost(p *plan.Plan, ref resource.Ref) bool {
	return slices.ContainsFunc(p.Forecast, func(s gap.Signal) bool { return s.Ref == ref && s.Effect == resource.Lost })
}

// isNamed tells whether a resource, and all that it refers to, has an id that is
// known before it is made. What is known only later cannot be rehearsed.
func isNamed(set *resource.Set, r *resource.Resource) bool {
	named := func(t resource.Type) bool { schema := set.Schema(t); return schema != nil && schema.Named }
	if r == nil || !named(r.Type) {
		return false
	}
	for _, ref := range r.Refs() {
		if !named(ref.Type) || set.Get(ref) == nil {
			return false
		}
	}
	for _, leaf := range resource.Leaves(r.Spec) {
		switch leaf.(type) {
		case resource.Attr, resource.Join:
			return false
		}
	}
	return true
}

// withNames is a copy of r with ids for references, as a driver takes it.
func withNames(set *resource.Set, r *resource.Resource) *resource.Resource {
	c := r.Clone()
	c.Spec = resource.RewriteSpec(r.Spec, func(leaf resource.Value) resource.Value {
		if ref, ok := leaf.(resource.Ref); ok {
			return idOf(set.Get(ref))
		}
		return leaf
	})
	if !r.Parent.IsZero() {
		c.Parent.Key = resource.Key(idOf(set.Get(r.Parent)))
	}
	return c
}

func idOf(r *resource.Resource) string {
	if r.ID != "" {
		return r.ID
	}
	if r.Scope != "" {
		return r.Scope + "/" + r.Name
	}
	return r.Name
}
