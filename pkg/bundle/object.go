package bundle

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// An unpacking is the one way through all resources of a bundle: it writes
// resources.json and the manifests, and notes what the other files say.
type unpacking struct {
	*Writer
	stack   *resource.Set // what is OpenStack's, whole
	objects int           // what is Kubernetes'

	mu     sync.Mutex
	scopes map[string]bool // that hold something of the workload
}

// A packed resource is one that is to be written.
type packed struct {
	line  *resource.Line
	to    targets
	taken bool
}

// batch is how many resources are in memory at once.
const batch = 256

// unpack writes what a Stream has. No more than a batch of it is in memory, but
// what a template has to be made of.
func (w *Writer) unpack(s resource.Stream) (u *unpacking, err error) {
	dir, err := w.Scratch()
	if err != nil {
		return nil, err
	}
	relations, err := relate(s, dir)
	if err != nil {
		return nil, fmt.Errorf("find out what refers to what: %w", err)
	}
	defer func() { err = errors.Join(err, relations.close()) }()
	f, err := w.File(ResourcesFile)
	if err != nil {
		return nil, err
	}
	u = &unpacking{Writer: w, stack: resource.NewSet(s.Schemas), scopes: map[string]bool{}}
	if err := u.resources(s, relations, f); err != nil {
		return nil, errors.Join(err, f.CloseWithError(err))
	}
	return u, f.Close()
}

// resources writes resources.json, and all that is written of one resource.
func (u *unpacking) resources(s resource.Stream, relations *relations, to io.Writer) error {
	d := newDocument(to)
	d.text("{\n")
	d.field("apiVersion", resource.APIVersion)
	d.field("kind", "Set")
	if len(s.Schemas) > 0 {
		d.field("schemas", s.Schemas)
	}
	d.text(`  "resources": `)
	all := d.list("    ")
	some := make([]packed, 0, batch)
	for l, err := range s.Lines() {
		if err != nil {
			return err
		}
		p := packed{line: l.Clone()}
		if p.to, p.taken, err = relations.of(l.Ref); err != nil {
			return err
		}
		if some = append(some, p); len(some) == batch {
			if err := u.some(some, all); err != nil {
				return err
			}
			some = some[:0]
		}
	}
	if err := u.some(some, all); err != nil {
		return err
	}
	all.end()
	d.text("\n}\n")
	return d.flush()
}

// some writes several resources at once.
func (u *unpacking) some(batch []packed, all *list) error {
	texts := make([][]byte, len(batch))
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, p := range batch {
		g.Go(func() (err error) {
			texts[i], err = u.one(p, all.indent)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	for _, text := range texts {
		all.add(text)
	}
	return nil
}

// one writes all there is of a resource but its place in resources.json, which
// it returns.
func (u *unpacking) one(p packed, indent string) ([]byte, error) {
	r, err := p.line.Resource()
	if err != nil {
		return nil, err
	}
	u.count(r)
	if isKubernetes(r.Type) {
		if err := u.object(r, p); err != nil {
			return nil, err
		}
	}
	text, err := formatted(withoutIDs(r), indent)
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", ResourcesFile, err)
	}
	return text, nil
}

func (u *unpacking) count(r *resource.Resource) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if !isKubernetes(r.Type) {
		u.stack.Put(r)
		return
	}
	u.objects++
	if r.Tenure == resource.Own {
		u.scopes[r.Scope] = true
	}
}
