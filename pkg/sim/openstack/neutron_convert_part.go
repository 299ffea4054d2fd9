package openstack

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

func toNameserver(name string, v any) (any, error) {
	a, ok := parseAddress(v)
	if !ok {
		return nil, invalidValue(name, "'%s' is not a valid nameserver. '%s' is not a valid IP address", pyStr(v), pyStr(v))
	}
	return a.String(), nil
}

func toRoute(name string, v any) (any, error) {
	m, _ := v.(map[string]any)
	if err := exactKeys(name, m, "destination", "nexthop"); err != nil {
		return nil, err
	}
	if _, err := netip.ParsePrefix(text(m["destination"])); err != nil {
		return nil, invalidValue(name, "'%s' is not a valid IP subnet", pyStr(m["destination"]))
	}
	if _, ok := parseAddress(m["nexthop"]); !ok {
		return nil, invalidValue(name, "'%s' is not a valid IP address", pyStr(m["nexthop"]))
	}
	return map[string]any{"destination": m["destination"], "nexthop": m["nexthop"]}, nil
}

func toPool(name string, v any) (any, error) {
	m, _ := v.(map[string]any)
	if err := exactKeys(name, m, "start", "end"); err != nil {
		return nil, err
	}
	for _, k := range []string{"start", "end"} {
		if _, ok := parseAddress(m[k]); !ok {
			return nil, invalidValue(name, "'%s' is not a valid IP address", pyStr(m[k]))
		}
	}
	return map[string]any{"start": m["start"], "end": m["end"]}, nil
}

func exactKeys(name string, m map[string]any, keys ...string) error {
	have := sortedKeys(m)
	slices.Sort(keys)
	if slices.Equal(have, keys) {
		return nil
	}
	return invalidValue(name, "Validation of dictionary's keys failed. Expected keys: %s Provided keys: %s", pySet(keys), pySet(have))
}

func pySet(words []string) string {
	if len(words) == 0 {
		return "set()"
	}
	return "{" + quoted(words) + "}"
}

func toFixedIP(name string, v any) (any, error) {
	m, ok := v.(map[string]any)
	if !ok {
		return nil, invalidValue(name, "Invalid data format for fixed IP: '%s'", pyStr(v))
	}
	out := map[string]any{}
	if s, there := m["subnet_id"]; there {
		if _, err := toUUID(name, s); err != nil {
			return nil, err
		}
		out["subnet_id"] = s
	}
	if a, there := m["ip_address"]; there {
		addr, err := toAddress(name, a)
		if err != nil {
			return nil, err
		}
		out["ip_address"] = addr
	}
	return out, nil
}

func toDHCPOption(name string, v any) (any, error) {
	m, ok := v.(map[string]any)
	if !ok {
		return nil, invalidValue(name, "'%s' is not a dictionary", pyStr(v))
	}
	version, given := asInt(m["ip_version"])
	if !given {
		version = 4
	}
	return map[string]any{"opt_name": m["opt_name"], "opt_value": m["opt_value"], "ip_version": version}, nil
}

var macForm = regexp.MustCompile(`^[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}$`)

func toMAC(name string, v any) (any, error) {
	s := text(v)
	if !macForm.MatchString(s) {
		return nil, invalidValue(name, "'%s' is not a valid MAC address", pyStr(v))
	}
	return strings.ToLower(strings.ReplaceAll(s, "-", ":")), nil
}

var domainForm = regexp.MustCompile(`^([a-zA-Z0-9_]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9_])?\.)+$`)

func toDomain(name string, v any) (any, error) {
	s, ok := v.(string)
	if !ok || s != "" && !domainForm.MatchString(s) {
		return nil, invalidValue(name, "'%s' is not a FQDN", pyStr(v))
	}
	return strings.ToLower(s), nil
}

func toLower(name string, v any) (any, error) {
	s, err := toText(255)(name, v)
	if err != nil {
		return nil, err
	}
	return strings.ToLower(s.(string)), nil
}

// toPair checks one allowed address pair.
func toPair(name string, v any) (any, error) {
	m, ok := v.(map[string]any)
	if !ok {
		return nil, invalidValue(name, "'%s' is not a dictionary", pyStr(v))
	}
	if _, there := m["ip_address"]; !there {
		return nil, refuseAs(400, "AllowedAddressPairsMissingIP", "AllowedAddressPair must contain ip_address")
	}
	where := text(m["ip_address"])
	if _, err := netip.ParsePrefix(where); err != nil {
		if _, ok := parseAddress(where); !ok {
			return nil, invalidValue(name, "'%s' is not a valid IP address", pyStr(m["ip_address"]))
		}
	}
	out := map[string]any{"ip_address": where}
	if mac, there := m["mac_address"]; there {
		converted, err := toMAC(name, mac)
		if err != nil {
			return nil, err
		}
		out["mac_address"] = converted
	}
	return out, nil
}

// toPairs checks the list of pairs as a whole first.
func (n *network) toPairs(name string, v any) (any, error) {
	limit := n.cloud.profile.Behaviour.Network.AddressPairs
	if limit == 0 {
		limit = 10
	}
	list, _ := v.([]any)
	if int64(len(list)) > limit {
		return nil, refuseAs(400, "AllowedAddressPairExhausted", "The number of allowed address pair exceeds the maximum %d.", limit)
	}
	out, err := each(toPair)(name, v)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, p := range out.([]any) {
		pair := p.(map[string]any)
		key := pyRepr(p)
		if seen[key] {
			return nil, refuseAs(400, "DuplicateAddressPairInRequest",
				"Request contains duplicate address pair: mac_address %s ip_address %s.", pyStr(pair["mac_address"]), pair["ip_address"])
		}
		seen[key] = true
	}
	return out, nil
}

func toGateway(name string, v any) (any, error) {
	m, ok := v.(map[string]any)
	if v == nil || ok && len(m) == 0 {
		return nil, nil
	}
	if !ok {
		return nil, invalidValue(name, "'%s' is not a dictionary", pyStr(v))
	}
	if _, there := m["network_id"]; !there {
		return nil, invalidValue(name, "Validation of dictionary's keys failed. Expected keys: {'network_id'} Provided keys: %s", pySet(sortedKeys(m)))
	}
	if _, err := toUUID(name, m["network_id"]); err != nil {
		return nil, err
	}
	return m, nil
}
