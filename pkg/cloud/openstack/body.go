package openstack

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// A body is an object as a service has sent it. Numbers without a fraction
// are int64. The reading methods give the zero value for what is missing or
// has another type.
type body map[string]any

// orderKey is where decode keeps the order of the MAC addresses in a server's
// addresses, which is the order of its interfaces and would be lost in a map.
const orderKey = "\x00order"

func decode(data []byte) (body, error) {
	if len(bytes.TrimSpace(data)) == 0 {
		return body{}, nil
	}
	var b map[string]any
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	if err := dec.Decode(&b); err != nil {
		return nil, fmt.Errorf("not a JSON object: %w", err)
	}
	for k, v := range b {
		b[k] = plain(v)
	}
	if _, ok := b["addresses"]; ok {
		b[orderKey] = macOrder(data)
	}
	return b, nil
}

func plain(v any) any {
	switch v := v.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
		f, _ := v.Float64()
		return f
	case []any:
		for i := range v {
			v[i] = plain(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = plain(v[k])
		}
	}
	return v
}

// macOrder returns the values of all "OS-EXT-IPS-MAC:mac_addr" in the order of
// the text.
func macOrder(data []byte) []string {
	var out []string
	dec := json.NewDecoder(bytes.NewReader(data))
	for last := json.Token(nil); ; {
		token, err := dec.Token()
		if err != nil {
			return out
		}
		if mac, ok := token.(string); ok && last == "OS-EXT-IPS-MAC:mac_addr" {
			out = append(out, mac)
		}
		last = token
	}
}

func (b body) text(key string) string {
	switch v := b[key].(type) {
	case string:
		return v
	case int64:
		return strconv.FormatInt(v, 10)
	}
	return ""
}

func (b body) number(key string) int64 {
	switch v := b[key].(type) {
	case int64:
		return v
	case float64:
		return int64(v)
	case string:
		n, _ := strconv.ParseInt(v, 10, 64)
		return n
	}
	return 0
}

func (b body) flag(key string) bool {
	switch v := b[key].(type) {
	case bool:
		return v
	case string:
		return strings.EqualFold(v, "true")
	}
	return false
}

func (b body) object(key string) body {
	m, _ := b[key].(map[string]any)
	return m
}

func (b body) objects(key string) []body {
	list, _ := b[key].([]any)
	var out []body
	for _, item := range list {
		if m, ok := item.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

func (b body) texts(key string) []string {
	list, _ := b[key].([]any)
	var out []string
	for _, item := range list {
		if s, ok := item.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// renamed returns a copy of the objects with the keys of names replaced, in a
// list of a Spec ("subnet_id" → "subnet") or of a body.
func renamed(v any, names map[string]string) []any {
	items, _ := v.([]any)
	out := make([]any, 0, len(items))
	for _, item := range items {
		m, ok := item.(map[string]any)
		if !ok {
			out = append(out, item)
			continue
		}
		c := make(map[string]any, len(m))
		for k, x := range m {
			if name, ok := names[k]; ok {
				k = name
			}
			c[k] = x
		}
		out = append(out, c)
	}
	return out
}
