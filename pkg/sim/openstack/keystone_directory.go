package openstack

import (
	"cmp"
	"maps"
	"net/http"
	"slices"

	"github.com/wechsel-project/wechsel/pkg/sim"
)

// catalogTypes are the service types that differ from our names for them, and
// where in the service its API begins.
var catalogTypes = map[string]struct{ kind, path string }{
	"identity":      {"identity", "/v3"},
	"compute":       {"compute", "/v2.1"},
	"network":       {"network", ""},
	"image":         {"image", ""},
	"block-storage": {"volumev3", "/v3/"}, // and the project's id
}

// catalog lists the services with the URLs that this client can reach.
func (c *call) catalog(project string) []any {
	list := []any{}
	for _, s := range c.cloud.services {
		known := catalogTypes[s.kind]
		url := c.host() + s.prefix + known.path
		if s.kind == "block-storage" {
			url += project
		}
		list = append(list, map[string]any{"id": sim.NamedHex(c.cloud.profile.Name, "service", s.kind), "name": catalogName(s),
			"type": known.kind, "endpoints": c.endpoints(s, url)})
	}
	return list
}

func catalogName(s *service) string {
	if s.name == "cinder" {
		return "cinderv3"
	}
	return s.name
}

func (c *call) endpoints(s *service, url string) []any {
	region := c.cloud.profile.Region
	list := []any{}
	for _, face := range []string{"admin", "internal", "public"} {
		list = append(list, map[string]any{"id": sim.NamedHex(c.cloud.profile.Name, "endpoint", s.kind, face), "interface": face,
			"region": region, "region_id": region, "url": url})
	}
	return list
}

func showCatalog(c *call) (*reply, error) {
	if c.token.project == "" {
		return nil, forbidden("identity:get_auth_catalog")
	}
	return ok(c.keystoneItem("catalog", c.catalog(c.token.project))), nil
}

// keystoneDirectory registers what tells about users and projects.
func keystoneDirectory(s *service) {
	s.on("GET /v3/projects", listProjects)
	s.on("GET /v3/projects/{id}", showProject)
	s.on("GET /v3/users", listUsers)
	s.on("GET /v3/users/{id}", showUser)
	s.on("GET /v3/users/{id}/projects", listProjectsOfUser)
	for _, kind := range []string{"services", "endpoints", "roles", "domains", "role_assignments"} {
		s.on("GET /v3/"+kind, listForAdmin(kind))
	}
	for kind, action := range map[string]string{"projects": "create_project", "users": "create_user"} { // nobody needs more of them here
		s.on("POST /v3/"+kind, func(*call) (*reply, error) { return nil, forbidden("identity:" + action) })
	}
}

// keystoneList is how Keystone frames its lists.
func (c *call) keystoneList(key string, list []any) map[string]any {
	return map[string]any{key: list, "links": map[string]any{"self": c.host() + c.URL.RequestURI(), "next": nil, "previous": nil}}
}

// keystoneItem is the frame without pages.
func (c *call) keystoneItem(key string, list []any) map[string]any {
	return map[string]any{key: list, "links": map[string]any{"self": c.host() + c.URL.RequestURI()}}
}

func listNothing(key string) handler {
	return func(c *call) (*reply, error) { return ok(c.keystoneList(key, []any{})), nil }
}

func (c *call) projectBody(p *project) map[string]any {
	return map[string]any{"id": p.id, "name": p.name, "domain_id": "default", "description": p.description, "enabled": true,
		"parent_id": "default", "is_domain": false, "tags": []any{}, "options": map[string]any{},
		"links": map[string]any{"self": c.url("/v3/projects/" + p.id)}}
}

func (c *call) userBody(u *user) map[string]any {
	return map[string]any{"id": u.id, "name": u.name, "domain_id": "default", "enabled": true, "default_project_id": u.home,
		"password_expires_at": nil, "options": map[string]any{}, "links": map[string]any{"self": c.url("/v3/users/" + u.id)}}
}

func (c *call) projectsOf(u *user) (*reply, error) {
	list := []any{}
	for p := range c.cloud.identity.projects.All() {
		if len(u.roles[p.id]) > 0 {
			list = append(list, c.projectBody(p))
		}
	}
	return ok(c.keystoneList("projects", list)), nil
}

func listOwnProjects(c *call) (*reply, error) { return c.projectsOf(c.token.user) }

func listProjectsOfUser(c *call) (*reply, error) {
	u, err := c.oneUser("identity:list_user_projects")
	if err != nil {
		return nil, err
	}
	return c.projectsOf(u)
}

// oneUser returns the user in the path: oneself, or for an administrator anybody.
func (c *call) oneUser(action string) (*user, error) {
	id := c.PathValue("id")
	if id != c.token.user.id && !c.admin() {
		return nil, forbidden(action)
	}
	u, there := c.cloud.identity.users.Get(id)
	if !there {
		return nil, refuse(http.StatusNotFound, "Could not find user: %s.", id)
	}
	return u, nil
}

func showUser(c *call) (*reply, error) {
	u, err := c.oneUser("identity:get_user")
	if err != nil {
		return nil, err
	}
	return ok(map[string]any{"user": c.userBody(u)}), nil
}

func showProject(c *call) (*reply, error) {
	id := c.PathValue("id")
	if id != c.project() && !c.admin() {
		return nil, forbidden("identity:get_project")
	}
	p, there := c.cloud.identity.projects.Get(id)
	if !there {
		return nil, refuse(http.StatusNotFound, "Could not find project: %s.", id)
	}
	return ok(map[string]any{"project": c.projectBody(p)}), nil
}

func listProjects(c *call) (*reply, error) {
	if !c.may("identity:list_projects", "admin") {
		return nil, forbidden("identity:list_projects")
	}
	list, name := []any{}, c.URL.Query().Get("name")
	for p := range c.cloud.identity.projects.All() {
		if name == "" || name == p.name {
			list = append(list, c.projectBody(p))
		}
	}
	return ok(c.keystoneList("projects", list)), nil
}

func listUsers(c *call) (*reply, error) {
	if !c.may("identity:list_users", "admin") {
		return nil, forbidden("identity:list_users")
	}
	list, name := []any{}, c.URL.Query().Get("name")
	for u := range c.cloud.identity.users.All() {
		if name == "" || name == u.name {
			list = append(list, c.userBody(u))
		}
	}
	return ok(c.keystoneList("users", list)), nil
}

// listForAdmin lists what only an administrator may see.
func listForAdmin(kind string) handler {
	return func(c *call) (*reply, error) {
		if !c.may("identity:list_"+kind, "admin") {
			return nil, forbidden("identity:list_" + kind)
		}
		return ok(c.keystoneList(kind, c.adminList(kind))), nil
	}
}

func (c *call) adminList(kind string) []any {
	list := []any{}
	switch kind {
	case "domains":
		list = append(list, map[string]any{"id": "default", "name": "Default", "description": "The default domain", "enabled": true,
			"tags": []any{}, "options": map[string]any{}, "links": map[string]any{"self": c.url("/v3/domains/default")}})
	case "roles":
		for _, name := range sortedKeys(c.cloud.identity.roles) {
			id := c.cloud.identity.roles[name]
			list = append(list, map[string]any{"id": id, "name": name, "domain_id": nil, "description": nil,
				"options": map[string]any{}, "links": map[string]any{"self": c.url("/v3/roles/" + id)}})
		}
	case "services":
		for _, s := range c.catalog(c.project()) {
			s := s.(map[string]any)
			delete(s, "endpoints")
			s["enabled"] = true
			s["links"] = map[string]any{"self": c.url("/v3/services/" + text(s["id"]))}
			list = append(list, s)
		}
	case "endpoints":
		for _, s := range c.catalog(c.project()) {
			for _, e := range s.(map[string]any)["endpoints"].([]any) {
				e := e.(map[string]any)
				e["service_id"], e["enabled"] = s.(map[string]any)["id"], true
				list = append(list, e)
			}
		}
	}
	return list
}

func (c *call) regionBody() map[string]any {
	region := c.cloud.profile.Region
	return map[string]any{"id": region, "description": "", "parent_region_id": nil, "links": map[string]any{"self": c.url("/v3/regions/" + region)}}
}

func listRegions(c *call) (*reply, error) {
	return ok(c.keystoneList("regions", []any{c.regionBody()})), nil
}

func showRegion(c *call) (*reply, error) {
	if id := c.PathValue("id"); id != c.cloud.profile.Region {
		return nil, refuse(http.StatusNotFound, "Could not find region: %s.", id)
	}
	return ok(map[string]any{"region": c.regionBody()}), nil
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
