package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

func TestGates(t *testing.T) {
	c := beta()
	c.Extensions, c.Services = []string{"router"}, services("2.40")
	set := resource.NewSet(schemas(),
		own(network, "open", specs{"port_security_enabled": false}),
		own(network, "usual", specs{"port_security_enabled": true}),
		own(server, "s", specs{"tags": []resource.Value{"x"}}),
		own(server, "plain", specs{"tags": []resource.Value{}}),
		own(keyPair, "key", specs{"type": "x509", "public_key": "…"}))
	p := build(t, set, c)
	want := []string{"extension/absent OS::Neutron::Net/open", "microversion/absent OS::Nova::Server/s"}
	if diff := cmp.Diff(want, codes(p)); diff != "" {
		t.Error(diff)
	}
	for _, r := range []resource.Ref{ref(network, "open"), ref(network, "usual"), ref(server, "s")} {
		if len(p.Set.Get(r).Spec) != 0 {
			t.Errorf("%s still has %v", r, p.Set.Get(r).Spec)
		}
	}
	d := decided(p, "microversion/absent")[0]
	if d.Path != "tags" || d.To != nil || d.Effect != resource.Degraded || d.Args["need"] != "2.52" || d.Args["have"] != "2.40" {
		t.Errorf("decision is %+v", d)
	}
}

// What cannot be left out is foretold as lost, and still tried.
func TestRequiredGate(t *testing.T) {
	schema := &resource.Schema{Type: port, Fields: []resource.Field{{Path: "binding:profile", Gate: "extension:not-there", Required: true}}}
	set := resource.NewSet(resource.Schemas{port: schema}, own(port, "p", specs{"binding:profile": "x"}))
	p := build(t, set, beta())
	if len(p.Forecast) != 1 || p.Forecast[0].Effect != resource.Lost || len(p.Steps) != 1 || len(p.Set.Get(ref(port, "p")).Spec) != 1 {
		t.Errorf("foretold is %+v", p.Forecast)
	}
}

func TestServiceAbsent(t *testing.T) {
	c := beta()
	delete(c.Services, "block-storage")
	p := build(t, resource.NewSet(schemas(), own(volume, "v", specs{"size": int64(1)})), c)
	if got := codes(p); !slices.Equal(got, []string{"service/absent OS::Cinder::Volume/v"}) {
		t.Error(got)
	}
}

// A provider of one layer has nothing of the other: that is told of each resource,
// and nothing else of them or of what the source gives to them.
func TestLayerAbsent(t *testing.T) {
	servers := resource.NewSet(schemas(), own(volume, "v", specs{"size": int64(1), "volume_type": ref(volumeType, "ssd")}), offeredAs(volumeType, "ssd", nil))
	pods := resource.NewSet(schemas(), own("apps/Deployment", "d", specs{"priority": ref(priorityClass, "high")}), offeredAs(priorityClass, "high", specs{"value": int64(7)}))
	clusters, project := profile.Catalogue{Cluster: &profile.Cluster{Version: "v1.36.0"}}, profile.Catalogue{Services: map[string]profile.Service{"image": {}}}
	if got := codes(build(t, servers, clusters)); !slices.Equal(got, []string{"service/absent OS::Cinder::Volume/v"}) {
		t.Error(got)
	}
	if got := codes(build(t, pods, project)); !slices.Equal(got, []string{"kubernetes/absent apps/Deployment/d"}) {
		t.Error(got)
	}
}

func TestMicroversions(t *testing.T) {
	for _, c := range []struct {
		have, need string
		want       bool
	}{{"2.93", "2.52", true}, {"2.9", "2.52", false}, {"2.52", "2.52", true}, {"", "2.1", false}, {"3.0", "2.99", true}} {
		if got := atLeast(c.have, c.need); got != c.want {
			t.Errorf("%q has %q: %v", c.have, c.need, got)
		}
	}
}

func TestZones(t *testing.T) {
	for _, c := range []struct {
		name   string
		from   []string
		on     []string
		want   []string
		effect resource.Effect
	}{
		{"the same", []string{"nova"}, []string{"az1", "nova"}, []string{"nova"}, ""},
		{"the only one", []string{"nova"}, []string{"az1"}, []string{"az1"}, resource.Adapted},
		{"one for each", []string{"x", "y"}, []string{"b", "a", "c"}, []string{"a", "b"}, resource.Adapted},
		{"the same stays free", []string{"a", "x"}, []string{"a", "b"}, []string{"a", "b"}, resource.Adapted},
		{"what was apart", []string{"x", "y"}, []string{"a"}, []string{"a", "a"}, resource.Degraded},
		{"none", []string{"x"}, nil, []string{""}, resource.Adapted},
	} {
		t.Run(c.name, func(t *testing.T) {
			set := resource.NewSet(schemas())
			for i, z := range c.from {
				set.Put(own(server, fmt.Sprintf("s%d", i), specs{"availability_zone": z}))
			}
			p := build(t, set, profile.Catalogue{Cloud: "there", Zones: map[string][]string{"compute": c.on, "block-storage": {"other"}}})
			worst := resource.Effect("")
			for i := range c.from {
				got, _ := p.Set.Get(ref(server, fmt.Sprintf("s%d", i))).Spec["availability_zone"].(string)
				if got != c.want[i] {
					t.Errorf("zone %s becomes %q, want %q", c.from[i], got, c.want[i])
				}
			}
			for _, d := range p.Mapping.Decisions {
				worst = d.Effect
			}
			if worst != c.effect {
				t.Errorf("effect is %q, want %q", worst, c.effect)
			}
		})
	}
}

// withDefault is a workload that was read, in whose project the default group
// has these rules beside the usual ones.
func withDefault(more ...specs) *resource.Set {
	def := ref(secGroup, "default")
	set := resource.NewSet(schemas(),
		&resource.Resource{Ref: def, Name: "default", Tenure: resource.Implied, State: resource.Ready},
		own(network, "n", specs{}), own(port, "p", specs{"network": ref(network, "n"), "security_groups": []resource.Value{def}}),
		own(server, "s", specs{"networks": []resource.Value{specs{"network": ref(network, "n")}}}),
		childOf(ref(server, "s"), &resource.Resource{Ref: ref(port, "s-port"), Tenure: resource.Implied,
			Spec: specs{"network": ref(network, "n"), "security_groups": []resource.Value{def}}}))
	usual := []specs{{"direction": "egress", "ethertype": "IPv4"}, {"direction": "egress", "ethertype": "IPv6"},
		{"direction": "ingress", "ethertype": "IPv4", "remote_group": def}, {"direction": "ingress", "ethertype": "IPv6", "remote_group": def, "protocol": nil}}
	for i, spec := range append(usual, more...) {
		spec["security_group"] = def
		set.Put(childOf(def, &resource.Resource{Ref: ref(secRule, fmt.Sprintf("default-rule-%d", i)), Tenure: resource.Implied, State: resource.Ready, Spec: spec}))
	}
	return set
}

func TestDefaultGroupSame(t *testing.T) {
	p := build(t, withDefault(), beta())
	g := p.Set.Get(ref(secGroup, "default"))
	if ds := decided(p, "default-group/same"); len(ds) != 1 || ds[0].Effect != resource.Same || g.ID != "b-default" || g.Tenure != resource.Implied {
		t.Errorf("decided is %+v, the group %+v", p.Mapping.Decisions, g)
	}
	if got := ids(p); slices.ContainsFunc(got, func(id string) bool { return strings.Contains(id, "Security") }) {
		t.Errorf("steps are %v", got)
	}
}

func TestDefaultGroupCopied(t *testing.T) {
	p := build(t, withDefault(specs{"direction": "ingress", "ethertype": "IPv4", "protocol": "tcp", "port_range_min": int64(22), "port_range_max": int64(22)}), beta())
	copied := ref(secGroup, "default-copy")
	g := p.Set.Get(copied)
	if g == nil || g.Tenure != resource.Own || g.Name != "default-copy" || p.Set.Get(ref(secGroup, "default")) != nil {
		t.Fatalf("the group is %+v", g)
	}
	rules := slices.Collect(p.Set.Children(copied))
	if len(rules) != 5 {
		t.Errorf("it has %d rules", len(rules))
	}
	for _, r := range rules {
		remote := r.Spec["remote_group"]
		if r.Tenure != resource.Own || r.Spec["security_group"] != resource.Value(copied) || remote != nil && remote != resource.Value(copied) {
			t.Errorf("the rule is %s %+v", r.Tenure, r)
		}
	}
	want := []resource.Value{copied}
	if diff := cmp.Diff(want, p.Set.Get(ref(server, "s")).Spec["security_groups"]); diff != "" {
		t.Errorf("the server, which named no group: %s", diff)
	}
	if diff := cmp.Diff(want, p.Set.Get(ref(port, "p")).Spec["security_groups"]); diff != "" {
		t.Errorf("the port: %s", diff)
	}
	if got := codes(p); !slices.Equal(got, []string{"default-group/copied OS::Neutron::SecurityGroup/default"}) {
		t.Errorf("foretold is %v", got)
	}
}

// A scenario that says default means the cloud's own, whatever its rules are.
func TestDefaultGroupOfScenario(t *testing.T) {
	def := &resource.Resource{Ref: ref(secGroup, "default"), Name: "default", Tenure: resource.Implied}
	p := build(t, resource.NewSet(schemas(), def, own(port, "p", specs{"security_groups": []resource.Value{def.Ref}})), beta())
	if len(p.Forecast) > 0 || p.Set.Get(def.Ref).ID != "b-default" {
		t.Errorf("foretold is %v", codes(p))
	}
}

// A default group that nothing uses is nobody's business.
func TestDefaultGroupUnused(t *testing.T) {
	set := withDefault(specs{"direction": "ingress", "ethertype": "IPv6", "protocol": "udp"})
	for _, r := range []resource.Ref{ref(port, "p"), ref(server, "s"), ref(port, "s-port")} {
		set.Remove(r)
	}
	if p := build(t, set, beta()); len(p.Mapping.Decisions) > 0 || len(p.Steps) != 1 {
		t.Errorf("decided is %+v, steps are %v", p.Mapping.Decisions, ids(p))
	}
}

func TestQuota(t *testing.T) {
	c := beta()
	c.Quota = map[string]profile.Quota{"compute.instances": {Limit: 3, Used: 1}, "block-storage.volumes": {Limit: -1},
		"network.security_group_rule": {Limit: 100, Used: 97}, "compute.server_group_members": {Limit: 1}, "block-storage.per_volume_gigabytes": {Limit: 10}}
	set := resource.NewSet(schemas(), own(group, "g", specs{}), own(secGroup, "sg", specs{}), own(secGroup, "sg2", specs{}), own(volume, "big", specs{"size": int64(11)}))
	for i := range 3 {
		set.Put(own(server, fmt.Sprintf("s%d", i), specs{}))
		set.Put(own(volume, fmt.Sprintf("v%d", i), specs{"size": int64(2)}))
	}
	set.Put(own(server, "t1", specs{"scheduler_hints": specs{"group": ref(group, "g")}}))
	p := build(t, set, c)
	want := []string{"quota/exceeded OS::Cinder::Volume/big", "quota/exceeded OS::Neutron::SecurityGroup/sg2", "quota/exceeded OS::Nova::Server/s2", "quota/exceeded OS::Nova::Server/t1"}
	if diff := cmp.Diff(want, codes(p)); diff != "" {
		t.Error(diff)
	}
	needs := map[string]int64{"compute.instances": 4, "compute.server_groups": 1, "network.security_group": 2, "network.security_group_rule": 4,
		"block-storage.volumes": 4, "block-storage.gigabytes": 17}
	if diff := cmp.Diff(needs, p.Needs); diff != "" {
		t.Error(diff)
	}
	for _, s := range p.Forecast {
		if s.Ref == ref(server, "s2") && !maps.Equal(s.Args, map[string]string{"name": "compute.instances", "need": "1", "left": "0"}) {
			t.Errorf("the arguments are %v", s.Args)
		}
	}
}

// Where the quota does not hold added root volumes, a flavor with a disk of
// its own is the lesser loss.
func TestFrugal(t *testing.T) {
	set := flavorCase{from: flavorOf("SCS-2V-4-20", 2, 4096, 20)}.set()
	f := ref(flavor, "SCS-2V-4-20")
	c := beta()
	c.Quota["block-storage.volumes"] = profile.Quota{Limit: 5, Used: 4}
	check(t, build(t, set, c), f, "flavor/nearest", resource.Degraded, "m1.medium", "disk type")
	c.Quota["block-storage.volumes"] = profile.Quota{Limit: 5, Used: 5}
	c.Flavors = c.Flavors[:1]
	p := build(t, set, c)
	if d := p.Mapping.Of(f)[0]; d.Rule != "flavor/nearest" || d.To != resource.Value(ref(flavor, "SCS-2V-4")) {
		t.Errorf("became %v by %s", d.To, d.Rule)
	}
	for _, s := range p.Forecast { // of a server that will not be there, nothing else is foretold
		if s.Code != "quota/exceeded" {
			t.Errorf("foretold: %s of %s", s.Code, s.Ref)
		}
	}
}

func TestContent(t *testing.T) {
	sum := strings.Repeat("0", 64)
	deb := named(image, "Debian 12")
	data := func(key string, spec specs, c resource.Content) *resource.Resource {
		r := own(volume, key, spec)
		r.Content, r.State = &c, resource.Ready
		return r
	}
	boot := data("boot", specs{"size": int64(1), "image": deb.Ref}, resource.Content{SHA256: sum, File: "volumes/boot.qcow2", Format: "qcow2"})
	boot.Attrs = map[string]resource.Value{"bootable": true, "image_metadata": specs{"os_distro": "debian"}}
	mine := own(image, "mine", specs{"disk_format": "raw"})
	mine.Content = &resource.Content{Seed: 3, Length: 10, Size: 10}
	set := resource.NewSet(schemas(), deb, boot, mine, own(image, "empty", specs{"disk_format": "raw"}),
		own(volume, "of-mine", specs{"size": int64(1), "image": mine.Ref}),
		own(snapshot, "snap", specs{"volume": boot.Ref}),
		data("seeded", specs{"size": int64(1), "snapshot_id": ref(snapshot, "snap")}, resource.Content{Seed: 7, Length: 1 << 20, Size: 1 << 30}),
		data("left", specs{"size": int64(1)}, resource.Content{SHA256: sum, Size: 1 << 30}),
		data("unknown", specs{"size": int64(1)}, resource.Content{Size: 1 << 30}))
	p := build(t, set, beta())

	after := map[string][]string{}
	for _, s := range p.Steps {
		after[s.ID] = s.After
	}
	for id, want := range map[string][]string{
		"create:OS::Glance::Image/boot-image":   nil,
		"upload:OS::Glance::Image/boot-image":   {"create:OS::Glance::Image/boot-image"},
		"create:OS::Cinder::Volume/boot":        {"upload:OS::Glance::Image/boot-image"},
		"delete:OS::Glance::Image/boot-image":   {"create:OS::Cinder::Volume/boot"},
		"create:OS::Cinder::Snapshot/snap":      {"create:OS::Cinder::Volume/boot"},
		"create:OS::Cinder::Volume/of-mine":     {"upload:OS::Glance::Image/mine"},
		"create:OS::Cinder::Volume/seeded":      {"upload:OS::Glance::Image/seeded-image"},
		"upload:OS::Glance::Image/mine":         {"create:OS::Glance::Image/mine"},
		"create:OS::Glance::Image/seeded-image": nil,
	} {
		got, ok := after[id]
		if !ok || !slices.Equal(got, want) {
			t.Errorf("%s (%v) comes after %v, want %v", id, ok, got, want)
		}
	}
	for key, format := range map[string]string{"boot-image": "qcow2", "seeded-image": "raw"} {
		if img := p.Set.Get(ref(image, key)); img.Spec["disk_format"] != format || img.Content == nil || img.Tenure != resource.Own {
			t.Errorf("%s is %+v", key, img)
		}
	}
	want := specs{"size": int64(1), "image": ref(image, "boot-image"), "bootable": true, "image_metadata": specs{"os_distro": "debian"}}
	if diff := cmp.Diff(want, p.Set.Get(boot.Ref).Spec); diff != "" {
		t.Error(diff)
	}
	if got := p.Set.Get(ref(volume, "seeded")).Spec; got["bootable"] != false || got["snapshot_id"] != nil {
		t.Errorf("the data volume is %v", got)
	}
	if got := codes(p); !slices.Equal(got, []string{"content/not-carried OS::Cinder::Volume/left", "content/not-carried OS::Glance::Image/empty"}) {
		t.Errorf("foretold is %v", got)
	}
	for _, d := range decided(p, "volume/from-bytes") {
		if d.Effect != resource.Same {
			t.Errorf("%s %s is %s", d.Ref, d.Path, d.Effect)
		}
	}
}

// A root volume that Nova has made is asked for again; with bytes it becomes a
// volume of the project.
func TestImpliedRootVolume(t *testing.T) {
	set := func(c *resource.Content) *resource.Set {
		s, deb := ref(server, "s"), named(image, "Debian 12")
		return resource.NewSet(schemas(), deb, own(server, "s", specs{rootDevices: []resource.Value{specs{"boot_index": int64(0), "image": deb.Ref, "volume_size": int64(5), "delete_on_termination": true}}}),
			childOf(s, &resource.Resource{Ref: ref(volume, "s-root"), Tenure: resource.Implied, State: resource.Ready, Content: c, Spec: specs{"size": int64(5), "image": deb.Ref}}))
	}
	p := build(t, set(nil), beta())
	if got := ids(p); !slices.Equal(got, []string{"create:OS::Nova::Server/s"}) {
		t.Errorf("steps are %v", got)
	}
	p = build(t, set(&resource.Content{File: "f", SHA256: "x"}), beta())
	device := rootDevice(p.Set.Get(ref(server, "s")).Spec)
	want := specs{"boot_index": int64(0), "volume_id": ref(volume, "s-root"), "delete_on_termination": true}
	if diff := cmp.Diff(want, device); diff != "" {
		t.Error(diff)
	}
	if got := ids(p); len(got) != 5 || p.Set.Get(ref(volume, "s-root")).Tenure != resource.Own {
		t.Errorf("steps are %v", got)
	}
	ds := decided(p, "volume/from-bytes")
	if len(ds) == 0 || ds[0].Path != rootDevices || len(ds[0].To.([]resource.Value)) != 1 {
		t.Errorf("decided is %+v", ds)
	}
}

// What Nova has made for a server is asked for again, at the same address.
func TestImpliedPorts(t *testing.T) {
	lan, net := named(network, "lan"), ref(network, "n")
	lan.Spec = specs{"shared": true}
	implied := func(key string, spec specs) *resource.Resource {
		return childOf(ref(server, "s"), &resource.Resource{Ref: ref(port, key), Tenure: resource.Implied, State: resource.Ready, Spec: spec})
	}
	ip := func(text string) resource.Value { return specs{"ip_address": text} }
	set := resource.NewSet(schemas(), lan, own(network, "n", specs{}), own(secGroup, "g", specs{}),
		implied("p1", specs{"network": net, "fixed_ips": []resource.Value{ip("fd00::5"), ip("10.0.0.5")}, "security_groups": []resource.Value{ref(secGroup, "g")}}),
		implied("p2", specs{"network": lan.Ref, "fixed_ips": []resource.Value{ip("192.0.2.7")}}),
		own(server, "s", specs{"networks": []resource.Value{specs{"port": ref(port, "p1")}, specs{"port": ref(port, "p2")}}}))
	c := beta()
	c.Networks = append(c.Networks, profile.Network{ID: "b-lan", Name: "lan", Shared: true})
	got := build(t, set, c).Set.Get(ref(server, "s")).Spec
	want := specs{"networks": []resource.Value{specs{"network": net, "fixed_ip": "10.0.0.5"}, specs{"network": ref(network, "lan")}},
		"security_groups": []resource.Value{ref(secGroup, "g")}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestObserved(t *testing.T) {
	const id = "6564d1d5-e70b-452e-aeae-cb41813d0ccc"
	fip := own(floatingIP, "ip", specs{"floating_ip_address": "203.0.113.7", "description": "203.0.113.7"})
	r := own(router, "r", specs{"external_gateway_info": specs{"external_fixed_ips": []resource.Value{specs{"ip_address": "203.0.113.9"}}}, "routes": []resource.Value{specs{"nexthop": "203.0.113.9"}}})
	net := own(network, "n", specs{"mtu": int64(1450)})
	s := own(server, "s", specs{"image": ref(image, "Debian-12"), "metadata": specs{"site": "https://203.0.113.7/", "net": strings.ReplaceAll(id, "-", ""), "near": "203.0.113.70 10.0.0.5"},
		"user_data": resource.Join{Parts: []resource.Value{"peer 203.0.113.9, ", ref(network, "n"), " v6 2001:db8:0::7"}}})
	unread := own(server, "u", specs{rootDevices: []resource.Value{specs{"volume_id": nil, "boot_index": int64(0)}}})
	s.Unread, unread.Unread = []resource.Path{"content"}, []resource.Path{"user_data"}
	for _, x := range []*resource.Resource{fip, r, net, s, unread} {
		x.State = resource.Ready
	}
	net.ID = id
	set := resource.NewSet(schemas(), named(image, "Debian 12"), fip, r, net, s, unread)
	p := build(t, set, beta())
	var got []string
	for _, sig := range p.Forecast {
		if sig.Code != "image/by-properties" {
			got = append(got, fmt.Sprint(sig.Code, " ", sig.Ref.Key, " ", sig.Path))
		}
	}
	slices.Sort(got)
	want := []string{"address/baked-in s metadata.net", "address/baked-in s metadata.site", "address/baked-in s user_data", "address/not-kept ip floating_ip_address",
		"local-disk/not-moved s content", "user-data/unread u user_data"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, ok := p.Set.Get(net.Ref).Spec["mtu"]; ok {
		t.Error("the source provider's MTU is asked for")
	}
}

// Of a scenario nothing is the provider's choice, and nothing moves.
func TestNothingObservedOfScenario(t *testing.T) {
	set := resource.NewSet(schemas(), named(image, "Debian 12"), own(network, "n", specs{"mtu": int64(1400)}),
		own(floatingIP, "ip", specs{"floating_ip_address": "203.0.113.7"}), own(server, "s", specs{"image": ref(image, "Debian-12"), "metadata": specs{"x": "203.0.113.7"}}))
	p := build(t, set, alpha())
	if len(p.Forecast) > 0 || p.Set.Get(ref(network, "n")).Spec["mtu"] != int64(1400) {
		t.Errorf("foretold is %v", codes(p))
	}
}
