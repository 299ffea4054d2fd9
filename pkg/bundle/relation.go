package bundle

import (
	"bytes"
	"encoding/json"
	"errors"
	"iter"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/extsort"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// A target is what an object refers to, as far as its manifest or RESTORE.md
// tells of it.
type target struct {
	Ref     resource.Ref
	Name    string          `json:",omitempty"`
	Scope   string          `json:",omitempty"`
	Tenure  resource.Tenure `json:",omitempty"`
	Missing bool            `json:",omitempty"` // it is named, and nobody can see it
}

// targets are what one object refers to.
type targets map[resource.Ref]target

// relations tells of each object of a Stream what it refers to, and the name of
// its file where another one has that already. Neither is with the object, and
// what there is may be more than the memory: so it is a join of sorted lines,
// and comes in the order of the Stream.
type relations struct {
	sorter *extsort.Sorter
	next   func() ([]byte, error, bool)
	stop   func()
	line   []byte // the next one; nil: there is none
}

// relate reads the Stream once.
func relate(s resource.Stream, dir string) (*relations, error) {
	by := extsort.New(dir, chunk) // by what is referred to, and by the file's name
	defer by.Close()
	for l, err := range s.Lines() {
		if err != nil {
			return nil, err
		}
		if !isKubernetes(l.Type) {
			continue
		}
		if err := relationsOf(l, by); err != nil {
			return nil, err
		}
	}
	r := &relations{sorter: extsort.New(dir, chunk)}
	if err := r.turn(by.Sorted()); err != nil {
		return nil, errors.Join(err, r.sorter.Close())
	}
	r.next, r.stop = iter.Pull2(r.sorter.Sorted())
	return r, r.advance()
}

// What is sorted: for each object a line of what it is, and one for each object
// that refers to it; and one for each file.
const (
	refersTo = "r"
	hasFile  = "f"
	itself   = "0"
	user     = "1"
)

func relationsOf(l *resource.Line, by *extsort.Sorter) error {
	r := l.Known()
	data, err := json.Marshal(target{r.Ref, r.Name, r.Scope, r.Tenure, isMissing(r)})
	if err != nil {
		return err
	}
	err = by.Add([]byte(refersTo+nul+place(l.Ref)+itself+nul), data)
	for _, ref := range l.Refs {
		err = errors.Join(err, by.Add([]byte(refersTo+nul+place(ref)+user+nul+place(l.Ref))))
	}
	if r.Tenure == resource.Own { // the first one in order of type, scope and key gets the name
		err = errors.Join(err, by.Add([]byte(strings.Join([]string{hasFile, manifestName(r, false), string(r.Type), r.Scope, string(r.Key)}, nul))))
	}
	return err
}

// place is where an object stands in a Stream.
func place(ref resource.Ref) string { return string(ref.Type) + nul + string(ref.Key) + nul }

// turn sorts by who refers, and by whose file it is.
func (r *relations) turn(lines iter.Seq2[[]byte, error]) error {
	var file, what, data []byte // the name, and the object with what it is, that the lines are about
	for line, err := range lines {
		if err != nil {
			return err
		}
		parts := bytes.SplitN(line, []byte(nul), 5)
		switch at := line[:len(line)-len(parts[len(parts)-1])]; {
		case string(parts[0]) == hasFile && !bytes.Equal(parts[1], file):
			file = append(file[:0], parts[1]...)
		case string(parts[0]) == hasFile:
			err = r.sorter.Add(parts[2], []byte(nul), parts[4], []byte(nul+hasFile))
		case string(parts[3]) == itself:
			what, data = append(what[:0], at[:len(at)-len(itself+nul)]...), append(data[:0], parts[4]...)
		case bytes.Equal(what, at[:len(at)-len(user+nul)]):
			err = r.sorter.Add(parts[4], []byte(refersTo), data)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *relations) advance() error {
	line, err, ok := r.next()
	if !ok {
		line = nil
	}
	r.line = line
	return err
}

// of returns what is known of the next object that is asked for, and whether
// another one has its file's name. Objects are asked for in order.
func (r *relations) of(ref resource.Ref) (to targets, taken bool, err error) {
	at := place(ref)
	for r.line != nil && bytes.HasPrefix(r.line, []byte(at)) {
		what := r.line[len(at):]
		if string(what) == hasFile {
			taken = true
		} else {
			var t target
			if err := json.Unmarshal(what[len(refersTo):], &t); err != nil {
				return nil, false, err
			}
			if to == nil {
				to = targets{}
			}
			to[t.Ref] = t
		}
		if err := r.advance(); err != nil {
			return nil, false, err
		}
	}
	return to, taken, nil
}

func (r *relations) close() error {
	r.stop()
	return r.sorter.Close()
}
