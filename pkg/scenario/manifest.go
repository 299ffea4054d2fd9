package scenario

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"

	yaml "go.yaml.in/yaml/v4"

	"github.com/wechsel-project/wechsel/pkg/hot"
)

// manifests checks the objects of all sources that are manifests: what no
// cluster is needed for.
type manifests struct {
	*loader
	seen map[identity]string // where
}

// An identity is what no two objects have in common.
type identity struct{ group, kind, namespace, name string }

func (m *manifests) check(source Source) {
	for _, name := range slices.Sorted(maps.Keys(source.Files)) {
		r := reader{file: path.Join(path.Dir(m.file), name)}
		for _, doc := range r.documents(source.Files[name]) {
			m.object(&r, doc, source.Namespace, 0)
		}
		m.errs = append(m.errs, r.errs...)
	}
}

// documents parses a file of several documents; those that hold nothing are
// left out.
func (r *reader) documents(data []byte) []*yaml.Node {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var out []*yaml.Node
	for {
		var doc yaml.Node
		err := dec.Decode(&doc)
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			r.unreadable(err)
			return out
		}
		if doc.Kind == yaml.DocumentNode && len(doc.Content) == 1 && doc.Content[0].ShortTag() != "!!null" {
			out = append(out, doc.Content[0])
		}
	}
}

// unreadable tells why the file is no YAML.
func (r *reader) unreadable(err error) {
	e := &hot.Error{File: r.file, Message: err.Error()}
	if le := (*yaml.LoadError)(nil); errors.As(err, &le) {
		e.Line, e.Column, e.Message = le.Mark.Line, max(1, le.Mark.Column), le.Message
	}
	r.errs = append(r.errs, e)
}

// object checks one object, or each of a List.
func (m *manifests) object(r *reader, n *yaml.Node, namespace string, depth int) {
	before := len(r.errs)
	twice(r, n, 0)
	top := entriesOf(r, n, "an object")
	if top == nil {
		return
	}
	apiVersion, kind := textOf(r, n, top, "apiVersion"), textOf(r, n, top, "kind")
	if apiVersion == "v1" && kind == "List" && top["items"] != nil {
		if depth > 0 {
			r.wrongAt(n, "a List in a List")
			return
		}
		for _, item := range top["items"].Content {
			m.object(r, item, namespace, depth+1)
		}
		return
	}
	if top["metadata"] == nil {
		r.wrongAt(n, "metadata is missing")
	} else if inner := entriesOf(r, top["metadata"], "metadata"); inner != nil {
		metadata := top["metadata"]
		if inner["name"] == nil && inner["generateName"] != nil {
			r.wrongAt(inner["generateName"], "an object without a name of its own cannot be told from another: write name instead of generateName")
		} else {
			textOf(r, metadata, inner, "name")
		}
		if inner["namespace"] != nil {
			namespace = textOf(r, metadata, inner, "namespace")
		}
		if len(r.errs) == before {
			m.once(r, inner["name"], identity{groupOf(apiVersion), kind, namespace, inner["name"].Value})
		}
	}
}

// once tells an object that is there twice. Two objects of a kind without
// namespaces that name different ones are caught when the kind is known.
func (m *manifests) once(r *reader, at *yaml.Node, id identity) {
	if before := m.seen[id]; before != "" {
		r.wrongAt(at, "%s %s is there already: %s", id.kind, id.name, before)
		return
	}
	m.seen[id] = fmt.Sprintf("%s:%d", r.file, at.Line)
}

func groupOf(apiVersion string) string {
	group, _, ok := strings.Cut(apiVersion, "/")
	if !ok {
		return ""
	}
	return group
}

// entriesOf returns the values of a map, or nil after telling that n is none.
func entriesOf(r *reader, n *yaml.Node, what string) map[string]*yaml.Node {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n.Kind != yaml.MappingNode {
		r.wrongAt(n, "%s wants a map", what)
		return nil
	}
	out := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		out[n.Content[i].Value] = n.Content[i+1]
	}
	return out
}

// textOf returns the text of an entry that must be there.
func textOf(r *reader, n *yaml.Node, entries map[string]*yaml.Node, key string) string {
	v := entries[key]
	if v != nil && v.Kind == yaml.AliasNode {
		v = v.Alias
	}
	switch {
	case v == nil:
		r.wrongAt(n, "%s is missing", key)
	case v.Kind != yaml.ScalarNode || v.ShortTag() != "!!str" || v.Value == "":
		r.wrongAt(v, "%s wants text", key)
	default:
		return v.Value
	}
	return ""
}

// twice tells every key that a map has twice: a server would take one of them.
func twice(r *reader, n *yaml.Node, depth int) {
	if depth > maxDepth*2 {
		r.wrongAt(n, "nested deeper than %d levels", maxDepth*2)
		return
	}
	seen := map[string]bool{}
	for i, item := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 {
			if seen[item.Value] && item.Value != "<<" {
				r.wrongAt(item, "the key %q is here twice", item.Value)
			}
			seen[item.Value] = true
			continue
		}
		twice(r, item, depth+1)
	}
}
