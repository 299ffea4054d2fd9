package profile

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func offer() Catalogue {
	return Catalogue{
		Cloud: "a", Services: map[string]Service{"compute": {Min: "2.1", Max: "2.90"}, "image": {}}, Extensions: []string{"dns-integration"},
		Flavors: []Flavor{{ID: "1", Name: "SCS-2V-4", VCPUs: 2, RAM: 4096, Specs: map[string]string{"scs:cpu-type": "shared-core"}}},
		Zones:   map[string][]string{"compute": {"one", "two"}}, Quota: map[string]Quota{"compute.cores": {Limit: 20, Used: 3}}, MTU: 1442,
		DefaultGroup: Group{ID: "g", Rules: []Rule{{Direction: "egress", EtherType: "IPv4", RemoteGroup: "g"}}},
		Cluster: &Cluster{Version: "v1.36.3", Kinds: []Kind{{Group: "batch", Kind: "Job", Plural: "jobs", Versions: []string{"v1"}}},
			Given: []Offered{{Type: "storage.k8s.io/StorageClass", Name: "fast", Facts: map[string]any{"provisioner": "x"}}},
			Nodes: []Machine{{Labels: map[string]string{"zone": "one"}, Count: 3}}},
	}
}

func TestCompare(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Catalogue)
		want   []Difference
	}{
		"itself": {func(*Catalogue) {}, nil},
		"what says nothing": {func(c *Catalogue) {
			c.Cloud, c.Flavors[0].ID, c.Quota["compute.cores"], c.DefaultGroup = "b", "2", Quota{Limit: 20}, Group{ID: "h", Rules: []Rule{{Direction: "egress", EtherType: "IPv4", RemoteGroup: "h"}}}
		}, nil},
		"version": {func(c *Catalogue) { c.Services["compute"] = Service{Min: "2.1", Max: "2.79"} }, []Difference{{"services", "compute", "max", "2.90", "2.79"}}},
		"service": {func(c *Catalogue) { delete(c.Services, "image") }, []Difference{{"services", "image", "", map[string]any{}, nil}}},
		"extension": {func(c *Catalogue) { c.Extensions = []string{"qos"} }, []Difference{
			{"extensions", "dns-integration", "", true, nil}, {"extensions", "qos", "", nil, true}}},
		"flavor": {func(c *Catalogue) { c.Flavors[0].RAM, c.Flavors[0].Specs = 2048, nil }, []Difference{
			{"flavors", "SCS-2V-4", "ram", 4096.0, 2048.0}, {"flavors", "SCS-2V-4", "specs", map[string]any{"scs:cpu-type": "shared-core"}, nil}}},
		"two of one name": {func(c *Catalogue) { c.Flavors = append(c.Flavors, c.Flavors[0]) }, []Difference{
			{"flavors", "SCS-2V-4 (2)", "", nil, map[string]any{"vcpus": 2.0, "ram": 4096.0, "disk": 0.0, "specs": map[string]any{"scs:cpu-type": "shared-core"}}}}},
		"zones":      {func(c *Catalogue) { c.Zones["compute"] = []string{"one"} }, []Difference{{"zones", "compute", "", []any{"one", "two"}, []any{"one"}}}},
		"quota":      {func(c *Catalogue) { c.Quota["compute.cores"] = Quota{Limit: 10} }, []Difference{{"quota", "compute.cores", "limit", 20.0, 10.0}}},
		"mtu":        {func(c *Catalogue) { c.MTU = 1500 }, []Difference{{"mtu", "mtu", "", 1442.0, 1500.0}}},
		"kubernetes": {func(c *Catalogue) { c.Cluster.Version = "v1.33.1" }, []Difference{{"cluster.version", "version", "", "v1.36.3", "v1.33.1"}}},
		"kind":       {func(c *Catalogue) { c.Cluster.Kinds[0].Versions = []string{"v1beta1"} }, []Difference{{"cluster.kinds", "batch/Job", "versions", []any{"v1"}, []any{"v1beta1"}}}},
		"class": {func(c *Catalogue) { c.Cluster.Given[0].Facts = map[string]any{"provisioner": "y"} }, []Difference{
			{"cluster.given", "storage.k8s.io/StorageClass fast", "facts.provisioner", "x", "y"}}},
		"nodes": {func(c *Catalogue) { c.Cluster.Nodes[0].Count = 1 }, []Difference{{"cluster.nodes", `{"labels":{"zone":"one"}}`, "count", 3.0, 1.0}}},
	} {
		t.Run(name, func(t *testing.T) {
			b := offer()
			c.change(&b)
			got, alike := Compare(offer(), b)
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
			if c.want == nil && alike != 12 {
				t.Errorf("%d things are alike", alike)
			}
			mirrored, _ := Compare(b, offer())
			for i := range mirrored {
				mirrored[i].A, mirrored[i].B = mirrored[i].B, mirrored[i].A
			}
			if fmt.Sprint(mirrored) != fmt.Sprint(got) && name != "two of one name" {
				t.Errorf("the other way round: %v", mirrored)
			}
		})
	}
}
