package openstack

import (
	"encoding/base64"
	"net/http"
	"slices"
	"time"
)

// A credential is an application credential: a login for programs, with the
// rights of its owner in one project.
type credential struct {
	id, name, description, secret string
	user                          *record
	project                       string
	roles                         []string // ids
	expires                       time.Time
	unrestricted                  any      // bool, or nil as it was not said
	rules                         []string // ids of the only requests that it is good for; nil: all
}

func keystoneCredentials(s *service) {
	const path = "/v3/users/{id}/application_credentials"
	s.on("GET "+path, listCredentials)
	s.on("POST "+path, createCredential)
	s.on("GET "+path+"/{credential}", showCredential)
	s.on("DELETE "+path+"/{credential}", deleteCredential)
	s.on("GET /v3/users/{id}/access_rules", listAccessRules)
	s.on("GET /v3/users/{id}/access_rules/{rule}", showAccessRule)
	s.on("DELETE /v3/users/{id}/access_rules/{rule}", deleteAccessRule)
}

// proveCredential checks the secret of an application credential, named by id,
// or by name and owner.
func (c *call) proveCredential(t *token, given map[string]any) error {
	made, err := c.findCredential(given)
	if err != nil {
		return err
	}
	expired := !made.expires.IsZero() && !c.now.Before(made.expires)
	if made.secret != text(given["secret"]) || expired {
		return errUnauthorized
	}
	t.user, t.project, t.credential = made.user, made.project, made.id
	if !made.expires.IsZero() && made.expires.Before(t.expires) {
		t.expires = made.expires
	}
	return nil
}

func (c *call) findCredential(given map[string]any) (*credential, error) {
	if id, ok := given["id"].(string); ok {
		made, there := c.cloud.identity.credentials.Get(id)
		if !there {
			return nil, noCredential(id)
		}
		return made, nil
	}
	who, ok := given["user"].(map[string]any)
	if !ok {
		return nil, missing("user", "application_credential")
	}
	owner, err := c.cloud.identity.named(who)
	if err != nil {
		return nil, err
	}
	for made := range c.cloud.identity.credentials.All() {
		if made.user == owner && made.name == text(given["name"]) {
			return made, nil
		}
	}
	return nil, noCredential(text(given["name"]))
}

func noCredential(id string) error {
	return refuse(http.StatusNotFound, "Could not find Application Credential: %s.", id)
}

func (c *call) credentialBody(a *credential) map[string]any {
	roles := []any{}
	for _, id := range a.roles {
		b := c.cloud.identity.kind("roles").body(c, c.cloud.identity.look("roles", id))
		delete(b, "links")
		roles = append(roles, b)
	}
	body := map[string]any{"id": a.id, "name": a.name, "description": orNull(a.description), "user_id": a.user.id, "project_id": a.project,
		"system": nil, "expires_at": nil, "unrestricted": a.unrestricted, "roles": roles,
		"links": map[string]any{"self": c.url("/v3/application_credentials/" + a.id)}}
	if !a.expires.IsZero() {
		body["expires_at"] = a.expires.Format("2006-01-02T15:04:05.000000")
	}
	if len(a.rules) > 0 {
		body["access_rules"] = c.accessRules(a)
	}
	return body
}

func listCredentials(c *call) (*reply, error) {
	u, err := c.oneUser("identity:list_application_credentials")
	if err != nil {
		return nil, err
	}
	list, name := []any{}, c.URL.Query().Get("name")
	for a := range c.cloud.identity.credentials.Of(u.id) {
		if name == "" || name == a.name {
			list = append(list, c.credentialBody(a))
		}
	}
	return ok(c.keystoneList("application_credentials", list)), nil
}

// createCredential gives a login away. Only its owner may, and not with a
// restricted application credential.
func createCredential(c *call) (*reply, error) {
	u, err := c.oneUser("identity:create_application_credential")
	if err != nil {
		return nil, err
	}
	if u != c.token.user {
		return nil, forbidden("identity:create_application_credential")
	}
	if old, there := c.cloud.identity.credentials.Get(c.token.credential); there && old.unrestricted != true {
		return nil, forbidden("Using method 'application_credential' is not allowed for managing additional application credentials.")
	}
	wish, _ := c.document("application_credential")
	if err := conformKeystone(applicationForm, wish); err != nil {
		return nil, err
	}
	a := &credential{name: text(wish["name"]), description: text(wish["description"]), secret: text(wish["secret"]), user: u,
		project: c.token.project, roles: c.token.roleIDs}
	if err := c.fillCredential(a, wish); err != nil {
		return nil, err
	}
	c.cloud.identity.credentials.Put(a.id, u.id, a)
	body := c.credentialBody(a)
	body["secret"] = a.secret
	return with(http.StatusCreated, map[string]any{"application_credential": body}), nil
}

func (c *call) fillCredential(a *credential, wish map[string]any) (err error) {
	i := &c.cloud.identity
	for other := range i.credentials.Of(a.user.id) {
		if other.name == a.name {
			return conflict("application_credential", "Duplicate entry found with name "+a.name)
		}
	}
	if roles, given := wish["roles"].([]any); given && len(roles) > 0 {
		if a.roles, err = i.chosenRoles(roles); err != nil {
			return err
		}
		for _, id := range a.roles {
			if !slices.Contains(c.token.roleIDs, id) {
				return refuse(http.StatusBadRequest, "Invalid application credential: Cannot create an application credential with unassigned role")
			}
		}
	}
	if a.expires, err = c.expiry(wish["expires_at"]); err != nil {
		return err
	}
	if err := c.keepRules(a, wish["access_rules"]); err != nil {
		return err
	}
	a.unrestricted = wish["unrestricted"]
	a.id = i.secrets.Hex()
	if a.secret == "" {
		a.secret = base64.RawURLEncoding.EncodeToString([]byte(i.secrets.Hex() + i.secrets.Hex()))
	}
	return nil
}

func (c *call) oneCredential(action string) (*credential, error) {
	u, err := c.oneUser(action)
	if err != nil {
		return nil, err
	}
	a, there := c.cloud.identity.credentials.In(u.id, c.PathValue("credential"))
	if !there {
		return nil, noCredential(c.PathValue("credential"))
	}
	return a, nil
}

func showCredential(c *call) (*reply, error) {
	a, err := c.oneCredential("identity:get_application_credential")
	if err != nil {
		return nil, err
	}
	return ok(map[string]any{"application_credential": c.credentialBody(a)}), nil
}

func deleteCredential(c *call) (*reply, error) {
	a, err := c.oneCredential("identity:delete_application_credential")
	if err != nil {
		return nil, err
	}
	c.cloud.identity.credentials.Delete(a.id)
	c.cloud.identity.changes++
	return empty(http.StatusNoContent), nil
}
