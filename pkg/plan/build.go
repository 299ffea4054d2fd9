package plan

import (
	"fmt"
	"slices"

	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// The types of which a plan must know more than their schemas say.
const (
	server     resource.Type = "OS::Nova::Server"
	flavor     resource.Type = "OS::Nova::Flavor"
	keyPair    resource.Type = "OS::Nova::KeyPair"
	group      resource.Type = "OS::Nova::ServerGroup"
	network    resource.Type = "OS::Neutron::Net"
	subnet     resource.Type = "OS::Neutron::Subnet"
	router     resource.Type = "OS::Neutron::Router"
	iface      resource.Type = "OS::Neutron::RouterInterface"
	extraRoute resource.Type = "OS::Neutron::ExtraRoute"
	port       resource.Type = "OS::Neutron::Port"
	floatingIP resource.Type = "OS::Neutron::FloatingIP"
	secGroup   resource.Type = "OS::Neutron::SecurityGroup"
	secRule    resource.Type = "OS::Neutron::SecurityGroupRule"
	volume     resource.Type = "OS::Cinder::Volume"
	volumeType resource.Type = "OS::Cinder::VolumeType"
	attachment resource.Type = "OS::Cinder::VolumeAttachment"
	snapshot   resource.Type = "OS::Cinder::Snapshot"
	image      resource.Type = "OS::Glance::Image"
	qosPolicy  resource.Type = "OS::Neutron::QoSPolicy"
)

// A Target is the cloud on which a Set shall be made.
type Target struct {
	Catalogue profile.Catalogue
	Given     []*resource.Resource // of the catalogue, with ID and facts: cloud.Given(Catalogue)
	Existing  []*resource.Resource // what the project has itself and the workload names, under the key it has there, with ID, as Given
}

// Options of a plan.
type Options struct {
	Drill string // its id, for the mark on what is created
	Cloud string // the target's name, as rules and reports name it
	Rules []Rule // the user's, tried in order before the built-in matching

	// Source is what the cloud that is left offers; nil: not known. What the
	// source does not have either is not lost.
	Source *profile.Catalogue
}

// Build plans how set is made on target. It changes neither. What cannot be
// made is no error but a decision and a forecast; errors are a set whose
// references lead nowhere or in a circle, and a rule that names what the
// target does not have.
func Build(set *resource.Set, target Target, opts Options) (*Plan, error) {
	if err := set.Check(); err != nil {
		return nil, fmt.Errorf("plan for %s: %w", opts.Cloud, err)
	}
	p, err := newBuilder(set, target, opts).build()
	if err != nil {
		return nil, fmt.Errorf("plan for %s: %w", opts.Cloud, err)
	}
	if tooMuch(p) == 0 {
		return p, nil
	}
	frugal := newBuilder(set, target, opts)
	frugal.frugal = true
	if q, err := frugal.build(); err == nil && tooMuch(q) < tooMuch(p) {
		return q, nil
	}
	return p, nil
}

// tooMuch counts what does not fit into the quota.
func tooMuch(p *Plan) int {
	n := 0
	for _, s := range p.Forecast {
		if s.Code == quotaExceeded {
			n++
		}
	}
	return n
}

func (b *builder) build() (*Plan, error) {
	b.copyOwn()
	if err := b.renameNamespaces(); err != nil {
		return nil, err
	}
	b.leaveFinished()
	b.unroll()
	b.addContent() // first, for what is made from bytes needs no image
	b.gate()
	b.serveKinds()
	if err := b.applyRules(); err != nil {
		return nil, err
	}
	b.mapGiven()
	b.mapZones()
	b.mapResolvers()
	b.mapDefaultGroup()
	b.addRootVolumes()
	b.carryClaims() // after all that maps classes and zones, for it asks for the target's
	b.foretellNetworks()
	b.foretellClaims()
	b.foretellPlaces()
	b.foretellAnnotations()
	b.foretellOctavia()
	b.foretellPolicies()
	b.foretellEverywhere()
	b.foretellMetrics()
	b.observe()
	b.observeInCluster()
	b.foretellReleases()
	b.foretellOutside()
	b.orderAfter()
	p := b.plan()
	var err error
	if p.Steps, err = order(b.out, b.steps()); err != nil {
		return nil, err
	}
	b.limitNew()
	for _, quota := range b.count(p) {
		b.queue(p, quota)
	}
	if p.Steps, err = sorted(p.Steps); err != nil {
		return nil, err
	}
	p.Forecast = b.withoutMoot()
	return p, nil
}

// A builder makes one plan.
type builder struct {
	set      *resource.Set        // the source's, never changed
	all      []*resource.Resource // of set, in order
	out      *resource.Set        // the target's
	cat      profile.Catalogue
	offers   map[resource.Type][]*resource.Resource // what the target gives, in order
	existing []*resource.Resource                   // what the project has
	opts     Options
	frugal   bool // rather another flavor than a volume that the source did not need

	uses     map[resource.Ref][]use              // of the source's Given
	mapped   map[resource.Ref]*resource.Resource // the source's Given: the target's
	refs     map[resource.Ref]resource.Ref       // what a reference becomes
	roots    map[resource.Ref]*resource.Resource // by server: the root volume that Nova has made
	chosen   map[resource.Ref]choice             // by the user's rules
	spaces   map[string]string                   // namespaces that get another name
	carries  map[resource.Ref]bool               // claims whose bytes arrive
	extra    []Step
	mapping  resource.Mapping
	forecast []gap.Signal
}

// A use is a property that refers to a Given resource.
type use struct {
	by   *resource.Resource // of the source's set
	path resource.Path
}

func newBuilder(set *resource.Set, target Target, opts Options) *builder {
	b := &builder{set: set, all: slices.Collect(set.All()), out: resource.NewSet(set.Schemas), cat: target.Catalogue, opts: opts,
		offers: map[resource.Type][]*resource.Resource{}, uses: map[resource.Ref][]use{}, refs: map[resource.Ref]resource.Ref{},
		mapped: map[resource.Ref]*resource.Resource{}, chosen: map[resource.Ref]choice{}, roots: map[resource.Ref]*resource.Resource{}, spaces: map[string]string{}, carries: map[resource.Ref]bool{}}
	b.existing = target.Existing
	given := slices.Clone(target.Given)
	slices.SortFunc(given, func(x, y *resource.Resource) int { return x.Ref.Compare(y.Ref) })
	for _, g := range given {
		b.offers[g.Type] = append(b.offers[g.Type], g)
	}
	return b
}

// copyOwn puts what is not Given into the target's set, without what belongs
// to the source: ids, marks, states, and the values that its provider chose.
func (b *builder) copyOwn() {
	for _, r := range b.all {
		if r.Tenure == resource.Given {
			continue
		}
		c := r.Clone()
		c.ID, c.Owner, c.State, c.Why, c.Attrs = "", resource.Owner{}, "", "", nil
		if wasRead(r) {
			b.dropChosen(c)
		}
		b.out.Put(c)
	}
}

// wasRead tells a resource that a cloud showed from one that a scenario asks
// for, whose values are all the user's.
func wasRead(r *resource.Resource) bool { return r.State != "" }

// dropChosen leaves out what the source's provider has chosen. Of what either
// may have chosen, only what is not the default can be the tenant's.
func (b *builder) dropChosen(r *resource.Resource) {
	schema := b.set.Schema(r.Type)
	if schema == nil {
		return
	}
	for _, f := range schema.Fields {
		either := f.Chooser == resource.Either && f.Default != nil
		if f.Chooser != resource.Provider && !f.NoSet && !either {
			continue
		}
		for _, v := range find(nil, r.Spec, f.Path) {
			if !either || resource.Equal(v.value, f.Default) {
				remove(r.Spec, v.path)
			}
		}
	}
}

// decide notes a decision, and the gap that it foretells unless all stays the
// same.
func (b *builder) decide(d resource.Decision) {
	b.mapping.Decisions = append(b.mapping.Decisions, d)
	if d.Effect != resource.Same {
		b.foretell(gap.Signal{Code: d.Rule, Ref: d.Ref, Path: d.Path, Source: d.From, Target: d.To, Effect: d.Effect, Args: d.Args})
	}
}

func (b *builder) foretell(s gap.Signal) {
	s.Seen, s.Cloud = gap.Forecast, b.opts.Cloud
	b.forecast = append(b.forecast, s)
}

// withoutMoot leaves out what is foretold of something that will not arrive,
// because the target does not take it or what it needs: then nobody sees what
// else it would have lost.
func (b *builder) withoutMoot() []gap.Signal {
	doomed := map[resource.Ref]bool{}
	for _, s := range b.forecast {
		if s.Effect == resource.Lost {
			doomed[s.Ref] = true
		}
	}
	rest := slices.Collect(b.out.All())
	for found := len(doomed) > 0; found; {
		found = false
		for _, r := range rest {
			if !doomed[r.Ref] && r.Tenure != resource.Given && slices.ContainsFunc(r.Refs(), func(ref resource.Ref) bool { return doomed[ref] }) {
				doomed[r.Ref], found = true, true
			}
		}
	}
	return slices.DeleteFunc(b.forecast, func(s gap.Signal) bool {
		return doomed[s.Ref] && s.Effect != resource.Lost || b.isAbsent(s.Ref.Type) && s.Code != noKubernetes && s.Code != noService
	})
}

// What is told of each resource of a layer or a service that the target does not
// have; nothing else of it is worth telling.
const (
	noKubernetes = "kubernetes/absent"
	noService    = "service/absent"
)

// isAbsent tells whether the target's catalogue has nothing of the layer that a
// type belongs to.
func (b *builder) isAbsent(t resource.Type) bool {
	switch {
	case len(b.cat.Services) == 0 && b.cat.Cluster == nil: // there is no catalogue
		return false
	case inCluster(t):
		return b.cat.Cluster == nil
	}
	return len(b.cat.Services) == 0
}

func (b *builder) plan() *Plan {
	return &Plan{APIVersion: resource.APIVersion, Kind: "Plan", Drill: b.opts.Drill, Cloud: b.opts.Cloud, Set: b.out, Mapping: b.mapping,
		Needs: map[string]int64{}}
}
