package openstack

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// A converter checks the value of an attribute, in the words of neutron_lib,
// and brings it into the form that is stored.
type converter func(name string, v any) (any, error)

func invalidValue(name, format string, args ...any) error {
	return badRequest("Invalid input for %s. Reason: %s.", name, fmt.Sprintf(format, args...))
}

func asItIs(_ string, v any) (any, error) { return v, nil }

func toText(limit int) converter {
	return func(name string, v any) (any, error) {
		s, ok := v.(string)
		if !ok {
			return nil, invalidValue(name, "'%s' is not a valid string", pyStr(v))
		}
		if utf8.RuneCountInString(s) > limit {
			return nil, invalidValue(name, "'%s' exceeds maximum length of %d", s, limit)
		}
		return s, nil
	}
}

func toBool(_ string, v any) (any, error) {
	if b, ok := asBool(v); ok {
		return b, nil
	}
	return nil, invalidInput("'%s' cannot be converted to boolean", pyStr(v))
}

func toNumber(_ string, v any) (any, error) {
	n, ok := asInt(v)
	if !ok {
		return nil, invalidInput("'%s' is not an integer", pyStr(v))
	}
	return n, nil
}

func notNegative(name string, v any) (any, error) {
	n, ok := asInt(v)
	if !ok {
		return nil, invalidValue(name, "'%s' is not an integer", pyStr(v))
	}
	if n < 0 {
		return nil, invalidValue(name, "'%s' should be non-negative", pyStr(v))
	}
	return n, nil
}

func oneOf(values ...any) converter {
	return func(name string, v any) (any, error) {
		if n, ok := v.(json.Number); ok {
			v, _ = asInt(n)
		}
		if slices.Contains(values, v) {
			return v, nil
		}
		return nil, invalidValue(name, "%s is not in valid_values", pyStr(v))
	}
}

var looseUUID = regexp.MustCompile(`^[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}$`)

func toUUID(name string, v any) (any, error) {
	if s, ok := v.(string); ok && looseUUID.MatchString(s) {
		return s, nil
	}
	return nil, invalidValue(name, "'%s' is not a valid UUID", pyStr(v))
}

// orNone lets null pass.
func orNone(conv converter) converter {
	return func(name string, v any) (any, error) {
		if v == nil {
			return nil, nil
		}
		return conv(name, v)
	}
}

// noneIsEmpty makes an empty list of null.
func noneIsEmpty(conv converter) converter {
	return func(name string, v any) (any, error) {
		if v == nil {
			return []any{}, nil
		}
		return conv(name, v)
	}
}

func toAddress(name string, v any) (any, error) {
	a, ok := parseAddress(v)
	if !ok {
		return nil, invalidValue(name, "'%s' is not a valid IP address", pyStr(v))
	}
	return a.String(), nil
}

func parseAddress(v any) (netip.Addr, bool) {
	a, err := netip.ParseAddr(text(v))
	return a, err == nil
}

// toCIDR is canonical: without host bits. The check and its words are the
// converter's, which runs first for subnets.
func toCIDR(_ string, v any) (any, error) {
	s, isText := v.(string)
	if !isText {
		return nil, serverError()
	}
	p, ok := loosePrefix(s)
	if !ok {
		return nil, invalidInput("%s is not in a CIDR format", s)
	}
	return p.Masked().String(), nil
}

// each converts the items of a list.
func each(conv converter) converter {
	return func(name string, v any) (any, error) {
		list, ok := v.([]any)
		if !ok {
			return nil, invalidValue(name, "'%s' is not a list", pyStr(v))
		}
		out := make([]any, 0, len(list))
		for _, item := range list {
			converted, err := conv(name, item)
			if err != nil {
				return nil, err
			}
			out = append(out, converted)
		}
		return out, nil
	}
}

// toVersion reads a version of IP.
func toVersion(name string, v any) (any, error) {
	n, err := toNumber(name, v)
	if err != nil {
		return nil, err
	}
	return oneOf(int64(4), int64(6))(name, n)
}

// wholeNotNegative reads a number first; notNegative checks the text.
func wholeNotNegative(name string, v any) (any, error) {
	n, err := toNumber(name, v)
	if err != nil {
		return nil, err
	}
	return notNegative(name, n)
}

// between reads a number of a range.
func between(low, high int64) converter {
	return func(name string, v any) (any, error) {
		n, err := toNumber(name, v)
		switch {
		case err != nil:
			return nil, err
		case n.(int64) < low:
			return nil, invalidValue(name, "'%d' is too small - must be at least '%d'", n, low)
		case n.(int64) > high:
			return nil, invalidValue(name, "'%d' is too large - must be no larger than '%d'", n, high)
		}
		return n, nil
	}
}

func notBlank(name string, v any) (any, error) {
	s, ok := v.(string)
	switch {
	case !ok:
		return nil, invalidValue(name, "'%s' is not a valid string", pyStr(v))
	case strings.TrimSpace(s) == "":
		return nil, invalidValue(name, "'%s' Blank strings are not permitted", s)
	}
	return s, nil
}

// toSubnet checks a prefix and leaves it as it is.
func toSubnet(name string, v any) (any, error) {
	if _, ok := loosePrefix(text(v)); !ok {
		return nil, invalidValue(name, "'%s' is not a valid IP subnet", pyStr(v))
	}
	return v, nil
}

// toStrictSubnet wants a length and no host bits.
func toStrictSubnet(name string, v any) (any, error) {
	p, ok := loosePrefix(text(v))
	if !ok {
		return nil, invalidValue(name, "'%s' is not a valid IP subnet", pyStr(v))
	}
	if canonical := p.Masked().String(); canonical != text(v) {
		return nil, invalidValue(name, "'%s' isn't a recognized IP subnet cidr, '%s' is recommended", text(v), canonical)
	}
	return v, nil
}

// uuidList refuses an id that is there twice.
func uuidList(name string, v any) (any, error) {
	list, ok := v.([]any)
	if !ok {
		return nil, invalidValue(name, "'%s' is not a list", pyStr(v))
	}
	for _, item := range list {
		if _, err := toUUID(name, item); err != nil {
			return nil, err
		}
	}
	for i, item := range list {
		if slices.Contains(list[:i], item) {
			return nil, invalidValue(name, "Duplicate items in the list: '%s'", item)
		}
	}
	return v, nil
}
