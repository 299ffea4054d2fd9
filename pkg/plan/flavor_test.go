package plan

import (
	"slices"
	"strings"
	"testing"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// A flavorCase maps the flavor from, of which facts are known unless it is
// only a name, for one server.
type flavorCase struct {
	name   string
	from   profile.Flavor
	bare   bool // only the name is known
	volume bool // the server boots from a volume
	on     []profile.Flavor
	want   string // name of the target's; "": none
	rule   string
	effect resource.Effect
	args   string // a part of the arguments
}

func TestFlavor(t *testing.T) {
	small, medium, xlarge, tiny := flavorOf("m1.small", 1, 2048, 20), flavorOf("m1.medium", 2, 4096, 20), flavorOf("c4.xlarge", 4, 8192, 40), flavorOf("m1.tiny", 1, 512, 1)
	scs := func(name string) profile.Flavor {
		n, ok := parseFlavorName(name)
		if !ok {
			t.Fatalf("%s is no SCS name", name)
		}
		return flavorOf(name, n.cpus, n.ram, n.disk.size, "scs:name-v2", name)
	}
	all := func(names ...string) (out []profile.Flavor) {
		for _, n := range names {
			out = append(out, scs(n))
		}
		return out
	}
	renamed := func(f profile.Flavor, name string) profile.Flavor { f.ID, f.Name = "flavor-"+name, name; return f }
	gpu := flavorOf("gpu.1", 2, 4096, 20, "pci_passthrough:alias", "a100:1")
	for _, c := range []flavorCase{
		{name: "same name, same facts", from: scs("SCS-2V-4"), volume: true, on: all("SCS-2V-4", "SCS-2V-8"), want: "SCS-2V-4", rule: "same-name", effect: resource.Same},
		{name: "same name, only a name", from: small, bare: true, on: []profile.Flavor{small}, want: "m1.small", rule: "same-name", effect: resource.Same},
		{name: "same name, smaller", from: flavorOf("m1.small", 2, 2048, 20), on: []profile.Flavor{small, medium}, want: "m1.medium", rule: "other-meaning", effect: resource.Adapted, args: "+2048 MiB"},
		{name: "same name, larger", from: flavorOf("m1.small", 1, 1024, 20), on: []profile.Flavor{small, medium}, want: "m1.small", rule: "other-meaning", effect: resource.Adapted, args: "+1024 MiB"},
		{name: "old spelling", from: scs("SCS-2V-4"), volume: true, on: []profile.Flavor{renamed(scs("SCS-2V-4"), "SCS-2V:4")}, want: "SCS-2V:4", rule: "same-meaning", effect: resource.Same},
		{name: "name in the extra specs", from: scs("SCS-2V-4-20s"), on: []profile.Flavor{renamed(scs("SCS-2V-4-20s"), "std.2")}, want: "std.2", rule: "same-meaning", effect: resource.Same},
		{name: "only a name, by grammar", from: scs("SCS-1V-2"), bare: true, volume: true, on: []profile.Flavor{renamed(scs("SCS-1V-2"), "c1")}, want: "c1", rule: "same-meaning", effect: resource.Same},
		{name: "only a name, nearest", from: scs("SCS-1V-2"), bare: true, volume: true, on: beta().Flavors, want: "SCS-2V-4", rule: "nearest", effect: resource.Adapted, args: "+1 vCPU, +2048 MiB"},
		{name: "only a name that says nothing", from: medium, bare: true, on: all("SCS-2V-4"), rule: "absent", effect: resource.Lost},
		{name: "smallest vCPU first", from: scs("SCS-1V-4"), volume: true, on: all("SCS-2V-4", "SCS-1V-16"), want: "SCS-1V-16", rule: "nearest", effect: resource.Adapted, args: "+12288 MiB"},
		{name: "then RAM", from: scs("SCS-1V-4"), volume: true, on: all("SCS-2V-16", "SCS-2V-8"), want: "SCS-2V-8", rule: "nearest", effect: resource.Adapted},
		{name: "then disk", from: scs("SCS-2V-4-10"), on: all("SCS-2V-4-50", "SCS-2V-4-20"), want: "SCS-2V-4-20", rule: "nearest", effect: resource.Adapted, args: "+10 GB of disk"},
		{name: "never smaller", from: scs("SCS-8V-32"), volume: true, on: all("SCS-8V-16", "SCS-4V-64"), rule: "absent", effect: resource.Lost, args: "8 vCPU, 32768 MiB"},
		{name: "no weaker class", from: scs("SCS-2C-4"), volume: true, on: all("SCS-2V-4", "SCS-4T-8", "SCS-4C-8"), want: "SCS-4C-8", rule: "nearest", effect: resource.Adapted},
		{name: "a stronger class", from: scs("SCS-1L-1"), volume: true, on: all("SCS-1V-2"), want: "SCS-1V-2", rule: "nearest", effect: resource.Adapted},
		{name: "crowded core for shared", from: scs("SCS-1V-1"), volume: true, on: all("SCS-1L-1"), rule: "absent", effect: resource.Lost},
		{name: "an unknown class is worse", from: scs("SCS-1V-2"), volume: true, on: []profile.Flavor{small, scs("SCS-4V-8")}, want: "SCS-4V-8", rule: "nearest", effect: resource.Adapted},
		{name: "but better than none", from: scs("SCS-1V-2"), volume: true, on: []profile.Flavor{small}, want: "m1.small", rule: "nearest", effect: resource.Degraded, args: "cpu class"},
		{name: "an ordinary flavor wants no crowded core", from: tiny, volume: true, on: all("SCS-1L-1", "SCS-2V-4"), want: "SCS-2V-4", rule: "nearest", effect: resource.Adapted},
		{name: "mitigations", from: scs("SCS-2V-4"), volume: true, on: all("SCS-2Vi-4", "SCS-4V-8"), want: "SCS-4V-8", rule: "nearest", effect: resource.Adapted},
		{name: "no mitigations at all", from: scs("SCS-2V-4"), volume: true, on: all("SCS-2Vi-4"), want: "SCS-2Vi-4", rule: "nearest", effect: resource.Degraded, args: "mitigations"},
		{name: "oversubscribed memory", from: scs("SCS-2V-4"), volume: true, on: all("SCS-2V-4o"), want: "SCS-2V-4o", rule: "nearest", effect: resource.Degraded, args: "oversubscribed memory"},
		{name: "local SSD, faster", from: scs("SCS-2V-4-20s"), on: all("SCS-2V-4-20p", "SCS-2V-4-20h"), want: "SCS-2V-4-20p", rule: "nearest", effect: resource.Adapted},
		{name: "local SSD, only network", from: scs("SCS-2V-4-20s"), on: all("SCS-2V-4-20n"), want: "SCS-2V-4-20n", rule: "nearest", effect: resource.Degraded, args: "disk type"},
		{name: "network disk, only local", from: scs("SCS-2V-4-20n"), on: all("SCS-2V-4-20s"), want: "SCS-2V-4-20s", rule: "nearest", effect: resource.Degraded, args: "disk type"},
		{name: "no medium is network", from: scs("SCS-2V-4-20"), on: all("SCS-2V-4-20n"), want: "SCS-2V-4-20n", rule: "same-meaning", effect: resource.Same},
		{name: "no disk, a root volume", from: scs("SCS-2V-4-20"), on: all("SCS-2V-4"), want: "SCS-2V-4", rule: "nearest", effect: resource.Adapted, args: "-20 GB of disk"},
		{name: "a disk before a root volume", from: scs("SCS-2V-4-20"), on: all("SCS-2V-4", "SCS-4V-8-50"), want: "SCS-4V-8-50", rule: "nearest", effect: resource.Adapted},
		{name: "disk that nobody asked for", from: scs("SCS-2V-4"), volume: true, on: []profile.Flavor{scs("SCS-2V-4-20s")}, want: "SCS-2V-4-20s", rule: "nearest", effect: resource.Adapted, args: "+20 GB of disk"},
		{name: "another architecture", from: scs("SCS-2V-4_a2"), volume: true, on: all("SCS-2V-4", "SCS-4V-8_a3"), want: "SCS-4V-8_a3", rule: "nearest", effect: resource.Adapted},
		{name: "an older processor", from: scs("SCS-2V-4_z3"), volume: true, on: all("SCS-2V-4_z2"), want: "SCS-2V-4_z2", rule: "nearest", effect: resource.Degraded, args: "cpu generation"},
		{name: "a GPU", from: scs("SCS-4V-16_GNa-14-6"), volume: true, on: all("SCS-4V-16", "SCS-4V-16_GNa-10-6", "SCS-8V-32_GNa-14-12"), want: "SCS-8V-32_GNa-14-12", rule: "nearest", effect: resource.Adapted},
		{name: "no GPU for nothing", from: scs("SCS-4V-8"), volume: true, on: all("SCS-4V-16_GNa-14-6", "SCS-8V-32"), want: "SCS-8V-32", rule: "nearest", effect: resource.Adapted},
		{name: "a device of the provider's own", from: gpu, on: []profile.Flavor{medium, xlarge}, rule: "absent", effect: resource.Lost, args: "pci_passthrough:alias=a100:1"},
		{name: "InfiniBand", from: scs("SCS-4V-8_ib"), volume: true, on: all("SCS-4V-8"), rule: "absent", effect: resource.Lost},
		{name: "virtualisation inside", from: scs("SCS-4V-8_hwv"), volume: true, on: all("SCS-4V-8", "SCS-8V-16_kvm_hwv"), want: "SCS-8V-16_kvm_hwv", rule: "nearest", effect: resource.Adapted},
		{name: "bare metal", from: scs("SCS-4C-8_bms"), volume: true, on: all("SCS-4C-8"), rule: "absent", effect: resource.Lost},
		{name: "a flavor without a name to read", from: medium, on: []profile.Flavor{renamed(medium, "std.2")}, want: "std.2", rule: "nearest", effect: resource.Adapted, args: "same size"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := build(t, c.set(), profile.Catalogue{Cloud: "there", Flavors: c.on, Images: beta().Images})
			check(t, p, ref(flavor, string(resource.NewKey(c.from.Name))), "flavor/"+c.rule, c.effect, c.want, c.args)
		})
	}
}

func (c flavorCase) set() *resource.Set {
	f := cloud.Given(profile.Catalogue{Flavors: []profile.Flavor{c.from}})[0]
	if c.bare {
		f.Spec = nil
	}
	spec := specs{"flavor": f.Ref, "image": ref(image, "Debian-12")}
	if c.volume {
		spec = specs{"flavor": f.Ref, rootDevices: []resource.Value{specs{"boot_index": int64(0), "volume_id": ref(volume, "boot")}}}
	}
	return resource.NewSet(schemas(), f, named(image, "Debian 12"), own(volume, "boot", specs{"size": int64(1)}), own(server, "s", spec))
}

// check looks at the one decision about a Given resource, and at the forecast.
func check(t *testing.T, p *Plan, of resource.Ref, rule string, effect resource.Effect, want, args string) {
	t.Helper()
	ds := slices.DeleteFunc(p.Mapping.Of(of), func(d resource.Decision) bool { return d.Path != "" }) // about its facts
	if len(ds) != 1 {
		t.Fatalf("decisions about %s: %v", of, ds)
	}
	d := ds[0]
	name := ""
	if to, ok := d.To.(resource.Ref); ok {
		name = p.Set.Get(to).Name
		if p.Set.Get(to).ID == "" || d.ID != p.Set.Get(to).ID {
			t.Errorf("%s has the id %q, the decision %q", to, p.Set.Get(to).ID, d.ID)
		}
	}
	var said []string
	for k, v := range d.Args {
		said = append(said, k+": "+v)
	}
	if d.Rule != rule || d.Effect != effect || name != want || !strings.Contains(strings.Join(said, "; "), args) {
		t.Errorf("is %q by %s, %s, %v; want %q by %s, %s, %s", name, d.Rule, d.Effect, said, want, rule, effect, args)
	}
	foretold := false
	for _, s := range p.Forecast {
		foretold = foretold || s.Code == rule && s.Effect == effect && s.Source == resource.Value(of)
	}
	if foretold != (effect != resource.Same) {
		t.Errorf("%s is foretold: %v", rule, foretold)
	}
}

// The flavor must hold the image of each of its servers.
func TestFlavorHoldsImage(t *testing.T) {
	c := beta()
	c.Images = []profile.Image{imageOf("fat", "Debian 12", "os_distro", "debian", "os_version", "12")}
	c.Images[0].MinDisk, c.Images[0].MinRAM = 30, 4096
	c.Flavors = c.Flavors[:1]
	f := flavorOf("m1.small", 1, 2048, 20)
	p := build(t, flavorCase{from: f}.set(), c)
	check(t, p, ref(flavor, "m1-small"), "flavor/nearest", resource.Adapted, "SCS-2V-4", "")
	root := p.Set.Get(ref(volume, "s-root"))
	if root == nil || root.Spec["size"] != int64(30) {
		t.Errorf("the root volume is %v", root)
	}
}

func TestRootVolume(t *testing.T) {
	for _, c := range []struct {
		from   string
		disk   int64
		effect resource.Effect
	}{{"SCS-2V-4-20", 20, resource.Adapted}, {"SCS-2V-4-20s", 20, resource.Degraded}} {
		fc := flavorCase{from: flavorOf(c.from, 2, 4096, c.disk, "scs:name-v2", c.from)}
		target := beta()
		target.Flavors = target.Flavors[:1] // SCS-2V-4
		p := build(t, fc.set(), target)
		s := p.Set.Get(ref(server, "s"))
		device := rootDevice(s.Spec)
		if s.Spec["image"] != nil || device["image"] != resource.Value(ref(image, "debian-12-generic")) || device["volume_size"] != c.disk || device["delete_on_termination"] != true {
			t.Errorf("%s: the server is %v", c.from, s.Spec)
		}
		root := p.Set.Get(ref(volume, "s-root"))
		if root == nil || root.Tenure != resource.Implied || root.Parent != s.Ref || len(root.DerivedFrom) != 1 {
			t.Errorf("%s: the root volume is %+v", c.from, root)
		}
		for _, d := range decided(p, "root-volume/added") {
			if d.Path != rootDevices+"[0].volume_id" && d.Effect != c.effect {
				t.Errorf("%s: %s is %s", c.from, d.Path, d.Effect)
			}
		}
		if p.Needs["block-storage.volumes"] != 2 || p.Needs["block-storage.gigabytes"] != c.disk+1 {
			t.Errorf("%s: needs are %v", c.from, p.Needs)
		}
	}
}
