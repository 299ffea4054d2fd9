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
		given, isObject := proof[name].(map[string]any)
		if !isObject && name != "oauth1" {
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
		return c.proveToken(t, text(given["id"]))
	case "application_credential":
		return c.proveCredential(t, given)
	case "oauth1":
		return c.proveOAuth(t)
	}
	return &refusal{status: http.StatusUnauthorized, message: "Attempted to authenticate with an unsupported method.",
		extra: map[string]any{"identity": map[string]any{"methods": []string{"external", "password", "token", "oauth1", "mapped", "application_credential"}}}}
}

// proveToken takes an older token for a proof. What was given for one purpose
// only cannot be turned into something else.
func (c *call) proveToken(t *token, id string) error {
	i := &c.cloud.identity
	old := i.tokens[id]
	if old == nil {
		return refuse(http.StatusNotFound, "Could not recognize Fernet token")
	}
	if i.valid(id, c.now) == nil || old.delegated() || old.trust != "" {
		return errUnauthorized
	}
	t.user, t.expires, t.methods, t.audit = old.user, old.expires, slices.Clone(old.methods), old.audit[len(old.audit)-1:]
	return nil
}

func (c *call) provePassword(t *token, given map[string]any) error {
	who, ok := given["user"].(map[string]any)
	if !ok {
		return missing("user", "password")
	}
	u, err := c.cloud.identity.named(who)
	if err != nil {
		return err
	}
	if u == nil || u.secret == "" || u.secret != text(who["password"]) || !c.cloud.identity.active(u) {
		return errUnauthorized
	}
	t.user = u
	return nil
}

// named returns the user that is named by id, or by name and domain; nil: there
// is none.
func (i *identity) named(who map[string]any) (*record, error) {
	if id, ok := who["id"].(string); ok {
		return i.look("users", id), nil
	}
	name, ok := who["name"].(string)
	if !ok {
		return nil, missing("id or name", "user")
	}
	domain, ok := who["domain"].(map[string]any)
	if !ok {
		return nil, missing("domain", "user")
	}
	where := i.domain(domain)
	for u := range i.rows("users").All() {
		if where != nil && u.name == name && u.ref("domain_id") == where.id {
			return u, nil
		}
	}
	return nil, nil
}

// domain returns the domain of that id or name, or nil.
func (i *identity) domain(wish map[string]any) *record {
	for d := range i.rows("projects").All() {
		if isDomain(d) && (d.id == wish["id"] || wish["id"] == nil && d.name == wish["name"]) {
			return d
		}
	}
	return nil
}

// active tells whether a user or a project, and the domain that it is in, are
// enabled.
func (i *identity) active(r *record) bool {
	d := i.look("projects", r.ref("domain_id"))
	return r.enabled() && (d == nil || d.enabled())
}

// scope settles what the token is for. Without a wish, it is the user's
// default project; an application credential is for its own project.
func (c *call) scope(t *token, wish any) error {
	if wish != nil && t.credential != "" {
		return &refusal{status: http.StatusUnauthorized, extra: map[string]any{"identity": map[string]any{}},
			message: "Error authenticating with application credential: Application credentials cannot request a scope."}
	}
	i := &c.cloud.identity
	switch wish := wish.(type) {
	case nil:
		if home := t.user.ref("default_project_id"); t.project == "" && !slices.Contains(t.methods, "token") {
			if p := i.look("projects", home); p != nil && i.active(p) && len(i.effective(t.user.id, "projects", home)) > 0 {
				t.project = home
			}
		}
	case map[string]any:
		if err := c.scopeTo(t, wish); err != nil {
			return err
		}
	case string:
		if wish != "unscoped" {
			return errUnauthorized
		}
	default:
		return errUnauthorized
	}
	if !i.refresh(t) {
		return errUnauthorized
	}
	return nil
}

func (c *call) scopeTo(t *token, wish map[string]any) error {
	if p, ok := wish["project"].(map[string]any); ok {
		return c.scopeProject(t, p)
	}
	if d, ok := wish["domain"].(map[string]any); ok {
		found := c.cloud.identity.domain(d)
		if found == nil {
			return errUnauthorized
		}
		t.domain = found.id
		return nil
	}
	if all, ok := wish["system"].(map[string]any); ok && all["all"] == true {
		t.system = true
		return nil
	}
	if trust, ok := wish["OS-TRUST:trust"].(map[string]any); ok {
		return c.scopeTrust(t, trust)
	}
	if _, ok := wish["unscoped"]; ok {
		return nil
	}
	return errUnauthorized
}

func (c *call) scopeProject(t *token, wish map[string]any) error {
	i := &c.cloud.identity
	id := text(wish["id"])
	if id == "" {
		given, ok := wish["domain"].(map[string]any)
		if !ok {
			return missing("domain", "project")
		}
		domain := i.domain(given)
		for p := range i.rows("projects").All() {
			if domain != nil && p.name == text(wish["name"]) && p.ref("domain_id") == domain.id && !isDomain(p) {
				id = p.id
			}
		}
	}
	if id == "" || i.look("projects", id) == nil {
		return errUnauthorized
	}
	t.project = id
	return nil
}

// valid returns the token of that id unless it is unknown, has expired, or
// rests on something that is no more.
func (i *identity) valid(id string, now time.Time) *token {
	t := i.tokens[id]
	if t == nil || !now.Before(t.expires) {
		return nil
	}
	if t.known != i.changes && !i.refresh(t) {
		return nil
	}
	return t
}

// refresh finds out what a token is worth now; false: nothing.
func (i *identity) refresh(t *token) bool {
	t.known = i.changes
	renewals, alive := t.user.renewals, i.look("users", t.user.id) == t.user && i.active(t.user)
	for _, id := range []string{t.project, t.domain} {
		if id == "" {
			continue
		}
		place := i.look("projects", id)
		if place == nil {
			return false
		}
		alive = alive && i.active(place)
		renewals += place.renewals
	}
	if t.id != "" && renewals != t.renewals || !alive {
		t.known = -1
		return false
	}
	t.renewals = renewals
	t.roleIDs = i.rolesOf(t)
	t.roles = i.roleNames(t.roleIDs)
	return len(t.roles) > 0 || t.project == "" && t.domain == "" && !t.system
}

// rolesOf returns the ids of the roles that a token stands for. A delegation
// gives no more than what who delegates still has.
func (i *identity) rolesOf(t *token) []string {
	user, scope, target := t.user.id, "projects", t.project
	switch {
	case t.system:
		scope, target = "system", "all"
	case t.domain != "":
		scope, target = "domains", t.domain
	}
	var given []string
	switch {
	case t.credential != "":
		a, there := i.credentials.Get(t.credential)
		if !there {
			return nil
		}
		given = a.roles
	case t.trust != "":
		trust := i.look("trusts", t.trust)
		if trust == nil {
			return nil
		}
		user = trust.ref("trustor_user_id")
		roles, _ := trust.doc["roles"].([]string)
		given = i.closure(roles)
	case t.access != "":
		d := i.accesses[t.access]
		if d == nil {
			return nil
		}
		given = d.roles
	default:
		return i.effective(user, scope, target)
	}
	have := i.effective(user, scope, target)
	return slices.DeleteFunc(slices.Clone(given), func(id string) bool { return !slices.Contains(have, id) })
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
	i := &c.cloud.identity
	body := map[string]any{
		"methods": t.methods, "audit_ids": t.audit,
		"issued_at": t.issued.Truncate(time.Second).Format(keystoneTime), "expires_at": t.expires.Truncate(time.Second).Format(keystoneTime),
		"user": map[string]any{"domain": i.domainReference(t.user.ref("domain_id")), "id": t.user.id, "name": t.user.name, "password_expires_at": nil},
	}
	c.addDelegation(t, body)
	switch {
	case t.project != "":
		p := i.look("projects", t.project)
		body["project"] = map[string]any{"domain": i.domainReference(p.ref("domain_id")), "id": p.id, "name": p.name}
		body["is_domain"] = isDomain(p)
	case t.domain != "":
		body["domain"] = i.domainReference(t.domain)
	case t.system:
		body["system"] = map[string]any{"all": true}
	default:
		return body
	}
	body["roles"] = c.tokenRoles(t)
	body["catalog"] = c.catalog(t)
	return body
}

// addDelegation tells whose word the token rests on.
func (c *call) addDelegation(t *token, body map[string]any) {
	i := &c.cloud.identity
	if made, there := i.credentials.Get(t.credential); there {
		shown := map[string]any{"id": made.id, "name": made.name, "restricted": made.unrestricted != true}
		if made.rules != nil {
			shown["access_rules"] = c.accessRules(made)
		}
		body["application_credential"] = shown
	}
	if trust := i.look("trusts", t.trust); trust != nil {
		body["OS-TRUST:trust"] = map[string]any{"id": trust.id, "impersonation": trust.doc["impersonation"],
			"trustor_user": map[string]any{"id": trust.doc["trustor_user_id"]}, "trustee_user": map[string]any{"id": trust.doc["trustee_user_id"]}}
	}
	if d := i.accesses[t.access]; d != nil {
		body["OS-OAUTH1"] = map[string]any{"access_token_id": d.id, "consumer_id": d.consumer}
	}
}

func (i *identity) domainReference(id string) map[string]any {
	return map[string]any{"id": id, "name": i.domainName(id)}
}

// tokenRoles names the roles; those of a trust come with all that there is.
func (c *call) tokenRoles(t *token) []any {
	i, list := &c.cloud.identity, []any{}
	for _, id := range t.roleIDs {
		r := i.look("roles", id)
		if r == nil || r.doc["domain_id"] != nil {
			continue
		}
		b := map[string]any{"id": id, "name": r.name}
		if t.trust != "" {
			b["domain_id"], b["description"], b["options"] = nil, r.doc["description"], r.doc["options"]
		}
		list = append(list, b)
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
