package hot

import (
	"encoding/json"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// An evaluator replaces functions by their values.
type evaluator struct {
	*problems
	files      fs.FS
	given      map[string]any // the caller's values of parameters
	overrides  map[string]any // come before those
	parameters map[string]*parameter
	declared   []*parameter // in the order of the file
	resources  map[string]*declaration
	from       *declaration       // whose properties are evaluated; nil in outputs
	group      func(*declaration) // makes the members of a ResourceGroup
	made       int                // nodes that repeat has made
}

func functionNames() []string {
	return []string{"get_attr", "get_file", "get_param", "get_resource", "list_join", "repeat", "str_replace"}
}

// function returns the function of that name, or nil.
func (e *evaluator) function(name string) func(*node) *node {
	switch name {
	case "get_attr":
		return e.getAttr
	case "get_file":
		return e.getFile
	case "get_param":
		return e.getParam
	case "get_resource":
		return e.getResource
	case "list_join":
		return e.listJoin
	case "repeat":
		return e.repeat
	case "str_replace":
		return e.strReplace
	}
	return nil
}

// refused are the functions that Heat has and wechsel has not.
func refused(name string) bool {
	return strings.HasPrefix(name, "Fn::") || slices.Contains([]string{"Ref", "resource_facade", "digest", "map_merge", "map_replace",
		"str_split", "yaql", "if", "equals", "not", "and", "or", "filter", "make_url", "list_concat", "list_concat_unique", "contains",
		"str_replace_strict", "str_replace_vstrict", "get_secret"}, name)
}

// eval returns n with all functions replaced, each value at its place.
func (e *evaluator) eval(n *node) *node {
	switch v := n.value.(type) {
	case []*node:
		out := make([]*node, len(v))
		for i, item := range v {
			out[i] = e.eval(item)
		}
		return n.with(out)
	case *object:
		if len(v.entries) == 1 {
			only := v.entries[0]
			if f := e.function(only.key); f != nil {
				return f(n.with(only.value.value))
			}
			if refused(only.key) && only.value.value != nil {
				e.at(only.at, "the function %s is not supported (only %s)", only.key, strings.Join(functionNames(), ", "))
				return n.with(invalid{})
			}
		}
		out := &object{}
		for _, item := range v.entries {
			out.entries = append(out.entries, entry{key: item.key, at: item.at, value: e.eval(item.value)})
		}
		return n.with(out)
	}
	return n
}

// fail tells an error and returns what stands for the value.
func (e *evaluator) fail(n *node, format string, args ...any) *node {
	e.at(n, format, args...)
	return n.with(invalid{})
}

// args evaluates a list of arguments; false if it is none, or holds something
// invalid.
func (e *evaluator) args(n *node, usage string) ([]*node, bool) {
	v := e.eval(n)
	list, ok := v.value.([]*node)
	if !ok || len(list) == 0 {
		e.at(n, "wants %s", usage)
		return nil, false
	}
	return list, !slices.ContainsFunc(list, func(a *node) bool { _, bad := a.value.(invalid); return bad })
}

func (e *evaluator) getParam(n *node) *node {
	list := []*node{n}
	if _, ok := n.value.([]*node); ok {
		if list, ok = e.args(n, "get_param: NAME, or get_param: [NAME, KEY, …]"); !ok {
			return n.with(invalid{})
		}
	}
	name, ok := list[0].value.(string)
	if !ok {
		return e.fail(n, "get_param wants a parameter's name, this is %s", list[0].shape())
	}
	p := e.parameters[name]
	switch {
	case strings.HasPrefix(name, "OS::"):
		return e.fail(n, "%s is known only to Heat: make it a parameter of the template", name)
	case p == nil:
		return e.fail(n, "the template declares no parameter %q%s", name, Suggest(name, slices.Collect(maps.Keys(e.parameters))))
	}
	v := p.value
	for _, step := range list[1:] {
		if v = e.step(v, step); v == nil {
			return e.fail(step, "parameter %q has nothing at %s", name, describe(step))
		}
	}
	return copyAt(n, v)
}

// step goes one key or index down; nil if there is nothing.
func (e *evaluator) step(v, step *node) *node {
	switch c := v.value.(type) {
	case invalid:
		return v
	case *object:
		if key, ok := asText(step.value); ok {
			return c.get(key)
		}
	case []*node:
		if i, ok := asNumber(step.value); ok {
			if i, ok := i.(int64); ok && i >= 0 && i < int64(len(c)) {
				return c[i]
			}
		}
	}
	return nil
}

// copyAt returns v with the place of n, so that a message about a parameter's
// value points to where it is used.
func copyAt(n, v *node) *node {
	switch c := v.value.(type) {
	case []*node:
		list := make([]*node, len(c))
		for i, item := range c {
			list[i] = copyAt(n, item)
		}
		return n.with(list)
	case *object:
		o := &object{}
		for _, item := range c.entries {
			o.entries = append(o.entries, entry{key: item.key, at: n, value: copyAt(n, item.value)})
		}
		return n.with(o)
	}
	return n.with(v.value)
}

func (e *evaluator) getFile(n *node) *node {
	v := e.eval(n)
	name, ok := v.value.(string)
	if !ok {
		return e.fail(n, "get_file wants a file's name, this is %s", v.shape())
	}
	clean := path.Clean(name)
	if !fs.ValidPath(clean) {
		return e.fail(n, "get_file: %q must be a path below the template's folder", name)
	}
	if e.files == nil {
		return e.fail(n, "get_file: %q: this template comes without files", name)
	}
	data, err := fs.ReadFile(e.files, clean)
	if err != nil {
		return e.fail(n, "get_file: %v", err)
	}
	if !utf8.Valid(data) {
		return e.fail(n, "get_file: %s is not text in UTF-8, which is all that a template can hold", name)
	}
	return n.with(string(data))
}

func (e *evaluator) listJoin(n *node) *node {
	list, ok := e.args(n, "list_join: [SEPARATOR, LIST, …]")
	if !ok {
		return n.with(invalid{})
	}
	sep, ok := list[0].value.(string)
	if !ok || len(list) < 2 {
		return e.fail(n, "list_join wants a separator, which is text, and lists")
	}
	var parts []resource.Value
	for _, l := range list[1:] {
		items, ok := l.value.([]*node)
		if !ok && l.value != nil {
			return e.fail(l, "list_join joins lists, this is %s", l.shape())
		}
		for _, item := range items {
			part, ok := e.part(item)
			if !ok {
				return e.fail(item, "list_join joins texts, this is %s; quote it", describe(item))
			}
			parts = append(parts, part)
		}
	}
	return n.with(join(sep, parts))
}

// part is what a list's item adds to a text: Heat writes maps and lists as
// JSON, and refuses numbers and booleans.
func (e *evaluator) part(n *node) (resource.Value, bool) {
	switch v := n.value.(type) {
	case nil:
		return "", true
	case string, resource.Ref, resource.Attr, resource.Join, address:
		return v, true
	case []*node, *object:
		data, err := json.Marshal(plain(n))
		return string(data), err == nil && len(references(n)) == 0
	}
	return nil, false
}

// join joins parts to a text, or to a Join if some are known only later.
func join(sep string, parts []resource.Value) resource.Value {
	var texts []string
	for _, p := range parts {
		text, ok := p.(string)
		if !ok {
			return resource.Join{Sep: sep, Parts: parts}
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, sep)
}
