package openstack

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

func (n *network) forwardAttributes() []attribute {
	const ranges = "floating-ip-port-forwarding-port-ranges"
	return []attribute{
		{name: "id", may: "vfs"},
		{name: "project_id", may: "c", def: unset, conv: asItIs},
		{name: "tenant_id", may: "c", def: unset, conv: asItIs},
		{name: "external_port", may: "cuvf", def: unset, conv: orNone(toPortBetween)},
		{name: "internal_port", may: "cuv", def: unset, conv: orNone(toPortBetween)},
		{name: "internal_ip_address", may: "cuvr", conv: toAddress},
		{name: "protocol", may: "cuvfsr", conv: toForwardProtocol},
		{name: "internal_port_id", may: "cuvfsr", conv: toUUID},
		{name: "description", may: "cuvf", ext: "floating-ip-port-forwarding-description", def: "", conv: toText(1024)},
		{name: "external_port_range", may: "cuvf", ext: ranges, def: unset, conv: orNone(toPortRange)},
		{name: "internal_port_range", may: "cuv", ext: ranges, def: unset, conv: orNone(toPortRange)},
	}
}

func badForward(format string, args ...any) error {
	return badResource("port_forwarding", format, args...)
}

func (n *network) createForward(c *call, o *netObject) error {
	if err := bothPorts(o.attrs); err != nil {
		return err
	}
	fip, _ := n.fips.objects.Get(o.text(parentKey))
	if err := n.checkForward(o, o.attrs); err != nil {
		return err
	}
	for other := range n.fips.objects.All() {
		if other.text("port_id") == o.text("internal_port_id") {
			return netConflict("PortHasBindingFloatingIP", "Cannot create port forwarding to floating IP %s (%s) with port %s using fixed IP %s, as that port already has a binding floating IP.",
				other.text("floating_ip_address"), other.id, o.text("internal_port_id"), pyStr(o.attrs["internal_ip_address"]))
		}
	}
	if fip.text("port_id") != "" {
		return netConflict("FloatingIPPortAlreadyAssociated", "Cannot associate floating IP %s (%s) with port %s using fixed IP %s, as that fixed IP already has a floating IP on external network %s.",
			fip.text("floating_ip_address"), fip.id, o.text("internal_port_id"), pyStr(o.attrs["internal_ip_address"]), fip.text("floating_network_id"))
	}
	return n.routeForward(c, o, fip)
}

// bothPorts makes ranges of single ports, which is how they are kept.
func bothPorts(doc map[string]any) error {
	for _, side := range []string{"external", "internal"} {
		port, single := doc[side+"_port"].(int64)
		_, many := doc[side+"_port_range"].(string)
		switch {
		case single && many:
			return badForward("The fields %s_port and %s_port_range can not be used at the same time", side, side)
		case !single && !many:
			return badForward("The fields %s_port or %s_port_range must be provided", side, side)
		case single:
			doc[side+"_port_range"] = pyRepr(port) + ":" + pyRepr(port)
		}
		delete(doc, side+"_port")
	}
	return nil
}

// routeForward completes the inner address and finds the router in between.
func (n *network) routeForward(c *call, o, fip *netObject) error {
	p, err := n.find(c, n.ports, o.text("internal_port_id"))
	if err != nil {
		return err
	}
	var fixed []any
	subnet := ""
	for _, f := range p.list("fixed_ips") {
		ip := f.(map[string]any)
		a, _ := parseAddress(ip["ip_address"])
		if !a.Is4() {
			continue
		}
		fixed = append(fixed, ip)
		if o.text("internal_ip_address") == "" {
			o.attrs["internal_ip_address"] = a.String()
		}
		if o.text("internal_ip_address") == a.String() {
			subnet = text(ip["subnet_id"])
		}
	}
	switch {
	case len(fixed) == 0:
		return badForward("Requested internal port %s must allocate an IPv4 address at least", p.id)
	case subnet == "":
		return badForward("Requested internal IP address %s is not suitable for internal neutron port %s, as its fixed_ips are %s",
			o.text("internal_ip_address"), p.id, pyKeyed(fixed, "subnet_id", "ip_address"))
	}
	r := n.routeOut(subnet, fip.text("floating_network_id"))
	if r == nil {
		return badForward("External network %s is not reachable from subnet %s. Cannot set Port forwarding for port %s with Floating IP %s",
			fip.text("floating_network_id"), subnet, p.id, fip.id)
	}
	if have := fip.text("router_id"); have != "" && have != r.id {
		return badForward("The Floating IP %s had been set on router %s, the internal Neutron port %s can not reach it", fip.id, have, p.id)
	}
	fip.attrs["router_id"] = r.id
	return nil
}

// checkForward refuses ranges that do not go together, and collisions.
func (n *network) checkForward(o *netObject, doc map[string]any) error {
	inner, outer := portRange(doc["internal_port_range"]), portRange(doc["external_port_range"])
	if d := inner[1] - inner[0]; d > 0 && d != outer[1]-outer[0] {
		return badForward("Invalid ranges of internal and/or external ports. The relation between internal and external ports must be N-N or 1-N")
	}
	for _, other := range n.forwards.all(func(f *netObject) bool { return f.id != o.id && f.attrs["protocol"] == doc["protocol"] }) {
		if other.text("internal_port_id") == text(doc["internal_port_id"]) && other.attrs["internal_ip_address"] == doc["internal_ip_address"] {
			if err := collision("internal_port_range", other, doc); err != nil {
				return err
			}
		}
	}
	for _, other := range n.forwards.all(func(f *netObject) bool { return f.id != o.id && f.attrs["protocol"] == doc["protocol"] }) {
		if other.text(parentKey) == o.text(parentKey) {
			if err := collision("external_port_range", other, doc); err != nil {
				return err
			}
		}
	}
	return nil
}

func collision(key string, other *netObject, doc map[string]any) error {
	a, b := portRange(other.attrs[key]), portRange(doc[key])
	if max(a[0], b[0]) > min(a[1], b[1]) {
		return nil
	}
	return badForward("There is a port collision with the %s. The following ranges collides: %s and %s", key, text(other.attrs[key]), text(doc[key]))
}

// portRange reads "22" and "20:25".
func portRange(v any) [2]int64 {
	from, to, many := strings.Cut(text(v), ":")
	a, _ := strconv.ParseInt(from, 10, 64)
	b, _ := strconv.ParseInt(to, 10, 64)
	if !many {
		b = a
	}
	return [2]int64{a, b}
}

func (n *network) updateForward(c *call, o *netObject, change map[string]any) error {
	for _, side := range []string{"external", "internal"} {
		if port, single := change[side+"_port"].(int64); single {
			change[side+"_port_range"] = pyRepr(port) + ":" + pyRepr(port)
		}
		delete(change, side+"_port")
	}
	whole := &netObject{kind: o.kind, id: o.id, attrs: merged(o.attrs, change)}
	if err := n.checkForward(o, whole.attrs); err != nil {
		return err
	}
	if _, moved := change["internal_port_id"]; !moved {
		return nil
	}
	fip, _ := n.fips.objects.Get(o.text(parentKey))
	if err := n.routeForward(c, whole, fip); err != nil {
		return err
	}
	change["internal_ip_address"] = whole.attrs["internal_ip_address"]
	return nil
}

// viewForward shows a range of one port as a port, too.
func (n *network) viewForward(c *call, _ *netObject, v map[string]any) {
	for _, side := range []string{"external", "internal"} {
		v[side+"_port"] = unset
		if c.Request != nil && c.Method == http.MethodPost {
			v[side+"_port"] = nil
		}
		if r := portRange(v[side+"_port_range"]); r[0] == r[1] {
			v[side+"_port"] = r[0]
		}
	}
}

// dropForward lets go of the router once the last forwarding is gone.
func (n *network) dropForward(o *netObject) {
	fip, there := n.fips.objects.Get(o.text(parentKey))
	if there && len(n.forwardsOf(fip)) == 0 {
		fip.attrs["router_id"] = nil
	}
}

func (n *network) forwardsOf(fip *netObject) []*netObject { return n.forwards.in(fip.id) }

// loseForwards drops what leads to addresses that a port no longer has.
func (n *network) loseForwards(c *call, p *netObject, fixed []any) {
	for _, o := range n.forwards.all(where("internal_port_id", p.id)) {
		if !slices.ContainsFunc(fixed, func(f any) bool { return f.(map[string]any)["ip_address"] == o.attrs["internal_ip_address"] }) {
			n.drop(c, o)
		}
	}
}

func toForwardProtocol(name string, v any) (any, error) {
	word := strings.ToLower(pyStr(v))
	if !slices.Contains([]string{"dccp", "icmp", "ipv6-icmp", "sctp", "tcp", "udp"}, word) {
		return nil, refuseAs(http.StatusBadRequest, "HTTPBadRequest", "Invalid input for %s. Reason: %s is not in valid_values.", name, pyStr(v))
	}
	return word, nil
}

func toPortBetween(name string, v any) (any, error) { return between(1, 65535)(name, v) }

func toPortRange(name string, v any) (any, error) {
	s := pyStr(v)
	r := portRange(s)
	if r[0] < 1 || r[1] > 65535 {
		return nil, invalidValue(name, "Invalid port: %s", s)
	}
	if r[0] > r[1] {
		return nil, invalidValue(name, "First port in a port range must be lower than the second port")
	}
	return pyRepr(r[0]) + ":" + pyRepr(r[1]), nil
}

// pyKeyed writes a list of dictionaries with their keys in the order in which
// the service made them.
func pyKeyed(list []any, keys ...string) string {
	items := make([]string, len(list))
	for i, v := range list {
		var pairs []string
		m, ok := v.(map[string]any)
		if !ok {
			items[i] = pyRepr(v)
			continue
		}
		for _, k := range keys {
			if value, there := m[k]; there {
				pairs = append(pairs, pyQuote(k)+": "+pyRepr(value))
			}
		}
		items[i] = "{" + strings.Join(pairs, ", ") + "}"
	}
	return "[" + strings.Join(items, ", ") + "]"
}
