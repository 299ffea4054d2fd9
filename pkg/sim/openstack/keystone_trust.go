package openstack

import (
	"net/http"
	"slices"
	"time"
)

var trustForm = object(map[string]schema{"trustor_user_id": {types: []string{"string"}, minLen: 1, maxLen: 64},
	"trustee_user_id": {types: []string{"string"}, minLen: 1, maxLen: 64}, "impersonation": truth, "project_id": nullableID,
	"remaining_uses": {types: []string{"integer", "null"}, min: limit(1)}, "expires_at": anyText,
	"allow_redelegation": {types: []string{"boolean", "null"}}, "redelegation_count": {types: []string{"integer", "null"}, min: limit(0)},
	"roles": roleChoice}, "trustor_user_id", "trustee_user_id", "impersonation")

// readsTrust is for the two whom a trust is about.
func readsTrust(c *call, id string, r *record) bool {
	if id == "" && r == nil {
		q := c.URL.Query()
		return q.Get("trustor_user_id") == c.token.user.id || q.Get("trustee_user_id") == c.token.user.id
	}
	return r != nil && (r.ref("trustor_user_id") == c.token.user.id || r.ref("trustee_user_id") == c.token.user.id)
}

// ownsTrust is for the one who trusts.
func ownsTrust(c *call, r *record, wish map[string]any) bool {
	if r != nil {
		return r.ref("trustor_user_id") == c.token.user.id
	}
	return text(wish["trustor_user_id"]) == c.token.user.id
}

// checkTrust makes sure that nobody gives what is not his.
func checkTrust(c *call, _ *record, wish map[string]any) error {
	i := &c.cloud.identity
	roles, _ := wish["roles"].([]any)
	switch {
	case c.token.delegated():
		return forbidden("Delegated tokens cannot manage trusts.")
	case wish["project_id"] != nil && len(roles) == 0:
		return forbidden("At least one role should be specified")
	case text(wish["trustor_user_id"]) != c.token.user.id:
		return forbidden("The authenticated user should match the trustor")
	}
	if _, err := i.kind("users").find(i, text(wish["trustee_user_id"])); err != nil {
		return err
	}
	ids, err := i.chosenRoles(wish["roles"])
	if err != nil {
		return err
	}
	if project := text(wish["project_id"]); project != "" {
		if _, err := i.kind("projects").find(i, project); err != nil {
			return err
		}
		have := i.effective(c.token.user.id, "projects", project)
		for _, id := range ids {
			if !slices.Contains(have, id) {
				return refuse(http.StatusNotFound, "Could not find role: %s.", id)
			}
		}
	}
	wish["roles"] = ids
	when, err := c.expiry(wish["expires_at"])
	if err != nil || when.IsZero() {
		return err
	}
	wish["expires_at"] = when.Format(keystoneTime)
	return nil
}

// expiry reads a moment that something is to end at; zero: never.
func (c *call) expiry(v any) (time.Time, error) {
	at := text(v)
	if at == "" {
		return time.Time{}, nil
	}
	for _, form := range []string{"2006-01-02T15:04:05.999999", time.RFC3339Nano, "2006-01-02T15:04:05"} {
		when, err := time.Parse(form, at)
		if err != nil {
			continue
		}
		if when.Before(c.now) {
			return time.Time{}, badKeystone("The 'expires_at' must not be before now.")
		}
		return when.UTC(), nil
	}
	return time.Time{}, badKeystone("Timestamp not in expected format.")
}

// showTrustRoles shows roles of one trust, not of many.
func showTrustRoles(c *call, r *record, b map[string]any) {
	if c.PathValue("id") == "" && c.Method != http.MethodPost {
		delete(b, "roles")
		return
	}
	b["roles"] = c.trustRoles(r)
	// The link leads nowhere: so it does in Keystone.
	b["roles_links"] = map[string]any{"self": c.url("/v3/" + r.id + "/roles"), "next": nil, "previous": nil}
}

func (c *call) trustRoles(r *record) []any {
	i, list := &c.cloud.identity, []any{}
	ids, _ := r.doc["roles"].([]string)
	for _, id := range ids {
		if role := i.look("roles", id); role != nil {
			list = append(list, i.kind("roles").body(c, role))
		}
	}
	return list
}

func keystoneTrusts(s *service, k *kind) {
	s.on("GET /v3/OS-TRUST/trusts/{id}/roles", func(c *call) (*reply, error) {
		r, err := k.readable(c, c.PathValue("id"), "get")
		if err != nil {
			return nil, err
		}
		return ok(map[string]any{"roles": c.trustRoles(r),
			"links": map[string]any{"self": c.url("/v3/" + r.id + "/roles"), "next": nil, "previous": nil}}), nil
	})
	s.on("GET /v3/OS-TRUST/trusts/{id}/roles/{role}", func(c *call) (*reply, error) {
		r, err := k.readable(c, c.PathValue("id"), "get")
		if err != nil {
			return nil, err
		}
		i := &c.cloud.identity
		if ids, _ := r.doc["roles"].([]string); !slices.Contains(ids, c.PathValue("role")) {
			return nil, refuse(http.StatusNotFound, "Could not find role: %s.", c.PathValue("role"))
		}
		return ok(map[string]any{"role": i.kind("roles").body(c, i.look("roles", c.PathValue("role")))}), nil
	})
}

// listTrusts lists those of one trustor or trustee, or all.
func listTrusts(k *kind) handler {
	return func(c *call) (*reply, error) {
		q := c.URL.Query()
		rule := "identity:list_trusts"
		for _, who := range []string{"trustee", "trustor"} {
			if q.Get(who+"_user_id") != "" {
				rule = "identity:list_trusts_for_" + who
			}
		}
		if !readsTrust(c, "", nil) && !c.may(rule, "admin") {
			return nil, forbidden(rule)
		}
		list := []any{}
		for r := range c.cloud.identity.rows("trusts").All() {
			if b := k.body(c, r); matchesFilters(b, q, []string{"trustor_user_id", "trustee_user_id"}) {
				list = append(list, b)
			}
		}
		return ok(c.keystoneList("trusts", list)), nil
	}
}

// scopeTrust lets a token stand for what a trust gives to its user.
func (c *call) scopeTrust(t *token, wish map[string]any) error {
	i := &c.cloud.identity
	trust, err := i.kind("trusts").find(i, text(wish["id"]))
	if err != nil {
		return err
	}
	if trust.ref("trustee_user_id") != t.user.id || t.credential != "" {
		return errUnauthorized
	}
	if at := trust.ref("expires_at"); at != "" {
		when, err := time.Parse(time.RFC3339Nano, at)
		if err != nil || !c.now.Before(when) {
			return errUnauthorized
		}
		if when.Before(t.expires) {
			t.expires = when
		}
	}
	if left, limited := asInt(trust.doc["remaining_uses"]); limited {
		if left == 0 {
			return refuse(http.StatusForbidden, "No remaining uses for trust: %s.", trust.id)
		}
		trust.set(map[string]any{"remaining_uses": left - 1})
	}
	t.trust, t.project = trust.id, trust.ref("project_id")
	if trust.doc["impersonation"] == true {
		t.user = i.look("users", trust.ref("trustor_user_id"))
	}
	if t.user == nil {
		return errUnauthorized
	}
	return nil
}
