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

// rebuildServer gives a server a fresh disk.
func rebuildServer(c *call, s *server, arg map[string]any) (*reply, error) {
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
