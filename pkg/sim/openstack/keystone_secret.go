package openstack

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// credentialForm is the body of a credential: any secret that a user leaves
// with Keystone. One for EC2 belongs to a project.
var credentialForm = func() schema {
	form := object(map[string]schema{"blob": plainText, "project_id": anyText, "type": plainText, "user_id": plainText})
	return form
}()

// ownsCredential is for what is, and stays, one's own.
func ownsCredential(c *call, r *record, wish map[string]any) bool {
	if r != nil {
		return r.ref("user_id") == c.token.user.id
	}
	return text(wish["user_id"]) == c.token.user.id
}

// checkCredential knows one kind of secret: a key pair of EC2, whose id is the
// hash of its public half.
func checkCredential(c *call, r *record, wish map[string]any) error {
	if c.token.delegated() {
		return forbidden("Delegated tokens cannot access credentials directly")
	}
	kind := text(wish["type"])
	if r != nil {
		for _, key := range sortedKeys(wish) {
			if key != "blob" {
				return refuse(http.StatusBadRequest, "Additional properties are not allowed (%s was unexpected)", pyRepr(key))
			}
		}
		kind = r.ref("type")
	} else if wish["blob"] == nil || wish["type"] == nil || wish["user_id"] == nil || kind == "ec2" && wish["project_id"] == nil {
		return refuse(http.StatusBadRequest, "%s is not valid under any of the given schemas", pyRepr(given(wish)))
	}
	if !strings.EqualFold(kind, "ec2") {
		return nil
	}
	var pair map[string]any
	if err := json.Unmarshal([]byte(text(wish["blob"])), &pair); err != nil {
		return badKeystone("Invalid blob in credential")
	}
	access, isText := pair["access"].(string)
	if !isText {
		return missing("access", "credential")
	}
	if r == nil {
		wish["id"] = accessHash(access)
	}
	return nil
}

// given is a wish without what nobody said.
func given(wish map[string]any) map[string]any {
	out := map[string]any{}
	for k, v := range wish {
		if v != nil {
			out[k] = v
		}
	}
	return out
}

func accessHash(access string) string {
	sum := sha256.Sum256([]byte(access))
	return hex.EncodeToString(sum[:])
}

// An ec2Pair is a key of EC2 and its secret half.
type ec2Pair struct {
	Access string  `json:"access"`
	Secret string  `json:"secret"`
	Trust  *string `json:"trust_id"`
}

func keystoneEC2(s *service) {
	const path = "/v3/users/{id}/credentials/OS-EC2"
	s.on("GET "+path, listEC2)
	s.on("POST "+path, createEC2)
	s.on("GET "+path+"/{access}", showEC2)
	s.on("DELETE "+path+"/{access}", deleteEC2)
	s.on("POST /v3/s3tokens", validateS3)
}

func (c *call) ec2Body(r *record) map[string]any {
	var pair ec2Pair
	_ = json.Unmarshal([]byte(r.ref("blob")), &pair) // was checked when it came
	b := map[string]any{"user_id": r.doc["user_id"], "tenant_id": r.doc["project_id"], "access": pair.Access, "secret": pair.Secret,
		"trust_id": nil, "links": map[string]any{"self": c.url("/v3/users/" + r.ref("user_id") + "/credentials/OS-EC2/" + pair.Access)}}
	if pair.Trust != nil {
		b["trust_id"] = *pair.Trust
	}
	return b
}

func listEC2(c *call) (*reply, error) {
	u, err := c.oneUser("identity:ec2_list_credentials")
	if err != nil {
		return nil, err
	}
	list := []any{}
	for r := range c.cloud.identity.rows("credentials").All() {
		if r.ref("user_id") == u.id && r.ref("type") == "ec2" {
			list = append(list, c.ec2Body(r))
		}
	}
	return ok(c.keystoneList("credentials", list)), nil
}

func createEC2(c *call) (*reply, error) {
	u, err := c.oneUser("identity:ec2_create_credential")
	if err != nil {
		return nil, err
	}
	body, _ := c.body.(map[string]any)
	i := &c.cloud.identity
	project, err := i.kind("projects").find(i, text(body["tenant_id"]))
	if err != nil {
		return nil, err
	}
	pair := ec2Pair{Access: i.secrets.Hex(), Secret: i.secrets.Hex()}
	blob := fmt.Sprintf(`{"access": %q, "secret": %q, "trust_id": null}`, pair.Access, pair.Secret)
	r := &record{id: accessHash(pair.Access), doc: map[string]any{"user_id": u.id, "project_id": project.id, "type": "ec2", "blob": blob}}
	i.rows("credentials").Put(r.id, "", r)
	return with(http.StatusCreated, map[string]any{"credential": c.ec2Body(r)}), nil
}

// oneEC2 returns the key in the path, if it is the user's.
func (c *call) oneEC2(action string) (*record, error) {
	u, err := c.oneUser(action)
	if err != nil {
		return nil, err
	}
	id := accessHash(c.PathValue("access"))
	r := c.cloud.identity.look("credentials", id)
	switch {
	case r == nil:
		return nil, refuse(http.StatusNotFound, "Could not find credential: %s.", id)
	case r.ref("user_id") != u.id:
		return nil, forbidden(action)
	}
	return r, nil
}

func showEC2(c *call) (*reply, error) {
	r, err := c.oneEC2("identity:ec2_get_credential")
	if err != nil {
		return nil, err
	}
	return ok(map[string]any{"credential": c.ec2Body(r)}), nil
}

func deleteEC2(c *call) (*reply, error) {
	r, err := c.oneEC2("identity:ec2_delete_credential")
	if err != nil {
		return nil, err
	}
	c.cloud.identity.forget("credentials", r.id)
	return empty(http.StatusNoContent), nil
}

// validateS3 is what an object store asks: who has signed this?
func validateS3(c *call) (*reply, error) {
	if !c.may("identity:s3tokens_validate", "admin") {
		return nil, forbidden("identity:s3tokens_validate")
	}
	body, _ := c.body.(map[string]any)
	if len(body) == 0 {
		return nil, badKeystone("request must include a request body")
	}
	signed, _ := firstOf(body, "credentials", "credential", "ec2Credentials").(map[string]any)
	i := &c.cloud.identity
	id := accessHash(text(signed["access"]))
	r := i.look("credentials", id)
	if signed["access"] == nil {
		return nil, errUnauthorized
	}
	if r == nil {
		return nil, refuse(http.StatusNotFound, "Could not find credential: %s.", id)
	}
	var pair ec2Pair
	_ = json.Unmarshal([]byte(r.ref("blob")), &pair) // was checked when it came
	said, err := base64.URLEncoding.DecodeString(text(signed["token"]))
	if err != nil || !hmac.Equal([]byte(s3Signature(said, pair.Secret)), []byte(text(signed["signature"]))) {
		return nil, errUnauthorized
	}
	t := &token{user: i.look("users", r.ref("user_id")), project: r.ref("project_id"), methods: []string{"ec2credential"}, issued: c.now,
		expires: c.now.Add(tokenLife)}
	if t.user == nil || !i.refresh(t) {
		return nil, errUnauthorized
	}
	i.issue(t, c.now)
	return ok(map[string]any{"token": c.tokenBody(t)}), nil
}

// s3Signature computes what a request of S3's is signed with: as in its first
// version, or as in the fourth if the text begins so. Empty: it cannot be.
func s3Signature(said []byte, secret string) string {
	if !bytes.HasPrefix(said, []byte("AWS4")) {
		mac := hmac.New(sha1.New, []byte(secret))
		mac.Write(said)
		return base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	lines := strings.Split(string(said), "\n")
	if len(lines) != 4 || lines[0] != "AWS4-HMAC-SHA256" {
		return ""
	}
	scope := strings.Split(lines[2], "/")
	if len(scope) != 4 || scope[3] != "aws4_request" {
		return ""
	}
	key := []byte("AWS4" + secret)
	for _, part := range append(scope, string(said)) {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(part))
		key = mac.Sum(nil)
	}
	return hex.EncodeToString(key)
}

// isotime is how Keystone writes a moment into forms.
func isotime(t time.Time) string { return t.Format(keystoneTime) }
