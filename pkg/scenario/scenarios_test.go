package scenario_test

import (
	"testing"

	"github.com/wechsel-project/wechsel/pkg/resource"
	"github.com/wechsel-project/wechsel/pkg/scenario"
	"github.com/wechsel-project/wechsel/scenarios"
)

// TestQuota holds each scenario to the least quota that it shall fit into once
// its flavors are mapped to the nearest ones that are not smaller, with one
// volume to spare for reading the bytes back.
func TestQuota(t *testing.T) {
	sizes := map[string][2]int64{"SCS-1V-2": {1, 2048}, "SCS-2V-4": {2, 4096}, "SCS-2V-4-20": {2, 4096}, "SCS-2V-4-20s": {2, 4096}}
	for _, name := range []string{"tiny", "web-shop", "unnamed", "agency-portal", "dual-stack", "file-service", "vm-zoo", "two-layers"} {
		s, err := scenario.Load(scenarios.FS(), name, scenario.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Set.Check(); err != nil {
			t.Error(err)
		}
		if s.Name != name || s.Title["en"] == "" || s.Title["de"] == "" || len(s.Notes) > 0 {
			t.Errorf("%s: name %q, title %v, notes %v", name, s.Name, s.Title, s.Notes)
		}
		use := map[string]int64{}
		for r := range s.Set.All() {
			switch {
			case r.Type == "OS::Nova::Server":
				size := sizes[s.Set.Get(r.Spec["flavor"].(resource.Ref)).Name]
				use["servers"]++
				use["cores"] += size[0]
				use["ram"] += size[1]
			case r.Type == "OS::Cinder::Volume":
				use["volumes"]++
				use["gigabytes"] += r.Spec["size"].(int64)
			}
		}
		for what, limit := range map[string]int64{"servers": 4, "cores": 8, "ram": 16384, "volumes": 4, "gigabytes": 50} {
			if many := map[string]int64{"file-service": 8, "vm-zoo": 7}[name]; what == "volumes" && many > 0 {
				limit = many // that is what they are for
			}
			if use[what] > limit {
				t.Errorf("%s needs %d %s of %d", name, use[what], what, limit)
			}
		}
	}
}

// TestClusters: the scenarios that are for clusters, with their texts.
func TestClusters(t *testing.T) {
	for _, name := range []string{"hello", "registry", "collaboration-suite", "operator", "version-skew", "every-kind"} {
		s, err := scenario.Load(scenarios.FS(), name, scenario.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if s.Name != name || s.Title["en"] == "" || s.Title["de"] == "" || s.Description["de"] == "" || s.From == "" || s.To == "" {
			t.Errorf("%s: name %q, title %v", name, s.Name, s.Title)
		}
		if s.Template != nil || s.Set.Len() > 0 || len(s.Kubernetes) == 0 {
			t.Errorf("%s: template %q, %d resources, %d sources", name, s.Template, s.Set.Len(), len(s.Kubernetes))
		}
	}
}

// TestWebShop: the one that has a part for each layer, which do not need each other.
func TestWebShop(t *testing.T) {
	s, err := scenario.Load(scenarios.FS(), "web-shop", scenario.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if s.Set.Len() == 0 || len(s.Kubernetes) != 1 || len(s.Kubernetes[0].Files) != 6 || s.Description["de"] == "" {
		t.Errorf("%d resources, %d sources", s.Set.Len(), len(s.Kubernetes))
	}
}
