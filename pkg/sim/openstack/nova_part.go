package openstack

import (
	"net/http"
	"slices"
)

// serverPartRoutes registers the lesser things below a server.
func serverPartRoutes(on func(string, handler)) {
	on("GET /servers/{id}/os-security-groups", withServer(listGroupsOfServer))
	on("GET /servers/{id}/ips", withServer(func(c *call, s *server) (*reply, error) {
		return ok(map[string]any{"addresses": c.addresses(s, false)}), nil
	}))
	on("GET /servers/{id}/ips/{network}", withServer(showServerNetwork))
	on("GET /servers/{id}/os-instance-actions", withPastServer(listInstanceActions))
	on("GET /servers/{id}/os-instance-actions/{request}", withPastServer(showInstanceAction))
	on("GET /servers/{id}/diagnostics", withServer(showDiagnostics))
	on("GET /servers/{id}/os-server-password", withServer(func(*call, *server) (*reply, error) { return ok(map[string]any{"password": ""}), nil }))
	on("DELETE /servers/{id}/os-server-password", withServer(func(*call, *server) (*reply, error) { return empty(http.StatusNoContent), nil }))
	on("GET /servers/{id}/topology", withServer(func(*call, *server) (*reply, error) {
		return ok(map[string]any{"nodes": []any{}, "pagesize_kb": nil}), nil
	}))
	on("POST /servers/{id}/remote-consoles", withServer(func(c *call, s *server) (*reply, error) {
		doc, _ := c.document("remote_console")
		return noConsole(c, s, doc)
	}))
}

func showServerNetwork(c *call, s *server) (*reply, error) {
	name := c.PathValue("network")
	list, there := c.addresses(s, false)[name]
	if !there {
		return nil, refuse(http.StatusNotFound, "Instance is not a member of specified network")
	}
	return ok(map[string]any{name: list}), nil
}

// groupsOf are the groups of a server's ports, each once.
func (c *call) groupsOf(s *server) []*netObject {
	var list []*netObject
	for _, p := range c.portsOf(s) {
		for _, id := range p.list("security_groups") {
			if g, there := c.cloud.network.groups.objects.Get(text(id)); there && !slices.Contains(list, g) {
				list = append(list, g)
			}
		}
	}
	return list
}

func listGroupsOfServer(c *call, s *server) (*reply, error) {
	list := []any{}
	for _, g := range c.groupsOf(s) {
		list = append(list, c.novaGroup(g))
	}
	return ok(map[string]any{"security_groups": list}), nil
}

// novaGroup is a security group as Nova tells it: ingress only, old names.
func (c *call) novaGroup(g *netObject) map[string]any {
	rules := []any{}
	for _, r := range c.cloud.network.rules.in(g.id) {
		if r.text("direction") == "ingress" {
			rules = append(rules, c.novaRule(r))
		}
	}
	return map[string]any{"id": g.id, "name": g.text("name"), "description": g.text("description"), "tenant_id": g.project, "rules": rules}
}

func (c *call) novaRule(r *netObject) map[string]any {
	group, ipRange := map[string]any{}, map[string]any{}
	switch remote, there := c.cloud.network.groups.objects.Get(r.text("remote_group_id")); {
	case there:
		group = map[string]any{"name": remote.text("name"), "tenant_id": remote.project}
	case r.text("remote_ip_prefix") != "":
		ipRange = map[string]any{"cidr": r.text("remote_ip_prefix")}
	case r.text("ethertype") == "IPv6":
		ipRange = map[string]any{"cidr": "::/0"}
	default:
		ipRange = map[string]any{"cidr": "0.0.0.0/0"}
	}
	return map[string]any{"id": r.id, "parent_group_id": r.text("security_group_id"), "ip_protocol": r.attrs["protocol"], "from_port": r.attrs["port_range_min"],
		"to_port": r.attrs["port_range_max"], "group": group, "ip_range": ipRange}
}

// securityGroupOf finds the security group that an action is about.
func (c *call) securityGroupOf(arg map[string]any) (*netObject, error) {
	word := text(arg["name"])
	found := c.cloud.network.groupsNamed(c, word)
	switch {
	case word == "":
		return nil, refuse(http.StatusBadRequest, "Missing parameter dict")
	case len(found) == 0:
		return nil, refuse(http.StatusNotFound, "Security group %s is not found for project %s", word, c.project())
	case len(found) > 1:
		return nil, refuse(http.StatusConflict, "Multiple security_group matches found for name '%s', use an ID to be more specific.", word)
	}
	return found[0], nil
}

func joinSecurityGroup(c *call, s *server, arg any) (*reply, error) {
	g, err := c.securityGroupOf(argument(arg))
	if err != nil {
		return nil, err
	}
	for _, p := range c.portsOf(s) {
		if slices.Contains(p.list("security_groups"), any(g.id)) {
			return nil, refuse(http.StatusBadRequest, "Invalid input for security_groups. Reason: Duplicate items in the list: '%s'.\nNeutron server returns request_ids: ['%s']",
				g.id, c.cloud.RequestID())
		}
		p.attrs["security_groups"] = append(slices.Clone(p.list("security_groups")), g.id)
		p.touch(c.now)
	}
	return empty(http.StatusAccepted), nil
}

func leaveSecurityGroup(c *call, s *server, arg any) (*reply, error) {
	g, err := c.securityGroupOf(argument(arg))
	if err != nil {
		return nil, err
	}
	found := false
	for _, p := range c.portsOf(s) {
		if slices.Contains(p.list("security_groups"), any(g.id)) {
			found = true
			p.attrs["security_groups"] = slices.DeleteFunc(slices.Clone(p.list("security_groups")), func(v any) bool { return v == g.id })
			p.touch(c.now)
		}
	}
	if !found {
		return nil, refuse(http.StatusNotFound, "Security group %s not associated with the instance %s", text(argument(arg)["name"]), s.id)
	}
	return empty(http.StatusAccepted), nil
}
