package plan

import (
	"fmt"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// alpha and beta are modelled on the two clouds of the lab.

type specs = map[string]resource.Value

func flavorOf(name string, cpus, ram, disk int64, extra ...string) profile.Flavor {
	f := profile.Flavor{ID: "flavor-" + name, Name: name, VCPUs: cpus, RAM: ram, Disk: disk, Specs: map[string]string{}}
	for i := 0; i+1 < len(extra); i += 2 {
		f.Specs[extra[i]] = extra[i+1]
	}
	return f
}

func imageOf(id, name string, properties ...string) profile.Image {
	i := profile.Image{ID: id, Name: name, Status: "active", Visibility: "public", Size: 1 << 20, MinDisk: 1, MinRAM: 512, DiskFormat: "qcow2",
		ContainerFormat: "bare", Properties: map[string]string{}}
	for n := 0; n+1 < len(properties); n += 2 {
		i.Properties[properties[n]] = properties[n+1]
	}
	return i
}

func alpha() profile.Catalogue {
	return profile.Catalogue{
		Cloud:      "alpha",
		Services:   services("2.93"),
		Extensions: extensions(),
		Flavors: []profile.Flavor{
			flavorOf("SCS-1L-1", 1, 1024, 0, "scs:name-v2", "SCS-1L-1", "scs:cpu-type", "crowded-core"),
			flavorOf("SCS-1V-2", 1, 2048, 0, "scs:name-v2", "SCS-1V-2"),
			flavorOf("SCS-2V-4", 2, 4096, 0, "scs:name-v2", "SCS-2V-4"),
			flavorOf("SCS-2V-4-20", 2, 4096, 20, "scs:name-v2", "SCS-2V-4-20", "scs:disk0-type", "network"),
			flavorOf("SCS-2V-4-20s", 2, 4096, 20, "scs:name-v2", "SCS-2V-4-20s", "scs:disk0-type", "ssd"),
			flavorOf("SCS-4V-8", 4, 8192, 0, "scs:name-v2", "SCS-4V-8"),
			flavorOf("SCS-8V-16-50", 8, 16384, 50, "scs:name-v2", "SCS-8V-16-50", "scs:disk0-type", "network"),
		},
		Images: []profile.Image{
			imageOf("a-deb", "Debian 12", "os_distro", "debian", "os_version", "12", "architecture", "x86_64", "hw_disk_bus", "scsi"),
			imageOf("a-ubu", "Ubuntu 24.04", "os_distro", "ubuntu", "os_version", "24.04", "architecture", "x86_64"),
		},
		VolumeTypes: []profile.VolumeType{{ID: "a-def", Name: "__DEFAULT__", Default: true}, {ID: "a-ssd", Name: "ssd", Description: "fast"}},
		Networks: []profile.Network{{ID: "a-ext", Name: "public", External: true, Default: true, MTU: 1500,
			Subnets: []profile.Subnet{{ID: "a-ext-v4", Name: "public-v4", CIDR: "203.0.113.0/24", IPVersion: 4}}}},
		Zones:        map[string][]string{"compute": {"nova"}, "block-storage": {"nova"}, "network": {"nova"}},
		DefaultGroup: defaultGroup("a-default"),
		Quota:        map[string]profile.Quota{"compute.instances": {Limit: 50}, "block-storage.volumes": {Limit: 50}, "network.security_group": {Limit: 10, Used: 1}},
	}
}

func beta() profile.Catalogue {
	return profile.Catalogue{
		Cloud:      "beta",
		Services:   services("2.93"),
		Extensions: extensions(),
		Flavors: []profile.Flavor{
			flavorOf("SCS-2V-4", 2, 4096, 0, "scs:name-v2", "SCS-2V-4"),
			flavorOf("c4.xlarge", 4, 8192, 40, "hw:cpu_policy", "shared"),
			flavorOf("m1.medium", 2, 4096, 20),
			flavorOf("m1.small", 1, 2048, 20),
			flavorOf("m1.tiny", 1, 512, 1),
		},
		Images: []profile.Image{
			imageOf("b-ubu", "Ubuntu 24.04", "os_distro", "ubuntu", "os_version", "24.04", "hw_disk_bus", "virtio"),
			imageOf("b-deb", "debian-12-generic", "os_distro", "debian", "os_version", "12"),
		},
		VolumeTypes: []profile.VolumeType{{ID: "b-pre", Name: "premium", Description: "replicated"}, {ID: "b-std", Name: "standard", Default: true}},
		Networks: []profile.Network{{ID: "b-ext", Name: "ext01", External: true, Default: true, MTU: 1500,
			Subnets: []profile.Subnet{{ID: "b-ext-v4", Name: "ext01-v4", CIDR: "198.51.100.0/24", IPVersion: 4}}}},
		Zones:        map[string][]string{"compute": {"az-b1", "nova"}, "block-storage": {"az-b1"}, "network": {"nova"}},
		DefaultGroup: defaultGroup("b-default"),
		Quota: map[string]profile.Quota{"compute.instances": {Limit: 4}, "compute.cores": {Limit: 8}, "compute.ram": {Limit: 16384},
			"block-storage.volumes": {Limit: 5}, "block-storage.gigabytes": {Limit: 100}, "block-storage.snapshots": {Limit: 5}},
	}
}

func services(compute string) map[string]profile.Service {
	return map[string]profile.Service{"compute": {Min: "2.1", Max: compute}, "network": {}, "image": {}, "identity": {}, "block-storage": {Min: "3.0", Max: "3.70"}}
}

func extensions() []string {
	return []string{"allowed-address-pairs", "binding", "ext-gw-mode", "net-mtu-writable", "network_availability_zone", "port-security", "router", "security-group",
		"standard-attr-tag", "stateful-security-group"}
}

func defaultGroup(id string) profile.Group {
	return profile.Group{ID: id, Name: "default", Rules: []profile.Rule{
		{Direction: "egress", EtherType: "IPv4", PortMin: -1, PortMax: -1},
		{Direction: "egress", EtherType: "IPv6", PortMin: -1, PortMax: -1},
		{Direction: "ingress", EtherType: "IPv4", PortMin: -1, PortMax: -1, RemoteGroup: id},
		{Direction: "ingress", EtherType: "IPv6", PortMin: -1, PortMax: -1, RemoteGroup: id},
	}}
}

func target(c profile.Catalogue) Target { return Target{Catalogue: c, Given: cloud.Given(c)} }

func ref(t resource.Type, key string) resource.Ref {
	return resource.Ref{Type: t, Key: resource.Key(key)}
}

// own is a resource as a scenario asks for it, read as a cloud shows it, named
// as a scenario names a provider's.

func own(t resource.Type, key string, spec specs) *resource.Resource {
	return &resource.Resource{Ref: ref(t, key), Name: key, Tenure: resource.Own, Spec: spec}
}

func named(t resource.Type, name string) *resource.Resource {
	return &resource.Resource{Ref: resource.Ref{Type: t, Key: resource.NewKey(name)}, Name: name, Tenure: resource.Given}
}

func childOf(parent resource.Ref, r *resource.Resource) *resource.Resource {
	r.Parent = parent
	return r
}

// asRead turns a scenario's set into what an export of the cloud gives.
func asRead(set *resource.Set, c profile.Catalogue) *resource.Set {
	out := resource.NewSet(set.Schemas)
	given := map[resource.Ref]*resource.Resource{}
	for _, g := range cloud.Given(c) {
		given[g.Ref] = g
	}
	n := 0
	for r := range set.All() {
		n++
		r = r.Clone()
		r.State, r.ID = resource.Ready, fmt.Sprintf("id-%d", n)
		if g := given[r.Ref]; r.Tenure == resource.Given && g != nil {
			r = g.Clone()
			r.Spec["network"] = nil
		}
		if r.Type == server && !HasRootVolume(r.Spec) {
			r.Unread = append(r.Unread, "content")
		}
		out.Put(r)
	}
	return out
}

// shop is a workload of every type, as a scenario asks for it on alpha.
func shop() *resource.Set {
	net, sub, front, back := ref(network, "net"), ref(subnet, "sub"), ref(secGroup, "front"), ref(secGroup, "back")
	web, db, data := ref(server, "web"), ref(server, "db"), ref(volume, "data")
	deb, public := ref(image, string(resource.NewKey("Debian 12"))), ref(network, "public")
	rule := func(key string, of resource.Ref, spec specs) *resource.Resource {
		return childOf(of, own(secRule, key, spec))
	}
	return resource.NewSet(schemas(),
		named(flavor, "SCS-2V-4-20"), named(flavor, "SCS-1V-2"), named(image, "Debian 12"), named(network, "public"), named(volumeType, "ssd"),
		own(keyPair, "key", specs{"public_key": "ssh-ed25519 AAAA"}),
		own(group, "apart", specs{"policies": []resource.Value{"anti-affinity"}}),
		own(network, "net", specs{"admin_state_up": true}),
		own(subnet, "sub", specs{"network": net, "cidr": "10.0.0.0/24", "ip_version": int64(4), "gateway_ip": "10.0.0.1"}),
		own(router, "router", specs{"external_gateway_info": specs{"network": public}}),
		childOf(ref(router, "router"), own(iface, "router-sub", specs{"router": ref(router, "router"), "subnet": sub})),
		own(secGroup, "front", specs{"description": "web"}),
		own(secGroup, "back", specs{}),
		rule("front-http", front, specs{"direction": "ingress", "ethertype": "IPv4", "protocol": "tcp", "port_range_min": int64(80), "port_range_max": int64(80)}),
		rule("front-back", front, specs{"direction": "ingress", "ethertype": "IPv4", "remote_group": back}),
		rule("back-front", back, specs{"direction": "ingress", "ethertype": "IPv4", "remote_group": front}),
		rule("back-back", back, specs{"direction": "ingress", "ethertype": "IPv4", "remote_group": back}),
		own(port, "port", specs{"network": net, "fixed_ips": []resource.Value{specs{"subnet": sub, "ip_address": "10.0.0.9"}}, "security_groups": []resource.Value{front}}),
		own(server, "web", specs{"flavor": ref(flavor, "SCS-2V-4-20"), "image": deb, "key_name": ref(keyPair, "key"), "networks": []resource.Value{specs{"port": ref(port, "port")}},
			"scheduler_hints": specs{"group": ref(group, "apart")}, "availability_zone": "nova", "tags": []resource.Value{"shop"}}),
		own(volume, "boot", specs{"size": int64(10), "image": deb, "volume_type": ref(volumeType, "ssd"), "availability_zone": "nova"}),
		own(server, "db", specs{"flavor": ref(flavor, "SCS-1V-2"), "networks": []resource.Value{specs{"network": net, "fixed_ip": "10.0.0.10"}}, "security_groups": []resource.Value{back},
			"block_device_mapping_v2": []resource.Value{specs{"boot_index": int64(0), "volume_id": ref(volume, "boot"), "delete_on_termination": false}}}),
		childOf(db, &resource.Resource{Ref: ref(port, "db-port"), Tenure: resource.Implied, Spec: specs{"network": net, "fixed_ips": []resource.Value{specs{"ip_address": "10.0.0.10"}}}}),
		&resource.Resource{Ref: data, Name: "data", Tenure: resource.Own, Spec: specs{"size": int64(5)}, Content: &resource.Content{Size: 5 << 30, Seed: 7, Length: 1 << 20}},
		childOf(db, own(attachment, "db-data", specs{"instance_uuid": db, "volume_id": data})),
		own(snapshot, "before", specs{"volume": data}),
		own(floatingIP, "ip", specs{"floating_network": public, "port_id": ref(port, "port")}),
		own(floatingIP, "ip2", specs{"floating_network": public, "port_id": ref(port, "db-port")}),
		own(volume, "note", specs{"size": int64(1), "metadata": specs{"web": resource.Join{Sep: " ", Parts: []resource.Value{"at", resource.Attr{Ref: web, Path: "first_address"}}}}}),
	)
}

// schemas are as much of the driver's as a plan looks at.
func schemas() resource.Schemas {
	list := []*resource.Schema{
		{Type: server, Fields: []resource.Field{{Path: "availability_zone", Form: resource.Zone, Chooser: resource.Either},
			{Path: "tags", List: resource.Unique, Gate: "microversion:compute:2.52"},
			{Path: "user_data", Hidden: true}},
			After: []resource.Edge{{Type: subnet, Via: "networks[].network", Of: "network"}}},
		{Type: keyPair, Fields: []resource.Field{{Path: "type", Gate: "microversion:compute:2.2", Default: "ssh"}, {Path: "public_key", Required: true}}},
		{Type: network, Fields: []resource.Field{{Path: "port_security_enabled", Form: resource.Bool, Gate: "extension:port-security", Default: true}, {Path: "mtu", Chooser: resource.Provider}}},
		{Type: port, Fields: []resource.Field{{Path: "port_security_enabled", Form: resource.Bool, Gate: "extension:port-security", Default: true},
			{Path: "mac_address", Chooser: resource.Provider}}},
		{Type: volume, Fields: []resource.Field{{Path: "availability_zone", Form: resource.Zone}}},
		{Type: attachment, Exclusive: []resource.Path{"instance_uuid"}},
		{Type: floatingIP, Fields: []resource.Field{{Path: "floating_ip_address", Chooser: resource.Provider, NoSet: true}},
			After: []resource.Edge{{Type: iface, Via: "port_id.network", Of: "subnet.network"}}},
		{Type: router, Fields: []resource.Field{{Path: "external_gateway_info.external_fixed_ips", Chooser: resource.Provider}}},
		{Type: secRule, Fields: []resource.Field{{Path: "protocol", Form: resource.Protocol}, {Path: "port_range_min", Form: resource.Int}, {Path: "port_range_max", Form: resource.Int}}},
	}
	out := resource.Schemas{}
	for _, s := range list {
		out[s.Type] = s
	}
	return out
}
