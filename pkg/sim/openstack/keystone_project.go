package openstack

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

func isDomain(r *record) bool { return r.doc["is_domain"] == true }

// projectTwin is how Keystone tells that a name is taken.
func projectTwin(r *record) string {
	if isDomain(r) {
		return "it is not permitted to have two projects acting as domains with the same name: " + r.name
	}
	return "it is not permitted to have two projects with either the same name or same id in the same domain: name is " + r.name +
		", project id " + r.id
}

// checkProject settles where in the tree a project is.
func checkProject(c *call, r *record, wish map[string]any) error {
	if r != nil {
		return c.checkProjectChange(r, wish)
	}
	i := &c.cloud.identity
	if wish["is_domain"] == true {
		wish["domain_id"] = nil
		if wish["parent_id"] != nil {
			return badKeystone("only root projects are allowed to act as domains.")
		}
		wish["parent_id"] = nil
		return nil
	}
	if wish["domain_id"] == nil {
		wish["domain_id"] = c.ownDomain()
		if p := i.look("projects", text(wish["parent_id"])); p != nil && !isDomain(p) {
			wish["domain_id"] = p.doc["domain_id"]
		}
	}
	domain := text(wish["domain_id"])
	if err := c.oneDomain(domain); err != nil {
		return err
	}
	if wish["parent_id"] == nil {
		wish["parent_id"] = domain
	}
	parent := i.look("projects", text(wish["parent_id"]))
	switch {
	case parent == nil:
		return refuse(http.StatusNotFound, "Could not find project: %s.", text(wish["parent_id"]))
	case isDomain(parent) && parent.id != domain:
		return badKeystone("Cannot create project, the parent (" + parent.id + ") is acting as a domain, but this project's domain id (" +
			domain + ") does not match the parent's id.")
	case !isDomain(parent) && parent.ref("domain_id") != domain:
		return badKeystone("Cannot create project, since it specifies its domain_id " + domain +
			", but specifies a parent in a different domain (" + parent.ref("domain_id") + ").")
	}
	for p := parent; p != nil; p = i.look("projects", p.ref("parent_id")) {
		if !p.enabled() {
			return badKeystone("cannot create a project in a branch containing a disabled project: " + p.id)
		}
	}
	if len(i.ancestors(parent.id)) >= maxDepth {
		return refuse(http.StatusForbidden, "Max hierarchy depth reached for %s branch.", parent.id)
	}
	return nil
}

const maxDepth = 5 // max_project_tree_depth

func (c *call) checkProjectChange(r *record, wish map[string]any) error {
	if parent, given := wish["parent_id"]; given && parent != r.doc["parent_id"] {
		return refuse(http.StatusForbidden, "Update of `parent_id` is not allowed.")
	}
	if domain, given := wish["is_domain"]; given && domain != r.doc["is_domain"] {
		return badKeystone("Update of `is_domain` is not allowed.")
	}
	i := &c.cloud.identity
	if wish["enabled"] == false && r.enabled() && !isDomain(r) {
		for _, p := range i.below(r.id) {
			if p.enabled() {
				return refuse(http.StatusForbidden, "Cannot disable project %s since its subtree contains enabled projects.", r.id)
			}
		}
		r.renewals++
	}
	if wish["enabled"] == true && !r.enabled() {
		for _, p := range i.ancestors(r.id) {
			if !p.enabled() {
				return refuse(http.StatusForbidden, "Cannot enable project %s since it has disabled parents", r.id)
			}
		}
	}
	return keepDomain(r, wish)
}

// ancestors lists a project's parent, its parent and so on, without the domain.
func (i *identity) ancestors(id string) []*record {
	var list []*record
	p := i.look("projects", id)
	for p != nil {
		if p = i.look("projects", p.ref("parent_id")); p != nil && !isDomain(p) {
			list = append(list, p)
		}
	}
	return list
}

// below lists the projects under a project or a domain, parents first.
func (i *identity) below(id string) []*record {
	var list []*record
	for p := range i.rows("projects").All() {
		if p.ref("parent_id") == id {
			list = append(append(list, p), i.below(p.id)...)
		}
	}
	return list
}

func dropProject(c *call, r *record) error {
	i := &c.cloud.identity
	if isDomain(r) && r.enabled() {
		return badKeystone("cannot delete an enabled project acting as a domain. Please disable the project " + r.id + " first.")
	}
	if len(i.below(r.id)) > 0 {
		return refuse(http.StatusForbidden, "Cannot delete the project %s since it is not a leaf in the hierarchy. Use the cascade option if you want to delete a whole subtree.", r.id)
	}
	for a := range i.credentials.All() {
		if a.project == r.id {
			i.credentials.Delete(a.id)
		}
	}
	for l := range i.rows("limits").All() {
		if l.ref("project_id") == r.id {
			i.rows("limits").Delete(l.id)
		}
	}
	return nil
}

func checkDomain(_ *call, r *record, wish map[string]any) error {
	if r != nil && wish["enabled"] == false && r.enabled() {
		r.renewals++
	}
	return nil
}

// dropDomain takes everything in it along.
func dropDomain(c *call, r *record) error {
	if r.enabled() {
		return refuse(http.StatusForbidden, "Cannot delete a domain that is enabled, please disable it first.")
	}
	i := &c.cloud.identity
	for _, table := range []string{"users", "groups", "roles"} {
		for other := range i.rows(table).All() {
			if other.ref("domain_id") == r.id {
				i.forget(table, other.id)
			}
		}
	}
	tree := i.below(r.id)
	slices.Reverse(tree)
	for _, p := range tree {
		i.forget("projects", p.id)
	}
	return nil
}

// showFamily adds a project's relatives as far as the query asks for them.
func showFamily(c *call, r *record, b map[string]any) {
	if c.PathValue("id") != r.id || c.Method != http.MethodGet {
		return
	}
	q, i := c.URL.Query(), &c.cloud.identity
	bodies := func(list []*record) []any {
		out := []any{}
		for _, p := range list {
			body := maps.Clone(p.doc)
			body["id"], body["name"] = p.id, p.name
			body["links"] = map[string]any{"self": c.url("/v3/projects/" + p.id)}
			out = append(out, map[string]any{"project": body})
		}
		return out
	}
	if q.Has("parents_as_list") {
		b["parents"] = bodies(i.ancestors(r.id))
	}
	if q.Has("subtree_as_list") {
		b["subtree"] = bodies(i.below(r.id))
	}
	if q.Has("parents_as_ids") {
		chain := any(map[string]any{r.ref("domain_id"): nil})
		up := i.ancestors(r.id)
		slices.Reverse(up)
		for _, p := range up {
			chain = map[string]any{p.id: chain}
		}
		b["parents"] = chain
	}
	if q.Has("subtree_as_ids") {
		b["subtree"] = i.tree(r.id)
	}
}

// tree is the projects below one, as nested objects; nil: none.
func (i *identity) tree(id string) any {
	out := map[string]any{}
	for p := range i.rows("projects").All() {
		if p.ref("parent_id") == id {
			out[p.id] = i.tree(p.id)
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// listProjects also filters by tags, and leaves domains out unless asked.
func listProjects(k *kind) handler {
	return func(c *call) (*reply, error) {
		if !c.may("identity:list_projects", "admin") {
			return nil, forbidden("identity:list_projects")
		}
		q := c.URL.Query()
		if !q.Has("is_domain") {
			q.Set("is_domain", "false")
		}
		list := []any{}
		for p := range c.cloud.identity.rows("projects").All() {
			b := k.body(c, p)
			if matchesFilters(b, q, k.filters) && taggedAs(p, q) {
				list = append(list, b)
			}
		}
		return ok(c.keystoneList("projects", list)), nil
	}
}

func taggedAs(p *record, q map[string][]string) bool {
	tags := p.tags()
	for key, all := range map[string]bool{"tags": true, "tags-any": false, "not-tags": true, "not-tags-any": false} {
		if len(q[key]) == 0 {
			continue
		}
		count, asked := 0, strings.Split(q[key][0], ",")
		for _, t := range asked {
			if slices.Contains(tags, any(t)) {
				count++
			}
		}
		found := count > 0
		if all {
			found = count == len(asked)
		}
		if found == strings.HasPrefix(key, "not") {
			return false
		}
	}
	return true
}

func (r *record) tags() []any {
	tags, _ := r.doc["tags"].([]any)
	return tags
}

// oneTaggedProject returns the project in the path for those who may do that
// with its tags.
func (c *call) oneTaggedProject(action string) (*record, error) {
	id := c.PathValue("id")
	reads := id == c.project() && (action == "list_project_tags" || action == "get_project_tag")
	if !reads && !c.may("identity:"+action, "admin") {
		return nil, forbidden("identity:" + action)
	}
	return c.cloud.identity.kind("projects").find(&c.cloud.identity, id)
}

// projectTagList is a project's tags with the link that Keystone makes, which
// leads nowhere.
func (c *call) projectTagList(p *record) *reply {
	return ok(map[string]any{"tags": p.tags(), "links": map[string]any{"self": c.url("/v3")}})
}

func listProjectTags(c *call) (*reply, error) {
	p, err := c.oneTaggedProject("list_project_tags")
	if err != nil {
		return nil, err
	}
	return c.projectTagList(p), nil
}

func setProjectTags(c *call) (*reply, error) {
	action := map[string]string{http.MethodPut: "update_project_tags", http.MethodDelete: "delete_project_tags"}[c.Method]
	p, err := c.oneTaggedProject(action)
	if err != nil {
		return nil, err
	}
	if c.Method == http.MethodDelete {
		p.set(map[string]any{"tags": []any{}})
		return empty(http.StatusNoContent), nil
	}
	body, _ := c.body.(map[string]any)
	if err := conformKeystone(object(map[string]schema{"tags": projectTags}, "tags"), body); err != nil {
		return nil, err
	}
	p.set(map[string]any{"tags": body["tags"]})
	return c.projectTagList(p), nil
}

func tagHandler(action string) handler {
	return func(c *call) (*reply, error) {
		p, err := c.oneTaggedProject(action)
		if err != nil {
			return nil, err
		}
		tags, tag := slices.Clone(p.tags()), c.PathValue("tag")
		at := slices.Index(tags, any(tag))
		switch {
		case action == "create_project_tag":
			if at < 0 {
				tags = append(tags, tag)
			}
			if err := conformKeystone(projectTags, nil); err == nil && len(tags) > projectTags.maxItems {
				return nil, refuse(http.StatusBadRequest, "%s is too long", pyRepr(tags))
			}
			p.set(map[string]any{"tags": tags})
			return empty(http.StatusCreated).set("Content-Type", "application/json").set("Location", c.url("/v3/projects/"+p.id+"/tags/"+tag)), nil
		case at < 0:
			return nil, refuse(http.StatusNotFound, "Could not find project tag: %s.", tag)
		case action == "delete_project_tag":
			p.set(map[string]any{"tags": slices.Delete(tags, at, at+1)})
		}
		return empty(http.StatusNoContent), nil
	}
}
