package openstack

import (
	"net/http"
	"net/url"
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

// An implication is a role that another one brings along.
type implication struct{ prior, implied string }

// An assignment is a grant as it takes effect, and how it came about.
type assignment struct {
	grant
	through string // group that the user is in
	from    *grant // what it is inherited from
	prior   string // role that brought it along
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

// truly tells whether a parameter is there and not 0.
func truly(q url.Values, key string) bool { return q.Has(key) && q.Get(key) != "0" }

func listAssignments(c *call) (*reply, error) {
	q, i := c.URL.Query(), &c.cloud.identity
	rule, subtree := "identity:list_role_assignments", truly(q, "include_subtree")
	if subtree {
		rule = "identity:list_role_assignments_for_tree"
	}
	if !c.may(rule, "admin") {
		return nil, forbidden(rule)
	}
	if err := checkAssignmentQuery(q); err != nil {
		return nil, err
	}
	all := i.assignments(truly(q, "effective"))
	list := []any{}
	for _, a := range all {
		if i.asked(a, q, subtree) {
			list = append(list, c.assignmentBody(a, truly(q, "include_names")))
		}
	}
	return ok(c.keystoneList("role_assignments", list)), nil
}

func checkAssignmentQuery(q url.Values) error {
	both := func(a, b string) bool { return q.Get(a) != "" && q.Get(b) != "" }
	switch {
	case truly(q, "include_subtree") && q.Get("scope.project.id") == "":
		return badKeystone("scope.project.id must be specified if include_subtree is also specified")
	case both("scope.domain.id", "scope.project.id"):
		return badKeystone("Specify a domain or project, not both")
	case both("scope.domain.id", "scope.system"):
		return badKeystone("Specify system or domain, not both")
	case both("scope.project.id", "scope.system"):
		return badKeystone("Specify system or project, not both")
	case both("user.id", "group.id"):
		return badKeystone("Specify a user or group, not both")
	case truly(q, "effective") && q.Get("group.id") != "":
		return badKeystone("Combining effective and group filter will always result in an empty list.")
	}
	return nil
}

// assignments lists the grants, or what they come to for each user.
func (i *identity) assignments(effective bool) []assignment {
	var list []assignment
	for _, g := range i.grants {
		if !effective {
			list = append(list, assignment{grant: g})
			continue
		}
		for _, a := range i.spread(g) {
			list = append(list, a)
			for _, role := range i.closure([]string{a.role}) {
				if implied := a; role != a.role {
					implied.role, implied.prior = role, a.role
					list = append(list, implied)
				}
			}
		}
	}
	return list
}

// spread makes one assignment for each user and each project that a grant is
// about.
func (i *identity) spread(g grant) []assignment {
	places := []assignment{{grant: g}}
	if g.inherited {
		places = nil
		for p := range i.rows("projects").All() {
			if !isDomain(p) && i.reaches(g, "projects", p.id) {
				origin := g
				places = append(places, assignment{grant: grant{role: g.role, actor: g.actor, group: g.group, scope: "projects", target: p.id}, from: &origin})
			}
		}
	}
	if !g.group {
		return places
	}
	var list []assignment
	for _, a := range places {
		for _, user := range i.members[g.actor] {
			one := a
			one.actor, one.group, one.through = user, false, g.actor
			list = append(list, one)
		}
	}
	return list
}

// asked tells whether an assignment is what a query is about.
func (i *identity) asked(a assignment, q url.Values, subtree bool) bool {
	matches := func(key, have string, applies bool) bool {
		want := q.Get(key)
		return want == "" || applies && want == have
	}
	if !matches("role.id", a.role, true) || !matches("user.id", a.actor, !a.group) || !matches("group.id", a.actor, a.group) ||
		!matches("scope.domain.id", a.target, a.scope == "domains") || !matches("scope.system", a.target, a.scope == "system") {
		return false
	}
	if q.Get("scope.OS-INHERIT:inherited_to") == "projects" && !a.inherited && a.from == nil {
		return false
	}
	want := q.Get("scope.project.id")
	if subtree && a.scope == "projects" && slices.ContainsFunc(i.below(want), func(p *record) bool { return p.id == a.target }) {
		return true
	}
	return matches("scope.project.id", a.target, a.scope == "projects")
}

// assignmentBody is an assignment with the link to the grant that it comes from.
func (c *call) assignmentBody(a assignment, names bool) map[string]any {
	origin := a.grant
	if a.from != nil {
		origin = *a.from
	}
	scope := map[string]any{strings.TrimSuffix(a.scope, "s"): c.named(a.target, "projects", names)}
	link := "/" + a.scope + "/" + origin.target
	if a.scope == "system" {
		scope, link = map[string]any{"system": map[string]any{"all": true}}, "/system"
	} else if a.from != nil {
		link = "/" + origin.scope + "/" + origin.target
	}
	links, who, table := map[string]any{}, "user", "users"
	if a.group {
		who, table = "group", "groups"
	}
	switch {
	case a.through != "":
		links["membership"] = c.url("/v3/groups/" + a.through + "/users/" + a.actor)
		link += "/groups/" + a.through
	default:
		link += "/" + table + "/" + a.actor
	}
	link += "/roles/" + orElse(a.prior, a.role)
	if a.prior != "" {
		links["prior_role"] = c.url("/v3/prior_role/" + a.role + "/implies/" + a.prior)
	}
	if a.inherited || a.from != nil {
		scope["OS-INHERIT:inherited_to"] = "projects"
		link = "/OS-INHERIT" + link + "/inherited_to_projects"
	}
	links["assignment"] = c.url("/v3" + link)
	return map[string]any{"links": links, "scope": scope, who: c.named(a.actor, table, names), "role": c.named(a.role, "roles", names)}
}

// named is a reference to a record: its id, and on request its name and domain.
func (c *call) named(id, table string, names bool) map[string]any {
	i := &c.cloud.identity
	b := map[string]any{"id": id}
	if r := i.look(table, id); names && r != nil {
		b["name"] = r.name
		if domain := r.ref("domain_id"); domain != "" {
			b["domain"] = map[string]any{"id": domain, "name": i.domainName(domain)}
		}
	}
	return b
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
