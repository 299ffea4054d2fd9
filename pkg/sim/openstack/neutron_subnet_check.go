package openstack

import (
	"net/http"
	"net/netip"
)

// How many name servers and routes a subnet may have, as the service's
// defaults are.
const (
	maxNameservers  = 5
	maxSubnetRoutes = 20
)

// checkSubnet checks what a new subnet says, or a change of one (old is nil for
// a new one), in the order in which the service does.
func (n *network) checkSubnet(old *netObject, doc map[string]any, cidr netip.Prefix) error {
	version, given := doc["ip_version"].(int64)
	if !given {
		version = old.attrs["ip_version"].(int64)
	}
	if old == nil && version != versionOf(cidr) {
		return invalidInput("cidr '%s' does not match the ip_version '%d'", cidr, version)
	}
	if doc["enable_dhcp"] == true && (old == nil || !old.flag("enable_dhcp")) {
		if err := checkServable(cidr); err != nil {
			return err
		}
	}
	if err := n.checkGateway(old, doc, cidr, version); err != nil {
		return err
	}
	subject := "new subnet"
	if old != nil {
		subject = old.id
	}
	if err := checkNameservers(doc, subject, version); err != nil {
		return err
	}
	if err := checkSubnetRoutes(doc, subject, version); err != nil {
		return err
	}
	return checkModes(old, doc, cidr, version)
}

// checkServable: there are prefixes that no DHCP server can serve.
func checkServable(cidr netip.Prefix) error {
	a := cidr.Addr()
	switch {
	case cidr.Bits() > a.BitLen()-2:
		return invalidInput("Subnet has a prefix length that is incompatible with DHCP service enabled")
	case a.IsMulticast():
		return invalidInput("Multicast IP subnet is not supported if enable_dhcp is True")
	case a.IsLoopback():
		return invalidInput("Loopback IP subnet is not supported if enable_dhcp is True")
	case a == netip.IPv4Unspecified():
		return invalidInput("First IP '0.0.0.0' of network is not supported if enable_dhcp is True.")
	}
	return nil
}

func (n *network) checkGateway(old *netObject, doc map[string]any, cidr netip.Prefix, version int64) error {
	gateway, given := parseAddress(doc["gateway_ip"])
	if !given {
		return nil
	}
	if gateway.Is4() != (version == 4) {
		return invalidInput("gateway_ip '%s' does not match the ip_version '%d'", gateway, version)
	}
	last := lastAddress(cidr)
	if version == 4 && cidr.Bits() <= 30 && (gateway == cidr.Addr() || gateway == last.Next()) && cidr.Contains(gateway) {
		return invalidInput("Gateway is not valid on subnet")
	}
	if old == nil || gateway.String() == old.text("gateway_ip") {
		return nil
	}
	for _, p := range n.ports.in(old.text("network_id")) {
		if isRouterPort(p) && hasFixedIP(p.attrs, []string{"ip_address=" + old.text("gateway_ip"), "subnet_id=" + old.id}) {
			return netConflict("GatewayIpInUse", "Current gateway ip %s already in use by port %s. Unable to update.", old.text("gateway_ip"), p.id)
		}
	}
	return nil
}

func isRouterPort(p *netObject) bool { return p.text("device_owner") == "network:router_interface" }

func checkNameservers(doc map[string]any, subject string, version int64) error {
	list, _ := doc["dns_nameservers"].([]any)
	if len(list) > maxNameservers {
		return refuseAs(http.StatusBadRequest, "DNSNameServersExhausted", "Unable to complete operation for %s. The number of DNS nameservers exceeds the limit %d.", subject, maxNameservers)
	}
	for _, s := range list {
		if a, _ := parseAddress(s); a.Is4() != (version == 4) {
			return invalidInput("dns_nameserver '%s' does not match the ip_version '%d'", s, version)
		}
	}
	return nil
}

func checkSubnetRoutes(doc map[string]any, subject string, version int64) error {
	list, _ := doc["host_routes"].([]any)
	if len(list) > maxSubnetRoutes {
		return refuseAs(http.StatusBadRequest, "HostRoutesExhausted", "Unable to complete operation for %s. The number of host routes exceeds the limit %d.", subject, maxSubnetRoutes)
	}
	for _, item := range list {
		r := item.(map[string]any)
		if p, _ := netip.ParsePrefix(text(r["destination"])); p.Addr().Is4() != (version == 4) {
			return invalidInput("destination '%s' does not match the ip_version '%d'", r["destination"], version)
		}
		if a, _ := parseAddress(r["nexthop"]); a.Is4() != (version == 4) {
			return invalidInput("nexthop '%s' does not match the ip_version '%d'", r["nexthop"], version)
		}
	}
	return nil
}

// checkModes checks how hosts get their IPv6 addresses.
func checkModes(old *netObject, doc map[string]any, cidr netip.Prefix, version int64) error {
	names := []string{"ipv6_ra_mode", "ipv6_address_mode"}
	modes := map[string]string{}
	for _, name := range names {
		if modes[name] = text(doc[name]); modes[name] == "" && old != nil {
			modes[name] = old.text(name)
		}
		if modes[name] != "" && version == 4 {
			return invalidInput("%s is not valid when ip_version is 4", name)
		}
	}
	ra, address := modes[names[0]], modes[names[1]]
	if ra == "" && address == "" {
		return nil
	}
	switch {
	case doc["enable_dhcp"] == false && old != nil:
		return invalidInput("Cannot disable enable_dhcp with ipv6 attributes set")
	case doc["enable_dhcp"] == false:
		return invalidInput("ipv6_ra_mode or ipv6_address_mode cannot be set when enable_dhcp is set to False")
	case ra != "" && address != "" && ra != address:
		return invalidInput("ipv6_ra_mode set to '%s' with ipv6_address_mode set to '%s' is not valid. If both attributes are set, they must be the same value", ra, address)
	case address != "" && address != "dhcpv6-stateful" && cidr.Bits() != 64:
		return invalidInput("Invalid CIDR %s for IPv6 address mode. OpenStack uses the EUI-64 address format, which requires the prefix to be /64", cidr)
	}
	return nil
}
