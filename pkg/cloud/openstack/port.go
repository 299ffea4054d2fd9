package openstack

import (
	"slices"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

func ports() *kind {
	return &kind{
		service: network, collection: "ports", key: "port", brief: true, needs: []collection{portList, serverList, networkList, subnetList}, state: networkState, settle: settleTags("ports"),
		schema: &resource.Schema{
			Type: typePort, Mark: resource.MarkDescription, Natural: []resource.Path{"network", "fixed_ips"},
			Fields: []resource.Field{
				field("network", resource.Text, refers(typeNet), required),
				field("fixed_ips", resource.List, set),
				field("fixed_ips[]", resource.Object),
				field("fixed_ips[].subnet", resource.Text, refers(typeSubnet)),
				field("fixed_ips[].ip_address", resource.IP),
				field("security_groups", resource.List, set, gate("extension:security-group")),
				field("security_groups[]", resource.Text, refers(typeGroup)),
				field("allowed_address_pairs", resource.List, set, gate("extension:allowed-address-pairs")),
				field("allowed_address_pairs[]", resource.Object),
				field("allowed_address_pairs[].ip_address", resource.CIDR),
				field("allowed_address_pairs[].mac_address", resource.MAC),
				field("port_security_enabled", resource.Bool, initially(true), gate("extension:port-security")),
				field("mac_address", resource.MAC, provider),
				field("admin_state_up", resource.Bool, initially(true)),
				field("no_fixed_ips", resource.Bool, initially(false)),
				field("no_security_groups", resource.Bool, initially(false)),
				field("binding:vnic_type", resource.Text, initially("normal"), gate("extension:binding")),
				field("dns_name", resource.Text, initially(""), gate("extension:dns-integration")),
				field("dns_domain", resource.Text, foreign, initially(""), gate("extension:dns-domain-ports")),
				field("qos_policy", resource.Text, refers(typeQoSPolicy), gate("extension:qos")),
				field("propagate_uplink_status", resource.Bool, initially(false), gate("extension:uplink-status-propagation")),
				field("extra_dhcp_opts", resource.List, set, foreign, gate("extension:extra_dhcp_opt")),
				field("extra_dhcp_opts[]", resource.Object),
				field("extra_dhcp_opts[].opt_name", resource.Text),
				field("extra_dhcp_opts[].opt_value", resource.Text),
				field("extra_dhcp_opts[].ip_version", resource.Int, initially(int64(4))),
				field("tags", resource.List, set, gate("extension:standard-attr-tag")),
				field("tags[]", resource.Text),
				field("description", resource.Text, foreign, initially("")),
			},
			After: []resource.Edge{{Type: typeSubnet, Via: "network", Of: "network"}},
			Attrs: []resource.Path{"name", "fixed_ips", "mac_address", "network_id", "subnets", "status"},
			Body: standard(map[string]string{"network_id": "network", "fixed_ips": "fixed_ips", "security_groups": "security_groups",
				"allowed_address_pairs": "allowed_address_pairs", "port_security_enabled": "port_security_enabled", "mac_address": "mac_address",
				"admin_state_up": "admin_state_up", "binding:vnic_type": "binding:vnic_type", "tags": "tags", "description": "description",
				"status": "attr:status", "device_id": "attr:device_id", "device_owner": "attr:device_owner", "extra_dhcp_opts": "extra_dhcp_opts",
				"qos_policy_id": "qos_policy", "qos_network_policy_id": classProvider, "dns_name": "dns_name", "dns_domain": "dns_domain",
				"dns_assignment": classProvider, "ip_allocation": classProvider, "propagate_uplink_status": "propagate_uplink_status",
				"extra_dhcp_opts.opt_name": "extra_dhcp_opts[].opt_name", "extra_dhcp_opts.opt_value": "extra_dhcp_opts[].opt_value",
				"extra_dhcp_opts.ip_version": "extra_dhcp_opts[].ip_version",
				"resource_request":           classProvider, "trunk_details": "attr:trunk_details", "numa_affinity_policy": "attr:numa_affinity_policy",
				"fixed_ips.subnet_id": "fixed_ips[].subnet", "fixed_ips.ip_address": "fixed_ips[].ip_address",
				"allowed_address_pairs.ip_address": "allowed_address_pairs[].ip_address", "allowed_address_pairs.mac_address": "allowed_address_pairs[].mac_address"}),
		},
		read: readPort,
		request: func(r *resource.Resource, b map[string]any) {
			delete(b, "tags")
			if ips, ok := b["fixed_ips"]; ok {
				b["fixed_ips"] = renamed(ips, map[string]string{"subnet": "subnet_id"})
			}
			if r.Spec["no_fixed_ips"] == true {
				b["fixed_ips"] = []any{}
			}
			if r.Spec["no_security_groups"] == true {
				b["security_groups"] = []any{}
			}
		},
	}
}

// readPort leaves out what the network itself has made: ports of routers,
// DHCP and metadata servers. An interface's port that the project made before
// is the project's.
func readPort(p *project, b body, r *resource.Resource) bool {
	if owner := b.text("device_owner"); strings.HasPrefix(owner, "network:") && (!isInterface(owner) || !p.isOwnInterfacePort(b)) {
		return false
	}
	r.Attrs["fixed_ips"] = renamed(b["fixed_ips"], nil)
	r.Attrs["mac_address"], r.Attrs["network_id"] = b["mac_address"], b["network_id"]
	r.Spec["fixed_ips"] = renamed(p.keptAddresses(b), map[string]string{"subnet_id": "subnet"})
	r.Spec["no_fixed_ips"] = p.isWithoutAddress(b)
	r.Spec["no_security_groups"] = len(b.texts("security_groups")) == 0 && b.flag("port_security_enabled") && !isInterface(b.text("device_owner"))
	pairs := renamed(b["allowed_address_pairs"], nil)
	for _, pair := range pairs {
		if m, _ := pair.(map[string]any); m["mac_address"] == b["mac_address"] { // Neutron's default
			delete(m, "mac_address")
		}
	}
	r.Spec["allowed_address_pairs"] = pairs
	if p.find(serverList, b.text("device_id")) != nil {
		delete(r.Spec, "dns_name") // Nova makes it the server's, and takes no port of another
	}
	if p.isNovaPort(b) {
		server := p.find(serverList, b.text("device_id"))
		r.Tenure = resource.Implied
		r.Parent = resource.Ref{Type: typeServer, Key: resource.Key(server.text("id"))}
		r.Owner = p.owner(servers(), server)
	}
	return true
}

// keptAddresses returns the port's addresses that a copy of it shall have too:
// none on a network of the provider's, where they are the provider's choice,
// and none of those that IPv6 makes of the MAC address.
func (p *project) keptAddresses(port body) []any {
	if net := p.find(networkList, port.text("network_id")); net == nil || !p.owns(net) {
		return nil
	}
	var out []any
	for _, ip := range port.objects("fixed_ips") {
		subnet := p.find(subnetList, ip.text("subnet_id"))
		if mode := subnet.text("ipv6_address_mode"); mode != "slaac" && mode != "dhcpv6-stateless" {
			out = append(out, map[string]any(ip))
		}
	}
	return out
}

// isWithoutAddress reports whether a port has no address by choice: there was
// a subnet of the project's that could have given one.
func (p *project) isWithoutAddress(port body) bool {
	if len(port.objects("fixed_ips")) > 0 {
		return false
	}
	return slices.ContainsFunc(p.lists[subnetList], func(s body) bool { return s.text("network_id") == port.text("network_id") && p.owns(s) })
}

// isNovaPort reports whether Nova has made the port: it is a server's, nobody
// has given it a mark, a name or anything else, and it is not older than the
// server, or the server is ours and so had no unmarked port to be made with.
func (p *project) isNovaPort(b body) bool {
	server := p.find(serverList, b.text("device_id"))
	if server == nil || b.text("name") != "" || b.text("description") != "" || len(b.texts("tags")) > 0 || len(b.objects("allowed_address_pairs")) > 0 {
		return false
	}
	return !p.owner(servers(), server).IsZero() || notBefore(b.text("created_at"), server.text("created"))
}

// notBefore compares two times as the services write them, which differ after
// the second.
func notBefore(a, b string) bool {
	const seconds = len("2006-01-02T15:04:05")
	if len(a) < seconds || len(b) < seconds {
		return false
	}
	return a[:seconds] >= b[:seconds]
}
