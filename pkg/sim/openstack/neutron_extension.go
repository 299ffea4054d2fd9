package openstack

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// extensionTexts describes the extensions of Zed, as the service itself does.
//
//go:embed neutron_extensions.json
var extensionTexts []byte

type extensionText struct {
	Alias       string `json:"alias"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Updated     string `json:"updated"`
}

// neutronExtensions registers the list of extensions and the lists of what the
// extensions bring and the simulator keeps none of.
func neutronExtensions(s *service, n *network) {
	s.on("GET /v2.0/extensions", listExtensions)
	s.on("GET /v2.0/extensions/{alias}", showExtension)
	s.on("GET /v2.0/availability-zones", listNetworkZones)
	if n.extensions["agent"] {
		s.on("GET /v2.0/agents", func(*call) (*reply, error) { return ok(map[string]any{"agents": []any{}}), nil })
		s.on("GET /v2.0/agents/{id}", func(c *call) (*reply, error) {
			return nil, refuseAs(http.StatusNotFound, "AgentNotFound", "Agent %s could not be found.", c.PathValue("id"))
		})
	}
	for ext, rule := range map[string][2]string{"l3_agent_scheduler": {"routers", "l3-agents"}, "dhcp_agent_scheduler": {"networks", "dhcp-agents"}} {
		if n.extensions[ext] {
			s.on("GET /v2.0/"+rule[0]+"/{id}/"+rule[1], func(c *call) (*reply, error) {
				if !c.may("get_"+rule[1], "admin") {
					return nil, refuseAs(http.StatusForbidden, "PolicyNotAuthorized", "rule:get_%s is disallowed by policy", rule[1])
				}
				return ok(map[string]any{"agents": []any{}}), nil
			})
		}
	}
	if n.extensions["floatingip-pools"] {
		s.on("GET /v2.0/floatingip-pools", n.listPools)
	}
	if n.extensions["binding-extended"] {
		for _, pattern := range []string{"GET %s", "POST %s", "DELETE %s/{host}"} {
			s.on(fmt.Sprintf(pattern, "/v2.0/ports/{id}/bindings"), n.portBindings)
		}
	}
	if n.extensions["network-ip-availability"] {
		s.on("GET /v2.0/network-ip-availabilities", n.listAvailability)
		s.on("GET /v2.0/network-ip-availabilities/{id}", n.showAvailability)
	}
	if n.extensions["auto-allocated-topology"] {
		s.on("GET /v2.0/auto-allocated-topology/{project}", n.showTopology)
	}
	if n.extensions["service-type"] {
		s.on("GET /v2.0/service-providers", listProviders)
	}
}

// showTopology is a network that the service would make by itself. It needs a
// default subnet pool, and no cloud here has one.
func (n *network) showTopology(c *call) (*reply, error) {
	switch project := c.PathValue("project"); {
	case project != "None" && project != c.project() && !c.admin():
		return nil, refuseAs(http.StatusForbidden, "NotAuthorized", "Not authorized.")
	case !slices.ContainsFunc(n.networks.all(nil), func(o *netObject) bool { return o.flag("router:external") && o.flag("is_default") }):
		return nil, netConflict("AutoAllocationFailure", "Deployment error: No default router:external network.")
	case slices.Contains(c.URL.Query()["fields"], "dry-run"):
		return nil, netConflict("AutoAllocationFailure", "Deployment error: No default subnetpools defined.")
	}
	return nil, netConflict("AutoAllocationFailure", "Deployment error: Unable to provide tenant private network.")
}

// listPools lists the subnets that floating IPs come from.
func (n *network) listPools(c *call) (*reply, error) {
	list := []any{}
	for _, net := range n.networks.all(func(o *netObject) bool { return o.flag("router:external") && n.sees(c, o) }) {
		for _, s := range n.subnets.in(net.id) {
			if s.attrs["ip_version"] == int64(4) {
				list = append(list, map[string]any{"subnet_id": s.id, "subnet_name": s.text("name"), "network_id": net.id, "cidr": s.text("cidr"),
					"tenant_id": c.project(), "project_id": c.project()})
			}
		}
	}
	return ok(map[string]any{"floatingip_pools": list}), nil
}

// portBindings is for Nova's live migration: other ports have none.
func (n *network) portBindings(c *call) (*reply, error) {
	p, err := n.find(c, n.ports, c.PathValue("id"))
	switch {
	case err != nil:
		return nil, err
	case !strings.HasPrefix(p.text("device_owner"), "compute:"):
		return nil, badResource("port", "Invalid port %s. Operation only valid on compute ports", p.id)
	case c.Method != http.MethodGet || !c.admin():
		return nil, refuseAs(http.StatusForbidden, "PolicyNotAuthorized", "rule:%s_port_binding is disallowed by policy",
			map[string]string{"GET": "get", "POST": "create", "DELETE": "delete"}[c.Method])
	}
	return ok(map[string]any{"bindings": []any{map[string]any{"host": p.text("binding:host_id"), "vif_type": "ovs", "vif_details": map[string]any{},
		"vnic_type": p.attrs["binding:vnic_type"], "profile": p.attrs["binding:profile"], "status": "ACTIVE", "project_id": p.project}}}), nil
}

func listProviders(c *call) (*reply, error) {
	list := []any{}
	for _, name := range []string{"dvrha", "dvr", "ha", "single_node"} {
		list = append(list, map[string]any{"service_type": "L3_ROUTER_NAT", "name": name, "default": false})
	}
	return ok(map[string]any{"service_providers": list}), nil
}

func listNetworkZones(c *call) (*reply, error) {
	list := []any{}
	for _, z := range c.cloud.profile.Zones["network"] {
		for _, resource := range []string{"network", "router"} {
			list = append(list, map[string]any{"name": z, "resource": resource, "state": "available"})
		}
	}
	return ok(map[string]any{"availability_zones": list}), nil
}

// extensionList describes the extensions of this cloud.
func extensionList(c *call) []any {
	var texts []extensionText
	if err := json.Unmarshal(extensionTexts, &texts); err != nil { // our own file
		texts = nil
	}
	known := map[string]extensionText{}
	for _, t := range texts {
		known[t.Alias] = t
	}
	list := []any{}
	for _, alias := range c.cloud.profile.Extensions {
		t, there := known[alias]
		if !there {
			t = extensionText{alias, alias, "", "2022-10-05T10:00:00-00:00"}
		}
		list = append(list, map[string]any{"alias": t.Alias, "name": t.Name, "description": t.Description, "updated": t.Updated, "links": []any{}})
	}
	return list
}

func listExtensions(c *call) (*reply, error) {
	return ok(map[string]any{"extensions": extensionList(c)}), nil
}

func showExtension(c *call) (*reply, error) {
	for _, e := range extensionList(c) {
		if e.(map[string]any)["alias"] == c.PathValue("alias") {
			return ok(map[string]any{"extension": e}), nil
		}
	}
	return c.webob(http.StatusNotFound, "The resource could not be found.", "Extension with alias "+c.PathValue("alias")+" does not exist"), nil
}
