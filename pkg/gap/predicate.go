package gap

import (
	"regexp"
	"slices"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// A Predicate says which signals show a kind: those that are as all of its
// fields say. Empty fields take any. In Code, Type and Args, * stands for any
// text.
type Predicate struct {
	Seen    Seen
	Code    string
	Type    string
	Path    resource.Path // pattern; takes what is below it too
	Status  []int         // of HTTP
	Message *regexp.Regexp
	Effect  resource.Effect
	Value   ValueClass
	Args    map[string]string
}

// A ValueClass says how the two values of a signal differ.
type ValueClass string

// The classes of differences.
const (
	Smaller ValueClass = "smaller" // a number, or a list with fewer items
	Greater ValueClass = "greater"
	Absent  ValueClass = "absent" // the target has no value
	New     ValueClass = "new"    // the source has no value
	Off     ValueClass = "off"    // true became false
	On      ValueClass = "on"     // false became true
	Other   ValueClass = "other"
	Nothing ValueClass = "" // the same, or no values at all
)

// ClassOf returns the class of the difference from source to target.
func ClassOf(source, target resource.Value) ValueClass {
	switch {
	case resource.Equal(source, target):
		return Nothing
	case target == nil && source == true, source == true && target == false:
		return Off
	case source == nil && target == true, source == false && target == true:
		return On
	case target == nil:
		return Absent
	case source == nil:
		return New
	}
	x, xok := size(source)
	y, yok := size(target)
	switch {
	case !xok || !yok || x == y:
		return Other
	case y < x:
		return Smaller
	}
	return Greater
}

func size(v resource.Value) (float64, bool) {
	switch v := v.(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, true
	case []resource.Value:
		return float64(len(v)), true
	}
	return 0, false
}

func (k *Kind) shows(s Signal) bool {
	return slices.ContainsFunc(k.When, func(p Predicate) bool { return p.Takes(s) })
}

// Takes reports whether the signal is as the predicate says.
func (p Predicate) Takes(s Signal) bool {
	switch {
	case p.Seen != "" && p.Seen != s.Seen && (p.Seen != Refusal || s.Code != Rehearsal),
		p.Code != "" && !glob(p.Code, s.Code),
		p.Type != "" && !glob(p.Type, string(s.Ref.Type)),
		p.Path != "" && !below(s.Path, p.Path),
		len(p.Status) > 0 && !slices.Contains(p.Status, s.Status),
		p.Message != nil && !p.Message.MatchString(s.Message),
		p.Effect != "" && p.Effect != s.Effect,
		p.Value != "" && p.Value != ClassOf(s.Source, s.Target):
		return false
	}
	for name, want := range p.Args {
		if !glob(want, s.Args[name]) {
			return false
		}
	}
	return true
}

// below reports whether p is what the pattern stands for, or inside it.
func below(p, pattern resource.Path) bool {
	steps, want := p.Steps(), pattern.Steps()
	if len(steps) < len(want) {
		return false
	}
	for i, w := range want {
		if w != any(resource.Any{}) && steps[i] != any(resource.Any{}) && steps[i] != w {
			return false
		}
	}
	return true
}

func glob(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == text
	}
	if !strings.HasPrefix(text, parts[0]) {
		return false
	}
	text = text[len(parts[0]):]
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(text, part)
		if i < 0 {
			return false
		}
		text = text[i+len(part):]
	}
	return strings.HasSuffix(text, parts[len(parts)-1])
}
