package drill

import (
	"io"
	"path/filepath"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/wechsel-project/wechsel/pkg/bundle"
	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// contents are the files into which a reading stage puts bytes.
type contents struct {
	dir    string
	writer *bundle.Writer
	mu     sync.Mutex
	files  map[resource.Ref]string
}

func newContents(dir string, w *bundle.Writer) *contents {
	return &contents{dir: dir, writer: w, files: map[resource.Ref]string{}}
}

func (c *contents) sink(ref resource.Ref) (io.WriteCloser, error) {
	folder := "volumes/"
	if ref.Type == cloud.Image {
		folder = "images/"
	}
	name := folder + string(ref.Key) + ".img"
	c.mu.Lock()
	c.files[ref] = name
	c.mu.Unlock()
	return c.writer.File(name)
}

// measure looks into every file and notes in the set what it holds.
func (c *contents) measure(set *resource.Set) error {
	var g errgroup.Group
	for ref, name := range c.files {
		r := set.Get(ref)
		size, _ := r.Spec["size"].(int64)
		g.Go(func() error {
			content, err := bundle.Measure(filepath.Join(c.dir, filepath.FromSlash(name)), size<<30)
			if err != nil {
				return err
			}
			content.File = name
			r.Content = &content
			return nil
		})
	}
	return g.Wait()
}
