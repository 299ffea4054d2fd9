package profile

import (
	"cmp"
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// An Error is one thing that is wrong with a file, at its place.
type Error struct {
	File         string
	Line, Column int
	Message      string
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Message)
}

// A decoder reads YAML into Go values by their json tags, and collects all
// that does not fit. A YAML library alone stops early, or has no columns.
type decoder struct {
	file  string
	files map[*yaml.Node]string // of nodes that come from another file
	nulls bool                  // null is as good as any value
	errs  []*Error
}

func (d *decoder) fail(n *yaml.Node, format string, args ...any) {
	d.errs = append(d.errs, &Error{cmp.Or(d.files[n], d.file), n.Line, n.Column, fmt.Sprintf(format, args...)})
}

// err joins what was found, in the order of the file.
func (d *decoder) err() error {
	slices.SortStableFunc(d.errs, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	list := make([]error, len(d.errs))
	for i, e := range d.errs {
		list[i] = e
	}
	return errors.Join(list...)
}

func (d *decoder) value(n *yaml.Node, v reflect.Value) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if d.nulls && n.ShortTag() == "!!null" {
		return
	}
	if u, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		if !d.scalar(n, "a text", "!!str", "!!int", "!!float") {
			return
		}
		if err := u.UnmarshalText([]byte(n.Value)); err != nil {
			d.fail(n, "%v", err)
		}
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		d.object(n, v)
	case reflect.Map:
		d.table(n, v)
	case reflect.Slice:
		d.list(n, v)
	case reflect.String:
		if d.scalar(n, "a text (put it in quotes)", "!!str") {
			v.SetString(n.Value)
		}
	case reflect.Interface: // free form, as a manifest is
		var free any
		if err := n.Decode(&free); err != nil {
			d.fail(n, "%v", err)
			return
		}
		if free != nil {
			v.Set(reflect.ValueOf(free))
		}
	case reflect.Bool:
		if d.scalar(n, "true or false", "!!bool") {
			v.SetBool(strings.EqualFold(n.Value, "true"))
		}
	default:
		d.number(n, v)
	}
}

// scalar tells whether a node is of one of those types.
func (d *decoder) scalar(n *yaml.Node, want string, tags ...string) bool {
	if n.Kind == yaml.ScalarNode && slices.Contains(tags, n.ShortTag()) {
		return true
	}
	d.fail(n, "%s is wanted here, not %s", want, describe(n))
	return false
}

func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	default:
		if n.ShortTag() == "!!null" {
			return "nothing"
		}
		return n.Value
	}
}

func (d *decoder) number(n *yaml.Node, v reflect.Value) {
	if !d.scalar(n, "a whole number", "!!int") {
		return
	}
	var err error
	if v.CanUint() {
		var u uint64
		if u, err = strconv.ParseUint(n.Value, 0, 64); err == nil {
			v.SetUint(u)
		}
	} else {
		var i int64
		if i, err = strconv.ParseInt(n.Value, 0, 64); err == nil {
			v.SetInt(i)
		}
	}
	if err != nil {
		d.fail(n, "%s is no number that fits here", n.Value)
	}
}

func (d *decoder) list(n *yaml.Node, v reflect.Value) {
	if n.Kind != yaml.SequenceNode {
		d.fail(n, "a list is wanted here, not %s", describe(n))
		return
	}
	out := reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content))
	for i, item := range n.Content {
		d.value(item, out.Index(i))
	}
	v.Set(out)
}

func (d *decoder) table(n *yaml.Node, v reflect.Value) {
	out := reflect.MakeMap(v.Type())
	for key, item := range d.pairs(n) {
		elem := reflect.New(v.Type().Elem()).Elem()
		d.value(item, elem)
		out.SetMapIndex(reflect.ValueOf(key.Value), elem)
	}
	v.Set(out)
}

func (d *decoder) object(n *yaml.Node, v reflect.Value) {
	fields := map[string]reflect.Value{}
	collect(v, fields)
	for key, item := range d.pairs(n) {
		field, known := fields[key.Value]
		if !known {
			names := make([]string, 0, len(fields))
			for name := range fields {
				names = append(names, name)
			}
			slices.Sort(names)
			d.fail(key, "%s is not known here; known are %s", key.Value, strings.Join(names, ", "))
			continue
		}
		d.value(item, field)
	}
}

// collect finds the fields of a struct by json tag; embedded ones are inlined.
func collect(v reflect.Value, fields map[string]reflect.Value) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "":
			collect(v.Field(i), fields)
		case name != "" && name != "-":
			fields[name] = v.Field(i)
		}
	}
}

// pairs yields keys and values of a mapping; a key that comes twice is told.
func (d *decoder) pairs(n *yaml.Node) func(func(k, v *yaml.Node) bool) {
	return func(yield func(k, v *yaml.Node) bool) {
		if n.Kind != yaml.MappingNode {
			d.fail(n, "a mapping is wanted here, not %s", describe(n))
			return
		}
		seen := map[string]bool{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			k := n.Content[i]
			if seen[k.Value] {
				d.fail(k, "%s is there twice", k.Value)
				continue
			}
			seen[k.Value] = true
			if !yield(k, n.Content[i+1]) {
				return
			}
		}
	}
}
