package bundle

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"iter"
)

// A document is a file of JSON in the form of json.MarshalIndent that is written
// piece by piece. The error is that of flush.
type document struct {
	out *bufio.Writer
	err error
}

func newDocument(to io.Writer) *document { return &document{out: bufio.NewWriterSize(to, 1<<16)} }

func (d *document) text(text string) { d.out.WriteString(text) } //nolint:errcheck // flush tells

// field writes an entry of the outermost object, and what stands before the next
// one.
func (d *document) field(name string, value any) {
	d.text("  \"" + name + "\": ")
	data, err := json.MarshalIndent(value, "  ", "  ")
	d.note(err)
	d.out.Write(data) //nolint:errcheck // flush tells
	d.text(",\n")
}

func (d *document) note(err error) {
	if d.err == nil {
		d.err = err
	}
}

func (d *document) flush() error {
	d.note(d.out.Flush())
	return d.err
}

// A list is a list of a document. Its items stand at the indent.
type list struct {
	*document
	indent string
	some   bool
}

func (d *document) list(indent string) *list { return &list{document: d, indent: indent} }

// add writes an item that has the form already.
func (l *list) add(item []byte) {
	if l.some {
		l.text(",\n" + l.indent)
	} else {
		l.text("[\n" + l.indent)
	}
	l.some = true
	l.out.Write(item) //nolint:errcheck // flush tells
}

func (l *list) end() {
	if !l.some {
		l.text("[]")
		return
	}
	l.text("\n" + l.indent[2:] + "]")
}

// addAll writes all items, which may be nil.
func addAll[T any](l *list, items iter.Seq[T]) {
	if items != nil {
		for item := range items {
			data, err := formatted(item, l.indent)
			l.note(err)
			l.add(data)
		}
	}
	l.end()
}

// formatted is a value as it stands in a list.
func formatted(value any, indent string) ([]byte, error) {
	data, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = json.Indent(&out, data, indent, "  ")
	return out.Bytes(), err
}
