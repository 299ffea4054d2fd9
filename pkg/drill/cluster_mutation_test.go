//go:build cluster

package drill

import (
	"fmt"
	"maps"
	"net/http"
	slashed "path"
	"slices"
	"testing"

	"github.com/wechsel-project/wechsel/pkg/cloud/cloudtest"
	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/resource"
	"github.com/wechsel-project/wechsel/pkg/scenario"
	"github.com/wechsel-project/wechsel/scenarios"
)

// TestClusterMutations: of every kind, what somebody changes on the target is
// exactly what is told, and nothing is once it is changed back.
func TestClusterMutations(t *testing.T) {
	loaded, err := scenario.Load(scenarios.FS(), "every-kind", scenario.Options{})
	if err != nil {
		t.Fatal(err)
	}
	clusters := clustersOf(t, carriedProfile(t, "alster"), carriedProfile(t, "alster"))
	k := keep(t, clusters[0], clusters[1], loaded)
	before := k.observe(t)
	covered := map[resource.Type]bool{}
	for _, m := range cloudtest.Alterations() {
		covered[m.Kind] = true
		t.Run(slashed.Join(string(m.Kind), m.ID)+m.Field, func(t *testing.T) {
			undo := k.mutate(t, m)
			k.check(t, m, before, k.observe(t))
			if m.How == cloudtest.Forever {
				return
			}
			undo()
			if more, less := differing(before, k.observe(t)); len(more)+len(less) > 0 {
				t.Errorf("changed back: told in addition %q, not any more %q", names(more), names(less))
			}
		})
	}
	for r := range k.export.All() {
		if r.Tenure == resource.Own && !covered[r.Type] {
			t.Errorf("no field of a %s is changed", r.Type)
			covered[r.Type] = true
		}
	}
}

// check: there is one gap more, of this resource, where the field is. What was
// told of the field before need not be true any more.
func (k *kept) check(t *testing.T, m cloudtest.Alteration, before, after []gap.Signal) {
	t.Helper()
	more, less := differing(before, after)
	at := m.At()
	if len(more) != 1 || slices.ContainsFunc(slices.Collect(maps.Values(less)), func(s gap.Signal) bool { return s.Path != at }) {
		t.Errorf("told in addition %q, not any more %q", names(more), names(less))
		return
	}
	s := slices.Collect(maps.Values(more))[0]
	r := k.export.Get(s.Ref)
	if r == nil || r.Type != m.Kind || r.ID != "" && r.ID != m.ID || s.Path != at {
		t.Errorf("told of %s %s, want %s of %s", s.Ref, s.Path, at, m.ID)
	}
	if gaps := classify(t, []gap.Signal{s}); len(gaps) != 1 {
		t.Errorf("%d gaps: %v", len(gaps), gaps)
	}
}

// differing are the signals that only one of the two has.
func differing(before, after []gap.Signal) (more, less map[string]gap.Signal) {
	byText := func(signals []gap.Signal) map[string]gap.Signal {
		out := map[string]gap.Signal{}
		for _, s := range signals {
			out[fmt.Sprintf("%s %s: %s, %v, %v", s.Ref, s.Path, s.Code, s.Source, s.Target)] = s
		}
		return out
	}
	more, less = byText(after), byText(before)
	for key := range more {
		if _, both := less[key]; both {
			delete(more, key)
			delete(less, key)
		}
	}
	return more, less
}

func names(signals map[string]gap.Signal) []string { return slices.Sorted(maps.Keys(signals)) }

// mutate changes the field on the target, and returns how to change it back.
func (k *kept) mutate(t *testing.T, m cloudtest.Alteration) (undo func()) {
	t.Helper()
	url := k.on.url(t, m.Kind, m.ID)
	original, err := k.on.ask(t, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	changed, _ := resource.Clone(original).(map[string]any)
	m.Apply(changed)
	put := k.on.put
	if m.How == cloudtest.Anew {
		put = k.on.replace
	}
	put(t, m.Kind, m.ID, changed)
	return func() { put(t, m.Kind, m.ID, original) }
}
