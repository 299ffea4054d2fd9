package openstack

import (
	"net/http"
	"testing"
)

func TestKeystoneAsRecorded(t *testing.T) {
	for _, cloud := range []string{"real-a", "real-b"} {
		t.Run(cloud, func(t *testing.T) {
			r := newReplayer(t, cloud, "identity", "/identity", "5000")
			r.loose, r.sets = append(r.loose, "audit_ids", "secret"), true
			demo, other := r.token, r.login("demo", "demo")
			r.secrets = map[string]string{"token-get": demo, "token-get-nocatalog": demo, "token-head": demo, "token-delete": other,
				"token-get-invalid": "nonsense", "token-get-without-token": demo, "token-by-token": "nonsense"}
			for _, e := range recorded(t, cloud, "identity") {
				switch e.name {
				case "projects-with-revoked-token":
					r.token = other
				case "appcred-list": // made beside the recording, because its secret is needed
					r.recLogin(demo)
				case "appcred-create-by-appcred":
					r.token = r.credentialToken()
				case "token-appcred-deleted":
					r.call("DELETE", "/identity/v3/users/"+r.userID()+"/application_credentials/"+r.secrets["rec-login id"], nil)
				}
				r.play(e)
				r.token = demo
			}
			r.settle(map[string]string{
				`\.catalog: \[`: "the simulator has no Placement, Heat and so on",
				`\.roles: \[`:   "nor the roles for them",
				`appcred-create-no-name: .*'name' is a required property`: "Keystone appends a schema to its message",
			})
		})
	}
}

func (r *replayer) userID() string {
	return r.call("GET", "/identity/v3/auth/tokens?nocatalog", nil, "X-Subject-Token", r.token).at("token", "user", "id").(string)
}

// recLogin makes the application credential that the recording logs in with.
func (r *replayer) recLogin(token string) {
	r.token = token
	a := r.call("POST", "/identity/v3/users/"+r.userID()+"/application_credentials",
		map[string]any{"application_credential": map[string]any{"name": "rec-login", "unrestricted": false}})
	if a.status != http.StatusCreated {
		r.Fatal(a.raw)
	}
	secret := a.at("application_credential", "secret").(string)
	r.secrets["token-appcred-id"], r.secrets["token-appcred-name"], r.secrets["token-appcred-with-scope"] = secret, secret, secret
	r.secrets["token-appcred-wrong-secret"], r.secrets["rec-login id"] = "wrong", a.at("application_credential", "id").(string)
}

func (r *replayer) credentialToken() string {
	a := r.call("POST", "/identity/v3/auth/tokens", map[string]any{"auth": map[string]any{"identity": map[string]any{
		"methods":                []string{"application_credential"},
		"application_credential": map[string]any{"id": r.secrets["rec-login id"], "secret": r.secrets["token-appcred-id"]}}}})
	return a.header.Get("X-Subject-Token")
}
