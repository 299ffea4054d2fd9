package gap

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"

	yaml "go.yaml.in/yaml/v4"
)

// A nodeReader reads a file strictly: what is unknown, of the wrong type or
// there twice is wrong, with its line and column. It goes on, so that all that
// is wrong is told at once.
type nodeReader struct {
	file string
	errs []error
}

func (r *nodeReader) wrong(n *yaml.Node, format string, args ...any) {
	r.errs = append(r.errs, fmt.Errorf("%s:%d:%d: %s", r.file, n.Line, max(1, n.Column), fmt.Sprintf(format, args...)))
}

// document reads the file's only document; nil if that cannot be.
func (r *nodeReader) document(fsys fs.FS) *yaml.Node {
	data, err := fs.ReadFile(fsys, r.file)
	if err != nil {
		r.errs = append(r.errs, err)
		return nil
	}
	var doc yaml.Node
	if err := yaml.Load(data, &doc, yaml.WithUniqueKeys(false)); err != nil {
		at := yaml.Mark{Line: 1}
		if le := (*yaml.LoadError)(nil); errors.As(err, &le) {
			at, err = le.Mark, errors.New(le.Message)
		}
		r.wrong(&yaml.Node{Line: at.Line, Column: at.Column}, "%v", err)
		return nil
	}
	if doc.Kind == yaml.DocumentNode && len(doc.Content) == 1 {
		return doc.Content[0]
	}
	return &doc
}

// fields hands each entry of a map to the function of its key.
func (r *nodeReader) fields(n *yaml.Node, known map[string]func(*yaml.Node)) {
	seen := map[string]bool{}
	r.entries(n, func(key *yaml.Node, value *yaml.Node) {
		f, ok := known[key.Value]
		switch {
		case !ok:
			r.wrong(key, "unknown key %q", key.Value)
		case seen[key.Value]:
			r.wrong(key, "%q is there twice", key.Value)
		default:
			seen[key.Value] = true
			f(value)
		}
	})
}

func (r *nodeReader) entries(n *yaml.Node, f func(key, value *yaml.Node)) {
	if n.Kind != yaml.MappingNode {
		r.wrong(n, "want a map")
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		f(n.Content[i], n.Content[i+1])
	}
}

func (r *nodeReader) items(n *yaml.Node, f func(*yaml.Node)) {
	if n.Kind != yaml.SequenceNode {
		r.wrong(n, "want a list")
		return
	}
	for _, item := range n.Content {
		f(item)
	}
}

func (r *nodeReader) text(n *yaml.Node) string {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" || n.Value == "" {
		r.wrong(n, "want text")
		return ""
	}
	return n.Value
}

// oneOf is text that must be one of these.
func (r *nodeReader) oneOf(n *yaml.Node, known ...string) string {
	text := r.text(n)
	for _, k := range known {
		if text == k {
			return text
		}
	}
	if text != "" {
		r.wrong(n, "%q is none of %q", text, known)
	}
	return ""
}

func (r *nodeReader) texts(n *yaml.Node, check func(*yaml.Node) string) []string {
	var out []string
	r.items(n, func(item *yaml.Node) { out = append(out, check(item)) })
	return out
}

func (r *nodeReader) number(n *yaml.Node) int {
	i, err := strconv.Atoi(n.Value)
	if n.Kind != yaml.ScalarNode || err != nil {
		r.wrong(n, "want a number")
	}
	return i
}

func (r *nodeReader) boolean(n *yaml.Node) bool { return r.oneOf(n, "true", "false") == "true" }
