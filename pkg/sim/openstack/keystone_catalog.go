package openstack

import (
	"net/http"
	"slices"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/sim"
)

// catalogTypes are how the catalog calls the services, and where in the
// service its API begins.
var catalogTypes = map[string]struct{ kind, path string }{
	"identity":      {"identity", "/v3"},
	"compute":       {"compute", "/v2.1"},
	"network":       {"network", ""},
	"image":         {"image", ""},
	"block-storage": {"volumev3", "/v3/%(project_id)s"},
}

// hostMark stands in stored URLs for where the cloud listens, which only a
// request tells.
const hostMark = "$(host)s"

// publish enters the cloud's own services into the directory. It comes after
// all of them have started.
func (i *identity) publish(c *Cloud) {
	region := c.profile.Region
	i.rows("regions").Put(region, "", &record{id: region, doc: map[string]any{"description": "", "parent_region_id": nil}})
	for _, s := range c.services {
		known, name := catalogTypes[s.kind], s.name
		if name == "cinder" {
			name = "cinderv3"
		}
		id := sim.NamedHex(c.profile.Name, "service", s.kind)
		i.rows("services").Put(id, "", &record{id: id, name: name, doc: map[string]any{"type": known.kind, "enabled": true}})
		for _, face := range []string{"admin", "internal", "public"} {
			endpoint := sim.NamedHex(c.profile.Name, "endpoint", s.kind, face)
			i.rows("endpoints").Put(endpoint, "", &record{id: endpoint, doc: map[string]any{"interface": face, "region": region,
				"region_id": region, "service_id": id, "enabled": true, "url": hostMark + s.prefix + known.path}})
		}
	}
}

// catalog lists the services with the URLs that this client can reach. An URL
// that needs a project is left out for a token without one.
func (c *call) catalog(t *token) []any {
	i, list := &c.cloud.identity, []any{}
	for s := range i.rows("services").All() {
		if !s.enabled() {
			continue
		}
		endpoints := []any{}
		for e := range i.rows("endpoints").All() {
			url, whole := c.endpointURL(e.ref("url"), t)
			if e.ref("service_id") == s.id && e.enabled() && whole {
				endpoints = append(endpoints, map[string]any{"id": e.id, "interface": e.doc["interface"], "region": e.doc["region_id"],
					"region_id": e.doc["region_id"], "url": url})
			}
		}
		list = append(list, map[string]any{"id": s.id, "name": s.name, "type": s.doc["type"], "endpoints": endpoints})
	}
	return list
}

// endpointURL fills in a stored URL; whole is false when something is missing.
func (c *call) endpointURL(url string, t *token) (filled string, whole bool) {
	url = strings.ReplaceAll(url, hostMark, c.host())
	for _, key := range []string{"project_id", "tenant_id"} {
		for _, mark := range []string{"%(" + key + ")s", "$(" + key + ")s"} {
			if strings.Contains(url, mark) && t.project == "" {
				return "", false
			}
			url = strings.ReplaceAll(url, mark, t.project)
		}
	}
	return strings.NewReplacer("%(user_id)s", t.user.id, "$(user_id)s", t.user.id).Replace(url), true
}

func showCatalog(c *call) (*reply, error) {
	if c.token.project == "" && c.token.domain == "" && !c.token.system {
		return nil, forbidden("identity:get_auth_catalog")
	}
	return ok(c.keystoneItem("catalog", c.catalog(c.token))), nil
}

// checkRegion is about the tree that regions are in. POST may name the id.
func checkRegion(c *call, r *record, wish map[string]any) error {
	parent := text(wish["parent_region_id"])
	if parent == "" {
		return nil
	}
	up := c.cloud.identity.look("regions", parent)
	if up == nil {
		return refuse(http.StatusNotFound, "Could not find region: %s.", parent)
	}
	for ; r != nil && up != nil; up = c.cloud.identity.look("regions", up.ref("parent_region_id")) {
		if up == r {
			return refuse(http.StatusBadRequest, "The specified parent region %s would create a circular region hierarchy.", parent)
		}
	}
	return nil
}

// dropRegion takes the regions below along, unless something is served there.
func dropRegion(c *call, r *record) error {
	i := &c.cloud.identity
	tree := []string{r.id}
	for n := 0; n < len(tree); n++ {
		for other := range i.rows("regions").All() {
			if other.ref("parent_region_id") == tree[n] {
				tree = append(tree, other.id)
			}
		}
	}
	for e := range i.rows("endpoints").All() {
		if slices.Contains(tree, e.ref("region_id")) {
			return refuse(http.StatusBadRequest, "Unable to delete region %s because it or its child regions have associated endpoints.", r.id)
		}
	}
	for _, id := range tree[1:] {
		i.forget("regions", id)
	}
	return nil
}

// putRegion makes a region with the id in the path.
func putRegion(k *kind) handler {
	return func(c *call) (*reply, error) {
		doc, _ := c.document("region")
		if id := text(doc["id"]); id != "" && id != c.PathValue("id") && c.admin() {
			return nil, badKeystone("Conflicting region IDs specified: \"" + c.PathValue("id") + "\" != \"" + id + "\"")
		}
		if body, isObject := c.body.(map[string]any); isObject && doc != nil {
			doc["id"] = c.PathValue("id")
			body["region"] = doc
		}
		return k.create(c)
	}
}

func dropService(c *call, r *record) error {
	for e := range c.cloud.identity.rows("endpoints").All() {
		if e.ref("service_id") == r.id {
			c.cloud.identity.forget("endpoints", e.id)
		}
	}
	return nil
}

// checkEndpoint also takes the old name of region_id, and makes that region.
func checkEndpoint(c *call, _ *record, wish map[string]any) error {
	i := &c.cloud.identity
	if id, given := wish["service_id"].(string); given && i.look("services", id) == nil {
		return refuse(http.StatusNotFound, "Could not find service: %s.", id)
	}
	if old, given := wish["region"].(string); given && wish["region_id"] == nil {
		wish["region_id"] = old
		if i.look("regions", old) == nil {
			i.rows("regions").Put(old, "", &record{id: old, doc: map[string]any{"description": "", "parent_region_id": nil}})
		}
	}
	if id, given := wish["region_id"].(string); given && i.look("regions", id) == nil {
		return refuse(http.StatusNotFound, "Could not find region: %s.", id)
	}
	if region, given := wish["region_id"]; given {
		wish["region"] = region
	}
	return nil
}

func dropEndpoint(c *call, r *record) error {
	i := &c.cloud.identity
	i.served = slices.DeleteFunc(i.served, func(s served) bool { return s.endpoint == r.id })
	return nil
}

func showEndpointURL(c *call, r *record, b map[string]any) {
	b["url"] = strings.ReplaceAll(r.ref("url"), hostMark, c.host())
}

// Served says that an endpoint is meant for a project.
type served struct{ project, endpoint string }

// keystoneEndpointFilter registers which endpoints are meant for which project.
func keystoneEndpointFilter(s *service) {
	const path = "/v3/OS-EP-FILTER"
	s.on("GET "+path+"/projects/{id}/endpoints", listServed("list_endpoints_for_project", "endpoints"))
	s.on("GET "+path+"/endpoints/{id}/projects", listServed("list_projects_for_endpoint", "projects"))
	s.on("GET "+path+"/projects/{id}/endpoints/{endpoint}", servedHandler("check_endpoint_in_project"))
	s.on("PUT "+path+"/projects/{id}/endpoints/{endpoint}", servedHandler("add_endpoint_to_project"))
	s.on("DELETE "+path+"/projects/{id}/endpoints/{endpoint}", servedHandler("remove_endpoint_from_project"))
}

func listServed(action, table string) handler {
	other := map[string]string{"endpoints": "projects", "projects": "endpoints"}[table]
	return func(c *call) (*reply, error) {
		if !c.may("identity:"+action, "admin") {
			return nil, forbidden("identity:" + action)
		}
		i := &c.cloud.identity
		if _, err := i.kind(other).find(i, c.PathValue("id")); err != nil {
			return nil, err
		}
		list := []any{}
		for _, s := range i.served {
			mine, wanted := s.project, s.endpoint
			if table == "projects" {
				mine, wanted = wanted, mine
			}
			if r := i.look(table, wanted); mine == c.PathValue("id") && r != nil {
				list = append(list, i.kind(table).body(c, r))
			}
		}
		return ok(c.keystoneList(table, list)), nil
	}
}

func servedHandler(action string) handler {
	return func(c *call) (*reply, error) {
		if !c.may("identity:"+action, "admin") {
			return nil, forbidden("identity:" + action)
		}
		i, s := &c.cloud.identity, served{c.PathValue("id"), c.PathValue("endpoint")}
		if _, err := i.kind("endpoints").find(i, s.endpoint); err != nil {
			return nil, err
		}
		if _, err := i.kind("projects").find(i, s.project); err != nil {
			return nil, err
		}
		there := slices.Contains(i.served, s)
		switch {
		case c.Method == http.MethodPut && !there:
			i.served = append(i.served, s)
		case c.Method == http.MethodPut:
		case !there:
			return nil, refuse(http.StatusNotFound, "Endpoint %s not found in project %s", s.endpoint, s.project)
		case c.Method == http.MethodDelete:
			i.served = slices.DeleteFunc(i.served, func(o served) bool { return o == s })
		}
		return empty(http.StatusNoContent), nil
	}
}
