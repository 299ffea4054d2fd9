package openstack

import (
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
	kinds                                                  []*netKind
}

// A netKind is one kind of object that Neutron keeps.
type netKind struct {
	one, many string // as in bodies: security_group, security_groups
	title     string // in messages: Network
	attrs     []attribute
	objects   sim.Table[*netObject]
	missing   func(id string) error
	hooks     netHooks
}

// netHooks are what one kind does its own way; each may be missing. They run
// after the body was checked against the attributes and the policy.
type netHooks struct {
	create  func(*call, *netObject) error                 // completes a new object
	update  func(*call, *netObject, map[string]any) error // may change the change
	updated func(*call, *netObject)
	remove  func(*call, *netObject) error
	view    func(*netObject, map[string]any) // adds what is derived
}

// A netObject is a network, subnet, port, router, floating IP, group or rule.
type netObject struct {
	kind     *netKind
	id       string
	project  string
	attrs    map[string]any // by name: string, bool, int64, nil, []any, map[string]any
	tags     []string
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
		n.routesOf(s, k)
	}
	s.on("PUT /v2.0/routers/{id}/add_router_interface", addRouterInterface)
	s.on("PUT /v2.0/routers/{id}/remove_router_interface", removeRouterInterface)
	s.on("PUT /v2.0/routers/{id}/add_extraroutes", changeRoutes(addRoutes))
	s.on("PUT /v2.0/routers/{id}/remove_extraroutes", changeRoutes(dropRoutes))
	neutronQuotas(s)
	neutronExtensions(s, n)
	return n.providerNetworks()
}

// routesOf registers what every kind answers.
func (n *network) routesOf(s *service, k *netKind) {
	path := "/v2.0/" + strings.ReplaceAll(k.many, "_", "-")
	s.on("GET "+path, n.listHandler(k))
	s.on("POST "+path, n.createHandler(k))
	s.on("GET "+path+"/{id}", n.showHandler(k))
	s.on("PUT "+path+"/{id}", n.updateHandler(k))
	s.on("DELETE "+path+"/{id}", n.deleteHandler(k))
	if k != n.rules {
		n.tagRoutes(s, k, path+"/{id}/tags")
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
	if len(methods) > 0 {
		return d.refuse(c, &refusal{status: http.StatusMethodNotAllowed, kind: "HTTPMethodNotAllowed",
			message: "The method " + c.Method + " is not allowed for this resource."})
	}
	return d.refuse(c, &refusal{status: http.StatusNotFound, kind: "HTTPNotFound", message: "The resource could not be found."})
}

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

// sees tells whether the caller may know that the object exists.
func (n *network) sees(c *call, o *netObject) bool {
	if c.admin() || o.project == c.project() {
		return true
	}
	switch o.kind {
	case n.networks:
		return o.flag("shared") || o.flag("router:external")
	case n.subnets:
		net, _ := n.networks.objects.Get(o.text("network_id"))
		return net != nil && net.flag("shared")
	case n.ports:
		net, _ := n.networks.objects.Get(o.text("network_id"))
		return net != nil && net.project == c.project()
	}
	return false
}

// find returns an object that the caller may see.
func (n *network) find(c *call, k *netKind, id string) (*netObject, error) {
	o, there := k.objects.Get(id)
	if !there || !n.sees(c, o) {
		return nil, k.missing(id)
	}
	return o, nil
}

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
