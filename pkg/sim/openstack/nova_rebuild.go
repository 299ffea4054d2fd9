package openstack

import (
	"cmp"
	"net/http"
)

// rescueServer boots a server from a rescue disk.
func rescueServer(c *call, s *server, arg map[string]any) (*reply, error) {
	if s.image == "" && !c.version.since(2, 87) {
		return nil, refuse(http.StatusBadRequest, "Instance %s cannot be rescued: Cannot rescue a volume-backed instance", s.id)
	}
	if _, err := c.change(s, transition{"rescue", []string{"active", "stopped", "error"}, "rescuing", "rescued", powerRunning}); err != nil {
		return nil, err
	}
	return ok(map[string]any{"adminPass": cmp.Or(text(arg["adminPass"]), c.cloud.compute.secret(c.cloud))}), nil
}

func rebuildSchema(v version) schema {
	props := map[string]schema{"imageRef": uuidSchema(), "name": nameSchema, "adminPass": {types: []string{"string"}}, "metadata": metadataSchema,
		"OS-DCF:diskConfig": {types: []string{"string"}, enum: []any{"AUTO", "MANUAL"}}, "accessIPv4": addressSchema("ipv4"), "accessIPv6": addressSchema("ipv6"),
		"preserve_ephemeral": {types: []string{"boolean", "string"}, enum: boolEnum}}
	if v.since(2, 19) {
		props["description"] = schema{types: []string{"string", "null"}, maxLen: 255}
	}
	if v.since(2, 54) {
		props["key_name"] = schema{types: []string{"string", "null"}, maxLen: 255}
	}
	if v.since(2, 57) {
		data := userDataSchema()
		data.types = []string{"string", "null"}
		props["user_data"] = data
	} else {
		props["personality"] = schema{types: []string{"array"}}
	}
	return schema{types: []string{"object"}, required: []string{"rebuild"}, closed: true, props: map[string]schema{
		"rebuild": {types: []string{"object"}, required: []string{"imageRef"}, closed: true, props: props}}}
}

// rebuildServer gives a server a fresh disk.
func rebuildServer(c *call, s *server, arg map[string]any) (*reply, error) {
	if err := c.conform(rebuildSchema(c.version)); err != nil {
		return nil, err
	}
	im := c.findImage(text(arg["imageRef"]))
	switch {
	case im == nil:
		return nil, refuse(http.StatusBadRequest, "Cannot find image for rebuild")
	case s.image == "" && !c.version.since(2, 93):
		return nil, refuse(http.StatusBadRequest, "Unable to rebuild with a different image for a volume-backed server.")
	}
	if _, err := c.change(s, transition{"rebuild", []string{"active", "stopped", "error"}, "rebuilding", "active", powerRunning}); err != nil {
		return nil, err
	}
	if s.image != "" {
		s.image = im.id
	}
	s.name = cmp.Or(text(arg["name"]), s.name)
	if m, given := arg["metadata"].(map[string]any); given {
		s.metadata = map[string]string{}
		for k, v := range m {
			s.metadata[k] = text(v)
		}
	}
	if v, given := arg["description"]; given {
		s.description = v
	}
	body := c.serverBody(s, false)
	body["adminPass"] = cmp.Or(text(arg["adminPass"]), c.cloud.compute.secret(c.cloud))
	return with(http.StatusAccepted, map[string]any{"server": body}), nil
}
