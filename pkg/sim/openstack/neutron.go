package openstack

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/wechsel-project/wechsel/pkg/sim"
)

// network is the state of Neutron. All of its kinds work alike: a table of
// attributes says what a body may hold and who may set or see it, and a few
// functions do what is particular.
type network struct {
	cloud                                                  *Cloud
	extensions                                             map[string]bool
	networks, subnets, ports, routers, fips, groups, rules *netKind
	pools, scopes, addresses, shares, forwards             *netKind
	policies, trunks, segments, labels, labelRules         *netKind
	flavors, profiles                                      *netKind
	kinds                                                  []*netKind
}

// A netKind is one kind of object that Neutron keeps.
type netKind struct {
	one, many string // as in bodies: security_group, security_groups
	path      string // below /v2.0; empty: many, with dashes
	ext       string // the extension that brings the kind; empty: always there
	parent    *netKind
	share     string // its object type in RBAC policies; empty: cannot be shared
	tags      string // its collection in the paths of tags; empty: has none
	single    bool   // takes no bulk creation
	within    string // attribute that names what the object is in and never changes
	inside    map[string][]*netObject
	writer    string // role needed to create, change and delete; empty: member
	reader    string // role needed to read; empty: reader
	attrs     []attribute
	objects   sim.Table[*netObject]
	missing   func(parent, id string) error
	hooks     netHooks
}

// parentKey is where a part keeps the id of what it is a part of.
const parentKey = "\x00parent"

// base is the path of the collection.
func (k *netKind) base() string {
	path := cmp.Or(k.path, strings.ReplaceAll(k.many, "_", "-"))
	if k.parent != nil {
		return k.parent.base() + "/{parent}/" + cmp.Or(k.path, k.many)
	}
	return "/v2.0/" + path
}

// rule names the policy's rule for what is done with the kind.
func (k *netKind) rule(verb string) string {
	if k.parent != nil {
		return verb + "_" + k.parent.one + "_" + k.one
	}
	return verb + "_" + k.one
}

// netHooks are what one kind does its own way; each may be missing. They run
// after the body was checked against the attributes and the policy.
type netHooks struct {
	create  func(*call, *netObject) error                 // completes a new object
	update  func(*call, *netObject, map[string]any) error // may change the change
	updated func(*call, *netObject)
	remove  func(*call, *netObject) error
	view    func(*call, *netObject, map[string]any) // adds what is derived
}

// A netObject is a network, a subnet, a port and so on.
type netObject struct {
	kind     *netKind
	id       string
	project  string
	attrs    map[string]any // by name: string, bool, int64, nil, []any, map[string]any
	tags     []string
	shares   []*netObject // RBAC policies for it
	created  time.Time
	updated  time.Time
	revision int64
}

func (o *netObject) text(name string) string { return text(o.attrs[name]) }
func (o *netObject) flag(name string) bool   { b, _ := o.attrs[name].(bool); return b }
func (o *netObject) list(name string) []any  { l, _ := o.attrs[name].([]any); return l }

// touch is what every change does.
func (o *netObject) touch(now time.Time) {
	o.updated = now
	o.revision++
}

func startNeutron(c *Cloud) error {
	n := &c.network
	n.cloud, n.extensions = c, map[string]bool{}
	for _, e := range c.profile.Extensions {
		n.extensions[e] = true
	}
	n.makeKinds()
	s := c.addService("network", "neutron", "/network", neutronDialect{})
	s.onPublic("GET /{$}", neutronVersions)
	s.on("GET /v2.0/{$}", neutronResources)
	s.on("GET /v2.0", func(*call) (*reply, error) { return nil, errNoRoute })
	for _, k := range n.kinds {
		if k.ext == "" || n.extensions[k.ext] {
			n.routesOf(s, k)
		}
	}
	n.actionRoutes(s)
	n.qosRoutes(s)
	neutronQuotas(s)
	neutronExtensions(s, n)
	return n.providerNetworks()
}

// routesOf registers what every kind answers.
func (n *network) routesOf(s *service, k *netKind) {
	path := k.base()
	s.on("GET "+path, n.listHandler(k))
	s.on("POST "+path, n.createHandler(k))
	s.on("GET "+path+"/{id}", n.showHandler(k))
	s.on("PUT "+path+"/{id}", n.updateHandler(k))
	s.on("DELETE "+path+"/{id}", n.deleteHandler(k))
	if k.tags != "" {
		n.tagRoutes(s, k, "/v2.0/"+k.tags+"/{id}/tags")
	}
}

// actionRoutes registers what is done to one object and is no change of its
// attributes.
func (n *network) actionRoutes(s *service) {
	s.on("PUT /v2.0/routers/{id}/add_router_interface", addRouterInterface)
	s.on("PUT /v2.0/routers/{id}/remove_router_interface", removeRouterInterface)
	for ext, routes := range map[string]map[string]handler{
		"extraroute-atomic": {"PUT /v2.0/routers/{id}/add_extraroutes": changeRoutes(addRoutes), "PUT /v2.0/routers/{id}/remove_extraroutes": changeRoutes(dropRoutes)},
		"subnetpool-prefix-ops": {"PUT /v2.0/subnetpools/{id}/add_prefixes": n.changePrefixes(addPrefixes),
			"PUT /v2.0/subnetpools/{id}/remove_prefixes": n.changePrefixes(n.removePrefixes)},
		"subnet_onboard": {"PUT /v2.0/subnetpools/{id}/onboard_network_subnets": n.onboard},
		"address-group": {"PUT /v2.0/address-groups/{id}/add_addresses": n.changeAddresses(true),
			"PUT /v2.0/address-groups/{id}/remove_addresses": n.changeAddresses(false)},
		"trunk": {"PUT /v2.0/trunks/{id}/add_subports": n.subportAction("add_subports", n.addSubports),
			"PUT /v2.0/trunks/{id}/remove_subports": n.subportAction("remove_subports", n.removeSubports), "GET /v2.0/trunks/{id}/get_subports": n.listSubports},
	} {
		for pattern, h := range routes {
			if n.extensions[ext] {
				s.on(pattern, h)
			}
		}
	}
}

func neutronVersions(c *call) (*reply, error) {
	return ok(map[string]any{"versions": []any{map[string]any{"id": "v2.0", "status": "CURRENT",
		"links": []any{map[string]any{"rel": "self", "href": c.url("/v2.0/")}}}}}), nil
}

func neutronResources(c *call) (*reply, error) {
	list := []any{}
	for _, one := range []string{"network", "subnet", "subnetpool", "port"} {
		list = append(list, map[string]any{"name": one, "collection": one + "s",
			"links": []any{map[string]any{"rel": "self", "href": c.url("/v2.0/" + one + "s")}}})
	}
	return ok(map[string]any{"resources": list}), nil
}

// neutronDialect is how Neutron, a Pecan application, speaks.
type neutronDialect struct{}

func (neutronDialect) version(*call) error { return nil }

func (neutronDialect) headers(c *call, h http.Header) { h.Set("X-Openstack-Request-Id", c.id) }

func (neutronDialect) refuse(c *call, r *refusal) *reply {
	if r.status == http.StatusUnauthorized {
		return middlewareRefusal(c, r)
	}
	kind := r.kind
	switch {
	case r.message == "Malformed request body":
		r.message = "Body contains invalid data"
	case kind == "" && r.status == http.StatusInternalServerError:
		kind = "HTTPInternalServerError"
	case kind == "" && r.status == http.StatusServiceUnavailable:
		kind = "HTTPServiceUnavailable"
	case kind == "":
		kind = "HTTPClientError"
	}
	return with(r.status, map[string]any{"NeutronError": map[string]any{"type": kind, "message": r.message, "detail": r.detail}})
}

func (d neutronDialect) unknown(c *call, methods []string) *reply {
	if len(methods) == 0 {
		return d.refuse(c, &refusal{status: http.StatusNotFound, kind: "HTTPNotFound", message: "The resource could not be found."})
	}
	last := c.URL.Path[strings.LastIndex(c.URL.Path, "/")+1:]
	for _, k := range c.cloud.network.kinds { // the service takes a collection for an object without id
		if slices.Contains(methods, http.MethodPost) && (c.Method == http.MethodPut || c.Method == http.MethodDelete) && last == strings.ReplaceAll(k.many, "_", "-") {
			return d.refuse(c, asRefusal(k.missing("", "None")))
		}
	}
	return d.refuse(c, asRefusal(errMethod))
}

// errMethod is said to a method that a path does not take.
var errMethod = refuseAs(http.StatusMethodNotAllowed, "HTTPMethodNotAllowed",
	"The server could not comply with the request since it is either malformed or otherwise incorrect.")

// badRequest is what the API layer says itself.
func badRequest(format string, args ...any) error {
	return refuseAs(http.StatusBadRequest, "HTTPBadRequest", format, args...)
}

// badResource is neutron_lib's BadRequest: "Bad router request: …".
func badResource(resource, format string, args ...any) error {
	return refuseAs(http.StatusBadRequest, "BadRequest", "Bad "+resource+" request: "+format+".", args...)
}

func invalidInput(format string, args ...any) error {
	return refuseAs(http.StatusBadRequest, "InvalidInput", "Invalid input for operation: "+format+".", args...)
}

func netConflict(kind, format string, args ...any) error {
	return refuseAs(http.StatusConflict, kind, format, args...)
}

// find returns an object that the caller may see.
func (n *network) find(c *call, k *netKind, id string) (*netObject, error) {
	o, there := k.objects.Get(id)
	switch {
	case there && k == n.rules && !n.sees(c, o): // the service finds out late
		return nil, errInvisible
	case !there || !n.sees(c, o):
		return nil, k.missing(kindOfShare(o), id)
	}
	return o, nil
}

// errInvisible is said where the policy hides what the database has found.
var errInvisible = refuseAs(http.StatusNotFound, "HTTPNotFound", "The resource could not be found.")

// kindOfShare names the type in the refusal of an RBAC policy.
func kindOfShare(o *netObject) string {
	if o == nil {
		return "unknown"
	}
	return o.text("object_type")
}

// findPart is find for what a request's path names: its parent, too.
func (n *network) findPart(c *call, k *netKind) (*netObject, error) {
	id := c.PathValue("id")
	if k.parent == nil {
		return n.find(c, k, id)
	}
	parent, err := n.find(c, k.parent, c.PathValue("parent"))
	if err != nil {
		return nil, err
	}
	o, there := k.objects.Get(id)
	if !there || o.text(parentKey) != parent.id {
		return nil, k.missing(parent.id, id)
	}
	return o, nil
}

// put keeps a new object.
func (k *netKind) put(o *netObject) {
	k.objects.Put(o.id, o.project, o)
	if k.within != "" {
		if k.inside == nil {
			k.inside = map[string][]*netObject{}
		}
		id := o.text(k.within)
		i, _ := slices.BinarySearchFunc(k.inside[id], o.id, byID)
		k.inside[id] = slices.Insert(k.inside[id], i, o)
	}
}

func byID(o *netObject, id string) int { return strings.Compare(o.id, id) }

// remove forgets an object.
func (k *netKind) remove(o *netObject) {
	k.objects.Delete(o.id)
	if k.within == "" {
		return
	}
	id := o.text(k.within)
	if i, there := slices.BinarySearchFunc(k.inside[id], o.id, byID); there {
		k.inside[id] = slices.Delete(k.inside[id], i, i+1)
	}
	if len(k.inside[id]) == 0 {
		delete(k.inside, id)
	}
}

// in returns what is in a network, group or parent, by id. The list is a copy.
func (k *netKind) in(id string) []*netObject { return slices.Clone(k.inside[id]) }

// all returns the objects of a kind that match, by id: the order in which the
// database gives them.
func (k *netKind) all(match func(*netObject) bool) []*netObject {
	var list []*netObject
	for o := range k.objects.All() {
		if match == nil || match(o) {
			list = append(list, o)
		}
	}
	slices.SortFunc(list, func(a, b *netObject) int { return strings.Compare(a.id, b.id) })
	return list
}

// where matches objects by one attribute.
func where(name, value string) func(*netObject) bool {
	return func(o *netObject) bool { return o.text(name) == value }
}
