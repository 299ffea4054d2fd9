package scenario

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/invopop/jsonschema"
	yaml "go.yaml.in/yaml/v4"
)

// A place is where something stands in its file.
type place struct{ line, column int }

func placeOf(n *yaml.Node) place { return place{n.Line, max(1, n.Column)} }

func (p *place) set(n *yaml.Node) { *p = placeOf(n) }

// given reports whether it stands there at all.
func (p place) given() bool { return p.line > 0 }

// A Text is a text with its place.
type Text struct {
	Value string
	place
}

// JSONSchema says that it is written as text.
func (Text) JSONSchema() *jsonschema.Schema { return &jsonschema.Schema{Type: "string"} }

func (t *Text) read(n *yaml.Node) error {
	t.set(n)
	if n.Kind != yaml.ScalarNode || n.ShortTag() == "!!null" {
		return fmt.Errorf("wants text")
	}
	t.Value = n.Value
	return nil
}

// Any is any value with its place.
type Any struct {
	Value any
	place
}

// JSONSchema says that it may be anything.
func (Any) JSONSchema() *jsonschema.Schema { return &jsonschema.Schema{} }

func (a *Any) read(n *yaml.Node) error {
	a.set(n)
	return n.Decode(&a.Value)
}

// Size is a number of bytes.
type Size struct {
	Bytes int64
	place
}

// JSONSchema says how a size is written.
func (Size) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{Type: "string", Pattern: `^[1-9][0-9]*(KiB|MiB|GiB)?$`}
}

func (s *Size) read(n *yaml.Node) error {
	s.set(n)
	digits, shift := n.Value, 0
	for i, unit := range []string{"KiB", "MiB", "GiB"} {
		if before, ok := strings.CutSuffix(digits, unit); ok {
			digits, shift = before, 10*(i+1)
			break
		}
	}
	v, err := strconv.ParseInt(digits, 10, 64)
	if n.Kind != yaml.ScalarNode || err != nil || v < 1 || v > math.MaxInt64>>shift {
		return fmt.Errorf("wants a size such as 512, 16KiB, 4MiB or 1GiB")
	}
	s.Bytes = v << shift
	return nil
}

// Later is a part of the format that this version does not read.
type Later struct{ place }

func (l *Later) read(n *yaml.Node) error {
	l.set(n)
	return fmt.Errorf("comes with a later version of wechsel: take it out")
}
