package openstack

import (
	"net/http"
	"slices"
	"strings"
)

// A grant gives a role to a user or a group, in a project, a domain or the
// system.
type grant struct {
	role      string // id
	actor     string // id of a user or a group
	group     bool
	scope     string // projects, domains or system
	target    string // id; "all" for the system
	inherited bool   // not there, but in all projects below
}

// actors are a user's id and those of his groups.
func (i *identity) actors(user string) []string {
	list := []string{user}
	for group, members := range i.members {
		if slices.Contains(members, user) {
			list = append(list, group)
		}
	}
	return list
}

// reaches tells whether a grant is about that project, domain or system.
func (i *identity) reaches(g grant, scope, target string) bool {
	if !g.inherited {
		return g.scope == scope && g.target == target
	}
	if scope != "projects" {
		return false
	}
	p := i.look("projects", target)
	if p == nil || g.scope == "domains" {
		return p != nil && p.ref("domain_id") == g.target
	}
	return slices.ContainsFunc(i.ancestors(target), func(a *record) bool { return a.id == g.target })
}

// effective returns the ids of the roles that a user has somewhere.
func (i *identity) effective(user, scope, target string) []string {
	actors := i.actors(user)
	var roles []string
	for _, g := range i.grants {
		if slices.Contains(actors, g.actor) && i.reaches(g, scope, target) {
			roles = append(roles, g.role)
		}
	}
	return i.closure(roles)
}

// keystoneGrants registers who has which role where.
func keystoneGrants(s *service) {
	for _, where := range []string{"/projects/{target}", "/domains/{target}", "/system"} {
		for _, who := range []string{"/users/{actor}", "/groups/{actor}"} {
			path := where + who + "/roles"
			s.on("GET /v3"+path, listGrants)
			grantRoutes(s, "/v3"+path+"/{role}")
			if where != "/system" {
				s.on("GET /v3/OS-INHERIT"+path+"/inherited_to_projects", listGrants)
				grantRoutes(s, "/v3/OS-INHERIT"+path+"/{role}/inherited_to_projects")
			}
		}
	}
	s.on("GET /v3/role_assignments", listAssignments)
	s.on("GET /v3/role_inferences", listInferences)
	s.on("GET /v3/roles/{id}/implies", showImplied)
	s.on("GET /v3/roles/{id}/implies/{implied}", implicationHandler("get_implied_role"))
	s.on("PUT /v3/roles/{id}/implies/{implied}", implicationHandler("create_implied_role"))
	s.on("DELETE /v3/roles/{id}/implies/{implied}", implicationHandler("delete_implied_role"))
}

func grantRoutes(s *service, path string) {
	s.on("GET "+path, checkGrant)
	s.on("PUT "+path, createGrant)
	s.on("DELETE "+path, revokeGrant)
}

// grantInPath reads the grant that a path names, without its role.
func (c *call) grantInPath() grant {
	path := strings.TrimPrefix(c.URL.Path, c.service.prefix+"/v3")
	g := grant{actor: c.PathValue("actor"), group: strings.Contains(path, "/groups/"), target: orElse(c.PathValue("target"), "all"), scope: "system",
		inherited: strings.HasPrefix(path, "/OS-INHERIT/"), role: c.PathValue("role")}
	for _, scope := range []string{"projects", "domains"} {
		if strings.Contains(path, "/"+scope+"/") {
			g.scope = scope
		}
	}
	return g
}

// grantRule is the name of the policy rule for an action on it.
func (g grant) rule(action string) string {
	who := "user"
	if g.group {
		who = "group"
	}
	switch {
	case g.scope == "system" && action == "list":
		return "identity:list_system_grants_for_" + who
	case g.scope == "system":
		return "identity:" + action + "_system_grant_for_" + who
	case action == "list":
		return "identity:list_grants"
	}
	return "identity:" + action + "_grant"
}

// settle makes sure that there is what a grant speaks of. A role that there is
// not shows before the policy is asked.
func (c *call) settleGrant(action string) (grant, error) {
	g, i := c.grantInPath(), &c.cloud.identity
	if action != "list" {
		if _, err := i.kind("roles").find(i, g.role); err != nil {
			return g, err
		}
	}
	if !c.may(g.rule(action), "admin") {
		return g, forbidden(g.rule(action))
	}
	actors := "users"
	if g.group {
		actors = "groups"
	}
	if _, err := i.kind(actors).find(i, g.actor); err != nil && (action != "revoke" || g.scope == "system") {
		return g, err
	}
	if g.scope == "system" {
		return g, nil
	}
	target, err := i.kind(g.scope).find(i, g.target)
	if err != nil {
		return g, err
	}
	if role := i.look("roles", g.role); role != nil && action == "create" && g.scope == "projects" && role.doc["domain_id"] != nil &&
		role.doc["domain_id"] != target.doc["domain_id"] {
		return g, refuse(http.StatusForbidden, "Project %s must be in the same domain as the role %s being assigned.", target.id, role.id)
	}
	return g, nil
}

func listGrants(c *call) (*reply, error) {
	g, err := c.settleGrant("list")
	if err != nil {
		return nil, err
	}
	list, i := []any{}, &c.cloud.identity
	for _, other := range i.grants {
		if g.role = other.role; g == other {
			list = append(list, i.kind("roles").body(c, i.look("roles", g.role)))
		}
	}
	return ok(c.keystoneList("roles", list)), nil
}

func checkGrant(c *call) (*reply, error) {
	g, err := c.settleGrant("check")
	if err != nil {
		return nil, err
	}
	return c.mustHold(g)
}

func (c *call) mustHold(g grant) (*reply, error) {
	if !slices.Contains(c.cloud.identity.grants, g) {
		return nil, refuse(http.StatusNotFound, "Could not find role assignment with role: %s, user or group: %s, project, domain, or system: %s.",
			g.role, g.actor, g.target)
	}
	return empty(http.StatusNoContent), nil
}

func createGrant(c *call) (*reply, error) {
	g, err := c.settleGrant("create")
	if err != nil {
		return nil, err
	}
	c.cloud.identity.give(g)
	return empty(http.StatusNoContent), nil
}

func (i *identity) give(g grant) {
	if !slices.Contains(i.grants, g) {
		i.grants = append(i.grants, g)
		i.changes++
	}
}

// revokeGrant takes a role away, and with it the application credentials that
// somebody has made with it.
func revokeGrant(c *call) (*reply, error) {
	g, err := c.settleGrant("revoke")
	if err != nil {
		return nil, err
	}
	done, err := c.mustHold(g)
	if err != nil {
		return nil, err
	}
	i := &c.cloud.identity
	i.grants = slices.DeleteFunc(i.grants, func(other grant) bool { return other == g })
	i.changes++
	for a := range i.credentials.Of(g.actor) {
		if a.project == g.target && slices.Contains(a.roles, g.role) {
			i.credentials.Delete(a.id)
		}
	}
	return done, nil
}
