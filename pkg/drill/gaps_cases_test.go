package drill

import (
	"fmt"
	"slices"
	"testing"

	"github.com/wechsel-project/wechsel/pkg/profile"
)

// The ways in which a profile is made to differ.

type change = func(*profile.Profile)

func all(changes ...change) change {
	return func(p *profile.Profile) {
		for _, c := range changes {
			c(p)
		}
	}
}

func without(extensions ...string) change {
	return func(p *profile.Profile) {
		p.Extensions = slices.DeleteFunc(slices.Clone(p.Extensions), func(e string) bool { return slices.Contains(extensions, e) })
	}
}

func with(extensions ...string) change {
	return func(p *profile.Profile) { p.Extensions = append(slices.Clone(p.Extensions), extensions...) }
}

func flavors(keep ...string) change {
	return func(p *profile.Profile) {
		p.Flavors = slices.DeleteFunc(p.Flavors, func(f profile.Flavor) bool { return !slices.Contains(keep, f.Name) })
	}
}

func flavor(name string, c func(*profile.Flavor)) change {
	return func(p *profile.Profile) {
		for i := range p.Flavors {
			if p.Flavors[i].Name == name {
				c(&p.Flavors[i])
			}
		}
	}
}

func onlyImage(c func(*profile.PublicImage)) change {
	return func(p *profile.Profile) { c(&p.Images[0]) }
}

func compute(newest string) change {
	return func(p *profile.Profile) { p.Services["compute"] = profile.Service{Min: "2.1", Max: newest} }
}

func quota(name string, limit int64) change {
	return func(p *profile.Profile) { p.Quota[name] = limit }
}

func fault(f profile.Fault) change {
	return func(p *profile.Profile) { p.Behaviour.Faults = append(p.Behaviour.Faults, f) }
}

func onlyHost(h profile.Host) change {
	return func(p *profile.Profile) { p.Behaviour.Hosts, p.Behaviour.Host = 1, h }
}

func policy(rule, role string) change {
	return func(p *profile.Profile) {
		if p.Behaviour.Policy == nil {
			p.Behaviour.Policy = map[string]string{}
		}
		p.Behaviour.Policy[rule] = role
	}
}

func zones(service string, names ...string) change {
	return func(p *profile.Profile) { p.Zones[service] = names }
}

func volumeTypes(types ...profile.VolumeType) change {
	return func(p *profile.Profile) { p.VolumeTypes = types }
}

func outside(c func(*profile.PublicNetwork)) change {
	return func(p *profile.Profile) { c(&p.Networks[0]) }
}

func port(properties string) string { return fmt.Sprintf(aPort, properties) }

// typed is a volume of a type.
func typed(t string) string {
	return "  volume: {type: OS::Cinder::Volume, properties: {name: v, size: 1, volume_type: " + t + "}}\n"
}

func computeGaps() []shown {
	serverIn := func(zone string) string { return bootServer + "      availability_zone: " + zone + "\n" }
	otherServer := "  other:\n    type: OS::Nova::Server\n    depends_on: sub\n    properties: {name: o, flavor: SCS-2V-4-20s, image: Ubuntu 24.04, availability_zone: b, networks: [{network: {get_resource: net}}]}\n"
	group := func(policy, rules string) string {
		return "  group: {type: OS::Nova::ServerGroup, properties: {name: g, policies: [" + policy + "]" + rules + "}}\n"
	}
	key := "  key: {type: OS::Nova::KeyPair, properties: {name: k, public_key: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB24m/VZo1nX6JonkP64xrfDfo5DWR2XsHI2FaRIaBM1 shop'}}\n"
	small := func(f *profile.Flavor) { f.RAM = 2048 }
	return []shown{
		{row: 1, what: "a flavor is missing and a larger one is there", workload: bootServer, to: flavors("SCS-2V-4"), want: []string{"compute/flavor-replaced"}},
		{row: 1, what: "no flavor is large enough", workload: bootServer, to: all(flavors("SCS-1L-1"), flavor("SCS-1L-1", func(f *profile.Flavor) { f.RAM = 512 })),
			want: []string{"compute/flavor-absent"}},
		{row: 2, what: "a flavor of the same name is smaller", workload: localServer, to: flavor("SCS-2V-4-20s", small), want: []string{"compute/flavor-differs"}},
		{row: 3, what: "flavors have no disks", workload: localServer, to: flavors("SCS-2V-4"), want: []string{"compute/flavor-replaced", "compute/root-volume-added"}},
		{row: 4, what: "the flavor is too small for the target's image", workload: localServer,
			to:    all(flavors("SCS-2V-4-20s"), onlyImage(func(i *profile.PublicImage) { i.MinDisk = 40 })),
			rules: "  mapping: [{type: OS::Nova::Server, path: flavor, replace: SCS-2V-4-20s}]\n", want: []string{"compute/flavor-too-small"}},
		{row: 5, what: "flavors ask for what no host has", workload: bootServer, to: fault(profile.Fault{Kind: "server", Message: "No valid host was found. "}),
			want: []string{"compute/no-valid-host"}},
		{row: 5, what: "the only host has room for one of two servers", workload: bootServer + otherServer, from: zones("compute", "a", "b"),
			to: all(zones("compute", "a"), onlyHost(profile.Host{VCPUs: 2, RAM: 6144, Disk: 100, CPURatio: 1})), want: []string{"compute/no-valid-host", "compute/zone-renamed"}},
		{row: 27, what: "both zones have other names", workload: serverIn("a") + otherServer, from: zones("compute", "a", "b"), to: zones("compute", "az1", "az2"),
			want: []string{"compute/zone-renamed", "compute/zone-renamed"}},
		{row: 27, what: "two zones become one", workload: serverIn("a") + otherServer,
			from: zones("compute", "a", "b"), to: zones("compute", "c"), want: []string{"compute/zone-renamed", "compute/zone-renamed"}},
		{row: 27, what: "nobody has asked for a zone", workload: bootServer, to: zones("compute", "az1"), want: nil},
		{row: 35, what: "server groups are older than the policy's rules", workload: group("anti-affinity", ", rules: {max_server_per_host: 2}"), to: compute("2.60"),
			want: []string{"compute/server-group-policy"}},
		{row: 35, what: "server groups are older than soft policies", workload: group("soft-anti-affinity", ""), to: compute("2.14"), want: []string{"compute/server-group-policy"}},
		{row: 36, what: "the API is older than tags", workload: bootServer + "      tags: [blue]\n", to: compute("2.50"), want: []string{"compute/microversion-absent"}},
		{row: 37, what: "keys of this type are not taken", workload: key,
			to:   fault(profile.Fault{Service: "compute", Method: "POST", Path: "/*/os-keypairs", Status: 400, Message: "Keypair data is invalid: failed to generate fingerprint"}),
			want: []string{"compute/keypair-refused"}},
		{row: 39, what: "root volumes are not made from images", workload: bootServer,
			to:   fault(profile.Fault{Service: "compute", Method: "POST", Path: "/*/servers", Status: 400, Message: "Block Device Mapping is Invalid: failed to get image."}),
			want: []string{"compute/block-device-refused"}},
		{row: 34, what: "the quota has no room for the server", workload: bootServer, to: quota("compute.cores", 0), want: []string{"compute/quota-exceeded"}},
		{row: 34, what: "the quota has no room for server groups", workload: group("affinity", ""), to: quota("compute.server_groups", 0), want: []string{"compute/quota-exceeded"}},
		{row: 50, what: "the server fails after it was accepted", workload: bootServer, to: fault(profile.Fault{Kind: "server", Message: "Build of instance aborted: disk is full"}),
			want: []string{"compute/server-failed"}},
	}
}

func networkGaps() []shown {
	named := func(name string) change { return outside(func(n *profile.PublicNetwork) { n.Name = name }) }
	second := func(p *profile.Profile) {
		other := p.Networks[0]
		p.Networks[0].Default, other.Default, other.Name, p.Networks[0].Name = false, false, "ext2", "ext1"
		other.Subnets = []profile.PublicSubnet{{Subnet: profile.Subnet{Name: "ext2-v4", CIDR: "198.51.100.0/24", IPVersion: 4}}}
		p.Networks = append(p.Networks, other)
	}
	v6 := func(n *profile.PublicNetwork) {
		n.Subnets = append(slices.Clone(n.Subnets), profile.PublicSubnet{Subnet: profile.Subnet{Name: "public-v6", CIDR: "2001:db8:42::/64", IPVersion: 6}})
	}
	rules := func(r ...profile.GroupRule) change {
		return func(p *profile.Profile) { p.Behaviour.Network.DefaultRules = r }
	}
	open := profile.GroupRule{Direction: "ingress", EtherType: "IPv4"}
	return []shown{
		{row: 13, what: "the external network has another name", workload: toOutside, to: named("ext01"), want: []string{"network/external-name"}},
		{row: 14, what: "there are several external networks", workload: toOutside, to: second, want: []string{"network/external-ambiguous"}},
		{row: 14, what: "there is no external network", workload: toOutside, to: func(p *profile.Profile) { p.Networks = nil }, want: []string{"network/external-absent"}},
		{row: 15, what: "servers may not be on the external network", workload: "  server: {type: OS::Nova::Server, properties: {name: s, flavor: SCS-2V-4-20s, image: Ubuntu 24.04, networks: [{network: public}]}}\n",
			from: outside(func(n *profile.PublicNetwork) { n.Shared = true }), want: []string{"compute/external-attach-forbidden"}},
		{row: 17, what: "there are no routers", workload: toOutside, to: without("router", "ext-gw-mode"), want: []string{"network/feature-absent"}},
		{row: 18, what: "names are not integrated", workload: "  net: {type: OS::Neutron::Net, properties: {name: n, dns_domain: shop.example.}}\n", from: with("dns-integration"),
			want: []string{"network/extension-absent"}},
		{row: 19, what: "address translation is reserved for administrators", workload: "  router: {type: OS::Neutron::Router, properties: {name: r, external_gateway_info: {network: public, enable_snat: false}}}\n",
			from: policy("create_router:external_gateway_info:enable_snat", "member"), want: []string{"network/attribute-forbidden"}},
		{row: 20, what: "packets are smaller", workload: onlyNet, to: func(p *profile.Profile) { p.Behaviour.Network.MTU = 1400 }, want: []string{"network/mtu-smaller"}},
		{row: 20, what: "packets are smaller on the shared network", workload: "  port: {type: OS::Neutron::Port, properties: {name: p, network: lan}}\n",
			from: sharedNet("lan", 9000), to: sharedNet("lan", 1500), want: []string{"network/provider-mtu-smaller"}},
		{row: 21, what: "the resolvers are the source's own", workload: "  net: {type: OS::Neutron::Net, properties: {name: n}}\n  sub: {type: OS::Neutron::Subnet, properties: {name: s, network: {get_resource: net}, cidr: 10.9.0.0/24, dns_nameservers: [100.125.4.25]}}\n",
			want: []string{"network/resolver-replaced"}},
		{row: 21, what: "the world outside has no IPv6", workload: toOutside, from: outside(v6), want: []string{"network/outside-without-ipv6"}},
		{row: 22, what: "the addresses are the provider's", workload: toOutside, to: outside(func(n *profile.PublicNetwork) {
			n.Subnets = []profile.PublicSubnet{{Subnet: profile.Subnet{Name: "x", CIDR: "10.9.0.0/16", IPVersion: 4}}}
		}), want: []string{"network/address-conflict"}},
		{row: 23, what: "the default group admits the world", workload: localServer, to: rules(open), want: []string{"network/default-group-copied"}},
		{row: 23, what: "new groups have other rules, which are made explicit", workload: "  group: {type: OS::Neutron::SecurityGroup, properties: {name: g}}\n",
			to: func(p *profile.Profile) { p.Behaviour.Network.NewRules = []profile.GroupRule{open} }, want: nil},
		{row: 24, what: "rules of this protocol are not taken", workload: "  group: {type: OS::Neutron::SecurityGroup, properties: {name: g, rules: [{protocol: sctp, port_range_min: 1, port_range_max: 2}, {direction: egress}]}}\n",
			to:   fault(profile.Fault{Service: "network", Method: "POST", Path: "/*/security-group-rules", Status: 400, Message: "Security group rule protocol sctp not supported.", Skip: 1, Times: 1}),
			want: []string{"network/rule-refused"}},
		{row: 25, what: "ports have no further addresses", workload: port(", allowed_address_pairs: [{ip_address: 10.9.0.100}]"), to: without("allowed-address-pairs"),
			want: []string{"network/extension-absent"}},
		{row: 25, what: "further addresses are too many", workload: port(", allowed_address_pairs: [{ip_address: 10.9.0.100}, {ip_address: 10.9.0.101}]"),
			to: func(p *profile.Profile) { p.Behaviour.Network.AddressPairs = 1 }, want: []string{"network/port-security"}},
		{row: 27, what: "the network's zone has another name", workload: "  net: {type: OS::Neutron::Net, properties: {name: n, availability_zone_hints: [a]}}\n",
			from: zones("network", "a"), to: zones("network", "b"), want: []string{"network/zone-differs"}},
		{row: 51, what: "the QoS policy is missing", workload: port(", qos_policy: gold"), from: with("qos"), to: with("qos"),
			before: gold, want: []string{"network/qos-absent"}},
		{row: 51, what: "there is no QoS", workload: port(", qos_policy: gold"), from: with("qos"),
			before: gold, want: []string{"network/extension-absent"}},
		{row: 34, what: "the quota has no room for the floating IP", workload: "  ip: {type: OS::Neutron::FloatingIP, properties: {floating_network: public}}\n",
			to: quota("network.floatingip", 0), want: []string{"network/quota-exceeded"}},
	}
}

// gold is a policy of the source's provider.
func gold(t *testing.T, w *world) {
	w.from.user(t, "admin", "demo").do("POST", "/network/v2.0/qos/policies", `{"policy": {"name": "gold", "shared": true}}`)
}

func sharedNet(name string, mtu int64) change {
	return func(p *profile.Profile) {
		p.Networks = append(p.Networks, profile.PublicNetwork{Name: name, Shared: true, MTU: mtu,
			Subnets: []profile.PublicSubnet{{Subnet: profile.Subnet{Name: name + "-v4", CIDR: "172.20.0.0/24", IPVersion: 4}}}})
	}
}

func imageGaps() []shown {
	named := func(i *profile.PublicImage) { i.Name = "Ubuntu Noble 24.04 (20260801)" }
	return []shown{
		{row: 6, what: "the image has another name", workload: localServer, to: onlyImage(named), want: []string{"image/replaced"}},
		{row: 6, what: "the system is not there", workload: localServer, to: onlyImage(func(i *profile.PublicImage) {
			i.Name, i.Properties["os_version"] = "Ubuntu 22.04", "22.04"
		}), want: []string{"image/absent"}},
		{row: 7, what: "there are two images of the name", workload: localServer, to: func(p *profile.Profile) {
			other := p.Images[0]
			other.ID = "11111111-2222-4333-8444-555555555555"
			p.Images = append(p.Images, other)
		}, want: []string{"image/ambiguous"}},
		{row: 8, what: "the image's disks are on another bus", workload: localServer, to: onlyImage(func(i *profile.PublicImage) { i.Properties["hw_disk_bus"] = "virtio" }),
			want: []string{"image/properties-differ"}},
		{row: 9, what: "tenants may not upload images", workload: aVolumeWithBytes, to: policy("add_image", "admin"), want: []string{"image/upload-forbidden"}},
		{row: 10, what: "the format is not taken", workload: aVolumeWithBytes,
			to: fault(profile.Fault{Service: "image", Method: "POST", Path: "/v2/images", Status: 400, Message: "Invalid disk format 'qcow2' for image."}), want: []string{"image/format-refused"}},
		{row: 12, what: "images may not be larger", workload: aVolumeWithBytes, to: func(p *profile.Profile) { p.Behaviour.ImageSizeCap = 512 }, want: []string{"image/too-large"}},
		{row: 12, what: "all images together may not be larger", workload: aVolumeWithBytes, to: func(p *profile.Profile) { p.Behaviour.UserStorageQuota = 512 },
			want: []string{"image/too-large"}},
		{row: 12, what: "the source takes no image of the volume", workload: aVolumeWithBytes, from: func(p *profile.Profile) { p.Behaviour.ImageSizeCap = 512 },
			want: []string{"storage/content-unread"}, unfit: []string{"storage/volume-failed"}},
		{row: 12, what: "the image is too large", workload: aVolumeWithBytes,
			to: fault(profile.Fault{Service: "image", Method: "PUT", Path: "/v2/images/*/file", Status: 413, Message: "Denying attempt to upload image larger than 1 bytes."}), want: []string{"image/too-large"}},
	}
}

func storageGaps() []shown {
	standard := profile.VolumeType{Name: "standard", Default: true}
	luks := profile.VolumeType{Name: "luks", Description: "[scs:encrypted] with LUKS", Encrypted: true}
	multi := profile.VolumeType{Name: "multi", Specs: map[string]string{"multiattach": "<is> True"}}
	inZones := "  volume: {type: OS::Cinder::Volume, properties: {name: v, size: 1, availability_zone: a}}\n" +
		"  other: {type: OS::Cinder::Volume, properties: {name: o, size: 1, availability_zone: b}}\n"
	return []shown{
		{row: 27, what: "both storage zones have other names", workload: inZones, from: zones("block-storage", "a", "b"), to: zones("block-storage", "c", "d"),
			want: []string{"storage/zone-differs", "storage/zone-differs"}},
		{row: 27, what: "nobody has asked for a storage zone", workload: aVolume, to: zones("block-storage", "az1"), want: nil},
		{row: 28, what: "volumes must be in the server's zone", workload: localServer + aVolume +
			"  disk: {type: OS::Cinder::VolumeAttachment, properties: {instance_uuid: {get_resource: server}, volume_id: {get_resource: volume}}}\n",
			to: fault(profile.Fault{Service: "compute", Method: "POST", Path: "/*/servers/*/os-volume_attachments", Status: 400,
				Message: "Invalid volume: Instance 1 and volume 2 are not in the same availability_zone. Instance is in a. Volume is in b"}), want: []string{"compute/zone-mismatch"}},
		{row: 29, what: "the volume type has another name", workload: typed("fast"), from: volumeTypes(standard, profile.VolumeType{Name: "fast"}), to: volumeTypes(standard),
			want: []string{"storage/volume-type-default"}},
		{row: 29, what: "another type promises the same", workload: typed("luks"), from: volumeTypes(standard, luks),
			to: volumeTypes(standard, profile.VolumeType{Name: "secret", Description: "[scs:encrypted] ours", Encrypted: true}), want: []string{"storage/volume-type-replaced"}, facts: []string{"storage/encrypted-content"}},
		{row: 29, what: "what is encrypted leaves as ciphertext only", workload: typed("luks"), from: volumeTypes(standard, luks), to: volumeTypes(standard, luks),
			facts: []string{"storage/encrypted-content"}},
		{row: 29, what: "nobody has asked for the type", workload: aVolume, to: volumeTypes(standard), want: nil},
		{row: 30, what: "nothing is encrypted", workload: typed("luks"), from: volumeTypes(standard, luks), to: volumeTypes(standard),
			want: []string{"storage/encryption-lost"}, facts: []string{"storage/encrypted-content"}},
		{row: 30, what: "volumes have one server each", workload: typed("multi"), from: volumeTypes(standard, multi), to: volumeTypes(standard), want: []string{"storage/multiattach-lost"}},
		{row: 31, what: "volumes in use cannot be read", workload: bootServer,
			from: fault(profile.Fault{Service: "block-storage", Method: "POST", Path: "/v3/*/snapshots", Status: 400, Message: "Invalid volume: Volume status must be available, but current status is: in-use."}),
			want: []string{"storage/content-unread"}, unfit: []string{"storage/volume-in-use"}},
		{row: 33, what: "volumes may not be so large", workload: "  volume: {type: OS::Cinder::Volume, properties: {name: v, size: 8}}\n", to: quota("block-storage.per_volume_gigabytes", 4),
			want: []string{"storage/size-refused"}},
		{row: 34, what: "the quota has no room for the volume", workload: aVolume, to: quota("block-storage.gigabytes", 0), want: []string{"storage/quota-exceeded"}},
		{row: 50, what: "the volume fails after it was accepted", workload: aVolume, to: fault(profile.Fault{Kind: "volume", Message: "no space"}), want: []string{"storage/volume-failed"}},
	}
}

func otherGaps() []shown {
	return []shown{
		{row: 16, what: "addresses are the provider's", workload: "  ip: {type: OS::Neutron::FloatingIP, properties: {floating_network: public}}\n", facts: []string{"network/address-not-kept"}},
		{row: 38, what: "user data cannot be read", workload: localServer, facts: []string{"compute/user-data-unread", "compute/root-disk-not-moved"}},
		{row: 42, what: "the role is missing", workload: aVolume, to: policy("volume:create", "admin"), want: []string{"identity/role-missing"}},
		{row: 49, what: "the cloud asks for patience", workload: aVolume, to: fault(profile.Fault{Service: "block-storage", Status: 429, Times: 3}), want: nil},
	}
}
