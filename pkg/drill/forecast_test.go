package drill

import (
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"testing"

	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/scenario"
	"github.com/wechsel-project/wechsel/scenarios"
)

// hits are how often a kind of gap was foretold, measured, and both.
type hits struct{ foretold, measured, both int }

func (h hits) precision() float64 { return share(h.both, h.foretold) }
func (h hits) recall() float64    { return share(h.both, h.measured) }

func share(part, whole int) float64 {
	if whole == 0 {
		return 1
	}
	return float64(part) / float64(whole)
}

func (h *hits) add(foretold, measured bool) {
	for counter, yes := range map[*int]bool{&h.foretold: foretold, &h.measured: measured, &h.both: foretold && measured} {
		if yes {
			*counter++
		}
	}
}

// BenchmarkForecast runs every scenario between every two simulated clouds and
// tells how good the forecasts are, without adapted, in all and per kind; with
// -v, also which gaps were missed or did not come true.
func BenchmarkForecast(b *testing.B) {
	clouds, names := []string{"scs-reference", "alster", "isar", "elbe", "plain"}, scenarioNames(b)
	for range b.N {
		kinds, whole := map[string]*hits{}, &hits{}
		for _, from := range clouds {
			for _, to := range clouds {
				if from == to {
					continue
				}
				for _, name := range names {
					w := newWorld(b, from, to, 7)
					r := run(b, w.options(b, name))
					judge(b, fmt.Sprintf("%s from %s to %s", name, from, to), classify(b, r.Signals), kinds, whole)
				}
			}
		}
		b.ReportMetric(100*whole.precision(), "%precision")
		b.ReportMetric(100*whole.recall(), "%recall")
		for _, kind := range slices.SortedFunc(maps.Keys(kinds), func(x, y string) int {
			return cmp.Or(cmp.Compare(kinds[x].recall()+kinds[x].precision(), kinds[y].recall()+kinds[y].precision()), cmp.Compare(x, y))
		}) {
			h := kinds[kind]
			b.Logf("%-32s foretold %3d measured %3d both %3d", kind, h.foretold, h.measured, h.both)
		}
	}
}

func judge(b *testing.B, where string, gaps []gap.Gap, kinds map[string]*hits, whole *hits) {
	for _, g := range gaps {
		if g.Severity == gap.Adapted {
			continue
		}
		foretold := slices.Contains(g.Seen, gap.Forecast)
		measured := slices.ContainsFunc(g.Seen, func(s gap.Seen) bool { return s != gap.Forecast })
		if kinds[g.Kind] == nil {
			kinds[g.Kind] = &hits{}
		}
		kinds[g.Kind].add(foretold, measured)
		whole.add(foretold, measured)
		if foretold != measured {
			b.Logf("%s: %s %s at %s of %v: foretold %v, measured %v: %s", where, g.Severity, g.Kind, g.Path, g.Resources, foretold, measured, g.Cause)
		}
	}
}

func scenarioNames(t testing.TB) []string {
	t.Helper()
	entries, err := fs.ReadDir(scenarios.FS(), ".")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		s, err := scenario.Load(scenarios.FS(), e.Name(), scenario.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if s.Template != nil { // else it is for clusters alone
			names = append(names, s.Name)
		}
	}
	return names
}
