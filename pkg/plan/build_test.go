package plan

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

func build(t *testing.T, set *resource.Set, c profile.Catalogue, rules ...Rule) *Plan {
	t.Helper()
	p, err := Build(set, target(c), Options{Drill: "d1", Cloud: c.Cloud, Rules: rules})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func codes(p *Plan) []string {
	var out []string
	for _, s := range p.Forecast {
		out = append(out, s.Code+" "+s.Ref.String())
	}
	slices.Sort(out)
	return out
}

func decided(p *Plan, rule string) []resource.Decision {
	var out []resource.Decision
	for _, d := range p.Mapping.Decisions {
		if d.Rule == rule {
			out = append(out, d)
		}
	}
	return out
}

func TestShopOnBeta(t *testing.T) {
	p := build(t, shop(), beta())
	for _, d := range p.Mapping.Decisions {
		t.Log(d.Ref, d.Path, d.Rule, d.Effect, d.To, d.Args)
	}
	for _, s := range p.Steps {
		t.Log(s.ID, s.After, s.Exclusive)
	}
	t.Log(codes(p), p.Needs)
}

// Every Own resource is made by one step, after all that it refers to.
func TestSteps(t *testing.T) {
	for _, c := range []profile.Catalogue{alpha(), beta(), {Cloud: "empty"}} {
		p := build(t, shop(), c)
		at := map[string]int{}
		for i, s := range p.Steps {
			if _, twice := at[s.ID]; twice {
				t.Errorf("%s: two steps %s", c.Cloud, s.ID)
			}
			for _, id := range s.After {
				if _, before := at[id]; !before {
					t.Errorf("%s: %s stands before %s", c.Cloud, s.ID, id)
				}
			}
			at[s.ID] = i
		}
		for r := range p.Set.All() {
			i, has := at[stepID(Create, r.Ref)]
			if has != (r.Tenure == resource.Own) {
				t.Errorf("%s: %s %s has a step: %v", c.Cloud, r.Tenure, r.Ref, has)
			}
			for _, to := range r.Refs() {
				if j, ok := at[stepID(Create, to)]; has && ok && j >= i && to != r.Ref {
					t.Errorf("%s: %s comes before %s, to which it refers", c.Cloud, r.Ref, to)
				}
			}
		}
		if err := p.Set.Check(); err != nil {
			t.Errorf("%s: %v", c.Cloud, err)
		}
	}
}

func TestBuildIsDeterministic(t *testing.T) {
	want, err := json.Marshal(build(t, shop(), beta()))
	if err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 1))
		c := beta()
		shuffle(random, c.Flavors)
		shuffle(random, c.Images)
		shuffle(random, c.VolumeTypes)
		shuffle(random, c.Extensions)
		shuffle(random, c.Zones["compute"])
		shuffle(random, c.DefaultGroup.Rules)
		tgt := target(c)
		shuffle(random, tgt.Given)
		resources := slices.Collect(shop().All())
		shuffle(random, resources)
		p, err := Build(resource.NewSet(schemas(), resources...), tgt, Options{Drill: "d1", Cloud: "beta"})
		if err != nil {
			t.Fatal(err)
		}
		got, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Fatalf("seed %d: %s", seed, diff)
		}
	}
}

func shuffle[T any](r *rand.Rand, list []T) {
	r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
}

// A workload that stays where it is loses only what never travels.
func TestIdentity(t *testing.T) {
	for name, set := range map[string]*resource.Set{"scenario": shop(), "export": asRead(shop(), alpha())} {
		source := alpha()
		p, err := Build(set, target(alpha()), Options{Drill: "d1", Cloud: "alpha", Source: &source})
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range p.Mapping.Decisions {
			if d.Effect != resource.Same && d.Rule != "local-disk/not-moved" {
				t.Errorf("%s: %s %s: %s is %s", name, d.Ref, d.Path, d.Rule, d.Effect)
			}
		}
		for _, s := range p.Forecast {
			if s.Code != "local-disk/not-moved" {
				t.Errorf("%s: foretells %s for %s %s", name, s.Code, s.Ref, s.Path)
			}
		}
	}
}

func TestPlanRoundTrip(t *testing.T) {
	p := build(t, asRead(shop(), alpha()), beta())
	first, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	var again Plan
	if err := json.Unmarshal(first, &again); err != nil {
		t.Fatal(err)
	}
	second, err := json.Marshal(&again)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(first), string(second)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(p.Mapping, again.Mapping); diff != "" {
		t.Error(diff)
	}
	if id := again.Set.Get(ref(network, "ext01")).ID; id != "b-ext" {
		t.Errorf("the external network's id is %q after reading the plan again", id)
	}
	for r := range p.Set.All() {
		if r.Tenure != resource.Given && (r.ID != "" || !r.Owner.IsZero()) {
			t.Errorf("%s carries the source's id %s", r.Ref, r.ID)
		}
	}
}

func TestBuildErrors(t *testing.T) {
	dangling := resource.NewSet(nil, own(port, "p", specs{"network": ref(network, "gone")}))
	circle := resource.NewSet(nil, own(port, "p", specs{"network": ref(network, "n")}), own(network, "n", specs{"dns_domain": ref(port, "p")}))
	for want, set := range map[string]*resource.Set{"not in the set": dangling, "in a circle": circle} {
		if _, err := Build(set, target(beta()), Options{Cloud: "beta"}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q", err, want)
		}
	}
}
