package openstack

import (
	"net/http"
	"slices"
)

// shown are the extra specs that a member may see: those made for him.
func (t *volumeType) shown(c *call) map[string]string {
	out := map[string]string{}
	for k, v := range t.specs {
		if c.admin() || slices.Contains([]string{"multiattach", "RESKEY:availability_zones", "replication_enabled"}, k) {
			out[k] = v
		}
	}
	return out
}

func (c *call) volumeTypeBody(t *volumeType) map[string]any {
	b := map[string]any{"id": t.id, "name": t.name, "is_public": true, "description": orNull(t.description), "extra_specs": t.shown(c),
		"os-volume-type-access:is_public": true}
	if c.admin() {
		b["qos_specs_id"] = nil
	}
	return b
}

func listVolumeTypes(c *call) (*reply, error) {
	list := slices.Clone(c.cloud.volume.types)
	slices.Reverse(list)
	body := func(t *volumeType) (string, map[string]any) { return t.id, c.volumeTypeBody(t) }
	byName := func(key string, a, b *volumeType) (int, bool) { return compareText(a.name, b.name), key == "name" }
	return listing(c, "volume_types", "/types", list, body, byName, func(id string) error {
		return refuse(http.StatusNotFound, "Volume type %s could not be found.", id)
	})
}

func showVolumeType(c *call) (*reply, error) {
	id := c.PathValue("id")
	for _, t := range c.cloud.volume.types {
		if t.id == id || id == "default" && t.isDefault {
			b := c.volumeTypeBody(t)
			if id == "default" {
				delete(b, "os-volume-type-access:is_public")
			}
			return ok(map[string]any{"volume_type": b}), nil
		}
	}
	if id == "default" {
		return nil, refuse(http.StatusNotFound, "Default volume type can not be found.")
	}
	return nil, refuse(http.StatusNotFound, "Volume type %s could not be found.", id)
}

func showVolumeTypeSpecs(c *call) (*reply, error) {
	for _, t := range c.cloud.volume.types {
		if t.id == c.PathValue("id") {
			return ok(map[string]any{"extra_specs": t.shown(c)}), nil
		}
	}
	return nil, refuse(http.StatusNotFound, "Volume type %s could not be found.", c.PathValue("id"))
}
