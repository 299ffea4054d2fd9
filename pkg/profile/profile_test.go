package profile_test

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/wechsel-project/wechsel/fixtures"
	"github.com/wechsel-project/wechsel/pkg/profile"
)

func clouds(t testing.TB) fs.FS {
	t.Helper()
	sub, err := fs.Sub(fixtures.FS, "clouds")
	if err != nil {
		t.Fatal(err)
	}
	return sub
}

func TestCarriedProfiles(t *testing.T) {
	names, err := profile.Names(clouds(t))
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(names, " "); got != "alster elbe gardener-calico gardener-cilium isar plain real-a real-b scs-reference stacks-hetzner stacks-openstack t8s" {
		t.Errorf("profiles: %s", got)
	}
	for _, name := range names {
		p, err := profile.Load(clouds(t), name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if d := p.Behaviour.Durations; p.OpenStack() && (d.ServerBuild.Min == 0 || d.ServerBuild.Max > 300*time.Millisecond) {
			t.Errorf("%s builds a server in %v", name, d.ServerBuild)
		}
		if p.Name != name {
			t.Errorf("%s: is called %s", name, p.Name)
		}
	}
}

func TestLoadUnknown(t *testing.T) {
	if _, err := profile.Load(clouds(t), "moldau"); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "alster") {
		t.Errorf("got %v", err)
	}
}

// The certificate's mandatory flavors: name, vCPUs, MiB, GB of disk.
func TestReferenceMeetsTheMandatoryLists(t *testing.T) {
	for _, name := range []string{"scs-reference", "alster", "isar"} {
		p, err := profile.Load(clouds(t), name)
		if err != nil {
			t.Fatal(err)
		}
		have := map[string]profile.Flavor{}
		for _, f := range p.Flavors {
			have[f.Name] = f
		}
		for _, want := range []profile.Flavor{
			{Name: "SCS-1V-4", VCPUs: 1, RAM: 4096}, {Name: "SCS-2V-8", VCPUs: 2, RAM: 8192}, {Name: "SCS-4V-16", VCPUs: 4, RAM: 16384},
			{Name: "SCS-8V-32", VCPUs: 8, RAM: 32768}, {Name: "SCS-1V-2", VCPUs: 1, RAM: 2048}, {Name: "SCS-2V-4", VCPUs: 2, RAM: 4096},
			{Name: "SCS-4V-8", VCPUs: 4, RAM: 8192}, {Name: "SCS-8V-16", VCPUs: 8, RAM: 16384}, {Name: "SCS-16V-32", VCPUs: 16, RAM: 32768},
			{Name: "SCS-1V-8", VCPUs: 1, RAM: 8192}, {Name: "SCS-2V-16", VCPUs: 2, RAM: 16384}, {Name: "SCS-4V-32", VCPUs: 4, RAM: 32768},
			{Name: "SCS-1L-1", VCPUs: 1, RAM: 1024}, {Name: "SCS-2V-4-20s", VCPUs: 2, RAM: 4096, Disk: 20},
			{Name: "SCS-4V-16-100s", VCPUs: 4, RAM: 16384, Disk: 100},
		} {
			got := have[want.Name]
			if got.VCPUs != want.VCPUs || got.RAM != want.RAM || got.Disk != want.Disk || got.Specs["scs:name-v2"] != want.Name {
				t.Errorf("%s: %s is %+v", name, want.Name, got)
			}
		}
		if !hasImage(p, "Ubuntu 24.04") {
			t.Errorf("%s has no image Ubuntu 24.04", name)
		}
	}
}

// hasImage also checks the properties that scs-0102 demands of every public one.
func hasImage(p *profile.Profile, name string) bool {
	found := false
	for _, im := range p.Images {
		found = found || im.Name == name
		for _, k := range []string{"architecture", "hw_disk_bus", "os_distro", "os_version", "image_build_date", "image_original_user", "image_source",
			"image_description", "replace_frequency", "provided_until", "uuid_validity"} {
			if im.Properties[k] == "" {
				return false
			}
		}
	}
	return found
}

func TestAllErrorsAtOnceWithTheirPlaces(t *testing.T) {
	data, err := os.ReadFile("testdata/bad.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, err = profile.Parse("bad.yaml", data)
	want := []string{
		"bad.yaml:3:1: colour is not known here; known are",
		`bad.yaml:5:18: a text (put it in quotes) is wanted here, not 2.1`,
		"bad.yaml:7:20: a whole number is wanted here, not many",
		"bad.yaml:8:12: ram is there twice",
		`bad.yaml:11:18: "soon" is no duration`,
		"bad.yaml:12:12: a mapping is wanted here, not a list",
	}
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != len(want) {
		t.Fatalf("got %d errors:\n%v", len(lines), err)
	}
	for i, w := range want {
		if !strings.HasPrefix(lines[i], w) {
			t.Errorf("got  %s\nwant %s", lines[i], w)
		}
	}
	var one *profile.Error
	if !errors.As(err, &one) || one.Line != 3 {
		t.Errorf("no position in %v", err)
	}
}

func TestValidate(t *testing.T) {
	good, err := fs.ReadFile(clouds(t), "real-b.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, new, want string }{
		{"region: region-b", "region: ''", "region: is missing"},
		{"default: true}\n  - {name: premium", "}\n  - {name: premium", "exactly one must be the default, not 0"},
		{"name: premium,", "name: standard,", `"standard" is there twice`},
		{"198.51.100.150", "192.168.0.9", `"192.168.0.9" is no address in 198.51.100.0/24`},
		{"198.51.100.0/24", "198.51.100.1/24", "is no network"},
		{"compute.cores: 8", "block-storage.volumes_gold: 8", `there is no volume type "gold"`},
		{"compute.cores: 8", "compute.corse: 8", "compute.corse is no quota that is known"},
		{"type: vxlan", "type: token-ring", `"token-ring" is none of geneve, vxlan, vlan`},
		{`max: "2.79"`, `max: "two"`, `"two" is no version`},
		{"  network: {}\n", "", "services: has no network"},
		{"diskFormat: raw", "diskFormat: vmdk", `"vmdk" is none of raw, qcow2`},
		{"name: m1.small, vcpus: 1", "name: m1.tiny, vcpus: 0", "a flavor needs vcpus"},
		{"hosts: 1", "faults: [{kind: planet}]\n  hosts: 1", `"planet" is none of server`},
		{"hosts: 1", "faults: [{status: 700, path: /servers}]\n  hosts: 1", "700 is no error"},
		{"host: {vcpus: 128, ram: 524288, disk: 20480}", "host: {vcpus: 4, ram: 512, disk: 10}", "behaviour.host: a host needs vcpus, disk and more ram than the 512 MiB"},
		{"host: {vcpus: 128, ram: 524288, disk: 20480}", "host: {ram: 4096, disk: 10}", "a host needs vcpus"},
		{"host: {vcpus: 128, ram: 524288, disk: 20480}", "host: {cpuAllocationRatio: 2}", "a host needs vcpus"},
		{"host: {vcpus: 128, ram: 524288, disk: 20480}", "host: {vcpus: 4, ram: 4096, disk: 10, ramAllocationRatio: 0}", `"0" is no ratio: a number above 0 is wanted, such as 1.5`},
		{"host: {vcpus: 128, ram: 524288, disk: 20480}", "host: {vcpus: 4, ram: 4096, disk: 10, ramAllocationRatio: many}", `"many" is no ratio`},
		{"host: {vcpus: 128, ram: 524288, disk: 20480}", "host: {vcpus: 4, memory: 4096}", "memory is not known here; known are cpuAllocationRatio"},
		{"hosts: 1", "hosts: 1\n  imageSizeCap: -1", "behaviour.imageSizeCap: -1 bytes: it must be above 0"},
		{"hosts: 1", "hosts: 1\n  userStorageQuota: 1GB", "a whole number is wanted here, not 1GB"},
		{"hosts: 1", "faults: [{message: x}]\n  hosts: 1", "a fault strikes either requests"},
	} {
		text := strings.Replace(string(good), c.old, c.new, 1)
		if text == string(good) {
			t.Errorf("%q is not in the file", c.old)
		}
		_, err := profile.Parse("x.yaml", []byte(text))
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "x.yaml:") {
			t.Errorf("%s: got %v, want %s", c.new, err, c.want)
		}
	}
}

func TestSpan(t *testing.T) {
	var s profile.Span
	if err := s.UnmarshalText([]byte("100ms-300ms")); err != nil {
		t.Fatal(err)
	}
	if got := s.Pick(0.5); got != 200*time.Millisecond {
		t.Errorf("half of it is %v", got)
	}
	if text, _ := s.MarshalText(); string(text) != "100ms-300ms" {
		t.Errorf("written %s", text)
	}
	for _, bad := range []string{"", "5", "3s-1s", "-1s"} {
		if s.UnmarshalText([]byte(bad)) == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range []string{"real-b.yaml", "isar.yaml"} {
		data, err := fs.ReadFile(clouds(f), name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte("name: &x {a: *x}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := profile.Parse("x.yaml", data)
		if (p == nil) == (err == nil) {
			t.Errorf("profile %v, error %v", p, err)
		}
	})
}
