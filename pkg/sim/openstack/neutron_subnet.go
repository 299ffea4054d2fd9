package openstack

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

func (n *network) createSubnet(c *call, o *netObject) error {
	cidr, err := n.prefixFor(c, o)
	if err != nil {
		return err
	}
	net, _ := n.networks.objects.Get(o.text("network_id"))
	if err := n.checkPrefix(net, cidr); err != nil {
		return err
	}
	o.attrs["cidr"] = cidr.String()
	if err := n.checkSegment(o); err != nil {
		return err
	}
	if err := poolsAndGateway(cidr, o.attrs); err != nil {
		return err
	}
	for _, name := range []string{"dns_nameservers", "host_routes", "service_types"} {
		if o.attrs[name] == nil {
			o.attrs[name] = []any{}
		}
	}
	delete(o.attrs, "use_default_subnetpool")
	delete(o.attrs, "prefixlen")
	o.revision = 0
	net.touch(c.now)
	n.giveAutoAddresses(c, o)
	return nil
}

// prefixFor returns the prefix of a new subnet: its own, or one out of a pool.
func (n *network) prefixFor(c *call, o *netObject) (netip.Prefix, error) {
	_, long := o.attrs["prefixlen"].(int64)
	cidr, _ := loosePrefix(o.text("cidr"))
	if cidr.IsValid() && long {
		return cidr, badResource("subnets", "cidr and prefixlen must not be supplied together")
	}
	cidr = cidr.Masked()
	pool, err := n.poolFor(c, o)
	switch {
	case err != nil:
		return cidr, err
	case pool != nil:
		o.attrs["subnetpool_id"] = pool.id
	case !cidr.IsValid():
		return cidr, badResource("subnets", "a subnetpool must be specified in the absence of a cidr")
	default:
		if err := n.checkSubnet(nil, o.attrs, cidr); err != nil {
			return cidr, err
		}
	}
	if err := n.checkAffinity(o, pool); err != nil || pool == nil {
		return cidr, err
	}
	if v := pool.attrs["ip_version"]; v != o.attrs["ip_version"] {
		return cidr, badResource("subnets", "Cannot allocate IPv%d subnet from IPv%d subnet pool", o.attrs["ip_version"], v)
	}
	return n.fromPool(o, pool, cidr)
}

// poolFor finds the subnet pool that a new subnet names, or the default one;
// nil: it has a prefix of its own.
func (n *network) poolFor(c *call, o *netObject) (*netObject, error) {
	id, byDefault := o.text("subnetpool_id"), o.flag("use_default_subnetpool")
	switch {
	case id != "" && byDefault:
		return nil, badResource("subnets", "subnetpool_id and use_default_subnetpool cannot both be specified")
	case id == "" && !byDefault:
		return nil, nil
	}
	_, own := o.attrs["allocation_pools"].([]any)
	if id != "" && own && o.text("cidr") == "" {
		return nil, badResource("subnets", "allocation_pools allowed only for specific subnet requests.")
	}
	if id == "prefix_delegation" {
		return nil, checkDelegation(o)
	}
	if id != "" {
		return n.find(c, n.pools, id)
	}
	for p := range n.pools.objects.All() {
		if p.flag("is_default") && p.attrs["ip_version"] == o.attrs["ip_version"] && n.sees(c, p) {
			return p, nil
		}
	}
	return nil, badResource("subnets", "No default subnetpool found for IPv%d", o.attrs["ip_version"])
}

// checkDelegation refuses what prefix delegation needs first; no cloud of ours
// delegates prefixes.
func checkDelegation(o *netObject) error {
	if o.attrs["ip_version"] != int64(6) {
		return badResource("subnets", "Prefix Delegation can only be used with IPv6 subnets.")
	}
	for _, mode := range [][2]string{{"ipv6_ra_mode", "RA"}, {"ipv6_address_mode", "Address"}} {
		if m := o.text(mode[0]); m != "slaac" && m != "dhcpv6-stateless" {
			return badResource("subnets", "IPv6 %s Mode must be SLAAC or Stateless for Prefix Delegation.", mode[1])
		}
	}
	return badResource("subnets", "Prefix Delegation is not supported")
}

// checkAffinity: the subnets of a network come out of one pool, or of pools in
// one address scope.
func (n *network) checkAffinity(o, pool *netObject) error {
	scope := ""
	if pool != nil {
		scope = pool.text("address_scope_id")
	}
	for _, s := range n.subnets.in(o.text("network_id")) {
		if s.attrs["ip_version"] != o.attrs["ip_version"] {
			continue
		}
		other, pooled := n.pools.objects.Get(s.text("subnetpool_id"))
		otherScope := ""
		if pooled {
			otherScope = other.text("address_scope_id")
		}
		switch {
		case scope != otherScope:
			return refuseAs(http.StatusBadRequest, "NetworkAddressScopeAffinityError", "Subnets of the same address family hosted on the same network must all be allocated from the same address scope.")
		case scope == "" && pooled != (pool != nil), scope == "" && pooled && other.id != pool.id:
			return refuseAs(http.StatusBadRequest, "NetworkSubnetPoolAffinityError", "Subnets hosted on the same network must be allocated from the same subnet pool.")
		}
	}
	return nil
}

// fromPool takes a prefix out of a pool: the subnet's own, the one around its
// gateway, or any of the length.
func (n *network) fromPool(o, pool *netObject, want netip.Prefix) (netip.Prefix, error) {
	length, given := o.attrs["prefixlen"].(int64)
	if !given {
		length = pool.attrs["default_prefixlen"].(int64)
	}
	bits, wildcard := 32, "0.0.0.0"
	if pool.attrs["ip_version"] == int64(6) {
		bits, wildcard = 128, "::"
	}
	if length > int64(bits) {
		return want, refuseAs(http.StatusBadRequest, "AddrFormatError", "invalid IPNetwork %s/%d", wildcard, length)
	}
	if gateway, there := parseAddress(o.attrs["gateway_ip"]); there && !want.IsValid() {
		want = netip.PrefixFrom(gateway, int(length)).Masked()
	}
	if want.IsValid() {
		return n.allocateSubnet(pool, o.project, want, int64(want.Bits()))
	}
	got, err := n.allocateSubnet(pool, o.project, want, length)
	if err == nil { // a wish for no gateway is not heard here
		o.attrs["gateway_ip"] = got.Addr().Next().String()
	}
	return got, err
}

// checkPrefix: no two subnets of a network overlap.
func (n *network) checkPrefix(net *netObject, cidr netip.Prefix) error {
	if cidr.Bits() == 0 {
		return invalidInput("0 is not allowed as CIDR prefix length")
	}
	for _, s := range n.subnets.inside[net.id] {
		if other, _ := netip.ParsePrefix(s.text("cidr")); other.Overlaps(cidr) {
			return invalidInput("Requested subnet with cidr: %s for network: %s overlaps with another subnet", cidr, net.id)
		}
	}
	return nil
}

func (n *network) updateSubnet(c *call, o *netObject, change map[string]any) error {
	cidr, _ := netip.ParsePrefix(o.text("cidr"))
	if err := n.checkSubnet(o, change, cidr); err != nil {
		return err
	}
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
	if s, given := change["segment_id"]; given && s != o.attrs["segment_id"] {
		if err := n.moveToSegment(o, change); err != nil {
			return err
		}
	}
	if change["enable_dhcp"] == true && !o.flag("enable_dhcp") {
		o.attrs["enable_dhcp"] = true
		n.helperPort(c, o)
	}
	return nil
}

func (n *network) moveToSegment(o *netObject, change map[string]any) error {
	if o.text("segment_id") != "" {
		return refuseAs(http.StatusBadRequest, "SubnetSegmentAssociationChangeNotAllowed", "A subnet that is already associated with a segment cannot have its segment association changed.")
	}
	moved := &netObject{kind: o.kind, id: o.id, attrs: merged(o.attrs, change)}
	if err := n.checkAssociated(moved); err != nil {
		return err
	}
	return n.checkSegment(moved)
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
	for _, p := range n.ports.in(o.text("network_id")) {
		if autoAddress(o) {
			helpers = append(helpers, p)
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
			n.ports.put(p)
		}
	}
}

// autoAddress tells whether hosts make their addresses themselves.
func autoAddress(subnet *netObject) bool {
	mode := subnet.text("ipv6_address_mode")
	return strings.Contains(mode, "slaac") || strings.Contains(mode, "stateless")
}
