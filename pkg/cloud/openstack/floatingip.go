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
				field("tags", resource.List, set, foreign, gate("extension:standard-attr-tag")),
				field("tags[]", resource.Text),
				field("description", resource.Text, foreign, initially("")),
			},
			After: []resource.Edge{{Type: typeInterface, Via: "port_id.network", Of: "subnet.network"}},
			Attrs: []resource.Path{"floating_ip_address", "fixed_ip_address", "router_id", "port_id", "floating_network_id"},
			Body: standard(map[string]string{"floating_network_id": "floating_network", "port_id": "port_id", "fixed_ip_address": "fixed_ip_address",
				"floating_ip_address": "floating_ip_address", "description": "description", "router_id": "attr:router_id", "status": "attr:status",
				"qos_policy_id": "attr:qos_policy_id", "port_details": classProvider, "dns_domain": "attr:dns_domain", "dns_name": "attr:dns_name",
				"port_forwardings": "attr:port_forwardings", "tags": "tags"}),
		},
		read: func(_ *project, b body, r *resource.Resource) bool {
			r.Attrs["floating_ip_address"] = b["floating_ip_address"]
			return true
		},
	}
}
