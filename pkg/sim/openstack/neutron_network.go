package openstack

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/sim"
)

// autoDelete are the owners of ports that go with their network or subnet.
var autoDelete = []string{"network:dhcp", "network:distributed"}

func (n *network) createNetwork(c *call, o *netObject) error {
	if err := n.checkZones(o); err != nil {
		return err
	}
	if err := n.checkQoS(c, o.attrs["qos_policy_id"]); err != nil {
		return err
	}
	if err := n.checkDefault(o, o.attrs); err != nil {
		return err
	}
	n.defaultGroup(c, o.project)
	o.attrs["status"] = "ACTIVE"
	if o.attrs["qos_policy_id"] == nil {
		o.attrs["qos_policy_id"] = n.defaultPolicy(o.project)
	}
	if err := n.giveSegments(c, o); err != nil {
		return err
	}
	if err := n.checkMTU(o, o.attrs); err != nil {
		for _, s := range n.segments.in(o.id) {
			n.drop(c, s)
		}
		return err
	}
	return nil
}

// checkMTU is by what carries the network: tunnels need room for their own
// headers, and what is on a physical network has its packets.
func (n *network) checkMTU(o *netObject, attrs map[string]any) error {
	most := int64(1500)
	for _, s := range n.segments.in(o.id) {
		if !slices.Contains([]string{"flat", "vlan", "local"}, s.text("network_type")) {
			most = cmp.Or(n.cloud.profile.Behaviour.Network.MTU, most)
		}
	}
	mtu, _ := attrs["mtu"].(int64)
	if mtu > most {
		return invalidInput("Requested MTU is too big, maximum is %d", most)
	}
	if mtu == 0 {
		attrs["mtu"] = most
	}
	return nil
}

// checkDefault: a cloud has one default external network.
func (n *network) checkDefault(o *netObject, attrs map[string]any) error {
	if attrs["is_default"] != true {
		return nil
	}
	for other := range n.networks.objects.All() {
		if other.id != o.id && other.flag("router:external") && other.flag("is_default") {
			return netConflict("DefaultExternalNetworkExists", "A default external network already exists: %s.", other.id)
		}
	}
	return nil
}

// checkZones: no network agents, no zones of theirs, unless the profile has some.
func (n *network) checkZones(o *netObject) error {
	for _, z := range o.list("availability_zone_hints") {
		if !slices.Contains(n.cloud.profile.Zones["network"], text(z)) {
			return refuseAs(http.StatusNotFound, "AvailabilityZoneNotFound", "AvailabilityZone %s could not be found.", text(z))
		}
	}
	return nil
}

func (n *network) updateNetwork(c *call, o *netObject, change map[string]any) error {
	if err := n.checkQoS(c, change["qos_policy_id"]); err != nil {
		return err
	}
	if err := n.checkDefault(o, change); err != nil {
		return err
	}
	if err := n.rewire(o, change); err != nil {
		return err
	}
	if _, set := change["mtu"]; set {
		return n.checkMTU(o, change)
	}
	return nil
}

func (n *network) removeNetwork(c *call, o *netObject) error {
	var used []string
	var helpers []*netObject
	for _, p := range n.ports.in(o.id) {
		if slices.Contains(autoDelete, p.text("device_owner")) {
			helpers = append(helpers, p)
		} else {
			used = append(used, p.id)
		}
	}
	if len(used) > 0 {
		return netConflict("NetworkInUse", "Unable to complete operation on network %s. There are one or more ports still in use on the network, "+
			"id for these ports is: %s.", o.id, strings.Join(used, ","))
	}
	for _, p := range helpers {
		n.drop(c, p)
	}
	for _, s := range n.subnets.in(o.id) {
		n.drop(c, s)
	}
	return nil
}

func (n *network) viewNetwork(c *call, o *netObject, v map[string]any) {
	subnets := []any{}
	for _, s := range n.subnets.in(o.id) {
		subnets = append(subnets, s.id)
	}
	v["subnets"], v["availability_zones"] = subnets, n.zoneList()
	v["ipv4_address_scope"], v["ipv6_address_scope"] = n.scopesOf(o)
	v["l2_adjacency"] = !slices.ContainsFunc(n.subnets.inside[o.id], func(s *netObject) bool { return s.text("segment_id") != "" })
	n.viewWires(o.id, v)
	if !o.flag("router:external") {
		delete(v, "is_default")
	}
}

func (n *network) zoneList() []any {
	list := []any{}
	for _, z := range n.cloud.profile.Zones["network"] {
		list = append(list, z)
	}
	return list
}

// providerNetworks makes what the profile's provider has made.
func (n *network) providerNetworks() error {
	admin := sim.NamedHex(n.cloud.profile.Name, "project", "admin")
	now := n.cloud.Now()
	c := &call{cloud: n.cloud, now: now}
	for _, p := range n.cloud.profile.Networks {
		net := &netObject{kind: n.networks, id: n.cloud.id(p.ID, "network", p.Name), project: admin, created: now, updated: now, revision: 2,
			attrs: map[string]any{"name": p.Name, "description": "", "admin_state_up": true, "status": "ACTIVE", "shared": p.Shared,
				"router:external": p.External, "is_default": p.Default, "mtu": cmp.Or(p.MTU, 1500), "port_security_enabled": true,
				"availability_zone_hints": []any{}, "dns_domain": "", "qos_policy_id": nil}}
		n.networks.put(net)
		if err := n.setSharing(c, net, net.attrs); err != nil {
			return err
		}
		if _, err := n.segment(c, net.id, wire{kind: "flat", physical: p.Name}); err != nil {
			return err
		}
		for _, s := range p.Subnets {
			if err := n.providerSubnet(net, s); err != nil {
				return err
			}
		}
	}
	return nil
}

func (n *network) providerSubnet(net *netObject, s profile.PublicSubnet) error {
	c := &call{cloud: n.cloud, now: net.created}
	doc := map[string]any{"name": s.Name, "description": "", "network_id": net.id, "cidr": s.CIDR, "ip_version": cmp.Or(s.IPVersion, 4),
		"enable_dhcp": s.DHCP}
	if s.Gateway != "" {
		doc["gateway_ip"] = s.Gateway
	}
	if len(s.Pools) > 0 {
		pools := []any{}
		for _, p := range s.Pools {
			pools = append(pools, map[string]any{"start": p.Start, "end": p.End})
		}
		doc["allocation_pools"] = pools
	}
	o := n.object(c, n.subnets, net.project, doc)
	o.id = n.cloud.id(s.ID, "subnet", net.text("name")+"/"+s.Name)
	if err := n.createSubnet(c, o); err != nil {
		return err
	}
	n.subnets.put(o)
	return nil
}
