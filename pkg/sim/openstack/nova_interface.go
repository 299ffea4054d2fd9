package openstack

import (
	"net/http"
	"slices"
)

func serverInterfaceRoutes(on func(string, handler)) {
	const path = "/servers/{id}/os-interface"
	on("GET "+path, withServer(listInterfaces))
	on("POST "+path, withServer(attachInterface))
	on("GET "+path+"/{port}", withServer(showInterface))
	on("DELETE "+path+"/{port}", withServer(detachInterface))
}

func (c *call) interfaceBody(p *netObject, n *serverNIC) map[string]any {
	body := map[string]any{"net_id": p.text("network_id"), "port_id": p.id, "mac_addr": p.text("mac_address"), "port_state": p.text("status"), "fixed_ips": p.list("fixed_ips")}
	if c.version.since(2, 70) {
		body["tag"] = n.tag
	}
	return body
}

func listInterfaces(c *call, s *server) (*reply, error) {
	list := []any{}
	for _, p := range c.portsOf(s) {
		list = append(list, c.interfaceBody(p, s.nic(p.id)))
	}
	return ok(map[string]any{"interfaceAttachments": list}), nil
}

func showInterface(c *call, s *server) (*reply, error) {
	id := c.PathValue("port")
	p, there := c.cloud.network.ports.objects.Get(id)
	nic := s.nic(id)
	switch {
	case !there || !c.cloud.network.sees(c, p):
		return nil, refuse(http.StatusNotFound, "Port id %s could not be found.", id)
	case nic == nil:
		return nil, refuse(http.StatusNotFound, "Instance %s does not have a port with id %s", s.id, id)
	}
	return ok(map[string]any{"interfaceAttachment": c.interfaceBody(p, nic)}), nil
}

func attachInterface(c *call, s *server) (*reply, error) {
	doc, _ := c.document("interfaceAttachment")
	w := nicWish{network: text(doc["net_id"]), port: text(doc["port_id"]), tag: doc["tag"]}
	if ips, given := doc["fixed_ips"].([]any); given {
		w.address = text(ips[0].(map[string]any)["ip_address"])
	}
	switch {
	case w.network != "" && w.port != "":
		return nil, refuse(http.StatusBadRequest, "Must not input both network_id and port_id")
	case w.address != "" && w.network == "":
		return nil, refuse(http.StatusBadRequest, "Must input network_id when request IP address")
	}
	if err := c.mayChangePorts(s, "attach_interface"); err != nil {
		return nil, err
	}
	if err := c.checkInterface(&w); err != nil {
		return nil, err
	}
	asked := s.groups
	s.groups = nil // of a new server only
	nic, err := s.makeNIC(c, w)
	s.groups = asked
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "%s", asRefusal(err).message)
	}
	s.nics = append(s.nics, nic)
	s.note(c, "attach_interface", c.now)
	p, _ := c.cloud.network.ports.objects.Get(nic.port)
	return ok(map[string]any{"interfaceAttachment": c.interfaceBody(p, nic)}), nil
}

// checkInterface checks a wish, and finds the network when none is named.
func (c *call) checkInterface(w *nicWish) error {
	n := &c.cloud.network
	if w.port != "" {
		p, there := n.ports.objects.Get(w.port)
		switch {
		case !there || !n.sees(c, p):
			return refuse(http.StatusNotFound, "Port id %s could not be found.", w.port)
		case p.text("device_id") != "":
			return refuse(http.StatusConflict, "Port %s is still in use.", w.port)
		}
		return nil
	}
	if w.network == "" {
		list := n.usableNetworks(c)
		if len(list) != 1 {
			return refuse(http.StatusBadRequest, "Multiple possible networks found, use a Network ID to be more specific.")
		}
		w.network = list[0].id
	}
	switch net := n.networkOf(c, w.network); {
	case net == nil:
		return refuse(http.StatusNotFound, "Network %s could not be found.", w.network)
	case len(n.subnetsOf(c, net.id)) == 0:
		return refuse(http.StatusBadRequest, "Network requires port_security_enabled and subnet associated in order to apply security groups.")
	}
	return nil
}

// mayChangePorts tells whether interfaces may come and go.
func (c *call) mayChangePorts(s *server, word string) error {
	return c.mayAct(s, serverAction{word: word, from: []string{"active", "stopped", "paused"}})
}

// detachInterface is accepted whatever the port is: what is wrong shows only
// in that nothing happens.
func detachInterface(c *call, s *server) (*reply, error) {
	if err := c.mayChangePorts(s, "detach_interface"); err != nil {
		return nil, err
	}
	nic := s.nic(c.PathValue("port"))
	if nic == nil {
		return empty(http.StatusAccepted), nil
	}
	d := c.cloud.takes(c.cloud.profile.Behaviour.Durations.ServerAction, nic.port)
	s.note(c, "detach_interface", c.now.Add(d))
	c.later(s, c.now.Add(d), func(c *call) {
		s.nics = slices.DeleteFunc(s.nics, func(o *serverNIC) bool { return o == nic })
		p, there := c.cloud.network.ports.objects.Get(nic.port)
		switch {
		case there && nic.made:
			c.cloud.network.drop(c, p)
		case there:
			c.unbind(p)
		}
	})
	return empty(http.StatusAccepted), nil
}
