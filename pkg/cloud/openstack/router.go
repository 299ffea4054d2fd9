package openstack

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

func routers() *kind {
	return &kind{
		service: network, collection: "routers", key: "router", needs: []collection{routerList}, state: networkState, settle: settleTags("routers"),
		words: map[string]resource.Path{"enable_snat": "external_gateway_info.enable_snat", "external_gateway_info:network": "external_gateway_info.network",
			"external_fixed_ips": "external_gateway_info.external_fixed_ips"},
		schema: &resource.Schema{
			Type: typeRouter, Gate: "extension:router", Mark: resource.MarkDescription,
			Fields: []resource.Field{
				field("admin_state_up", resource.Bool, initially(true)),
				field("external_gateway_info", resource.Object),
				field("external_gateway_info.network", resource.Text, refers(typeNet)),
				field("external_gateway_info.enable_snat", resource.Bool, either, initially(true), gate("extension:ext-gw-mode")),
				field("external_gateway_info.external_fixed_ips", resource.List, set, provider),
				field("external_gateway_info.external_fixed_ips[]", resource.Object, provider),
				field("external_gateway_info.external_fixed_ips[].ip_address", resource.IP, provider),
				field("external_gateway_info.external_fixed_ips[].subnet", resource.Text, refers(typeSubnet), provider),
				field("availability_zone_hints", resource.List, ordered, gate("extension:router_availability_zone")),
				field("availability_zone_hints[]", resource.Zone),
				field("tags", resource.List, set, gate("extension:standard-attr-tag")),
				field("tags[]", resource.Text),
				field("description", resource.Text, foreign, initially("")),
			},
			Attrs: []resource.Path{"name", "external_gateway_info", "status"},
			Body: standard(map[string]string{"admin_state_up": "admin_state_up", "external_gateway_info": "external_gateway_info", "description": "description",
				"status": "attr:status", "routes": "attr:routes", "tags": "tags", "flavor_id": "attr:flavor_id", "conntrack_helpers": "attr:conntrack_helpers",
				"availability_zones": classProvider, "availability_zone_hints": "availability_zone_hints", "distributed": classProvider, "ha": classProvider,
				"enable_ndp_proxy": "attr:enable_ndp_proxy", "service_type_id": classProvider,
				"external_gateway_info.network_id": "external_gateway_info.network", "external_gateway_info.enable_snat": "external_gateway_info.enable_snat",
				"external_gateway_info.external_fixed_ips": "external_gateway_info.external_fixed_ips"}),
		},
		read: func(_ *project, b body, r *resource.Resource) bool {
			delete(r.Spec, "external_gateway_info")
			if gw := b.object("external_gateway_info"); gw != nil {
				r.Attrs["external_gateway_info"] = map[string]any(gw)
				r.Spec["external_gateway_info"] = map[string]any{"network": gw.text("network_id"), "enable_snat": gw["enable_snat"],
					"external_fixed_ips": renamed(gw["external_fixed_ips"], map[string]string{"subnet_id": "subnet"})}
			}
			return true
		},
		request: func(_ *resource.Resource, b map[string]any) {
			delete(b, "tags")
			gw, ok := b["external_gateway_info"].(map[string]any)
			if !ok {
				return
			}
			if ips, ok := gw["external_fixed_ips"]; ok {
				gw["external_fixed_ips"] = renamed(ips, map[string]string{"subnet": "subnet_id"})
			}
			b["external_gateway_info"] = renamed([]any{gw}, map[string]string{"network": "network_id"})[0]
		},
	}
}

// interfaces are joints of a router and a subnet. Neutron shows them as ports;
// their id here is "ROUTER/PORT".
func interfaces() *kind {
	return &kind{
		service: network, collection: "routers", key: "router", needs: []collection{portList, routerList, subnetList},
		schema: &resource.Schema{
			Type: typeInterface, Gate: "extension:router", Mark: resource.MarkParent, Natural: []resource.Path{"subnet", "port"},
			Fields: []resource.Field{
				field("router", resource.Text, refers(typeRouter), required),
				field("subnet", resource.Text, refers(typeSubnet), required), // one of the two
				field("port", resource.Text, refers(typePort), required),
			},
			Exclusive: []resource.Path{"router"},
			Body: map[string]string{"id": "router", "port_id": "port", "subnet_id": "subnet", "subnet_ids": "subnet", "network_id": classProvider,
				"tenant_id": classProvider, "project_id": classProvider, "tags": classProvider},
		},
		list: listInterfaces,
		create: func(ctx context.Context, c *Cloud, r *resource.Resource, _ resource.Owner) (body, error) {
			router, _ := r.Spec["router"].(string)
			b := map[string]any{}
			if subnet, ok := r.Spec["subnet"]; ok {
				b["subnet_id"] = subnet
			}
			if port, ok := r.Spec["port"]; ok {
				b = map[string]any{"port_id": port}
			}
			made, err := c.post(ctx, call{op: "create", service: network, method: http.MethodPut, path: "routers/" + router + "/add_router_interface", body: b}, "")
			if err != nil {
				return nil, err
			}
			return body{"id": router + "/" + made.text("port_id")}, nil
		},
		remove: func(ctx context.Context, c *Cloud, r *resource.Resource) error {
			router, port, _ := strings.Cut(r.ID, "/")
			_, err := c.do(ctx, call{op: "delete", service: network, method: http.MethodPut, path: "routers/" + router + "/remove_router_interface",
				body: map[string]any{"port_id": port}})
			return err
		},
	}
}

func listInterfaces(p *project) []*resource.Resource {
	var out []*resource.Resource
	for _, b := range p.lists[portList] {
		router := p.find(routerList, b.text("device_id"))
		if router == nil || !isInterface(b.text("device_owner")) || !p.owns(router) {
			continue
		}
		id := router.text("id")
		r := &resource.Resource{Ref: resource.Ref{Type: typeInterface}, Tenure: resource.Own, ID: id + "/" + b.text("id"), State: resource.Ready,
			Parent: resource.Ref{Type: typeRouter, Key: resource.Key(id)}, Owner: p.owner(routers(), router),
			Spec: map[string]resource.Value{"router": id}}
		if p.isOwnInterfacePort(b) {
			r.Spec["port"] = b.text("id")
		} else if ips := b.objects("fixed_ips"); len(ips) > 0 {
			r.Spec["subnet"] = ips[0].text("subnet_id")
		}
		out = append(out, r)
	}
	return out
}

// isInterface reports whether a port with this owner joins a router to a
// subnet; the others are Neutron's names for distributed and doubled routers.
func isInterface(owner string) bool {
	return slices.Contains([]string{"network:router_interface", "network:router_interface_distributed", "network:ha_router_replicated_interface"}, owner)
}

// isOwnInterfacePort reports whether an interface's port was made by the
// project: Neutron makes it without a name, with the subnet's gateway address.
func (p *project) isOwnInterfacePort(b body) bool {
	if b.text("name") != "" || b.text("description") != "" {
		return true
	}
	for _, ip := range b.objects("fixed_ips") {
		if subnet := p.find(subnetList, ip.text("subnet_id")); subnet != nil && subnet.text("gateway_ip") != ip.text("ip_address") {
			return subnet.text("ip_version") == "4"
		}
	}
	return false
}
