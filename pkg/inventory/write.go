package inventory

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/extsort"
	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// chunk is how many bytes are sorted at once.
const chunk = 8 << 20

// Write reads the project into a file, which holds what [Take] would return, and
// returns how many resources that is. Where all of a cloud is known by its name
// (Schema.Named), and all of that is asked for, no more than a few pages of a
// listing and a chunk of sorted lines are in memory, however much there is: then
// a key needs no look at all the others. Else all of it is.
func Write(ctx context.Context, c cloud.Reader, o Options, name string) (int, error) {
	if o.Drill == "" && len(o.Keys) == 0 && allNamed(c.Schemas()) {
		return write(ctx, c, o, name)
	}
	set, err := Take(ctx, c, o)
	if err != nil {
		return 0, err
	}
	return set.Len(), save(set, name)
}

func allNamed(schemas resource.Schemas) bool {
	for _, s := range schemas {
		if !s.Named {
			return false
		}
	}
	return true
}

func write(ctx context.Context, c cloud.Reader, o Options, name string) (int, error) {
	dir, err := os.MkdirTemp(filepath.Dir(name), ".inventory-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	w := &writing{schemas: c.Schemas(), sorter: extsort.New(dir, chunk), lately: map[resource.Ref]bool{}}
	defer w.sorter.Close()
	if err := w.read(ctx, c, o); err != nil {
		return 0, fmt.Errorf("take inventory: %w", err)
	}
	if err := w.given(o.Catalogue); err != nil {
		return 0, fmt.Errorf("take inventory: %w", err)
	}
	n, err := w.finish(name)
	if err != nil {
		return 0, fmt.Errorf("write %s: %w", name, err)
	}
	return n, nil
}

// A writing is an inventory's file in the making. What is sorted is "TYPE KEY",
// who says so, and the line: so that of several lines for one resource the first
// is the one that counts.
type writing struct {
	schemas resource.Schemas
	sorter  *extsort.Sorter
	lately  map[resource.Ref]bool // some of what was referred to, so that it is not told each time
	err     error
}

// Who says what a resource is, the most trusted first.
const (
	wasListed = '0'
	isGiven   = '1' // counts only if something refers to it
	isNamedBy = '2' // what refers to it
)

// read takes in what the cloud lists.
func (w *writing) read(ctx context.Context, c cloud.Reader, o Options) error {
	for x, err := range c.List(ctx, cloud.Selector{Omit: o.Omit}) {
		if err != nil {
			return err
		}
		schema := w.schemas[x.Type]
		r := *x
		r.After = slices.Clone(x.After)
		r.Key = resource.NameKey(split(x.ID))
		l := linker{schema, w.lookup}
		l.link(&r)
		l.canonical(&r)
		if err := w.add(wasListed, &r); err != nil {
			return err
		}
	}
	return nil
}

// given takes in what the provider gives. Its facts refer to nothing.
func (w *writing) given(catalogue *profile.Catalogue) error {
	if catalogue == nil {
		return nil
	}
	for _, x := range cloud.Given(*catalogue) {
		x.Key = resource.NameKey(split(x.ID))
		linker{w.schemas[x.Type], w.lookup}.link(x)
		if err := w.add(isGiven, x); err != nil {
			return err
		}
	}
	return nil
}

// lookup returns what the id leads to. That nobody may see it is noted for the
// case that nobody does.
func (w *writing) lookup(_ *resource.Schema, types []resource.Type, id string) resource.Ref {
	ref := resource.Ref{Type: types[0], Key: resource.NameKey(split(id))}
	const few = 4096
	if w.lately[ref] {
		return ref
	}
	if len(w.lately) == few {
		clear(w.lately)
	}
	w.lately[ref] = true
	x := unseen(types[0], id, true)
	x.Key = ref.Key
	w.err = errors.Join(w.err, w.add(isNamedBy, x))
	return ref
}

func (w *writing) add(by byte, r *resource.Resource) error {
	line, err := resource.MarshalLine(r)
	if err != nil || w.err != nil {
		return errors.Join(w.err, err)
	}
	return w.sorter.Add([]byte(r.Type), []byte{' '}, []byte(r.Key), []byte{' ', by, ' '}, line)
}

// finish writes the file: for each resource the line that counts.
func (w *writing) finish(name string) (n int, err error) {
	f, err := create(name, w.schemas)
	if err != nil {
		return 0, err
	}
	var of, given, line []byte // of whom the lines are, and what the provider says
	done := false              // the line that counts is written
	for text, err := range w.sorter.Sorted() {
		if err != nil {
			return 0, errors.Join(err, f.giveUp())
		}
		who, by, data := cut(text)
		if !bytes.Equal(who, of) {
			of, given, done = append(of[:0], who...), given[:0], false
		}
		switch {
		case done:
			continue
		case by == isGiven:
			given = append(given[:0], data...)
			continue
		case by == isNamedBy && len(given) > 0:
			line = given
		default:
			line = data
		}
		if err := f.line(line); err != nil {
			return 0, errors.Join(err, f.giveUp())
		}
		done = true
		n++
	}
	return n, f.finish()
}

// cut takes a sorted line apart.
func cut(text []byte) (who []byte, by byte, line []byte) {
	t := bytes.IndexByte(text, ' ')
	k := t + 1 + bytes.IndexByte(text[t+1:], ' ')
	return text[:k], text[k+1], text[k+3:]
}
