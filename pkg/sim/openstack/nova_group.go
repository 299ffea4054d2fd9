package openstack

import (
	"net/http"
	"strconv"
)

// A serverGroup says whether its servers may share a host.
type serverGroup struct {
	id, project, user, name, policy string
	perHost                         int64 // max_server_per_host; 0: not said
	members                         []string
}

func serverGroupRoutes(on func(string, handler)) {
	on("GET /os-server-groups", listServerGroups)
	on("POST /os-server-groups", createServerGroup)
	on("GET /os-server-groups/{id}", withServerGroup(func(c *call, g *serverGroup) (*reply, error) {
		return ok(map[string]any{"server_group": c.serverGroupBody(g)}), nil
	}))
	on("DELETE /os-server-groups/{id}", withServerGroup(func(c *call, g *serverGroup) (*reply, error) {
		c.cloud.compute.groups.Delete(g.id)
		return empty(http.StatusNoContent), nil
	}))
}

func createServerGroup(c *call) (*reply, error) {
	doc, _ := c.document("server_group")
	g := &serverGroup{project: c.project(), user: c.token.user.id, name: text(doc["name"]), policy: text(doc["policy"])}
	if list, given := doc["policies"].([]any); given {
		g.policy = text(list[0])
	}
	rules, _ := doc["rules"].(map[string]any)
	if len(rules) > 0 && g.policy != "anti-affinity" {
		return nil, refuse(http.StatusBadRequest, "Only anti-affinity policy supports rules.")
	}
	g.perHost, _ = asInt(rules["max_server_per_host"])
	count := int64(0)
	for range c.cloud.compute.groups.Of(c.project()) {
		count++
	}
	if most := c.cloud.limit(c.project(), "compute.server_groups"); most >= 0 && count >= most {
		return nil, refuse(http.StatusForbidden, "Quota exceeded, too many server groups.")
	}
	g.id = c.cloud.Objects.UUID()
	c.cloud.compute.groups.Put(g.id, g.project, g)
	return ok(map[string]any{"server_group": c.serverGroupBody(g)}), nil
}

func (c *call) serverGroupBody(g *serverGroup) map[string]any {
	members := []any{}
	for _, m := range g.members {
		members = append(members, m)
	}
	body := map[string]any{"id": g.id, "name": g.name, "members": members}
	if c.version.since(2, 13) {
		body["project_id"], body["user_id"] = g.project, g.user
	}
	if !c.version.since(2, 64) {
		body["policies"], body["metadata"] = []any{g.policy}, map[string]any{}
		return body
	}
	rules := map[string]any{}
	if g.perHost > 0 {
		rules["max_server_per_host"] = g.perHost
	}
	body["policy"], body["rules"] = g.policy, rules
	return body
}

func listServerGroups(c *call) (*reply, error) {
	q, list := c.URL.Query(), []any{}
	for g := range c.cloud.compute.groups.All() {
		if g.project == c.project() || c.admin() && q.Has("all_projects") {
			list = append(list, c.serverGroupBody(g))
		}
	}
	if n, err := strconv.Atoi(q.Get("offset")); err == nil && n > 0 {
		list = list[min(n, len(list)):]
	}
	if n, err := strconv.Atoi(q.Get("limit")); err == nil && n > 0 {
		list = list[:min(n, len(list))]
	}
	return ok(map[string]any{"server_groups": list}), nil
}

func withServerGroup(h func(*call, *serverGroup) (*reply, error)) handler {
	return func(c *call) (*reply, error) {
		g, there := c.cloud.compute.groups.Get(c.PathValue("id"))
		if !there || g.project != c.project() && !c.admin() {
			return nil, refuse(http.StatusNotFound, "Instance group %s could not be found.", c.PathValue("id"))
		}
		return h(c, g)
	}
}

// allows tells whether one more member may be on a host; here counts the
// members by host.
func (g *serverGroup) allows(host string, here map[string]int64) bool {
	switch {
	case g == nil:
		return true
	case g.policy == "anti-affinity":
		return here[host] < max(1, g.perHost)
	case g.policy == "affinity":
		return len(here) == 0 || here[host] > 0
	}
	return true
}

// better tells whether a host with so many members is better than another.
func (g *serverGroup) better(members, others int64) bool {
	switch {
	case g == nil:
		return false
	case g.policy == "soft-affinity":
		return members > others
	}
	return members < others
}
