package hot

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	yaml "go.yaml.in/yaml/v4"
)

// A node is a value with its place in the file. Its value is nil, bool, int64,
// float64, string, []*node or *object; after evaluation also resource.Ref,
// resource.Attr, resource.Join, address, or invalid.
type node struct {
	value        any
	line, column int
}

// An object is a map in the order of the file.
type object struct{ entries []entry }

type entry struct {
	key   string
	at    *node // the key's place
	value *node
}

// invalid stands for what could not be evaluated; its error is told already.
type invalid struct{}

// with returns a node of another value at the place of n.
func (n *node) with(v any) *node { return &node{value: v, line: n.line, column: n.column} }

func (o *object) get(key string) *node {
	for _, e := range o.entries {
		if e.key == key {
			return e.value
		}
	}
	return nil
}

// shape names the kind of n's value for messages.
func (n *node) shape() string {
	switch n.value.(type) {
	case nil:
		return "nothing"
	case bool:
		return "a boolean"
	case int64, float64:
		return "a number"
	case string:
		return "text"
	case []*node:
		return "a list"
	case *object:
		return "a map"
	}
	return "a value known only later"
}

const (
	maxDepth = 100
	maxNodes = 200_000 // after expanding aliases; Heat allows 512 KiB of text
)

// load reads the one document in data; nil after telling what is wrong.
func load(p *problems, data []byte) *node {
	loader, err := yaml.NewLoader(bytes.NewReader(data), yaml.WithUniqueKeys(false))
	if err != nil {
		p.add(&Error{File: p.file, Message: err.Error()})
		return nil
	}
	var doc, more yaml.Node
	if err := loader.Load(&doc); err != nil {
		p.syntax(err)
		return nil
	}
	if err := loader.Load(&more); !errors.Is(err, io.EOF) {
		p.add(&Error{File: p.file, Line: more.Line, Column: more.Column, Message: "a second document: a template is one"})
		return nil
	}
	if doc.Kind == yaml.DocumentNode && len(doc.Content) == 1 {
		doc = *doc.Content[0]
	}
	c := converter{problems: p}
	n := c.convert(&doc, 0)
	if c.nodes > maxNodes {
		p.add(&Error{File: p.file, Message: fmt.Sprintf("more than %d values", maxNodes)})
		return nil
	}
	return n
}

func (p *problems) syntax(err error) {
	e := &Error{File: p.file, Message: err.Error()}
	if le := (*yaml.LoadError)(nil); errors.As(err, &le) {
		e.Line, e.Column, e.Message = le.Mark.Line, max(1, le.Mark.Column), le.Message
	}
	if errors.Is(err, io.EOF) {
		e.Message = "the file is empty"
	}
	p.add(e)
}

type converter struct {
	*problems
	nodes int
}

func (c *converter) convert(y *yaml.Node, depth int) *node {
	n := &node{line: y.Line, column: max(1, y.Column)}
	if c.nodes++; c.nodes > maxNodes {
		return n.with(invalid{})
	}
	if depth > maxDepth {
		c.at(n, "nested deeper than %d levels", maxDepth)
		return n.with(invalid{})
	}
	switch y.Kind {
	case yaml.AliasNode:
		n.value = c.convert(y.Alias, depth+1).value
	case yaml.SequenceNode:
		list := make([]*node, len(y.Content))
		for i, item := range y.Content {
			list[i] = c.convert(item, depth+1)
		}
		n.value = list
	case yaml.MappingNode:
		n.value = c.object(y, depth)
	case yaml.ScalarNode:
		n.value = c.scalar(n, y)
	default:
		n.value = nil
	}
	return n
}

func (c *converter) object(y *yaml.Node, depth int) *object {
	o := &object{}
	var merged []*object
	for i := 0; i+1 < len(y.Content); i += 2 {
		key, value := y.Content[i], c.convert(y.Content[i+1], depth+1)
		at := &node{line: key.Line, column: max(1, key.Column)}
		if key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		if key.Kind != yaml.ScalarNode {
			c.at(at, "a key must be text")
			continue
		}
		if key.ShortTag() == "!!merge" {
			merged = append(merged, c.merge(value)...)
			continue
		}
		if o.get(key.Value) != nil {
			c.at(at, "the key %q is here twice", key.Value)
			continue
		}
		o.entries = append(o.entries, entry{key: key.Value, at: at, value: value})
	}
	for _, m := range merged {
		for _, e := range m.entries {
			if o.get(e.key) == nil {
				o.entries = append(o.entries, e)
			}
		}
	}
	return o
}

// merge returns the maps that a "<<" key brings in.
func (c *converter) merge(n *node) []*object {
	switch v := n.value.(type) {
	case *object:
		return []*object{v}
	case []*node:
		var out []*object
		for _, item := range v {
			if o, ok := item.value.(*object); ok {
				out = append(out, o)
			}
		}
		return out
	}
	c.at(n, "<< wants a map, this is %s", n.shape())
	return nil
}

// scalar reads a value as PyYAML does, which Heat uses: yes, no, on and off
// are booleans, and a date is text.
func (c *converter) scalar(n *node, y *yaml.Node) any {
	plain := y.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle|yaml.TaggedStyle) == 0
	switch tag := y.ShortTag(); tag {
	case "!!null":
		return nil
	case "!!bool":
		return strings.EqualFold(y.Value, "true")
	case "!!int":
		if v, err := strconv.ParseInt(strings.ReplaceAll(y.Value, "_", ""), 0, 64); err == nil {
			return v
		}
	case "!!float":
		if v, err := strconv.ParseFloat(strings.ReplaceAll(y.Value, "_", ""), 64); err == nil && !math.IsInf(v, 0) && !math.IsNaN(v) {
			return v
		}
	case "!!timestamp":
		return y.Value
	case "!!str":
		switch strings.ToLower(y.Value) {
		case "yes", "on":
			if plain {
				return true
			}
		case "no", "off":
			if plain {
				return false
			}
		}
		return y.Value
	default:
		c.at(n, "the tag %s means nothing here", tag)
		return invalid{}
	}
	c.at(n, "%q is not a number that can be used; quote it if it is text", y.Value)
	return invalid{}
}
