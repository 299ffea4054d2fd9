package openstack

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

// characters makes a list of a text, as Python's iteration does.
func characters(v any) []any {
	switch v := v.(type) {
	case []any:
		return v
	case string:
		var list []any
		for _, r := range v {
			list = append(list, string(r))
		}
		return list
	}
	return nil
}

func toNameservers(name string, v any) (any, error) {
	out := []any{}
	for _, item := range characters(v) {
		a, ok := parseAddress(item)
		switch {
		case !ok:
			return nil, invalidValue(name, "'%s' is not a valid nameserver. '%s' is not a valid IP address", pyStr(item), pyStr(item))
		case slices.Contains(out, any(a.String())):
			return nil, invalidValue(name, "Duplicate nameserver '%s'", a)
		}
		out = append(out, a.String())
	}
	return out, nil
}

func toRoutes(name string, v any) (any, error) {
	list, ok := v.([]any)
	if !ok {
		return nil, invalidValue(name, "Invalid data format for hostroute: '%s'", pyStr(v))
	}
	out := []any{}
	for _, item := range list {
		r, err := toRoute(name, item)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(out, func(have any) bool { return pyRepr(have) == pyRepr(r) }) {
			return nil, invalidValue(name, "Duplicate hostroute '%s'", strings.Trim(pyRoutes([]any{r}), "[]"))
		}
		out = append(out, r)
	}
	return out, nil
}

func toRoute(name string, v any) (any, error) {
	m, _ := v.(map[string]any)
	if err := exactKeys(name, m, "destination", "nexthop"); err != nil {
		return nil, err
	}
	if _, err := netip.ParsePrefix(text(m["destination"])); err != nil {
		return nil, invalidValue(name, "'%s' is not a valid CIDR", pyStr(m["destination"]))
	}
	if _, ok := parseAddress(m["nexthop"]); !ok {
		return nil, invalidValue(name, "'%s' is not a valid IP address", pyStr(m["nexthop"]))
	}
	return map[string]any{"destination": m["destination"], "nexthop": m["nexthop"]}, nil
}

func toPools(name string, v any) (any, error) {
	if _, ok := v.([]any); !ok {
		return nil, invalidValue(name, "Invalid data format for IP pool: '%s'", pyStr(v))
	}
	return each(toPool)(name, v)
}

func toPool(name string, v any) (any, error) {
	m, _ := v.(map[string]any)
	if err := exactKeys(name, m, "start", "end"); err != nil {
		return nil, err
	}
	out := map[string]any{}
	for _, k := range []string{"start", "end"} {
		a, ok := parseAddress(m[k])
		if !ok {
			return nil, invalidValue(name, "'%s' is not a valid IP address", pyStr(m[k]))
		}
		out[k] = a.String()
	}
	return out, nil
}

// toPoolID also knows the pool that is none: of IPv6's prefix delegation.
func toPoolID(name string, v any) (any, error) {
	if v == "prefix_delegation" {
		return v, nil
	}
	return toUUID(name, v)
}

// toServiceTypes checks which owners of ports a subnet is for.
func toServiceTypes(name string, v any) (any, error) {
	list, ok := v.([]any)
	if !ok {
		return nil, invalidValue(name, "'%s' is not a list", pyStr(v))
	}
	for _, item := range list {
		s, isText := item.(string)
		switch {
		case !isText:
			return nil, refuseAs(400, "InvalidInputSubnetServiceType", "Subnet service type %s is not a string.", pyStr(item))
		case len(s) > 255:
			return nil, refuseAs(400, "InvalidSubnetServiceType", "Subnet service type %s does not correspond to a valid device owner.", s)
		}
	}
	return v, nil
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

func toFixedIPs(name string, v any) (any, error) {
	list, ok := v.([]any)
	if !ok {
		return nil, invalidValue(name, "Invalid data format for fixed IP: '%s'", pyStr(v))
	}
	out, seen := []any{}, map[any]bool{}
	for _, item := range list {
		f, err := toFixedIP(name, item)
		if err != nil {
			return nil, err
		}
		if a := f["ip_address"]; a != nil && seen[a] {
			return nil, invalidValue(name, "Duplicate IP address '%s'", a)
		}
		seen[f["ip_address"]] = true
		out = append(out, f)
	}
	return out, nil
}

func toFixedIP(name string, v any) (map[string]any, error) {
	m, ok := v.(map[string]any)
	if !ok {
		return nil, invalidValue(name, "Invalid data format for fixed IP: '%s'", pyStr(v))
	}
	out := map[string]any{}
	if a, there := m["ip_address"]; there {
		addr, err := toAddress(name, a)
		if err != nil {
			return nil, err
		}
		out["ip_address"] = addr
	}
	if s, there := m["subnet_id"]; there {
		if _, err := toUUID(name, s); err != nil {
			return nil, err
		}
		out["subnet_id"] = s
	}
	return out, nil
}

func toDHCPOptions(_ string, v any) (any, error) {
	if v == nil {
		return []any{}, nil
	}
	list, ok := v.([]any)
	if !ok {
		return nil, invalidInput("'%s' is not a list", pyStr(v))
	}
	out := []any{}
	for _, item := range list {
		o, ok := toDHCPOption(item)
		if !ok {
			return nil, invalidInput("No valid key specs matched for: %s", strings.Trim(pyKeyed([]any{item}, keysFrom(item, "opt_name", "opt_value", "ip_version")...), "[]"))
		}
		out = append(out, o)
	}
	return out, nil
}

// keysFrom returns those keys, and then all others that an object has.
func keysFrom(v any, first ...string) []string {
	m, _ := v.(map[string]any)
	for _, key := range sortedKeys(m) {
		if !slices.Contains(first, key) {
			first = append(first, key)
		}
	}
	return first
}

// toDHCPOption checks one option: some may be empty, none may be several lines.
func toDHCPOption(v any) (any, bool) {
	m, _ := v.(map[string]any)
	name, value := text(m["opt_name"]), m["opt_value"]
	if m == nil {
		return nil, false
	}
	_, valued := m["opt_value"]
	for key := range m {
		if !slices.Contains([]string{"opt_name", "opt_value", "ip_version"}, key) {
			return nil, false
		}
	}
	blank := name == "router" || name == "classless-static-route"
	if name == "" || len(name) > 64 || !valued || value != nil && (!blank && text(value) == "" || len(text(value)) > 255 || strings.Contains(text(value), "\n")) {
		return nil, false
	}
	version := int64(4)
	if given, there := m["ip_version"]; there {
		if version, _ = asInt(given); version != 4 && version != 6 {
			return nil, false
		}
	}
	return map[string]any{"opt_name": name, "opt_value": value, "ip_version": version}, true
}

var macForm = regexp.MustCompile(`^[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}$`)

func toMAC(name string, v any) (any, error) {
	s := text(v)
	if !macForm.MatchString(s) {
		return nil, invalidValue(name, "'%s' is not a valid MAC address", pyStr(v))
	}
	return strings.ReplaceAll(s, "-", ":"), nil
}

// toMACOrNew also takes none, where the cloud can draw a new one.
func (n *network) toMACOrNew(name string, v any) (any, error) {
	if v == nil && n.extensions["port-mac-address-regenerate"] {
		return n.drawMAC(), nil
	}
	if v == "00:00:00:00:00:00" {
		return nil, invalidValue(name, "'%s' is not a valid MAC address", v)
	}
	return toMAC(name, v)
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

// toProfile checks what an administrator tells the driver about a port.
func toProfile(name string, v any) (any, error) {
	if v == nil {
		return map[string]any{}, nil
	}
	if _, ok := v.(map[string]any); !ok {
		return nil, invalidValue(name, "'%s' is not a dictionary", pyStr(v))
	}
	return v, nil
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
	out := map[string]any{"ip_address": text(m["ip_address"])}
	if mac, there := m["mac_address"]; there {
		converted, err := toMAC(name, mac)
		if err != nil {
			return nil, badRequest("'%s' is not a valid MAC address", pyStr(mac))
		}
		out["mac_address"] = converted
	}
	if _, ok := loosePrefix(text(m["ip_address"])); !ok {
		return nil, badRequest("'%s' is not a valid IP address", pyStr(m["ip_address"]))
	}
	for _, key := range sortedKeys(m) {
		if key != "ip_address" && key != "mac_address" {
			return nil, badRequest("Unrecognized attribute(s) '%s'", key)
		}
	}
	return out, nil
}

// toPairs checks the list of pairs as a whole first.
func (n *network) toPairs(name string, v any) (any, error) {
	limit := n.cloud.profile.Behaviour.Network.AddressPairs
	if limit == 0 {
		limit = 10
	}
	list, isList := v.([]any)
	if !isList {
		return nil, badRequest("Allowed address pairs must be a list.")
	}
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

func (n *network) toGateway(name string, v any) (any, error) {
	m, ok := v.(map[string]any)
	if v == nil || ok && len(m) == 0 {
		return nil, nil
	}
	if !ok {
		return nil, invalidValue(name, "'%s' is not a dictionary", pyStr(v))
	}
	known := []string{"network_id", "external_fixed_ips"}
	if n.extensions["ext-gw-mode"] {
		known = append(known, "enable_snat")
	}
	if n.extensions["qos-gateway-ip"] {
		known = append(known, "qos_policy_id")
	}
	var strange []string
	for _, k := range sortedKeys(m) {
		if !slices.Contains(known, k) {
			strange = append(strange, k)
		}
	}
	if _, there := m["network_id"]; !there {
		return nil, invalidValue(name, "Validation of dictionary's keys failed. Expected keys: {'network_id'} Provided keys: %s", pySet(sortedKeys(m)))
	}
	if len(strange) > 0 {
		return nil, invalidValue(name, "Unexpected keys supplied: %s", strings.Join(strange, ", "))
	}
	return n.gatewayParts(name, m)
}

func (n *network) gatewayParts(name string, m map[string]any) (any, error) {
	out := merged(m, nil)
	for key, conv := range map[string]converter{"network_id": toUUID, "enable_snat": toBool, "external_fixed_ips": toFixedIPs, "qos_policy_id": orNone(toUUID)} {
		if v, given := m[key]; given {
			converted, err := conv(name, v)
			if err != nil {
				return nil, err
			}
			out[key] = converted
		}
	}
	return out, nil
}

var hostForm = regexp.MustCompile(`^[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$`)

// toHostName checks a port's name in the DNS.
func toHostName(name string, v any) (any, error) {
	s, err := toText(255)(name, v)
	if err != nil || s == "" {
		return s, err
	}
	labels := strings.Split(strings.TrimSuffix(s.(string), "."), ".")
	for _, label := range labels {
		if !hostForm.MatchString(label) {
			return nil, invalidValue(name, "'%s' not a valid PQDN or FQDN. Reason: Name '%s' must be 1-63 characters long, each of which can only be alphanumeric or a hyphen", s, label)
		}
	}
	return strings.ToLower(s.(string)), nil
}
