package report

import (
	"io"
	"slices"

	"github.com/wechsel-project/wechsel/pkg/drill"
	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// A Matrix is what many drills have found: each scenario between every ordered
// pair of clouds, in one language; [Matrix.In] says it in another.
type Matrix struct {
	APIVersion string       `json:"apiVersion"`
	Kind       string       `json:"kind"`
	Language   string       `json:"language"`
	Version    string       `json:"version"`  // of wechsel
	Started    string       `json:"started"`  // RFC 3339, UTC
	Finished   string       `json:"finished"` // RFC 3339, UTC
	Seconds    float64      `json:"seconds"`  // for all drills
	Evidence   []string     `json:"evidence"` // the levels that drills have
	Scenarios  []Workload   `json:"scenarios"`
	Clouds     []string     `json:"clouds"`
	Drills     []Cell       `json:"drills"`   // by scenario, from and to, in the order of the lists
	Verdicts   []VerdictSum `json:"verdicts"` // how many drills have which
	Standards  []Standard   `json:"standards"`
}

// A Workload is a scenario of a matrix.
type Workload struct {
	Name   string   `json:"name"`
	Title  string   `json:"title"`
	Titles gap.Text `json:"titles,omitempty"`
	NotRun []Part   `json:"notRun,omitempty"` // its parts that the matrix says nothing about
}

// VerdictSum counts drills.
type VerdictSum struct {
	Verdict Verdict `json:"verdict"`
	Drills  int     `json:"drills"`
}

// A Cell is one drill of a matrix: what its report comes down to.
type Cell struct {
	drill.Pair
	Drill    string    `json:"drill,omitempty"`
	Folder   string    `json:"folder,omitempty"` // below the matrix's folder; empty: nothing was kept
	Evidence string    `json:"evidence,omitempty"`
	Verdict  Verdict   `json:"verdict"`
	Error    string    `json:"error,omitempty"` // why the drill did not come to its end
	Score    Score     `json:"score"`
	Gaps     []gap.Gap `json:"gaps"`  // without evidence, which is in the drill's report
	Unfit    []gap.Gap `json:"unfit"` // what the source itself could not carry
	Seconds  float64   `json:"seconds"`
	Calls    int64     `json:"calls"`
	Left     []string  `json:"left"` // in the clouds
}

// CellOf is a drill's report as a cell.
func CellOf(pair drill.Pair, folder string, r *Report) Cell {
	c := Cell{Pair: pair, Drill: r.Drill, Folder: folder, Evidence: r.Evidence, Verdict: r.Verdict, Score: r.Score, Gaps: withoutEvidence(r.Gaps), Unfit: withoutEvidence(r.Source.Unfit), Left: r.Cleanup.Left}
	for _, s := range r.Stages {
		c.Seconds, c.Calls = c.Seconds+s.Seconds, c.Calls+s.Calls
	}
	return c
}

// FailedCell is a drill that did not come to its end.
func FailedCell(pair drill.Pair, id, folder string, why error) Cell {
	return Cell{Pair: pair, Drill: id, Folder: folder, Verdict: Incomplete, Error: why.Error(), Gaps: []gap.Gap{}, Unfit: []gap.Gap{}, Left: []string{}}
}

func withoutEvidence(gaps []gap.Gap) []gap.Gap {
	out := append([]gap.Gap{}, gaps...)
	for i := range out {
		out[i].Evidence = []gap.Evidence{}
	}
	return out
}

// NewMatrix makes the matrix of drills that are over. Of about it takes
// version and times.
func NewMatrix(about About, seconds float64, scenarios []Workload, clouds []string, cells []Cell, words Words) *Matrix {
	m := &Matrix{APIVersion: resource.APIVersion, Kind: "Matrix", Version: about.Version, Started: about.Started, Finished: about.Finished, Seconds: seconds,
		Evidence: []string{}, Scenarios: scenarios, Clouds: clouds, Drills: cells}
	for _, c := range cells {
		if c.Evidence != "" && !slices.Contains(m.Evidence, c.Evidence) {
			m.Evidence = append(m.Evidence, c.Evidence)
		}
	}
	slices.Sort(m.Evidence)
	for _, v := range Verdicts() {
		n := 0
		for _, c := range cells {
			count(c.Verdict == v, &n)
		}
		m.Verdicts = append(m.Verdicts, VerdictSum{v, n})
	}
	return m.In(words)
}

// In returns the matrix in the language of words: the same findings.
func (m *Matrix) In(words Words) *Matrix {
	out := *m
	out.Language = words.Language
	out.Scenarios = slices.Clone(m.Scenarios)
	for i, s := range out.Scenarios {
		if title := s.Titles[words.Language]; title != "" {
			out.Scenarios[i].Title = title
		}
		out.Scenarios[i].NotRun = words.Parts(s.NotRun)
	}
	out.Drills = slices.Clone(m.Drills)
	var all []gap.Gap
	for i := range out.Drills {
		c := &out.Drills[i]
		c.Gaps, c.Unfit = words.say(c.Gaps), words.say(c.Unfit)
		all = append(append(all, c.Gaps...), c.Unfit...)
	}
	out.Standards = words.Standards.of(all...)
	return &out
}

// say returns the gaps with their texts in the language.
func (w Words) say(gaps []gap.Gap) []gap.Gap {
	out := append([]gap.Gap{}, gaps...)
	for i := range out {
		w.Kinds.Say(&out[i], w.Language)
	}
	return out
}

// Worst counts the gaps at or above the severity that nobody expected.
func (m *Matrix) Worst(s gap.Severity) int {
	n := 0
	for _, c := range m.Drills {
		for _, g := range c.Gaps {
			count(!g.Expected && g.Severity.AtLeast(s), &n)
		}
	}
	return n
}

// cell returns the drill of a pair, or nil where there is none.
func (m *Matrix) cell(p drill.Pair) *Cell {
	i := slices.IndexFunc(m.Drills, func(c Cell) bool { return c.Pair == p })
	if i < 0 {
		return nil
	}
	return &m.Drills[i]
}

// Blockers are the kinds of gaps that block, each once, in the order of gaps.
func (c *Cell) Blockers() []string {
	var kinds []string
	for _, g := range c.Gaps {
		if g.Severity == gap.Blocker && !slices.Contains(kinds, g.Kind) {
			kinds = append(kinds, g.Kind)
		}
	}
	return kinds
}

// Write writes the matrix in one of [Formats], in the style's language.
func (m *Matrix) Write(w io.Writer, format string, s Style) error {
	m = m.In(s.Words)
	return write(format, map[string]func() error{
		"table":    func() error { return m.writeTable(w, s) },
		"json":     func() error { return writeJSON(w, m) },
		"markdown": func() error { return m.writeMarkdown(w, s) },
		"html":     func() error { return m.writeHTML(w, s) },
		"junit":    func() error { return writeJUnit(w, m.suites(s)) },
	})
}
