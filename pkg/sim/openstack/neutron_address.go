package openstack

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// window is how far into the free addresses of a subnet the real allocator
// looks before it takes one at random.
const window = 256

// allocate turns wishes (a subnet, an address, both) into fixed IPs of a port.
// Addresses that the port has already stay its own.
func (n *network) allocate(port *netObject, wishes []any) ([]any, error) {
	netID := port.text("network_id")
	taken := n.taken(port)
	out := []any{}
	for _, w := range wishes {
		wish := w.(map[string]any)
		subnet, addr, err := n.resolve(netID, wish, port.text("device_owner"))
		if err != nil {
			return nil, err
		}
		switch {
		case autoAddress(subnet) && !addr.IsValid():
			addr = eui64(subnet, port.text("mac_address"))
		case !addr.IsValid():
			if addr = n.pick(subnet, taken, port); !addr.IsValid() {
				return nil, exhausted(netID)
			}
		case taken[subnet.id+addr.String()]:
			return nil, netConflict("IpAddressAlreadyAllocated", "IP address %s already allocated in subnet %s", addr, subnet.id)
		}
		taken[subnet.id+addr.String()] = true
		out = append(out, map[string]any{"subnet_id": subnet.id, "ip_address": addr.String()})
	}
	return n.withAutoAddresses(port, out), nil
}

func exhausted(netID string) error {
	return netConflict("IpAddressGenerationFailure", "No more IP addresses available on network %s.", netID)
}

// taken are the addresses of all other ports of the network.
func (n *network) taken(port *netObject) map[string]bool {
	taken := map[string]bool{}
	for _, p := range n.ports.inside[port.text("network_id")] {
		if p.id != port.id {
			for _, f := range p.list("fixed_ips") {
				fixed := f.(map[string]any)
				taken[text(fixed["subnet_id"])+text(fixed["ip_address"])] = true
			}
		}
	}
	return taken
}

// resolve finds the subnet of one wish.
func (n *network) resolve(netID string, wish map[string]any, owner string) (*netObject, netip.Addr, error) {
	addr, _ := parseAddress(wish["ip_address"])
	id := text(wish["subnet_id"])
	if id == "" && !addr.IsValid() {
		return nil, addr, invalidInput("IP allocation requires subnet_id or ip_address")
	}
	if id == "" {
		for _, s := range n.subnets.in(netID) {
			if valid(s, addr) {
				return s, addr, nil
			}
		}
		return nil, addr, refuseAs(http.StatusBadRequest, "InvalidIpForNetwork", "IP address %s is not a valid IP for any of the subnets on the specified network.", addr)
	}
	s, there := n.subnets.objects.Get(id)
	switch {
	case !there:
		return nil, addr, n.subnets.missing("", id)
	case s.text("network_id") != netID:
		return nil, addr, invalidInput("Failed to create port on network %s, because fixed_ips included invalid subnet %s", netID, id)
	case addr.IsValid() && !valid(s, addr):
		return nil, addr, refuseAs(http.StatusBadRequest, "InvalidIpForSubnet", "IP address %s is not a valid IP for the specified subnet.", addr)
	case addr.IsValid() && autoAddress(s) && !strings.HasPrefix(owner, "network:router_interface"):
		return nil, addr, refuseAs(http.StatusBadRequest, "AllocationOnAutoAddressSubnet",
			"IPv6 address %s cannot be directly assigned to a port on subnet %s as the subnet is configured for automatic addresses", addr, id)
	}
	return s, addr, nil
}

// valid tells whether a host of the subnet may have the address.
func valid(subnet *netObject, a netip.Addr) bool {
	cidr, err := netip.ParsePrefix(subnet.text("cidr"))
	if err != nil || !cidr.Contains(a) {
		return false
	}
	return a.Is6() || cidr.Bits() >= 31 || a != cidr.Addr() && a.Compare(lastAddress(cidr)) <= 0
}

// pick takes a free address from the pools: the first for the cloud's own
// helpers, a random one of the next ones for everybody else, as the real
// allocator does. Not valid: none is left.
func (n *network) pick(subnet *netObject, taken map[string]bool, port *netObject) netip.Addr {
	var free []netip.Addr
	for _, p := range subnet.list("allocation_pools") {
		pool := p.(map[string]any)
		a, _ := parseAddress(pool["start"])
		for ; inPool(p, a) && len(free) < window; a = a.Next() {
			if !taken[subnet.id+a.String()] {
				free = append(free, a)
			}
		}
	}
	switch {
	case len(free) == 0:
		return netip.Addr{}
	case slices.Contains(autoDelete, port.text("device_owner")):
		return free[0]
	}
	return free[int(n.cloud.Objects.Fraction()*float64(len(free)))]
}

// anyAddress is what a port without wishes gets: one address of each version,
// from the first subnet that has one.
func (n *network) anyAddress(port *netObject) ([]any, error) {
	taken, out := n.taken(port), []any{}
	if err := n.checkServiceTypes(port); err != nil {
		return nil, err
	}
	for _, version := range []int64{4, 6} {
		subnets := slices.DeleteFunc(n.subnets.in(port.text("network_id")), func(s *netObject) bool {
			return s.attrs["ip_version"] != version || autoAddress(s) || !serves(s, port.text("device_owner"))
		})
		for i, s := range subnets {
			if a := n.pick(s, taken, port); a.IsValid() {
				out = append(out, map[string]any{"subnet_id": s.id, "ip_address": a.String()})
				break
			}
			if i == len(subnets)-1 {
				return nil, exhausted(port.text("network_id"))
			}
		}
	}
	return n.withAutoAddresses(port, out), nil
}

// serves tells whether the subnet is for ports of that owner.
func serves(subnet *netObject, owner string) bool {
	types := subnet.list("service_types")
	return len(types) == 0 || slices.Contains(types, any(owner))
}

// checkServiceTypes refuses a port that none of the network's subnets is for.
func (n *network) checkServiceTypes(port *netObject) error {
	subnets, owner := n.subnets.inside[port.text("network_id")], port.text("device_owner")
	if len(subnets) == 0 || slices.ContainsFunc(subnets, func(s *netObject) bool { return serves(s, owner) }) {
		return nil
	}
	return netConflict("IpAddressGenerationFailureNoMatchingSubnet", "No valid service subnet for the given device owner, network %s, service type %s.", port.text("network_id"), owner)
}

// withAutoAddresses adds the addresses that hosts make themselves.
func (n *network) withAutoAddresses(port *netObject, ips []any) []any {
	if strings.HasPrefix(port.text("device_owner"), "network:router") {
		return ips
	}
	for _, s := range n.subnets.in(port.text("network_id")) {
		if autoAddress(s) && !hasFixedIP(map[string]any{"fixed_ips": ips}, []string{"subnet_id=" + s.id}) {
			ips = append(ips, map[string]any{"subnet_id": s.id, "ip_address": eui64(s, port.text("mac_address")).String()})
		}
	}
	return ips
}

// eui64 is the address that follows from a subnet and a MAC address.
func eui64(subnet *netObject, mac string) netip.Addr {
	cidr, _ := netip.ParsePrefix(subnet.text("cidr"))
	b := cidr.Addr().As16()
	hexes := strings.Split(mac, ":")
	if len(hexes) != 6 {
		return cidr.Addr()
	}
	for i, at := range []int{8, 9, 10, 13, 14, 15} {
		b[at] = hexByte(hexes[i])
	}
	b[8] ^= 2
	b[11], b[12] = 0xff, 0xfe
	return netip.AddrFrom16(b)
}

func hexByte(s string) (b byte) {
	for _, r := range strings.ToLower(s) {
		b = b<<4 | byte(strings.IndexRune("0123456789abcdef", r))
	}
	return b
}

// giveAutoAddresses gives the ports of a network the addresses that they make
// themselves in a new subnet.
func (n *network) giveAutoAddresses(c *call, subnet *netObject) {
	if !autoAddress(subnet) {
		return
	}
	for _, p := range n.ports.in(subnet.text("network_id")) {
		if !strings.HasPrefix(p.text("device_owner"), "network:router") {
			fixed := map[string]any{"subnet_id": subnet.id, "ip_address": eui64(subnet, p.text("mac_address")).String()}
			p.attrs["fixed_ips"] = append(slices.Clone(p.list("fixed_ips")), fixed)
			p.touch(c.now)
		}
	}
}
