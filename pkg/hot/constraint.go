package hot

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// A constraint limits a parameter's value.
type constraint struct {
	about string               // its description
	check func(v *node) string // what is wrong with v; "" if nothing is
}

func (t *template) readConstraints(p *parameter) []constraint {
	n := p.spec.get("constraints")
	if n == nil || n.value == nil {
		return nil
	}
	list, ok := n.value.([]*node)
	if !ok {
		t.at(n, "constraints wants a list, this is %s", n.shape())
		return nil
	}
	var out []constraint
	for _, item := range list {
		o := t.object(item, "a constraint", "description", "length", "range", "modulo", "allowed_values", "allowed_pattern", "custom_constraint")
		if check := t.readConstraint(p, item, o); check != nil {
			c := constraint{check: check}
			if d := o.get("description"); d != nil {
				c.about, _ = d.value.(string)
			}
			out = append(out, c)
		}
	}
	return out
}

func (t *template) readConstraint(p *parameter, item *node, o *object) func(*node) string {
	for _, e := range o.entries {
		switch e.key {
		case "length":
			return t.lengthConstraint(p, e.value)
		case "range":
			return t.rangeConstraint(p, e.value)
		case "modulo":
			return t.moduloConstraint(p, e.value)
		case "allowed_values":
			return t.allowedValues(e.value)
		case "allowed_pattern":
			return t.allowedPattern(p, e.value)
		case "custom_constraint": // names a thing that must exist in the cloud: only the cloud can tell
			return func(*node) string { return "" }
		}
	}
	t.at(item, "a constraint wants one of length, range, modulo, allowed_values, allowed_pattern, custom_constraint")
	return nil
}

// suits tells if a constraint does not belong to a parameter of that type.
func (t *template) suits(p *parameter, n *node, name string, types ...string) bool {
	if slices.Contains(types, p.typ) {
		return true
	}
	t.at(n, "a parameter of type %s cannot have the constraint %s (only %s)", p.typ, name, strings.Join(types, ", "))
	return false
}

// limits reads min and max, or step and offset.
func (t *template) limits(n *node, what, first, second string) (a, b *float64) {
	o := t.object(n, what, first, second)
	read := func(key string) *float64 {
		item := o.get(key)
		if item == nil || item.value == nil {
			return nil
		}
		v, ok := asNumber(item.value)
		if !ok {
			t.at(item, "%s of %s wants a number, this is %s", key, what, item.shape())
			return nil
		}
		f := number(v)
		return &f
	}
	return read(first), read(second)
}

func number(v any) float64 {
	switch v := v.(type) {
	case int64:
		return float64(v)
	case float64:
		return v
	}
	return 0
}

func between(v float64, lo, hi *float64, what string) string {
	if lo != nil && v < *lo {
		return fmt.Sprintf("%s %v is less than %v", what, v, *lo)
	}
	if hi != nil && v > *hi {
		return fmt.Sprintf("%s %v is more than %v", what, v, *hi)
	}
	return ""
}

func (t *template) rangeConstraint(p *parameter, n *node) func(*node) string {
	if !t.suits(p, n, "range", "number") {
		return nil
	}
	lo, hi := t.limits(n, "range", "min", "max")
	return func(v *node) string { return between(number(v.value), lo, hi, "is") }
}

func (t *template) lengthConstraint(p *parameter, n *node) func(*node) string {
	if !t.suits(p, n, "length", "string", "comma_delimited_list", "json") {
		return nil
	}
	lo, hi := t.limits(n, "length", "min", "max")
	return func(v *node) string {
		var size int
		switch v := v.value.(type) {
		case string:
			size = len([]rune(v))
		case []*node:
			size = len(v)
		case *object:
			size = len(v.entries)
		}
		return between(float64(size), lo, hi, "has length")
	}
}

func (t *template) moduloConstraint(p *parameter, n *node) func(*node) string {
	if !t.suits(p, n, "modulo", "number") {
		return nil
	}
	step, offset := t.limits(n, "modulo", "step", "offset")
	if step == nil || offset == nil || int64(*step) == 0 {
		t.at(n, "modulo wants step (not 0) and offset")
		return nil
	}
	return func(v *node) string {
		if i, ok := v.value.(int64); !ok || i%int64(*step) != int64(*offset) {
			return fmt.Sprintf("%s is not %v more than a multiple of %v", describe(v), *offset, *step)
		}
		return ""
	}
}

func (t *template) allowedValues(n *node) func(*node) string {
	list, ok := n.value.([]*node)
	if !ok {
		t.at(n, "allowed_values wants a list, this is %s", n.shape())
		return nil
	}
	allowed := make([]string, len(list))
	for i, item := range list {
		allowed[i] = written(item)
	}
	return func(v *node) string {
		items := []*node{v}
		if list, ok := v.value.([]*node); ok {
			items = list
		}
		for _, item := range items {
			if !slices.Contains(allowed, written(item)) {
				return fmt.Sprintf("%s is not allowed (only %s)", describe(item), strings.Join(allowed, ", "))
			}
		}
		return ""
	}
}

// written writes a value so that a number and its text are the same.
func written(n *node) string {
	if b, ok := n.value.(bool); ok {
		return fmt.Sprint(b)
	}
	if text, ok := asText(n.value); ok {
		return text
	}
	data, _ := json.Marshal(plain(n)) // what YAML gives can be written as JSON
	return string(data)
}

func (t *template) allowedPattern(p *parameter, n *node) func(*node) string {
	if !t.suits(p, n, "allowed_pattern", "string") {
		return nil
	}
	text, _ := n.value.(string)
	re, err := regexp.Compile(`^(?:` + text + `)$`)
	if err != nil {
		t.at(n, "allowed_pattern is not a regular expression that Go reads: %v", err)
		return nil
	}
	return func(v *node) string {
		if text, ok := v.value.(string); ok && !re.MatchString(text) {
			return fmt.Sprintf("%q does not match %s", text, re)
		}
		return ""
	}
}
