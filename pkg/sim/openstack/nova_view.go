package openstack

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
)

// serverBody is a server as this microversion shows it.
func (c *call) serverBody(s *server, alone bool) map[string]any {
	st := s.state(c.now)
	body := map[string]any{"id": s.id, "name": s.name, "status": s.status(c.now), "tenant_id": s.project, "user_id": s.user, "metadata": words(s.metadata),
		"hostId": s.hostIDOn(s.host), "image": "", "flavor": c.flavorOf(s), "created": moment(s.created, novaTime), "updated": moment(s.updated(c.now), novaTime),
		"addresses": c.addresses(s, true), "accessIPv4": s.access4, "accessIPv6": s.access6, "links": selfLinks(c, "/servers/"+s.id),
		"OS-DCF:diskConfig": s.diskConfig, "OS-EXT-AZ:availability_zone": s.zone, "config_drive": s.drive, "key_name": s.key,
		"OS-SRV-USG:launched_at": nil, "OS-SRV-USG:terminated_at": nil, "OS-EXT-STS:task_state": orNull(st.task), "OS-EXT-STS:vm_state": st.vm,
		"OS-EXT-STS:power_state": st.power, "os-extended-volumes:volumes_attached": c.disksOf(s)}
	if s.image != "" {
		body["image"] = map[string]any{"id": s.image, "links": bookmark(c, "/images/"+s.image)}
	}
	if !s.launched.IsZero() && !s.launched.After(c.now) {
		body["OS-SRV-USG:launched_at"] = moment(s.launched, novaLong)
	}
	if slices.Contains(progressing, s.status(c.now)) {
		body["progress"] = 0
	}
	if groups := c.groupNames(s); len(groups) > 0 {
		body["security_groups"] = groups
	}
	if s.fault != nil && (alone || !s.fault.unlisted) && (st.vm == "error" || st.vm == "deleted") {
		fault := map[string]any{"code": 500, "created": moment(s.fault.created, novaTime), "message": s.fault.message}
		if c.admin() { // the real one has a traceback
			fault["details"] = s.fault.message
		}
		body["fault"] = fault
	}
	c.newerParts(s, body, alone)
	c.adminParts(s, body)
	return body
}

// progressing are the states in which Nova shows a progress; it is always 0.
var progressing = []string{"ACTIVE", "BUILD", "REBUILD", "RESIZE", "VERIFY_RESIZE", "MIGRATING"}

// newerParts adds what microversions have brought.
func (c *call) newerParts(s *server, body map[string]any, alone bool) {
	since := func(minor int, name string, v any) {
		if c.version.since(2, minor) {
			body[name] = v
		}
	}
	since(9, "locked", s.locked)
	since(19, "description", s.description)
	since(26, "tags", anyList(s.tags))
	since(63, "trusted_image_certificates", nil)
	if len(s.certificates) > 0 {
		since(63, "trusted_image_certificates", anyList(s.certificates))
	}
	since(73, "locked_reason", s.lockReason)
	since(90, "OS-EXT-SRV-ATTR:hostname", s.hostname)
	if alone {
		groups := []any{}
		if s.group != nil {
			if _, there := c.cloud.compute.groups.Get(s.group.id); there {
				groups = append(groups, s.group.id)
			}
		}
		since(71, "server_groups", groups)
	}
}

// adminParts adds what only an administrator sees.
func (c *call) adminParts(s *server, body map[string]any) {
	if !c.admin() {
		return
	}
	body["OS-EXT-SRV-ATTR:host"], body["OS-EXT-SRV-ATTR:hypervisor_hostname"] = orNull(s.host), orNull(s.host)
	body["OS-EXT-SRV-ATTR:instance_name"] = s.instanceName()
	if c.version.since(2, 3) {
		root := "/dev/" + s.bus + "a"
		for name, v := range map[string]any{"reservation_id": s.reservation, "launch_index": s.launchIndex, "hostname": s.hostname, "kernel_id": "",
			"ramdisk_id": "", "root_device_name": root, "user_data": orNull(s.userData)} {
			body["OS-EXT-SRV-ATTR:"+name] = v
		}
	}
	if c.version.since(2, 16) {
		body["host_status"] = c.hostStatus(s)
	}
}

// hostStatus tells how the host of a server is.
func (c *call) hostStatus(s *server) string {
	h, there := c.cloud.compute.hosts.Get(s.host)
	switch {
	case !there:
		return ""
	case h.disabled:
		return "MAINTENANCE"
	case h.down:
		return "DOWN"
	}
	return "UP"
}

// hostIDOn hides a host from tenants, and tells two of them apart.
func (s *server) hostIDOn(host string) string {
	if host == "" {
		return ""
	}
	sum := sha256.Sum224([]byte(s.project + host))
	return hex.EncodeToString(sum[:])
}

func (c *call) flavorOf(s *server) map[string]any {
	f := s.flavor
	if c.version.since(2, 47) {
		return map[string]any{"vcpus": f.VCPUs, "ram": f.RAM, "disk": f.Disk, "ephemeral": f.Ephemeral, "swap": f.Swap, "original_name": f.Name,
			"extra_specs": words(f.Specs)}
	}
	return map[string]any{"id": f.ID, "links": bookmark(c, "/flavors/"+f.ID)}
}

func (c *call) disksOf(s *server) []any {
	list := []any{}
	for _, d := range s.disks {
		item := map[string]any{"id": d.volume}
		if c.version.since(2, 3) {
			item["delete_on_termination"] = d.deleteToo
		}
		list = append(list, item)
	}
	return list
}

// portsOf returns the ports of a server in the order in which it got them.
func (c *call) portsOf(s *server) []*netObject {
	var list []*netObject
	for _, nic := range s.nics {
		if p, there := c.cloud.network.ports.objects.Get(nic.port); there {
			list = append(list, p)
		}
	}
	return list
}

// addresses are those of a server by the name of the network, each followed by
// the floating IP that leads to it.
func (c *call) addresses(s *server, long bool) map[string]any {
	out, n := map[string]any{}, &c.cloud.network
	if s.state(c.now).vm == "building" { // Nova learns of them last
		return out
	}
	for _, p := range c.portsOf(s) {
		net, there := n.networks.objects.Get(p.text("network_id"))
		if !there {
			continue
		}
		list, _ := out[net.text("name")].([]any)
		for _, f := range p.list("fixed_ips") {
			ip := text(f.(map[string]any)["ip_address"])
			list = append(list, address(ip, "fixed", p, long))
			for _, fip := range n.fips.all(where("port_id", p.id)) {
				if fip.text("fixed_ip_address") == ip {
					list = append(list, address(fip.text("floating_ip_address"), "floating", p, long))
				}
			}
		}
		if len(list) > 0 {
			out[net.text("name")] = list
		}
	}
	return out
}

func address(ip, kind string, p *netObject, long bool) map[string]any {
	a, _ := parseAddress(ip)
	version := 4
	if a.Is6() {
		version = 6
	}
	body := map[string]any{"version": version, "addr": ip}
	if long {
		body["OS-EXT-IPS:type"], body["OS-EXT-IPS-MAC:mac_addr"] = kind, p.text("mac_address")
	}
	return body
}

// groupNames are the names of the groups of all ports, one after the other.
func (c *call) groupNames(s *server) []any {
	var list []any
	for _, p := range c.portsOf(s) {
		for _, g := range p.list("security_groups") {
			if group, there := c.cloud.network.groups.objects.Get(text(g)); there {
				list = append(list, map[string]any{"name": group.text("name")})
			}
		}
	}
	return list
}

func showServer(c *call, s *server) (*reply, error) {
	if err := c.permit("os_compute_api:servers:show"); err != nil {
		return nil, err
	}
	return ok(map[string]any{"server": c.serverBody(s, true)}), nil
}
