package openstack

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/sim"
)

// identity is the state of Keystone: the directory of records, who may do what
// where, and what has been given out.
type identity struct {
	kinds        map[string]*kind               // by collection: users
	directory    map[string]*sim.Table[*record] // by table: users
	grants       []grant
	implications []implication
	members      map[string][]string // group → users
	served       []served
	changes      int // of the directory so far
	tokens       map[string]*token
	secrets      *sim.IDs // a stream of its own: logging in does not change the ids of objects
	credentials  sim.Table[*credential]
	requests     map[string]*delegation // OAuth, until a user agrees
	accesses     map[string]*delegation
}

// A token is proof of who asks, and for which project, domain or system.
type token struct {
	id         string
	user       *record
	project    string // id; empty: another scope, or none
	domain     string
	system     bool
	roles      []string // names
	roleIDs    []string
	methods    []string
	audit      []string
	issued     time.Time
	expires    time.Time
	credential string // id of the application credential that it came from
	trust      string
	access     string // of OAuth
	known      int    // the changes that the roles take account of
	renewals   int    // those of the user and of the scope when it was given out
}

// delegated tells whether somebody has lent this token to a program.
func (t *token) delegated() bool { return t.credential != "" || t.access != "" }

const tokenLife = time.Hour // [token] expiration

func startKeystone(c *Cloud) error {
	s := c.addService("identity", "keystone", "/identity", keystoneDialect{})
	i := &c.identity
	i.kinds = map[string]*kind{}
	for _, k := range keystoneKinds() {
		i.kinds[k.many] = k
		k.register(s)
	}
	i.start(c)
	s.onPublic("GET /{$}", keystoneVersions)
	for _, path := range []string{"/v3", "/v3/{$}"} {
		s.onPublic("GET "+path, keystoneVersion)
	}
	s.onPublic("POST /v3/auth/tokens", createToken)
	s.on("GET /v3/auth/tokens", showToken)
	s.on("DELETE /v3/auth/tokens", revokeToken)
	s.on("GET /v3/auth/catalog", showCatalog)
	s.on("GET /v3/auth/projects", listOwnProjects)
	s.on("GET /v3/auth/domains", listOwnDomains)
	s.on("GET /v3/auth/system", showOwnSystem)
	s.on("PUT /v3/regions/{id}", putRegion(i.kind("regions")))
	keystonePeople(s)
	keystoneGrants(s)
	keystoneEndpointFilter(s)
	keystoneLimits(s)
	keystoneTrusts(s, i.kind("trusts"))
	keystoneOAuth(s)
	keystoneEC2(s)
	keystoneFederation(s)
	keystoneCredentials(s)
	return nil
}

// kind returns the kind of that collection; it is there, since we named it.
func (i *identity) kind(many string) *kind { return i.kinds[many] }

// start makes the default domain, the roles, demo, demo2 and admin, and whom
// the profile adds.
func (i *identity) start(c *Cloud) {
	i.directory, i.members = map[string]*sim.Table[*record]{}, map[string][]string{}
	i.tokens, i.requests, i.accesses = map[string]*token{}, map[string]*delegation{}, map[string]*delegation{}
	i.secrets = sim.NewIDs(c.Seed(), "tokens")
	domain := &record{id: "default", name: "Default", doc: maps.Clone(i.kind("domains").fresh)}
	domain.set(map[string]any{"description": "The default domain"})
	i.rows("projects").Put(domain.id, "", domain)
	for _, name := range []string{"admin", "member", "reader"} {
		i.role(c.profile.Name, name).set(map[string]any{"options": map[string]any{"immutable": true}})
	}
	i.implications = []implication{{i.roleNamed("admin").id, i.roleNamed("member").id}, {i.roleNamed("member").id, i.roleNamed("reader").id}}
	for _, u := range append([]profile.User{
		{Name: "admin", Password: "password", Roles: map[string][]string{"admin": {"admin"}, "demo": {"admin"}, "demo2": {"admin"}}},
		{Name: "demo", Password: "password", Roles: map[string][]string{"demo": {"member"}}},
		{Name: "demo2", Password: "password", Roles: map[string][]string{"demo2": {"member"}}},
	}, c.profile.Users...) {
		i.add(c.profile.Name, u)
	}
	i.give(grant{role: i.roleNamed("admin").id, actor: sim.NamedHex(c.profile.Name, "user", "admin"), scope: "system", target: "all"})
}

// role returns the role of that name, made if there is none.
func (i *identity) role(cloud, name string) *record {
	if r := i.roleNamed(name); r != nil {
		return r
	}
	r := &record{id: sim.NamedHex(cloud, "role", name), name: name, doc: maps.Clone(i.kind("roles").fresh)}
	i.rows("roles").Put(r.id, "", r)
	return r
}

// add makes a user, or changes the one of that name, with projects and roles.
func (i *identity) add(cloud string, u profile.User) {
	id := sim.NamedHex(cloud, "user", u.Name)
	made := i.look("users", id)
	if made == nil {
		made = &record{id: id, name: u.Name, doc: map[string]any{"domain_id": "default", "enabled": true, "options": map[string]any{}}}
		i.rows("users").Put(id, "", made)
	}
	made.secret = u.Password
	for _, name := range sortedKeys(u.Roles) {
		p := i.project(cloud, name)
		if made.ref("default_project_id") == "" || name == u.Name {
			made.set(map[string]any{"default_project_id": p.id})
		}
		for _, role := range u.Roles[name] {
			i.give(grant{role: i.role(cloud, role).id, actor: id, scope: "projects", target: p.id})
		}
	}
}

// project returns the project of that name in the default domain, made if there
// is none.
func (i *identity) project(cloud, name string) *record {
	id := sim.NamedHex(cloud, "project", name)
	if p := i.look("projects", id); p != nil {
		return p
	}
	p := &record{id: id, name: name, doc: maps.Clone(i.kind("projects").fresh)}
	p.set(map[string]any{"description": "a tenant", "domain_id": "default", "parent_id": "default"})
	i.rows("projects").Put(id, "", p)
	return p
}

// projectName returns the name of a project, or "".
func (i *identity) projectName(id string) string {
	if p := i.look("projects", id); p != nil {
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

// keystoneList is how Keystone frames its lists.
func (c *call) keystoneList(key string, list []any) map[string]any {
	return map[string]any{key: list, "links": map[string]any{"self": c.host() + c.URL.RequestURI(), "next": nil, "previous": nil}}
}

// keystoneItem is the frame without pages.
func (c *call) keystoneItem(key string, list []any) map[string]any {
	return map[string]any{key: list, "links": map[string]any{"self": c.host() + c.URL.RequestURI()}}
}

// placesOf lists the projects or domains in which a user has a role.
func (c *call) placesOf(u *record, many string) *reply {
	i, list := &c.cloud.identity, []any{}
	for p := range i.rows("projects").All() {
		if isDomain(p) == (many == "domains") && i.active(p) && len(i.effective(u.id, many, p.id)) > 0 {
			list = append(list, i.kind(many).body(c, p))
		}
	}
	return ok(c.keystoneList(many, list))
}

func listOwnProjects(c *call) (*reply, error) { return c.placesOf(c.token.user, "projects"), nil }
func listOwnDomains(c *call) (*reply, error)  { return c.placesOf(c.token.user, "domains"), nil }

func listProjectsOfUser(c *call) (*reply, error) {
	u, err := c.oneUser("identity:list_user_projects")
	if err != nil {
		return nil, err
	}
	return c.placesOf(u, "projects"), nil
}

func showOwnSystem(c *call) (*reply, error) {
	list := []any{}
	if len(c.cloud.identity.effective(c.token.user.id, "system", "all")) > 0 {
		list = append(list, map[string]any{"all": true})
	}
	return ok(c.keystoneItem("system", list)), nil
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
