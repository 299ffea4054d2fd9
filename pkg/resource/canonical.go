package resource

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Canonical returns spec in the one form in which two can be compared: every
// value written as its Form says, absent and null and the Default the same
// (left out), sets sorted and without repetition. It shares nothing with spec.
// Canonical(Canonical(x)) equals Canonical(x).
func (s *Schema) Canonical(spec map[string]Value) map[string]Value {
	out, _ := s.canonical(s.Whole(), spec).(map[string]Value)
	if out == nil {
		out = map[string]Value{}
	}
	return out
}

func (s *Schema) canonical(at Place, v Value) Value {
	f, _ := at.Field()
	switch w := v.(type) {
	case map[string]Value:
		v = s.canonicalMap(at, w)
	case []Value:
		v = s.canonicalList(at, w, f.List)
	case Join:
		v = f.Form.canonical(canonicalJoin(w))
	default:
		v = f.Form.canonical(v)
	}
	if f.Default != nil && Equal(v, normalNumbers(f.Default)) {
		return nil
	}
	return v
}

func (s *Schema) canonicalMap(at Place, m map[string]Value) Value {
	out := make(map[string]Value, len(m))
	for k, item := range m {
		if c := s.canonical(at.Entry(k), item); !s.saysNothing(c) {
			out[k] = c
		}
	}
	if s.saysNothing(out) {
		return nil
	}
	return out
}

func (s *Schema) canonicalList(at Place, list []Value, kind ListKind) Value {
	out := make([]Value, 0, len(list))
	for i, item := range list {
		c := s.canonical(at.Index(i), item)
		if kind == Unique && isEmpty(c) {
			continue
		}
		out = append(out, c)
	}
	if kind == Unique {
		slices.SortFunc(out, CompareValues)
		out = slices.CompactFunc(out, Equal)
	}
	if s.saysNothing(out) {
		return nil
	}
	return out
}

// saysNothing reports whether a value is as good as none.
func (s *Schema) saysNothing(v Value) bool {
	return v == nil || (s == nil || !s.Empties) && isEmpty(v)
}

// isEmpty: an empty list or map, and null, say as little as absence. An empty
// text does not: it may be a choice, so a schema makes it a Default.
func isEmpty(v Value) bool {
	switch v := v.(type) {
	case nil:
		return true
	case []Value:
		return len(v) == 0
	case map[string]Value:
		return len(v) == 0
	}
	return false
}

// canonicalJoin melts neighbouring texts, and a Join of texts alone to a text.
func canonicalJoin(j Join) Value {
	var parts []Value
	add := func(v Value) {
		text, ok := v.(string)
		if last := len(parts) - 1; ok && last >= 0 {
			if before, ok := parts[last].(string); ok {
				parts[last] = before + text
				return
			}
		}
		if !ok || text != "" {
			parts = append(parts, v)
		}
	}
	for i, part := range j.Parts {
		if i > 0 {
			add(j.Sep)
		}
		if inner, ok := part.(Join); ok {
			part = canonicalJoin(inner)
		}
		if inner, ok := part.(Join); ok {
			for _, p := range inner.Parts {
				add(p)
			}
			continue
		}
		add(part)
	}
	if len(parts) == 0 {
		return ""
	}
	if text, ok := parts[0].(string); ok && len(parts) == 1 {
		return text
	}
	return Join{Parts: parts}
}

func (f Form) canonical(v Value) Value {
	text, isText := v.(string)
	switch f {
	case Int:
		if n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64); isText && err == nil {
			return n
		}
	case Bool:
		if b, err := strconv.ParseBool(strings.ToLower(text)); isText && err == nil {
			return b
		}
	case CIDR:
		if prefix, err := netip.ParsePrefix(text); isText && err == nil {
			return prefix.Masked().String()
		}
		if addr, err := netip.ParseAddr(text); isText && err == nil {
			return netip.PrefixFrom(addr, addr.BitLen()).String()
		}
	case IP:
		if addr, err := netip.ParseAddr(text); isText && err == nil {
			return addr.String()
		}
	case MAC:
		if isText {
			return strings.ToLower(strings.ReplaceAll(text, "-", ":"))
		}
	case Protocol:
		return canonicalProtocol(normalNumbers(v))
	case Text, Zone:
		if n, ok := normalNumbers(v).(int64); ok {
			return strconv.FormatInt(n, 10)
		}
	default: // lists and maps have a form of their own
	}
	return normalNumbers(v)
}

// canonicalProtocol gives IP protocols the names that Neutron knows, by the
// numbers of IANA's registry.
func canonicalProtocol(v Value) Value {
	names := map[string]string{"1": "icmp", "6": "tcp", "17": "udp", "58": "ipv6-icmp", "icmpv6": "ipv6-icmp", "132": "sctp",
		"51": "ah", "33": "dccp", "8": "egp", "50": "esp", "47": "gre", "2": "igmp", "112": "vrrp", "any": ""}
	switch v.(type) {
	case string, int64:
	default:
		return v
	}
	text := strings.ToLower(fmt.Sprint(v))
	if name, ok := names[text]; ok {
		if name == "" {
			return nil
		}
		return name
	}
	return text
}

// normalNumbers makes int64 of every number that has no fraction.
func normalNumbers(v Value) Value {
	switch n := v.(type) {
	case int:
		return int64(n)
	case float64:
		if n == float64(int64(n)) {
			return int64(n)
		}
	case json.Number:
		if i, err := n.Int64(); err == nil {
			return i
		}
		if f, err := n.Float64(); err == nil {
			return normalNumbers(f)
		}
	}
	return v
}

// Equal reports whether two values in canonical form are the same.
func Equal(a, b Value) bool {
	switch x := a.(type) {
	case string:
		if y, ok := b.(string); ok {
			return x == y
		}
	case int64:
		if y, ok := b.(int64); ok {
			return x == y
		}
	case bool:
		if y, ok := b.(bool); ok {
			return x == y
		}
	case map[string]Value:
		if y, ok := b.(map[string]Value); ok && x != nil && y != nil {
			return equalMaps(x, y)
		}
	case []Value:
		if y, ok := b.([]Value); ok && x != nil && y != nil {
			return slices.EqualFunc(x, y, Equal)
		}
	}
	return CompareValues(a, b) == 0
}

func equalMaps(x, y map[string]Value) bool {
	if len(x) != len(y) {
		return false
	}
	for k, v := range x {
		if w, ok := y[k]; !ok || !Equal(v, w) {
			return false
		}
	}
	return true
}

// CompareValues orders values: by their JSON, which is total and stable.
func CompareValues(a, b Value) int {
	return bytes.Compare(sortKey(a), sortKey(b))
}

func sortKey(v Value) []byte {
	data, err := MarshalValue(v)
	if err != nil {
		return []byte(err.Error())
	}
	return data
}
