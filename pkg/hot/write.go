package hot

import (
	"bytes"
	"strings"
	"unicode"

	yaml "go.yaml.in/yaml/v4"
)

// mapping makes a map of names and nodes in turn.
func mapping(pairs ...any) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	for i := 0; i+1 < len(pairs); i += 2 {
		n.Content = append(n.Content, textNode(pairs[i].(string)), pairs[i+1].(*yaml.Node))
	}
	return n
}

// call makes a function with its arguments, in one line.
func call(function string, args *yaml.Node) *yaml.Node {
	n := mapping(function, args)
	n.Style = yaml.FlowStyle
	return n
}

func sequence(items ...*yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Content: items}
}

func scalar(tag, value string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: value}
}

// text_ makes a text that every YAML reader takes for one: Heat's takes 1:30,
// yes and 2020-01-01 for something else, so all is quoted that is not plainly
// a word.
func textNode(s string) *yaml.Node {
	n := scalar("!!str", s)
	switch {
	case isWord(s):
	case isBlock(s):
		n.Style = yaml.LiteralStyle
	default:
		n.Style = yaml.DoubleQuotedStyle
	}
	return n
}

func isWord(s string) bool {
	switch strings.ToLower(s) {
	case "", "y", "n", "yes", "no", "on", "off", "true", "false", "null":
		return false
	}
	for i, r := range s {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '_'
		inside := i > 0 && (r >= '0' && r <= '9' || r == '.' || r == '/' || r == '-')
		colon := r == ':' && i > 0 && i+1 < len(s) // "a: b" has a space, which is no letter
		if !letter && !inside && !colon {
			return false
		}
	}
	return true
}

// isBlock reports whether s is text of several lines that reads well as such.
func isBlock(s string) bool {
	if !strings.Contains(s, "\n") || strings.TrimLeft(s, " \t\n") != s || !strings.HasSuffix(s, "\n") || strings.HasSuffix(s, "\n\n") {
		return false
	}
	return strings.IndexFunc(s, func(r rune) bool { return r != '\n' && (r == '\ufeff' || !unicode.IsPrint(r)) }) < 0
}

func write(root *yaml.Node) ([]byte, error) {
	var buf bytes.Buffer
	d, err := yaml.NewDumper(&buf, yaml.WithIndent(2), yaml.WithLineWidth(-1))
	if err != nil {
		return nil, err
	}
	if err := d.Dump(root); err != nil {
		return nil, err
	}
	if err := d.Close(); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}
