package openstack

import (
	"net/http"
	"slices"
)

// ownDomain returns the id of the domain that the caller's project is in, or
// that the token is for.
func (c *call) ownDomain() string {
	if c.token.domain != "" {
		return c.token.domain
	}
	if p := c.cloud.identity.look("projects", c.token.project); p != nil {
		return p.ref("domain_id")
	}
	return "default"
}

// oneDomain makes sure that there is such a domain.
func (c *call) oneDomain(id string) error {
	if d := c.cloud.identity.look("projects", id); d == nil || !isDomain(d) {
		return refuse(http.StatusNotFound, "Could not find domain: %s.", id)
	}
	return nil
}

// domainName returns the name of a domain, or "".
func (i *identity) domainName(id string) string {
	if d := i.look("projects", id); d != nil {
		return d.name
	}
	return ""
}

// checkInDomain is about users and groups: without a word they go where the
// caller is at home, and they stay there.
func checkInDomain(c *call, r *record, wish map[string]any) error {
	if r == nil {
		if wish["domain_id"] == nil {
			wish["domain_id"] = c.ownDomain()
		}
		return c.oneDomain(text(wish["domain_id"]))
	}
	return keepDomain(r, wish)
}

func keepDomain(r *record, wish map[string]any) error {
	if domain, given := wish["domain_id"]; given && domain != r.doc["domain_id"] {
		return badKeystone("Cannot change Domain ID")
	}
	return nil
}

// userChanged ends what a disabled user has begun.
func userChanged(_ *call, r *record) {
	if !r.enabled() {
		r.renewals++
	}
}

// dropUser takes along what is his alone.
func dropUser(c *call, r *record) error {
	i := &c.cloud.identity
	for a := range i.credentials.Of(r.id) {
		i.credentials.Delete(a.id)
	}
	for kept := range i.rows("credentials").All() {
		if kept.ref("user_id") == r.id {
			i.rows("credentials").Delete(kept.id)
		}
	}
	for trust := range i.rows("trusts").All() {
		if trust.ref("trustor_user_id") == r.id || trust.ref("trustee_user_id") == r.id {
			i.rows("trusts").Delete(trust.id)
		}
	}
	return nil
}

func showPasswordAge(_ *call, _ *record, b map[string]any) { b["password_expires_at"] = nil }

// keystonePeople registers what is beside the common API of users, groups and
// projects.
func keystonePeople(s *service) {
	s.onPublic("POST /v3/users/{id}/password", changePassword)
	s.on("GET /v3/users/{id}/projects", listProjectsOfUser)
	s.on("GET /v3/users/{id}/groups", listGroupsOfUser)
	s.on("GET /v3/groups/{id}/users", listMembers)
	s.on("GET /v3/groups/{id}/users/{user}", memberHandler("check_user_in_group", (*identity).checkMember))
	s.on("PUT /v3/groups/{id}/users/{user}", memberHandler("add_user_to_group", (*identity).addMember))
	s.on("DELETE /v3/groups/{id}/users/{user}", memberHandler("remove_user_from_group", (*identity).removeMember))
	s.on("GET /v3/projects/{id}/tags", listProjectTags)
	s.on("PUT /v3/projects/{id}/tags", setProjectTags)
	s.on("DELETE /v3/projects/{id}/tags", setProjectTags)
	s.on("GET /v3/projects/{id}/tags/{tag}", tagHandler("get_project_tag"))
	s.on("PUT /v3/projects/{id}/tags/{tag}", tagHandler("create_project_tag"))
	s.on("DELETE /v3/projects/{id}/tags/{tag}", tagHandler("delete_project_tag"))
}

// changePassword needs no token: who knows the old one may.
func changePassword(c *call) (*reply, error) {
	doc, _ := c.document("user")
	form := closedObject(map[string]schema{"original_password": plainText, "password": plainText}, "original_password", "password")
	if err := conformKeystone(form, doc); err != nil {
		return nil, err
	}
	u := c.cloud.identity.look("users", c.PathValue("id"))
	if u == nil || u.secret != text(doc["original_password"]) {
		return nil, errUnauthorized
	}
	u.secret = text(doc["password"])
	u.renewals++
	c.cloud.identity.changes++
	return empty(http.StatusNoContent), nil
}

// oneUser returns the user in the path: oneself, or for an administrator anybody.
func (c *call) oneUser(action string) (*record, error) {
	id := c.PathValue("id")
	if id != c.token.user.id && !c.admin() {
		return nil, forbidden(action)
	}
	u := c.cloud.identity.look("users", id)
	if u == nil {
		return nil, refuse(http.StatusNotFound, "Could not find user: %s.", id)
	}
	return u, nil
}

func listGroupsOfUser(c *call) (*reply, error) {
	u, err := c.oneUser("identity:list_groups_for_user")
	if err != nil {
		return nil, err
	}
	list, i := []any{}, &c.cloud.identity
	for g := range i.rows("groups").All() {
		if slices.Contains(i.members[g.id], u.id) {
			list = append(list, i.kind("groups").body(c, g))
		}
	}
	return ok(c.keystoneList("groups", list)), nil
}

// oneGroup returns the group in the path, for an administrator.
func (c *call) oneGroup(action string) (*record, error) {
	if !c.may(action, "admin") {
		return nil, forbidden(action)
	}
	return c.cloud.identity.kind("groups").find(&c.cloud.identity, c.PathValue("id"))
}

func listMembers(c *call) (*reply, error) {
	g, err := c.oneGroup("identity:list_users_in_group")
	if err != nil {
		return nil, err
	}
	list, i := []any{}, &c.cloud.identity
	for _, id := range i.members[g.id] {
		list = append(list, i.kind("users").body(c, i.look("users", id)))
	}
	return ok(c.keystoneList("users", list)), nil
}

func memberHandler(action string, act func(i *identity, group, user string) error) handler {
	return func(c *call) (*reply, error) {
		g, err := c.oneGroup("identity:" + action)
		if err != nil {
			return nil, err
		}
		i := &c.cloud.identity
		u, err := i.kind("users").find(i, c.PathValue("user"))
		if err != nil {
			return nil, err
		}
		if err := act(i, g.id, u.id); err != nil {
			return nil, err
		}
		return empty(http.StatusNoContent), nil
	}
}

func (i *identity) checkMember(group, user string) error {
	if !slices.Contains(i.members[group], user) {
		return refuse(http.StatusNotFound, "User '%s' not found in group '%s'", user, group)
	}
	return nil
}

func (i *identity) addMember(group, user string) error {
	if !slices.Contains(i.members[group], user) {
		i.members[group] = append(i.members[group], user)
		i.changes++
	}
	return nil
}

func (i *identity) removeMember(group, user string) error {
	if err := i.checkMember(group, user); err != nil {
		return err
	}
	i.members[group] = slices.DeleteFunc(i.members[group], func(u string) bool { return u == user })
	if u := i.look("users", user); u != nil {
		u.renewals++
	}
	i.changes++
	return nil
}
