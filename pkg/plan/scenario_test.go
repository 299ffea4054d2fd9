package plan

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wechsel-project/wechsel/pkg/cloud/openstack"
	"github.com/wechsel-project/wechsel/pkg/resource"
	"github.com/wechsel-project/wechsel/pkg/scenario"
	"github.com/wechsel-project/wechsel/scenarios"
)

// The scenarios that the binary carries fit the cloud that they are written
// for, and what is foretold for the other one is what is known to break.
func TestScenarios(t *testing.T) {
	for name, want := range map[string][]string{
		"tiny":     {"adapted image/by-properties", "degraded flavor/nearest", "degraded image/properties", "degraded local-disk/not-moved"},
		"web-shop": {"adapted address/not-kept", "adapted flavor/nearest", "adapted image/by-properties", "adapted network/external-name", "degraded flavor/nearest", "degraded image/properties", "degraded local-disk/not-moved"},
		"unnamed":  {"adapted default-group/copied", "adapted flavor/nearest", "adapted image/by-properties", "degraded flavor/nearest", "degraded image/properties", "degraded local-disk/not-moved"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := scenario.Load(scenarios.FS(), name, scenario.Options{Schemas: openstack.Schemas()})
			if err != nil {
				t.Fatal(err)
			}
			here := build(t, s.Set, alpha())
			for _, d := range here.Mapping.Decisions {
				if d.Effect != resource.Same {
					t.Errorf("on its own cloud %s %s is %s by %s", d.Ref, d.Path, d.Effect, d.Rule)
				}
			}
			var got []string
			for _, f := range slices.Concat(here.Forecast, build(t, asRead(s.Set, alpha()), beta()).Forecast) {
				got = append(got, string(f.Effect)+" "+f.Code)
			}
			slices.Sort(got)
			if diff := cmp.Diff(want, slices.Compact(got)); diff != "" {
				t.Error(diff)
			}
			checkOrder(t, here)
		})
	}
}

// checkOrder looks for what no reference shows.
func checkOrder(t *testing.T, p *Plan) {
	t.Helper()
	at := map[string]int{}
	for i, s := range p.Steps {
		at[s.ID] = i
	}
	for id, i := range at {
		for before, j := range at {
			isOther := strings.HasPrefix(id, "create:OS::Neutron::FloatingIP/") && strings.HasPrefix(before, "create:OS::Neutron::RouterInterface/") ||
				strings.HasPrefix(id, "create:OS::Nova::Server/") && strings.HasPrefix(before, "create:OS::Neutron::Subnet/")
			if isOther && j > i {
				t.Errorf("%s comes before %s", id, before)
			}
		}
	}
}
