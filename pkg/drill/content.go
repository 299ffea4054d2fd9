package drill

import (
	"io"
	"os"

	"golang.org/x/sync/errgroup"

	"github.com/wechsel-project/wechsel/pkg/bundle"
	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/plan"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// contents are the files into which a reading stage puts bytes.
type contents struct{ writer *bundle.Writer }

func fileOf(ref resource.Ref) string {
	folder := "volumes/"
	switch ref.Type {
	case cloud.Image:
		folder = "images/"
	case cloud.Claim:
		folder = "claims/"
	}
	return folder + string(ref.Key) + ".img"
}

func (c *contents) sink(ref resource.Ref) (io.WriteCloser, error) { return c.writer.File(fileOf(ref)) }

// measure looks into every file that the plan has filled, in this run or an
// earlier one, and notes in the set what it holds.
func (c *contents) measure(p *plan.Plan, set *resource.Set) error {
	var g errgroup.Group
	for _, s := range p.Steps {
		r := set.Get(s.Content)
		if s.Action != plan.Download || r == nil {
			continue
		}
		size := sizeOf(r)
		g.Go(func() error {
			name := fileOf(s.Content)
			there, err := c.writer.Keep(name)
			if err != nil || !there { // refused, which is a finding
				return err
			}
			r.Content, err = c.look(name, size<<30)
			return err
		})
	}
	return g.Wait()
}

// look measures a file, after making it fit for a volume of that many bytes.
func (c *contents) look(name string, size int64) (*resource.Content, error) {
	content, err := bundle.Measure(c.writer.Path(name), size)
	if err != nil {
		return nil, err
	}
	file, err := os.Stat(c.writer.Path(name))
	if err != nil {
		return nil, err
	}
	if size > 0 && file.Size() > size && content.Format == "qcow2" {
		if err := c.writer.Flatten(name); err != nil {
			return nil, err
		}
		content.Format, content.MediaType = "raw", "application/octet-stream"
	}
	content.File = name
	return &content, nil
}

// sizeOf is how many GiB the resource's volume has; 0: it is not known.
func sizeOf(r *resource.Resource) int64 {
	size, ok := r.Spec["size"].(int64)
	if behind, is := r.Attrs[cloud.Storage].(map[string]resource.Value); !ok && is {
		size, _ = behind["size"].(int64)
	}
	return size
}
