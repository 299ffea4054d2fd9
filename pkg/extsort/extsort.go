// Package extsort sorts any number of lines in little memory (an external merge
// sort): chunks of them in memory, each into a temporary file, and in the end all
// files as one.
//
// A join of what does not fit into memory is a sort too: give the lines of both
// sides the same beginning, and they come out next to each other.
package extsort

import (
	"bufio"
	"bytes"
	"container/heap"
	"errors"
	"io"
	"iter"
	"os"
	"slices"
)

// Longest is how many bytes a line may have.
const Longest = 64 << 20

// A Sorter sorts lines, which are bytes without a line break, as bytes. Equal
// lines are one. It is not safe for concurrent use.
type Sorter struct {
	size  int // of a chunk, in bytes
	dir   string
	data  []byte
	lines [][2]int // in data: from, to
	files []*os.File
}

// New makes a Sorter whose temporary files are in dir, and which has chunks of
// size bytes in memory.
func New(dir string, size int) *Sorter {
	return &Sorter{size: size, dir: dir, data: make([]byte, 0, size+size/8)}
}

// Add takes a line, which is the parts one after the other. It keeps none of
// them.
func (s *Sorter) Add(parts ...[]byte) error {
	from := len(s.data)
	for _, p := range parts {
		s.data = append(s.data, p...)
	}
	s.lines = append(s.lines, [2]int{from, len(s.data)})
	if len(s.data) < s.size {
		return nil
	}
	return s.spill()
}

// spill writes what is in memory into a file of its own.
func (s *Sorter) spill() error {
	f, err := os.CreateTemp(s.dir, "sorted-")
	if err != nil {
		return err
	}
	s.files = append(s.files, f)
	out := bufio.NewWriterSize(f, 1<<18)
	at := func(l [2]int) []byte { return s.data[l[0]:l[1]] }
	slices.SortFunc(s.lines, func(a, b [2]int) int { return bytes.Compare(at(a), at(b)) })
	for i, l := range s.lines {
		if i == 0 || !bytes.Equal(at(l), at(s.lines[i-1])) {
			out.Write(at(l))    //nolint:errcheck // Flush tells
			out.WriteByte('\n') //nolint:errcheck // Flush tells
		}
	}
	s.data, s.lines = s.data[:0], s.lines[:0]
	if err := out.Flush(); err != nil {
		return err
	}
	_, err = f.Seek(0, io.SeekStart)
	return err
}

// Sorted yields all lines in order, once; nothing may be added afterwards. A line
// is valid until the next one. After an error no more is yielded.
func (s *Sorter) Sorted() iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		if err := s.spill(); err != nil {
			yield(nil, err)
			return
		}
		s.data, s.lines = nil, nil
		var m merge
		for _, f := range s.files {
			if err := m.add(f); err != nil {
				yield(nil, err)
				return
			}
		}
		heap.Init(&m)
		var before []byte
		for first := true; len(m) > 0; first = false {
			line := m[0].Bytes()
			if first || !bytes.Equal(line, before) {
				before = append(before[:0], line...)
				if !yield(before, nil) {
					return
				}
			}
			if err := m.next(); err != nil {
				yield(nil, err)
				return
			}
		}
	}
}

// Close removes the temporary files.
func (s *Sorter) Close() error {
	var errs []error
	for _, f := range s.files {
		errs = append(errs, f.Close(), os.Remove(f.Name()))
	}
	return errors.Join(errs...)
}

// A merge has the next line of each file, the least one first.
type merge []*bufio.Scanner

func (m merge) Len() int           { return len(m) }
func (m merge) Less(i, j int) bool { return bytes.Compare(m[i].Bytes(), m[j].Bytes()) < 0 }
func (m merge) Swap(i, j int)      { m[i], m[j] = m[j], m[i] }
func (m *merge) Push(x any)        { *m = append(*m, x.(*bufio.Scanner)) } //nolint:forcetypeassert // heap's way
func (m *merge) Pop() any {
	last := (*m)[len(*m)-1]
	*m = (*m)[:len(*m)-1]
	return last
}

func (m *merge) add(r io.Reader) error {
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 1<<16), Longest)
	if s.Scan() {
		*m = append(*m, s)
	}
	return s.Err()
}

// next goes on in the file whose line was the least.
func (m *merge) next() error {
	if (*m)[0].Scan() {
		heap.Fix(m, 0)
		return nil
	}
	return heap.Pop(m).(*bufio.Scanner).Err() //nolint:forcetypeassert // heap's way
}
