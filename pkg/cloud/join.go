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
	return &joined{layers}
}

type joined struct{ layers []Cloud }

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

// List implements [Reader]: one layer after the other.
func (j *joined) List(ctx context.Context, selector Selector) iter.Seq2[*resource.Resource, error] {
	return func(yield func(*resource.Resource, error) bool) {
		for _, layer := range j.layers {
			s := selector
			if len(s.Types) > 0 {
				schemas := layer.Schemas()
				s.Types = slices.DeleteFunc(slices.Clone(s.Types), func(t resource.Type) bool { return schemas[t] == nil })
				if len(s.Types) == 0 {
					continue
				}
			}
			for r, err := range layer.List(ctx, s) {
				if !yield(r, err) || err != nil {
					return
				}
			}
		}
	}
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
