package openstack

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// routes are the extra routes of routers, which Neutron keeps as a list inside
// the router. Each is a resource of its own, since it can be made only when
// the router has an interface towards its next hop. Their id here is
// "ROUTER/DESTINATION,NEXTHOP".
func routes() *kind {
	return &kind{
		service: network, collection: "routers", key: "router", needs: []collection{routerList},
		words: map[string]resource.Path{"the nexthop is not connected": "nexthop", "the nexthop is used by router": "nexthop"},
		schema: &resource.Schema{
			Type: typeRoute, Gate: "extension:extraroute", Mark: resource.MarkParent, Natural: []resource.Path{"destination", "nexthop"},
			Fields: []resource.Field{
				field("router_id", resource.Text, refers(typeRouter), required),
				field("destination", resource.CIDR, required),
				field("nexthop", resource.IP, required),
			},
			Exclusive: []resource.Path{"router_id"},
			After:     []resource.Edge{{Type: typeInterface, Via: "router_id", Of: "router"}},
			Body:      map[string]string{"destination": "destination", "nexthop": "nexthop"},
		},
		list: listRoutes,
		create: func(ctx context.Context, c *Cloud, r *resource.Resource, _ resource.Owner) (body, error) {
			router, _ := r.Spec["router_id"].(string)
			route := map[string]any{"destination": r.Spec["destination"], "nexthop": r.Spec["nexthop"]}
			return body{"id": routeID(router, route)}, c.changeRoutes(ctx, "create", router, route)
		},
		remove: func(ctx context.Context, c *Cloud, r *resource.Resource) error {
			router, route, _ := strings.Cut(r.ID, "/")
			destination, nexthop, _ := strings.Cut(route, ",")
			return c.changeRoutes(ctx, "delete", router, map[string]any{"destination": destination, "nexthop": nexthop})
		},
	}
}

func routeID(router string, route body) string {
	return router + "/" + route.text("destination") + "," + route.text("nexthop")
}

func listRoutes(p *project) []*resource.Resource {
	var out []*resource.Resource
	for _, router := range p.lists[routerList] {
		if !p.owns(router) {
			continue
		}
		id := router.text("id")
		for _, route := range router.objects("routes") {
			out = append(out, &resource.Resource{Ref: resource.Ref{Type: typeRoute}, Tenure: resource.Own, ID: routeID(id, route), State: resource.Ready,
				Parent: resource.Ref{Type: typeRouter, Key: resource.Key(id)}, Owner: p.owner(routers(), router),
				Spec: map[string]resource.Value{"router_id": id, "destination": route["destination"], "nexthop": route["nexthop"]}})
		}
	}
	return out
}

// changeRoutes adds or takes away one route. Where the cloud has no request
// for that (extraroute-atomic), the whole list is read and written, on the
// condition that nobody has changed the router in between; else it is a
// conflict, and to be tried again. (extension revision-if-match of the
// Networking API; a Neutron older than Pike does not know it.)
func (c *Cloud) changeRoutes(ctx context.Context, op, router string, route map[string]any) error {
	verb := map[string]string{"create": "add_extraroutes", "delete": "remove_extraroutes"}[op]
	_, err := c.do(ctx, call{op: op, service: network, method: http.MethodPut, path: "routers/" + router + "/" + verb,
		body: map[string]any{"router": map[string]any{"routes": []any{route}}}})
	if !errors.Is(err, cloud.ErrUnsupported) {
		return err
	}
	b, err := c.get(ctx, call{op: op, service: network, path: "routers/" + router})
	if err != nil {
		return err
	}
	same := func(have any) bool {
		m, _ := have.(map[string]any)
		return m["destination"] == route["destination"] && m["nexthop"] == route["nexthop"]
	}
	have, _ := b.object("router")["routes"].([]any)
	have = slices.DeleteFunc(slices.Clone(have), same)
	if op == "create" {
		have = append(have, route)
	}
	q := call{op: op, service: network, method: http.MethodPut, path: "routers/" + router, body: map[string]any{"router": map[string]any{"routes": have}}}
	if n := b.object("router").number("revision_number"); n > 0 {
		q.ifMatch = fmt.Sprintf("revision_number=%d", n)
	}
	_, err = c.do(ctx, q)
	return err
}
