package openstack

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

func createFlavor(c *call) (*reply, error) {
	if err := c.permit("os_compute_api:os-flavor-manage:create"); err != nil {
		return nil, err
	}
	doc, _ := c.document("flavor")
	f := &flavor{rxtx: 1}
	f.Name, f.ID, f.Specs = strings.TrimSpace(text(doc["name"])), strings.TrimSpace(pyStr(doc["id"])), map[string]string{}
	for name, field := range map[string]*int64{"ram": &f.RAM, "vcpus": &f.VCPUs, "disk": &f.Disk, "OS-FLV-EXT-DATA:ephemeral": &f.Ephemeral, "swap": &f.Swap} {
		*field, _ = asInt(doc[name])
	}
	if n, given := doc["rxtx_factor"]; given {
		_, factor, _ := pyNumber(n)
		f.rxtx = float(factor)
	}
	if public, given := asBool(doc["os-flavor-access:is_public"]); given {
		f.private = !public
	}
	f.description = doc["description"]
	if doc["id"] == nil || f.ID == "" {
		f.ID = c.cloud.Objects.UUID()
	}
	for other := range c.cloud.compute.flavors.All() {
		switch {
		case other.Name == f.Name:
			return nil, refuse(http.StatusConflict, "Flavor with name %s already exists.", f.Name)
		case other.ID == f.ID:
			return nil, refuse(http.StatusConflict, "Flavor with ID %s already exists.", f.ID)
		}
	}
	c.cloud.compute.addFlavor(f)
	return ok(map[string]any{"flavor": c.flavorBody(f, true)}), nil
}

// describeFlavor changes the only thing that can be changed.
func describeFlavor(c *call, f *flavor) (*reply, error) {
	doc, _ := c.document("flavor")
	f.description = doc["description"]
	return ok(map[string]any{"flavor": c.flavorBody(f, true)}), nil
}

func deleteFlavor(c *call, f *flavor) (*reply, error) {
	c.cloud.compute.flavors.Delete(f.ID)
	return empty(http.StatusAccepted), nil
}

func flavorSpecRoutes(on func(string, handler)) {
	const path = "/flavors/{id}/os-extra_specs"
	on("GET "+path, withFlavor("os-flavor-extra-specs:index", func(c *call, f *flavor) (*reply, error) {
		return ok(map[string]any{"extra_specs": words(f.Specs)}), nil
	}))
	on("POST "+path, withFlavor("os-flavor-extra-specs:create", addFlavorSpecs))
	on("GET "+path+"/{key}", withFlavor("os-flavor-extra-specs:show", withSpec(func(c *call, f *flavor, key string) (*reply, error) {
		return ok(map[string]any{key: f.Specs[key]}), nil
	})))
	on("PUT "+path+"/{key}", withFlavor("os-flavor-extra-specs:update", setFlavorSpec))
	on("DELETE "+path+"/{key}", withFlavor("os-flavor-extra-specs:delete", withSpec(func(c *call, f *flavor, key string) (*reply, error) {
		delete(f.Specs, key)
		return empty(http.StatusOK), nil
	})))
}

func withSpec(h func(*call, *flavor, string) (*reply, error)) func(*call, *flavor) (*reply, error) {
	return func(c *call, f *flavor) (*reply, error) {
		key := c.PathValue("key")
		if _, there := f.Specs[key]; !there {
			return nil, refuse(http.StatusNotFound, "Flavor %s has no extra specs with key %s.", f.ID, key)
		}
		return h(c, f, key)
	}
}

func addFlavorSpecs(c *call, f *flavor) (*reply, error) {
	specs, _ := c.document("extra_specs")
	f.setSpecs(specs)
	return ok(c.body), nil
}

func setFlavorSpec(c *call, f *flavor) (*reply, error) {
	specs, _ := c.body.(map[string]any)
	if _, named := specs[c.PathValue("key")]; !named {
		return nil, refuse(http.StatusBadRequest, "Request body and URI mismatch")
	}
	f.setSpecs(specs)
	return ok(c.body), nil
}

// setSpecs keeps specs; numbers become texts.
func (f *flavor) setSpecs(specs map[string]any) {
	f.Specs = copied(f.Specs) // servers keep what they were made with
	for k, v := range specs {
		if n, isNumber := v.(json.Number); isNumber {
			v = n.String()
		}
		f.Specs[k] = pyStr(v)
	}
}

func flavorAccessRoutes(on func(string, handler)) {
	on("GET /flavors/{id}/os-flavor-access", withFlavor("os-flavor-access", func(c *call, f *flavor) (*reply, error) {
		if !f.private {
			return nil, refuse(http.StatusNotFound, "Access list not available for public flavors.")
		}
		return ok(accessBody(f)), nil
	}))
	on("POST /flavors/{id}/action", changeFlavorAccess)
}

func accessBody(f *flavor) map[string]any {
	list := []any{}
	for _, p := range f.projects {
		list = append(list, map[string]any{"flavor_id": f.ID, "tenant_id": p})
	}
	return map[string]any{"flavor_access": list}
}

// changeFlavorAccess is the action on a flavor; what routes otherwise say with
// their methods can be said with an action, too.
func changeFlavorAccess(c *call) (*reply, error) {
	action, err := c.novaAction()
	if err != nil {
		return nil, err
	}
	switch action {
	case "addTenantAccess":
		return withFlavor("os-flavor-access:add_tenant_access", addFlavorAccess)(c)
	case "removeTenantAccess":
		return withFlavor("os-flavor-access:remove_tenant_access", dropFlavorAccess)(c)
	case "create":
		return createFlavor(c)
	case "update":
		return withFlavor("os-flavor-manage:update", describeFlavor)(c)
	}
	return withFlavor("os-flavor-manage:delete", deleteFlavor)(c)
}

func addFlavorAccess(c *call, f *flavor) (*reply, error) {
	doc, _ := c.document("addTenantAccess")
	project := text(doc["tenant"])
	switch {
	case c.cloud.identity.projectName(project) == "":
		return nil, refuse(http.StatusBadRequest, "Project ID %s is not a valid project.", project)
	case !f.private && c.version.since(2, 7):
		return nil, refuse(http.StatusConflict, "Can not add access to a public flavor.")
	case slices.Contains(f.projects, project):
		return nil, refuse(http.StatusConflict, "Flavor access already exists for flavor %s and project %s combination.", f.ID, project)
	}
	f.projects = append(f.projects, project)
	slices.SortFunc(f.projects, cmp.Compare)
	return ok(accessBody(f)), nil
}

func dropFlavorAccess(c *call, f *flavor) (*reply, error) {
	doc, _ := c.document("removeTenantAccess")
	project := text(doc["tenant"])
	if !slices.Contains(f.projects, project) {
		return nil, refuse(http.StatusNotFound, "Flavor access not found for %s / %s combination.", f.ID, project)
	}
	f.projects = slices.DeleteFunc(f.projects, func(p string) bool { return p == project })
	return ok(accessBody(f)), nil
}
