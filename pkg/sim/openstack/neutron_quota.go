package openstack

import (
	"net/http"
	"slices"
	"strings"
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
	s.on("GET /v2.0/quotas", listNetQuotas)
	s.on("GET /v2.0/quotas/tenant", func(c *call) (*reply, error) {
		return ok(map[string]any{"tenant": map[string]any{"tenant_id": c.project()}}), nil
	})
	s.on("GET /v2.0/quotas/project", func(c *call) (*reply, error) {
		return ok(map[string]any{"project": map[string]any{"project_id": c.project()}}), nil
	})
	s.on("GET /v2.0/quotas/{project}", showNetQuota)
	s.on("GET /v2.0/quotas/{project}/{what}", showNetQuota)
	s.on("PUT /v2.0/quotas/{project}", setNetQuota)
	s.on("DELETE /v2.0/quotas/{project}", dropNetQuota)
}

func mayQuota(c *call, verb string) error {
	if c.may(verb+"_quota", "admin") {
		return nil
	}
	return refuseAs(http.StatusForbidden, "PolicyNotAuthorized", "rule:%s_quota is disallowed by policy", verb)
}

// netLimits are the limits of one project.
func netLimits(c *call, project string) map[string]any {
	out := map[string]any{}
	for _, name := range c.cloud.network.netQuotas() {
		out[name] = c.cloud.limit(project, "network."+name)
	}
	return out
}

// hasNetQuota tells whether an administrator has set limits for a project.
func hasNetQuota(c *call, project string) bool {
	return slices.ContainsFunc(sortedKeys(c.cloud.quotas[project]), func(name string) bool { return strings.HasPrefix(name, "network.") })
}

// listNetQuotas lists what administrators have set.
func listNetQuotas(c *call) (*reply, error) {
	if err := mayQuota(c, "get"); err != nil {
		return nil, err
	}
	list := []any{}
	q := c.URL.Query()
	asked := append(q["project_id"], q["tenant_id"]...)
	for _, project := range sortedKeys(c.cloud.quotas) {
		if !hasNetQuota(c, project) || len(asked) > 0 && !slices.Contains(asked, project) {
			continue
		}
		limits := netLimits(c, project)
		limits["project_id"], limits["tenant_id"] = project, project
		list = append(list, limits)
	}
	return ok(map[string]any{"quotas": list}), nil
}

func showNetQuota(c *call) (*reply, error) {
	n := &c.cloud.network
	project, out := c.PathValue("project"), map[string]any{}
	if project != c.project() {
		if err := mayQuota(c, "get"); err != nil {
			return nil, err
		}
	}
	for _, name := range n.netQuotas() {
		switch c.PathValue("what") {
		case "":
			out[name] = c.cloud.limit(project, "network."+name)
		case "default":
			out[name] = c.cloud.limit("", "network."+name)
		case "details", "details.json":
			out[name] = map[string]any{"limit": c.cloud.limit(project, "network."+name), "used": n.usedOf(name, project), "reserved": 0}
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
	if err := mayQuota(c, "update"); err != nil {
		return nil, err
	}
	doc, there := c.document("quota")
	if !there {
		return nil, badRequest("Unable to find 'quota' in request body")
	}
	n, project, limits := &c.cloud.network, c.PathValue("project"), map[string]int64{}
	check, _ := asBool(doc["check_limit"])
	for _, name := range sortedKeys(doc) {
		if name == "check_limit" && n.extensions["quota-check-limit"] {
			continue
		}
		if !slices.Contains(n.netQuotas(), name) {
			return nil, badRequest("Unrecognized attribute(s) '%s'", name)
		}
		limit, err := between(-1, maxRate)(name, doc[name])
		if err != nil {
			return nil, err
		}
		if limits[name] = limit.(int64); check && limits[name] >= 0 && limits[name] < n.usedOf(name, project) {
			return nil, badRequest("Quota limit %d for %s must be greater than or equal to already used %d", limit, name, n.usedOf(name, project))
		}
	}
	for name, limit := range limits {
		c.cloud.setLimit(project, "network."+name, limit)
	}
	return ok(map[string]any{"quota": netLimits(c, project)}), nil
}

// dropNetQuota gives a project the defaults again.
func dropNetQuota(c *call) (*reply, error) {
	if err := mayQuota(c, "delete"); err != nil {
		return nil, err
	}
	project := c.PathValue("project")
	if !hasNetQuota(c, project) {
		return nil, refuseAs(http.StatusNotFound, "TenantQuotaNotFound", "Quota for tenant %s could not be found.", project)
	}
	for _, name := range c.cloud.network.netQuotas() {
		delete(c.cloud.quotas[project], "network."+name)
	}
	return empty(http.StatusNoContent), nil
}
