package gap_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	. "github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

func keyed(s Signal, key string) Signal {
	s.Ref.Key = resource.Key(key)
	return s
}

func TestForecastAndMeasurementOfOneCauseAreOneGap(t *testing.T) {
	c := load(t)
	lost, degraded, adapted := resource.Lost, resource.Degraded, resource.Adapted
	m1, m2 := resource.Ref{Type: flavor, Key: "m1"}, resource.Ref{Type: flavor, Key: "m2"}
	with := func(s Signal, source, target resource.Value) Signal { s.Source, s.Target = source, target; return s }
	for name, tc := range map[string]struct {
		signals []Signal
		kind    string
		seen    []Seen
	}{
		"the same rule": {[]Signal{with(on(server, "flavor").with("from", "a", "to", "b").foreseen("flavor/nearest", adapted), m1, m2),
			with(Signal{Seen: Change, Code: "flavor/nearest", Ref: resource.Ref{Type: server, Key: "r"}, Path: "flavor", Effect: adapted, Args: map[string]string{"from": "a", "to": "b"}}, m1, m2)},
			"compute/flavor-replaced", []Seen{Forecast, Change}},
		"refused as foreseen": {[]Signal{on(server, "flavor").with("from", "a").foreseen("flavor/absent", lost), on(server, "").refused("create", 400, "Flavor x could not be found.", lost)},
			"compute/flavor-absent", []Seen{Forecast, Refusal}},
		"refused in other words": {[]Signal{on(server, "flavor").with("from", "a").foreseen("flavor/absent", lost), on(server, "").refused("create", 400, "Sorry.", lost)},
			"compute/flavor-absent", []Seen{Forecast, Refusal}},
		"missing as foreseen": {[]Signal{on(volume, "volume_type").with("from", "a").foreseen("volume-type/absent", lost), on(volume, "").found("missing", nil, nil)},
			"storage/volume-type-absent", []Seen{Forecast, Change}},
		"left out because refused": {[]Signal{on(network, "dns_domain").refused("create", 400, "Unrecognized attribute(s) 'dns_domain'", degraded), on(network, "dns_domain").found("changed", "x.", nil)},
			"network/extension-absent", []Seen{Refusal, Change}},
		"left out for an unknown reason": {[]Signal{on(network, "description").refused("create", 400, "Too long", degraded), on(network, "description").found("changed", "x", nil)},
			"network/refused", []Seen{Refusal, Change}},
		"unread": {[]Signal{on(server, "user_data").foreseen("user-data/unread", degraded), on(server, "user_data").found("unread", nil, nil)},
			"compute/user-data-unread", []Seen{Forecast, Change}},
		"address": {[]Signal{on(floatingIP, "floating_ip_address").foreseen("address/not-kept", adapted), on(floatingIP, "floating_ip_address").found("chosen", "1", "2")},
			"network/address-not-kept", []Seen{Forecast, Change}},
		"whatever refers to it": {[]Signal{on(router, "external_gateway_info.network").with("from", "a", "to", "b").foreseen("network/external-name", adapted),
			on(floatingIP, "floating_network").with("from", "a", "to", "b").foreseen("network/external-name", adapted)}, "network/external-name", []Seen{Forecast}},
		"quota": {[]Signal{on(server, "").foreseen("quota/exceeded", lost), keyed(on(server, "").refused("create", 403, "Quota exceeded for instances", lost), "other")},
			"compute/quota-exceeded", []Seen{Forecast, Refusal}},
	} {
		t.Run(name, func(t *testing.T) {
			gaps := c.Classify(tc.signals, "en")
			if len(gaps) != 1 || gaps[0].Kind != tc.kind || !slices.Equal(gaps[0].Seen, tc.seen) {
				t.Errorf("%+v", gaps)
			}
			slices.Reverse(tc.signals)
			if d := cmp.Diff(gaps, c.Classify(tc.signals, "en")); d != "" {
				t.Errorf("the order of signals means something: %s", d)
			}
		})
	}
}

func TestDifferentCausesAreDifferentGaps(t *testing.T) {
	c := load(t)
	m1, m2, m3 := resource.Ref{Type: flavor, Key: "m1"}, resource.Ref{Type: flavor, Key: "m2"}, resource.Ref{Type: flavor, Key: "m3"}
	decided := on(server, "flavor").with("from", "m1", "to", "m2").foreseen("flavor/nearest", resource.Adapted)
	decided.Source, decided.Target = m1, m2
	for name, signals := range map[string][]Signal{
		"another flavor than decided":   {decided, on(server, "flavor").found("changed", m1, m3)},
		"two properties of one server":  {on(server, "description").found("changed", "a", "b"), on(server, "config_drive").found("changed", true, nil)},
		"more here and less there":      {on(server, "tags").found("changed", nil, []resource.Value{"a"}), on(server, "tags").found("changed", []resource.Value{"a"}, nil)},
		"two flavors":                   {on(server, "flavor").with("from", "a").foreseen("flavor/absent", resource.Lost), keyed(on(server, "flavor").with("from", "b").foreseen("flavor/absent", resource.Lost), "s")},
		"refused for another reason":    {on(server, "flavor").foreseen("flavor/absent", resource.Lost), on(server, "").refused("create", 403, "Quota exceeded for instances", resource.Lost)},
		"two types":                     {on(server, "description").found("changed", "a", "b"), on(srvGroup, "description").found("changed", "a", "b")},
		"changed elsewhere":             {on(network, "dns_domain").refused("create", 400, "Unrecognized attribute(s) 'dns_domain'", resource.Degraded), on(network, "description").found("changed", "x", nil)},
		"a gap in another's properties": {on(server, "metadata.a").found("changed", "1", "2"), on(server, "metadata.b").found("changed", "1", "2")},
	} {
		if gaps := c.Classify(signals, "en"); len(gaps) != 2 {
			t.Errorf("%s: %v", name, kinds(gaps))
		}
	}
}

func TestOneGapHoweverManyResources(t *testing.T) {
	c := load(t)
	var signals []Signal
	for i := range 3000 {
		signals = append(signals, keyed(on(server, resource.Path("").Field("metadata").Field("role")).found("changed", "a", fmt.Sprint(i)), fmt.Sprintf("s%04d", i)))
	}
	gaps := c.Classify(signals, "de")
	if len(gaps) != 1 || len(gaps[0].Resources) != 3000 || len(gaps[0].Evidence) > 5 {
		t.Fatalf("%d gaps", len(gaps))
	}
	if other := c.Classify(signals[7:8], "en"); other[0].ID != gaps[0].ID {
		t.Errorf("the id depends on the resource, its value or the language: %s and %s", gaps[0].ID, other[0].ID)
	}
}

// anySignal draws signals of all codes, places and values.
func anySignal() *rapid.Generator[Signal] {
	var all []Signal
	examples := shown()
	for _, id := range slices.Sorted(maps.Keys(examples)) {
		all = append(all, examples[id]...)
	}
	return rapid.Custom(func(t *rapid.T) Signal {
		s := rapid.SampledFrom(all).Draw(t, "signal")
		s.Ref.Key = resource.Key(rapid.StringMatching(`[ab]`).Draw(t, "key"))
		if rapid.Bool().Draw(t, "elsewhere") {
			s.Ref.Type = rapid.SampledFrom([]resource.Type{server, network, volume, image, "apps/Deployment", "OS::Heat::Stack"}).Draw(t, "type")
			s.Path = rapid.SampledFrom([]resource.Path{"", "a", "a.b", "a[0].b"}).Draw(t, "path")
		}
		return s
	})
}

func TestNoSignalIsLostAndTheirOrderMeansNothing(t *testing.T) {
	c, signal := load(t), anySignal()
	rapid.Check(t, func(t *rapid.T) {
		signals := rapid.SliceOfN(signal, 0, 8).Draw(t, "signals")
		gaps := c.Classify(signals, "en")
		for _, s := range signals {
			if s.Code == "chosen" {
				continue // judged only by the kinds that have a predicate
			}
			if !slices.ContainsFunc(gaps, func(g Gap) bool { return slices.Contains(g.Resources, s.Ref) && slices.Contains(g.Seen, s.Seen) }) {
				t.Fatalf("%+v is in no gap of %v", s, kinds(gaps))
			}
		}
		if d := cmp.Diff(gaps, c.Classify(rapid.Permutation(signals).Draw(t, "shuffled"), "en")); d != "" {
			t.Fatal(d)
		}
		for i := 1; i < len(gaps); i++ {
			if !gaps[i-1].Severity.AtLeast(gaps[i].Severity) {
				t.Fatalf("%s comes after %s", gaps[i].Severity, gaps[i-1].Severity)
			}
		}
	})
}

func TestWhatTheProviderChoosesIsNoGapUnlessAKindJudgesIt(t *testing.T) {
	c := load(t)
	quiet := []Signal{on(port, "mac_address").found("chosen", "a", "b"), on(network, "mtu").found("chosen", int64(1442), int64(1500)), on(flavor, "ram").found("chosen", int64(1), int64(2))}
	if gaps := c.Classify(quiet, "en"); len(gaps) != 0 {
		t.Errorf("%v", kinds(gaps))
	}
}

func TestSeverityFollowsTheEffect(t *testing.T) {
	c := load(t)
	for effect, want := range map[resource.Effect]Severity{resource.Adapted: Adapted, resource.Degraded: Degraded, resource.Lost: Blocker} {
		if got := c.Classify([]Signal{on(server, "flavor").foreseen("flavor/nearest", effect)}, "en")[0].Severity; got != want {
			t.Errorf("%s is %s, want %s", effect, got, want)
		}
	}
}

func TestAGapTellsWhatItIsAbout(t *testing.T) {
	g := load(t).Classify([]Signal{
		{Seen: Refusal, Code: "create", Ref: resource.Ref{Type: network, Key: "net"}, Path: "dns_domain", Effect: resource.Degraded, Status: 400, Request: "req-1",
			Source: "shop.", Message: "Unrecognized attribute(s) 'dns_domain'", Cloud: "b"},
		{Seen: Change, Code: "changed", Ref: resource.Ref{Type: network, Key: "net"}, Path: "dns_domain", Source: "shop."},
	}, "de")[0]
	want := Gap{ID: g.ID, Kind: "network/extension-absent", Title: "Netzfunktion fehlt", Args: g.Args, Severity: Degraded, Resources: []resource.Ref{{Type: network, Key: "net"}}, Path: "dns_domain", Source: "shop.",
		Cause:  "Neutron kennt in der Ziel-Cloud dns_domain von OS::Neutron::Net nicht: Die zugehörige Erweiterung ist nicht aktiv.",
		Remedy: g.Remedy, Seen: []Seen{Refusal, Change}, Standards: []string{"scs-0123"}, Facets: []string{"I-SYN", "A-MET"}, Basis: Modelled, Who: "provider",
		Evidence: []Evidence{{Seen: Refusal, Ref: "OS::Neutron::Net/net", Status: 400, Message: "Unrecognized attribute(s) 'dns_domain'", Request: "req-1"},
			{Seen: Change, Ref: "OS::Neutron::Net/net", Message: "dns_domain: shop. → –"}}}
	if d := cmp.Diff(want, g); d != "" {
		t.Error(d)
	}
}

func TestSignalsComeBackFromAJournal(t *testing.T) {
	s := Signal{Seen: Refusal, Code: "create", Ref: resource.Ref{Type: server, Key: "web"}, Path: "flavor", Source: resource.Ref{Type: flavor, Key: "m1"}, Target: int64(5),
		Effect: resource.Lost, Cloud: "b", Status: 400, Message: "no", Request: "req", Args: map[string]string{"a": "b"}}
	for _, want := range []Signal{s, {Seen: Change, Code: "extra"}} {
		data, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got Signal
		if err := json.Unmarshal(data, &got); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", data, d)
		}
	}
}

func TestClassesOfValues(t *testing.T) {
	for _, tc := range []struct {
		x, y resource.Value
		want ValueClass
	}{
		{nil, nil, Nothing}, {"a", "a", Nothing}, {"a", "b", Other}, {int64(2), int64(1), Smaller}, {int64(1), 2.5, Greater}, {[]resource.Value{"a"}, []resource.Value{}, Smaller},
		{true, false, Off}, {true, nil, Off}, {false, true, On}, {nil, true, On}, {"a", nil, Absent}, {nil, "a", New}, {[]resource.Value{"a"}, []resource.Value{"b"}, Other},
	} {
		if got := ClassOf(tc.x, tc.y); got != tc.want {
			t.Errorf("%v and %v: %q, want %q", tc.x, tc.y, got, tc.want)
		}
	}
}
