package diff_test

import (
	"testing"

	"pgregory.net/rapid"

	. "github.com/wechsel-project/wechsel/pkg/diff"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

func TestRenamingAndShufflingLeavesNoChange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := someShop.Draw(t, "set")
		b, _ := rekeyed(a, shuffled(t, a.Len()))
		r := Compare(a, b, resource.Mapping{}, Options{})
		if got := changes(r); len(got) > 0 {
			t.Fatalf("changes: %+v", got)
		}
		for _, p := range r.Pairs {
			if p.Guess() {
				t.Errorf("%v is a guess", p)
			}
		}
	})
}

func TestTenEqualServersAreToldApartByTheirVolumes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := servers(10)
		b, to := rekeyed(a, shuffled(t, a.Len()))
		for _, p := range Match(a, b, resource.Mapping{}, Options{}) {
			if p.B != to[p.A] || p.Guess() {
				t.Fatalf("%v is paired with %v by %s, want %v", p.A, p.B, p.Basis, to[p.A])
			}
		}
	})
}

func TestOneChangeAmongUnnamedThingsIsOneChange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := servers(6)
		b, to := rekeyed(a, shuffled(t, a.Len()))
		edits := map[resource.Ref]func(s spec){
			ref(network, "net"): func(s spec) { s["domain"] = "other." },
			ref(server, "s3"):   func(s spec) { s["config_drive"] = true },
			ref(volume, "v2"):   func(s spec) { s["size"] = int64(99) },
		}
		of := rapid.SampledFrom([]resource.Ref{ref(network, "net"), ref(server, "s3"), ref(volume, "v2")}).Draw(t, "what")
		edits[of](b.Get(to[of]).Spec)
		r := Compare(a, b, resource.Mapping{}, Options{})
		if got := changes(r); len(got) != 1 || got[0].Ref != of {
			t.Fatalf("changes: %+v", got)
		}
		for _, p := range r.Pairs {
			if p.B != to[p.A] {
				t.Fatalf("%v is paired with %v by %s, want %v", p.A, p.B, p.Basis, to[p.A])
			}
		}
	})
}

func TestAGuessIsMarked(t *testing.T) {
	a := resource.NewSet(schemas(), own(volume, "a", spec{"size": int64(1), "description": "x"}), own(volume, "b", spec{"size": int64(2), "description": "y"}))
	b := resource.NewSet(schemas(), own(volume, "c", spec{"size": int64(1), "description": "z"}), own(volume, "d", spec{"size": int64(2), "description": "z"}))
	for _, p := range Match(a, b, resource.Mapping{}, Options{}) {
		if !p.Guess() || p.A == ref(volume, "a") && p.B != ref(volume, "c") {
			t.Errorf("%+v", p)
		}
	}
}

func TestWhatIsNothingAlikeIsNoPair(t *testing.T) {
	a := resource.NewSet(schemas(), own(server, "a", spec{"metadata": spec{"a": "1", "b": "2", "c": "3", "d": "4", "e": "5"}}))
	b := resource.NewSet(schemas(), own(server, "b", spec{"metadata": spec{"f": "1", "g": "2", "h": "3"}}))
	if got := Match(a, b, resource.Mapping{}, Options{}); len(got) > 0 {
		t.Errorf("%+v", got)
	}
}

func TestInsideADrillKeysJoin(t *testing.T) {
	a, b := shop(), shop()
	b.Get(ref(server, "app")).Name = "renamed by hand"
	b.Get(ref(port, "app-port")).Spec["fixed_ips"] = list{spec{"ip_address": "10.0.0.9"}}
	for _, p := range Match(a, b, resource.Mapping{}, Options{Joined: true}) {
		if p.A != p.B || p.Guess() {
			t.Errorf("%+v", p)
		}
	}
}
