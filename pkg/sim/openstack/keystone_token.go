package openstack

import (
	"encoding/base64"
	"net/http"
	"slices"
	"time"
)

// keystoneTime is Keystone's form of a moment.
const keystoneTime = "2006-01-02T15:04:05.000000Z"

// createToken is a login: who somebody is, then what for.
func createToken(c *call) (*reply, error) {
	body, _ := c.body.(map[string]any)
	auth, ok := body["auth"].(map[string]any)
	if !ok {
		return nil, missing("auth", "request body")
	}
	t, err := c.identify(auth)
	if err != nil {
		return nil, err
	}
	if err := c.scope(t, auth["scope"]); err != nil {
		return nil, err
	}
	c.cloud.identity.issue(t, c.now)
	made := c.tokenBody(t)
	if c.URL.Query().Has("nocatalog") {
		delete(made, "catalog")
	}
	rep := with(http.StatusCreated, map[string]any{"token": made})
	return rep.set("X-Subject-Token", t.id), nil
}

// identify checks the proofs of who somebody is.
func (c *call) identify(auth map[string]any) (*token, error) {
	proof, ok := auth["identity"].(map[string]any)
	if !ok {
		return nil, refuse(http.StatusBadRequest, "'identity' is a required property")
	}
	methods, ok := proof["methods"].([]any)
	if !ok || len(methods) == 0 {
		return nil, errUnauthorized
	}
	t := &token{issued: c.now, expires: c.now.Add(tokenLife)}
	for _, m := range methods {
		name := text(m)
		given, ok := proof[name].(map[string]any)
		if !ok {
			return nil, missing(name, "identity")
		}
		if err := c.prove(t, name, given); err != nil {
			return nil, err
		}
		if !slices.Contains(t.methods, name) {
			t.methods = append(t.methods, name)
		}
	}
	return t, nil
}

func (c *call) prove(t *token, method string, given map[string]any) error {
	switch method {
	case "password":
		return c.provePassword(t, given)
	case "token":
		old := c.cloud.identity.tokens[text(given["id"])]
		if old == nil {
			return refuse(http.StatusNotFound, "Could not recognize Fernet token")
		}
		if !c.now.Before(old.expires) || old.credential != "" {
			return errUnauthorized
		}
		t.user, t.expires, t.methods, t.audit = old.user, old.expires, slices.Clone(old.methods), old.audit[len(old.audit)-1:]
		return nil
	case "application_credential":
		return c.proveCredential(t, given)
	}
	return &refusal{status: http.StatusUnauthorized, message: "Attempted to authenticate with an unsupported method.",
		extra: map[string]any{"identity": map[string]any{"methods": []string{"external", "password", "token", "oauth1", "mapped", "application_credential"}}}}
}

func (c *call) provePassword(t *token, given map[string]any) error {
	who, ok := given["user"].(map[string]any)
	if !ok {
		return missing("user", "password")
	}
	u, err := c.cloud.identity.find(who)
	if err != nil {
		return err
	}
	if u == nil || u.password != text(who["password"]) {
		return errUnauthorized
	}
	t.user = u
	return nil
}

// find returns the user that is named by id, or by name and domain; nil: there
// is none.
func (i *identity) find(who map[string]any) (*user, error) {
	if id, ok := who["id"].(string); ok {
		u, _ := i.users.Get(id)
		return u, nil
	}
	name, ok := who["name"].(string)
	if !ok {
		return nil, missing("id or name", "user")
	}
	domain, ok := who["domain"].(map[string]any)
	if !ok {
		return nil, missing("domain", "user")
	}
	for u := range i.users.All() {
		if u.name == name && isDefaultDomain(domain) {
			return u, nil
		}
	}
	return nil, nil
}

func isDefaultDomain(d map[string]any) bool {
	return text(d["id"]) == "default" || d["id"] == nil && text(d["name"]) == "Default"
}

// scope settles what the token is for. Without a wish, it is the user's
// default project; an application credential is for its own project.
func (c *call) scope(t *token, wish any) error {
	if wish != nil && t.credential != "" {
		return &refusal{status: http.StatusUnauthorized, extra: map[string]any{"identity": map[string]any{}},
			message: "Error authenticating with application credential: Application credentials cannot request a scope."}
	}
	switch wish := wish.(type) {
	case nil:
		if t.credential != "" {
			return nil
		}
		if t.user.home != "" && !slices.Contains(t.methods, "token") {
			t.project, t.roles = t.user.home, t.user.roles[t.user.home]
		}
		return nil
	case map[string]any:
		if p, ok := wish["project"].(map[string]any); ok {
			return c.scopeProject(t, p)
		}
	case string:
		if wish == "unscoped" {
			return nil
		}
	}
	return errUnauthorized // domain and system: nobody here has a role there
}

func (c *call) scopeProject(t *token, wish map[string]any) error {
	id := text(wish["id"])
	if id == "" {
		domain, ok := wish["domain"].(map[string]any)
		if !ok {
			return missing("domain", "project")
		}
		for p := range c.cloud.identity.projects.All() {
			if p.name == text(wish["name"]) && isDefaultDomain(domain) {
				id = p.id
			}
		}
	}
	roles := t.user.roles[id]
	if len(roles) == 0 {
		return errUnauthorized
	}
	t.project, t.roles = id, roles
	return nil
}

// issue gives the token its id and remembers it; expired ones are forgotten.
func (i *identity) issue(t *token, now time.Time) {
	for id, old := range i.tokens {
		if now.After(old.expires.Add(tokenLife)) {
			delete(i.tokens, id)
		}
	}
	secret := i.secrets.Hex() + i.secrets.Hex() + i.secrets.Hex() + i.secrets.Hex()
	t.id = "gAAAAAB" + base64.RawURLEncoding.EncodeToString([]byte(secret))
	t.audit = append([]string{base64.RawURLEncoding.EncodeToString([]byte(i.secrets.Hex()[:16]))}, t.audit...)
	i.tokens[t.id] = t
}

func (c *call) tokenBody(t *token) map[string]any {
	domain := map[string]any{"id": "default", "name": "Default"}
	body := map[string]any{
		"methods": t.methods, "audit_ids": t.audit,
		"issued_at": t.issued.Truncate(time.Second).Format(keystoneTime), "expires_at": t.expires.Truncate(time.Second).Format(keystoneTime),
		"user": map[string]any{"domain": domain, "id": t.user.id, "name": t.user.name, "password_expires_at": nil},
	}
	if t.credential != "" {
		made, _ := c.cloud.identity.credentials.Get(t.credential)
		body["application_credential"] = map[string]any{"id": made.id, "name": made.name, "restricted": made.unrestricted != true}
	}
	if t.project == "" {
		return body
	}
	body["project"] = map[string]any{"domain": domain, "id": t.project, "name": c.cloud.identity.projectName(t.project)}
	body["is_domain"] = false
	body["roles"] = c.cloud.identity.roleList(t.roles)
	body["catalog"] = c.catalog(t.project)
	return body
}

func (i *identity) roleList(names []string) []any {
	list := []any{}
	for _, n := range names {
		list = append(list, map[string]any{"id": i.roles[n], "name": n})
	}
	return list
}

// subject returns the token in X-Subject-Token, for those who may see it: its
// owner and the administrator.
func (c *call) subject(action string) (*token, error) {
	id := c.Header.Get("X-Subject-Token")
	if id == "" {
		return nil, forbidden(action)
	}
	t := c.cloud.identity.valid(id, c.now)
	if t == nil {
		return nil, refuse(http.StatusNotFound, "Could not recognize Fernet token")
	}
	if t.user != c.token.user && !c.admin() {
		return nil, forbidden(action)
	}
	return t, nil
}

func showToken(c *call) (*reply, error) {
	t, err := c.subject("identity:validate_token")
	if err != nil {
		return nil, err
	}
	body := c.tokenBody(t)
	if c.URL.Query().Has("nocatalog") {
		delete(body, "catalog")
	}
	return ok(map[string]any{"token": body}).set("X-Subject-Token", t.id), nil
}

func revokeToken(c *call) (*reply, error) {
	t, err := c.subject("identity:revoke_token")
	if err != nil {
		return nil, err
	}
	delete(c.cloud.identity.tokens, t.id)
	return empty(http.StatusNoContent), nil
}
