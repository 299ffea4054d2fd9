package deploy_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/deploy"
	"github.com/wechsel-project/wechsel/pkg/plan"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// A sink keeps what is written, and whether it was closed as whole.
type sink struct {
	bytes.Buffer
	whole  bool
	broken error
}

func (s *sink) Close() error                   { s.whole = true; return nil }
func (s *sink) CloseWithError(err error) error { s.broken = err; return nil }

// reads is a plan that reads the bytes of a volume that is there already.
func reads() (*memory, *plan.Plan) {
	m := filled()
	m.put(own(tVolume, "data", spec{"size": int64(1)}), resource.Ready, 0)
	volume := own(tVolume, "data", nil)
	volume.Tenure, volume.ID = resource.Given, "id-001"
	image := own(tImage, "data-image", spec{"disk_format": "qcow2"})
	image.DerivedFrom = []resource.Ref{volume.Ref}
	step := func(a plan.Action, after ...string) plan.Step {
		return plan.Step{ID: string(a), Action: a, Ref: image.Ref, After: after, Content: volume.Ref}
	}
	p := &plan.Plan{Drill: drill, Cloud: "memory", Set: resource.NewSet(schemas(), volume, image),
		Steps: []plan.Step{step(plan.Create), step(plan.Download, "create"), step(plan.Delete, "download")}}
	p.Steps[0].Temporary = true
	return m, p
}

// readBytes runs the plan; an image is ready at once, with bytes.
func readBytes(t *testing.T, m *memory, p *plan.Plan, to *sink) (*deploy.Result, error) {
	t.Helper()
	j := newJournal(t)
	var r *deploy.Result
	var err error
	synctest.Test(t, func(t *testing.T) {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		o := options(p, &imager{m}, j, tick.C)
		o.Sink = func(ref resource.Ref) (io.WriteCloser, error) {
			if ref.Key != "data" {
				t.Errorf("the sink is for %s", ref)
			}
			return to, nil
		}
		r, err = deploy.Run(t.Context(), o)
	})
	return r, err
}

// An imager is a cloud whose images come with bytes.
type imager struct{ *memory }

func (c *imager) Download(ctx context.Context, image *resource.Resource) (io.ReadCloser, error) {
	c.bytes[image.ID] = []byte("bytes")
	return c.memory.Download(ctx, image)
}

func (c *imager) Create(ctx context.Context, r *resource.Resource, o resource.Owner) (*resource.Resource, error) {
	made, err := c.memory.Create(ctx, r, o)
	if err == nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		made.State = resource.Ready
		c.find(r.Type, made.ID).r.State = resource.Ready
	}
	return made, err
}

func TestDownload(t *testing.T) {
	m, p := reads()
	var to sink
	r, err := readBytes(t, m, p, &to)
	if err != nil || to.String() != "bytes" || !to.whole || len(r.Signals) > 0 {
		t.Errorf("read %q (whole: %t), %v, %v", to.String(), to.whole, r.Signals, err)
	}
	if len(m.objects) != 2 || m.objects[1].r.ID != "id-001" {
		t.Errorf("left: %s", m.dump())
	}
}

func TestDownloadIsRefused(t *testing.T) {
	m, p := reads()
	m.refuse = func(op string, r *resource.Resource) error {
		if op == "download" {
			return opError(op, r, cloud.ErrForbidden, "policy")
		}
		return nil
	}
	r, err := readBytes(t, m, p, &sink{})
	if err != nil || len(r.Signals) != 1 || r.Signals[0].Code != "download" || r.Signals[0].Ref.Key != "data" {
		t.Errorf("%+v, %v", r.Signals, err)
	}
	if len(m.objects) != 2 {
		t.Errorf("left: %s", m.dump())
	}
}

// A breaker is a cloud that loses the connection amid a download.
type breaker struct{ imager }

var errBroken = errors.New("broken")

func (c *breaker) Download(context.Context, *resource.Resource) (io.ReadCloser, error) {
	return io.NopCloser(io.MultiReader(bytes.NewReader([]byte("by")), iotest.ErrReader(errBroken))), nil
}

func TestDownloadBreaks(t *testing.T) {
	m, p := reads()
	j := newJournal(t)
	var to sink
	synctest.Test(t, func(t *testing.T) {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		o := options(p, &breaker{imager{m}}, j, tick.C)
		o.Sink = func(resource.Ref) (io.WriteCloser, error) { return &to, nil }
		_, err := deploy.Run(t.Context(), o)
		if !errors.Is(err, deploy.ErrIncomplete) || !errors.Is(err, errBroken) || to.whole || to.broken == nil {
			t.Errorf("whole: %t, %v, %v", to.whole, to.broken, err)
		}
	})
}

func TestContentThatCannotBeReadIsNoRefusal(t *testing.T) {
	j := newJournal(t)
	synctest.Test(t, func(t *testing.T) {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		o := options(shop(), filled(), j, tick.C)
		o.Content = func(resource.Ref) (io.ReadCloser, error) { return io.NopCloser(iotest.ErrReader(errBroken)), nil }
		r, err := deploy.Run(t.Context(), o)
		if !errors.Is(err, deploy.ErrIncomplete) || !errors.Is(err, errBroken) || len(r.Signals) > 0 {
			t.Errorf("%v, %v", r.Signals, err)
		}
	})
}
