package openstack

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/profile"
)

func flavorRoutes(on func(string, handler)) {
	on("GET /flavors", listFlavors(false))
	on("GET /flavors/detail", listFlavors(true))
	on("POST /flavors", denied("os_compute_api:os-flavor-manage:create"))
	on("GET /flavors/{id}", withFlavor(func(c *call, f profile.Flavor) (*reply, error) {
		return ok(map[string]any{"flavor": c.flavorBody(f, true)}), nil
	}))
	on("DELETE /flavors/{id}", denied("os_compute_api:os-flavor-manage:delete"))
	on("GET /flavors/{id}/os-extra_specs", withFlavor(func(c *call, f profile.Flavor) (*reply, error) {
		return ok(map[string]any{"extra_specs": words(f.Specs)}), nil
	}))
	on("POST /flavors/{id}/os-extra_specs", denied("os_compute_api:os-flavor-extra-specs:create"))
	on("GET /flavors/{id}/os-extra_specs/{key}", withFlavor(showExtraSpec))
	on("GET /flavors/{id}/os-flavor-access", withFlavor(func(*call, profile.Flavor) (*reply, error) {
		return nil, refuse(http.StatusNotFound, "Access list not available for public flavors.")
	}))
}

// flavors returns what the profile offers, with ids.
func (c *Cloud) flavors() []profile.Flavor {
	list := slices.Clone(c.profile.Flavors)
	for i := range list {
		list[i].ID = c.id(list[i].ID, "flavor", list[i].Name)
	}
	return list
}

func (c *Cloud) flavor(id string) (profile.Flavor, bool) {
	for _, f := range c.flavors() {
		if f.ID == id {
			return f, true
		}
	}
	return profile.Flavor{}, false
}

func withFlavor(h func(*call, profile.Flavor) (*reply, error)) handler {
	return func(c *call) (*reply, error) {
		f, there := c.cloud.flavor(c.PathValue("id"))
		if !there {
			return nil, refuse(http.StatusNotFound, "Flavor %s could not be found.", c.PathValue("id"))
		}
		return h(c, f)
	}
}

func showExtraSpec(c *call, f profile.Flavor) (*reply, error) {
	key := c.PathValue("key")
	v, there := f.Specs[key]
	if !there {
		return nil, refuse(http.StatusNotFound, "Flavor %s has no extra specs with key %s.", f.ID, key)
	}
	return ok(map[string]any{key: v}), nil
}

// words makes a JSON object of a map of strings.
func words(m map[string]string) map[string]any {
	out := map[string]any{}
	for k, v := range m {
		out[k] = v
	}
	return out
}

func (c *call) flavorBody(f profile.Flavor, detail bool) map[string]any {
	body := map[string]any{"id": f.ID, "name": f.Name, "links": selfLinks(c, "/flavors/"+f.ID)}
	if c.version.since(2, 55) {
		body["description"] = nil
	}
	if !detail {
		return body
	}
	var swap any = ""
	if f.Swap > 0 || c.version.since(2, 75) {
		swap = f.Swap
	}
	for k, v := range map[string]any{"ram": f.RAM, "disk": f.Disk, "vcpus": f.VCPUs, "swap": swap, "OS-FLV-EXT-DATA:ephemeral": f.Ephemeral,
		"OS-FLV-DISABLED:disabled": false, "os-flavor-access:is_public": true, "rxtx_factor": float(1)} {
		body[k] = v
	}
	if c.version.since(2, 61) {
		body["extra_specs"] = words(f.Specs)
	}
	return body
}

// float is a number that JSON shows with a fraction, as Python does.
type float float64

// MarshalJSON writes 1 as 1.0.
func (f float) MarshalJSON() ([]byte, error) {
	return []byte(strconv.FormatFloat(float64(f), 'f', 1, 64)), nil
}

func listFlavors(detail bool) handler {
	return func(c *call) (*reply, error) {
		q := c.URL.Query()
		list, err := flavorsFor(c, q)
		if err != nil {
			return nil, err
		}
		page, next, err := novaPage(c, list, func(f profile.Flavor) string { return f.ID }, "/flavors", detail)
		if err != nil {
			return nil, err
		}
		out := []any{}
		for _, f := range page {
			out = append(out, c.flavorBody(f, detail))
		}
		body := map[string]any{"flavors": out}
		if next != nil {
			body["flavors_links"] = next
		}
		return ok(body), nil
	}
}

func flavorsFor(c *call, q url.Values) ([]profile.Flavor, error) {
	low := map[string]int64{}
	for _, name := range []string{"minRam", "minDisk"} {
		if s := q.Get(name); s != "" {
			n, err := strconv.ParseInt(s, 10, 64)
			if err != nil {
				return nil, refuse(http.StatusBadRequest, "Invalid %s filter [%s]", name, s)
			}
			low[name] = n
		}
	}
	list := slices.DeleteFunc(c.cloud.flavors(), func(f profile.Flavor) bool { return f.RAM < low["minRam"] || f.Disk < low["minDisk"] })
	slices.SortStableFunc(list, func(a, b profile.Flavor) int { return compareFlavors(cmp.Or(q.Get("sort_key"), "flavorid"), a, b) })
	if q.Get("sort_dir") == "desc" {
		slices.Reverse(list)
	}
	return list, nil
}

func compareFlavors(key string, a, b profile.Flavor) int {
	switch key {
	case "name":
		return strings.Compare(a.Name, b.Name)
	case "memory_mb":
		return cmp.Compare(a.RAM, b.RAM)
	case "vcpus":
		return cmp.Compare(a.VCPUs, b.VCPUs)
	case "root_gb":
		return cmp.Compare(a.Disk, b.Disk)
	}
	return strings.Compare(a.ID, b.ID)
}
