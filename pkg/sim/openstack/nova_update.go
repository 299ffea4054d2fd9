package openstack

import "net/http"

func updateServer(c *call, s *server) (*reply, error) {
	doc, _ := c.document("server")
	for name, field := range map[string]*string{"name": &s.name, "accessIPv4": &s.access4, "accessIPv6": &s.access6, "OS-DCF:diskConfig": &s.diskConfig,
		"hostname": &s.hostname} {
		if v, given := doc[name].(string); given {
			*field = v
		}
	}
	if d, given := doc["description"]; given {
		s.description = d
	}
	s.changed = c.now
	body := c.serverBody(s, c.version.since(2, 75))
	if !c.version.since(2, 75) {
		body["addresses"] = c.addresses(s, false)
		for _, name := range []string{"OS-EXT-AZ:availability_zone", "config_drive", "key_name", "OS-SRV-USG:launched_at", "OS-SRV-USG:terminated_at", "security_groups",
			"OS-EXT-STS:task_state", "OS-EXT-STS:vm_state", "OS-EXT-STS:power_state", "os-extended-volumes:volumes_attached"} {
			delete(body, name)
		}
	}
	return with(http.StatusOK, map[string]any{"server": body}), nil
}
