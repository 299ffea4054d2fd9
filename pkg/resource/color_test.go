package resource_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	. "github.com/wechsel-project/wechsel/pkg/resource"
)

func TestColorsDoNotKnowKeysAndIDs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := someGraph.Draw(t, "set")
		other, to := renamed(t, s)
		for r := range other.All() {
			r.Spec["mac"], r.Spec["secret"] = "chosen by another provider", "seen on one side"
		}
		a, b := Colors(s, Coloring{}), Colors(other, Coloring{})
		for ref, c := range a {
			if b[to[ref]] != c {
				t.Fatalf("%s has the color %s, as %s it has %s", ref, c, to[ref], b[to[ref]])
			}
		}
	})
}

func TestColorsTellEqualServersApartByTheirVolumes(t *testing.T) {
	s := NewSet(nil)
	for i := range 10 {
		server := Ref{Type: "Server", Key: Key(fmt.Sprintf("s%d", i))}
		volume := Ref{Type: "Volume", Key: Key(fmt.Sprintf("v%d", i))}
		s.Put(&Resource{Ref: server, Tenure: Own})
		s.Put(&Resource{Ref: volume, Tenure: Own, Spec: map[string]Value{"size": int64(i)}})
		s.Put(&Resource{Ref: Ref{Type: "Attachment", Key: Key(fmt.Sprintf("a%d", i))}, Tenure: Own, Parent: server, Spec: map[string]Value{"volume": volume}})
	}
	colors := Colors(s, Coloring{})
	if got := len(distinct(colors)); got != 30 {
		t.Errorf("30 resources have %d colors", got)
	}
	if got := len(distinct(Colors(s, Coloring{Rounds: 1}))); got != 1+10+10 {
		t.Errorf("after one round there are %d colors, want 21: a server does not yet see its volume", got)
	}
}

func TestColorsOfWhatIsTheSame(t *testing.T) {
	s := NewSet(nil)
	for i := range 3 {
		s.Put(&Resource{Ref: Ref{Type: "T", Key: Key(fmt.Sprint(i))}, Name: fmt.Sprint("n", i), Tenure: Own, ID: fmt.Sprint(9 - i)})
	}
	if got := len(distinct(Colors(s, Coloring{}))); got != 1 {
		t.Errorf("equal things have %d colors", got)
	}
	if got := len(distinct(Colors(s, Coloring{Names: true}))); got != 3 {
		t.Errorf("with names there are %d colors, want 3", got)
	}
	first := Ref{Type: "T", Key: "0"}
	if got := len(distinct(Colors(s, Coloring{Fixed: map[Ref]Color{first: {1}}}))); got != 2 {
		t.Errorf("with one fixed there are %d colors, want 2", got)
	}
	all := list(s)
	ByColor(all, Colors(s, Coloring{}))
	if all[0].ID != "7" {
		t.Errorf("equal colors are not in order of ids: %s is first", all[0].ID)
	}
}

func distinct(colors map[Ref]Color) map[Color]bool {
	out := map[Color]bool{}
	for _, c := range colors {
		out[c] = true
	}
	return out
}
