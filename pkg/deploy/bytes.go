package deploy

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// storer returns the driver's side that moves bytes; a driver without one
// refuses.
func (t *task) storer(op string) (cloud.Storer, error) {
	s, ok := t.Cloud.(cloud.Storer)
	if !ok {
		return nil, &cloud.OpError{Op: op, Cloud: t.Plan.Cloud, Ref: t.step.Ref, Message: "this cloud does not move bytes", Err: cloud.ErrUnsupported}
	}
	return s, nil
}

// image returns the step's image as a driver takes it.
func (t *task) image(ctx context.Context) (*resource.Resource, error) {
	image, err := t.resolve(ctx, t.want)
	if err == nil {
		image.ID = t.at(t.step.Ref).ID
	}
	return image, err
}

// upload fills the step's image and waits until it is ready. An earlier run's
// upload may have arrived, or be arriving now.
func (t *task) upload(ctx context.Context) error {
	look := t.past.open
	if err := t.log(Record{Type: RecordIntent}); err != nil {
		return err
	}
	err := t.patiently(ctx, t.Conflict, func() error {
		if look {
			if filled, err := t.isFilled(ctx); err != nil || filled {
				return err
			}
		}
		err := t.send(ctx)
		look = true
		return err
	})
	if op, ok := refusal(err); ok {
		return t.lose("upload", op)
	}
	if err != nil {
		return err
	}
	return t.complete(ctx)
}

// isFilled reports whether the image has its bytes.
func (t *task) isFilled(ctx context.Context) (bool, error) {
	list, err := t.calls.list(ctx, cloud.Selector{Types: []resource.Type{t.step.Ref.Type}, Drill: t.Plan.Drill})
	if err != nil {
		return false, err
	}
	found := byID(list, t.at(t.step.Ref).ID)
	if found == nil || found.State != resource.Ready {
		return false, nil
	}
	t.show(t.step.Ref, found)
	return true, nil
}

func (t *task) send(ctx context.Context) error {
	storer, err := t.storer("upload")
	if err != nil {
		return err
	}
	image, err := t.image(ctx)
	if err != nil {
		return err
	}
	if t.Content == nil {
		return fmt.Errorf("upload %s: there is no content", t.step.Ref)
	}
	content, err := t.Content(t.step.Ref)
	if err != nil {
		return fmt.Errorf("upload %s: %w", t.step.Ref, err)
	}
	bytes := &source{Reader: content}
	err = t.calls.stream(ctx, func(ctx context.Context) error { return storer.Upload(ctx, image, bytes) })
	err = errors.Join(err, content.Close())
	if bytes.err != nil { // not the cloud's fault, whatever the cloud says
		return fmt.Errorf("upload %s: read the content: %w", t.step.Ref, bytes.err)
	}
	return err
}

// A source remembers that reading has failed.
type source struct {
	io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// download takes the bytes of the step's image out of the cloud.
func (t *task) download(ctx context.Context) error {
	err := t.patiently(ctx, t.Conflict, func() error { return t.receive(ctx) })
	if op, ok := refusal(err); ok {
		return t.lose("download", op)
	}
	if err != nil {
		return err
	}
	return t.done()
}

func (t *task) receive(ctx context.Context) error {
	storer, err := t.storer("download")
	if err != nil {
		return err
	}
	image, err := t.image(ctx)
	if err != nil {
		return err
	}
	return t.calls.stream(ctx, func(ctx context.Context) error {
		bytes, err := storer.Download(ctx, image)
		if err != nil {
			return err
		}
		return errors.Join(t.pour(bytes), bytes.Close())
	})
}

func (t *task) pour(bytes io.Reader) error {
	if t.Sink == nil {
		return fmt.Errorf("download %s: there is nowhere to put it", t.step.Ref)
	}
	sink, err := t.Sink(t.step.Content)
	if err != nil {
		return fmt.Errorf("download %s: %w", t.step.Ref, err)
	}
	if _, err = io.Copy(sink, bytes); err == nil {
		return sink.Close()
	}
	if partial, ok := sink.(interface{ CloseWithError(error) error }); ok {
		return errors.Join(err, partial.CloseWithError(err))
	}
	return errors.Join(err, sink.Close())
}
