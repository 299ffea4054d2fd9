package resource

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Our own values are written as maps with one entry: {"$ref": …},
// {"$attr": …}, {"$join": …}, {"$float": "…"} for a float without a fraction.
// A map whose key begins with "$" gets another "$" before it, so that nothing
// a user writes is taken for ours.

// MarshalValue returns v as JSON with sorted keys.
func MarshalValue(v Value) ([]byte, error) {
	plain, err := encode(v)
	if err != nil {
		return nil, err
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(plain); err != nil {
		return nil, err
	}
	return bytes.TrimRight(buf.Bytes(), "\n"), nil
}

// UnmarshalValue reads what MarshalValue has written. Numbers without a
// fraction become int64.
func UnmarshalValue(data []byte) (Value, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var plain any
	if err := dec.Decode(&plain); err != nil {
		return nil, err
	}
	if dec.More() {
		return nil, fmt.Errorf("text after the value at offset %d", dec.InputOffset())
	}
	return decode(plain)
}

func encode(v Value) (any, error) {
	switch v := v.(type) {
	case nil, bool, string, int64:
		return v, nil
	case int:
		return int64(v), nil
	case float64:
		if math.IsInf(v, 0) || math.IsNaN(v) {
			return nil, fmt.Errorf("a property cannot hold %v", v)
		}
		if v == math.Trunc(v) {
			return map[string]any{"$float": strconv.FormatFloat(v, 'g', -1, 64)}, nil
		}
		return v, nil
	case Ref:
		return map[string]any{"$ref": v}, nil
	case Attr:
		return map[string]any{"$attr": map[string]any{"type": v.Ref.Type, "key": v.Ref.Key, "path": v.Path}}, nil
	case Join:
		parts, err := encode(v.Parts)
		return map[string]any{"$join": map[string]any{"sep": v.Sep, "parts": parts}}, err
	case []Value:
		out := make([]any, len(v))
		for i, item := range v {
			var err error
			if out[i], err = encode(item); err != nil {
				return nil, err
			}
		}
		return out, nil
	case map[string]Value:
		out := make(map[string]any, len(v))
		for k, item := range v {
			if strings.HasPrefix(k, "$") {
				k = "$" + k
			}
			var err error
			if out[k], err = encode(item); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	return nil, fmt.Errorf("a property cannot hold a %T", v)
}

func decode(plain any) (Value, error) {
	switch p := plain.(type) {
	case json.Number:
		if n, err := strconv.ParseInt(p.String(), 10, 64); err == nil {
			return n, nil
		}
		return p.Float64()
	case []any:
		out := make([]Value, len(p))
		for i, item := range p {
			var err error
			if out[i], err = decode(item); err != nil {
				return nil, err
			}
		}
		return out, nil
	case map[string]any:
		if len(p) == 1 {
			for k, item := range p {
				if strings.HasPrefix(k, "$") && !strings.HasPrefix(k, "$$") {
					return decodeOwn(k, item)
				}
			}
		}
		out := make(map[string]Value, len(p))
		for k, item := range p {
			if strings.HasPrefix(k, "$$") {
				k = k[1:]
			}
			var err error
			if out[k], err = decode(item); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	return plain, nil
}

func decodeOwn(kind string, item any) (Value, error) {
	if text, ok := item.(string); ok && kind == "$float" {
		return strconv.ParseFloat(text, 64)
	}
	m, ok := item.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%s: want an object, got %T", kind, item)
	}
	text := func(name string) string { s, _ := m[name].(string); return s }
	ref := Ref{Type: Type(text("type")), Key: Key(text("key"))}
	switch kind {
	case "$ref":
		return ref, nil
	case "$attr":
		return Attr{Ref: ref, Path: Path(text("path"))}, nil
	case "$join":
		parts, err := decode(m["parts"])
		list, ok := parts.([]Value)
		if err == nil && !ok {
			err = fmt.Errorf("$join: want a list of parts, got %T", parts)
		}
		return Join{Sep: text("sep"), Parts: list}, err
	}
	return nil, fmt.Errorf("unknown value %q", kind)
}

type fileResource Resource // without the methods, so that encoding does not recurse

// MarshalJSON writes what is exported: never the provider's id, nor our mark.
func (r *Resource) MarshalJSON() ([]byte, error) {
	spec, err := MarshalValue(r.Spec)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.Ref, err)
	}
	attrs, err := MarshalValue(r.Attrs)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.Ref, err)
	}
	file := struct {
		*fileResource
		Spec  json.RawMessage `json:"spec,omitempty"`
		Attrs json.RawMessage `json:"attrs,omitempty"`
	}{fileResource: (*fileResource)(r)}
	if len(r.Spec) > 0 {
		file.Spec = spec
	}
	if len(r.Attrs) > 0 {
		file.Attrs = attrs
	}
	return json.Marshal(file)
}

// UnmarshalJSON reads what MarshalJSON has written.
func (r *Resource) UnmarshalJSON(data []byte) error {
	file := struct {
		*fileResource
		Spec  json.RawMessage `json:"spec,omitempty"`
		Attrs json.RawMessage `json:"attrs,omitempty"`
	}{fileResource: (*fileResource)(r)}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&file); err != nil {
		return err
	}
	var err error
	if r.Spec, err = unmarshalMap(file.Spec); err != nil {
		return fmt.Errorf("%s: spec: %w", r.Ref, err)
	}
	if r.Attrs, err = unmarshalMap(file.Attrs); err != nil {
		return fmt.Errorf("%s: attrs: %w", r.Ref, err)
	}
	return nil
}

func unmarshalMap(data []byte) (map[string]Value, error) {
	if len(data) == 0 {
		return nil, nil
	}
	v, err := UnmarshalValue(data)
	if err != nil {
		return nil, err
	}
	m, ok := v.(map[string]Value)
	if !ok {
		return nil, fmt.Errorf("want an object, got %T", v)
	}
	return m, nil
}

type fileField Field

type fieldDefault struct {
	*fileField
	Default json.RawMessage `json:"default,omitempty"`
}

// MarshalJSON writes the field with its default as values are written.
func (f Field) MarshalJSON() ([]byte, error) {
	file := fieldDefault{fileField: (*fileField)(&f)}
	if f.Default != nil {
		var err error
		if file.Default, err = MarshalValue(f.Default); err != nil {
			return nil, fmt.Errorf("%s: default: %w", f.Path, err)
		}
	}
	return json.Marshal(file)
}

// UnmarshalJSON reads what MarshalJSON has written.
func (f *Field) UnmarshalJSON(data []byte) error {
	file := fieldDefault{fileField: (*fileField)(f)}
	if err := json.Unmarshal(data, &file); err != nil {
		return err
	}
	var err error
	f.Default, err = unmarshalOptional(file.Default)
	return err
}

type fileSet struct {
	APIVersion string      `json:"apiVersion"`
	Kind       string      `json:"kind"`
	Schemas    Schemas     `json:"schemas,omitempty"`
	Resources  []*Resource `json:"resources"`
}

// APIVersion is the version of every file that wechsel writes.
const APIVersion = "wechsel/v1"

// MarshalJSON writes the Set in order, with its schemas.
func (s *Set) MarshalJSON() ([]byte, error) {
	file := fileSet{APIVersion: APIVersion, Kind: "Set", Schemas: s.Schemas, Resources: []*Resource{}}
	for r := range s.All() {
		file.Resources = append(file.Resources, r)
	}
	return json.Marshal(file)
}

// UnmarshalJSON reads what MarshalJSON has written, and checks it.
func (s *Set) UnmarshalJSON(data []byte) error {
	var file fileSet
	if err := json.Unmarshal(data, &file); err != nil {
		return err
	}
	if file.APIVersion != APIVersion || file.Kind != "Set" {
		return fmt.Errorf("is %q %q, want %q %q", file.APIVersion, file.Kind, APIVersion, "Set")
	}
	*s = *NewSet(file.Schemas, file.Resources...)
	if s.Len() != len(file.Resources) {
		return fmt.Errorf("two resources with one type and key")
	}
	return s.Check()
}
