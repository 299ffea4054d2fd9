package kubernetes

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	yaml4 "go.yaml.in/yaml/v4"
)

// A place is where an object is written.
type place struct {
	file string
	node *yaml4.Node // nil: not known
}

// wrong is an error at a field, as strict decoding writes it:
// spec.containers[0].image.
func (p *place) wrong(field, message string) error {
	if p.node == nil {
		return fmt.Errorf("%s: %s", p.file, message)
	}
	return p.at(keyOf(p.node, steps(field)), message)
}

func (p *place) at(n *yaml4.Node, message string) error {
	return fmt.Errorf("%s:%d:%d: %s", p.file, n.Line, n.Column, message)
}

// wrongValue is one at a value of a wrong type. The decoder's path has neither the
// numbers of list items nor the keys of maps: the first value of that type is meant.
func (p *place) wrongValue(field, have, message string) error {
	if p.node == nil {
		return fmt.Errorf("%s: %s", p.file, message)
	}
	for _, n := range valuesAt([]*yaml4.Node{p.node}, strings.Split(field, ".")) {
		if isA(n, have) {
			return p.at(n, message)
		}
	}
	return p.wrong(field, message)
}

var oneStep = regexp.MustCompile(`[^.\[\]]+`)

func steps(field string) []string { return oneStep.FindAllString(field, -1) }

// keyOf returns the key to which the steps lead, or the last place on the way.
func keyOf(n *yaml4.Node, steps []string) *yaml4.Node {
	last := n
	for len(steps) > 0 {
		if i, err := strconv.Atoi(steps[0]); err == nil && n.Kind == yaml4.SequenceNode && i < len(n.Content) {
			n, steps = follow(n.Content[i]), steps[1:]
			last = n
			continue
		}
		key, value := entry(n, steps[0])
		if key == nil {
			return last
		}
		last, n, steps = key, value, steps[1:]
	}
	return last
}

// valuesAt returns all values to which names lead, through every item of a list;
// those of maps come after the maps themselves.
func valuesAt(from []*yaml4.Node, names []string) []*yaml4.Node {
	var items []*yaml4.Node
	for _, n := range from {
		if n.Kind == yaml4.SequenceNode {
			for _, item := range n.Content {
				items = append(items, follow(item))
			}
		} else {
			items = append(items, n)
		}
	}
	if len(names) == 0 {
		out := slices.Concat(from, items)
		for _, n := range items {
			for i := 1; n.Kind == yaml4.MappingNode && i < len(n.Content); i += 2 {
				out = append(out, follow(n.Content[i]))
			}
		}
		return out
	}
	var next []*yaml4.Node
	for _, n := range items {
		if _, value := entry(n, names[0]); value != nil {
			next = append(next, value)
		}
	}
	if len(next) == 0 {
		return items
	}
	return valuesAt(next, names[1:])
}

// isA tells whether a value is what JSON calls that.
func isA(n *yaml4.Node, what string) bool {
	tag := n.ShortTag()
	switch what {
	case "number":
		return tag == "!!int" || tag == "!!float"
	case "bool":
		return n.Kind == yaml4.ScalarNode && (tag == "!!bool" || slices.Contains([]string{"yes", "no", "on", "off"}, strings.ToLower(n.Value)))
	case "string":
		return tag == "!!str"
	case "object":
		return n.Kind == yaml4.MappingNode
	case "array":
		return n.Kind == yaml4.SequenceNode
	}
	return false
}
