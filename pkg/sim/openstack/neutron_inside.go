package openstack

import (
	"net/http"
	"slices"
)

// networkOf returns a network that the caller may use, or nil.
func (n *network) networkOf(c *call, id string) *netObject {
	net, there := n.networks.objects.Get(id)
	if !there || !n.sees(c, net) {
		return nil
	}
	return net
}

// usableNetworks are those that Nova chooses from when the user names none:
// the project's own and shared ones.
func (n *network) usableNetworks(c *call) []*netObject {
	return n.networks.all(func(o *netObject) bool {
		return o.project == c.project() && !o.flag("router:external") || o.sharedWith(c.project(), asShared)
	})
}

// subnetsOf returns the subnets of a network that the caller may see.
func (n *network) subnetsOf(c *call, net string) []*netObject {
	return n.subnets.all(func(o *netObject) bool { return o.text("network_id") == net && n.sees(c, o) })
}

// groupsNamed returns the groups of the caller's project with that id or name.
func (n *network) groupsNamed(c *call, word string) []*netObject {
	n.defaultGroup(c, c.project())
	return n.groups.all(func(o *netObject) bool { return o.project == c.project() && (o.id == word || o.text("name") == word) })
}

// portForServer makes a port in the name of the user, as Nova does.
func (n *network) portForServer(c *call, w nicWish, s *server) (*netObject, error) {
	net := n.networkOf(c, w.network)
	if net == nil {
		return nil, refuse(http.StatusBadRequest, "Network %s could not be found.", w.network)
	}
	if net.project != c.project() && !net.sharedWith(c.project(), asShared) && !c.admin() {
		return nil, refuse(http.StatusBadRequest, "Failed to allocate the network(s), not rescheduling.")
	}
	if err := n.checkQuota(n.ports, c.project(), 1); err != nil {
		return nil, refuse(http.StatusBadRequest, "Maximum number of ports exceeded")
	}
	attrs := map[string]any{"network_id": net.id, "name": "", "description": "", "admin_state_up": true, "device_id": s.id,
		"device_owner": "compute:" + s.zone, "binding:vnic_type": "normal", "qos_policy_id": nil, "dns_name": "", "dns_domain": ""}
	if w.address != "" {
		attrs["fixed_ips"] = []any{map[string]any{"ip_address": w.address}}
	}
	if len(s.groups) > 0 && net.flag("port_security_enabled") {
		groups := []any{}
		for _, g := range s.groups {
			groups = append(groups, g)
		}
		attrs["security_groups"] = groups
	}
	p := n.object(c, n.ports, c.project(), attrs)
	if err := n.createPort(c, p); err != nil {
		return nil, portTrouble(err, w, net)
	}
	n.ports.put(p)
	return p, nil
}

// portTrouble says in Nova's words why Neutron made no port.
func portTrouble(err error, w nicWish, net *netObject) error {
	switch r := asRefusal(err); {
	case r.kind == "IpAddressGenerationFailure":
		return refuse(http.StatusBadRequest, "Failed to allocate the network(s) with error No fixed IP addresses available for network: %s, not rescheduling.", net.id)
	case slices.Contains([]string{"InvalidIpForNetwork", "InvalidIpForSubnet"}, r.kind):
		return refuse(http.StatusBadRequest, "Invalid input received: Fixed IP %s is not a valid ip address for network %s.", w.address, net.id)
	case r.kind == "IpAddressAlreadyAllocated":
		return refuse(http.StatusBadRequest, "Fixed IP address %s is already in use.", w.address)
	}
	return refuse(http.StatusBadRequest, "Failed to allocate the network(s), not rescheduling.")
}

// addressUser returns the device that has an address in a network, or "".
func (n *network) addressUser(net, address string) (string, bool) {
	for p := range n.ports.objects.All() {
		if p.text("network_id") == net && hasFixedIP(p.attrs, []string{"ip_address=" + address}) {
			return p.text("device_id"), true
		}
	}
	return "", false
}
