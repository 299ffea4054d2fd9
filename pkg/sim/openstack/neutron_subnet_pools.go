package openstack

import (
	"net/http"
	"net/netip"
	"slices"
)

// poolsAndGateway completes and checks pools and gateway of a new subnet or of
// a change, which is written to doc.
func poolsAndGateway(cidr netip.Prefix, doc map[string]any) error {
	if _, set := doc["gateway_ip"]; !set {
		doc["gateway_ip"] = firstAddress(cidr).String()
	}
	gateway, _ := parseAddress(doc["gateway_ip"])
	pools, _ := doc["allocation_pools"].([]any)
	if len(pools) == 0 {
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
		first := cidr.Addr()
		if first.Is6() || cidr.Bits() <= 30 {
			first = first.Next()
		}
		switch {
		case start.Is4() != cidr.Addr().Is4() || end.Is4() != cidr.Addr().Is4():
			return refuseAs(http.StatusBadRequest, "InvalidAllocationPool", "The allocation pool %s is not valid.", name)
		case end.Less(start):
			return refuseAs(http.StatusBadRequest, "InvalidAllocationPool", "The allocation pool {'start': '%s', 'end': '%s'} is not valid.", start, end)
		case start.Less(first) || lastAddress(cidr).Less(end):
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
