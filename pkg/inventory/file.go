package inventory

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"

	"github.com/wechsel-project/wechsel/pkg/extsort"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// longest is what a line may have; what it is sorted by stands before it. An
// object of Kubernetes has at most some 1.5 MiB.
const longest = extsort.Longest - 1<<10

// kind is what the first line of an inventory's file says.
const kind = "Inventory"

// header is the first line; each other one is a resource (resource.Line), in
// order of type and key.
type header struct {
	APIVersion string           `json:"apiVersion"`
	Kind       string           `json:"kind"`
	Schemas    resource.Schemas `json:"schemas"`
}

// ErrNoInventory says that a file is something else.
var ErrNoInventory = errors.New("is no inventory")

// Open reads the beginning of a file that [Write] has written, and all of it
// each time that its lines are asked for.
func Open(name string) (resource.Stream, error) {
	f, err := os.Open(name)
	if err != nil {
		return resource.Stream{}, err
	}
	defer f.Close()
	_, h, err := begin(f)
	if err != nil {
		return resource.Stream{}, fmt.Errorf("%s: %w", name, err)
	}
	return resource.Stream{Schemas: h.Schemas, Lines: func() iter.Seq2[*resource.Line, error] { return lines(name) }}, nil
}

// begin reads the header.
func begin(r io.Reader) (*bufio.Scanner, header, error) {
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 1<<20), longest)
	var h header
	if !s.Scan() || json.Unmarshal(s.Bytes(), &h) != nil || h.APIVersion != resource.APIVersion || h.Kind != kind {
		return nil, h, errors.Join(ErrNoInventory, s.Err())
	}
	return s, h, nil
}

func lines(name string) iter.Seq2[*resource.Line, error] {
	return func(yield func(*resource.Line, error) bool) {
		f, err := os.Open(name)
		if err != nil {
			yield(nil, err)
			return
		}
		defer f.Close()
		s, _, err := begin(f)
		if err != nil {
			yield(nil, fmt.Errorf("%s: %w", name, err))
			return
		}
		var before resource.Ref
		for n := 2; s.Scan(); n++ {
			l, err := resource.UnmarshalLine(s.Bytes())
			if err == nil && l.Compare(before) <= 0 {
				err = fmt.Errorf("%s after %s: the lines are not in order", l.Ref, before)
			}
			if err != nil {
				yield(nil, fmt.Errorf("%s, line %d: %w", name, n, err))
				return
			}
			if before = l.Ref; !yield(l, nil) {
				return
			}
		}
		if err := s.Err(); err != nil {
			yield(nil, fmt.Errorf("%s: %w", name, err))
		}
	}
}

// Load reads all of a Stream into memory.
func Load(s resource.Stream) (*resource.Set, error) {
	set := resource.NewSet(s.Schemas)
	for l, err := range s.Lines() {
		if err != nil {
			return nil, err
		}
		r, err := l.Resource()
		if err != nil {
			return nil, err
		}
		set.Put(r)
	}
	return set, set.Check()
}

// save writes a Set as a file.
func save(set *resource.Set, name string) error {
	f, err := create(name, set.Schemas)
	if err != nil {
		return err
	}
	for _, r := range slices.SortedFunc(set.All(), func(a, b *resource.Resource) int { return a.Compare(b.Ref) }) {
		line, err := resource.MarshalLine(r)
		if err == nil {
			err = f.line(line)
		}
		if err != nil {
			return errors.Join(err, f.giveUp())
		}
	}
	return f.finish()
}

// A file is an inventory's file that is being written.
type file struct {
	out  *os.File
	name string
	*bufio.Writer
}

// create makes the file under another name, until it is whole.
func create(name string, schemas resource.Schemas) (*file, error) {
	out, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".partial-")
	if err != nil {
		return nil, err
	}
	f := &file{out: out, name: name, Writer: bufio.NewWriterSize(out, 1<<20)}
	data, err := json.Marshal(header{resource.APIVersion, kind, schemas})
	if err == nil {
		_, err = f.Write(append(data, '\n'))
	}
	if err != nil {
		return nil, errors.Join(err, f.giveUp())
	}
	return f, nil
}

func (f *file) line(data []byte) error {
	if bytes.IndexByte(data, '\n') >= 0 || len(data) >= longest {
		return fmt.Errorf("a line of %d bytes that cannot be read back", len(data))
	}
	f.Write(data) //nolint:errcheck // Flush tells
	return f.WriteByte('\n')
}

func (f *file) finish() error {
	if err := errors.Join(f.Flush(), f.out.Close()); err != nil {
		return errors.Join(err, os.Remove(f.out.Name()))
	}
	return os.Rename(f.out.Name(), f.name)
}

func (f *file) giveUp() error { return errors.Join(f.out.Close(), os.Remove(f.out.Name())) }
