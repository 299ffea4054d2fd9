package resource

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
)

// A Stream is a Set that need not fit into memory: its resources one after the
// other, in order of type and key.
type Stream struct {
	Schemas Schemas
	// Lines yields the resources, each time anew. After an error no more is
	// yielded. A Line is valid until the next one is asked for.
	Lines func() iter.Seq2[*Line, error]
}

// StreamOf returns a Set as a Stream.
func StreamOf(s *Set) Stream {
	return Stream{Schemas: s.Schemas, Lines: func() iter.Seq2[*Line, error] {
		return func(yield func(*Line, error) bool) {
			for _, r := range slices.SortedFunc(s.All(), func(a, b *Resource) int { return a.Compare(b.Ref) }) {
				data, err := MarshalLine(r)
				if err != nil {
					yield(nil, err)
					return
				}
				if l, err := UnmarshalLine(data); !yield(l, err) || err != nil {
					return
				}
			}
		}
	}}
}

// A Line is a resource in a Stream: what tells it from others is at hand, all
// else only when it is asked for.
type Line struct {
	Sum  string // a hash of all that is compared; equal sums: nothing differs
	Refs []Ref  // what it refers to, its parent too
	Head        // all of it but Spec and Attrs

	rest []byte
}

// A Head is a Resource of which Spec and Attrs are not known.
type Head = fileResource

// lineHead is the first part of a line's text; the second one begins with rest.
type lineHead struct {
	Sum  string        `json:"sum"`
	Refs []Ref         `json:"refs,omitempty"`
	Head *fileResource `json:"head"`
}

// rest is where the second part begins. In a text of JSON its quotes would be
// escaped, and the first part has no such entry.
const rest = `,"spec":`

// MarshalLine returns the line of r, which has no line break in it, nor at its end.
func MarshalLine(r *Resource) ([]byte, error) {
	spec, err := MarshalValue(r.Spec)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.Ref, err)
	}
	attrs, err := MarshalValue(r.Attrs)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.Ref, err)
	}
	head, err := json.Marshal(lineHead{Sum: sum(r, spec), Refs: r.Refs(), Head: (*fileResource)(r)})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.Ref, err)
	}
	out := make([]byte, 0, len(head)+len(spec)+len(attrs)+len(rest)+len(`,"attrs":}`))
	out = append(append(out, head[:len(head)-1]...), rest...)
	out = append(append(out, spec...), `,"attrs":`...)
	return append(append(out, attrs...), '}'), nil
}

// sum is a hash of what a comparison looks at. The schemas that travel with a
// Stream may differ; equal values are equal under any.
func sum(r *Resource, spec []byte) string {
	content := ""
	if r.Content != nil {
		content = r.Content.SHA256
	}
	h := sha256.New()
	fmt.Fprintf(h, "%q %q %q %q %t %t %q\n", r.Name, r.Scope, r.Tenure, r.Parent, r.State == Failed, r.Content == nil, content)
	h.Write(spec)
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// UnmarshalLine reads what MarshalLine has written. The Line keeps data.
func UnmarshalLine(data []byte) (*Line, error) {
	first, last, ok := bytes.Cut(data, []byte(rest))
	if !ok {
		return nil, fmt.Errorf("a line without a spec")
	}
	l := &Line{rest: last}
	head := lineHead{Head: &l.Head}
	if err := json.Unmarshal(append(first[:len(first):len(first)], '}'), &head); err != nil {
		return nil, err
	}
	l.Sum, l.Refs = head.Sum, head.Refs
	return l, nil
}

// Resource returns the resource as a whole.
func (l *Line) Resource() (*Resource, error) {
	var values struct{ Spec, Attrs json.RawMessage }
	if err := json.Unmarshal(append([]byte(`{"spec":`), l.rest...), &values); err != nil {
		return nil, fmt.Errorf("%s: %w", l.Ref, err)
	}
	r := l.Known()
	var err error
	if r.Spec, err = unmarshalMap(values.Spec); err != nil {
		return nil, fmt.Errorf("%s: spec: %w", r.Ref, err)
	}
	if r.Attrs, err = unmarshalMap(values.Attrs); err != nil {
		return nil, fmt.Errorf("%s: attrs: %w", r.Ref, err)
	}
	return r, nil
}

// Known returns the resource without Spec and Attrs.
func (l *Line) Known() *Resource {
	r := Resource(l.Head)
	return &r
}

// Clone returns a copy that stays valid.
func (l *Line) Clone() *Line {
	c := *l
	c.rest = bytes.Clone(l.rest)
	return &c
}
