package openstack

import (
	"net/http"
	"slices"
	"strings"
)

// fromNeutron is a refusal of Neutron's as Nova passes it on: its words, with
// Nova's status, and the ids of the requests.
func (c *call) fromNeutron(err error, status int) error {
	r := asRefusal(err)
	return refuse(status, "%s\nNeutron server returns request_ids: ['%s']", r.message, c.cloud.RequestID())
}

// inside finds an object of the network for Nova.
func (c *call) inside(k *netKind, id string) (*netObject, error) {
	o, err := c.cloud.network.find(c, k, id)
	if err != nil {
		return nil, c.fromNeutron(err, http.StatusNotFound)
	}
	return o, nil
}

// createInside makes an object of the network for Nova.
func (c *call) createInside(k *netKind, doc map[string]any) (*netObject, error) {
	made, err := c.cloud.network.create(c, k, []map[string]any{doc})
	if err != nil {
		return nil, err
	}
	return made[0], nil
}

// removeInside deletes an object of the network for Nova.
func (c *call) removeInside(o *netObject) error {
	if o.kind.hooks.remove != nil {
		if err := o.kind.hooks.remove(c, o); err != nil {
			return c.fromNeutron(err, http.StatusBadRequest)
		}
	}
	c.cloud.network.drop(c, o)
	return nil
}

func networkProxyRoutes(on func(string, handler)) {
	for path, body := range map[string]func(*netObject) map[string]any{"/os-networks": proxiedNetwork, "/os-tenant-networks": proxiedTenantNetwork} {
		on("GET "+path, func(c *call) (*reply, error) {
			list := []any{}
			for _, o := range c.cloud.network.networks.all(func(o *netObject) bool { return c.cloud.network.sees(c, o) }) {
				list = append(list, body(o))
			}
			return ok(map[string]any{"networks": list}), nil
		})
		on("GET "+path+"/{id}", func(c *call) (*reply, error) {
			o := c.cloud.network.networkOf(c, c.PathValue("id"))
			if o == nil {
				return nil, refuse(http.StatusNotFound, "Network not found")
			}
			return ok(map[string]any{"network": body(o)}), nil
		})
	}
}

func proxiedNetwork(o *netObject) map[string]any {
	body := map[string]any{"id": o.id, "label": o.text("name")}
	for _, k := range []string{"cidr", "netmask", "gateway", "broadcast", "dns1", "dns2", "cidr_v6", "gateway_v6", "netmask_v6"} {
		body[k] = nil
	}
	return body
}

func proxiedTenantNetwork(o *netObject) map[string]any {
	return map[string]any{"id": o.id, "cidr": "None", "label": o.text("name")}
}

func addressProxyRoutes(on func(string, handler)) {
	on("GET /os-floating-ip-pools", func(c *call) (*reply, error) {
		list := []any{}
		for _, o := range c.cloud.network.outsides(c) {
			list = append(list, map[string]any{"name": o.text("name")})
		}
		return ok(map[string]any{"floating_ip_pools": list}), nil
	})
	on("GET /os-floating-ips", func(c *call) (*reply, error) {
		list := []any{}
		for _, o := range c.cloud.network.fips.all(func(o *netObject) bool { return o.project == c.project() }) {
			list = append(list, c.proxiedAddress(o))
		}
		return ok(map[string]any{"floating_ips": list}), nil
	})
	on("POST /os-floating-ips", createProxiedAddress)
	on("GET /os-floating-ips/{id}", withProxiedAddress(func(c *call, o *netObject) (*reply, error) {
		return ok(map[string]any{"floating_ip": c.proxiedAddress(o)}), nil
	}))
	on("DELETE /os-floating-ips/{id}", withProxiedAddress(func(c *call, o *netObject) (*reply, error) {
		if err := c.removeInside(o); err != nil {
			return nil, err
		}
		return empty(http.StatusAccepted), nil
	}))
}

// outsides are the networks that floating IPs come from.
func (n *network) outsides(c *call) []*netObject {
	return n.networks.all(func(o *netObject) bool { return o.flag("router:external") && n.sees(c, o) })
}

func withProxiedAddress(h func(*call, *netObject) (*reply, error)) handler {
	return func(c *call) (*reply, error) {
		o, err := c.cloud.network.find(c, c.cloud.network.fips, c.PathValue("id"))
		if err != nil {
			return nil, refuse(http.StatusNotFound, "Floating IP not found for ID %s", c.PathValue("id"))
		}
		return h(c, o)
	}
}

func createProxiedAddress(c *call) (*reply, error) {
	n := &c.cloud.network
	doc, _ := c.body.(map[string]any)
	pool := text(doc["pool"])
	i := slices.IndexFunc(n.outsides(c), func(o *netObject) bool { return pool == "" || o.text("name") == pool || o.id == pool })
	if i < 0 {
		return nil, refuse(http.StatusNotFound, "Floating IP pool not found.")
	}
	o, err := c.createInside(n.fips, map[string]any{"floating_network_id": n.outsides(c)[i].id})
	switch r := (*refusal)(nil); {
	case err != nil && asRefusal(err).kind == "OverQuota":
		return nil, refuse(http.StatusForbidden, "Floating IP allocation over quota in pool %s.", pool)
	case err != nil:
		if r = asRefusal(err); r.kind == "IpAddressGenerationFailure" {
			return nil, refuse(http.StatusNotFound, "No more floating IPs in pool %s.", pool)
		}
		return nil, c.fromNeutron(err, http.StatusBadRequest)
	}
	n.created(c, o)
	return ok(map[string]any{"floating_ip": c.proxiedAddress(o)}), nil
}

func (c *call) proxiedAddress(o *netObject) map[string]any {
	n := &c.cloud.network
	body := map[string]any{"id": o.id, "ip": o.text("floating_ip_address"), "pool": nil, "fixed_ip": orNull(o.text("fixed_ip_address")), "instance_id": nil}
	if net, there := n.networks.objects.Get(o.text("floating_network_id")); there {
		body["pool"] = net.text("name")
	}
	if p, there := n.ports.objects.Get(o.text("port_id")); there {
		body["instance_id"] = orNull(p.text("device_id"))
	}
	return body
}

// addressNamed finds a floating IP by its address.
func (n *network) addressNamed(c *call, address string) *netObject {
	for _, o := range n.fips.all(where("floating_ip_address", address)) {
		if n.sees(c, o) {
			return o
		}
	}
	return nil
}

// addFloatingIP associates an address with the server's first port that has an
// IPv4 address, or with the one that is named.
func addFloatingIP(c *call, s *server, arg any) (*reply, error) {
	doc, n := argument(arg), &c.cloud.network
	address, fixed := text(doc["address"]), text(doc["fixed_address"])
	var port *netObject
	for _, p := range c.portsOf(s) {
		for _, f := range p.list("fixed_ips") {
			ip := text(f.(map[string]any)["ip_address"])
			if port == nil && (ip == fixed || fixed == "" && !strings.Contains(ip, ":")) {
				port, fixed = p, ip
			}
		}
	}
	fip := n.addressNamed(c, address)
	switch {
	case len(c.portsOf(s)) == 0:
		return nil, refuse(http.StatusBadRequest, "Instance network is not ready yet")
	case port == nil:
		return nil, refuse(http.StatusBadRequest, "Specified fixed address not assigned to instance")
	case fip == nil:
		return nil, refuse(http.StatusNotFound, "floating IP not found")
	}
	change := map[string]any{"port_id": port.id, "fixed_ip_address": fixed}
	if err := n.updateFloatingIP(c, fip, change); err != nil {
		return nil, refuse(http.StatusBadRequest, "Unable to associate floating IP %s to fixed IP %s for instance %s. Error: %s", address, fixed, s.id,
			asRefusal(c.fromNeutron(err, http.StatusBadRequest)).message)
	}
	n.settle(c, fip, change)
	return empty(http.StatusAccepted).set("Content-Type", "text/html; charset=UTF-8"), nil
}

// settle keeps what an update of a floating IP has decided.
func (n *network) settle(c *call, fip *netObject, change map[string]any) {
	for k, v := range change {
		fip.attrs[k] = v
	}
	n.settleFloatingIP(c, fip)
	fip.touch(c.now)
}

// removeFloatingIP dissociates an address. To an address that no server has
// nobody has a right.
func removeFloatingIP(c *call, s *server, arg any) (*reply, error) {
	n, address := &c.cloud.network, text(argument(arg)["address"])
	fip := n.addressNamed(c, address)
	device := ""
	if fip != nil {
		if p, there := n.ports.objects.Get(fip.text("port_id")); there {
			device = p.text("device_id")
		}
	}
	switch {
	case device == "" && !c.admin():
		return nil, notAllowed("os_compute_api:os-floating-ips:remove")
	case fip == nil:
		return nil, refuse(http.StatusNotFound, "floating IP not found")
	case device != s.id:
		return nil, refuse(http.StatusConflict, "Floating IP %s is not associated with instance %s.", address, s.id)
	}
	change := map[string]any{"port_id": nil}
	if err := n.updateFloatingIP(c, fip, change); err != nil {
		return nil, c.fromNeutron(err, http.StatusBadRequest)
	}
	n.settle(c, fip, change)
	return empty(http.StatusAccepted).set("Content-Type", "text/html; charset=UTF-8"), nil
}

// addFixedIP gives a server one more address in a network that it is in;
// whether that can be shows only later.
func addFixedIP(c *call, s *server, arg any) (*reply, error) {
	n, id := &c.cloud.network, text(argument(arg)["networkId"])
	for _, p := range c.portsOf(s) {
		if p.text("network_id") != id {
			continue
		}
		if more, err := n.anyAddress(p); err == nil {
			p.attrs["fixed_ips"] = append(slices.Clone(p.list("fixed_ips")), more...)
			p.touch(c.now)
		}
		break
	}
	return empty(http.StatusAccepted), nil
}

func removeFixedIP(c *call, s *server, arg any) (*reply, error) {
	address := text(argument(arg)["address"])
	for _, p := range c.portsOf(s) {
		left := slices.DeleteFunc(slices.Clone(p.list("fixed_ips")), func(f any) bool { return text(f.(map[string]any)["ip_address"]) == address })
		if len(left) < len(p.list("fixed_ips")) {
			p.attrs["fixed_ips"] = left
			p.touch(c.now)
		}
	}
	return empty(http.StatusAccepted), nil
}
