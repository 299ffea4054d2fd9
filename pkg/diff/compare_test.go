package diff_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	. "github.com/wechsel-project/wechsel/pkg/diff"
	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

func TestNothingDiffersFromItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := someShop.Draw(t, "set")
		for _, joined := range []bool{true, false} {
			r := Compare(a, a.Clone(), resource.Mapping{}, Options{Joined: joined})
			if len(r.Changes) > 0 || len(r.Signals) > 0 {
				t.Fatalf("changes: %+v", r.Changes)
			}
			for ref, o := range r.Outcomes {
				if o != Equivalent {
					t.Fatalf("%v is %s", ref, o)
				}
			}
		}
	})
}

// mutations are single changes to the shop on the other cloud.
func mutations() map[string]struct {
	edit func(b *resource.Set)
	want Change
} {
	app, web := ref(server, "app"), ref(group, "web")
	set := func(r resource.Ref, key string, v resource.Value) func(b *resource.Set) {
		return func(b *resource.Set) {
			if v == nil {
				delete(b.Get(r).Spec, key)
				return
			}
			b.Get(r).Spec[key] = v
		}
	}
	type m = struct {
		edit func(b *resource.Set)
		want Change
	}
	return map[string]m{
		"flag":         {set(app, "config_drive", nil), Change{Ref: app, Path: "config_drive", Verdict: Changed, Source: true, Target: false}},
		"metadata":     {set(app, "metadata", spec{"role": "db"}), Change{Ref: app, Path: "metadata.role", Verdict: Changed, Source: "app", Target: "db"}},
		"metadata key": {set(app, "metadata", nil), Change{Ref: app, Path: "metadata.role", Verdict: Changed, Source: "app"}},
		"one of a set": {set(app, "security_groups", list{web}), Change{Ref: app, Path: "security_groups", Verdict: Changed, Source: list{ref(group, "db")}}},
		"inside a list": {set(app, "networks", list{spec{"network": ref(network, "net"), "fixed_ip": "10.0.0.6"}}),
			Change{Ref: app, Path: "networks[0].fixed_ip", Verdict: Changed, Source: "10.0.0.5", Target: "10.0.0.6"}},
		"inside a set": {set(ref(port, "app-port"), "fixed_ips", list{spec{"ip_address": "10.0.0.7"}}),
			Change{Ref: ref(port, "app-port"), Path: "fixed_ips[].ip_address", Verdict: Changed, Source: "10.0.0.5", Target: "10.0.0.7"}},
		"number":            {set(ref(volume, "data"), "size", int64(6)), Change{Ref: ref(volume, "data"), Path: "size", Verdict: Changed, Source: int64(5), Target: int64(6)}},
		"added":             {set(ref(volume, "data"), "zone", "z"), Change{Ref: ref(volume, "data"), Path: "zone", Verdict: Changed, Target: "z"}},
		"provider's choice": {set(ref(network, "net"), "mtu", int64(1442)), Change{Ref: ref(network, "net"), Path: "mtu", Verdict: Chosen, Source: int64(1500), Target: int64(1442)}},
		"either's choice":   {set(app, "zone", "b"), Change{Ref: app, Path: "zone", Verdict: Chosen, Source: "a", Target: "b"}},
		"name":              {func(b *resource.Set) { b.Get(app).Name = "x" }, Change{Ref: app, Path: "name", Verdict: Changed, Target: "x"}},
		"fault":             {func(b *resource.Set) { b.Get(app).State = resource.Failed }, Change{Ref: app, Path: "state", Verdict: Changed, Source: "ready", Target: "failed"}},
		"lost rule":         {func(b *resource.Set) { b.Remove(ref(rule, "web-rule-2")) }, Change{Ref: ref(rule, "web-rule-2"), Verdict: Missing, Effect: resource.Lost}},
		"extra rule":        {func(b *resource.Set) { b.Put(child(rule, "web-rule-9", web, spec{"protocol": "udp"})) }, Change{Ref: ref(rule, "web-rule-9"), Verdict: Extra}},
		"lost server": {func(b *resource.Set) {
			b.Remove(app)
			b.Remove(ref(port, "app-port"))
			b.Remove(ref(attachment, "app-data"))
		},
			Change{Ref: app, Verdict: Missing, Effect: resource.Lost}},
		"extra volume": {func(b *resource.Set) { b.Put(own(volume, "more", spec{"size": int64(1)})) }, Change{Ref: ref(volume, "more"), Verdict: Extra}},
		"unread":       {func(b *resource.Set) { b.Get(app).Unread = []resource.Path{"user_data"} }, Change{Ref: app, Path: "user_data", Verdict: Unread}},
		"hidden":       {set(app, "user_data", "x"), Change{Ref: app, Path: "user_data", Verdict: Unread, Target: "x"}},
	}
}

func TestOneChangeOnTheOtherCloudIsExactlyThatChange(t *testing.T) {
	for name, m := range mutations() {
		t.Run(name, func(t *testing.T) {
			b := shop()
			m.edit(b)
			r := Compare(shop(), b, resource.Mapping{}, Options{Joined: true})
			if len(r.Changes) != 1 || len(r.Signals) != 1 {
				t.Fatalf("changes: %+v\nsignals: %+v", r.Changes, r.Signals)
			}
			got := r.Changes[0]
			got.Args = nil
			if m.want.Path == "" {
				got.Source, got.Target = nil, nil
			}
			if d := cmp.Diff(m.want, got); d != "" {
				t.Error(d)
			}
			s := r.Signals[0]
			if s.Seen != gap.Change || s.Code != string(m.want.Verdict) || s.Ref != m.want.Ref || s.Path != m.want.Path {
				t.Errorf("signal: %+v", s)
			}
		})
	}
}

func TestTheOtherWayRoundIsTheMirror(t *testing.T) {
	mirror := map[Verdict]Verdict{Missing: Extra, Extra: Missing}
	for name, m := range mutations() {
		t.Run(name, func(t *testing.T) {
			b := shop()
			m.edit(b)
			there := Compare(shop(), b, resource.Mapping{}, Options{Joined: true}).Changes
			back := Compare(b, shop(), resource.Mapping{}, Options{Joined: true}).Changes
			if name == "fault" { // of the source, which is no gap
				back = there
				back[0].Source, back[0].Target = back[0].Target, back[0].Source
			}
			for i := range back {
				back[i].Source, back[i].Target = back[i].Target, back[i].Source
				if v, ok := mirror[back[i].Verdict]; ok {
					back[i].Verdict = v
				}
				back[i].Effect, back[i].Args = "", nil
				there[i].Effect, there[i].Args = "", nil
			}
			if d := cmp.Diff(there, back); d != "" && name != "fault" {
				t.Error(d)
			}
		})
	}
}

func TestWhatThePlanDecidedIsMapped(t *testing.T) {
	app := ref(server, "app")
	mapping := resource.Mapping{Decisions: []resource.Decision{
		{Ref: ref(flavor, "small"), To: ref(flavor, "m1.small"), Effect: resource.Degraded, Rule: "flavor/nearest", Args: map[string]string{"to": "m1.small"}},
		{Ref: app, Path: "zone", From: "a", To: "b", Effect: resource.Same, Rule: "zone/renamed"},
		{Ref: app, Path: "networks[0].fixed_ip", From: "10.0.0.5", Effect: resource.Adapted, Rule: "property/by-rule"},
		{Ref: app, Path: "security_groups[0]", From: ref(group, "db"), Effect: resource.Adapted, Rule: "property/by-rule"},
		{Ref: ref(group, "web"), To: ref(group, "front"), Effect: resource.Adapted, Rule: "default-group/copied"},
		{Ref: ref(volume, "data"), Path: "zone", To: ref(volume, "root"), Effect: resource.Adapted, Rule: "root-volume/added"},
	}}
	b := shop()
	b.Remove(ref(flavor, "small"))
	b.Put(given(flavor, "m1.small", spec{"vcpus": int64(2)}))
	b.Remove(ref(group, "web"))
	front := own(group, "front", spec{"description": "from outside"})
	front.Name = "front"
	b.Put(front)
	rewrite := map[resource.Value]resource.Value{ref(group, "web"): front.Ref, ref(flavor, "small"): ref(flavor, "m1.small")}
	for _, r := range slices.Collect(b.All()) {
		r.Spec = resource.RewriteSpec(r.Spec, func(v resource.Value) resource.Value {
			if to, ok := rewrite[v]; ok {
				return to
			}
			return v
		})
		if r.Parent == ref(group, "web") {
			b.Remove(r.Ref)
			r.Parent, r.Key = front.Ref, "front-"+r.Key
			b.Put(r)
		}
	}
	s := b.Get(app).Spec
	s["zone"], s["networks"], s["security_groups"] = "b", list{spec{"network": ref(network, "net")}}, list{front.Ref}
	b.Put(own(volume, "root", spec{"size": int64(1)}))
	b.Get(ref(volume, "data")).Spec["zone"] = ref(volume, "root")

	r := Compare(shop(), b, mapping, Options{Joined: true})
	got := map[resource.Path]string{}
	for _, c := range r.Changes {
		if c.Verdict != Mapped {
			t.Errorf("%+v", c)
		}
		got[resource.Path(c.Ref.Type)+"."+c.Path] = c.Rule
	}
	want := map[resource.Path]string{"Server.flavor": "flavor/nearest", "Server.zone": "zone/renamed", "Server.networks[0].fixed_ip": "property/by-rule",
		"Server.security_groups[]": "property/by-rule", "Group.": "default-group/copied", "Group.name": "", "Volume.zone": "root-volume/added"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	outcomes := map[resource.Ref]Outcome{app: Degraded, ref(group, "web"): Adapted, ref(volume, "data"): Adapted, ref(group, "db"): Equivalent, ref(rule, "web-rule-2"): Equivalent}
	for ref, want := range outcomes {
		if r.Outcomes[ref] != want {
			t.Errorf("%v is %s, want %s", ref, r.Outcomes[ref], want)
		}
	}
	for _, s := range r.Signals {
		if s.Code == "zone/renamed" {
			t.Errorf("a change without effect is told: %+v", s)
		}
	}
}

func TestADecisionExplainsOnlyWhatItDecided(t *testing.T) {
	mapping := resource.Mapping{Decisions: []resource.Decision{{Ref: ref(server, "app"), Path: "zone", From: "a", To: "b", Effect: resource.Adapted, Rule: "zone/renamed"}}}
	b := shop()
	b.Get(ref(server, "app")).Spec["zone"] = "c"
	r := Compare(shop(), b, mapping, Options{Joined: true})
	if len(r.Changes) != 1 || r.Changes[0].Verdict != Chosen || r.Changes[0].Target != "c" {
		t.Errorf("%+v", r.Changes)
	}
}

func TestWhatWasRefusedIsLostAndWhatNeedsItUntested(t *testing.T) {
	b := shop()
	for _, r := range []resource.Ref{ref(volume, "data"), ref(attachment, "app-data")} {
		b.Remove(r)
	}
	r := Compare(shop(), b, resource.Mapping{}, Options{Joined: true, Lost: map[resource.Ref]bool{ref(volume, "data"): true},
		Untested: map[resource.Ref]bool{ref(attachment, "app-data"): true},
		Refusals: []gap.Signal{{Seen: gap.Refusal, Code: "create", Ref: ref(volume, "data"), Effect: resource.Lost}}})
	if len(r.Signals) > 0 {
		t.Errorf("what the service has said is told again: %+v", r.Signals)
	}
	if r.Outcomes[ref(volume, "data")] != Lost || r.Outcomes[ref(attachment, "app-data")] != Untested || r.Outcomes[ref(server, "app")] != Equivalent {
		t.Errorf("%v", r.Outcomes)
	}
}

func TestOutcomes(t *testing.T) {
	for name, want := range map[string]map[resource.Ref]Outcome{
		"flag":              {ref(server, "app"): Degraded, ref(volume, "data"): Equivalent},
		"provider's choice": {ref(network, "net"): Equivalent},
		"lost rule":         {ref(rule, "web-rule-2"): Lost, ref(group, "web"): Degraded},
		"extra rule":        {ref(group, "web"): Degraded},
		"lost server":       {ref(server, "app"): Lost, ref(port, "app-port"): Untested},
	} {
		b := shop()
		mutations()[name].edit(b)
		r := Compare(shop(), b, resource.Mapping{}, Options{Joined: true})
		for ref, want := range want {
			if r.Outcomes[ref] != want {
				t.Errorf("%s: %v is %s, want %s", name, ref, r.Outcomes[ref], want)
			}
		}
	}
}

func TestContent(t *testing.T) {
	with := func(c *resource.Content) *resource.Set {
		s := shop()
		s.Get(ref(volume, "data")).Content = c
		return s
	}
	for _, c := range []struct {
		a, b *resource.Content
		want Verdict
	}{
		{&resource.Content{SHA256: "x"}, &resource.Content{SHA256: "x"}, ""},
		{&resource.Content{SHA256: "x"}, &resource.Content{SHA256: "y"}, Changed},
		{&resource.Content{SHA256: "x", Length: 1}, nil, Unread},
		{nil, &resource.Content{SHA256: "x"}, Unread},
		{&resource.Content{SHA256: "x"}, nil, ""},
		{&resource.Content{Size: 1}, nil, ""},
	} {
		r := Compare(with(c.a), with(c.b), resource.Mapping{}, Options{Joined: true})
		if c.want == "" && len(r.Changes) > 0 || c.want != "" && (len(r.Changes) != 1 || r.Changes[0].Verdict != c.want || r.Changes[0].Path != "content") {
			t.Errorf("%v and %v: %+v, want %s", c.a, c.b, r.Changes, c.want)
		}
	}
}

func TestAForecastThatNoDifferenceShowsIsConfirmed(t *testing.T) {
	app := ref(server, "app")
	forecast := []gap.Signal{
		{Seen: gap.Forecast, Code: "address/baked-in", Ref: app, Path: "metadata.role", Source: "app", Effect: resource.Degraded},
		{Seen: gap.Forecast, Code: "address/baked-in", Ref: app, Path: "metadata.role", Source: "192.0.2.1", Effect: resource.Degraded},
		{Seen: gap.Forecast, Code: "quota/exceeded", Ref: app, Effect: resource.Lost},
		{Seen: gap.Forecast, Code: "zone/renamed", Ref: app, Path: "zone", Effect: resource.Adapted},
		{Seen: gap.Forecast, Code: "content/not-carried", Ref: ref(volume, "data"), Effect: resource.Degraded},
		{Seen: gap.Forecast, Code: "address/baked-in", Ref: ref(volume, "gone"), Path: "x", Source: "x", Effect: resource.Degraded},
	}
	a, b := shop(), shop()
	a.Get(ref(volume, "data")).Content, b.Get(ref(volume, "data")).Content = &resource.Content{SHA256: "x"}, &resource.Content{SHA256: "x"}
	mapping := resource.Mapping{Decisions: []resource.Decision{{Ref: app, Path: "zone", To: "b", Effect: resource.Adapted, Rule: "zone/renamed"}}}
	r := Compare(a, b, mapping, Options{Joined: true, Forecast: forecast})
	var got []resource.Path
	for _, s := range r.Signals {
		got = append(got, resource.Path(s.Code)+" "+s.Path)
	}
	if want := []resource.Path{"address/baked-in metadata.role"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if r.Outcomes[app] != Degraded {
		t.Errorf("the server is %s", r.Outcomes[app])
	}
}

func TestWhatAKindJudgesWeighs(t *testing.T) {
	net, app := ref(network, "net"), ref(server, "app")
	r := Compare(shop(), shop(), resource.Mapping{}, Options{Joined: true})
	r.Weigh([]gap.Gap{{Severity: gap.Degraded, Seen: []gap.Seen{gap.Change}, Resources: []resource.Ref{net}}, {Severity: gap.Blocker, Seen: []gap.Seen{gap.Forecast}, Resources: []resource.Ref{app}}})
	if r.Outcomes[net] != Degraded || r.Outcomes[app] != Equivalent {
		t.Errorf("%v", r.Outcomes)
	}
}

func TestWhatThePlanLeftToTheProviderMayBeAnything(t *testing.T) {
	app := ref(server, "app")
	mapping := resource.Mapping{Decisions: []resource.Decision{{Ref: app, Path: "zone", From: "a", Effect: resource.Adapted, Rule: "zone/absent"}}}
	b := shop()
	b.Get(app).Spec["zone"] = "c"
	r := Compare(shop(), b, mapping, Options{Joined: true})
	if len(r.Changes) != 1 || r.Changes[0].Verdict != Mapped || r.Changes[0].Rule != "zone/absent" {
		t.Errorf("%+v", r.Changes)
	}
}

func TestARootVolumeThatThePlanAdded(t *testing.T) {
	app := ref(server, "app")
	a, b := shop(), shop()
	b.Put(implied(child(volume, "app-root", app, spec{"size": int64(20)})))
	b.Get(app).Spec["devices"] = list{spec{"boot_index": int64(0), "volume": ref(volume, "app-root")}}
	mapping := resource.Mapping{Decisions: []resource.Decision{
		{Ref: app, Path: "devices", To: list{spec{"boot_index": int64(0), "volume_size": int64(20)}}, Effect: resource.Adapted, Rule: "root-volume/added"},
		{Ref: app, Path: "devices[0].volume", To: ref(volume, "app-root"), Effect: resource.Same, Rule: "root-volume/added"}}}
	r := Compare(a, b, mapping, Options{Joined: true})
	if len(r.Changes) != 1 || r.Changes[0].Verdict != Mapped || r.Outcomes[app] != Adapted {
		t.Errorf("%+v", r.Changes)
	}
}

func TestARootVolumeThatBecameTheProjectsOwn(t *testing.T) {
	app, root := ref(server, "app"), ref(volume, "app-root")
	a, b := shop(), shop()
	a.Put(implied(child(volume, "app-root", app, spec{"size": int64(20)})))
	b.Put(own(volume, "app-root", spec{"size": int64(20)}))
	mapping := resource.Mapping{Decisions: []resource.Decision{{Ref: app, Path: "devices", To: list{spec{"volume": root}}, Effect: resource.Same, Rule: "volume/from-bytes"}}}
	if r := Compare(a, b, mapping, Options{Joined: true}); len(r.Changes) != 0 {
		t.Errorf("%+v", r.Changes)
	}
}

// What cannot be read is told by the rule that has foreseen it, and stays unread.
func TestUnreadAsForeseen(t *testing.T) {
	app := ref(server, "app")
	for rule, mapping := range map[string]resource.Mapping{
		"unread":           {},
		"user-data/unread": {Decisions: []resource.Decision{{Ref: app, Path: "user_data", Effect: resource.Degraded, Rule: "user-data/unread"}}},
	} {
		a, b := shop(), shop()
		a.Get(app).Unread = []resource.Path{"user_data"}
		r := Compare(a, b, mapping, Options{Joined: true})
		if len(r.Changes) != 1 || r.Changes[0].Verdict != Unread || len(r.Signals) != 1 || r.Signals[0].Code != rule {
			t.Errorf("%s: %+v, %+v", rule, r.Changes, r.Signals)
		}
	}
}
