package openstack

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

func (n *network) createSubnet(c *call, o *netObject) error {
	if o.text("cidr") == "" {
		if o.flag("use_default_subnetpool") {
			return badResource("subnets", "No default subnetpool found for IPv%d", o.attrs["ip_version"])
		}
		if pool := o.text("subnetpool_id"); pool != "" {
			return refuseAs(http.StatusNotFound, "SubnetPoolNotFound", "Subnet pool %s could not be found.", pool)
		}
		return badResource("subnets", "a subnetpool must be specified in the absence of a cidr")
	}
	cidr, err := netip.ParsePrefix(o.text("cidr"))
	if err != nil {
		return invalidInput("%s is not in a CIDR format", o.text("cidr"))
	}
	if err := checkFamily(o, cidr); err != nil {
		return err
	}
	if err := poolsAndGateway(cidr, o.attrs); err != nil {
		return err
	}
	net, _ := n.networks.objects.Get(o.text("network_id"))
	for _, s := range n.subnets.all(where("network_id", o.text("network_id"))) {
		if other, _ := netip.ParsePrefix(s.text("cidr")); other.Overlaps(cidr) {
			return invalidInput("Requested subnet with cidr: %s for network: %s overlaps with another subnet", cidr, net.id)
		}
	}
	for _, name := range []string{"dns_nameservers", "host_routes", "service_types"} {
		if o.attrs[name] == nil {
			o.attrs[name] = []any{}
		}
	}
	delete(o.attrs, "use_default_subnetpool")
	o.revision = 0
	if net != nil {
		net.touch(c.now)
	}
	return nil
}

// checkFamily checks what goes only with one version of IP.
func checkFamily(o *netObject, cidr netip.Prefix) error {
	version := o.attrs["ip_version"].(int64)
	if version == 4 != cidr.Addr().Is4() {
		return invalidInput("cidr '%s' does not match the ip_version '%d'", cidr, version)
	}
	for _, name := range []string{"ipv6_ra_mode", "ipv6_address_mode"} {
		if o.attrs[name] != nil && version == 4 {
			return invalidInput("%s is not valid when ip_version is 4", name)
		}
	}
	return nil
}

// poolsAndGateway completes and checks pools and gateway of a new subnet or of
// a change, which is written to doc.
func poolsAndGateway(cidr netip.Prefix, doc map[string]any) error {
	if _, set := doc["gateway_ip"]; !set {
		doc["gateway_ip"] = firstAddress(cidr).String()
	}
	gateway, _ := parseAddress(doc["gateway_ip"])
	pools, given := doc["allocation_pools"].([]any)
	if !given {
		doc["allocation_pools"] = defaultPools(cidr, gateway)
		return nil
	}
	slices.SortFunc(pools, func(a, b any) int {
		x, _ := parseAddress(a.(map[string]any)["start"])
		y, _ := parseAddress(b.(map[string]any)["start"])
		return x.Compare(y)
	})
	return checkPools(pools, cidr, gateway)
}

// firstAddress is where a gateway is by default: the first of an IPv4 subnet,
// the subnet-router address of an IPv6 one.
func firstAddress(cidr netip.Prefix) netip.Addr {
	if cidr.Addr().Is4() && cidr.Bits() < 31 {
		return cidr.Addr().Next()
	}
	return cidr.Addr()
}

// lastAddress is the last one that a host may have.
func lastAddress(cidr netip.Prefix) netip.Addr {
	b := cidr.Addr().AsSlice()
	for bit := cidr.Bits(); bit < len(b)*8; bit++ {
		b[bit/8] |= 1 << (7 - bit%8)
	}
	last, _ := netip.AddrFromSlice(b)
	if cidr.Addr().Is4() && cidr.Bits() < 31 {
		return last.Prev()
	}
	return last
}

// defaultPools is the whole subnet without the gateway.
func defaultPools(cidr netip.Prefix, gateway netip.Addr) []any {
	first, last := cidr.Addr(), lastAddress(cidr)
	if cidr.Bits() < cidr.Addr().BitLen()-1 {
		first = first.Next()
	}
	pools := []any{}
	add := func(a, b netip.Addr) {
		if a.Compare(b) <= 0 {
			pools = append(pools, map[string]any{"start": a.String(), "end": b.String()})
		}
	}
	if !gateway.IsValid() || gateway.Compare(first) < 0 || gateway.Compare(last) > 0 {
		add(first, last)
		return pools
	}
	if gateway != first {
		add(first, gateway.Prev())
	}
	if gateway != last {
		add(gateway.Next(), last)
	}
	return pools
}

func checkPools(pools []any, cidr netip.Prefix, gateway netip.Addr) error {
	var before netip.Addr
	for i, p := range pools {
		pool := p.(map[string]any)
		start, _ := parseAddress(pool["start"])
		end, _ := parseAddress(pool["end"])
		name := text(pool["start"]) + "-" + text(pool["end"])
		switch {
		case end.Less(start):
			return refuseAs(http.StatusBadRequest, "InvalidAllocationPool", "The allocation pool {'start': '%s', 'end': '%s'} is not valid.", start, end)
		case !cidr.Contains(start) || !cidr.Contains(end) || lastAddress(cidr).Less(end):
			return refuseAs(http.StatusBadRequest, "OutOfBoundsAllocationPool", "The allocation pool %s spans beyond the subnet cidr %s.", name, cidr)
		case before.IsValid() && start.Compare(before) <= 0:
			other := pools[i-1].(map[string]any)
			return netConflict("OverlappingAllocationPools", "Found overlapping allocation pools: %s-%s %s for subnet %s.", other["start"], other["end"], name, cidr)
		}
		before = end
	}
	for _, p := range pools {
		if inPool(p, gateway) {
			pool := p.(map[string]any)
			return netConflict("GatewayConflictWithAllocationPools", "Gateway ip %s conflicts with allocation pool %s-%s.", gateway, pool["start"], pool["end"])
		}
	}
	return nil
}

func inPool(p any, a netip.Addr) bool {
	pool, _ := p.(map[string]any)
	start, _ := parseAddress(pool["start"])
	end, _ := parseAddress(pool["end"])
	return a.IsValid() && start.Compare(a) <= 0 && a.Compare(end) <= 0
}

func (n *network) updateSubnet(c *call, o *netObject, change map[string]any) error {
	cidr, _ := netip.ParsePrefix(o.text("cidr"))
	gateway, moved := change["gateway_ip"]
	pools, resized := change["allocation_pools"].([]any)
	if moved || resized {
		if !moved {
			gateway = o.attrs["gateway_ip"]
		}
		if !resized {
			pools = o.list("allocation_pools")
		}
		a, _ := parseAddress(gateway)
		if err := checkPools(pools, cidr, a); err != nil {
			return err
		}
	}
	if moved && o.text("gateway_ip") != "" && text(gateway) != o.text("gateway_ip") {
		for _, p := range n.ports.all(where("device_owner", "network:router_interface")) {
			if hasFixedIP(p.attrs, []string{"ip_address=" + o.text("gateway_ip"), "subnet_id=" + o.id}) {
				return netConflict("GatewayIpInUse", "Current gateway ip %s already in use by port %s. Unable to update.", o.text("gateway_ip"), p.id)
			}
		}
	}
	if change["enable_dhcp"] == true && !o.flag("enable_dhcp") {
		o.attrs["enable_dhcp"] = true
		n.helperPort(c, o)
	}
	return nil
}

func (n *network) removeSubnet(c *call, o *netObject) error {
	var helpers []*netObject
	for _, p := range n.ports.all(func(p *netObject) bool { return hasFixedIP(p.attrs, []string{"subnet_id=" + o.id}) }) {
		switch {
		case slices.Contains(autoDelete, p.text("device_owner")):
			helpers = append(helpers, p)
		case !autoAddress(o):
			return netConflict("SubnetInUse", "Unable to complete operation on subnet %s: One or more ports have an IP allocation from this subnet.", o.id)
		}
	}
	for _, p := range helpers {
		p.attrs["fixed_ips"] = slices.DeleteFunc(slices.Clone(p.list("fixed_ips")), func(f any) bool { return f.(map[string]any)["subnet_id"] == o.id })
	}
	return nil
}

// helperPort gives the network the port through which the cloud itself serves
// it, or that port an address in one more subnet.
func (n *network) helperPort(c *call, subnet *netObject) {
	if !subnet.flag("enable_dhcp") {
		return
	}
	net, _ := n.networks.objects.Get(subnet.text("network_id"))
	for _, owner := range n.cloud.profile.Behaviour.Network.HelperPorts {
		prefix := "dhcp"
		if owner == "network:distributed" {
			prefix = "ovnmeta-"
		}
		wish := map[string]any{"subnet_id": subnet.id}
		found := n.ports.all(func(p *netObject) bool { return p.text("network_id") == net.id && p.text("device_owner") == owner })
		if len(found) > 0 {
			p := found[0]
			if ips, err := n.allocate(p, append(slices.Clone(p.list("fixed_ips")), wish)); err == nil {
				p.attrs["fixed_ips"] = ips
				p.touch(c.now)
			}
			continue
		}
		p := n.object(c, n.ports, net.project, map[string]any{"network_id": net.id, "name": "", "admin_state_up": true, "device_id": prefix + net.id,
			"device_owner": owner, "fixed_ips": []any{wish}, "security_groups": []any{}, "port_security_enabled": false, "dns_name": "",
			"dns_domain": "", "binding:vnic_type": "normal", "binding:host_id": "network-1", "qos_policy_id": nil, "description": nil})
		if err := n.createPort(c, p); err == nil { // an exhausted subnet gets no helper
			p.attrs["status"], p.attrs["description"] = "ACTIVE", nil
			n.ports.objects.Put(p.id, p.project, p)
		}
	}
}

// autoAddress tells whether hosts make their addresses themselves.
func autoAddress(subnet *netObject) bool {
	mode := subnet.text("ipv6_address_mode")
	return strings.Contains(mode, "slaac") || strings.Contains(mode, "stateless")
}
