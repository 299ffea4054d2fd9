package cloud

import (
	"context"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// Join makes one cloud of its layers: the OpenStack and the Kubernetes of one
// provider, each spoken to by its driver. A type belongs to the first layer
// whose schemas have it. One layer is that layer.
func Join(layers ...Cloud) Cloud {
	if len(layers) == 1 {
		return layers[0]
	}
	return &joined{layers: layers}
}

type joined struct {
	layers  []Cloud
	storage Cloud // one of layers that is there for the bytes of claims alone; nil: none
}

// Schemas implements [Reader].
func (j *joined) Schemas() resource.Schemas {
	out := resource.Schemas{}
	for _, layer := range slices.Backward(j.layers) {
		maps.Copy(out, layer.Schemas())
	}
	return out
}

// Catalogue implements [Reader]: each layer fills in its part.
func (j *joined) Catalogue(ctx context.Context) (profile.Catalogue, error) {
	parts := make([]profile.Catalogue, len(j.layers))
	g, ctx := errgroup.WithContext(ctx)
	for i, layer := range j.layers {
		g.Go(func() (err error) {
			parts[i], err = layer.Catalogue(ctx)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return profile.Catalogue{}, err
	}
	out := parts[0]
	for _, p := range parts[1:] {
		out = out.With(p)
	}
	return out, nil
}

// List implements [Reader]: one layer after the other. Who asks for everything is
// shown no volume that is behind a claim, but what it is at the claim.
func (j *joined) List(ctx context.Context, selector Selector) iter.Seq2[*resource.Resource, error] {
	return func(yield func(*resource.Resource, error) bool) {
		var b *behind
		if len(selector.Types) == 0 && selector.Drill == "" && !selector.States {
			b = &behind{volumes: map[string]*resource.Resource{}}
		}
		for _, layer := range j.layers {
			s, ok := j.selected(layer, selector)
			if !ok {
				continue
			}
			for r, err := range layer.List(ctx, s) {
				if err == nil && b.hold(r) || j.hides(layer, r) {
					continue
				}
				if !yield(r, err) || err != nil {
					return
				}
			}
		}
		for _, r := range b.rest() {
			if r.Type == Volume && j.storage != nil && r.Owner.IsZero() {
				continue
			}
			if !yield(r, nil) {
				return
			}
		}
	}
}

// selected is what to ask a layer for; false if it has nothing of that.
func (j *joined) selected(layer Cloud, s Selector) (Selector, bool) {
	if layer == j.storage && len(s.Types) == 0 {
		s.Types = kept()
	}
	if len(s.Types) == 0 {
		return s, true
	}
	schemas := layer.Schemas()
	s.Types = slices.DeleteFunc(slices.Clone(s.Types), func(t resource.Type) bool { return schemas[t] == nil })
	return s, len(s.Types) > 0
}

// hides tells whether something in the storage is none of the workload's.
func (j *joined) hides(layer Cloud, r *resource.Resource) bool {
	return layer == j.storage && r != nil && r.Owner.IsZero()
}

// Create implements [Cloud].
func (j *joined) Create(ctx context.Context, r *resource.Resource, owner resource.Owner) (*resource.Resource, error) {
	layer, err := j.of(r)
	if err != nil {
		return nil, err
	}
	return layer.Create(ctx, r, owner)
}

// Delete implements [Cloud].
func (j *joined) Delete(ctx context.Context, r *resource.Resource) error {
	layer, err := j.of(r)
	if err != nil {
		return err
	}
	return layer.Delete(ctx, r)
}

// Settle implements [Settler], for layers that have more to do.
func (j *joined) Settle(ctx context.Context, r *resource.Resource) error {
	layer, err := j.of(r)
	if s, ok := layer.(Settler); err == nil && ok {
		return s.Settle(ctx, r)
	}
	return err
}

// Rehearse implements [Rehearser], for layers that can.
func (j *joined) Rehearse(ctx context.Context, r *resource.Resource) error {
	layer, err := j.of(r)
	if rehearser, ok := layer.(Rehearser); err == nil && ok {
		return rehearser.Rehearse(ctx, r)
	}
	return nil // a type that no layer has may be defined by then
}

// Stage implements [Stager], for layers that can.
func (j *joined) Stage(ctx context.Context, drill string, planned []*resource.Resource) ([]*resource.Resource, error) {
	var out []*resource.Resource
	for _, layer := range j.layers {
		stager, ok := layer.(Stager)
		if !ok {
			continue
		}
		schemas := layer.Schemas()
		theirs := slices.DeleteFunc(slices.Clone(planned), func(r *resource.Resource) bool { return schemas[r.Type] == nil })
		standIns, err := stager.Stage(ctx, drill, theirs)
		if err != nil {
			return nil, err
		}
		out = append(out, standIns...)
	}
	return out, nil
}

// Speak implements [Converter], for layers that can.
func (j *joined) Speak(ctx context.Context, versions map[resource.Type][]string) error {
	for _, layer := range j.layers {
		if err := Speak(ctx, layer, versions); err != nil {
			return err
		}
	}
	return nil
}

// Download implements [Storer].
func (j *joined) Download(ctx context.Context, image *resource.Resource) (io.ReadCloser, error) {
	s, err := j.storer(image)
	if err != nil {
		return nil, err
	}
	return s.Download(ctx, image)
}

// Upload implements [Storer].
func (j *joined) Upload(ctx context.Context, image *resource.Resource, bytes io.Reader) error {
	s, err := j.storer(image)
	if err != nil {
		return err
	}
	return s.Upload(ctx, image, bytes)
}

func (j *joined) storer(r *resource.Resource) (Storer, error) {
	layer, err := j.of(r)
	if err != nil {
		return nil, err
	}
	s, ok := layer.(Storer)
	if !ok {
		return nil, fmt.Errorf("%s: %w: it has no bytes that could be moved", r.Ref, ErrUnsupported)
	}
	return s, nil
}

// of returns the layer that r belongs to.
func (j *joined) of(r *resource.Resource) (Cloud, error) {
	for _, layer := range j.layers {
		if layer.Schemas()[r.Type] != nil {
			return layer, nil
		}
	}
	return nil, &OpError{Op: "find the layer", Ref: r.Ref, Err: ErrUnsupported, Message: "neither layer of this cloud knows the type"}
}
