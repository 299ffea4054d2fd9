package scenario

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	yaml "go.yaml.in/yaml/v4"

	"github.com/wechsel-project/wechsel/pkg/hot"
	"github.com/wechsel-project/wechsel/pkg/suggest"
)

// A reader reads YAML into structs and tells everything that is wrong.
type reader struct {
	file string
	errs []*hot.Error
}

func (r *reader) wrong(p place, format string, args ...any) {
	r.errs = append(r.errs, &hot.Error{File: r.file, Line: p.line, Column: p.column, Message: fmt.Sprintf(format, args...)})
}

func (r *reader) wrongAt(n *yaml.Node, format string, args ...any) {
	r.wrong(placeOf(n), format, args...)
}

// err returns all errors in the order of the files, or nil.
func (r *reader) err() error {
	slices.SortStableFunc(r.errs, func(a, b *hot.Error) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	errs := make([]error, len(r.errs))
	for i, e := range r.errs {
		errs[i] = e
	}
	return errors.Join(errs...)
}

// load reads data into the struct that v points to.
func (r *reader) load(data []byte, v any) {
	var doc yaml.Node
	if err := yaml.Load(data, &doc, yaml.WithUniqueKeys(false)); err != nil {
		e := &hot.Error{File: r.file, Message: err.Error()}
		if le := (*yaml.LoadError)(nil); errors.As(err, &le) {
			e.Line, e.Column, e.Message = le.Mark.Line, max(1, le.Mark.Column), le.Message
		}
		r.errs = append(r.errs, e)
		return
	}
	n := &doc
	if n.Kind == yaml.DocumentNode && len(n.Content) == 1 {
		n = n.Content[0]
	}
	r.read(n, reflect.ValueOf(v).Elem(), "the file", placeOf(n), 0)
}

// own is a value that reads itself.
type own interface{ read(n *yaml.Node) error }

const maxDepth = 50

// read reads n into v; what names it in messages, and begin is where it
// begins: at its key, if it has one.
func (r *reader) read(n *yaml.Node, v reflect.Value, what string, begin place, depth int) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if depth > maxDepth {
		r.wrongAt(n, "nested deeper than %d levels", maxDepth)
		return
	}
	if o, ok := v.Addr().Interface().(own); ok {
		if err := o.read(n); err != nil {
			r.wrongAt(n, "%s: %v", what, err)
		}
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		r.readStruct(n, v, what, begin, depth)
	case reflect.Map:
		r.readMap(n, v, what, depth)
	case reflect.Slice:
		if n.Kind != yaml.SequenceNode {
			r.wrongAt(n, "%s wants a list", what)
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
		for i, item := range n.Content {
			r.read(item, v.Index(i), fmt.Sprintf("%s[%d]", what, i), placeOf(item), depth+1)
		}
	default:
		var t Text
		if err := t.read(n); err != nil {
			r.wrongAt(n, "%s: %v", what, err)
			return
		}
		v.SetString(t.Value)
	}
}

// fields returns the indices of a struct's fields by their keys, and which
// are required.
func fields(t reflect.Type) (index map[string]int, required []string) {
	index = map[string]int{}
	for i := range t.NumField() {
		name, option, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ",")
		if name == "" {
			continue
		}
		index[name] = i
		if option == "required" {
			required = append(required, name)
		}
	}
	return index, required
}

func (r *reader) readStruct(n *yaml.Node, v reflect.Value, what string, begin place, depth int) {
	if p, ok := v.Addr().Interface().(interface{ set(*yaml.Node) }); ok {
		p.set(n)
	}
	index, required := fields(v.Type())
	known := make([]string, 0, len(index))
	for name := range index {
		known = append(known, name)
	}
	seen := r.entries(n, what, func(key, value *yaml.Node) {
		i, ok := index[key.Value]
		if !ok {
			r.wrongAt(key, "%s has no key %q%s", what, key.Value, suggest.Nearest(key.Value, known))
			return
		}
		r.read(value, v.Field(i), key.Value, placeOf(key), depth+1)
	})
	for _, name := range required {
		if seen != nil && !seen[name] {
			r.wrong(begin, "%s: %s is missing", what, name)
		}
	}
}

func (r *reader) readMap(n *yaml.Node, v reflect.Value, what string, depth int) {
	v.Set(reflect.MakeMap(v.Type()))
	r.entries(n, what, func(key, value *yaml.Node) {
		item := reflect.New(v.Type().Elem()).Elem()
		r.read(value, item, fmt.Sprintf("%s.%s", what, key.Value), placeOf(key), depth+1)
		v.SetMapIndex(reflect.ValueOf(key.Value), item)
	})
}

// entries calls f for each entry of a map, and returns the keys; nil if n is
// no map.
func (r *reader) entries(n *yaml.Node, what string, f func(key, value *yaml.Node)) map[string]bool {
	if n.Kind != yaml.MappingNode {
		r.wrongAt(n, "%s wants a map", what)
		return nil
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		switch {
		case key.Kind != yaml.ScalarNode:
			r.wrongAt(key, "%s: a key must be text", what)
		case seen[key.Value]:
			r.wrongAt(key, "%s: the key %q is here twice", what, key.Value)
		default:
			seen[key.Value] = true
			f(key, n.Content[i+1])
		}
	}
	return seen
}
