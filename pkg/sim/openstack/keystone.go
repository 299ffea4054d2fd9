package openstack

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/sim"
)

// identity is the state of Keystone: one domain, users, projects, tokens and
// application credentials.
type identity struct {
	users       sim.Table[*user]
	projects    sim.Table[*project]
	roles       map[string]string // name → id
	tokens      map[string]*token
	secrets     *sim.IDs // a stream of its own: logging in does not change the ids of objects
	credentials sim.Table[*credential]
}

type user struct {
	id, name, password string
	home               string              // default project
	roles              map[string][]string // project id → names of roles
}

type project struct {
	id, name, description string
}

// A token is proof of who asks, and for which project.
type token struct {
	id         string
	user       *user
	project    string // id; empty: unscoped
	roles      []string
	methods    []string
	audit      []string
	issued     time.Time
	expires    time.Time
	credential string // id of the application credential that it came from
}

const tokenLife = time.Hour // [token] expiration

// implied are the roles that a role brings along.
var implied = map[string][]string{"admin": {"member", "reader"}, "member": {"reader"}}

func startKeystone(c *Cloud) error {
	c.identity.start(c)
	s := c.addService("identity", "keystone", "/identity", keystoneDialect{})
	s.onPublic("GET /{$}", keystoneVersions)
	for _, path := range []string{"/v3", "/v3/{$}"} {
		s.onPublic("GET "+path, keystoneVersion)
	}
	s.onPublic("POST /v3/auth/tokens", createToken)
	s.on("GET /v3/auth/tokens", showToken)
	s.on("DELETE /v3/auth/tokens", revokeToken)
	s.on("GET /v3/auth/catalog", showCatalog)
	s.on("GET /v3/auth/projects", listOwnProjects)
	s.on("GET /v3/auth/domains", listNothing("domains"))
	s.on("GET /v3/auth/system", func(c *call) (*reply, error) { return ok(c.keystoneItem("system", []any{})), nil })
	s.on("GET /v3/limits", listNothing("limits"))
	s.on("GET /v3/regions", listRegions)
	s.on("GET /v3/regions/{id}", showRegion)
	keystoneDirectory(s)
	keystoneCredentials(s)
	return nil
}

// start makes demo, demo2 and admin, and whom the profile adds.
func (i *identity) start(c *Cloud) {
	i.tokens, i.roles = map[string]*token{}, map[string]string{}
	i.secrets = sim.NewIDs(c.Seed(), "tokens")
	for _, u := range append([]profile.User{
		{Name: "admin", Password: "password", Roles: map[string][]string{"admin": {"admin"}, "demo": {"admin"}, "demo2": {"admin"}}},
		{Name: "demo", Password: "password", Roles: map[string][]string{"demo": {"member"}}},
		{Name: "demo2", Password: "password", Roles: map[string][]string{"demo2": {"member"}}},
	}, c.profile.Users...) {
		i.add(c.profile.Name, u)
	}
}

// add makes a user, or changes the one of that name, with projects and roles.
func (i *identity) add(cloud string, u profile.User) {
	id := sim.NamedHex(cloud, "user", u.Name)
	made, ok := i.users.Get(id)
	if !ok {
		made = &user{id: id, name: u.Name, roles: map[string][]string{}}
		i.users.Put(id, "", made)
	}
	made.password = u.Password
	for _, name := range sortedKeys(u.Roles) {
		p := i.project(cloud, name)
		if made.home == "" || name == u.Name {
			made.home = p.id
		}
		made.roles[p.id] = i.withImplied(cloud, u.Roles[name])
	}
}

func (i *identity) project(cloud, name string) *project {
	id := sim.NamedHex(cloud, "project", name)
	p, ok := i.projects.Get(id)
	if !ok {
		p = &project{id: id, name: name, description: "a tenant"}
		i.projects.Put(id, "", p)
	}
	return p
}

func (i *identity) withImplied(cloud string, names []string) []string {
	all := slices.Clone(names)
	for _, n := range names {
		all = append(all, implied[n]...)
	}
	slices.Sort(all)
	all = slices.Compact(all)
	for _, n := range all {
		i.roles[n] = sim.NamedHex(cloud, "role", n)
	}
	return all
}

// valid returns the token of that id unless it is unknown or has expired.
func (i *identity) valid(id string, now time.Time) *token {
	t := i.tokens[id]
	if t == nil || !now.Before(t.expires) {
		return nil
	}
	return t
}

// projectName returns the name of a project, or "".
func (i *identity) projectName(id string) string {
	if p, ok := i.projects.Get(id); ok {
		return p.name
	}
	return ""
}

// keystoneDialect is how Keystone, which is a Flask application, speaks.
type keystoneDialect struct{}

func (keystoneDialect) version(*call) error { return nil }

func (keystoneDialect) headers(c *call, h http.Header) {
	h.Set("X-Openstack-Request-Id", c.id)
	h.Set("Vary", "X-Auth-Token")
}

func (keystoneDialect) refuse(c *call, r *refusal) *reply {
	if r.kind == "HTTPBadRequest" {
		r = badKeystone("Expecting to find valid JSON in request body.")
	}
	body := map[string]any{"code": r.status, "message": r.message, "title": http.StatusText(r.status)}
	maps.Copy(body, r.extra)
	rep := with(r.status, map[string]any{"error": body})
	if r.status == http.StatusUnauthorized {
		rep.set("WWW-Authenticate", fmt.Sprintf("Keystone uri=%q", c.url("/v3")))
	}
	return rep
}

const keystoneNotFound = "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n<p>The requested URL was not " +
	"found on the server. If you entered the URL manually please check your spelling and try again.</p>\n"

func (keystoneDialect) unknown(_ *call, methods []string) *reply {
	if len(methods) == 0 {
		rep := &reply{status: http.StatusNotFound, bytes: []byte(keystoneNotFound)}
		return rep.set("Content-Type", "text/html; charset=utf-8")
	}
	body := map[string]any{"message": "The method is not allowed for the requested URL."}
	return with(http.StatusMethodNotAllowed, body).set("Allow", "OPTIONS, HEAD, "+strings.Join(methods, ", "))
}

// badKeystone is Keystone's 400 with its standing second half.
func badKeystone(what string) *refusal {
	return &refusal{status: http.StatusBadRequest, message: what +
		" The server could not comply with the request since it is either malformed or otherwise incorrect. The client is assumed to be in error."}
}

func missing(attribute, target string) error {
	return badKeystone(fmt.Sprintf("Expecting to find %s in %s.", attribute, target))
}

// forbidden is Keystone's answer to a lack of rights.
func forbidden(action string) error {
	return refuse(http.StatusForbidden, "You are not authorized to perform the requested action: %s.", action)
}

func keystoneVersionBody(c *call) map[string]any {
	return map[string]any{
		"id": "v3.14", "status": "stable", "updated": "2020-04-07T00:00:00Z",
		"links":       []any{map[string]any{"rel": "self", "href": c.url("/v3/")}},
		"media-types": []any{map[string]any{"base": "application/json", "type": "application/vnd.openstack.identity-v3+json"}},
	}
}

func keystoneVersions(c *call) (*reply, error) {
	body := map[string]any{"versions": map[string]any{"values": []any{keystoneVersionBody(c)}}}
	return with(http.StatusMultipleChoices, body).set("Location", c.url("/v3/")), nil
}

func keystoneVersion(c *call) (*reply, error) {
	return ok(map[string]any{"version": keystoneVersionBody(c)}), nil
}
