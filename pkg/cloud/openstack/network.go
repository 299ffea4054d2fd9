package openstack

import (
	"context"
	"errors"
	"net/http"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// standard returns Body with what all of Neutron's objects have.
func standard(own map[string]string) map[string]string {
	for k, class := range map[string]string{"id": classID, "name": className, "project_id": classProvider, "tenant_id": classProvider,
		"created_at": classClock, "updated_at": classClock, "revision_number": classClock, "standard_attr_id": classProvider} {
		own[k] = class
	}
	return own
}

func networks() *kind {
	return &kind{
		service: network, collection: "networks", key: "network", needs: []collection{networkList}, state: networkState, settle: settleTags("networks"),
		words: map[string]resource.Path{"requested mtu": "mtu", "availabilityzone ": "availability_zone_hints"},
		schema: &resource.Schema{
			Type: typeNet, Mark: resource.MarkDescription,
			Fields: []resource.Field{
				field("admin_state_up", resource.Bool, initially(true)),
				field("port_security_enabled", resource.Bool, initially(true), gate("extension:port-security")),
				field("mtu", resource.Int, provider, gate("extension:net-mtu-writable")),
				field("availability_zone_hints", resource.List, ordered, gate("extension:network_availability_zone")),
				field("availability_zone_hints[]", resource.Zone),
				field("dns_domain", resource.Text, initially(""), gate("extension:dns-integration")),
				field("qos_policy", resource.Text, refers(typeQoSPolicy), gate("extension:qos")),
				field("vlan_transparent", resource.Bool, foreign, initially(false), gate("extension:vlan-transparent")),
				field("tags", resource.List, set, gate("extension:standard-attr-tag")),
				field("tags[]", resource.Text),
				field("description", resource.Text, foreign, initially("")),
			},
			Attrs: []resource.Path{"name", "mtu", "subnets", "status", "l2_adjacency"},
			Body: standard(map[string]string{"admin_state_up": "admin_state_up", "port_security_enabled": "port_security_enabled", "mtu": "mtu",
				"availability_zone_hints": "availability_zone_hints", "dns_domain": "dns_domain", "tags": "tags", "description": "description",
				"status": "attr:status", "subnets": "attr:subnets", "shared": "attr:shared", "router:external": "attr:external", "is_default": classProvider,
				"availability_zones": classProvider, "ipv4_address_scope": classProvider, "ipv6_address_scope": classProvider,
				"qos_policy_id": "qos_policy", "l2_adjacency": "attr:l2_adjacency", "vlan_transparent": "vlan_transparent"}),
		},
		request: func(_ *resource.Resource, b map[string]any) { delete(b, "tags") },
	}
}

// networkState maps what networks, routers, ports and floating IPs have. DOWN
// is no failure: nothing is plugged in, or the tenant wants it so.
func networkState(b body) (resource.State, string) {
	switch status := b.text("status"); status {
	case "ERROR":
		return resource.Failed, status
	case "ALLOCATING", "PENDING_CREATE":
		return resource.Pending, status
	default:
		return resource.Ready, status
	}
}

// settleTags sets the tags, which Neutron does not take in creating requests.
func settleTags(path string) func(context.Context, *Cloud, *resource.Resource) error {
	return func(ctx context.Context, c *Cloud, r *resource.Resource) error {
		tags, ok := r.Spec["tags"].([]any)
		if !ok || len(tags) == 0 {
			return nil
		}
		_, err := c.do(ctx, call{op: "settle", service: network, method: http.MethodPut, path: path + "/" + r.ID + "/tags", body: map[string]any{"tags": tags}})
		var e *cloud.OpError
		if errors.As(err, &e) {
			e.Paths = []resource.Path{"tags"}
		}
		return err
	}
}

func subnets() *kind {
	return &kind{
		service: network, collection: "subnets", key: "subnet", needs: []collection{subnetList}, settle: settleTags("subnets"),
		schema: &resource.Schema{
			Type: typeSubnet, Mark: resource.MarkDescription, Natural: []resource.Path{"network", "cidr"},
			Fields: []resource.Field{
				field("network", resource.Text, refers(typeNet), required),
				field("cidr", resource.CIDR, required),
				field("ip_version", resource.Int, initially(int64(4))),
				field("gateway_ip", resource.IP),
				field("enable_dhcp", resource.Bool, initially(true)),
				field("dns_nameservers", resource.List, ordered),
				field("dns_nameservers[]", resource.IP),
				field("allocation_pools", resource.List, set),
				field("allocation_pools[]", resource.Object),
				field("allocation_pools[].start", resource.IP),
				field("allocation_pools[].end", resource.IP),
				field("host_routes", resource.List, set),
				field("host_routes[]", resource.Object),
				field("host_routes[].destination", resource.CIDR),
				field("host_routes[].nexthop", resource.IP),
				field("ipv6_address_mode", resource.Text),
				field("ipv6_ra_mode", resource.Text),
				field("service_types", resource.List, set, foreign, gate("extension:subnet-service-types")),
				field("service_types[]", resource.Text),
				field("dns_publish_fixed_ip", resource.Bool, foreign, initially(false), gate("extension:subnet-dns-publish-fixed-ip")),
				field("tags", resource.List, set, gate("extension:standard-attr-tag")),
				field("tags[]", resource.Text),
				field("description", resource.Text, foreign, initially("")),
			},
			Exclusive: []resource.Path{"network"},
			Attrs:     []resource.Path{"name", "cidr", "gateway_ip", "network_id"},
			Body: standard(map[string]string{"network_id": "network", "cidr": "cidr", "ip_version": "ip_version", "gateway_ip": "gateway_ip",
				"enable_dhcp": "enable_dhcp", "dns_nameservers": "dns_nameservers", "allocation_pools": "allocation_pools", "host_routes": "host_routes",
				"ipv6_address_mode": "ipv6_address_mode", "ipv6_ra_mode": "ipv6_ra_mode", "tags": "tags", "description": "description",
				"subnetpool_id": "attr:subnetpool_id", "service_types": "service_types", "dns_publish_fixed_ip": "dns_publish_fixed_ip",
				"segment_id": classProvider, "router:external": classProvider, "allocation_pools.start": "allocation_pools[].start",
				"allocation_pools.end": "allocation_pools[].end", "host_routes.destination": "host_routes[].destination", "host_routes.nexthop": "host_routes[].nexthop"}),
		},
		read: func(_ *project, b body, r *resource.Resource) bool {
			r.Spec["gateway_ip"] = b.text("gateway_ip") // "" is a choice: none
			return true
		},
		request: func(r *resource.Resource, b map[string]any) {
			delete(b, "tags")
			if r.Spec["gateway_ip"] == "" {
				b["gateway_ip"] = nil
			}
			if _, ok := b["ip_version"]; !ok {
				b["ip_version"] = 4
			}
		},
	}
}
