package openstack

import (
	"net/http"
	"slices"
)

func (n *network) createFloatingIP(c *call, o *netObject) error {
	if err := n.checkQoS(c, o.attrs["qos_policy_id"]); err != nil {
		return err
	}
	net, there := n.networks.objects.Get(o.text("floating_network_id"))
	if !there || !n.sees(c, net) {
		return n.networks.missing("", o.text("floating_network_id"))
	}
	if !net.flag("router:external") {
		return badResource("floatingip", "Network %s is not a valid external network", net.id)
	}
	p, err := n.outerPort(c, o, net)
	if err != nil {
		return err
	}
	o.attrs["floating_ip_address"] = p.list("fixed_ips")[0].(map[string]any)["ip_address"]
	o.attrs["status"], o.attrs["router_id"], o.revision = "DOWN", nil, 0
	if _, known := o.attrs["dns_name"]; known && !n.cloud.profile.Behaviour.Network.ExternalDNS {
		o.attrs["dns_name"], o.attrs["dns_domain"] = "", ""
	}
	if err := n.associate(c, o, o.attrs); err != nil {
		return err
	}
	delete(o.attrs, "subnet_id")
	n.ports.put(p)
	return nil
}

// outerPort holds the address of a floating IP in the external network. It is
// the provider's: no project sees it.
func (n *network) outerPort(c *call, o, net *netObject) (*netObject, error) {
	attrs := map[string]any{"network_id": net.id, "name": "", "description": "", "admin_state_up": true, "device_id": o.id, "device_owner": "network:floatingip",
		"security_groups": []any{}, "port_security_enabled": false, "dns_name": "", "dns_domain": "", "binding:vnic_type": "normal", "qos_policy_id": nil}
	wish := map[string]any{}
	if s := o.text("subnet_id"); s != "" {
		wish["subnet_id"] = s
	}
	if a := o.text("floating_ip_address"); a != "" {
		wish["ip_address"] = a
	}
	if len(wish) > 0 {
		attrs["fixed_ips"] = []any{wish}
	}
	p := n.object(c, n.ports, "", attrs)
	if err := n.createPort(c, p); err != nil {
		return nil, err
	}
	if len(p.list("fixed_ips")) == 0 {
		return nil, exhausted(net.id)
	}
	p.attrs["status"] = "N/A"
	return p, nil
}

func (n *network) updateFloatingIP(c *call, o *netObject, change map[string]any) error {
	_, port := change["port_id"]
	_, fixed := change["fixed_ip_address"]
	if port && text(change["port_id"]) != "" && len(n.forwardsOf(o)) > 0 {
		return netConflict("FipInUseByPortForwarding", "Floating IP %s in use by Port Forwarding resources.", o.id)
	}
	if len(change) == 0 { // the service takes this for a disassociation
		change["port_id"], port = nil, true
	}
	if !port && !fixed {
		return nil
	}
	if !port {
		change["port_id"] = o.attrs["port_id"]
	}
	return n.associate(c, o, change)
}

// associate checks and completes the inner side of a floating IP.
func (n *network) associate(c *call, o *netObject, doc map[string]any) error {
	id, fixed := text(doc["port_id"]), text(doc["fixed_ip_address"])
	if id == "" {
		if fixed != "" {
			return badResource("floatingip", "fixed_ip_address cannot be specified without a port_id")
		}
		doc["port_id"], doc["fixed_ip_address"], doc["router_id"] = nil, nil, nil
		if len(n.forwardsOf(o)) > 0 {
			doc["router_id"] = o.attrs["router_id"]
		}
		return nil
	}
	p, err := n.find(c, n.ports, id)
	if err != nil {
		return err
	}
	subnet, addr, err := n.inner(p, fixed)
	if err != nil {
		return err
	}
	router := n.routeOut(subnet, o.text("floating_network_id"))
	if router == nil {
		return refuseAs(http.StatusNotFound, "ExternalGatewayForFloatingIPNotFound", "External network %s is not reachable from subnet %s.  "+
			"Therefore, cannot associate Port %s with a Floating IP.", o.text("floating_network_id"), subnet, p.id)
	}
	for other := range n.fips.objects.All() {
		if other.id != o.id && other.text("port_id") == p.id && other.text("fixed_ip_address") == addr && other.text("floating_network_id") == o.text("floating_network_id") {
			return netConflict("FloatingIPPortAlreadyAssociated", "Cannot associate floating IP %s (%s) with port %s using fixed IP %s, as that fixed IP "+
				"already has a floating IP on external network %s.", o.text("floating_ip_address"), o.id, p.id, addr, o.text("floating_network_id"))
		}
	}
	doc["port_id"], doc["fixed_ip_address"], doc["router_id"] = p.id, addr, router.id
	return nil
}

// inner finds the address of the port that is meant.
func (n *network) inner(p *netObject, fixed string) (subnet, addr string, err error) {
	for _, f := range p.list("fixed_ips") {
		ip := f.(map[string]any)
		a, _ := parseAddress(ip["ip_address"])
		switch {
		case !a.Is4() || fixed != "" && fixed != a.String():
		case addr != "":
			return "", "", badResource("floatingip", "Port %s has multiple fixed IPv4 addresses.  Must provide a specific IPv4 address when assigning a floating IP", p.id)
		default:
			subnet, addr = text(ip["subnet_id"]), a.String()
		}
	}
	if addr != "" {
		return subnet, addr, nil
	}
	if fixed != "" {
		return "", "", badResource("floatingip", "Port %s does not have fixed ip %s", p.id, fixed)
	}
	return "", "", badResource("floatingip", "Cannot add floating IP to port %s that has no fixed IPv4 addresses", p.id)
}

// routeOut finds the router that leads from a subnet to an external network.
func (n *network) routeOut(subnet, external string) *netObject {
	for _, p := range n.ports.all(where("device_owner", "network:router_interface")) {
		r, there := n.routers.objects.Get(p.text("device_id"))
		if !there || !hasFixedIP(p.attrs, []string{"subnet_id=" + subnet}) {
			continue
		}
		if info, _ := r.attrs["external_gateway_info"].(map[string]any); text(info["network_id"]) == external {
			return r
		}
	}
	return nil
}

// settleFloatingIP is what the L3 agent does a moment later.
func (n *network) settleFloatingIP(_ *call, o *netObject) {
	o.attrs["status"] = "DOWN"
	if o.text("port_id") != "" {
		o.attrs["status"] = "ACTIVE"
	}
}

// releaseFloatingIPs is what becomes of floating IPs when their port goes, or
// keeps only some of its addresses.
func (n *network) releaseFloatingIPs(c *call, p *netObject, kept []any) {
	for o := range n.fips.objects.All() {
		if o.text("port_id") == p.id && !slices.ContainsFunc(kept, func(f any) bool { return f.(map[string]any)["ip_address"] == o.attrs["fixed_ip_address"] }) {
			o.attrs["port_id"], o.attrs["fixed_ip_address"], o.attrs["router_id"], o.attrs["status"] = nil, nil, nil, "DOWN"
			o.touch(c.now)
		}
	}
}

// removeFloatingIP keeps an address that port forwardings need.
func (n *network) removeFloatingIP(_ *call, o *netObject) error {
	if len(n.forwardsOf(o)) > 0 {
		return netConflict("FipInUseByPortForwarding", "Floating IP %s in use by Port Forwarding resources.", o.id)
	}
	return nil
}

func (n *network) viewFloatingIP(c *call, o *netObject, v map[string]any) {
	if c.Request != nil && c.Method == http.MethodPost { // the service answers before it has noted the name
		v["dns_name"], v["dns_domain"] = "", ""
	}
	forwards := []any{}
	for _, f := range n.forwardsOf(o) {
		view := map[string]any{}
		for _, name := range []string{"internal_ip_address", "protocol", "internal_port_id"} {
			view[name] = f.attrs[name]
		}
		for _, side := range []string{"external", "internal"} {
			if r := portRange(f.attrs[side+"_port_range"]); r[0] == r[1] {
				view[side+"_port"] = r[0]
			}
		}
		view["id"] = f.id
		forwards = append(forwards, view)
	}
	v["port_details"], v["port_forwardings"] = nil, forwards
	if p, there := n.ports.objects.Get(o.text("port_id")); there {
		details := map[string]any{}
		for _, name := range []string{"name", "network_id", "mac_address", "admin_state_up", "status", "device_id", "device_owner"} {
			details[name] = p.attrs[name]
		}
		v["port_details"] = details
	}
}
