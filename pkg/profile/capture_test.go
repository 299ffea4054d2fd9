package profile

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// tenant is what a tenant sees of a cloud that has a bit of everything.
func tenant() Catalogue {
	c := offer()
	c.Region, c.Cluster = "one", nil
	for _, s := range serviceTypes {
		c.Services[s] = Service{}
	}
	c.Services["compute"] = Service{Min: "2.1", Max: "2.90"}
	c.Images = []Image{{ID: "i", Name: "Debian 13", Status: "active", Visibility: "public", Size: 5 << 20, VirtualSize: 6 << 20, MinDisk: 3, DiskFormat: "qcow2",
		ContainerFormat: "bare", HashAlgorithm: "sha256", Hash: "00", Owner: "p", Created: "2026-01-01T00:00:00Z", Properties: map[string]string{"os_distro": "debian"}}}
	c.VolumeTypes = []VolumeType{{ID: "v", Name: "ssd"}}
	c.Networks = []Network{{ID: "n", Name: "public", External: true, MTU: 1500, Ranges: 2}}
	return c
}

// What was captured is a profile that offers the same.
func TestCapture(t *testing.T) {
	p, _ := Capture("mine", tenant())
	data, err := p.YAML("a comment")
	if err != nil {
		t.Fatal(err)
	}
	got, err := Parse("mine.yaml", data)
	if err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	if d := cmp.Diff(p, got, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }), cmpopts.EquateEmpty()); d != "" {
		t.Errorf("-captured +read:\n%s", d)
	}
	if im := got.Images[0]; im.Content.Size != 6<<20 || got.Behaviour.HashAlgorithm != "sha256" || im.MinDisk != 3 || im.Properties["os_distro"] != "debian" {
		t.Errorf("the image is %+v", im)
	}
	if n := got.Networks[0]; len(n.Subnets) != 2 || n.Subnets[1].IPVersion != 6 {
		t.Errorf("the network is %+v", n)
	}
	if !got.Behaviour.Network.DefaultRules[0].SameGroup || got.Quota["compute.cores"] != 20 || got.Behaviour.Network.MTU != 1442 {
		t.Errorf("behaviour is %+v", got.Behaviour)
	}
	if !strings.HasPrefix(string(data), "# a comment\n") || strings.Contains(string(data), "\n  - id:") {
		t.Errorf("the file is\n%s", data)
	}
}

// What cannot be captured is told.
func TestCaptureTellsWhatItGuesses(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Catalogue)
		want   string
	}{
		"service":    {func(c *Catalogue) { c.Services["object-store"] = Service{} }, "object-store is not simulated"},
		"image":      {func(c *Catalogue) { c.Images[0].DiskFormat = "iso" }, "the image Debian 13 is left out: its format is iso in bare"},
		"flavor":     {func(c *Catalogue) { c.Flavors = append(c.Flavors, c.Flavors[0]) }, "a second flavor SCS-2V-4 is left out"},
		"type":       {func(*Catalogue) {}, "nothing tells the default volume type: ssd"},
		"subnets":    {func(*Catalogue) {}, "the subnets of public are hidden: it has those for documentation"},
		"quota":      {func(c *Catalogue) { c.Quota["network.trunk"] = Quota{} }, "the quota network.trunk is not simulated"},
		"MTU":        {func(c *Catalogue) { c.MTU = 0 }, "nothing tells the MTU of tenants' networks: 1442, that of Geneve"},
		"QoS":        {func(c *Catalogue) { c.QoSPolicies = []QoSPolicy{{Name: "gold"}} }, "1 QoS policies are left out: what they promise only their owner reads"},
		"Kubernetes": {func(c *Catalogue) { c.Cluster = offer().Cluster }, "which access modes x gives is not told: ReadWriteOnce, ReadWriteOncePod"},
	} {
		t.Run(name, func(t *testing.T) {
			offer := tenant()
			c.change(&offer)
			capturedWith(t, offer, c.want)
		})
	}
}

// capturedWith captures the offer, of which that is guessed, as a profile that can
// be read again.
func capturedWith(t *testing.T, offer Catalogue, guess string) {
	t.Helper()
	p, guessed := Capture("mine", offer)
	if !slices.Contains(guessed, guess) {
		t.Errorf("guessed is\n%s", strings.Join(guessed, "\n"))
	}
	data, err := p.YAML()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Parse("mine.yaml", data); err != nil {
		t.Error(err)
	}
}
