package openstack

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A jsonSchema is a JSON Schema of draft 4 that complains in the words, and in
// the order, of Python's jsonschema 4.10: the first keyword that does not hold
// is told. The zero value takes everything.
type jsonSchema struct {
	checks []schemaCheck // one for each keyword, in the order of the document
}

type schemaCheck func(v any) *complaint

// A complaint is the first thing that is wrong with a value.
type complaint struct {
	path    []string // from the root to the wrong value
	value   any      // the wrong value
	message string
	bare    bool // the message stands for itself, whatever the path
}

func (s *jsonSchema) check(v any) *complaint {
	for _, check := range s.checks {
		if c := check(v); c != nil {
			return c
		}
	}
	return nil
}

// under is the complaint about a part of a value, as one about the whole.
func (s *jsonSchema) under(step string, v any) *complaint {
	c := s.check(v)
	if c != nil {
		c.path = append([]string{step}, c.path...)
	}
	return c
}

// A document is a JSON object in the order of its text; what is complained
// about first depends on it.
type document []keyed

type keyed struct {
	key   string
	value any // document, []any, string, json.Number, bool or nil
}

func (d document) get(key string) (any, bool) {
	for _, m := range d {
		if m.key == key {
			return m.value, true
		}
	}
	return nil, false
}

// UnmarshalJSON keeps the order of keys.
func (d *document) UnmarshalJSON(data []byte) error {
	dec := json.NewDecoder(strings.NewReader(string(data)))
	dec.UseNumber()
	v, err := orderedValue(dec)
	if err != nil {
		return err
	}
	doc, isObject := v.(document)
	if !isObject {
		return fmt.Errorf("a schema is an object, not %T", v)
	}
	*d = doc
	return nil
}

func orderedValue(dec *json.Decoder) (any, error) {
	token, err := dec.Token()
	if err != nil {
		return nil, err
	}
	delim, isDelim := token.(json.Delim)
	if !isDelim {
		return token, nil
	}
	doc, list := document{}, []any{}
	for dec.More() {
		key := ""
		if delim == '{' {
			if token, err = dec.Token(); err != nil {
				return nil, err
			}
			key, _ = token.(string)
		}
		v, err := orderedValue(dec)
		if err != nil {
			return nil, err
		}
		doc, list = append(doc, keyed{key, v}), append(list, v)
	}
	if _, err = dec.Token(); err != nil {
		return nil, err
	}
	if delim == '{' {
		return doc, nil
	}
	return list, nil
}

// plain forgets the order of keys.
func plain(v any) any {
	switch v := v.(type) {
	case document:
		out := map[string]any{}
		for _, m := range v {
			out[m.key] = plain(m.value)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = plain(item)
		}
		return out
	}
	return v
}

// compileSchemas makes schemas of documents; {"$ref": n} is the n-th of them,
// which comes before the one that refers to it.
func compileSchemas(docs []document) ([]*jsonSchema, error) {
	var c schemaCompiler
	for i, doc := range docs {
		s, err := c.compile(doc)
		if err != nil {
			return nil, fmt.Errorf("schema %d: %w", i, err)
		}
		c.known = append(c.known, s)
	}
	return c.known, nil
}

type schemaCompiler struct{ known []*jsonSchema }

func (c *schemaCompiler) compile(v any) (*jsonSchema, error) {
	doc, isObject := v.(document)
	if !isObject {
		return nil, fmt.Errorf("%v is no schema", v)
	}
	if ref, there := doc.get("$ref"); there {
		n, valid := asInt(ref)
		if !valid || n < 0 || n >= int64(len(c.known)) {
			return nil, fmt.Errorf("no schema %v before this one", ref)
		}
		return c.known[n], nil
	}
	s := &jsonSchema{}
	for _, m := range doc {
		check, err := c.keyword(m.key, m.value, doc)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.key, err)
		}
		if check != nil {
			s.checks = append(s.checks, check)
		}
	}
	return s, nil
}

// keyword compiles one keyword; nil for one that does not check anything by
// itself.
func (c *schemaCompiler) keyword(name string, arg any, doc document) (schemaCheck, error) {
	switch name {
	case "properties", "patternProperties":
		return c.properties(arg, name == "patternProperties")
	case "additionalProperties":
		return c.additional(arg, doc)
	case "items":
		return c.items(arg)
	case "anyOf", "oneOf", "allOf":
		return c.several(name, arg)
	}
	if words, known := valueKeywords[name]; known {
		return words(arg, doc), nil
	}
	return nil, nil // title and its like, and slips of Nova's: jsonschema does not care
}

func (c *schemaCompiler) properties(arg any, patterns bool) (schemaCheck, error) {
	doc, _ := arg.(document)
	subs, finds := make([]*jsonSchema, len(doc)), make([]func(string) bool, len(doc))
	for i, m := range doc {
		var err error
		if patterns {
			finds[i] = pyPattern(m.key)
		}
		if _, isSchema := m.value.(document); !isSchema { // a slip of Nova's
			m.value = document{}
		}
		if subs[i], err = c.compile(m.value); err != nil {
			return nil, fmt.Errorf("%s: %w", m.key, err)
		}
	}
	return func(v any) *complaint {
		object, _ := v.(map[string]any)
		for i, m := range doc {
			keys := []string{m.key}
			if patterns {
				keys = slices.DeleteFunc(slices.Sorted(maps.Keys(object)), func(k string) bool { return !finds[i](k) })
			}
			for _, k := range keys {
				if value, there := object[k]; there {
					if bad := subs[i].under(k, value); bad != nil {
						return bad
					}
				}
			}
		}
		return nil
	}, nil
}

// additional checks the keys that neither properties nor patternProperties
// know.
func (c *schemaCompiler) additional(arg any, doc document) (schemaCheck, error) {
	properties, _ := doc.get("properties")
	known, _ := properties.(document)
	found, withPatterns := doc.get("patternProperties")
	patterns, _ := found.(document)
	var finds []func(string) bool
	for _, m := range patterns {
		finds = append(finds, pyPattern(m.key))
	}
	var others *jsonSchema
	if _, isObject := arg.(document); isObject {
		var err error
		if others, err = c.compile(arg); err != nil {
			return nil, err
		}
	}
	extras := func(object map[string]any) []string {
		return slices.DeleteFunc(slices.Sorted(maps.Keys(object)), func(k string) bool {
			_, there := known.get(k)
			return there || slices.ContainsFunc(finds, func(find func(string) bool) bool { return find(k) })
		})
	}
	return func(v any) *complaint {
		object, _ := v.(map[string]any)
		names := extras(object)
		switch {
		case len(names) == 0 || arg == true:
			return nil
		case others == nil:
			return &complaint{value: v, message: unexpected(names, patterns, withPatterns)}
		}
		for _, k := range names {
			if bad := others.under(k, object[k]); bad != nil {
				return bad
			}
		}
		return nil
	}, nil
}

func unexpected(names []string, patterns document, withPatterns bool) string {
	list, one := quoted(names), len(names) == 1
	if withPatterns {
		var regexes []string
		for _, m := range patterns {
			regexes = append(regexes, m.key)
		}
		slices.Sort(regexes)
		return list + map[bool]string{true: " does", false: " do"}[one] + " not match any of the regexes: " + quoted(regexes)
	}
	return "Additional properties are not allowed (" + list + map[bool]string{true: " was", false: " were"}[one] + " unexpected)"
}

// items is one schema for all, or one for each place.
func (c *schemaCompiler) items(arg any) (schemaCheck, error) {
	list, each := arg.([]any)
	if !each {
		list = []any{arg}
	}
	var subs []*jsonSchema
	for _, item := range list {
		s, err := c.compile(item)
		if err != nil {
			return nil, err
		}
		subs = append(subs, s)
	}
	return func(v any) *complaint {
		array, _ := v.([]any)
		for i, item := range array {
			sub := subs[0]
			if each {
				if i >= len(subs) {
					break
				}
				sub = subs[i]
			}
			if bad := sub.under(strconv.Itoa(i), item); bad != nil {
				return bad
			}
		}
		return nil
	}, nil
}

func (c *schemaCompiler) several(name string, arg any) (schemaCheck, error) {
	list, _ := arg.([]any)
	var subs []*jsonSchema
	for _, item := range list {
		s, err := c.compile(item)
		if err != nil {
			return nil, err
		}
		subs = append(subs, s)
	}
	return func(v any) *complaint {
		valid := 0
		for _, s := range subs {
			bad := s.check(v)
			if bad == nil {
				valid++
			} else if name == "allOf" {
				return bad
			}
		}
		switch {
		case name != "allOf" && valid == 0:
			return &complaint{value: v, message: pyRepr(v) + " is not valid under any of the given schemas"}
		case name == "oneOf" && valid > 1:
			return &complaint{value: v, message: pyRepr(v) + " is valid under each of " + pyRepr(plain(list))}
		}
		return nil
	}, nil
}

// valueKeywords are the keywords that look at a value alone.
var valueKeywords = map[string]func(arg any, doc document) schemaCheck{
	"type": func(arg any, _ document) schemaCheck {
		var types []string
		list, several := arg.([]any)
		if !several {
			list = []any{arg}
		}
		for _, t := range list {
			types = append(types, text(t))
		}
		return holds(func(v any) bool { return slices.ContainsFunc(types, func(t string) bool { return isType(v, t) }) }, " is not of type "+quoted(types))
	},
	"enum": func(arg any, _ document) schemaCheck {
		list, _ := arg.([]any)
		return holds(func(v any) bool { return slices.ContainsFunc(list, func(e any) bool { return pyRepr(e) == pyRepr(v) }) }, " is not one of "+pyRepr(list))
	},
	"pattern": func(arg any, _ document) schemaCheck {
		find := pyPattern(text(arg))
		return holds(func(v any) bool {
			s, isText := v.(string)
			return !isText || find(s)
		}, " does not match "+pyRepr(arg))
	},
	"format": func(arg any, _ document) schemaCheck { return formatCheck(text(arg)) },
	"minimum": func(arg any, doc document) schemaCheck {
		strict, _ := doc.get("exclusiveMinimum")
		return bound(arg, strict == true, " the minimum of ", " is less than", -1)
	},
	"maximum": func(arg any, doc document) schemaCheck {
		strict, _ := doc.get("exclusiveMaximum")
		return bound(arg, strict == true, " the maximum of ", " is greater than", 1)
	},
	"minLength": func(arg any, _ document) schemaCheck { return holds(sized(arg, textLength, -1), " is too short") },
	"maxLength": func(arg any, _ document) schemaCheck { return holds(sized(arg, textLength, 1), " is too long") },
	"minItems":  func(arg any, _ document) schemaCheck { return holds(sized(arg, arrayLength, -1), " is too short") },
	"maxItems":  func(arg any, _ document) schemaCheck { return holds(sized(arg, arrayLength, 1), " is too long") },
	"minProperties": func(arg any, _ document) schemaCheck {
		return holds(sized(arg, objectLength, -1), " does not have enough properties")
	},
	"maxProperties": func(arg any, _ document) schemaCheck {
		return holds(sized(arg, objectLength, 1), " has too many properties")
	},
	"uniqueItems": func(arg any, _ document) schemaCheck {
		return holds(func(v any) bool {
			list, _ := v.([]any)
			return arg != true || !repeated(list)
		}, " has non-unique elements")
	},
	"required": func(arg any, _ document) schemaCheck {
		list, _ := arg.([]any)
		return func(v any) *complaint {
			object, isObject := v.(map[string]any)
			for _, k := range list {
				if _, there := object[text(k)]; isObject && !there {
					return &complaint{value: v, message: pyRepr(k) + " is a required property"}
				}
			}
			return nil
		}
	},
}

// holds complains about values for which good is false.
func holds(good func(any) bool, words string) schemaCheck {
	return func(v any) *complaint {
		if good(v) {
			return nil
		}
		return &complaint{value: v, message: pyRepr(v) + words}
	}
}

// bound compares numbers, and texts that are numbers, with a limit; side is
// the wrong one.
func bound(arg any, strict bool, words, relation string, side int) schemaCheck {
	most, _ := arg.(json.Number)
	limit, _ := most.Float64()
	if strict {
		relation += " or equal to"
	}
	return func(v any) *complaint {
		shown, n, isNumber := pyNumber(v)
		if wrong := n < limit && side < 0 || n > limit && side > 0 || strict && n == limit; !isNumber || !wrong {
			return nil
		}
		return &complaint{value: v, message: shown + relation + words + most.String()}
	}
}

// pyNumber reads what Python's int() or float() reads, and how it shows it.
func pyNumber(v any) (shown string, n float64, ok bool) {
	switch v := v.(type) {
	case bool:
		return map[bool]string{true: "1", false: "0"}[v], map[bool]float64{true: 1}[v], true
	case json.Number:
		n, err := v.Float64()
		return v.String(), n, err == nil
	case string:
		word := strings.TrimSpace(v)
		if i, err := strconv.ParseInt(word, 10, 64); err == nil {
			return strconv.FormatInt(i, 10), float64(i), true
		}
		n, err := strconv.ParseFloat(word, 64)
		return pyFloat(n), n, err == nil
	}
	return "", 0, false
}

func pyFloat(n float64) string {
	s := strconv.FormatFloat(n, 'g', -1, 64)
	if !strings.ContainsAny(s, ".eIN") {
		s += ".0"
	}
	return s
}

// sized compares a length with a limit; a value without length is good.
func sized(arg any, length func(any) int, side int) func(any) bool {
	n, _ := asInt(arg)
	return func(v any) bool {
		have := length(v)
		return have < 0 || side < 0 && int64(have) >= n || side > 0 && int64(have) <= n
	}
}

func textLength(v any) int {
	if s, is := v.(string); is {
		return utf8.RuneCountInString(s)
	}
	return -1
}

func arrayLength(v any) int {
	if list, is := v.([]any); is {
		return len(list)
	}
	return -1
}

func objectLength(v any) int {
	if m, is := v.(map[string]any); is {
		return len(m)
	}
	return -1
}
