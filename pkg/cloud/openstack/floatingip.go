package openstack

import "github.com/wechsel-project/wechsel/pkg/resource"

func floatingIPs() *kind {
	return &kind{
		service: network, collection: "floatingips", key: "floatingip", needs: []collection{floatingIPList}, state: networkState, settle: settleTags("floatingips"),
		request: func(_ *resource.Resource, b map[string]any) { delete(b, "tags") },
		schema: &resource.Schema{
			Type: typeFloatingIP, Gate: "extension:router", Mark: resource.MarkDescription, Natural: []resource.Path{"port_id"},
			Fields: []resource.Field{
				field("floating_network", resource.Text, refers(typeNet), required),
				field("port_id", resource.Text, refers(typePort)),
				field("fixed_ip_address", resource.IP, either),
				field("floating_ip_address", resource.IP, provider, readOnly),
				field("dns_name", resource.Text, initially(""), gate("extension:dns-integration")),
				field("dns_domain", resource.Text, initially(""), gate("extension:dns-integration")),
				field("qos_policy_id", resource.Text, refers(typeQoSPolicy), foreign, gate("extension:qos-fip")),
				field("port_forwardings", resource.List, set, foreign, readOnly),
				field("port_forwardings[]", resource.Object),
				field("port_forwardings[].protocol", resource.Protocol),
				field("port_forwardings[].external_port", resource.Int),
				field("port_forwardings[].internal_port", resource.Int),
				field("port_forwardings[].internal_ip_address", resource.IP),
				field("tags", resource.List, set, foreign, gate("extension:standard-attr-tag")),
				field("tags[]", resource.Text),
				field("description", resource.Text, foreign, initially("")),
			},
			After: []resource.Edge{{Type: typeInterface, Via: "port_id.network", Of: "subnet.network"}},
			Attrs: []resource.Path{"floating_ip_address", "fixed_ip_address", "router_id", "port_id", "floating_network_id"},
			Body: standard(map[string]string{"floating_network_id": "floating_network", "port_id": "port_id", "fixed_ip_address": "fixed_ip_address",
				"floating_ip_address": "floating_ip_address", "description": "description", "router_id": "attr:router_id", "status": "attr:status",
				"qos_policy_id": "qos_policy_id", "port_details": classProvider, "dns_domain": "dns_domain", "dns_name": "dns_name",
				"port_forwardings": "port_forwardings", "port_forwardings.*": "port_forwardings", "tags": "tags"}),
		},
		read: func(_ *project, b body, r *resource.Resource) bool {
			r.Attrs["floating_ip_address"] = b["floating_ip_address"]
			readForwardings(b, r)
			return true
		},
	}
}

// readForwardings keeps what a forwarding does. Its range of ports is its port
// said again, and its internal port's id comes with the address.
func readForwardings(b body, r *resource.Resource) {
	var out []any
	for _, forwarding := range b.objects("port_forwardings") {
		kept := map[string]any{}
		for _, key := range []string{"protocol", "external_port", "internal_port", "internal_ip_address"} {
			kept[key] = forwarding[key]
		}
		out = append(out, kept)
	}
	r.Spec["port_forwardings"] = out
}
