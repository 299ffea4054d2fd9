package openstack

import (
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
		return refuseAs(http.StatusNotFound, "FlavorNotFound", "Flavor %s could not be found.", f)
	}
	o.attrs["status"], o.attrs["routes"], o.attrs["flavor_id"] = "ACTIVE", []any{}, nil
	o.attrs["availability_zones"], o.attrs["conntrack_helpers"] = n.zoneList(), []any{}
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
	if routes, given := change["routes"].([]any); given {
		if err := n.checkRoutes(o, routes); err != nil {
			return err
		}
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
	net, there := n.networks.objects.Get(text(info["network_id"]))
	if !there || c.token != nil && !n.sees(c, net) {
		return n.networks.missing("", text(info["network_id"]))
	}
	if !net.flag("router:external") {
		return badResource("router", "Network %s is not an external network", net.id)
	}
	if old != nil && text(old["network_id"]) == net.id && info["external_fixed_ips"] == nil {
		view := map[string]any{"network_id": net.id, "external_fixed_ips": old["external_fixed_ips"], "enable_snat": snat(info, old)}
		doc["external_gateway_info"] = view
		return nil
	}
	return n.plugGateway(c, o, net, info, doc, ports)
}

func snat(infos ...map[string]any) bool {
	for _, info := range infos {
		if b, ok := asBool(info["enable_snat"]); ok {
			return b
		}
	}
	return true
}

func (n *network) plugGateway(c *call, o, net *netObject, info, doc map[string]any, old []*netObject) error {
	attrs := map[string]any{"network_id": net.id, "name": "", "description": "", "admin_state_up": true, "device_id": o.id,
		"device_owner": "network:router_gateway", "security_groups": []any{}, "port_security_enabled": false, "dns_name": "", "dns_domain": "",
		"binding:vnic_type": "normal", "qos_policy_id": nil}
	if ips, given := info["external_fixed_ips"].([]any); given && len(ips) > 0 {
		attrs["fixed_ips"] = ips
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
	doc["external_gateway_info"] = map[string]any{"network_id": net.id, "external_fixed_ips": p.list("fixed_ips"), "enable_snat": snat(info)}
	return nil
}

// checkRoutes: a next hop is in a subnet that the router is in.
func (n *network) checkRoutes(o *netObject, routes []any) error {
	var reach []netip.Prefix
	for _, p := range n.ports.all(where("device_id", o.id)) {
		for _, f := range p.list("fixed_ips") {
			if s, there := n.subnets.objects.Get(text(f.(map[string]any)["subnet_id"])); there {
				cidr, _ := netip.ParsePrefix(s.text("cidr"))
				reach = append(reach, cidr)
			}
		}
	}
	for _, r := range routes {
		hop, _ := parseAddress(r.(map[string]any)["nexthop"])
		if !slices.ContainsFunc(reach, func(p netip.Prefix) bool { return p.Contains(hop) }) {
			return refuseAs(http.StatusBadRequest, "InvalidRoutes", "Invalid format for routes: %s, the nexthop is not connected with router", pyRoutes(routes))
		}
	}
	return nil
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
		routes, err := noneIsEmpty(each(toRoute))("routes", doc["routes"])
		if err != nil {
			return nil, err
		}
		have := slices.Clone(o.list("routes"))
		for _, r := range routes.([]any) {
			have = change(have, r)
		}
		if err := n.checkRoutes(o, have); err != nil {
			return nil, err
		}
		o.attrs["routes"] = have
		o.touch(c.now)
		return ok(map[string]any{"router": n.bare(c, o)}), nil
	}
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

func (n *network) interfaces(o *netObject) []*netObject {
	return n.ports.all(func(p *netObject) bool {
		return p.text("device_id") == o.id && p.text("device_owner") == "network:router_interface"
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
