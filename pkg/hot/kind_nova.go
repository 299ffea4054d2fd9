package hot

import (
	"fmt"
	"maps"
	"slices"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

const (
	keyPair     resource.Type = "OS::Nova::KeyPair"
	serverGroup resource.Type = "OS::Nova::ServerGroup"
	server      resource.Type = "OS::Nova::Server"
	flavor      resource.Type = "OS::Nova::Flavor"
)

func novaKinds() map[resource.Type]kind {
	return map[resource.Type]kind{
		keyPair: {build: (*builder).keyPair, properties: map[string]property{
			"name":             of(aText).must(),
			"public_key":       of(aText),
			"type":             one("ssh", "x509"),
			"save_private_key": idle("no private key is made"),
			"user":             not("only administrators may set it"),
		}, attributes: []string{"private_key", "public_key", "show"}},
		serverGroup: {build: (*builder).serverGroup, properties: map[string]property{
			"name":     of(aText),
			"policies": listOf(one("anti-affinity", "affinity", "soft-anti-affinity", "soft-affinity")),
			"rules":    mapOf(map[string]property{"max_server_per_host": integerIn(1, 0)}),
		}, attributes: []string{"show"}},
		server: {build: (*builder).server, properties: serverProperties(),
			attributes: []string{"accessIPv4", "accessIPv6", "addresses", "console_urls", "first_address", "instance_name", "name", "networks",
				"os_collect_config", "show", "tags"}},
	}
}

func serverProperties() map[string]property {
	return map[string]property{
		"name":                      of(aText),
		"flavor":                    madeOrNamed(flavor).must(),
		"image":                     madeOrNamed(image),
		"key_name":                  madeOrNamed(keyPair),
		"availability_zone":         {blank: true},
		"security_groups":           listOf(madeOrNamed(securityGroup)),
		"networks":                  listOf(mapOf(serverNetwork())),
		"block_device_mapping_v2":   listOf(mapOf(blockDevice())),
		"user_data":                 of(aText),
		"user_data_format":          one("HEAT_CFNTOOLS", "RAW", "SOFTWARE_CONFIG"),
		"metadata":                  mapOf(nil),
		"tags":                      listOf(of(aText)),
		"config_drive":              of(aBoolean),
		"scheduler_hints":           mapOf(map[string]property{"group": made(serverGroup)}),
		"block_device_mapping":      listOf(mapOf(oldDevice())).old(),
		"flavor_update_policy":      idle("nothing is updated"),
		"image_update_policy":       idle("nothing is updated"),
		"user_data_update_policy":   idle("nothing is updated"),
		"software_config_transport": idle("it is for Heat's own agents"),
		"deployment_swift_data":     idle("it is for Heat's own agents"),
		"admin_user":                not("write it into user_data"),
		"admin_pass":                not("a template is no place for a password; write its hash into user_data"),
		"personality":               not("Nova has given it up; write user_data"),
		"reservation_id":            not("Nova has given it up"),
		"diskConfig":                one("AUTO", "MANUAL"),
	}
}

func serverNetwork() map[string]property {
	return map[string]property{
		"network":               madeOrNamed(network),
		"uuid":                  madeOrNamed(network).aka("network"),
		"port":                  made(port),
		"subnet":                made(subnet),
		"fixed_ip":              of(anAddress),
		"allocate_network":      one("none", "auto"),
		"port_extra_properties": mapOf(extraPort()),
		"floating_ip":           made(floatingIP),
		"tag":                   not("no cloud lists it, so it could not be moved; the server finds its interface by its address"),
	}
}

func blockDevice() map[string]property {
	return map[string]property{
		"volume_id":             made(volume),
		"image":                 madeOrNamed(image),
		"image_id":              madeOrNamed(image).aka("image"),
		"snapshot_id":           madeOrNamed(snapshot),
		"volume_size":           integerIn(1, 0),
		"boot_index":            integerIn(-1, 1<<31),
		"delete_on_termination": of(aBoolean),
		"device_name":           not("the cloud chooses it"),
		"device_type":           not("no cloud tells it afterwards, so it could not be moved; it is a property of the image"),
		"disk_bus":              not("no cloud tells it afterwards, so it could not be moved; it is the image's property hw_disk_bus"),
		"swap_size":             not("no cloud tells it afterwards, so it could not be moved; choose a flavor with swap"),
		"ephemeral_size":        not("no cloud tells it afterwards, so it could not be moved; choose a flavor with ephemeral disk"),
		"ephemeral_format":      not("no cloud tells it afterwards, so it could not be moved; choose a flavor with ephemeral disk"),
	}
}

// oldDevice has the properties of an entry of block_device_mapping.
func oldDevice() map[string]property {
	return map[string]property{
		"device_name":           of(aText).must(),
		"volume_id":             made(volume),
		"snapshot_id":           madeOrNamed(snapshot),
		"volume_size":           integerIn(1, 0),
		"delete_on_termination": of(aBoolean),
	}
}

// oldDevices brings block_device_mapping into the form of its successor. As in
// Nova, the first of them is the root, unless the server has an image; which
// name a device has is the cloud's choice.
func (b *builder) oldDevices() {
	old, is := b.where["block_device_mapping"]
	if !is {
		return
	}
	if b.where["block_device_mapping_v2"] != nil {
		b.wrong("block_device_mapping", "a server has either block_device_mapping or block_device_mapping_v2")
		return
	}
	for i, d := range objects(b.spec["block_device_mapping"]) {
		delete(d, "device_name")
		if d["boot_index"] = int64(-1); i == 0 && b.where["image"] == nil {
			d["boot_index"] = int64(0)
		}
	}
	b.spec["block_device_mapping_v2"], b.where["block_device_mapping_v2"] = b.spec["block_device_mapping"], old
	delete(b.spec, "block_device_mapping")
}

func (b *builder) keyPair() {
	if b.where["public_key"] == nil {
		b.wrong("public_key", "the property public_key is missing: without it the cloud makes a pair, whose private half would be lost")
	}
	b.put()
}

func (b *builder) serverGroup() {
	if b.where["policies"] == nil {
		b.spec["policies"] = []resource.Value{"anti-affinity"} // Heat's default
	} else if n := len(items(b.spec["policies"])); n != 1 {
		b.wrong("policies", "a server group has one policy, here are %d", n)
	}
	b.putNamed(b.demandedName())
}

func (b *builder) server() {
	switch b.spec["user_data_format"] {
	case "SOFTWARE_CONFIG":
		b.notes.at(b.where["user_data_format"], "%s: Heat adds what its own agents read to this user_data, wechsel does not: write user_data_format: RAW", b.label)
	case nil, "HEAT_CFNTOOLS":
		if b.where["user_data"] != nil {
			b.notes.at(b.where["user_data"], "%s: Heat wraps this user_data for its own agents, wechsel does not: write user_data_format: RAW", b.label)
		}
	}
	delete(b.spec, "user_data_format")
	if b.spec["user_data"] == "" {
		delete(b.spec, "user_data")
	}
	b.oldDevices()
	if b.where["image"] == nil && b.where["block_device_mapping_v2"] == nil {
		b.wrong("image", "a server boots from an image or a volume: write image or block_device_mapping_v2")
	}
	b.devices()
	r := b.putNamed(b.demandedName())
	b.later = append(b.later, func() { b.networks(r) })
}

// devices keeps the root volume in block_device_mapping_v2 and makes an
// attachment of each other volume. What Nova would make of a snapshot, or as
// another disk, is a volume of its own here: it is the project's then, too.
func (b *builder) devices() {
	var root []resource.Value
	for i, d := range objects(b.spec["block_device_mapping_v2"]) {
		sources := slices.DeleteFunc([]string{"volume_id", "image", "snapshot_id"}, func(name string) bool { return d[name] == nil })
		if len(sources) != 1 {
			b.wrongItem("block_device_mapping_v2", i, "a device wants one of volume_id, image and snapshot_id")
			continue
		}
		index, _ := d["boot_index"].(int64) // Heat: 0 unless given
		switch {
		case index > 0, index == 0 && root != nil:
			b.wrongItem("block_device_mapping_v2", i, "only one device with boot_index 0 is supported, which is what Heat gives to those without one; -1 is for others")
		case index == 0:
			d["boot_index"] = int64(0)
			root = append(root, b.rootDevice(i, d))
		default:
			vol := b.deviceVolume(i, d)
			spec := map[string]resource.Value{"instance_uuid": b.ref, "volume_id": vol}
			if d["delete_on_termination"] == true {
				spec["delete_on_termination"] = true
			}
			b.child(attachment, childKey(b.ref.Key, string(vol.Key)), resource.Own, b.ref, spec)
		}
	}
	delete(b.spec, "block_device_mapping_v2")
	if root != nil {
		b.spec["block_device_mapping_v2"] = root
	}
}

// rootDevice adds the volume that Nova makes of an image.
func (b *builder) rootDevice(i int, d map[string]resource.Value) map[string]resource.Value {
	switch {
	case d["image"] != nil && d["volume_size"] == nil:
		b.wrongItem("block_device_mapping_v2", i, "a root made of an image wants volume_size")
	case d["image"] != nil:
		b.child(volume, childKey(b.ref.Key, "root"), resource.Implied, b.ref, impliedVolume(d))
	case d["snapshot_id"] != nil:
		d["volume_id"] = b.deviceVolume(i, d)
		delete(d, "snapshot_id")
		delete(d, "volume_size")
	}
	return d
}

// deviceVolume returns the volume of a device, which it makes unless it is
// there.
func (b *builder) deviceVolume(i int, d map[string]resource.Value) resource.Ref {
	if vol, ok := d["volume_id"].(resource.Ref); ok {
		return vol
	}
	spec := map[string]resource.Value{}
	for from, to := range map[string]string{"image": "image", "snapshot_id": "snapshot_id", "volume_size": "size"} {
		if d[from] != nil {
			spec[to] = d[from]
		}
	}
	if spec["size"] == nil {
		b.wrongItem("block_device_mapping_v2", i, "a volume made of an image or a snapshot wants volume_size")
	}
	ref := resource.Ref{Type: volume, Key: childKey(b.ref.Key, fmt.Sprintf("disk-%d", i))}
	b.set.Put(&resource.Resource{Ref: ref, Tenure: resource.Own, Spec: spec})
	return ref
}

// impliedVolume is the volume that Nova makes for a block device.
func impliedVolume(device map[string]resource.Value) map[string]resource.Value {
	return map[string]resource.Value{"size": device["volume_size"], "image": device["image"]}
}

// networks makes the ports that Nova makes for a server's networks, and those
// that Heat makes where a subnet, or more than a network, is named.
func (b *builder) networks(r *resource.Resource) {
	var out []resource.Value
	implied := 0
	if hasPort(r.Spec["networks"]) && len(items(r.Spec["security_groups"])) > 0 {
		b.wrong("security_groups", "Heat refuses security_groups beside networks with a port: give them to the ports")
	}
	for i, n := range objects(r.Spec["networks"]) {
		b.checkNetwork(i, n, len(objects(r.Spec["networks"])))
		address := n["floating_ip"]
		delete(n, "floating_ip")
		switch {
		case n["subnet"] != nil, n["port_extra_properties"] != nil:
			n = map[string]resource.Value{"port": b.heatPort(r, i, n)}
		case n["network"] != nil:
			implied++
			key := impliedPortKey(r.Key, implied)
			b.child(port, key, resource.Implied, r.Ref, impliedPort(b.subnets, r.Spec, n))
		}
		if ip := b.set.Get(refOf(address)); ip != nil {
			ip.Spec["port_id"] = resource.Ref{Type: port, Key: impliedPortKey(r.Key, implied)}
			if n["port"] != nil {
				ip.Spec["port_id"] = n["port"]
			}
		}
		out = append(out, n)
	}
	if out != nil {
		r.Spec["networks"] = out
		if implied == 0 && hasPort(out) {
			delete(r.Spec, "security_groups") // the ports have them
		}
	}
}

// checkNetwork tells what does not go together in an entry of a server's
// networks.
func (b *builder) checkNetwork(i int, n map[string]resource.Value, of int) {
	place := n["network"] != nil || n["subnet"] != nil || n["fixed_ip"] != nil || n["port_extra_properties"] != nil
	switch {
	case n["allocate_network"] != nil && (len(n) > 1 || of > 1):
		b.wrongItem("networks", i, "networks[%d] has allocate_network: there is nothing beside it", i)
	case n["port"] != nil && place:
		b.wrongItem("networks", i, "networks[%d] has a port: network, subnet, fixed_ip and port_extra_properties belong to that port", i)
	case n["allocate_network"] == nil && n["port"] == nil && n["network"] == nil && n["subnet"] == nil && !b.names(i):
		b.wrongItem("networks", i, "networks[%d] wants port, network or subnet", i)
	}
}

// names reports whether an entry of a server's networks names something, be
// it right or not.
func (b *builder) names(i int) bool {
	list, _ := b.where["networks"].value.([]*node)
	if i >= len(list) {
		return false
	}
	o, _ := list[i].value.(*object)
	return o != nil && slices.ContainsFunc(o.entries, func(e entry) bool {
		return e.value.value != nil && slices.Contains([]string{"port", "network", "uuid", "subnet", "allocate_network"}, e.key)
	})
}

func refOf(v resource.Value) resource.Ref {
	ref, _ := v.(resource.Ref)
	return ref
}

func hasPort(networks resource.Value) bool {
	return slices.ContainsFunc(objects(networks), func(n map[string]resource.Value) bool { return n["port"] != nil })
}

// heatPort makes the port that Heat itself makes for an entry of a server's
// networks.
func (b *builder) heatPort(r *resource.Resource, i int, n map[string]resource.Value) resource.Ref {
	spec := map[string]resource.Value{"network": n["network"]}
	if extra, ok := n["port_extra_properties"].(map[string]resource.Value); ok {
		more, _ := extra["value_specs"].(map[string]resource.Value)
		delete(extra, "value_specs")
		maps.Copy(spec, extra)
		maps.Copy(spec, more)
	}
	fixed := map[string]resource.Value{}
	for from, to := range map[string]string{"subnet": "subnet", "fixed_ip": "ip_address"} {
		if n[from] != nil {
			fixed[to] = n[from]
		}
	}
	if len(fixed) > 0 {
		spec["fixed_ips"] = []resource.Value{fixed}
	}
	if sub, _ := n["subnet"].(resource.Ref); n["network"] == nil {
		if s := b.set.Get(sub); s != nil {
			spec["network"] = s.Spec["network"]
		}
	}
	if groups := r.Spec["security_groups"]; groups != nil {
		spec["security_groups"] = resource.Clone(groups)
	}
	p := &resource.Resource{Ref: resource.Ref{Type: port, Key: childKey(r.Key, fmt.Sprintf("port-%d", i))},
		Name: fmt.Sprintf("%s-port-%d", r.Key, i), Tenure: resource.Own, Spec: spec}
	b.set.Put(p)
	return p.Ref
}
