package openstack

import (
	"net/http"
	"slices"
)

// An implication is a role that another one brings along.
type implication struct{ prior, implied string }

// closure adds the roles that others bring along.
func (i *identity) closure(roles []string) []string {
	all := slices.Clone(roles)
	for n := 0; n < len(all); n++ {
		for _, m := range i.implications {
			if m.prior == all[n] && !slices.Contains(all, m.implied) {
				all = append(all, m.implied)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// roleNames translates ids. Roles of a domain's own have no name outside of it.
func (i *identity) roleNames(ids []string) []string {
	var names []string
	for _, id := range ids {
		if r := i.look("roles", id); r != nil && r.doc["domain_id"] == nil {
			names = append(names, r.name)
		}
	}
	slices.Sort(names)
	return names
}

// roleNamed returns the role of that name that belongs to no domain, or nil.
func (i *identity) roleNamed(name string) *record {
	for r := range i.rows("roles").All() {
		if r.name == name && r.doc["domain_id"] == nil {
			return r
		}
	}
	return nil
}

// chosenRoles resolves [{"id": …}, {"name": …}] to ids.
func (i *identity) chosenRoles(v any) ([]string, error) {
	list, _ := v.([]any)
	var ids []string
	for _, choice := range list {
		given, _ := choice.(map[string]any)
		id := text(given["id"])
		if id == "" {
			r := i.roleNamed(text(given["name"]))
			if r == nil {
				return nil, refuse(http.StatusNotFound, "Role %s is not defined", text(given["name"]))
			}
			id = r.id
		}
		ids = append(ids, id)
	}
	return ids, nil
}

func checkRole(c *call, r *record, wish map[string]any) error {
	if r != nil {
		return keepDomain(r, wish)
	}
	if domain := text(wish["domain_id"]); domain != "" {
		return c.oneDomain(domain)
	}
	return nil
}

func dropRole(c *call, r *record) error {
	for a := range c.cloud.identity.credentials.All() {
		if slices.Contains(a.roles, r.id) {
			c.cloud.identity.credentials.Delete(a.id)
		}
	}
	return nil
}

// listRoles leaves out the roles of domains unless one is asked for.
func listRoles(k *kind) handler {
	return func(c *call) (*reply, error) {
		domain := c.URL.Query().Get("domain_id")
		rule := "identity:list_roles"
		if domain != "" {
			rule = "identity:list_domain_roles"
		}
		if !c.may(rule, "admin") {
			return nil, forbidden(rule)
		}
		list := []any{}
		for r := range c.cloud.identity.rows("roles").All() {
			if b := k.body(c, r); r.ref("domain_id") == domain && matchesFilters(b, c.URL.Query(), k.filters) {
				list = append(list, b)
			}
		}
		return ok(c.keystoneList("roles", list)), nil
	}
}

// roleReference is a role as inference rules show it.
func (c *call) roleReference(id string) map[string]any {
	return map[string]any{"id": id, "name": c.cloud.identity.look("roles", id).name, "links": map[string]any{"self": c.url("/v3/roles/" + id)}}
}

func (c *call) impliedBy(prior string) []any {
	list := []any{}
	for _, m := range c.cloud.identity.implications {
		if m.prior == prior {
			list = append(list, c.roleReference(m.implied))
		}
	}
	return list
}

func listInferences(c *call) (*reply, error) {
	if !c.may("identity:list_role_inference_rules", "admin") {
		return nil, forbidden("identity:list_role_inference_rules")
	}
	list := []any{}
	for r := range c.cloud.identity.rows("roles").All() {
		if implied := c.impliedBy(r.id); len(implied) > 0 {
			list = append(list, map[string]any{"prior_role": c.roleReference(r.id), "implies": implied})
		}
	}
	return ok(map[string]any{"role_inferences": list}), nil
}

// onePrior returns the role in the path; what is not there shows before the
// policy is asked.
func (c *call) onePrior(action string) (*record, error) {
	i := &c.cloud.identity
	prior, err := i.kind("roles").find(i, c.PathValue("id"))
	if err == nil && c.PathValue("implied") != "" {
		_, err = i.kind("roles").find(i, c.PathValue("implied"))
	}
	if err == nil && !c.may("identity:"+action, "admin") {
		err = forbidden("identity:" + action)
	}
	return prior, err
}

func showImplied(c *call) (*reply, error) {
	prior, err := c.onePrior("list_implied_roles")
	if err != nil {
		return nil, err
	}
	return ok(map[string]any{"role_inference": map[string]any{"prior_role": c.roleReference(prior.id), "implies": c.impliedBy(prior.id)},
		"links": map[string]any{"self": c.url("/v3/roles/" + prior.id + "/implies")}}), nil
}

func implicationHandler(action string) handler {
	return func(c *call) (*reply, error) {
		prior, err := c.onePrior(action)
		if err != nil {
			return nil, err
		}
		i, m := &c.cloud.identity, implication{prior.id, c.PathValue("implied")}
		there := slices.Contains(i.implications, m)
		switch {
		case action == "create_implied_role" && i.look("roles", m.implied).name == "admin":
			return nil, refuse(http.StatusForbidden, "%s cannot be an implied roles.", m.implied)
		case action == "create_implied_role" && there:
			return nil, conflict("implied_role", "Duplicate entry")
		case action == "create_implied_role":
			i.implications = append(i.implications, m)
			i.changes++
		case !there:
			return nil, refuse(http.StatusNotFound, "%s does not imply %s.", m.prior, m.implied)
		case action == "delete_implied_role":
			i.implications = slices.DeleteFunc(i.implications, func(o implication) bool { return o == m })
			i.changes++
			return empty(http.StatusNoContent), nil
		}
		status := http.StatusOK
		switch c.Method {
		case http.MethodPut:
			status = http.StatusCreated
		case http.MethodHead:
			return empty(http.StatusNoContent), nil
		}
		return with(status, map[string]any{"role_inference": map[string]any{"prior_role": c.roleReference(m.prior), "implies": c.roleReference(m.implied)},
			"links": map[string]any{"self": c.url("/v3/roles/" + m.prior + "/implies/" + m.implied)}}), nil
	}
}
