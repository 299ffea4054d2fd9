//go:build cluster

package drill

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/resource"
	"github.com/wechsel-project/wechsel/pkg/scenario"
)

var update = flag.Bool("update", false, "write the golden files")

// A sample is a workload as people publish theirs, with the gaps that it has
// between unlike clusters.
type sample struct {
	name    string
	file    string
	archive *txtar.Archive
	loaded  *scenario.Scenario
	owns    map[resource.Ref]bool
}

// TestClusterNoise: what moves between equal clusters has no gap but of what could
// not be read, and those that every exit has, and what moves between unlike ones has the expected ones and
// no more. All samples move at once, and each answers for its own resources.
func TestClusterNoise(t *testing.T) {
	samples := loadSamples(t)
	clusters := clustersOf(t, carriedProfile(t, "alster"), carriedProfile(t, "alster"), carriedProfile(t, "isar"))
	t.Run("equal", func(t *testing.T) {
		result := moveAll(t, clusters[0], clusters[1], samples)
		for _, s := range samples {
			t.Run(s.name, func(t *testing.T) {
				for _, g := range s.gaps(t, result) {
					if !g.Unread && !everywhere()[g.Kind] {
						t.Errorf("between equal clusters: %s", line(g))
					}
				}
			})
		}
	})
	t.Run("unlike", func(t *testing.T) {
		result := moveAll(t, clusters[0], clusters[2], samples)
		for _, s := range samples {
			t.Run(s.name, func(t *testing.T) { s.compare(t, s.gaps(t, result)) })
		}
	})
}

// everywhere are the kinds that every exit has, however alike the two ends: what
// Helm has noted does not travel in an export, and what has run is done.
func everywhere() map[string]bool {
	return map[string]bool{"workload/job-finished": true, "workload/release-lost": true}
}

func loadSamples(t *testing.T) []*sample {
	t.Helper()
	files, err := filepath.Glob("testdata/noise/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 12 {
		t.Fatalf("only %d samples", len(files))
	}
	var out []*sample
	for _, file := range files {
		s := &sample{name: strings.TrimSuffix(filepath.Base(file), ".txtar"), file: file}
		if s.archive, err = txtar.ParseFile(file); err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		if err := txtar.Write(s.archive, filepath.Join(dir, s.name)); err != nil {
			t.Fatal(err)
		}
		if s.loaded, err = scenario.Load(os.DirFS(dir), s.name, scenario.Options{}); err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	return out
}

// moveAll moves all samples in one drill.
func moveAll(t *testing.T, from, to *served, samples []*sample) *Result {
	t.Helper()
	all := &scenario.Scenario{}
	for _, s := range samples {
		s.owns = map[resource.Ref]bool{}
		for r := range from.workload(t, s.loaded).All() {
			s.owns[r.Ref] = true
		}
		all.Kubernetes = append(all.Kubernetes, s.loaded.Kubernetes...)
	}
	result, _ := move(t, from, to, all, "noise", false)
	if len(result.Left) > 0 || len(result.Unfit) > 0 {
		t.Errorf("left: %v; the source cannot carry: %v", result.Left, result.Unfit)
	}
	for _, signal := range result.Signals {
		if !slices.ContainsFunc(samples, func(s *sample) bool { return s.has(result, signal.Ref) }) {
			t.Errorf("nobody's: %s %s %s", signal.Code, signal.Ref, signal.Path)
		}
	}
	return result
}

// has reports whether the resource is the sample's: it asks for it, or for what
// has brought it.
func (s *sample) has(result *Result, ref resource.Ref) bool {
	if s.owns[ref] {
		return true
	}
	for _, set := range []*resource.Set{result.Source, result.Target} {
		if r := set.Get(ref); r != nil && !r.Parent.IsZero() {
			return s.has(result, r.Parent)
		}
	}
	return false
}

func (s *sample) gaps(t *testing.T, result *Result) []gap.Gap {
	t.Helper()
	var own []gap.Signal
	for _, signal := range result.Signals {
		if s.has(result, signal.Ref) {
			own = append(own, signal)
		}
	}
	return classify(t, own)
}

// line is what of a gap a golden file has.
func line(g gap.Gap) string {
	var refs, seen []string
	for _, r := range g.Resources {
		refs = append(refs, r.String())
	}
	for _, s := range g.Seen {
		seen = append(seen, string(s))
	}
	return strings.Join(strings.Fields(fmt.Sprintf("%s %s (%s) %s %s", g.Severity, g.Kind, strings.Join(seen, " "), g.Path, strings.Join(refs, " "))), " ")
}

// compare holds the gaps against those of the archive's file gaps.
func (s *sample) compare(t *testing.T, gaps []gap.Gap) {
	t.Helper()
	var lines []string
	for _, g := range gaps {
		lines = append(lines, line(g)+"\n")
	}
	slices.Sort(lines)
	got := strings.Join(lines, "")
	i := slices.IndexFunc(s.archive.Files, func(f txtar.File) bool { return f.Name == "gaps" })
	if *update {
		if i < 0 {
			s.archive.Files = append(s.archive.Files, txtar.File{Name: "gaps"})
			i = len(s.archive.Files) - 1
		}
		s.archive.Files[i].Data = []byte(got)
		if err := os.WriteFile(s.file, txtar.Format(s.archive), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if i < 0 {
		t.Fatalf("%s has no file gaps: go test -tags cluster -run TestClusterNoise -update writes it", s.file)
	}
	if d := cmp.Diff(strings.Split(string(s.archive.Files[i].Data), "\n"), strings.Split(got, "\n")); d != "" {
		t.Errorf("the gaps of %s are others (-expected +found):\n%s", s.name, d)
	}
}
