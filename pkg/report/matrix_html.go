package report

import (
	"html/template"
	"io"
	"slices"
	"strconv"

	"github.com/wechsel-project/wechsel/pkg/drill"
	"github.com/wechsel-project/wechsel/pkg/gap"
)

// matrixPage is a matrix arranged for reading.
type matrixPage struct {
	*Matrix
	Style
	Sections []section
}

func (m *Matrix) writeHTML(w io.Writer, s Style) error {
	page := &matrixPage{Matrix: m, Style: s}
	for i, id := range []string{"overview", "drills", "method", "limits", "glossary"} {
		page.Sections = append(page.Sections, section{ID: id, Number: i + 1})
	}
	t, err := s.template("matrix.html.tmpl", m.Standards)
	if err != nil {
		return err
	}
	t.Funcs(template.FuncMap{"body": func(id string) (template.HTML, error) { return part(t, id, page) }})
	return t.ExecuteTemplate(w, "matrix.html.tmpl", page)
}

// pageCell is a cell with the number that the page refers to it by; the
// diagonal has none.
type pageCell struct {
	*Cell
	Number string
	Title  string
}

// gridRow is what leaves one cloud.
type gridRow struct {
	From  string
	Cells []pageCell
}

func (p *matrixPage) Grid(scenario string) []gridRow {
	var rows []gridRow
	for _, from := range p.Clouds {
		row := gridRow{From: from}
		for _, to := range p.Clouds {
			row.Cells = append(row.Cells, p.at(drill.Pair{Scenario: scenario, From: from, To: to}))
		}
		rows = append(rows, row)
	}
	return rows
}

func (p *matrixPage) at(pair drill.Pair) pageCell {
	i := slices.IndexFunc(p.Drills, func(c Cell) bool { return c.Pair == pair })
	if i < 0 {
		return pageCell{}
	}
	w := slices.IndexFunc(p.Scenarios, func(w Workload) bool { return w.Name == pair.Scenario })
	return pageCell{Cell: &p.Drills[i], Number: "2." + strconv.Itoa(i+1), Title: title(p.Scenarios[w])}
}

// Cells are all drills, numbered.
func (p *matrixPage) Cells() []pageCell {
	var out []pageCell
	for _, c := range p.Drills {
		out = append(out, p.at(c.Pair))
	}
	return out
}

// Counts is the cell's score for the page, without what there is none of.
func (c pageCell) Counts() []counted {
	return slices.DeleteFunc(c.Score.counts(), func(n counted) bool { return n.N == 0 })
}

// Severities counts the cell's gaps, without what there is none of.
func (c pageCell) Severities() []counted {
	return slices.DeleteFunc(bySeverity(c.Gaps), func(n counted) bool { return n.N == 0 })
}

// Told are the gaps that the page lists: those that cost something first; all
// others are in the drill's report.
func (c pageCell) Told() []gap.Gap {
	return slices.DeleteFunc(slices.Clone(c.Gaps), func(g gap.Gap) bool { return !g.Severity.AtLeast(gap.Adapted) })
}

func (p *matrixPage) Sums() []counted { return p.sums() }

func (p *matrixPage) Limits() []string {
	return []string{"moment", "rights", "application", "equivalence", "certificate"}
}

func (p *matrixPage) Glossary() []string {
	return []string{"drill", "source", "gap", "blocker", "degraded", "adapted", "untested", "evidence", "bundle", "scs"}
}

func (p *matrixPage) AnySimulated() bool { return slices.Contains(p.Evidence, "E2") }
