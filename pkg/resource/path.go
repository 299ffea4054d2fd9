package resource

import (
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// A Path leads to a value inside a Spec: "networks[0].fixed_ip",
// "metadata.role", `metadata."a.b"`. As a pattern, [] stands for any index and
// * for any key: "networks[].fixed_ip", "metadata.*". The empty Path is the
// whole value.
type Path string

// Field returns the path of a map's entry below p.
func (p Path) Field(name string) Path {
	if name == "" || name == "*" || strings.ContainsAny(name, ".[]\"'`") {
		name = strconv.Quote(name)
	}
	if p == "" {
		return Path(name)
	}
	return p + "." + Path(name)
}

// Index returns the path of a list's item below p.
func (p Path) Index(i int) Path { return p + Path("["+strconv.Itoa(i)+"]") }

// Steps splits p. Each step is the name of an entry (string) or an index
// (int); in patterns [Any] stands for both wildcards.
func (p Path) Steps() []any {
	var steps []any
	for rest := string(p); rest != ""; {
		var s step
		s, rest = cutStep(rest)
		switch s.kind {
		case entry:
			steps = append(steps, s.name)
		case index:
			steps = append(steps, s.index)
		default:
			steps = append(steps, Any{})
		}
	}
	return steps
}

// Any is the step of a pattern that matches every key or index.
type Any struct{}

// step is one step of a path. It can be compared, and needs no memory of its
// own: paths are matched a million times in a drill.
type step struct {
	kind  uint8 // entry, index or wildcard
	name  string
	index int
}

const (
	wildcard uint8 = iota
	entry
	index
)

func cutStep(s string) (first step, rest string) {
	s = strings.TrimPrefix(s, ".")
	if strings.HasPrefix(s, "[") {
		inner, rest, _ := strings.Cut(s[1:], "]")
		if inner == "" {
			return step{}, rest
		}
		if n, err := strconv.Atoi(inner); err == nil {
			return step{kind: index, index: n}, rest
		}
		return step{}, rest
	}
	if s != "" && strings.IndexByte("\"'`", s[0]) >= 0 {
		if quoted, err := strconv.QuotedPrefix(s); err == nil {
			name, _ := strconv.Unquote(quoted)
			return step{kind: entry, name: name}, s[len(quoted):]
		}
	}
	end := 0
	for end < len(s) && s[end] != '.' && s[end] != '[' {
		end++
	}
	if s[:end] == "*" {
		return step{}, s[end:]
	}
	return step{kind: entry, name: s[:end]}, s[end:]
}

// Matches reports whether p is one of the paths that pattern stands for.
func (p Path) Matches(pattern Path) bool {
	have, want := string(p), string(pattern)
	for have != "" && want != "" {
		var h, w step
		h, have = cutStep(have)
		w, want = cutStep(want)
		if w.kind != wildcard && h != w {
			return false
		}
	}
	return have == "" && want == ""
}

// Pattern returns p with every index replaced by [].
func (p Path) Pattern() Path {
	var out Path
	for _, step := range p.Steps() {
		switch s := step.(type) {
		case string:
			out = out.Field(s)
		case int:
			out += "[]"
		default:
			out += ".*"
		}
	}
	return out
}

// Lookup returns the value at p inside v, and whether there is one.
func Lookup(v Value, p Path) (Value, bool) {
	for _, step := range p.Steps() {
		switch s := step.(type) {
		case string:
			m, _ := v.(map[string]Value)
			var ok bool
			if v, ok = m[s]; !ok {
				return nil, false
			}
		case int:
			l, ok := v.([]Value)
			if !ok || s < 0 || s >= len(l) {
				return nil, false
			}
			v = l[s]
		default:
			return nil, false
		}
	}
	return v, true
}

// Leaves iterates over the values inside v that hold no others, with their
// paths, in the order of the paths' steps. Empty lists and maps are leaves.
func Leaves(v Value) iter.Seq2[Path, Value] {
	return func(yield func(Path, Value) bool) { leaves("", v, yield) }
}

func leaves(p Path, v Value, yield func(Path, Value) bool) bool {
	switch v := v.(type) {
	case map[string]Value:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			if !leaves(p.Field(k), v[k], yield) {
				return false
			}
		}
		if len(v) > 0 {
			return true
		}
	case []Value:
		for i, item := range v {
			if !leaves(p.Index(i), item, yield) {
				return false
			}
		}
		if len(v) > 0 {
			return true
		}
	}
	return yield(p, v)
}
