package drill

import (
	"maps"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"github.com/wechsel-project/wechsel/pkg/cloud/openstack"
	"github.com/wechsel-project/wechsel/pkg/plan"
	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/scenario"
)

// A shown is a difference between two clouds that are otherwise the same, and
// the kinds of gaps that a workload shows because of it.
type shown struct {
	row      int // of the taxonomy, see taxonomy
	what     string
	workload string                   // resources of a HOT template
	from, to func(p *profile.Profile) // how they differ from scs-reference
	before   func(*testing.T, *world) // what the administrators do before
	rules    string                   // of the scenario's mapping
	want     []string                 // kinds of gaps, sorted; nothing else is found
	unfit    []string                 // kinds of what the source itself refuses
	facts    []string                 // of every exit, which must be among what is found
}

// Workloads, as resources of a HOT template.
const (
	onlyNet = `
  net: {type: OS::Neutron::Net, properties: {name: n}}
  sub: {type: OS::Neutron::Subnet, properties: {name: s, network: {get_resource: net}, cidr: 10.9.0.0/24}}
`
	localServer = onlyNet + `
  server:
    type: OS::Nova::Server
    depends_on: sub
    properties: {name: s, flavor: SCS-2V-4-20s, image: Ubuntu 24.04, networks: [{network: {get_resource: net}}]}
`
	bootServer = onlyNet + `
  server:
    type: OS::Nova::Server
    depends_on: sub
    properties:
      name: s
      flavor: SCS-1V-2
      block_device_mapping_v2: [{boot_index: 0, image: Ubuntu 24.04, volume_size: 8, delete_on_termination: true}]
      networks: [{network: {get_resource: net}}]
`
	aVolumeWithBytes = aVolume
	aVolume          = `
  volume: {type: OS::Cinder::Volume, properties: {name: v, size: 1}}
`
	aPort = onlyNet + `
  port: {type: OS::Neutron::Port, properties: {name: p, network: {get_resource: net}, fixed_ips: [{subnet: {get_resource: sub}, ip_address: 10.9.0.9}]%s}}
`
	toOutside = onlyNet + `
  router: {type: OS::Neutron::Router, properties: {name: r, external_gateway_info: {network: public}}}
  uplink: {type: OS::Neutron::RouterInterface, properties: {router: {get_resource: router}, subnet: {get_resource: sub}}}
`
)

func (s shown) run(t *testing.T) {
	w := differentWorld(t, s.from, s.to)
	if s.before != nil {
		s.before(t, w)
	}
	o := w.options(t, "tiny")
	loaded, rules := s.load(t)
	o.Workload, o.UserData, o.Rules = loaded.Set, loaded.UserData, rules
	r := run(t, o)
	var got, unfit, facts []string
	for _, g := range classify(t, r.Signals) {
		if ofEveryExit(g) {
			facts = append(facts, g.Kind)
		} else {
			got = append(got, g.Kind)
		}
	}
	for _, g := range classify(t, r.Unfit) {
		unfit = append(unfit, g.Kind)
	}
	slices.Sort(got)
	slices.Sort(unfit)
	for _, fact := range s.facts {
		if !slices.Contains(facts, fact) {
			t.Errorf("%s is not found", fact)
		}
	}
	if !slices.Equal(got, s.want) || !slices.Equal(unfit, s.unfit) {
		t.Errorf("got  %q, unfit %q\nwant %q, unfit %q", got, unfit, s.want, s.unfit)
		for _, g := range slices.Concat(classify(t, r.Signals), classify(t, r.Unfit)) {
			t.Logf("%s %s at %s of %v: %v → %v seen %v: %s; %v", g.Severity, g.Kind, g.Path, g.Resources, g.Source, g.Target, g.Seen, g.Cause, g.Evidence)
		}
	}
}

// load reads the workload as a scenario of its own.
func (s shown) load(t *testing.T) (*scenario.Scenario, []plan.Rule) {
	t.Helper()
	file := "apiVersion: wechsel/v1\nkind: Scenario\nmetadata: {name: shown, title: {en: Shown}}\nspec:\n  openstack: {template: t.yaml}\n" + s.rules
	loaded, err := scenario.Load(fstest.MapFS{
		"shown/scenario.yaml": {Data: []byte(file)},
		"shown/t.yaml":        {Data: []byte("heat_template_version: 2021-04-16\nresources:\n" + s.workload)},
	}, "shown", scenario.Options{Schemas: openstack.Schemas()})
	if err != nil {
		t.Fatal(err)
	}
	var rules []plan.Rule
	for _, r := range loaded.Rules {
		rules = append(rules, plan.Rule(r))
	}
	return loaded, rules
}

// differentWorld is two clouds like scs-reference, changed.
func differentWorld(t *testing.T, from, to func(*profile.Profile)) *world {
	t.Helper()
	w := &world{clock: &clock{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}}
	w.tick = w.clock.ticks(t)
	w.from, w.to = startProfile(t, reference(t, "from", from), 7, w.clock), startProfile(t, reference(t, "to", to), 8, w.clock)
	return w
}

func reference(t *testing.T, name string, change func(*profile.Profile)) *profile.Profile {
	t.Helper()
	p := carriedProfile(t, "scs-reference")
	p.Name, p.Quota = name, maps.Clone(p.Quota)
	if change != nil {
		change(p)
	}
	return p
}

func TestEveryKindOfGapIsShownAndNothingElse(t *testing.T) {
	for _, s := range allShown() {
		t.Run(s.what, s.run)
	}
}

func allShown() []shown {
	return slices.Concat(computeGaps(), networkGaps(), imageGaps(), storageGaps(), otherGaps())
}
