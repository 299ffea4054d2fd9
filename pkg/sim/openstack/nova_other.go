package openstack

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
)

// gone is what Nova says about interfaces that were taken away for good.
func gone(*call) (*reply, error) {
	return nil, refuse(http.StatusGone, "This resource is no longer available. No forwarding address is given.")
}

// otherComputeRoutes registers what a tenant may hit upon beside servers: what
// he may not have, what is no more, and the proxies to other services that
// end with microversion 2.36.
func otherComputeRoutes(on func(string, handler)) {
	for path, rule := range map[string]string{"/os-hypervisors": "os-hypervisors:list", "/os-services": "os-services:list", "/os-aggregates": "os-aggregates:index",
		"/os-migrations": "os-migrations:index", "/os-instance_usage_audit_log": "os-instance-usage-audit-log:list", "/os-hosts": "os-hosts:list"} {
		on("GET "+path, denied("os_compute_api:"+rule))
	}
	for _, path := range []string{"/os-cells", "/os-fping", "/os-cloudpipe", "/os-agents"} {
		on("GET "+path, gone)
	}
	on("GET /os-simple-tenant-usage/{project}", func(*call) (*reply, error) { return ok(map[string]any{"tenant_usage": map[string]any{}}), nil })
	on("GET /extensions", listComputeExtensions)
	on("GET /extensions/{alias}", showComputeExtension)
	on("GET /images", proxied(func(c *call) (*reply, error) {
		list := []any{}
		for im := range c.cloud.image.table.All() {
			if c.sees(im) {
				links := append(selfLinks(c, "/images/"+im.id), map[string]any{"rel": "alternate", "type": "application/vnd.openstack.image", "href": c.host() + "/image/images/" + im.id})
				list = append(list, map[string]any{"id": im.id, "name": im.name, "links": links})
			}
		}
		return ok(map[string]any{"images": list}), nil
	}))
	on("GET /os-security-groups", proxied(func(c *call) (*reply, error) {
		list := []any{}
		c.cloud.network.defaultGroup(c, c.project())
		for _, g := range c.cloud.network.groups.all(func(o *netObject) bool { return o.project == c.project() }) {
			list = append(list, c.novaGroup(g))
		}
		return ok(map[string]any{"security_groups": list}), nil
	}))
	on("GET /os-networks", proxied(func(c *call) (*reply, error) {
		list := []any{}
		for _, o := range c.cloud.network.networks.all(func(o *netObject) bool { return c.cloud.network.sees(c, o) }) {
			body := map[string]any{"id": o.id, "label": o.text("name")}
			for _, k := range []string{"cidr", "netmask", "gateway", "broadcast", "dns1", "dns2", "cidr_v6", "gateway_v6", "netmask_v6"} {
				body[k] = nil
			}
			list = append(list, body)
		}
		return ok(map[string]any{"networks": list}), nil
	}))
	on("GET /os-tenant-networks", proxied(func(c *call) (*reply, error) {
		list := []any{}
		for _, o := range c.cloud.network.networks.all(func(o *netObject) bool { return c.cloud.network.sees(c, o) }) {
			list = append(list, map[string]any{"id": o.id, "cidr": "None", "label": o.text("name")})
		}
		return ok(map[string]any{"networks": list}), nil
	}))
}

// computeExtensionTexts are the extensions of Nova's API, which have been the
// same in every cloud since 2014.
//
//go:embed nova_extensions.json
var computeExtensionTexts []byte

func computeExtensions() ([]map[string]any, error) {
	var list []map[string]any
	if err := json.Unmarshal(computeExtensionTexts, &list); err != nil {
		return nil, fmt.Errorf("our own list of extensions: %w", err)
	}
	for _, e := range list {
		e["links"], e["namespace"], e["updated"] = []any{}, "http://docs.openstack.org/compute/ext/fake_xml", "2014-12-03T00:00:00Z"
	}
	return list, nil
}

func listComputeExtensions(*call) (*reply, error) {
	list, err := computeExtensions()
	if err != nil {
		return nil, err
	}
	return ok(map[string]any{"extensions": list}), nil
}

func showComputeExtension(c *call) (*reply, error) {
	list, err := computeExtensions()
	if err != nil {
		return nil, err
	}
	for _, e := range list {
		if e["alias"] == c.PathValue("alias") {
			return ok(map[string]any{"extension": e}), nil
		}
	}
	return nil, refuse(http.StatusNotFound, "The resource could not be found.")
}
