package openstack

func updateServer(c *call, s *server) (*reply, error) {
	if err := c.permit("os_compute_api:servers:update"); err != nil {
		return nil, err
	}
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
	return ok(map[string]any{"server": c.shortServerBody(s)}), nil
}

// shortServerBody is a server as an update or a rebuild answers: before 2.75
// without what extensions brought.
func (c *call) shortServerBody(s *server) map[string]any {
	body := c.serverBody(s, true)
	if c.version.since(2, 75) {
		delete(body, "OS-EXT-SRV-ATTR:user_data")
		return body
	}
	body["addresses"] = c.addresses(s, false)
	for _, name := range []string{"OS-EXT-AZ:availability_zone", "config_drive", "key_name", "OS-SRV-USG:launched_at", "OS-SRV-USG:terminated_at", "security_groups",
		"OS-EXT-STS:task_state", "OS-EXT-STS:vm_state", "OS-EXT-STS:power_state", "os-extended-volumes:volumes_attached", "host_status"} {
		delete(body, name)
	}
	for name := range body {
		if len(name) > len("OS-EXT-SRV-ATTR:") && name[:len("OS-EXT-SRV-ATTR:")] == "OS-EXT-SRV-ATTR:" {
			delete(body, name)
		}
	}
	return body
}
