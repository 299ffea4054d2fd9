package openstack

import (
	"net/url"
	"slices"
	"strings"
)

// An assignment is a grant as it takes effect, and how it came about.
type assignment struct {
	grant
	through string // group that the user is in
	from    *grant // what it is inherited from
	prior   string // role that brought it along
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
