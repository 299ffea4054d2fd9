package openstack

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// How long a consumer may wait for the user's word, and how long his access
// lasts (oauth1.request_token_duration, access_token_duration).
const (
	requestLife = 8 * time.Hour
	accessLife  = 24 * time.Hour
)

// A delegation is an OAuth 1.0a token: first a request, then, once a user has
// agreed, access with his roles in one project.
type delegation struct {
	id, secret, consumer, project, verifier string
	user                                    string // who agreed; empty: nobody yet
	roles                                   []string
	expires                                 time.Time
}

func consumerChanged(c *call, r *record) {
	if r.secret == "" {
		r.secret = c.cloud.identity.secrets.Hex()
	}
}

// showConsumerSecret tells the secret once.
func showConsumerSecret(c *call, r *record, b map[string]any) {
	if delete(b, "secret"); c.Method == http.MethodPost {
		b["secret"] = r.secret
	}
}

func dropConsumer(c *call, r *record) error {
	i := &c.cloud.identity
	for _, all := range []map[string]*delegation{i.requests, i.accesses} {
		for id, d := range all {
			if d.consumer == r.id {
				delete(all, id)
			}
		}
	}
	return nil
}

func keystoneOAuth(s *service) {
	s.onPublic("POST /v3/OS-OAUTH1/request_token", createOAuthRequest)
	s.onPublic("POST /v3/OS-OAUTH1/access_token", createOAuthAccess)
	s.on("PUT /v3/OS-OAUTH1/authorize/{request}", authorizeOAuth)
	const path = "/v3/users/{id}/OS-OAUTH1/access_tokens"
	s.on("GET "+path, listAccesses)
	s.on("GET "+path+"/{access}", showAccess)
	s.on("DELETE "+path+"/{access}", deleteAccess)
	s.on("GET "+path+"/{access}/roles", listAccessRoles)
	s.on("GET "+path+"/{access}/roles/{role}", showAccessRole)
}

// oauthParameters reads the header Authorization: OAuth k="v", …
func (c *call) oauthParameters() map[string]string {
	rest, isOAuth := strings.CutPrefix(c.Header.Get("Authorization"), "OAuth ")
	out := map[string]string{}
	if !isOAuth {
		return out
	}
	for _, pair := range strings.Split(rest, ",") {
		key, quoted, _ := strings.Cut(strings.TrimSpace(pair), "=")
		value, err := url.PathUnescape(strings.Trim(quoted, `"`))
		if err == nil {
			out[key] = value
		}
	}
	return out
}

// oauthSigned tells whether the request is signed with those secrets
// (RFC 5849, 3.4).
func (c *call) oauthSigned(p map[string]string, consumer, secret string) bool {
	key := oauthEscape(consumer) + "&" + oauthEscape(secret)
	if p["oauth_signature_method"] == "PLAINTEXT" {
		return hmac.Equal([]byte(key), []byte(p["oauth_signature"]))
	}
	var pairs []string
	for k, v := range p {
		if k != "oauth_signature" && k != "realm" {
			pairs = append(pairs, oauthEscape(k)+"="+oauthEscape(v))
		}
	}
	for k, vs := range c.URL.Query() {
		for _, v := range vs {
			pairs = append(pairs, oauthEscape(k)+"="+oauthEscape(v))
		}
	}
	slices.Sort(pairs)
	base := c.Method + "&" + oauthEscape(c.host()+c.URL.Path) + "&" + oauthEscape(strings.Join(pairs, "&"))
	mac := hmac.New(sha1.New, []byte(key))
	mac.Write([]byte(base))
	return hmac.Equal([]byte(base64.StdEncoding.EncodeToString(mac.Sum(nil))), []byte(p["oauth_signature"]))
}

// oauthEscape is percent-encoding as RFC 5849 wants it.
func oauthEscape(s string) string {
	return strings.NewReplacer("+", "%20", "%7E", "~").Replace(url.QueryEscape(s))
}

func (d *delegation) form() *reply {
	said := "oauth_token=" + d.id + "&oauth_token_secret=" + d.secret + "&oauth_expires_at=" + isotime(d.expires)
	return (&reply{status: http.StatusCreated, bytes: []byte(said)}).set("Content-Type", "application/x-www-form-urlencoded")
}

func createOAuthRequest(c *call) (*reply, error) {
	p, i := c.oauthParameters(), &c.cloud.identity
	project := c.Header.Get("Requested-Project-Id")
	switch {
	case p["oauth_consumer_key"] == "":
		return nil, missing("oauth_consumer_key", "request")
	case project == "":
		return nil, missing("Requested-Project-Id", "request")
	}
	if _, err := i.kind("projects").find(i, project); err != nil {
		return nil, err
	}
	consumer, err := i.kind("consumers").find(i, p["oauth_consumer_key"])
	if err != nil {
		return nil, err
	}
	if !c.oauthSigned(p, consumer.secret, "") {
		return nil, errUnauthorized
	}
	d := &delegation{id: i.secrets.Hex(), secret: i.secrets.Hex(), consumer: consumer.id, project: project, expires: c.now.Add(requestLife)}
	i.requests[d.id] = d
	return d.form(), nil
}

// authorizeOAuth is the user's word.
func authorizeOAuth(c *call) (*reply, error) {
	if !c.may("identity:authorize_request_token", "admin") {
		return nil, forbidden("identity:authorize_request_token")
	}
	i := &c.cloud.identity
	d := i.requests[c.PathValue("request")]
	if d == nil {
		return nil, refuse(http.StatusNotFound, "Request token not found")
	}
	if !c.now.Before(d.expires) {
		return nil, errUnauthorized
	}
	body, _ := c.body.(map[string]any)
	if path, _, wrong := roleChoice.violation("", body["roles"]); wrong != "" {
		return nil, refuse(http.StatusBadRequest, "Invalid input for field '%s': %s", path, wrong)
	}
	roles, err := i.chosenRoles(body["roles"])
	if err != nil {
		return nil, err
	}
	have := i.effective(c.token.user.id, "projects", d.project)
	for _, role := range roles {
		if !slices.Contains(have, role) {
			return nil, errUnauthorized
		}
	}
	d.user, d.roles, d.verifier = c.token.user.id, roles, i.secrets.Hex()[:8]
	return ok(map[string]any{"token": map[string]any{"oauth_verifier": d.verifier}}), nil
}

func createOAuthAccess(c *call) (*reply, error) {
	p, i := c.oauthParameters(), &c.cloud.identity
	for _, needed := range []string{"oauth_consumer_key", "oauth_token", "oauth_verifier"} {
		if p[needed] == "" {
			return nil, missing(needed, "request")
		}
	}
	d := i.requests[p["oauth_token"]]
	if d == nil {
		return nil, refuse(http.StatusNotFound, "Request token not found")
	}
	consumer := i.look("consumers", p["oauth_consumer_key"])
	if consumer == nil || d.consumer != consumer.id || d.user == "" || d.verifier != p["oauth_verifier"] || !c.now.Before(d.expires) ||
		!c.oauthSigned(p, consumer.secret, d.secret) {
		return nil, errUnauthorized
	}
	delete(i.requests, d.id)
	access := &delegation{id: i.secrets.Hex(), secret: i.secrets.Hex(), consumer: d.consumer, project: d.project, user: d.user, roles: d.roles,
		expires: c.now.Add(accessLife)}
	i.accesses[access.id] = access
	return access.form(), nil
}

// proveOAuth is a login with such an access; the proof is the signature.
func (c *call) proveOAuth(t *token) error {
	p, i := c.oauthParameters(), &c.cloud.identity
	if p["oauth_token"] == "" {
		return missing("oauth_token", "request")
	}
	d := i.accesses[p["oauth_token"]]
	if d == nil {
		return refuse(http.StatusNotFound, "Access token not found")
	}
	consumer, user := i.look("consumers", d.consumer), i.look("users", d.user)
	if consumer == nil || user == nil || p["oauth_consumer_key"] != d.consumer || !c.now.Before(d.expires) ||
		!c.oauthSigned(p, consumer.secret, d.secret) {
		return errUnauthorized
	}
	t.user, t.project, t.access = user, d.project, d.id
	return nil
}

func (c *call) accessBody(d *delegation) map[string]any {
	self := c.url("/v3/users/" + d.user + "/OS-OAUTH1/access_tokens/" + d.id)
	return map[string]any{"id": d.id, "consumer_id": d.consumer, "authorizing_user_id": d.user, "project_id": d.project,
		"expires_at": isotime(d.expires), "links": map[string]any{"roles": self + "/roles", "self": self}}
}

func listAccesses(c *call) (*reply, error) {
	if !c.may("identity:list_access_tokens", "admin") {
		return nil, forbidden("identity:list_access_tokens")
	}
	list, i := []any{}, &c.cloud.identity
	for _, id := range sortedKeys(i.accesses) {
		if i.accesses[id].user == c.PathValue("id") {
			list = append(list, c.accessBody(i.accesses[id]))
		}
	}
	return ok(c.keystoneList("access_tokens", list)), nil
}

func (c *call) oneAccess(action string) (*delegation, error) {
	if !c.may("identity:"+action, "admin") {
		return nil, forbidden("identity:" + action)
	}
	d := c.cloud.identity.accesses[c.PathValue("access")]
	if d == nil || d.user != c.PathValue("id") {
		return nil, refuse(http.StatusNotFound, "Access token not found")
	}
	return d, nil
}

func showAccess(c *call) (*reply, error) {
	d, err := c.oneAccess("get_access_token")
	if err != nil {
		return nil, err
	}
	return ok(map[string]any{"access_token": c.accessBody(d)}), nil
}

func deleteAccess(c *call) (*reply, error) {
	d, err := c.oneAccess("delete_access_token")
	if err != nil {
		return nil, err
	}
	delete(c.cloud.identity.accesses, d.id)
	c.cloud.identity.changes++
	return empty(http.StatusNoContent), nil
}

// accessRole is a role without its description, as this corner of Keystone
// shows it.
func (c *call) accessRole(id string) map[string]any {
	i := &c.cloud.identity
	b := i.kind("roles").body(c, i.look("roles", id))
	delete(b, "description")
	return b
}

func listAccessRoles(c *call) (*reply, error) {
	d, err := c.oneAccess("list_access_token_roles")
	if err != nil {
		return nil, err
	}
	list := []any{}
	for _, id := range d.roles {
		list = append(list, c.accessRole(id))
	}
	return ok(c.keystoneList("roles", list)), nil
}

func showAccessRole(c *call) (*reply, error) {
	d, err := c.oneAccess("get_access_token_role")
	if err != nil {
		return nil, err
	}
	if !slices.Contains(d.roles, c.PathValue("role")) {
		return nil, refuse(http.StatusNotFound, "Could not find role: %s.", c.PathValue("role"))
	}
	return ok(map[string]any{"role": c.accessRole(c.PathValue("role"))}), nil
}
