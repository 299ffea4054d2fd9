package openstack

import (
	"net/http"
	"testing"
	"time"
)

// directory is a lab in which admin speaks.
func directory(t *testing.T) *lab {
	l := newLab(t, testProfile())
	l.token = l.login("admin", "admin")
	return l
}

// made posts a document and returns the id of what comes of it.
func (l *lab) made(path, one string, doc map[string]any) string {
	l.Helper()
	a := l.call("POST", "/identity/v3"+path, map[string]any{one: doc})
	id, _ := a.at(one, "id").(string)
	if a.status != http.StatusCreated || id == "" {
		l.Fatalf("%s: %d %s", path, a.status, a.raw)
	}
	return id
}

func (l *lab) expect(status int, method, path string, body any, headers ...string) answer {
	l.Helper()
	a := l.call(method, "/identity/v3"+path, body, headers...)
	if a.status != status {
		l.Fatalf("%s %s: %d instead of %d: %s", method, path, a.status, status, a.raw)
	}
	return a
}

// loginTo asks for a token with any scope and returns the status and the token.
func (l *lab) loginTo(user, password string, scope any) (int, string) {
	l.Helper()
	auth := map[string]any{"identity": map[string]any{"methods": []string{"password"},
		"password": map[string]any{"user": map[string]any{"id": user, "password": password}}}}
	if scope != nil {
		auth["scope"] = scope
	}
	a := l.call("POST", "/identity/v3/auth/tokens", map[string]any{"auth": auth}, "X-Auth-Token", "")
	return a.status, a.header.Get("X-Subject-Token")
}

func TestARoleIsWorthAsMuchAsItsGrants(t *testing.T) {
	l := directory(t)
	domain := l.made("/domains", "domain", map[string]any{"name": "dept"})
	parent := l.made("/projects", "project", map[string]any{"name": "parent", "domain_id": domain})
	child := l.made("/projects", "project", map[string]any{"name": "child", "domain_id": domain, "parent_id": parent})
	user := l.made("/users", "user", map[string]any{"name": "u", "domain_id": domain, "password": "p"})
	group := l.made("/groups", "group", map[string]any{"name": "g", "domain_id": domain})
	senior := l.made("/roles", "role", map[string]any{"name": "senior"})
	junior := l.made("/roles", "role", map[string]any{"name": "junior"})
	inChild := map[string]any{"project": map[string]any{"id": child}}

	if status, _ := l.loginTo(user, "p", inChild); status != http.StatusUnauthorized {
		t.Errorf("without a grant: %d", status)
	}
	l.expect(204, "PUT", "/groups/"+group+"/users/"+user, nil)
	l.expect(204, "PUT", "/OS-INHERIT/domains/"+domain+"/groups/"+group+"/roles/"+senior+"/inherited_to_projects", nil)
	l.expect(201, "PUT", "/roles/"+senior+"/implies/"+junior, nil)
	status, token := l.loginTo(user, "p", inChild)
	if status != http.StatusCreated {
		t.Fatalf("an inherited role of a group: %d", status)
	}
	seen := l.expect(200, "GET", "/auth/tokens", nil, "X-Subject-Token", token)
	if roles := seen.at("token", "roles").([]any); len(roles) != 2 {
		t.Errorf("roles: %v", roles)
	}
	effective := l.expect(200, "GET", "/role_assignments?effective&user.id="+user+"&scope.project.id="+child, nil)
	if list := effective.at("role_assignments").([]any); len(list) != 2 {
		t.Errorf("assignments: %s", effective.raw)
	}
	l.expect(204, "DELETE", "/groups/"+group+"/users/"+user, nil)
	l.expect(404, "GET", "/auth/tokens", nil, "X-Subject-Token", token)
	if a := l.call("GET", "/image/v2/images", nil, "X-Auth-Token", token); a.status != http.StatusUnauthorized {
		t.Errorf("a token whose grant is gone: %d", a.status)
	}
}

func TestScopes(t *testing.T) {
	l := directory(t)
	admin := l.userOf("admin")
	l.expect(204, "PUT", "/domains/default/users/"+admin+"/roles/"+l.cloud.identity.roleNamed("admin").id, nil)
	for name, scope := range map[string]any{
		"system": map[string]any{"system": map[string]any{"all": true}}, "domain": map[string]any{"domain": map[string]any{"name": "Default"}}} {
		status, token := l.loginTo(admin, "password", scope)
		if status != http.StatusCreated {
			t.Fatalf("%s: %d", name, status)
		}
		a := l.expect(200, "GET", "/auth/tokens", nil, "X-Subject-Token", token)
		if a.at("token", name) == nil || a.at("token", "project") != nil || a.at("token", "catalog") == nil {
			t.Errorf("%s: %s", name, a.raw)
		}
		l.expect(200, "GET", "/users", nil, "X-Auth-Token", token)
	}
	if status, _ := l.loginTo(l.userOf("demo"), "password", map[string]any{"system": map[string]any{"all": true}}); status != http.StatusUnauthorized {
		t.Errorf("a member in the system: %d", status)
	}
}

func TestWhatEndsATokenForGood(t *testing.T) {
	l := directory(t)
	user := l.made("/users", "user", map[string]any{"name": "u", "password": "p"})
	project := l.made("/projects", "project", map[string]any{"name": "p"})
	l.expect(204, "PUT", "/projects/"+project+"/users/"+user+"/roles/"+l.cloud.identity.roleNamed("member").id, nil)
	scope := map[string]any{"project": map[string]any{"id": project}}
	ends := map[string]func(password string) string{
		"password": func(old string) string {
			l.expect(204, "POST", "/users/"+user+"/password", map[string]any{"user": map[string]any{"original_password": old, "password": old + "x"}})
			return old + "x"
		},
		"user": func(old string) string {
			for _, on := range []bool{false, true} {
				l.expect(200, "PATCH", "/users/"+user, map[string]any{"user": map[string]any{"enabled": on}})
			}
			return old
		},
		"project": func(old string) string {
			for _, on := range []bool{false, true} {
				l.expect(200, "PATCH", "/projects/"+project, map[string]any{"project": map[string]any{"enabled": on}})
			}
			return old
		},
	}
	password := "p"
	for name, end := range ends {
		status, token := l.loginTo(user, password, scope)
		if status != http.StatusCreated {
			t.Fatalf("%s: %d", name, status)
		}
		password = end(password)
		if a := l.call("GET", "/image/v2/images", nil, "X-Auth-Token", token); a.status != http.StatusUnauthorized {
			t.Errorf("%s: the old token is still good: %d", name, a.status)
		}
	}
}

func TestAccessRulesGuardEveryServiceButKeystone(t *testing.T) {
	l := newLab(t, testProfile())
	me := l.userOf("demo")
	a := l.expect(201, "POST", "/users/"+me+"/application_credentials", map[string]any{"application_credential": map[string]any{"name": "a",
		"access_rules": []any{map[string]any{"path": "/v2/images/*", "method": "GET", "service": "image"}}}})
	login := l.expect(201, "POST", "/auth/tokens", map[string]any{"auth": map[string]any{"identity": map[string]any{
		"methods": []string{"application_credential"}, "application_credential": map[string]any{
			"id": a.at("application_credential", "id"), "secret": a.at("application_credential", "secret")}}}})
	token := login.header.Get("X-Subject-Token")
	for path, want := range map[string]int{"/image/v2/images/x": 404, "/image/v2/images": 401, "/network/v2.0/networks": 401, "/identity/v3/auth/projects": 200} {
		if got := l.call("GET", path, nil, "X-Auth-Token", token); got.status != want {
			t.Errorf("%s: %d instead of %d", path, got.status, want)
		}
	}
	rule := a.at("application_credential", "access_rules").([]any)[0].(map[string]any)["id"].(string)
	l.expect(403, "DELETE", "/users/"+me+"/access_rules/"+rule, nil)
	l.expect(204, "DELETE", "/users/"+me+"/application_credentials/"+a.at("application_credential", "id").(string), nil)
	l.expect(204, "DELETE", "/users/"+me+"/access_rules/"+rule, nil)
}

func TestATrustGivesNoMoreThanThereIs(t *testing.T) {
	l := newLab(t, testProfile())
	me, friend := l.userOf("demo"), l.userOf("demo2")
	project := l.cloud.identity.project("test", "demo").id
	wish := map[string]any{"trustor_user_id": me, "trustee_user_id": friend, "impersonation": false, "project_id": project,
		"roles": []any{map[string]any{"name": "member"}}, "expires_at": "2026-01-02T03:14:05.000000Z"}
	trust := l.made("/OS-TRUST/trusts", "trust", wish)
	scope := map[string]any{"OS-TRUST:trust": map[string]any{"id": trust}}
	status, token := l.loginTo(friend, "password", scope)
	if status != http.StatusCreated {
		t.Fatalf("login with a trust: %d", status)
	}
	if a := l.call("GET", "/image/v2/images", nil, "X-Auth-Token", token); a.status != 200 {
		t.Errorf("use: %d %s", a.status, a.raw)
	}
	wish["roles"] = []any{map[string]any{"name": "admin"}}
	l.expect(404, "POST", "/OS-TRUST/trusts", map[string]any{"trust": wish})
	l.later(11 * time.Minute)
	if status, _ := l.loginTo(friend, "password", scope); status != http.StatusUnauthorized {
		t.Errorf("an expired trust: %d", status)
	}
}

func TestAMemberIsRefusedTheDirectory(t *testing.T) {
	l := newLab(t, testProfile())
	for path, rule := range map[string]string{"/users": "list_users", "/projects": "list_projects", "/role_inferences": "list_role_inference_rules",
		"/OS-FEDERATION/mappings": "list_mappings", "/OS-TRUST/trusts": "list_trusts", "/groups/x": "get_group", "/limits/x": "get_limit"} {
		a := l.expect(403, "GET", path, nil)
		if want := "You are not authorized to perform the requested action: identity:" + rule + "."; a.at("error", "message") != want {
			t.Errorf("%s: %s", path, a.raw)
		}
	}
	for path, status := range map[string]int{"/regions": 200, "/domains/default": 200, "/limits": 200, "/registered_limits": 200, "/roles/x": 404} {
		l.expect(status, "GET", path, nil)
	}
}

func FuzzPathMatches(f *testing.F) {
	f.Add("/v2/images/*", "/v2/images/x")
	f.Add("/v2/**/{id}", "/v2/a/b/c")
	f.Fuzz(func(t *testing.T, pattern, path string) {
		if pathMatches(pattern, path) && pattern == "" && path != "" {
			t.Errorf("%q matches %q", pattern, path)
		}
		if !pathWildcard.MatchString(pattern) && pathMatches(pattern, path) != (pattern == path) {
			t.Errorf("%q against %q", pattern, path)
		}
	})
}
