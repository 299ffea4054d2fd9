package plan

import (
	"slices"
	"strings"
	"testing"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// given returns the only resource of a catalogue that holds one thing, and
// only its name if it is bare.
func given(c profile.Catalogue, bare bool) *resource.Resource {
	g := cloud.Given(c)[0]
	if bare {
		g.Spec = nil
	}
	return g
}

func TestImage(t *testing.T) {
	deb := imageOf("1", "Debian 12", "os_distro", "debian", "os_version", "12", "architecture", "x86_64")
	at := func(i profile.Image, id, name, created string) profile.Image {
		i.ID, i.Name, i.Created = id, name, created
		return i
	}
	with := func(i profile.Image, kv ...string) profile.Image {
		n := imageOf(i.ID, i.Name, kv...)
		for k, v := range i.Properties {
			if _, ok := n.Properties[k]; !ok {
				n.Properties[k] = v
			}
		}
		return n
	}
	hidden := at(deb, "2", "Debian 12", "2026-05-01T00:00:00Z")
	hidden.Hidden = true
	queued := at(deb, "3", "Debian 12", "2026-06-01T00:00:00Z")
	queued.Status = "queued"
	for _, c := range []struct {
		name   string
		from   profile.Image
		bare   bool
		on     []profile.Image
		want   string // id
		rule   string
		effect resource.Effect
		args   string
		more   string // foretold beside it
	}{
		{name: "same name and system", from: deb, on: []profile.Image{at(deb, "9", "Debian 12", ""), imageOf("8", "Ubuntu 24.04")}, want: "9", rule: "same-name", effect: resource.Same},
		{name: "same name, nothing else known", from: imageOf("1", "golden"), on: []profile.Image{imageOf("9", "golden")}, want: "9", rule: "same-name", effect: resource.Same},
		{name: "only a name", from: deb, bare: true, on: beta().Images, want: "b-deb", rule: "by-properties", effect: resource.Adapted, args: "debian 12"},
		{name: "only a name in another spelling", from: imageOf("1", "Ubuntu Noble 24.04 (20250115)"), bare: true, on: beta().Images, want: "b-ubu", rule: "by-properties", effect: resource.Adapted},
		{name: "by properties", from: deb, on: beta().Images, want: "b-deb", rule: "by-properties", effect: resource.Adapted, args: "debian 12 x86_64"},
		{name: "by the target's names", from: deb, on: []profile.Image{imageOf("9", "debian-12-genericcloud-amd64-20250115"), imageOf("8", "Debian 11")}, want: "9", rule: "by-properties", effect: resource.Adapted},
		{name: "same name, another version", from: with(deb, "os_version", "12"), on: []profile.Image{with(at(deb, "9", "Debian 12", ""), "os_version", "13"), at(deb, "8", "bookworm", "")}, want: "8", rule: "by-properties", effect: resource.Adapted},
		{name: "the newest of the same name", from: deb, on: []profile.Image{at(deb, "7", "Debian 12", "2026-01-01T00:00:00Z"), at(deb, "8", "Debian 12", "2026-03-01T00:00:00Z"), hidden, queued}, want: "8", rule: "ambiguous", effect: resource.Adapted, args: "2"},
		{name: "the generic one", from: deb, on: []profile.Image{with(at(deb, "7", "deb-k8s", "2026-04-01T00:00:00Z"), "os_purpose", "k8snode"), with(at(deb, "8", "deb", ""), "os_purpose", "generic")}, want: "8", rule: "by-properties", effect: resource.Adapted},
		{name: "the same purpose", from: with(deb, "os_purpose", "minimal"), on: []profile.Image{with(at(deb, "7", "deb-min", ""), "os_purpose", "minimal"), with(at(deb, "8", "deb", ""), "os_purpose", "generic")}, want: "7", rule: "by-properties", effect: resource.Adapted},
		{name: "another architecture", from: deb, on: []profile.Image{with(at(deb, "7", "Debian 12 arm", ""), "architecture", "aarch64")}, rule: "absent", effect: resource.Lost},
		{name: "no architecture is the common one", from: deb, on: []profile.Image{imageOf("7", "deb", "os_distro", "debian", "os_version", "12")}, want: "7", rule: "by-properties", effect: resource.Adapted},
		{name: "another version", from: deb, on: []profile.Image{imageOf("7", "Debian 13"), imageOf("8", "Debian 11")}, rule: "absent", effect: resource.Lost, args: "debian 12"},
		{name: "nothing to go by", from: imageOf("1", "golden-2025"), on: beta().Images, rule: "absent", effect: resource.Lost, args: "unknown"},
		{name: "another disk bus", from: with(deb, "hw_disk_bus", "scsi"), on: []profile.Image{with(at(deb, "7", "deb", ""), "hw_disk_bus", "virtio")}, want: "7", rule: "by-properties", effect: resource.Adapted, more: "hw_disk_bus scsi → virtio"},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := given(profile.Catalogue{Images: []profile.Image{c.from}}, c.bare)
			set := resource.NewSet(schemas(), g, own(volume, "v", specs{"image": g.Ref}))
			p := build(t, set, profile.Catalogue{Cloud: "there", Images: c.on})
			want := ""
			for _, i := range c.on {
				if i.ID == c.want {
					want = i.Name
				}
			}
			check(t, p, g.Ref, "image/"+c.rule, c.effect, want, c.args)
			if d := p.Mapping.Of(g.Ref)[0]; d.ID != c.want {
				t.Errorf("the id is %q, want %q", d.ID, c.want)
			}
			for _, s := range p.Forecast {
				if s.Code == "image/properties" && s.Args["differs"] != c.more {
					t.Errorf("differs in %q, want %q", s.Args["differs"], c.more)
				}
			}
		})
	}
}

func TestSystemInName(t *testing.T) {
	for name, want := range map[string]string{
		"Debian 12": "debian 12", "debian-12-generic": "debian 12", "Ubuntu 24.04 LTS x64": "ubuntu 24.04 x86_64", "Ubuntu Noble 24.04 (20250115)": "ubuntu 24.04",
		"debian-12-genericcloud-arm64-20240717-1811": "debian 12 aarch64", "ubuntu-2404-kube-v1.30": "ubuntu 24.04", "Ubuntu Jammy": "ubuntu 22.04",
		"Rocky Linux 9.3": "rocky 9.3", "Rocky-9": "rocky 9", "Flatcar 3815.2.0 amd64": "flatcar 3815.2.0 x86_64", "Debian": "", "my golden image 7": "",
		"ubuntu-capi-image-v1.29.3": "", "": "", "20250115 Debian": "",
	} {
		if got := systemInName(name).String(); got != want {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
	}
}

func TestNetwork(t *testing.T) {
	external := func(name string, standard bool) profile.Network {
		return profile.Network{ID: "id-" + name, Name: name, External: true, Default: standard, MTU: 1500}
	}
	shared := func(name string, mtu int64) profile.Network {
		return profile.Network{ID: "id-" + name, Name: name, Shared: true, MTU: mtu}
	}
	for _, c := range []struct {
		name   string
		from   profile.Network
		bare   bool
		on     []profile.Network
		want   string
		rule   string
		effect resource.Effect
		args   string
	}{
		{name: "same name", from: external("public", true), on: []profile.Network{external("public", false), external("ext", true)}, want: "public", rule: "same-name", effect: resource.Same},
		{name: "the only one", from: external("public", true), on: []profile.Network{external("ext01", false), shared("public", 1500)}, want: "ext01", rule: "external-name", effect: resource.Adapted},
		{name: "the default one", from: external("public", true), on: []profile.Network{external("a", false), external("z", true)}, want: "z", rule: "external-name", effect: resource.Adapted},
		{name: "only a name", from: external("public", true), bare: true, on: []profile.Network{external("ext01", true)}, want: "ext01", rule: "external-name", effect: resource.Adapted},
		{name: "several", from: external("public", true), on: []profile.Network{external("b", false), external("a", false)}, want: "a", rule: "external-ambiguous", effect: resource.Degraded, args: "a, b"},
		{name: "several defaults", from: external("public", true), on: []profile.Network{external("b", true), external("c", true), external("a", false)}, want: "b", rule: "external-ambiguous", effect: resource.Degraded, args: "b, c, a"},
		{name: "none", from: external("public", true), on: []profile.Network{shared("public", 1500)}, rule: "external-absent", effect: resource.Lost},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := given(profile.Catalogue{Networks: []profile.Network{c.from}}, c.bare)
			p := build(t, resource.NewSet(schemas(), g, own(floatingIP, "ip", specs{"floating_network": g.Ref})), profile.Catalogue{Cloud: "there", Networks: c.on})
			check(t, p, g.Ref, "network/"+c.rule, c.effect, c.want, c.args)
		})
	}
	for _, c := range []struct {
		name, want, rule string
		on               []profile.Network
		effect           resource.Effect
		args             string
	}{
		{name: "shared, same name", on: []profile.Network{shared("lan", 1500), external("lan2", true)}, want: "lan", rule: "same-name", effect: resource.Same},
		{name: "shared, smaller packets", on: []profile.Network{shared("intra", 1400)}, want: "intra", rule: "shared-name", effect: resource.Adapted},
		{name: "shared, the only one", on: []profile.Network{shared("intra", 1500), external("lan", true)}, want: "intra", rule: "shared-name", effect: resource.Adapted},
		{name: "shared, none", on: []profile.Network{external("lan", true)}, rule: "shared-absent", effect: resource.Lost},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := given(profile.Catalogue{Networks: []profile.Network{shared("lan", 1500)}}, false)
			p := build(t, resource.NewSet(schemas(), g, own(port, "p", specs{"network": g.Ref})), profile.Catalogue{Cloud: "there", Networks: c.on})
			check(t, p, g.Ref, "network/"+c.rule, c.effect, c.want, c.args)
			smaller := slices.IndexFunc(p.Forecast, func(s gap.Signal) bool {
				return s.Code == "network/mtu-smaller" && s.Target == resource.Value(int64(1400))
			})
			if (smaller >= 0) != (c.want != "" && c.on[0].MTU == 1400) {
				t.Errorf("foretold is %v", codes(p))
			}
		})
	}
}

func TestSubnet(t *testing.T) {
	c := profile.Catalogue{Networks: []profile.Network{{ID: "n1", Name: "lan", Shared: true, Subnets: []profile.Subnet{{ID: "s1", Name: "lan-v4", IPVersion: 4}}}}}
	set := resource.NewSet(schemas(), cloud.Given(c)...)
	set.Put(own(port, "p", specs{"network": ref(network, "lan"), "fixed_ips": []resource.Value{specs{"subnet": ref(subnet, "lan-v4")}}}))
	there := profile.Catalogue{Cloud: "there", Networks: []profile.Network{
		{ID: "n2", Name: "a", Shared: true, Subnets: []profile.Subnet{{ID: "s2", Name: "lan-v4", IPVersion: 4}}},
		{ID: "n3", Name: "lan", Shared: true, Subnets: []profile.Subnet{{ID: "s3", Name: "x-v6", IPVersion: 6}, {ID: "s4", Name: "x-v4", IPVersion: 4}}}}}
	check(t, build(t, set, there), ref(subnet, "lan-v4"), "subnet/other-name", resource.Adapted, "x-v4", "")
	there.Networks[1].Subnets = nil
	check(t, build(t, set, there), ref(subnet, "lan-v4"), "subnet/absent", resource.Lost, "", "")
}

func TestVolumeType(t *testing.T) {
	kind := func(name, description string, standard bool) profile.VolumeType {
		return profile.VolumeType{ID: "id-" + name, Name: name, Description: description, Default: standard}
	}
	shared := func(name string) profile.VolumeType {
		return profile.VolumeType{ID: "id-" + name, Name: name, Specs: map[string]string{"multiattach": "<is> True"}}
	}
	for _, c := range []struct {
		name   string
		from   profile.VolumeType
		on     []profile.VolumeType
		want   string
		rule   string
		effect resource.Effect
		args   string
	}{
		{name: "same name", from: kind("ssd", "", false), on: []profile.VolumeType{kind("ssd", "", false), kind("hdd", "", true)}, want: "ssd", rule: "same-name", effect: resource.Same},
		{name: "same name, promises less", from: kind("luks", "[scs:encrypted] safe", false), on: []profile.VolumeType{kind("luks", "", false), kind("safe", "[scs:encrypted, replicated]", true)}, want: "safe", rule: "by-aspect", effect: resource.Adapted, args: "encrypted"},
		{name: "the aspects and no more", from: kind("luks", "[scs:encrypted]", false), on: []profile.VolumeType{kind("both", "[scs:encrypted, replicated]", true), kind("enc", "[scs:encrypted]", false)}, want: "enc", rule: "by-aspect", effect: resource.Adapted},
		{name: "aspects nobody has", from: kind("luks", "[scs:encrypted]", false), on: []profile.VolumeType{kind("standard", "", true)}, want: "standard", rule: "encryption-lost", effect: resource.Degraded, args: "encrypted"},
		{name: "a name that sounds like it", from: kind("LUKS", "", false), on: []profile.VolumeType{kind("ssd-luks", "", false), kind("standard", "", true)}, want: "ssd-luks", rule: "by-aspect", effect: resource.Adapted},
		{name: "several servers", from: shared("multi"), on: []profile.VolumeType{kind("standard", "", true)}, want: "standard", rule: "multiattach-lost", effect: resource.Degraded, args: "multiattach"},
		{name: "the default", from: kind("ssd", "fast", false), on: []profile.VolumeType{kind("premium", "", false), kind("standard", "", true)}, want: "standard", rule: "default", effect: resource.Degraded},
		{name: "default for default", from: kind("__DEFAULT__", "", true), on: []profile.VolumeType{kind("standard", "", true)}, want: "standard", rule: "default", effect: resource.Same},
		{name: "a default that promises more", from: kind("ssd", "[scs:replicated]", true), on: []profile.VolumeType{kind("standard", "", true)}, want: "standard", rule: "default", effect: resource.Adapted, args: "replicated"},
		{name: "Cinder's own", from: kind("ssd", "", false), on: []profile.VolumeType{kind("__DEFAULT__", "", false), kind("hdd", "", false)}, want: "__DEFAULT__", rule: "default", effect: resource.Degraded},
		{name: "none", from: kind("ssd", "", false), on: []profile.VolumeType{kind("hdd", "", false)}, rule: "absent", effect: resource.Lost},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := given(profile.Catalogue{VolumeTypes: []profile.VolumeType{c.from}}, false)
			p := build(t, resource.NewSet(schemas(), g, own(volume, "v", specs{"volume_type": g.Ref, "size": int64(1)})), profile.Catalogue{Cloud: "there", VolumeTypes: c.on})
			check(t, p, g.Ref, "volume-type/"+c.rule, c.effect, c.want, c.args)
		})
	}
}

// What is of one name with the project's own, or with another, has a key of
// its own; what is absent is tried by its name.
func TestKeysOfGiven(t *testing.T) {
	deb, ubu := named(image, "Debian 12"), named(image, "Ubuntu 24.04")
	set := resource.NewSet(schemas(), deb, ubu, own(network, "ext01", specs{}), named(network, "public"), named(flavor, "huge"),
		own(image, "debian-12-generic", specs{"disk_format": "raw"}),
		own(router, "r", specs{"external_gateway_info": specs{"network": ref(network, "public")}}),
		own(volume, "v", specs{"image": deb.Ref}), own(volume, "w", specs{"image": ubu.Ref}),
		own(server, "s", specs{"flavor": ref(flavor, "huge"), "image": deb.Ref}))
	c := beta()
	twin := c.Images[0]
	twin.ID, twin.Created = "b-ubu-new", "2026-01-01T00:00:00Z"
	c.Images = append(c.Images, twin)
	p := build(t, set, c)
	if err := p.Set.Check(); err != nil {
		t.Error(err)
	}
	for r, id := range map[resource.Ref]string{ref(network, "ext01-2"): "b-ext", ref(image, "debian-12-generic-2"): "b-deb", ref(image, string(ubu.Key)): "b-ubu-new", ref(flavor, "huge"): "huge"} {
		if g := p.Set.Get(r); g == nil || g.ID != id || g.Tenure != resource.Given {
			t.Errorf("%s is %+v, want the id %s", r, g, id)
		}
	}
}

func TestRules(t *testing.T) {
	set := func() *resource.Set {
		return resource.NewSet(schemas(), named(flavor, "SCS-1V-2"), named(image, "Debian 12"), own(volume, "boot", specs{"size": int64(1), "metadata": specs{"site": "A"}}),
			own(server, "s", specs{"flavor": ref(flavor, "SCS-1V-2"), rootDevices: []resource.Value{specs{"volume_id": ref(volume, "boot")}}, "metadata": specs{"site": "A"}, "availability_zone": "nova"}))
	}
	rule := func(to, path string, when, replace resource.Value) Rule {
		return Rule{To: to, Type: server, Path: resource.Path(path), When: when, Replace: replace}
	}
	flavorRef := ref(flavor, "SCS-1V-2")
	check(t, build(t, set(), beta(), rule("", "flavor", "SCS-1V-2", "m1.small")), flavorRef, "flavor/by-rule", resource.Adapted, "m1.small", "")
	check(t, build(t, set(), beta(), rule("beta", "flavor", nil, "flavor-m1.medium")), flavorRef, "flavor/by-rule", resource.Adapted, "m1.medium", "")
	check(t, build(t, set(), beta(), rule("alpha", "flavor", nil, "m1.medium")), flavorRef, "flavor/nearest", resource.Adapted, "SCS-2V-4", "")
	check(t, build(t, set(), beta(), rule("", "flavor", "SCS-4V-8", "m1.medium")), flavorRef, "flavor/nearest", resource.Adapted, "SCS-2V-4", "")
	check(t, build(t, set(), beta(), rule("", "flavor", nil, "not there")), flavorRef, "flavor/nearest", resource.Adapted, "SCS-2V-4", "")
	check(t, build(t, set(), beta(), rule("", "flavor", nil, "m1.small"), rule("", "flavor", nil, "m1.medium")), flavorRef, "flavor/by-rule", resource.Adapted, "m1.small", "")

	p := build(t, set(), beta(), rule("", "metadata.*", "A", "B"), rule("", "availability_zone", nil, nil))
	s := p.Set.Get(ref(server, "s"))
	if site, _ := resource.Lookup(s.Spec, "metadata.site"); site != "B" {
		t.Errorf("the site is %v", site)
	}
	if _, ok := s.Spec["availability_zone"]; ok || len(decided(p, "property/by-rule")) != 2 {
		t.Errorf("the server is %v, decided is %v", s.Spec, p.Mapping.Decisions)
	}
	if _, err := Build(set(), target(beta()), Options{Cloud: "beta", Rules: []Rule{rule("beta", "flavor", nil, "not there")}}); err == nil || !strings.Contains(err.Error(), "rule 1") {
		t.Errorf("error is %v", err)
	}
}

// A floating address is the provider's: another network cannot give it, and of
// the very same one, which two projects of one cloud share, any will do.
func TestFloatingAddress(t *testing.T) {
	public := profile.Network{ID: "p", Name: "public", External: true}
	for _, c := range []struct {
		name, rule string
		source     *profile.Catalogue
		target     profile.Network
		effect     resource.Effect
	}{
		{"the same network", "address/same-network", &profile.Catalogue{Networks: []profile.Network{public}}, public, resource.Same},
		{"another one of that name", "address/not-kept", &profile.Catalogue{Networks: []profile.Network{public}}, profile.Network{ID: "q", Name: "public", External: true}, resource.Adapted},
		{"the same id by chance", "address/not-kept", &profile.Catalogue{Networks: []profile.Network{{ID: "p", Name: "intra", Shared: true}, {ID: "o", Name: "public", External: true}}}, public, resource.Adapted},
		{"nobody knows the source", "address/not-kept", nil, public, resource.Adapted},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := given(profile.Catalogue{Networks: []profile.Network{public}}, false)
			g.ID = "" // a bundle does not tell it
			ip := own(floatingIP, "ip", specs{"floating_network": g.Ref, "floating_ip_address": "203.0.113.9"})
			ip.State = resource.Ready // it was read
			p, err := Build(resource.NewSet(schemas(), g, ip), target(profile.Catalogue{Cloud: "there", Networks: []profile.Network{c.target}}), Options{Drill: "d1", Cloud: "there", Source: c.source})
			if err != nil {
				t.Fatal(err)
			}
			ds := slices.DeleteFunc(p.Mapping.Of(ip.Ref), func(d resource.Decision) bool { return d.Path != "floating_ip_address" })
			if len(ds) != 1 || ds[0].Rule != c.rule || ds[0].Effect != c.effect || ds[0].To != nil {
				t.Errorf("got %+v, want %s, %s", ds, c.rule, c.effect)
			}
		})
	}
}
