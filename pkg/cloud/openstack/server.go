package openstack

import (
	"cmp"
	"context"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

func servers() *kind {
	return &kind{
		service: compute, collection: "servers", key: "server",
		brief:  true,
		needs:  []collection{serverList, portList, volumeList, serverGroupList, networkList, subnetList},
		schema: serverSchema(),
		words: map[string]resource.Path{
			"flavorref": "flavor", "imageref": "image", "os:scheduler_hints": "scheduler_hints", "block_device_mapping_v2": "block_device_mapping_v2",
			"only volume-backed servers": "flavor", "flavor's disk is too small": "flavor", "flavor's memory is too small": "flavor",
			"can not find requested image": "image", "availability zone is not available": "availability_zone",
		},
		read: readServer, state: serverState, create: createServer, settle: settleServer,
	}
}

func serverSchema() *resource.Schema {
	return &resource.Schema{
		Type: typeServer, Mark: resource.MarkTags,
		Fields: []resource.Field{
			field("flavor", resource.Text, refers(typeFlavor), required),
			field("image", resource.Text, refers(typeImage), required), // a server that starts from something else is another one
			field("key_name", resource.Text, refers(typeKeyPair)),
			field("networks", resource.List, ordered),
			field("networks[]", resource.Object),
			field("networks[].port", resource.Text, refers(typePort)),
			field("networks[].network", resource.Text, refers(typeNet)),
			field("networks[].fixed_ip", resource.IP),
			field("networks[].allocate_network", resource.Text, gate("microversion:compute:2.37")),
			field("security_groups", resource.List, set),
			field("security_groups[]", resource.Text, refers(typeGroup)),
			field("block_device_mapping_v2", resource.List, ordered),
			field("block_device_mapping_v2[]", resource.Object),
			field("block_device_mapping_v2[].boot_index", resource.Int),
			field("block_device_mapping_v2[].volume_id", resource.Text, refers(typeVolume), required),
			field("block_device_mapping_v2[].image", resource.Text, refers(typeImage), required),
			field("block_device_mapping_v2[].volume_size", resource.Int),
			field("block_device_mapping_v2[].delete_on_termination", resource.Bool, initially(false)),
			field("user_data", resource.Text, unreadable),
			field("metadata", resource.Object),
			field("metadata.*", resource.Text),
			field("tags", resource.List, set, gate("microversion:compute:2.52")),
			field("tags[]", resource.Text),
			field("availability_zone", resource.Zone, either),
			field("scheduler_hints", resource.Object),
			field("scheduler_hints.group", resource.Text, refers(typeServerGroup)),
			field("config_drive", resource.Bool, initially(false)),
			field("diskConfig", resource.Text, initially("MANUAL")),
			field("accessIPv4", resource.IP, foreign, initially("")),
			field("accessIPv6", resource.IP, foreign, initially("")),
			field("locked", resource.Bool, foreign, readOnly, initially(false)), // nothing could be attached to it any more
			field("description", resource.Text, foreign, initially(""), gate("microversion:compute:2.19")),
			field("power", resource.Text, foreign, initially("on")),
		},
		After: []resource.Edge{{Type: typeSubnet, Via: "networks[].network", Of: "network"}, {Type: typeSnapshot, Via: "block_device_mapping_v2[].volume_id", Of: "volume"}},
		Attrs: []resource.Path{"addresses", "networks", "first_address", "accessIPv4", "accessIPv6"},
		Body: map[string]string{
			"id": classID, "name": className, "flavor": "flavor", "image": "image", "key_name": "key_name", "metadata": "metadata", "tags": "tags",
			"config_drive": "config_drive", "description": "description", "OS-EXT-AZ:availability_zone": "availability_zone",
			"addresses": "attr:addresses", "accessIPv4": "accessIPv4", "accessIPv6": "accessIPv6", "status": "attr:status",
			"locked": "locked", "locked_reason": "attr:locked_reason", "OS-DCF:diskConfig": "diskConfig",
			"trusted_image_certificates": "attr:trusted_image_certificates", "fault": "attr:fault",
			"security_groups": "security_groups", "os-extended-volumes:volumes_attached": "block_device_mapping_v2",
			"OS-EXT-STS:task_state": classProvider, "OS-EXT-STS:vm_state": classProvider, "OS-EXT-STS:power_state": "power", "progress": classProvider,
			"hostId": classProvider, "tenant_id": classProvider, "user_id": classProvider, "host_status": classProvider,
			"OS-EXT-SRV-ATTR:hostname": classProvider, "server_groups": "scheduler_hints.group", "adminPass": classSecret, "user_data": "user_data",
			"created": classClock, "updated": classClock, "OS-SRV-USG:launched_at": classClock, "OS-SRV-USG:terminated_at": classClock,
			"links": classLink, "image.id": "image", "image.links": classLink, "flavor.id": "flavor", "flavor.links": classLink, "metadata.*": "metadata.*",
			"flavor.vcpus": classProvider, "flavor.ram": classProvider, "flavor.disk": classProvider, "flavor.ephemeral": classProvider,
			"flavor.swap": classProvider, "flavor.original_name": classProvider, "flavor.extra_specs": classProvider,
			"security_groups.name": classProvider, "os-extended-volumes:volumes_attached.id": "block_device_mapping_v2[].volume_id",
			"os-extended-volumes:volumes_attached.delete_on_termination": "block_device_mapping_v2[].delete_on_termination",
		},
	}
}

// serverState maps Nova's states. A task under way means: not yet.
func serverState(b body) (resource.State, string) {
	status, task := b.text("status"), b.text("OS-EXT-STS:task_state")
	why := status
	if task != "" {
		why += ": " + task
	}
	if fault := b.object("fault"); fault != nil {
		why += ": " + cloud.RedactedMessage(fault.text("message"))
	}
	switch {
	case status == "ERROR":
		return resource.Failed, why
	case status == "DELETED" || status == "SOFT_DELETED":
		return resource.Gone, why
	case task != "":
		return resource.Pending, why
	case slices.Contains([]string{"ACTIVE", "SHUTOFF", "PAUSED", "SUSPENDED", "SHELVED", "SHELVED_OFFLOADED", "RESCUE", "VERIFY_RESIZE"}, status):
		return resource.Ready, why
	case status == "UNKNOWN":
		return resource.Failed, why
	}
	return resource.Pending, cmp.Or(why, "BUILD")
}

func readServer(p *project, b body, r *resource.Resource) bool {
	r.Spec["flavor"] = b.object("flavor")["id"]
	delete(r.Spec, "image")
	if img := b.object("image"); img != nil {
		r.Spec["image"] = img["id"]
	}
	if r.Spec["description"] == b.text("name") { // Nova's default until 2.19
		delete(r.Spec, "description")
	}
	r.Spec["config_drive"] = b.flag("config_drive") // "" is false
	r.Spec["power"] = power(b)
	r.Attrs["accessIPv4"], r.Attrs["accessIPv6"] = b["accessIPv4"], b["accessIPv6"]
	r.Unread = []resource.Path{"user_data"}
	readAddresses(b, r)
	readServerNetworks(p, b, r)
	delete(r.Spec, "block_device_mapping_v2")
	if root := p.root(b); root != nil {
		r.Spec["block_device_mapping_v2"] = []any{rootMapping(p, b, root)}
	} else { // its host has the disk, and whoever reads it has to stop the server
		r.Unread = append(r.Unread, "content")
	}
	for _, g := range p.lists[serverGroupList] {
		if slices.Contains(g.texts("members"), r.ID) {
			r.Spec["scheduler_hints"] = map[string]any{"group": g.text("id")}
		}
	}
	return true
}

// power returns what the tenant wants: a server that is being stopped is off.
func power(b body) string {
	task := b.text("OS-EXT-STS:task_state")
	off := slices.Contains([]string{"SHUTOFF", "SHELVED", "SHELVED_OFFLOADED"}, b.text("status")) && task != "powering-on"
	if off || task == "powering-off" {
		return "off"
	}
	return "on"
}

// readAddresses gives the attributes that HOT derives from the addresses.
func readAddresses(b body, r *resource.Resource) {
	networks := map[string]any{}
	for name := range b.object("addresses") {
		var ips []any
		for _, a := range b.object("addresses").objects(name) {
			ips = append(ips, a.text("addr"))
		}
		networks[name] = ips
	}
	r.Attrs["networks"] = networks
	order, _ := b[orderKey].([]string)
	for name := range b.object("addresses") {
		for _, a := range b.object("addresses").objects(name) {
			if len(order) > 0 && a.text("OS-EXT-IPS-MAC:mac_addr") == order[0] && a.text("OS-EXT-IPS:type") == "fixed" && r.Attrs["first_address"] == nil {
				r.Attrs["first_address"] = a.text("addr")
			}
		}
	}
}

// readServerNetworks tells of ports that Nova has made where they are, and of
// others which they are, in the order of the server's interfaces.
func readServerNetworks(p *project, b body, r *resource.Resource) {
	groups := map[string]bool{}
	var entries []any
	for _, port := range p.portsOf(b) {
		if !p.isNovaPort(port) {
			entries = append(entries, map[string]any{"port": port.text("id")})
			continue
		}
		entry := map[string]any{"network": port.text("network_id")}
		if kept := p.keptAddresses(port); len(kept) > 0 {
			entry["fixed_ip"] = kept[0].(map[string]any)["ip_address"]
		}
		entries = append(entries, entry)
		for _, id := range port.texts("security_groups") {
			groups[id] = true
		}
	}
	if len(entries) == 0 {
		entries = []any{map[string]any{"allocate_network": "none"}}
	}
	r.Spec["networks"] = entries
	var ids []any
	for id := range groups {
		ids = append(ids, id)
	}
	r.Spec["security_groups"] = ids
}

// portsOf returns the server's ports in the order of its interfaces. A port
// that has none yet comes last, by age.
func (p *project) portsOf(server body) []body {
	order, _ := server[orderKey].([]string)
	place := func(port body) int {
		if i := slices.Index(order, port.text("mac_address")); i >= 0 {
			return i
		}
		return len(order)
	}
	out := slices.DeleteFunc(slices.Clone(p.ports[server.text("id")]), func(port body) bool { return !p.owns(port) })
	slices.SortFunc(out, func(a, b body) int {
		return cmp.Or(cmp.Compare(place(a), place(b)), cmp.Compare(a.text("created_at"), b.text("created_at")), cmp.Compare(a.text("id"), b.text("id")))
	})
	return out
}

// root returns the volume that a server boots from, or nil. A member is not
// told the root device's name, so it is the attached bootable volume with the
// first device, and of several the one attached first.
func (p *project) root(server body) body {
	if server == nil || server.object("image") != nil {
		return nil
	}
	var found body
	for _, attached := range server.objects("os-extended-volumes:volumes_attached") {
		v := p.find(volumeList, attached.text("id"))
		if v == nil || !v.flag("bootable") {
			continue
		}
		if found == nil || rootOrder(server, v) < rootOrder(server, found) {
			found = v
		}
	}
	return found
}

func rootOrder(server, volume body) string {
	for _, a := range volume.objects("attachments") {
		if a.text("server_id") == server.text("id") {
			device := a.text("device")
			return strings.TrimPrefix(device[len(device)-min(1, len(device)):], "/") + a.text("attached_at")
		}
	}
	return "~" + volume.text("created_at")
}

func rootMapping(p *project, server, volume body) map[string]any {
	m := map[string]any{"boot_index": int64(0), "delete_on_termination": deletedWith(server, volume)}
	if !p.isNovaVolume(volume) {
		m["volume_id"] = volume.text("id")
		return m
	}
	m["image"] = volume.object("volume_image_metadata").text("image_id")
	m["volume_size"] = volume.number("size")
	return m
}

func deletedWith(server, volume body) bool {
	for _, attached := range server.objects("os-extended-volumes:volumes_attached") {
		if attached.text("id") == volume.text("id") {
			return attached.flag("delete_on_termination")
		}
	}
	return false
}

func createServer(ctx context.Context, c *Cloud, r *resource.Resource, owner resource.Owner) (body, error) {
	version, hasTags, err := c.atMost(ctx, compute, "2.52")
	if err != nil {
		return nil, err
	}
	k := servers()
	b := k.toBody(r, resource.Owner{})
	if !owner.IsZero() {
		if hasTags {
			tags, _ := b["tags"].([]any)
			b["tags"] = append(slices.Clone(tags), cloud.Mark(owner))
		} else {
			setMetadataMark(b, owner)
		}
	}
	serverRequest(r, b)
	if choice, ok := b["networks"].(string); ok && newer("2.37", version) {
		if choice == "none" {
			return nil, unsupported(r, "compute", "2.37", version, "networks[0].allocate_network")
		}
		delete(b, "networks") // before 2.37 Nova chooses unasked
	}
	request := map[string]any{"server": b}
	if hints, ok := r.Spec["scheduler_hints"].(map[string]any); ok && len(hints) > 0 {
		request["os:scheduler_hints"] = hints
	}
	return c.post(ctx, call{op: "create", service: compute, path: "servers", microversion: version, body: request}, "server")
}

// automatic lets Nova choose a network, as it did unasked before 2.37.
const automatic = "auto"

// serverRequest gives a server's properties the names and shapes that Nova
// wants in a creating request.
func serverRequest(r *resource.Resource, b map[string]any) {
	for key, requested := range map[string]string{"flavor": "flavorRef", "image": "imageRef", "OS-EXT-AZ:availability_zone": "availability_zone"} {
		if v, ok := b[key]; ok {
			b[requested] = v
			delete(b, key)
		}
	}
	for _, key := range []string{"os-extended-volumes:volumes_attached", "OS-EXT-STS:power_state"} {
		delete(b, key)
	}
	b["networks"] = automatic
	if networks, ok := r.Spec["networks"].([]any); ok && len(networks) > 0 {
		b["networks"] = renamed(networks, map[string]string{"network": "uuid"})
		if only, ok := networks[0].(map[string]any); ok && only["allocate_network"] != nil {
			b["networks"] = only["allocate_network"]
		}
	}
	if groups, ok := b["security_groups"].([]any); ok {
		named := make([]any, len(groups))
		for i, id := range groups {
			named[i] = map[string]any{"name": id}
		}
		b["security_groups"] = named
	}
	if data, ok := r.Spec["user_data"].(string); ok && data != "" {
		b["user_data"] = base64.StdEncoding.EncodeToString([]byte(data))
	}
	if mapping, ok := r.Spec["block_device_mapping_v2"].([]any); ok && len(mapping) > 0 {
		b["block_device_mapping_v2"] = blockDevices(mapping)
	}
}

func blockDevices(mapping []any) []any {
	var out []any
	for _, item := range mapping {
		m, _ := item.(map[string]any)
		d := map[string]any{"destination_type": "volume", "boot_index": int64(0)}
		for k, v := range m {
			switch k {
			case "volume_id":
				d["source_type"], d["uuid"] = "volume", v
			case "image":
				d["source_type"], d["uuid"] = "image", v
			default:
				d[k] = v
			}
		}
		out = append(out, d)
	}
	return out
}

// settleServer stops a server that shall be off. Nova refuses to stop what is
// stopped, so it is asked first.
func settleServer(ctx context.Context, c *Cloud, r *resource.Resource) error {
	if r.Spec["power"] != "off" {
		return nil
	}
	b, err := c.get(ctx, call{op: "settle", service: compute, path: "servers/" + r.ID})
	if err != nil {
		return err
	}
	s := b.object("server")
	if s.text("status") != "ACTIVE" || s.text("OS-EXT-STS:task_state") != "" {
		return nil
	}
	_, err = c.do(ctx, call{op: "settle", service: compute, method: http.MethodPost, path: "servers/" + r.ID + "/action", body: map[string]any{"os-stop": nil}})
	return err
}
