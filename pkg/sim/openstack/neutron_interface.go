package openstack

import (
	"net/http"
	"net/netip"
	"slices"
)

// interfaceBody reads which subnet or port a router interface is about.
func interfaceBody(c *call) (subnet, port string, err error) {
	body, _ := c.body.(map[string]any)
	if body["subnet_id"] == nil && body["port_id"] == nil {
		return "", "", badResource("router", "Either subnet_id or port_id must be specified")
	}
	for _, key := range []string{"port_id", "subnet_id"} {
		if v := body[key]; v != nil && !looseUUID.MatchString(text(v)) {
			return "", "", badResource("router", "'%s' is not a valid UUID", pyStr(v))
		}
	}
	return text(body["subnet_id"]), text(body["port_id"]), nil
}

func addRouterInterface(c *call) (*reply, error) {
	n := &c.cloud.network
	o, err := n.ownRouter(c, "add_router_interface")
	if err != nil {
		return nil, err
	}
	subnetID, portID, err := interfaceBody(c)
	switch {
	case err != nil:
		return nil, err
	case subnetID != "" && portID != "":
		return nil, badResource("router", "Cannot specify both subnet-id and port-id")
	case portID != "":
		return n.plugPort(c, o, portID)
	}
	return n.plugSubnet(c, o, subnetID)
}

func (n *network) plugPort(c *call, o *netObject, id string) (*reply, error) {
	p, err := n.find(c, n.ports, id)
	if err != nil {
		return nil, err
	}
	if p.text("device_id") != "" {
		return nil, netConflict("PortInUse", "Unable to complete operation on port %s for network %s. Port already has an attached device %s.",
			p.id, p.text("network_id"), p.text("device_id"))
	}
	if len(p.list("fixed_ips")) == 0 {
		return nil, badResource("router", "Router port must have at least one fixed IP")
	}
	fours := 0
	for _, f := range p.list("fixed_ips") {
		s, _ := n.subnets.objects.Get(text(f.(map[string]any)["subnet_id"]))
		if err := n.checkOverlap(o, s); err != nil {
			return nil, err
		}
		if fours += map[any]int{int64(4): 1}[s.attrs["ip_version"]]; fours > 1 {
			return nil, badResource("router", "Cannot have multiple IPv4 subnets on router port")
		}
	}
	p.attrs["device_id"], p.attrs["device_owner"], p.attrs["status"], p.attrs[interfaceKey] = o.id, "network:router_interface", "ACTIVE", o.id
	p.touch(c.now)
	return n.plugged(o, p), nil
}

func (n *network) plugSubnet(c *call, o *netObject, id string) (*reply, error) {
	s, err := n.find(c, n.subnets, id)
	if err != nil {
		return nil, err
	}
	if s.text("gateway_ip") == "" {
		return nil, badResource("router", "Subnet for router interface must have a gateway IP")
	}
	if err := n.checkOverlap(o, s); err != nil {
		return nil, err
	}
	wish := map[string]any{"subnet_id": s.id, "ip_address": s.text("gateway_ip")}
	if p := n.sixPort(o, s); p != nil {
		ips, err := n.allocate(p, append(slices.Clone(p.list("fixed_ips")), wish))
		if err != nil {
			return nil, err
		}
		p.attrs["fixed_ips"] = ips
		p.touch(c.now)
		return n.pluggedTo(o, p, []any{s.id}), nil
	}
	if err := n.checkQuota(n.ports, o.project, 1); err != nil {
		return nil, err
	}
	p := n.object(c, n.ports, o.project, map[string]any{"network_id": s.text("network_id"), "name": "", "description": "", "admin_state_up": true,
		"device_id": o.id, "device_owner": "network:router_interface", "security_groups": []any{}, "port_security_enabled": false, "dns_name": "",
		"dns_domain": "", "binding:vnic_type": "normal", "qos_policy_id": nil,
		interfaceKey: o.id, "fixed_ips": []any{wish}})
	if err := n.createPort(c, p); err != nil {
		return nil, err
	}
	p.attrs["status"] = "ACTIVE"
	n.ports.put(p)
	return n.plugged(o, p), nil
}

// sixPort returns the port through which a router is in the network already and
// takes one more prefix of IPv6, or nil.
func (n *network) sixPort(o, subnet *netObject) *netObject {
	for _, p := range n.interfaces(o) {
		first, _ := p.list("fixed_ips")[0].(map[string]any)
		a, _ := parseAddress(first["ip_address"])
		if subnet.attrs["ip_version"] == int64(6) && a.Is6() && p.text("network_id") == subnet.text("network_id") {
			return p
		}
	}
	return nil
}

// checkOverlap: a router is in a subnet once, and in no two that overlap.
func (n *network) checkOverlap(o, subnet *netObject) error {
	cidr, _ := netip.ParsePrefix(subnet.text("cidr"))
	for _, p := range n.ports.all(where("device_id", o.id)) {
		for _, f := range p.list("fixed_ips") {
			s, there := n.subnets.objects.Get(text(f.(map[string]any)["subnet_id"]))
			switch other, _ := netip.ParsePrefix(s.text("cidr")); {
			case there && s.id == subnet.id:
				return badResource("router", "Router already has a port on subnet %s", s.id)
			case there && other.Overlaps(cidr):
				return badResource("router", "Cidr %s of subnet %s overlaps with cidr %s of subnet %s", cidr, subnet.id, other, s.id)
			}
		}
	}
	return nil
}

// plugged is what adding and removing an interface answer.
func (n *network) plugged(o, p *netObject) *reply {
	var subnets []any
	for _, f := range p.list("fixed_ips") {
		subnets = append(subnets, f.(map[string]any)["subnet_id"])
	}
	return n.pluggedTo(o, p, subnets)
}

func (n *network) pluggedTo(o, p *netObject, subnets []any) *reply {
	return ok(map[string]any{"id": o.id, "tenant_id": o.project, "port_id": p.id, "network_id": p.text("network_id"), "subnet_id": subnets[0], "subnet_ids": subnets})
}

func removeRouterInterface(c *call) (*reply, error) {
	n := &c.cloud.network
	o, err := n.ownRouter(c, "remove_router_interface")
	if err != nil {
		return nil, err
	}
	subnetID, portID, err := interfaceBody(c)
	if err != nil {
		return nil, err
	}
	p := n.interfaceFor(o, subnetID, portID)
	switch {
	case p == nil && portID != "":
		return nil, refuseAs(http.StatusNotFound, "RouterInterfaceNotFound", "Router %s does not have an interface with id %s", o.id, portID)
	case p == nil:
		if _, err := n.find(c, n.subnets, subnetID); err != nil {
			return nil, err
		}
		return nil, refuseAs(http.StatusNotFound, "RouterInterfaceNotFoundForSubnet", "Router %s has no interface on subnet %s", o.id, subnetID)
	case subnetID != "" && !hasFixedIP(p.attrs, []string{"subnet_id=" + subnetID}):
		return nil, refuseAs(http.StatusBadRequest, "SubnetMismatchForPort", "Subnet on port %s does not match the requested subnet %s.", p.id, subnetID)
	}
	if err := n.mayUnplug(o, p); err != nil {
		return nil, err
	}
	if left := withoutSubnet(p.list("fixed_ips"), subnetID); portID == "" && len(left) > 0 {
		p.attrs["fixed_ips"] = left
		p.touch(c.now)
		return n.pluggedTo(o, p, []any{subnetID}), nil
	}
	rep := n.plugged(o, p)
	n.drop(c, p)
	return rep, nil
}

func withoutSubnet(ips []any, subnet string) []any {
	return slices.DeleteFunc(slices.Clone(ips), func(f any) bool { return f.(map[string]any)["subnet_id"] == subnet })
}

func (n *network) interfaceFor(o *netObject, subnetID, portID string) *netObject {
	for _, p := range n.interfaces(o) {
		if portID != "" && p.id == portID || portID == "" && hasFixedIP(p.attrs, []string{"subnet_id=" + subnetID}) {
			return p
		}
	}
	return nil
}

// mayUnplug: floating IPs and routes may need the interface.
func (n *network) mayUnplug(o, p *netObject) error {
	for _, f := range p.list("fixed_ips") {
		subnet, _ := n.subnets.objects.Get(text(f.(map[string]any)["subnet_id"]))
		cidr, _ := netip.ParsePrefix(subnet.text("cidr"))
		for _, r := range o.list("routes") {
			if hop, _ := parseAddress(r.(map[string]any)["nexthop"]); cidr.Contains(hop) {
				return netConflict("RouterInterfaceInUseByRoute", "Router interface for subnet %s on router %s cannot be deleted, as it is required by one or more routes.", subnet.id, o.id)
			}
		}
		for fip := range n.fips.objects.All() {
			port, there := n.ports.objects.Get(fip.text("port_id"))
			if there && fip.text("router_id") == o.id && hasFixedIP(port.attrs, []string{"subnet_id=" + subnet.id}) {
				return netConflict("RouterInterfaceInUseByFloatingIP", "Router interface for subnet %s on router %s cannot be deleted, as it is required by one or more floating IPs.", subnet.id, o.id)
			}
		}
	}
	return nil
}
