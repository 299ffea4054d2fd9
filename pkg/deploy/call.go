package deploy

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"

	"golang.org/x/sync/semaphore"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// A caller makes the calls of one run: so many at once, and counted. The
// semaphore is held around a call and never while something waits.
type caller struct {
	cloud cloud.Cloud
	sem   *semaphore.Weighted
	calls atomic.Int64
}

func (c *caller) count() int { return int(c.calls.Load()) }

// do makes a call that must not be torn: once begun it is brought to its end,
// even if ctx ends meanwhile. A request that is given up may still be carried
// out, and then nobody would know what it has made.
func (c *caller) do(ctx context.Context, f func(context.Context) error) error {
	return c.stream(ctx, func(ctx context.Context) error { return f(context.WithoutCancel(ctx)) })
}

// stream makes a call that may be given up halfway.
func (c *caller) stream(ctx context.Context, f func(context.Context) error) error {
	if err := c.sem.Acquire(ctx, 1); err != nil {
		return unsent{err}
	}
	defer c.sem.Release(1)
	if err := ctx.Err(); err != nil {
		return unsent{err}
	}
	c.calls.Add(1)
	return f(ctx)
}

// unsent is why a call was not made: no cloud knows of it.
type unsent struct{ error }

func (u unsent) Unwrap() error { return u.error }

func isUnsent(err error) bool {
	_, ok := errors.AsType[unsent](err)
	return ok
}

func (c *caller) list(ctx context.Context, s cloud.Selector) ([]*resource.Resource, error) {
	var out []*resource.Resource
	err := c.stream(ctx, func(ctx context.Context) error {
		for r, err := range c.cloud.List(ctx, s) {
			if err != nil {
				return err
			}
			out = append(out, r)
		}
		return nil
	})
	return out, err
}

func (c *caller) create(ctx context.Context, r *resource.Resource, owner resource.Owner) (made *resource.Resource, err error) {
	err = c.do(ctx, func(ctx context.Context) error {
		made, err = c.cloud.Create(ctx, r, owner)
		return err
	})
	return made, err
}

func (c *caller) delete(ctx context.Context, r *resource.Resource) error {
	return c.do(ctx, func(ctx context.Context) error { return c.cloud.Delete(ctx, r) })
}

func (c *caller) settle(ctx context.Context, r *resource.Resource) error {
	s, ok := c.cloud.(cloud.Settler)
	if !ok {
		return nil
	}
	return c.do(ctx, func(ctx context.Context) error { return s.Settle(ctx, r) })
}

// refusal returns the service's words if err is the service's no. What else
// goes wrong says nothing about the resource, and ends the run.
func refusal(err error) (*cloud.OpError, bool) {
	kinds := []error{cloud.ErrNotFound, cloud.ErrConflict, cloud.ErrQuota, cloud.ErrForbidden, cloud.ErrInvalid, cloud.ErrUnsupported}
	for _, kind := range kinds {
		if !errors.Is(err, kind) {
			continue
		}
		if op, ok := errors.AsType[*cloud.OpError](err); ok {
			return op, true
		}
		return &cloud.OpError{Message: err.Error(), Err: kind}, true
	}
	return nil, false
}

// stumble returns the service's words if it has failed at this request, as
// Neutron does where two deletions meet that belong together. The service itself
// is there, and the next attempt may go well.
func stumble(err error) (*cloud.OpError, bool) {
	op, ok := errors.AsType[*cloud.OpError](err)
	return op, ok && errors.Is(err, cloud.ErrTransient) && op.Status == http.StatusInternalServerError
}

// inTheWay reports whether err may be gone at the next tick, because it is
// about another operation and not about a property.
func inTheWay(err error) bool {
	op, ok := refusal(err)
	return ok && errors.Is(err, cloud.ErrConflict) && len(op.Paths) == 0
}
