package openstack

import (
	"math/big"
	"net/http"
	"net/netip"
	"slices"
)

// listAvailability tells an administrator how many addresses each network has
// and uses.
func (n *network) listAvailability(c *call) (*reply, error) {
	q := c.URL.Query()
	version, _ := asInt(q.Get("ip_version"))
	list := []any{}
	if c.admin() {
		for _, net := range n.networks.all(nil) {
			if names := q["network_name"]; len(names) > 0 && !slices.Contains(names, net.text("name")) {
				continue
			}
			if ids := q["network_id"]; len(ids) > 0 && !slices.Contains(ids, net.id) {
				continue
			}
			if p := append(q["project_id"], q["tenant_id"]...); len(p) > 0 && !slices.Contains(p, net.project) {
				continue
			}
			list = append(list, n.availability(net, version))
		}
	}
	return ok(map[string]any{"network_ip_availabilities": list}), nil
}

func (n *network) showAvailability(c *call) (*reply, error) {
	net, err := n.find(c, n.networks, c.PathValue("id"))
	if err != nil {
		return nil, err
	}
	if !c.admin() {
		return nil, refuseAs(http.StatusNotFound, "HTTPNotFound", "The resource could not be found.")
	}
	return ok(map[string]any{"network_ip_availability": n.availability(net, 0)}), nil
}

// availability counts the addresses in the pools of a network's subnets; 0:
// of both versions.
func (n *network) availability(net *netObject, version int64) map[string]any {
	total, used := new(big.Int), int64(0)
	list := []any{}
	for _, s := range n.subnets.in(net.id) {
		if version != 0 && s.attrs["ip_version"] != version {
			continue
		}
		t, u := poolSize(s), n.addressesUsed(s)
		total.Add(total, t)
		used += u
		list = append(list, map[string]any{"subnet_id": s.id, "subnet_name": s.text("name"), "ip_version": s.attrs["ip_version"],
			"cidr": s.text("cidr"), "total_ips": t, "used_ips": u})
	}
	return map[string]any{"network_id": net.id, "network_name": net.text("name"), "tenant_id": net.project, "project_id": net.project,
		"subnet_ip_availability": list, "total_ips": total, "used_ips": used}
}

// poolSize is how many addresses the pools of a subnet hold; without pools, how
// many the subnet does.
func poolSize(s *netObject) *big.Int {
	size := new(big.Int)
	for _, p := range s.list("allocation_pools") {
		pool := p.(map[string]any)
		start, _ := parseAddress(pool["start"])
		end, _ := parseAddress(pool["end"])
		size.Add(size, distance(start, end))
	}
	if cidr, err := netip.ParsePrefix(s.text("cidr")); err == nil && size.Sign() == 0 {
		return distance(cidr.Addr(), lastAddress(cidr))
	}
	return size
}

// distance counts the addresses from one to another, both with it.
func distance(from, to netip.Addr) *big.Int {
	a, b := new(big.Int).SetBytes(from.AsSlice()), new(big.Int).SetBytes(to.AsSlice())
	return b.Add(b.Sub(b, a), big.NewInt(1))
}

func (n *network) addressesUsed(subnet *netObject) (count int64) {
	for _, p := range n.ports.inside[subnet.text("network_id")] {
		for _, f := range p.list("fixed_ips") {
			if f.(map[string]any)["subnet_id"] == subnet.id {
				count++
			}
		}
	}
	return count
}
