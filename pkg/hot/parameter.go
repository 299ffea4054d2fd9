package hot

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/resource"
	"github.com/wechsel-project/wechsel/pkg/suggest"
)

// A parameter is a declared parameter with its value.
type parameter struct {
	name        string
	typ         string
	spec        *object
	at          *node
	constraints []constraint
	value       *node // evaluated; invalid if there is none
}

func parameterTypes() []string {
	return []string{"string", "number", "comma_delimited_list", "json", "boolean"}
}

func (p *parameter) public() Parameter {
	text := func(key string) string {
		if n := p.spec.get(key); n != nil {
			s, _ := n.value.(string)
			return s
		}
		return ""
	}
	out := Parameter{Name: p.name, Type: p.typ, Label: text("label"), Description: text("description"), Value: plain(p.value)}
	if n := p.spec.get("hidden"); n != nil {
		out.Hidden, _ = n.value.(bool)
	}
	return out
}

func (t *template) readParameters(n *node) {
	for _, e := range t.object(n, "parameters").entries {
		p := &parameter{name: e.key, at: e.at, value: e.at.with(invalid{})}
		t.evaluator.parameters[e.key] = p
		t.evaluator.declared = append(t.evaluator.declared, p)
		t.declare(p, e.value)
	}
	t.unknownValues(n)
}

// unknownValues tells which of the caller's values are for no parameter.
func (t *template) unknownValues(n *node) {
	for _, name := range slices.Sorted(maps.Keys(t.evaluator.given)) {
		if t.evaluator.parameters[name] == nil {
			t.add(&Error{File: t.file, Line: n.line, Column: n.column, Parameter: name,
				Message: fmt.Sprintf("the template declares no parameter %q%s", name, suggest.Nearest(name, slices.Collect(maps.Keys(t.evaluator.parameters))))})
		}
	}
}

func (t *template) declare(p *parameter, n *node) {
	p.spec = t.object(n, "a parameter", "type", "label", "description", "default", "hidden", "constraints", "immutable", "tags")
	if !t.declaredType(p) {
		return
	}
	for _, key := range []string{"hidden", "immutable"} {
		if n := p.spec.get(key); n != nil {
			if _, ok := n.value.(bool); !ok {
				t.at(n, "%s wants true or false, this is %s", key, n.shape())
			}
		}
	}
	p.constraints = t.readConstraints(p)
	if d := p.spec.get("default"); d != nil && d.value != nil {
		if v, message := p.accept(d); message != "" {
			t.at(d, "parameter %q: the default %s", p.name, message)
		} else {
			p.value = v
		}
	}
	t.take(p)
}

func (t *template) declaredType(p *parameter) bool {
	n := p.spec.get("type")
	if n == nil {
		t.at(p.at, "parameter %q: type is missing (%s)", p.name, strings.Join(parameterTypes(), ", "))
		return false
	}
	p.typ, _ = n.value.(string)
	if !slices.Contains(parameterTypes(), p.typ) {
		t.at(n, "parameter %q: %q is no type of parameters%s", p.name, fmt.Sprint(n.value), suggest.Nearest(p.typ, parameterTypes()))
		return false
	}
	return true
}

// take sets the caller's value, and tells if there is neither that nor a
// default.
func (t *template) take(p *parameter) {
	given := t.evaluator.given[p.name]
	if v := t.evaluator.overrides[p.name]; v != nil {
		given = v
	}
	if given == nil {
		given = t.evaluator.defaults[p.name]
	}
	if given == nil {
		if d := p.spec.get("default"); d == nil || d.value == nil {
			t.add(&Error{File: t.file, Line: p.at.line, Column: p.at.column, Parameter: p.name,
				Message: fmt.Sprintf("parameter %q has no value and no default", p.name)})
		}
		return
	}
	v, message := p.accept(fromGo(p.at, given))
	if message != "" {
		t.add(&Error{File: t.file, Line: p.at.line, Column: p.at.column, Parameter: p.name,
			Message: fmt.Sprintf("parameter %q: the value %s", p.name, message)})
		return
	}
	p.value = v
}

// accept returns n's value as the parameter's type, or what is wrong with it.
func (p *parameter) accept(n *node) (*node, string) {
	v, message := p.convert(n)
	if message != "" {
		return nil, message
	}
	for _, c := range p.constraints {
		if message := c.check(v); message != "" {
			if c.about != "" {
				message += " (" + c.about + ")"
			}
			return nil, message
		}
	}
	return v, ""
}

func (p *parameter) convert(n *node) (*node, string) {
	want := func(what string) (*node, string) {
		return nil, fmt.Sprintf("must be %s, this is %s", what, describe(n))
	}
	switch p.typ {
	case "string":
		if text, ok := asText(n.value); ok {
			return n.with(text), ""
		}
		return want("text")
	case "number":
		if v, ok := asNumber(n.value); ok {
			return n.with(v), ""
		}
		return want("a number")
	case "boolean":
		if v, ok := asBool(n.value); ok {
			return n.with(v), ""
		}
		return want("true or false")
	case "comma_delimited_list":
		if v, ok := asTexts(n); ok {
			return n.with(v), ""
		}
		return want("a list of texts, or text with commas")
	}
	if text, ok := n.value.(string); ok {
		var v any
		if err := json.Unmarshal([]byte(text), &v); err != nil {
			return nil, "is not valid JSON: " + err.Error()
		}
		return fromGo(n, v), ""
	}
	return n, ""
}

func describe(n *node) string {
	switch v := n.value.(type) {
	case string:
		return strconv.Quote(v)
	case int64, float64, bool:
		return fmt.Sprint(v)
	}
	return n.shape()
}

// asText reads a scalar as text, as Heat does: true is "True".
func asText(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case int64:
		return strconv.FormatInt(v, 10), true
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64), true
	case bool:
		if v {
			return "True", true
		}
		return "False", true
	}
	return "", false
}

func asNumber(v any) (any, bool) {
	switch v := v.(type) {
	case int64:
		return v, true
	case float64:
		return whole(v), true
	case string:
		if n, err := strconv.ParseInt(strings.TrimSpace(v), 10, 64); err == nil {
			return n, true
		}
		if f, err := strconv.ParseFloat(strings.TrimSpace(v), 64); err == nil && !math.IsInf(f, 0) && !math.IsNaN(f) {
			return whole(f), true
		}
	}
	return nil, false
}

// whole makes an int64 of a float without a fraction, if it fits.
func whole(f float64) any {
	if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return int64(f)
	}
	return f
}

func asBool(v any) (value, ok bool) {
	text, ok := asText(v)
	if !ok {
		return false, false
	}
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "t", "true", "on", "y", "yes", "1":
		return true, true
	case "f", "false", "off", "n", "no", "0":
		return false, true
	}
	return false, false
}

func asTexts(n *node) ([]*node, bool) {
	var out []*node
	switch v := n.value.(type) {
	case string:
		if v == "" {
			return nil, true
		}
		for part := range strings.SplitSeq(v, ",") {
			out = append(out, n.with(strings.TrimSpace(part)))
		}
		return out, true
	case []*node:
		for _, item := range v {
			text, ok := asText(item.value)
			if !ok {
				return nil, false
			}
			out = append(out, item.with(text))
		}
		return out, true
	}
	return nil, false
}

// fromGo makes nodes of a decoded value, all at the place of n.
func fromGo(n *node, v any) *node {
	switch v := v.(type) {
	case nil, bool, string, int64:
		return n.with(v)
	case int:
		return n.with(int64(v))
	case uint64:
		return n.with(whole(float64(v)))
	case float64:
		return n.with(whole(v))
	case []any:
		list := make([]*node, len(v))
		for i, item := range v {
			list[i] = fromGo(n, item)
		}
		return n.with(list)
	case []string:
		list := make([]*node, len(v))
		for i, item := range v {
			list[i] = n.with(item)
		}
		return n.with(list)
	case map[string]any:
		o := &object{}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			o.entries = append(o.entries, entry{key: key, at: n, value: fromGo(n, v[key])})
		}
		return n.with(o)
	}
	return n.with(fmt.Sprint(v))
}

// plain is the opposite of fromGo.
func plain(n *node) resource.Value {
	switch v := n.value.(type) {
	case []*node:
		list := make([]resource.Value, len(v))
		for i, item := range v {
			list[i] = plain(item)
		}
		return list
	case *object:
		m := make(map[string]resource.Value, len(v.entries))
		for _, e := range v.entries {
			m[e.key] = plain(e.value)
		}
		return m
	case invalid:
		return nil
	}
	return n.value
}

func (t *template) readParameterGroups(n *node) {
	list, ok := n.value.([]*node)
	if !ok && n.value != nil {
		t.at(n, "parameter_groups wants a list, this is %s", n.shape())
	}
	known := slices.Collect(maps.Keys(t.evaluator.parameters))
	for _, item := range list {
		names := t.object(item, "a parameter group").get("parameters") // Heat reads over other keys, such as misspelt ones
		if names == nil {
			t.at(item, "a parameter group: parameters is missing")
			continue
		}
		list, _ := names.value.([]*node)
		for _, name := range list {
			if text, _ := name.value.(string); t.evaluator.parameters[text] == nil {
				t.at(name, "the template declares no parameter %q%s", text, suggest.Nearest(text, known))
			}
		}
	}
}
