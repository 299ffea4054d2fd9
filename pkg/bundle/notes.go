package bundle

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"os"
	"strings"
	"sync"

	"github.com/wechsel-project/wechsel/pkg/extsort"
)

// chunk is how many bytes of notes are sorted at once.
const chunk = 4 << 20

// notes are what the bundle's other files tell of its objects: lists that are as
// long as there are objects, each in an order of its own. They are on the disk.
// It is safe for concurrent use.
type notes struct {
	folder func() (string, error) // where they may be

	mu     sync.Mutex
	sorter *extsort.Sorter
	sorted *os.File            // once all are there
	at     map[string][2]int64 // in sorted, by list: from, to
	err    error               // the first one
}

// add puts a value into a list, in which the order tells its place.
func (n *notes) add(list string, value any, order ...string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.err == nil {
		n.err = n.write(list, value, order)
	}
}

func (n *notes) write(list string, value any, order []string) error {
	if n.sorter == nil {
		dir, err := n.folder()
		if err != nil {
			return err
		}
		n.sorter = extsort.New(dir, chunk)
	}
	data, err := json.Marshal(value)
	if err != nil {
		return err
	}
	head := strings.ReplaceAll(list+nul+strings.Join(order, nul)+nul+nul, "\n", " ") // a short order comes before a longer one
	return n.sorter.Add([]byte(head), data)
}

// nul stands between the parts of what is sorted: it comes before all that a part
// may have.
const nul = "\x00"

// finish sorts what was added.
func (n *notes) finish() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.err == nil && n.sorter != nil {
		n.err = n.sort()
	}
	return n.err
}

func (n *notes) sort() error {
	dir, err := n.folder()
	if err != nil {
		return err
	}
	if n.sorted, err = os.CreateTemp(dir, "notes-"); err != nil {
		return err
	}
	out, offset := bufio.NewWriterSize(n.sorted, 1<<16), int64(0)
	n.at = map[string][2]int64{}
	for line, err := range n.sorter.Sorted() {
		if err != nil {
			return err
		}
		list := string(line[:bytes.IndexByte(line, 0)])
		data := line[bytes.LastIndexByte(line, 0)+1:]
		out.Write(data)     //nolint:errcheck // Flush tells
		out.WriteByte('\n') //nolint:errcheck // Flush tells
		from, ok := n.at[list]
		if !ok {
			from[0] = offset
		}
		offset += int64(len(data)) + 1
		n.at[list] = [2]int64{from[0], offset}
	}
	return errors.Join(out.Flush(), n.sorter.Close())
}

// close removes the file, if there is one.
func (n *notes) close() error {
	if n.sorted == nil {
		return nil
	}
	f := n.sorted
	n.sorted = nil
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// each yields the values of a list in order; it is nil if there are none. What
// goes wrong is in n.err afterwards.
func each[T any](n *notes, list string) iter.Seq[T] {
	at, ok := n.at[list]
	if !ok {
		return nil
	}
	return func(yield func(T) bool) {
		s := bufio.NewScanner(io.NewSectionReader(n.sorted, at[0], at[1]-at[0]))
		s.Buffer(make([]byte, 1<<16), extsort.Longest)
		for s.Scan() {
			var value T
			if err := json.Unmarshal(s.Bytes(), &value); err != nil {
				n.err = errors.Join(n.err, err)
				return
			}
			if !yield(value) {
				return
			}
		}
		n.err = errors.Join(n.err, s.Err())
	}
}
