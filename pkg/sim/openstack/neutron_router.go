package openstack

import (
	"maps"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

func (n *network) createRouter(c *call, o *netObject) error {
	if err := n.checkZones(o); err != nil {
		return err
	}
	if f := o.text("flavor_id"); f != "" {
		if _, err := n.find(c, n.flavors, f); err != nil {
			return err
		}
	} else {
		o.attrs["flavor_id"] = nil
	}
	o.attrs["status"], o.attrs["routes"], o.attrs["availability_zones"] = "ACTIVE", []any{}, n.zoneList()
	for _, name := range []string{"distributed", "ha"} {
		if o.attrs[name] == nil {
			o.attrs[name] = false
		}
	}
	want := o.attrs["external_gateway_info"]
	o.attrs["external_gateway_info"] = nil
	return n.setGateway(c, o, want, o.attrs)
}

func (n *network) updateRouter(c *call, o *netObject, change map[string]any) error {
	for _, name := range []string{"ha", "distributed"} {
		if v, given := change[name]; given && v != o.attrs[name] && o.flag("admin_state_up") && change["admin_state_up"] != false {
			return badResource("router", "Cannot change %s attribute of active routers. Please set router admin_state_up to False prior to upgrade",
				map[string]string{"ha": "HA", "distributed": "the 'distributed'"}[name])
		}
	}
	if routes, given := change["routes"].([]any); given {
		if err := n.checkRoutes(o, routes); err != nil {
			return err
		}
		change["routes"] = inRouteOrder(routes)
	}
	if want, given := change["external_gateway_info"]; given {
		return n.setGateway(c, o, want, change)
	}
	return nil
}

// setGateway plugs a router into an external network, out of it, or into
// another one. What comes of it is written to doc.
func (n *network) setGateway(c *call, o *netObject, want any, doc map[string]any) error {
	info, _ := want.(map[string]any)
	old, _ := o.attrs["external_gateway_info"].(map[string]any)
	ports := n.ports.all(func(p *netObject) bool {
		return p.text("device_id") == o.id && p.text("device_owner") == "network:router_gateway"
	})
	if old != nil && text(info["network_id"]) != text(old["network_id"]) {
		for f := range n.fips.objects.All() {
			if f.text("router_id") == o.id {
				return netConflict("RouterExternalGatewayInUseByFloatingIp", "Gateway cannot be updated for router %s, since a gateway to external network %s "+
					"is required by one or more floating IPs.", o.id, text(old["network_id"]))
			}
		}
	}
	if info == nil {
		for _, p := range ports {
			n.drop(c, p)
		}
		doc["external_gateway_info"] = nil
		return nil
	}
	if err := n.checkQoS(c, info["qos_policy_id"]); err != nil {
		return err
	}
	net, there := n.networks.objects.Get(text(info["network_id"]))
	if !there || c.token != nil && !n.sees(c, net) {
		return n.networks.missing("", text(info["network_id"]))
	}
	if !net.flag("router:external") {
		return badResource("router", "Network %s is not an external network", net.id)
	}
	if old != nil && text(old["network_id"]) == net.id && sameAddresses(old["external_fixed_ips"], info["external_fixed_ips"]) {
		doc["external_gateway_info"] = n.gatewayInfo(info, old["external_fixed_ips"])
		return nil
	}
	return n.plugGateway(c, o, net, info, doc, ports)
}

// sameAddresses reports whether a gateway need not change, as Neutron asks: none
// is wished for, or the wishes name the subnets and the addresses that it has,
// however often.
func sameAddresses(have, wishes any) bool {
	list, _ := wishes.([]any)
	if len(list) == 0 {
		return true
	}
	named := func(ips any, key string) map[string]bool {
		all := map[string]bool{}
		list, _ := ips.([]any)
		for _, ip := range list {
			if m, ok := ip.(map[string]any); ok && text(m[key]) != "" {
				all[text(m[key])] = true
			}
		}
		return all
	}
	for _, key := range []string{"subnet_id", "ip_address"} {
		if !maps.Equal(named(have, key), named(wishes, key)) {
			return false
		}
	}
	return true
}

// gatewayInfo is what a router keeps of its gateway. Whoever does not say that
// addresses are to stay as they are gets them translated.
func (n *network) gatewayInfo(info map[string]any, ips any) map[string]any {
	out := map[string]any{"network_id": info["network_id"], "external_fixed_ips": ips, "enable_snat": info["enable_snat"] != false}
	if info["qos_policy_id"] != nil {
		out["qos_policy_id"] = info["qos_policy_id"]
	}
	return out
}

func (n *network) plugGateway(c *call, o, net *netObject, info, doc map[string]any, old []*netObject) error {
	attrs := map[string]any{"network_id": net.id, "name": "", "description": "", "admin_state_up": true, "device_id": o.id,
		"device_owner": "network:router_gateway", "security_groups": []any{}, "port_security_enabled": false, "dns_name": "", "dns_domain": "",
		"binding:vnic_type": "normal", "qos_policy_id": nil}
	if ips, given := info["external_fixed_ips"].([]any); given && len(ips) > 0 {
		attrs["fixed_ips"] = ips
	}
	if len(old) > 0 && old[0].text("network_id") == net.id { // other addresses of the same port
		wishes, _ := attrs["fixed_ips"].([]any)
		ips, err := n.allocate(old[0], wishes)
		if err != nil {
			return err
		}
		old[0].attrs["fixed_ips"] = ips
		doc["external_gateway_info"] = n.gatewayInfo(info, ips)
		return nil
	}
	p := n.object(c, n.ports, "", attrs)
	if err := n.createPort(c, p); err != nil {
		return err
	}
	for _, port := range old {
		n.drop(c, port)
	}
	p.attrs["status"] = "ACTIVE"
	n.ports.put(p)
	doc["external_gateway_info"] = n.gatewayInfo(info, p.list("fixed_ips"))
	return nil
}

// maxRoutes is how many routes a router may have, as the service's default is.
const maxRoutes = 30

// checkRoutes: a next hop is in a subnet that the router is in, and is not the
// router itself.
func (n *network) checkRoutes(o *netObject, routes []any) error {
	if len(routes) > maxRoutes {
		return refuseAs(http.StatusBadRequest, "RoutesExhausted", "Unable to complete operation for %s. The number of routes exceeds the maximum %d.", o.id, maxRoutes)
	}
	var reach []netip.Prefix
	own := map[string]bool{}
	for _, p := range n.ports.all(where("device_id", o.id)) {
		for _, f := range p.list("fixed_ips") {
			own[text(f.(map[string]any)["ip_address"])] = true
			if s, there := n.subnets.objects.Get(text(f.(map[string]any)["subnet_id"])); there {
				cidr, _ := netip.ParsePrefix(s.text("cidr"))
				reach = append(reach, cidr)
			}
		}
	}
	for _, r := range routes {
		hop, _ := parseAddress(r.(map[string]any)["nexthop"])
		why := ""
		if !slices.ContainsFunc(reach, func(p netip.Prefix) bool { return p.Contains(hop) }) {
			why = "the nexthop is not connected with router"
		} else if own[hop.String()] {
			why = "the nexthop is used by router"
		}
		if why != "" {
			return refuseAs(http.StatusBadRequest, "InvalidRoutes", "Invalid format for routes: %s, %s", pyRoutes(routes), why)
		}
	}
	return nil
}

// inRouteOrder sorts routes as the database gives them.
func inRouteOrder(routes []any) []any {
	sorted := slices.SortedFunc(slices.Values(routes), func(a, b any) int { return strings.Compare(pyRepr(a), pyRepr(b)) })
	return append([]any{}, sorted...)
}

// pyRoutes keeps the order of keys that users see.
func pyRoutes(routes []any) string {
	items := make([]string, len(routes))
	for i, r := range routes {
		m := r.(map[string]any)
		items[i] = "{'destination': " + pyRepr(m["destination"]) + ", 'nexthop': " + pyRepr(m["nexthop"]) + "}"
	}
	return "[" + strings.Join(items, ", ") + "]"
}

func addRoutes(have []any, r any) []any {
	if slices.ContainsFunc(have, func(h any) bool { return pyRepr(h) == pyRepr(r) }) {
		return have
	}
	return append(have, r)
}

func dropRoutes(have []any, r any) []any {
	return slices.DeleteFunc(slices.Clone(have), func(h any) bool { return pyRepr(h) == pyRepr(r) })
}

// changeRoutes answers add_extraroutes and remove_extraroutes.
func changeRoutes(change func(have []any, r any) []any) handler {
	return func(c *call) (*reply, error) {
		n := &c.cloud.network
		o, err := n.ownRouter(c, "update_router")
		if err != nil {
			return nil, err
		}
		doc, _ := c.document("router")
		list, given := doc["routes"].([]any)
		if !given {
			return nil, serverError()
		}
		have := slices.Clone(o.list("routes"))
		for _, item := range list {
			r, err := extraRoute(item)
			if err != nil {
				return nil, err
			}
			have = change(have, r)
		}
		have = inRouteOrder(have)
		if err := n.checkRoutes(o, have); err != nil {
			return nil, err
		}
		if pyRepr(any(have)) != pyRepr(o.attrs["routes"]) {
			o.attrs["routes"] = have
			o.touch(c.now)
		}
		return ok(map[string]any{"router": n.bare(c, o)}), nil
	}
}

// extraRoute checks one route of an action, in the words of netaddr.
func extraRoute(v any) (any, error) {
	m, _ := v.(map[string]any)
	if _, ok := loosePrefix(text(m["destination"])); !ok {
		return nil, refuseAs(http.StatusBadRequest, "AddrFormatError", "invalid IPNetwork %s", pyStr(m["destination"]))
	}
	if _, ok := parseAddress(m["nexthop"]); !ok {
		return nil, refuseAs(http.StatusBadRequest, "AddrFormatError", "failed to detect a valid IP address from %s", pyRepr(m["nexthop"]))
	}
	return map[string]any{"destination": m["destination"], "nexthop": m["nexthop"]}, nil
}

// bare is a router as these two actions show it: without the policy's eye.
func (n *network) bare(c *call, o *netObject) map[string]any {
	v := n.view(c, o)
	v["distributed"], v["ha"], v["ha_vr_id"], v["gw_port_id"] = o.attrs["distributed"], o.attrs["ha"], 0, nil
	for _, p := range n.ports.all(where("device_id", o.id)) {
		if p.text("device_owner") == "network:router_gateway" {
			v["gw_port_id"] = p.id
		}
	}
	return v
}

func (n *network) ownRouter(c *call, action string) (*netObject, error) {
	o, err := n.find(c, n.routers, c.PathValue("id"))
	if err == nil && !c.may(action, "member") {
		return nil, refuseAs(http.StatusForbidden, "PolicyNotAuthorized", "rule:%s is disallowed by policy", action)
	}
	return o, err
}

// interfaceKey is where a port keeps the router whose interface it is, whatever
// its owner is changed to.
const interfaceKey = "\x00router"

func (n *network) interfaces(o *netObject) []*netObject {
	return n.ports.all(func(p *netObject) bool {
		return p.text(interfaceKey) == o.id
	})
}

func (n *network) removeRouter(c *call, o *netObject) error {
	var used []string
	for _, p := range n.interfaces(o) {
		used = append(used, p.id)
	}
	if len(used) > 0 {
		return netConflict("RouterInUse", "Router %s has ports still attached: %s", o.id, strings.Join(used, ", "))
	}
	return n.setGateway(c, o, nil, o.attrs)
}

func (n *network) viewRouter(_ *call, o *netObject, v map[string]any) {
	list := []any{}
	for _, k := range n.kinds {
		if k.one == "conntrack_helper" {
			for _, h := range k.in(o.id) {
				list = append(list, map[string]any{"protocol": h.attrs["protocol"], "port": h.attrs["port"], "helper": h.attrs["helper"]})
			}
		}
	}
	v["conntrack_helpers"] = list
}
