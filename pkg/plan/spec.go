package plan

import (
	"slices"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// parent returns the path of what holds the value at p; "" at the top.
func parent(p resource.Path) resource.Path {
	var out resource.Path
	steps := p.Steps()
	for _, s := range steps[:max(0, len(steps)-1)] {
		out = step(out, s)
	}
	return out
}

func step(p resource.Path, s any) resource.Path {
	switch s := s.(type) {
	case string:
		return p.Field(s)
	case int:
		return p.Index(s)
	}
	return p
}

// remove takes the map's entry at p out of spec; items of lists become nil.
func remove(spec map[string]resource.Value, p resource.Path) {
	steps := p.Steps()
	if len(steps) == 0 {
		return
	}
	holder, ok := resource.Lookup(spec, parent(p))
	if !ok {
		return
	}
	switch last := steps[len(steps)-1].(type) {
	case string:
		if m, ok := holder.(map[string]resource.Value); ok {
			delete(m, last)
		}
	case int:
		if l, ok := holder.([]resource.Value); ok && last < len(l) {
			l[last] = nil
		}
	}
}

// assign puts v at p, where there is a value already, or a map to hold it.
func assign(spec map[string]resource.Value, p resource.Path, v resource.Value) {
	steps := p.Steps()
	holder, ok := resource.Lookup(spec, parent(p))
	if !ok || len(steps) == 0 {
		return
	}
	switch last := steps[len(steps)-1].(type) {
	case string:
		if m, ok := holder.(map[string]resource.Value); ok {
			m[last] = v
		}
	case int:
		if l, ok := holder.([]resource.Value); ok && last < len(l) {
			l[last] = v
		}
	}
}

// found is a value and where it is.
type found struct {
	path  resource.Path
	value resource.Value
}

// find returns the values of spec at the places that the pattern stands for.
// Where a step leads into a reference, it goes on in that resource of set.
func find(set *resource.Set, spec resource.Value, pattern resource.Path) []found {
	list := []found{{"", spec}}
	for _, s := range pattern.Steps() {
		var next []found
		for _, f := range list {
			next = append(next, follow(set, f, s)...)
		}
		list = next
	}
	return list
}

func follow(set *resource.Set, f found, s any) []found {
	if ref, ok := f.value.(resource.Ref); ok {
		r := set.Get(ref)
		if r == nil {
			return nil
		}
		f.value = r.Spec
	}
	var out []found
	switch v := f.value.(type) {
	case map[string]resource.Value:
		if name, ok := s.(string); ok {
			if item, ok := v[name]; ok {
				out = append(out, found{f.path.Field(name), item})
			}
		} else if s == any(resource.Any{}) {
			for name, item := range v {
				out = append(out, found{f.path.Field(name), item})
			}
			slices.SortFunc(out, func(a, b found) int { return strings.Compare(string(a.path), string(b.path)) })
		}
	case []resource.Value:
		for i, item := range v {
			if s == any(resource.Any{}) || s == any(i) {
				out = append(out, found{f.path.Index(i), item})
			}
		}
	}
	return out
}

// These read a fact of a Given resource; a missing one is the zero value.

func text(r *resource.Resource, p resource.Path) string {
	v, _ := resource.Lookup(r.Spec, p)
	s, _ := v.(string)
	return s
}

func number(r *resource.Resource, p resource.Path) int64 {
	v, _ := resource.Lookup(r.Spec, p)
	switch n := v.(type) {
	case int64:
		return n
	case int:
		return int64(n)
	case float64:
		return int64(n)
	}
	return 0
}

func yes(r *resource.Resource, p resource.Path) bool {
	v, _ := resource.Lookup(r.Spec, p)
	b, _ := v.(bool)
	return b
}

// fact reads an entry of a map of texts, such as an image's properties.
func fact(r *resource.Resource, in, name string) string {
	m, _ := r.Spec[in].(map[string]resource.Value)
	s, _ := m[name].(string)
	return s
}

// known reports whether anything but its name is known of a Given resource.
func known(r *resource.Resource) bool { return len(r.Spec) > 0 }
