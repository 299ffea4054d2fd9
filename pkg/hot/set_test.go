package hot

import (
	"fmt"
	"strings"

	"pgregory.net/rapid"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// testSchemas say of the types what rendering asks schemas: which lists are
// sets, what the provider chooses, what absence means.
func testSchemas() resource.Schemas {
	out := resource.Schemas{}
	add := func(t resource.Type, fields ...resource.Field) { out[t] = &resource.Schema{Type: t, Fields: fields} }
	set := func(p resource.Path) resource.Field {
		return resource.Field{Path: p, Form: resource.List, List: resource.Unique}
	}
	provider := func(p resource.Path) resource.Field { return resource.Field{Path: p, Chooser: resource.Provider} }
	initially := func(p resource.Path, v resource.Value) resource.Field { return resource.Field{Path: p, Default: v} }
	add(network, provider("mtu"), set("tags"), initially("admin_state_up", true), initially("description", ""), initially("dns_domain", ""))
	add(subnet, set("allocation_pools"), set("host_routes"), initially("enable_dhcp", true), initially("ip_version", int64(4)))
	add(port, set("fixed_ips"), set("security_groups"), set("allowed_address_pairs"), provider("mac_address"), initially("port_security_enabled", true))
	add(router, provider("external_gateway_info.external_fixed_ips"))
	add(server, set("security_groups"), set("tags"), initially("power", "on"), initially("block_device_mapping_v2[].delete_on_termination", false))
	add(volume, initially("bootable", false), initially("description", ""))
	add(attachment, provider("mountpoint"))
	add(securityGroup, initially("description", ""), initially("stateful", true))
	out[groupRule] = ruleSchema()
	out[groupRule].Fields = append(out[groupRule].Fields, initially("description", ""))
	return out
}

// A drawer draws the parts of a Set.
type drawer struct {
	*rapid.T
	set *resource.Set
}

var (
	someText = rapid.OneOf(rapid.StringMatching(`[a-z]{0,5}`), rapid.String(), rapid.StringMatching(`[ \t\n:#a%{}]{0,9}`),
		rapid.SampledFrom([]string{"yes", "1:30", "2020-01-01", "0x1f", "~", "null", "<<", "=", "- a", "a: b\n", "#!/bin/sh\necho $1\n", "\n x\n", "get_file"}))
	someKey = rapid.OneOf(rapid.StringMatching(`[ab]`), rapid.StringMatching(`[A-Za-z0-9_-]{1,40}`))
)

// someSet draws a Set as an export gives it.
func someSet(t *rapid.T) *resource.Set {
	d := &drawer{t, resource.NewSet(testSchemas())}
	d.given()
	d.networks()
	d.groups()
	d.ports()
	d.volumes()
	d.servers()
	d.floatingIPs()
	d.others()
	return d.set
}

func (d *drawer) flip(label string) bool      { return rapid.Bool().Draw(d.T, label) }
func (d *drawer) text(label string) string    { return someText.Draw(d.T, label) }
func (d *drawer) upTo(n int, what string) int { return rapid.IntRange(0, n).Draw(d.T, what) }

// maybe sets a property in half of all cases.
func (d *drawer) maybe(spec map[string]resource.Value, name string, f func() resource.Value) {
	if d.flip(name) {
		spec[name] = f()
	}
}

func (d *drawer) put(t resource.Type, key string, tenure resource.Tenure, name string, spec map[string]resource.Value) *resource.Resource {
	ref := resource.Ref{Type: t, Key: resource.Key(key)}
	for n := 2; d.set.Get(ref) != nil; n++ {
		ref.Key = resource.NewKey(fmt.Sprintf("%s-%d", key, n))
	}
	r := &resource.Resource{Ref: ref, Name: name, Tenure: tenure, Spec: spec}
	d.set.Put(r)
	return r
}

func (d *drawer) own(t resource.Type, spec map[string]resource.Value) *resource.Resource {
	return d.put(t, someKey.Draw(d.T, "key"), resource.Own, d.text("name"), spec)
}

// one draws a resource of that type and tenure; the zero Ref if there is none.
func (d *drawer) one(t resource.Type, tenures ...resource.Tenure) resource.Ref {
	var refs []resource.Ref
	for r := range d.set.OfType(t) {
		if strings.Contains(fmt.Sprint(tenures), string(r.Tenure)) {
			refs = append(refs, r.Ref)
		}
	}
	if len(refs) == 0 {
		return resource.Ref{}
	}
	return rapid.SampledFrom(refs).Draw(d.T, string(t))
}

func (d *drawer) given() {
	for _, t := range []resource.Type{flavor, image, network, volumeType, keyPair, qosPolicy, "OS::Cinder::Snapshot"} {
		for i := range 2 {
			name := fmt.Sprintf("%s %d", rapid.SampledFrom([]string{"a", "b", "Debian"}).Draw(d.T, "given"), i)
			d.put(t, string(resource.NewKey(name)), resource.Given, name, nil)
		}
	}
	g := d.put(securityGroup, "default", resource.Implied, "default", nil)
	if d.flip("default group was read") {
		d.rule(g, map[string]resource.Value{"direction": "egress", "ethertype": "IPv6"}).Tenure = resource.Implied
	}
	if d.flip("private image") {
		d.put(image, "private", resource.Own, "private", map[string]resource.Value{"disk_format": "raw"})
	}
}

func (d *drawer) networks() {
	for i := range d.upTo(2, "networks") + 1 {
		net := map[string]resource.Value{"mtu": int64(1442)}
		d.maybe(net, "tags", func() resource.Value { return []resource.Value{d.text("tag")} })
		d.maybe(net, "description", func() resource.Value { return d.text("description") })
		d.maybe(net, "port_security_enabled", func() resource.Value { return d.flip("port security") })
		d.maybe(net, "availability_zone_hints", func() resource.Value { return []resource.Value{"zone 1"} })
		d.maybe(net, "qos_policy", func() resource.Value { return d.one(qosPolicy, resource.Given) })
		d.maybe(net, "dns_domain", func() resource.Value { return "example.org." })
		d.maybe(net, "vlan_transparent", func() resource.Value { return d.flip("vlan") })
		n := d.own(network, net)
		sub := map[string]resource.Value{"network": n.Ref, "cidr": fmt.Sprintf("10.%d.0.0/24", i), "gateway_ip": ""}
		d.maybe(sub, "gateway_ip", func() resource.Value { return fmt.Sprintf("10.%d.0.1", i) })
		d.maybe(sub, "enable_dhcp", func() resource.Value { return d.flip("dhcp") })
		d.maybe(sub, "dns_nameservers", func() resource.Value { return []resource.Value{"9.9.9.9", "1.1.1.1"} })
		d.maybe(sub, "allocation_pools", func() resource.Value {
			return []resource.Value{map[string]resource.Value{"start": fmt.Sprintf("10.%d.0.9", i), "end": fmt.Sprintf("10.%d.0.99", i)}}
		})
		d.maybe(sub, "host_routes", func() resource.Value {
			return []resource.Value{map[string]resource.Value{"destination": "10.77.0.0/16", "nexthop": fmt.Sprintf("10.%d.0.7", i)}}
		})
		d.maybe(sub, "service_types", func() resource.Value { return []resource.Value{"compute:nova"} })
		d.maybe(sub, "description", func() resource.Value { return d.text("description") })
		s := d.own(subnet, sub)
		if d.flip("router") {
			gateway := map[string]resource.Value{"network": d.one(network, resource.Given)}
			spec := map[string]resource.Value{"external_gateway_info": gateway}
			d.maybe(spec, "tags", func() resource.Value { return []resource.Value{"r"} })
			d.maybe(spec, "availability_zone_hints", func() resource.Value { return []resource.Value{"zone 1"} })
			d.maybe(spec, "description", func() resource.Value { return d.text("description") })
			r := d.own(router, spec)
			for n := range d.upTo(2, "routes") {
				x := d.put(extraRoute, someKey.Draw(d.T, "key"), resource.Own, "",
					map[string]resource.Value{"router_id": r.Ref, "destination": fmt.Sprintf("10.9%d.0.0/16", n), "nexthop": fmt.Sprintf("10.%d.0.7", i)})
				x.Parent = r.Ref
			}
			x := d.put(routerInterface, someKey.Draw(d.T, "key"), resource.Own, "", map[string]resource.Value{"router": r.Ref, "subnet": s.Ref})
			x.Parent = r.Ref
		}
	}
}

func (d *drawer) groups() {
	var groups []*resource.Resource
	for range d.upTo(4, "groups") {
		spec := map[string]resource.Value{}
		d.maybe(spec, "description", func() resource.Value { return d.text("description") })
		d.maybe(spec, "stateful", func() resource.Value { return d.flip("stateful") })
		g := d.own(securityGroup, spec)
		if g.Name == "default" {
			g.Name = "other"
		}
		groups = append(groups, g)
	}
	for _, g := range groups {
		if d.flip("default egress") {
			for _, spec := range defaultEgress() {
				d.rule(g, spec)
			}
		}
		for range d.upTo(4, "rules") {
			spec := map[string]resource.Value{}
			d.maybe(spec, "direction", func() resource.Value { return rapid.SampledFrom([]string{"ingress", "egress"}).Draw(d.T, "direction") })
			d.maybe(spec, "ethertype", func() resource.Value { return rapid.SampledFrom([]string{"IPv4", "IPv6"}).Draw(d.T, "ethertype") })
			d.maybe(spec, "protocol", func() resource.Value {
				return rapid.SampledFrom([]string{"tcp", "udp", "icmp", "89", "0"}).Draw(d.T, "protocol")
			})
			d.maybe(spec, "description", func() resource.Value { return d.text("description") })
			if d.flip("remote") {
				spec["remote_group"] = rapid.SampledFrom(groups).Draw(d.T, "remote").Ref
			} else {
				d.maybe(spec, "remote_ip_prefix", func() resource.Value { return "10.0.0.0/8" })
			}
			d.rule(g, spec)
		}
	}
}

// rule adds a rule unless there is one that says the same, which Neutron
// refuses.
func (d *drawer) rule(g *resource.Resource, spec map[string]resource.Value) *resource.Resource {
	for r := range d.set.Children(g.Ref) {
		if ruleText(r.Spec) == ruleText(spec) {
			return r
		}
	}
	spec["security_group"] = g.Ref
	r := &resource.Resource{Ref: resource.Ref{Type: groupRule}, Tenure: resource.Own, Parent: g.Ref, Spec: spec}
	r.Key = ruleSchema().ChildKey(r)
	d.set.Put(r)
	return r
}

func (d *drawer) someGroups() resource.Value {
	var out []resource.Value
	for range d.upTo(2, "groups") + 1 {
		out = append(out, d.one(securityGroup, resource.Own, resource.Implied))
	}
	return out
}

func (d *drawer) ports() {
	n := 100
	for s := range d.set.OfType(subnet) {
		prefix := strings.TrimSuffix(s.Spec["cidr"].(string), "0/24")
		for range d.upTo(2, "ports") {
			n++
			spec := map[string]resource.Value{"network": s.Spec["network"], "mac_address": "fa:16:3e:00:00:01",
				"fixed_ips": []resource.Value{map[string]resource.Value{"subnet": s.Ref, "ip_address": fmt.Sprint(prefix, n)}}}
			d.maybe(spec, "security_groups", d.someGroups)
			if d.flip("without groups") {
				delete(spec, "security_groups")
				spec["no_security_groups"] = true
			}
			if d.flip("without addresses") {
				delete(spec, "fixed_ips")
				spec["no_fixed_ips"] = true
			}
			d.maybe(spec, "dns_name", func() resource.Value { return "host" })
			d.maybe(spec, "dns_domain", func() resource.Value { return "example.org." })
			d.maybe(spec, "qos_policy", func() resource.Value { return d.one(qosPolicy, resource.Given) })
			d.maybe(spec, "propagate_uplink_status", func() resource.Value { return true })
			d.maybe(spec, "extra_dhcp_opts", func() resource.Value {
				return []resource.Value{map[string]resource.Value{"opt_name": "domain-name", "opt_value": d.text("option")}}
			})
			d.maybe(spec, "binding:vnic_type", func() resource.Value { return "direct" })
			d.maybe(spec, "allowed_address_pairs", func() resource.Value {
				return []resource.Value{map[string]resource.Value{"ip_address": "10.9.0.0/16"}}
			})
			d.own(port, spec)
		}
	}
}

func (d *drawer) volumes() {
	for range d.upTo(3, "volumes") {
		spec := map[string]resource.Value{"size": int64(d.upTo(5, "size") + 1)}
		d.maybe(spec, "volume_type", func() resource.Value { return d.one(volumeType, resource.Given) })
		d.maybe(spec, "availability_zone", func() resource.Value { return "zone 1" })
		d.maybe(spec, "metadata", func() resource.Value { return map[string]resource.Value{d.text("key"): d.text("value")} })
		d.maybe(spec, "read_only", func() resource.Value { return d.flip("read only") })
		d.maybe(spec, "snapshot_id", func() resource.Value { return d.one("OS::Cinder::Snapshot", resource.Given) })
		d.maybe(spec, "bootable", func() resource.Value { return d.flip("bootable") })
		d.own(volume, spec)
	}
}

func (d *drawer) servers() {
	used := map[resource.Ref]bool{}
	for range d.upTo(3, "servers") {
		spec := map[string]resource.Value{"flavor": d.one(flavor, resource.Given)}
		d.maybe(spec, "key_name", func() resource.Value { return d.one(keyPair, resource.Given) })
		d.maybe(spec, "metadata", func() resource.Value { return map[string]resource.Value{d.text("key"): d.text("value")} })
		d.maybe(spec, "security_groups", d.someGroups)
		d.maybe(spec, "diskConfig", func() resource.Value { return "AUTO" })
		d.maybe(spec, "tags", func() resource.Value { return []resource.Value{d.text("tag")} })
		d.maybe(spec, "config_drive", func() resource.Value { return d.flip("config drive") })
		d.maybe(spec, "accessIPv4", func() resource.Value { return "192.0.2.1" })
		d.maybe(spec, "power", func() resource.Value { return "off" })
		d.maybe(spec, "availability_zone", func() resource.Value { return "z" + d.text("zone") })
		r := d.own(server, spec)
		if r.Name == "" {
			r.Name = "server"
		}
		if d.flip("user data") {
			r.Unread = []resource.Path{"user_data"}
		} else {
			d.maybe(spec, "user_data", func() resource.Value { return "x" + d.text("user data") })
		}
		d.root(r)
		d.plug(r, used)
		d.attach(r)
	}
}

func (d *drawer) root(r *resource.Resource) {
	if d.flip("local disk") {
		r.Spec["image"] = d.one(image, resource.Given, resource.Own)
		return
	}
	device := map[string]resource.Value{"boot_index": int64(0), "delete_on_termination": d.flip("delete"),
		"image": d.one(image, resource.Given), "volume_size": int64(7)}
	r.Spec["block_device_mapping_v2"] = []resource.Value{device}
	spec := impliedVolume(device)
	d.maybe(spec, "volume_type", func() resource.Value { return d.one(volumeType, resource.Given) })
	root := d.put(volume, string(childKey(r.Key, "root")), resource.Implied, "", spec)
	root.Parent = r.Ref
}

// plug gives the server ports: own ones, each only once, and Nova's.
func (d *drawer) plug(r *resource.Resource, used map[resource.Ref]bool) {
	var networks []resource.Value
	nova := 0
	for i := range d.upTo(3, "networks") {
		if p := d.one(port, resource.Own); !p.IsZero() && !used[p] && d.flip("own port") {
			used[p] = true
			networks = append(networks, map[string]resource.Value{"port": p})
			continue
		}
		s := d.set.Get(d.one(subnet, resource.Own))
		ip := fmt.Sprintf("%s%d", strings.TrimSuffix(s.Spec["cidr"].(string), "0/24"), 200+i+3*d.upTo(9, "ip"))
		entry := map[string]resource.Value{"network": s.Spec["network"], "fixed_ip": ip}
		networks = append(networks, entry)
		nova++
		spec := impliedPort(findSubnets(d.set), r.Spec, entry)
		d.maybe(spec, "allowed_address_pairs", func() resource.Value {
			return []resource.Value{map[string]resource.Value{"ip_address": "10.9.0.0/16"}}
		})
		p := d.put(port, string(impliedPortKey(r.Key, nova)), resource.Implied, "", spec)
		p.Parent = r.Ref
	}
	if networks == nil && d.flip("no network") {
		networks = []resource.Value{map[string]resource.Value{"allocate_network": "none"}}
	}
	if networks != nil {
		r.Spec["networks"] = networks
	}
}

func (d *drawer) attach(r *resource.Resource) {
	if v := d.one(volume, resource.Own); !v.IsZero() && d.flip("attach") {
		a := d.put(attachment, string(childKey(r.Key, string(v.Key))), resource.Own, "",
			map[string]resource.Value{"instance_uuid": r.Ref, "volume_id": v, "mountpoint": "/dev/vdb"})
		d.maybe(a.Spec, "delete_on_termination", func() resource.Value { return true })
		a.Parent = r.Ref
	}
}

func (d *drawer) floatingIPs() {
	for range d.upTo(2, "floating ips") {
		spec := map[string]resource.Value{"floating_network": d.one(network, resource.Given)}
		if p := d.one(port, resource.Own, resource.Implied); !p.IsZero() && d.flip("port") {
			spec["port_id"] = p
		}
		d.maybe(spec, "dns_name", func() resource.Value { return "www" })
		d.maybe(spec, "dns_domain", func() resource.Value { return "example.org." })
		d.maybe(spec, "description", func() resource.Value { return d.text("description") })
		d.maybe(spec, "qos_policy_id", func() resource.Value { return d.one(qosPolicy, resource.Given) })
		f := d.own(floatingIP, spec)
		f.Name = ""
		if s := d.set.Get(d.one(server, resource.Own)); s != nil && d.flip("knows its address") {
			s.Unread = nil
			s.Spec["user_data"] = resource.Join{Sep: "", Parts: []resource.Value{"ip=", resource.Attr{Ref: f.Ref, Path: "floating_ip_address"}}}
		}
	}
}

func (d *drawer) others() {
	if d.flip("snapshot") {
		d.own("OS::Cinder::Snapshot", map[string]resource.Value{"force": true})
	}
	if d.flip("server group") {
		g := d.own(serverGroup, map[string]resource.Value{"policies": []resource.Value{"affinity"}})
		d.maybe(g.Spec, "rules", func() resource.Value { return map[string]resource.Value{"max_server_per_host": int64(3)} })
		if g.Name == "" {
			g.Name = "group"
		}
		if s := d.set.Get(d.one(server, resource.Own)); s != nil {
			s.Spec["scheduler_hints"] = map[string]resource.Value{"group": g.Ref}
		}
	}
	if d.flip("key") {
		spec := map[string]resource.Value{"public_key": "ssh-ed25519 AAAA"}
		d.maybe(spec, "type", func() resource.Value { return "x509" })
		d.own(keyPair, spec).Name = "key " + d.text("key")
	}
}
