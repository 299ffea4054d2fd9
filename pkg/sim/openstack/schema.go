package openstack

import (
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// A schema is the part of JSON Schema that Nova and Cinder check bodies with,
// in the words of Python's jsonschema. The zero value takes everything.
type schema struct {
	types              []string // object, array, string, integer, number, boolean, null
	props              map[string]schema
	keys               *regexp.Regexp // of further keys
	values             *schema        // of what is under them
	required           []string
	closed             bool // no keys but those
	minProps, maxProps int
	items              *schema
	minItems, maxItems int // 0: not checked
	unique             bool
	minLen, maxLen     int    // 0: not checked
	min, max           *int64 // also of numbers written as strings, as both services do
	enum               []any
	pattern            *regexp.Regexp
	anyOf              []schema
	format             string // what the message calls it
	check              func(string) bool
}

func limit(n int64) *int64 { return &n }

// conform checks a body and says, as both services do, the first thing that is
// wrong with it.
func (c *call) conform(s schema) error {
	body := c.body
	if body == nil {
		body = map[string]any{}
	}
	path, value, message := s.violation("", body)
	switch {
	case message == "":
		return nil
	case path == "":
		return refuse(http.StatusBadRequest, "%s", message)
	}
	return refuse(http.StatusBadRequest, "Invalid input for field/attribute %s. Value: %s. %s", path, pyStr(value), message)
}

// violation returns the last step of the path to the first wrong value, the
// value, and what is wrong; no message: nothing.
func (s schema) violation(at string, v any) (path string, value any, message string) {
	if m := s.own(v); m != "" {
		return at, v, m
	}
	switch v := v.(type) {
	case map[string]any:
		path, value, message = s.inObject(at, v)
	case []any:
		path, value, message = s.inArray(v)
	}
	fits := func(a schema) bool { _, _, m := a.violation("", v); return m == "" }
	if message == "" && len(s.anyOf) > 0 && !slices.ContainsFunc(s.anyOf, fits) {
		return at, v, pyRepr(v) + " is not valid under any of the given schemas"
	}
	return path, value, message
}

func (s schema) inArray(v []any) (path string, value any, message string) {
	if s.items == nil {
		return "", nil, ""
	}
	for i, item := range v {
		if path, value, message = s.items.violation(pyStr(int64(i)), item); message != "" {
			return path, value, message
		}
	}
	return "", nil, ""
}

func (s schema) inObject(at string, v map[string]any) (string, any, string) {
	for _, k := range slices.Sorted(maps.Keys(v)) {
		sub, known := s.props[k]
		if !known && s.values != nil && s.keys.MatchString(k) {
			sub, known = *s.values, true
		}
		if known {
			if p, w, m := sub.violation(k, v[k]); m != "" {
				return p, w, m
			}
		}
	}
	for _, k := range s.required {
		if _, there := v[k]; !there {
			return at, v, pyRepr(k) + " is a required property"
		}
	}
	if m := s.extra(v); m != "" {
		return at, v, m
	}
	return "", nil, ""
}

// extra tells about keys that must not be there.
func (s schema) extra(v map[string]any) string {
	if !s.closed {
		return ""
	}
	var names []string
	for _, k := range slices.Sorted(maps.Keys(v)) {
		if _, known := s.props[k]; !known && (s.values == nil || !s.keys.MatchString(k)) {
			names = append(names, pyRepr(k))
		}
	}
	list := strings.Join(names, ", ")
	switch {
	case len(names) == 0:
		return ""
	case s.values != nil && len(names) == 1:
		return list + " does not match any of the regexes: " + pyRepr(s.keys.String())
	case s.values != nil:
		return list + " do not match any of the regexes: " + pyRepr(s.keys.String())
	case len(names) == 1:
		return "Additional properties are not allowed (" + list + " was unexpected)"
	}
	return "Additional properties are not allowed (" + list + " were unexpected)"
}

// own checks a value without what is in it.
func (s schema) own(v any) string {
	if len(s.types) > 0 && !slices.ContainsFunc(s.types, func(t string) bool { return isType(v, t) }) {
		return pyRepr(v) + " is not of type " + quoted(s.types)
	}
	if len(s.enum) > 0 && !slices.ContainsFunc(s.enum, func(e any) bool { return pyRepr(e) == pyRepr(v) }) {
		return pyRepr(v) + " is not one of " + pyRepr(s.enum)
	}
	if m := s.size(v); m != "" {
		return m
	}
	if text, ok := v.(string); ok {
		if s.pattern != nil && !s.pattern.MatchString(text) {
			return pyRepr(v) + " does not match " + pyRepr(s.pattern.String())
		}
		if s.check != nil && !s.check(text) {
			return pyRepr(v) + " is not a " + pyRepr(s.format)
		}
	}
	return s.interval(v)
}

func (s schema) size(v any) string {
	switch v := v.(type) {
	case string:
		if n := utf8.RuneCountInString(v); n < s.minLen {
			return pyRepr(v) + " is too short"
		} else if s.maxLen > 0 && n > s.maxLen {
			return pyRepr(v) + " is too long"
		}
	case []any:
		switch {
		case len(v) < s.minItems:
			return pyRepr(v) + " is too short"
		case s.maxItems > 0 && len(v) > s.maxItems:
			return pyRepr(v) + " is too long"
		case s.unique && repeated(v):
			return pyRepr(v) + " has non-unique elements"
		}
	case map[string]any:
		switch {
		case len(v) < s.minProps:
			return pyRepr(v) + " does not have enough properties"
		case s.maxProps > 0 && len(v) > s.maxProps:
			return pyRepr(v) + " has too many properties"
		}
	}
	return ""
}

func (s schema) interval(v any) string {
	n, ok := asInt(v)
	switch {
	case ok && s.min != nil && n < *s.min:
		return pyRepr(v) + " is less than the minimum of " + pyRepr(*s.min)
	case ok && s.max != nil && n > *s.max:
		return pyRepr(v) + " is greater than the maximum of " + pyRepr(*s.max)
	}
	return ""
}

func isType(v any, t string) bool {
	switch v := v.(type) {
	case nil:
		return t == "null"
	case bool:
		return t == "boolean"
	case string:
		return t == "string"
	case json.Number:
		return t == "number" || t == "integer" && !strings.ContainsAny(v.String(), ".eE")
	case []any:
		return t == "array"
	case map[string]any:
		return t == "object"
	}
	return false
}

func repeated(list []any) bool {
	seen := map[string]bool{}
	for _, v := range list {
		r := pyRepr(v)
		if seen[r] {
			return true
		}
		seen[r] = true
	}
	return false
}

func quoted(words []string) string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = pyRepr(w)
	}
	return strings.Join(out, ", ")
}

// matches tells whether the pattern is found in the text, as Python's
// re.search. The patterns are ours; a broken one matches nothing.
func matches(pattern, text string) bool {
	ok, err := regexp.MatchString(pattern, text)
	return err == nil && ok
}

// asInt reads an integer, also one that is written as a string, as the
// services' own input conversion does.
func asInt(v any) (int64, bool) {
	var text string
	switch v := v.(type) {
	case json.Number:
		text = v.String()
	case string:
		text = strings.TrimSpace(v)
	case int64:
		return v, true
	default:
		return 0, false
	}
	n, err := json.Number(text).Int64()
	return n, err == nil
}

// asBool reads a boolean as oslo's strutils.bool_from_string(strict) does.
func asBool(v any) (value, ok bool) {
	switch v := v.(type) {
	case bool:
		return v, true
	case string:
		switch strings.ToLower(strings.TrimSpace(v)) {
		case "1", "t", "true", "on", "y", "yes":
			return true, true
		case "0", "f", "false", "off", "n", "no":
			return false, true
		}
	case json.Number:
		return v == "1", v == "1" || v == "0"
	}
	return false, false
}

// text returns a string value, or "" for null and everything else.
func text(v any) string {
	s, _ := v.(string)
	return s
}

// orNull returns null for an empty string: many attributes are one or the other.
func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}
