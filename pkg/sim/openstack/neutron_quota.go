package openstack

import (
	"net/http"
)

// netQuotas are the resources that Neutron counts, in the order in which it
// lists them.
func (n *network) netQuotas() []string {
	names := []string{"network", "subnet", "subnetpool", "port", "router", "floatingip", "rbac_policy", "security_group", "security_group_rule"}
	if n.extensions["trunk"] {
		names = append(names, "trunk")
	}
	return names
}

func neutronQuotas(s *service) {
	s.on("GET /v2.0/quotas", func(c *call) (*reply, error) {
		if !c.admin() {
			return nil, refuseAs(http.StatusForbidden, "PolicyNotAuthorized", "rule:get_quota is disallowed by policy")
		}
		return ok(map[string]any{"quotas": []any{}}), nil
	})
	s.on("GET /v2.0/quotas/{project}", showNetQuota)
	s.on("GET /v2.0/quotas/{project}/{what}", showNetQuota)
	s.on("PUT /v2.0/quotas/{project}", setNetQuota)
}

func showNetQuota(c *call) (*reply, error) {
	n := &c.cloud.network
	project, out := c.PathValue("project"), map[string]any{}
	if !c.admin() && project != c.project() {
		return nil, refuseAs(http.StatusForbidden, "PolicyNotAuthorized", "rule:get_quota is disallowed by policy")
	}
	for _, name := range n.netQuotas() {
		limit := c.cloud.limit(project, "network."+name)
		switch c.PathValue("what") {
		case "", "default":
			out[name] = limit
		case "details", "details.json":
			out[name] = map[string]any{"limit": limit, "used": n.usedOf(name, project), "reserved": 0}
		default:
			return neutronDialect{}.unknown(c, nil), nil
		}
	}
	return ok(map[string]any{"quota": out}), nil
}

func (n *network) usedOf(name, project string) int64 {
	for _, k := range n.kinds {
		if k.one == name {
			return n.used(k, project)
		}
	}
	return 0
}

func setNetQuota(c *call) (*reply, error) {
	if !c.admin() {
		return nil, refuseAs(http.StatusForbidden, "PolicyNotAuthorized", "rule:update_quota is disallowed by policy")
	}
	doc, _ := c.document("quota")
	for _, name := range c.cloud.network.netQuotas() {
		if limit, given := asInt(doc[name]); given {
			c.cloud.setLimit(c.PathValue("project"), "network."+name, limit)
		}
	}
	return showNetQuota(c)
}
