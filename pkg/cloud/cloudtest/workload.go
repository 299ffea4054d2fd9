package cloudtest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

type spec = map[string]resource.Value

const publicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIO0lBnTTyYmNqvYFcBYWu0dN2p1wc1zs5oHVYE4GhJfH cloudtest"

func (s Suite) catalogue(t *testing.T) {
	c, err := s.Open(t).Catalogue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for what, n := range map[string]int{"services": len(c.Services), "extensions": len(c.Extensions), "flavors": len(c.Flavors), "images": len(c.Images),
		"volume types": len(c.VolumeTypes), "networks": len(c.Networks), "rules of the default group": len(c.DefaultGroup.Rules), "quota": len(c.Quota),
		"zones of compute": len(c.Zones["compute"])} {
		if n == 0 {
			t.Errorf("no %s", what)
		}
	}
	for _, name := range []string{"compute.instances", "compute.cores", "compute.ram", "network.port", "network.security_group", "block-storage.volumes", "block-storage.gigabytes"} {
		if _, ok := c.Quota[name]; !ok {
			t.Errorf("no quota %s", name)
		}
	}
}

// smallest returns the smallest flavor that the image fits on, with a disk of
// its own or without; nil if the cloud offers none.
func (r *run) smallest(withDisk bool) *profile.Flavor {
	r.Helper()
	var found *profile.Flavor
	for _, f := range r.offer.Flavors {
		if fits := f.Disk > 0 && f.Disk >= r.image().MinDisk; (fits && withDisk || f.Disk == 0 && !withDisk) && (found == nil || f.RAM < found.RAM) {
			found = &f
		}
	}
	return found
}

// flavor is the id of the smallest flavor, with a disk or without, or of the
// smallest of the others if there is none such.
func (r *run) flavor(withDisk bool) string {
	r.Helper()
	for _, f := range []*profile.Flavor{r.smallest(withDisk), r.smallest(!withDisk)} {
		if f != nil {
			return f.ID
		}
	}
	r.Fatal("no flavor fits the image")
	return ""
}

// booting adds to a server what it starts from: the flavor's disk, or a root
// volume on a cloud whose flavors have none.
func (r *run) booting(server spec) spec {
	r.Helper()
	server["flavor"] = r.flavor(true)
	if r.smallest(true) != nil {
		server["image"] = r.image().ID
		return server
	}
	server["block_device_mapping_v2"] = []resource.Value{spec{"boot_index": 0, "image": r.image().ID, "volume_size": r.rootSize(), "delete_on_termination": true}}
	return server
}

// rootSize is how many GiB the image needs.
func (r *run) rootSize() int64 { return max(1, r.image().MinDisk) }

// image returns the public image with the smallest disk.
func (r *run) image() profile.Image {
	r.Helper()
	var found *profile.Image
	for _, i := range r.offer.Images {
		if i.Status == "active" && i.Visibility == "public" && (found == nil || i.MinDisk < found.MinDisk) {
			found = &i
		}
	}
	if found == nil {
		r.Fatal("no public image")
	}
	return *found
}

func (r *run) external() profile.Network {
	r.Helper()
	for _, n := range r.offer.Networks {
		if n.External {
			return n
		}
	}
	r.Fatal("no external network")
	return profile.Network{}
}

// check creates x and compares what List shows with what was asked for: the
// same name without a mark, the mark, the parent, and each property.
func (r *run) check(x *resource.Resource) *resource.Resource {
	r.Helper()
	shown := r.create(x)
	schema := r.schemas[x.Type]
	want, got := schema.Canonical(x.Spec), schema.Canonical(shown.Spec)
	for path, v := range resource.Leaves(want) {
		f, _ := schema.Field(path)
		if f.Hidden || x.Type == "OS::Glance::Image" && path == "volume" {
			continue
		}
		if have, _ := resource.Lookup(got, path); !resource.Equal(v, have) {
			r.Errorf("%s: %s was asked to be %v and is %v", x.Ref, path, v, have)
		}
	}
	if shown.Name != x.Name {
		r.Errorf("%s: name %q, want %q", x.Ref, shown.Name, x.Name)
	}
	wantOwner := resource.Owner{Drill: r.drill, Key: x.Key}
	if schema.Mark == resource.MarkParent {
		wantOwner.Key = ""
	}
	if shown.Owner != wantOwner {
		r.Errorf("%s: owner %v, want %v", x.Ref, shown.Owner, wantOwner)
	}
	if !x.Parent.IsZero() && shown.Parent != x.Parent {
		r.Errorf("%s: parent %v, want %v", x.Ref, shown.Parent, x.Parent)
	}
	if d := cmp.Diff(got, shown.Spec); d != "" {
		r.Errorf("%s: not in canonical form: %s", x.Ref, d)
	}
	return shown
}

func own(t resource.Type, name string, s spec) *resource.Resource {
	return &resource.Resource{Ref: resource.Ref{Type: t, Key: resource.NewKey(name)}, Name: name, Tenure: resource.Own, Spec: s}
}

func child(parent *resource.Resource, t resource.Type, key string, s spec) *resource.Resource {
	x := own(t, key, s)
	x.Name = ""
	x.Parent = resource.Ref{Type: parent.Type, Key: resource.Key(parent.ID)}
	return x
}

// workload makes all types.
func (s Suite) workload(t *testing.T) {
	r := s.begin(t, "ctwork")
	empty := r.cost()
	image, external, disk := r.image().ID, r.external().ID, r.rootSize()

	key := r.check(own("OS::Nova::KeyPair", "ct key", spec{"public_key": publicKey, "type": "ssh"}))
	apart := r.check(own("OS::Nova::ServerGroup", "ct-apart", spec{"policies": []resource.Value{"soft-anti-affinity"}}))

	front := r.check(own("OS::Neutron::SecurityGroup", "ct-front", spec{"description": "front of house", "tags": []resource.Value{"g"}}))
	back := r.check(own("OS::Neutron::SecurityGroup", "ct-back", spec{}))
	if rules := r.rulesOf(front); len(rules) != 0 {
		r.Errorf("a settled group has %d rules of the provider's", len(rules))
	}
	r.check(child(front, "OS::Neutron::SecurityGroupRule", "http", spec{"security_group": front.ID, "direction": "ingress", "ethertype": "IPv4", "protocol": "tcp",
		"port_range_min": 80, "port_range_max": 81, "remote_ip_prefix": "10.1.0.0/16", "description": "web"}))
	r.check(child(front, "OS::Neutron::SecurityGroupRule", "self", spec{"security_group": front.ID, "ethertype": "IPv6", "protocol": "icmpv6", "remote_group": back.ID}))
	r.check(child(back, "OS::Neutron::SecurityGroupRule", "out", spec{"security_group": back.ID, "direction": "egress", "ethertype": "IPv4"}))
	if again := r.create(child(back, "OS::Neutron::SecurityGroupRule", "out", spec{"security_group": back.ID, "direction": "egress", "ethertype": "IPv4"})); len(r.rulesOf(back)) != 1 {
		r.Errorf("a rule made twice is there %d times: %s", len(r.rulesOf(back)), again.ID)
	}
	if r.settle(back); len(r.rulesOf(back)) != 1 {
		t.Error("settling a group again takes its rules")
	}

	net := r.check(own("OS::Neutron::Net", "ct-net", spec{"admin_state_up": true, "tags": []resource.Value{"b", "a"}, "description": "inner"}))
	subnet := r.check(own("OS::Neutron::Subnet", "ct-subnet", spec{"network": net.ID, "cidr": "10.11.0.0/24", "ip_version": 4, "dns_nameservers": []resource.Value{"9.9.9.9", "1.1.1.1"},
		"allocation_pools": []resource.Value{spec{"start": "10.11.0.10", "end": "10.11.0.200"}}, "host_routes": []resource.Value{spec{"destination": "10.12.0.0/24", "nexthop": "10.11.0.2"}}}))
	r.check(own("OS::Neutron::Subnet", "ct-nogw", spec{"network": net.ID, "cidr": "fd00:11::/64", "ip_version": 6, "gateway_ip": "", "ipv6_address_mode": "slaac", "ipv6_ra_mode": "slaac"}))
	router := r.check(own("OS::Neutron::Router", "ct-router", spec{"external_gateway_info": spec{"network": external}, "tags": []resource.Value{"r"}}))
	r.check(child(router, "OS::Neutron::RouterInterface", "ct-if", spec{"router": router.ID, "subnet": subnet.ID}))
	port := r.check(own("OS::Neutron::Port", "ct-port", spec{"network": net.ID, "fixed_ips": []resource.Value{spec{"subnet": subnet.ID, "ip_address": "10.11.0.20"}},
		"security_groups": []resource.Value{front.ID, back.ID}, "allowed_address_pairs": []resource.Value{spec{"ip_address": "10.11.0.99"}}, "tags": []resource.Value{"p"}}))
	unnamed := r.check(&resource.Resource{Ref: resource.Ref{Type: "OS::Neutron::Port", Key: "unnamed"}, Spec: spec{"network": net.ID, "security_groups": []resource.Value{back.ID}}})

	data := r.check(own("OS::Cinder::Volume", "ct-data", spec{"size": 1, "description": "bytes", "metadata": spec{"tier": "gold"}, "volume_type": r.volumeType()}))
	r.check(own("OS::Cinder::Volume", "", spec{"size": 1, "read_only": true}))
	root := r.check(own("OS::Cinder::Volume", "ct-root", spec{"size": disk, "image": image}))
	r.check(own("OS::Cinder::Snapshot", "ct-snap", spec{"volume": root.ID, "description": "before", "metadata": spec{"x": "y"}}))

	first := own("OS::Nova::Server", "ct-local", r.booting(spec{"key_name": key.ID, "metadata": spec{"role": "web"}, "tags": []resource.Value{"blue"},
		"networks": []resource.Value{spec{"port": port.ID}, spec{"network": net.ID, "fixed_ip": "10.11.0.30"}}, "security_groups": []resource.Value{front.ID},
		"scheduler_hints": spec{"group": apart.ID}, "user_data": "#!/bin/sh\necho moved\n", "config_drive": true, "description": "the first"}))
	if !r.allows("tags", first) {
		r.refuses("tags with an old microversion", cloud.ErrInvalid, "tags", first)
		delete(first.Spec, "tags")
	}
	local := r.check(first)
	booted := r.check(own("OS::Nova::Server", "ct-booted", spec{"flavor": r.flavor(false), "networks": []resource.Value{spec{"port": unnamed.ID}}, "power": "off",
		"block_device_mapping_v2": []resource.Value{spec{"boot_index": 0, "volume_id": root.ID}}}))
	implied := r.check(own("OS::Nova::Server", "ct-implied", spec{"flavor": r.flavor(false), "networks": []resource.Value{spec{"network": net.ID, "fixed_ip": "10.11.0.31"}},
		"security_groups": []resource.Value{back.ID}, "block_device_mapping_v2": []resource.Value{spec{"boot_index": 0, "image": image, "volume_size": disk, "delete_on_termination": true}}}))

	r.check(child(local, "OS::Cinder::VolumeAttachment", "data", spec{"instance_uuid": local.ID, "volume_id": data.ID}))
	r.check(own("OS::Neutron::FloatingIP", "", spec{"floating_network": external, "port_id": port.ID, "tags": []resource.Value{"f"}, "description": "the front door"}))

	roots := 0 // of the first server, which has a volume if it can have no local disk
	if r.smallest(true) == nil {
		roots = 1
	}
	all := r.list("OS::Neutron::Port", "OS::Cinder::Volume")
	for _, c := range []struct {
		of   *resource.Resource
		made resource.Type
		want int
	}{
		{local, "OS::Neutron::Port", 1}, {booted, "OS::Neutron::Port", 0}, {implied, "OS::Neutron::Port", 1},
		{local, "OS::Cinder::Volume", roots}, {booted, "OS::Cinder::Volume", 0}, {implied, "OS::Cinder::Volume", 1},
	} {
		if n := len(impliedIn(all, c.of, c.made)); n != c.want {
			r.Errorf("%s has %d implied %s, want %d", c.of.Name, n, c.made, c.want)
		}
	}
	r.spent(empty, "with a workload")
	r.again()
}

// allows reports whether the microversion that gates a property is there.
func (r *run) allows(path resource.Path, x *resource.Resource) bool {
	r.Helper()
	f, _ := r.schemas[x.Type].Field(path)
	var service, want string
	if _, err := fmt.Sscanf(strings.ReplaceAll(f.Gate, ":", " "), "microversion %s %s", &service, &want); err != nil {
		r.Fatalf("%s: gate of %s: %q", x.Type, path, f.Gate)
	}
	return number(r.offer.Services[service].Max) >= number(want)
}

// number makes 2052 of "2.52".
func number(microversion string) int {
	var major, minor int
	if _, err := fmt.Sscanf(microversion, "%d.%d", &major, &minor); err != nil {
		return 0
	}
	return major*1000 + minor
}

func (r *run) volumeType() string {
	for _, t := range r.offer.VolumeTypes {
		if t.Default {
			return t.ID
		}
	}
	return r.offer.VolumeTypes[0].ID
}

// rulesOf returns the rules of a group.
func (r *run) rulesOf(group *resource.Resource) []*resource.Resource {
	r.Helper()
	return slices.DeleteFunc(r.list("OS::Neutron::SecurityGroupRule"), func(x *resource.Resource) bool { return string(x.Parent.Key) != group.ID })
}

// impliedIn returns what the cloud has made for parent.
func impliedIn(list []*resource.Resource, parent *resource.Resource, t resource.Type) []*resource.Resource {
	return slices.DeleteFunc(slices.Clone(list), func(x *resource.Resource) bool {
		return x.Type != t || x.Tenure != resource.Implied || x.Parent != (resource.Ref{Type: parent.Type, Key: resource.Key(parent.ID)})
	})
}
