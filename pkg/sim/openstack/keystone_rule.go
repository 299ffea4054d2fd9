package openstack

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
)

var applicationForm = object(map[string]schema{"name": longName, "description": anyText, "secret": anyText, "expires_at": anyText, "roles": roleChoice,
	"unrestricted": truth, "access_rules": {types: []string{"array"}, items: &schema{types: []string{"object"}, closed: true, props: map[string]schema{
		"path": {types: []string{"string"}, maxLen: 225, pattern: regexp.MustCompile(`^\/.*`)}, "service": idText, "id": idText,
		"method": {types: []string{"string"}, pattern: regexp.MustCompile("^(POST|GET|HEAD|PATCH|PUT|DELETE)$")}}}}}, "name")

// keepRules gives an application credential its access rules. Rules belong to
// the user: the same one again is the same rule.
func (c *call) keepRules(a *credential, v any) error {
	i := &c.cloud.identity
	list, _ := v.([]any)
	for _, item := range list {
		wish := item.(map[string]any)
		same := func(r *record) bool {
			return r.ref("user") == a.user.id && (r.id == wish["id"] ||
				wish["id"] == nil && r.doc["path"] == wish["path"] && r.doc["method"] == wish["method"] && r.doc["service"] == wish["service"])
		}
		var rule *record
		for r := range i.rows("access_rules").All() {
			if same(r) {
				rule = r
			}
		}
		if rule == nil && wish["id"] != nil {
			return refuse(http.StatusNotFound, "Could not find Access Rule: %s.", text(wish["id"]))
		}
		if rule == nil {
			rule = &record{id: i.secrets.Hex(), doc: map[string]any{"user": a.user.id, "path": wish["path"], "method": wish["method"], "service": wish["service"]}}
			i.rows("access_rules").Put(rule.id, "", rule)
		}
		a.rules = append(a.rules, rule.id)
	}
	return nil
}

// accessRules are the rules of an application credential as the API shows them.
func (c *call) accessRules(a *credential) []any {
	list := []any{}
	for _, id := range a.rules {
		b := c.accessRuleBody(c.cloud.identity.look("access_rules", id))
		delete(b, "links")
		list = append(list, b)
	}
	return list
}

func (c *call) accessRuleBody(r *record) map[string]any {
	return map[string]any{"id": r.id, "service": r.doc["service"], "path": r.doc["path"], "method": r.doc["method"],
		"links": map[string]any{"self": c.url("/v3/access_rules/" + r.id)}}
}

func listAccessRules(c *call) (*reply, error) {
	u, err := c.oneUser("identity:list_access_rules")
	if err != nil {
		return nil, err
	}
	list := []any{}
	for r := range c.cloud.identity.rows("access_rules").All() {
		if b := c.accessRuleBody(r); r.ref("user") == u.id && matchesFilters(b, c.URL.Query(), []string{"service", "path", "method"}) {
			list = append(list, b)
		}
	}
	return ok(c.keystoneList("access_rules", list)), nil
}

func (c *call) oneAccessRule(action string) (*record, error) {
	u, err := c.oneUser(action)
	if err != nil {
		return nil, err
	}
	r := c.cloud.identity.look("access_rules", c.PathValue("rule"))
	if r == nil || r.ref("user") != u.id {
		return nil, refuse(http.StatusNotFound, "Could not find Access Rule: %s.", c.PathValue("rule"))
	}
	return r, nil
}

func showAccessRule(c *call) (*reply, error) {
	r, err := c.oneAccessRule("identity:get_access_rule")
	if err != nil {
		return nil, err
	}
	return ok(map[string]any{"access_rule": c.accessRuleBody(r)}), nil
}

func deleteAccessRule(c *call) (*reply, error) {
	r, err := c.oneAccessRule("identity:delete_access_rule")
	if err != nil {
		return nil, err
	}
	for a := range c.cloud.identity.credentials.All() {
		if slices.Contains(a.rules, r.id) {
			return nil, refuse(http.StatusForbidden, "May not delete access rule in use")
		}
	}
	c.cloud.identity.rows("access_rules").Delete(r.id)
	return empty(http.StatusNoContent), nil
}

// permitted asks a token's access rules, as keystonemiddleware does in front of
// every service but Keystone.
func (i *identity) permitted(t *token, service, method, path string) bool {
	if t.credential == "" || service == "identity" {
		return true
	}
	a, there := i.credentials.Get(t.credential)
	if !there || a.rules == nil {
		return there
	}
	return slices.ContainsFunc(a.rules, func(id string) bool {
		r := i.look("access_rules", id)
		kind := r.ref("service")
		return (kind == service || kind == catalogTypes[service].kind) && r.ref("method") == method && pathMatches(r.ref("path"), path)
	})
}

var pathWildcard = regexp.MustCompile(`\*\*|\*|\{[^}/]*\}`)

// pathMatches compares a path with a pattern: * and {name} are one segment,
// ** is any number of them.
func pathMatches(pattern, path string) bool {
	if !pathWildcard.MatchString(pattern) { // also what is no text, which no regular expression matches
		return pattern == path
	}
	var b strings.Builder
	from := 0
	for _, at := range pathWildcard.FindAllStringIndex(pattern, -1) {
		b.WriteString(regexp.QuoteMeta(pattern[from:at[0]]))
		if pattern[at[0]:at[1]] == "**" {
			b.WriteString(".*")
		} else {
			b.WriteString("[^/]+")
		}
		from = at[1]
	}
	b.WriteString(regexp.QuoteMeta(pattern[from:]))
	return matches("^"+b.String()+"$", path)
}
