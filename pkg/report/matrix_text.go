package report

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/drill"
	"github.com/wechsel-project/wechsel/pkg/gap"
)

// across is how many targets a table shows side by side in 80 columns.
const across = 5

// short is a cell in two lines: the verdict, and how many resources had which
// outcome.
func (c *Cell) short(s Style) (verdict, counts string) {
	verdict = s.Text("matrix.word."+string(c.Verdict), nil)
	if c.Error != "" {
		return verdict, ""
	}
	var n []string
	for _, o := range c.Score.counts() {
		n = append(n, strconv.Itoa(o.N))
	}
	return verdict, strings.Join(n, "/")
}

func (m *Matrix) writeTable(w io.Writer, s Style) error {
	t := &tableWriter{w: w, text: s.Text}
	for _, level := range m.Evidence {
		t.paragraph(s.Text("report.evidence."+level, nil))
	}
	t.paragraph(s.Text("matrix.legend", nil))
	t.printf("\n")
	for _, scenario := range m.Scenarios {
		t.paragraph(title(scenario))
		for _, p := range scenario.NotRun {
			t.paragraph(p.Text)
		}
		for targets := range slices.Chunk(m.Clouds, across) {
			t.grid(m, s, scenario.Name, targets)
		}
	}
	t.blockers(m, s)
	t.failures(m, s)
	t.list(s.Text("matrix.drills", map[string]string{"n": strconv.Itoa(len(m.Drills)), "seconds": s.number(m.Seconds, 1)}), "matrix.word.", m.sums())
	return t.err
}

func title(w Workload) string {
	if w.Title == "" {
		return w.Name
	}
	return w.Name + ": " + w.Title
}

func (m *Matrix) sums() []counted {
	var out []counted
	for _, v := range m.Verdicts {
		out = append(out, counted{string(v.Verdict), v.Drills})
	}
	return out
}

// grid writes a row per source and a column per target.
func (t *tableWriter) grid(m *Matrix, s Style, scenario string, targets []string) {
	widths, head := []int{15}, []string{s.Text("matrix.from-to", nil)}
	for _, to := range targets {
		widths, head = append(widths, 13), append(head, to)
	}
	var rows [][]string
	for _, from := range m.Clouds {
		row := []string{from}
		for _, to := range targets {
			cell := "–"
			if c := m.cell(drill.Pair{Scenario: scenario, From: from, To: to}); c != nil {
				verdict, counts := c.short(s)
				cell = strings.TrimSpace(verdict + " " + counts)
			}
			row = append(row, cell)
		}
		rows = append(rows, row)
	}
	t.tableOf(head, widths, rows)
}

func (t *tableWriter) blockers(m *Matrix, s Style) {
	var rows [][]string
	for _, c := range m.Drills {
		if blockers := c.Blockers(); len(blockers) > 0 {
			rows = append(rows, []string{c.Scenario, c.From, c.To, strings.Join(blockers, ", ")})
		}
		for _, g := range c.Unfit {
			if g.Severity == gap.Blocker {
				rows = append(rows, []string{c.Scenario, c.From, c.To, s.Text("matrix.unfit", map[string]string{"gap": g.Kind})})
			}
		}
	}
	if len(rows) > 0 {
		t.printf("%s\n", s.Text("matrix.blockers", nil))
		t.table([]string{"matrix.scenario", "report.from", "report.to", "report.gap"}, []int{15, 16, 16, 33}, rows)
	}
}

func (t *tableWriter) failures(m *Matrix, s Style) {
	for _, c := range m.Drills {
		if c.Error != "" {
			t.paragraph(s.Text("matrix.failed", map[string]string{"scenario": c.Scenario, "from": c.From, "to": c.To, "error": c.Error}))
		}
	}
}

func (m *Matrix) writeMarkdown(w io.Writer, s Style) error {
	d := &markdown{w: w, Style: s}
	d.printf("# %s\n\n", s.Text("matrix.title", nil))
	for _, level := range m.Evidence {
		d.printf("%s\n\n", s.Text("report.evidence."+level, nil))
	}
	d.counts("matrix.drillcount", "matrix.word.", m.sums())
	d.printf("%s\n\n", s.Text("matrix.legend", nil))
	for _, scenario := range m.Scenarios {
		d.printf("## %s\n\n", plainText(title(scenario)))
		for _, p := range scenario.NotRun {
			d.printf("%s\n\n", plainText(p.Text))
		}
		head := []string{s.Text("matrix.from-to", nil)}
		for _, to := range m.Clouds {
			head = append(head, plainText(to))
		}
		var rows [][]string
		for _, from := range m.Clouds {
			row := []string{"**" + plainText(from) + "**"}
			for _, to := range m.Clouds {
				row = append(row, m.markdownCell(s, drill.Pair{Scenario: scenario.Name, From: from, To: to}))
			}
			rows = append(rows, row)
		}
		d.table(head, rows)
	}
	for _, c := range m.Drills {
		if c.Error != "" {
			d.printf("- %s\n", plainText(s.Text("matrix.failed", map[string]string{"scenario": c.Scenario, "from": c.From, "to": c.To, "error": c.Error})))
		}
	}
	return d.err
}

func (m *Matrix) markdownCell(s Style, p drill.Pair) string {
	c := m.cell(p)
	if c == nil {
		return "–"
	}
	verdict, counts := c.short(s)
	out := verdict
	if c.Folder != "" && c.Error == "" {
		out = fmt.Sprintf("[%s](%s/report.html)", verdict, c.Folder)
	}
	if counts != "" {
		out += "<br>" + counts
	}
	for _, b := range c.Blockers() {
		out += "<br>" + code(b)
	}
	return out
}

// suites are one per scenario, with a case per pair: it fails for what makes
// the exit code 1, and has an error where the drill did not come to its end.
func (m *Matrix) suites(s Style) []testsuite {
	var suites []testsuite
	for _, w := range m.Scenarios {
		r := Report{Scenario: w.Name, Drill: "matrix", Version: m.Version, Started: m.Started, Complete: true}
		r.From.Name, r.To.Name, r.Evidence = "*", "*", strings.Join(m.Evidence, " ")
		var cases []testcase
		for _, c := range m.Drills {
			if c.Scenario == w.Name {
				cases = append(cases, c.testcase(s))
			}
		}
		suites = append(suites, r.suite("matrix", cases))
	}
	return suites
}

func (c *Cell) testcase(s Style) testcase {
	out := testcase{Name: c.From + " → " + c.To, Class: "matrix." + c.Scenario, Time: seconds3(c.Seconds)}
	verdict := s.Text("conclusion."+string(c.Verdict), nil)
	var causes []string
	for _, g := range c.Gaps {
		if s.FailOn != "" && !g.Expected && g.Severity.AtLeast(s.FailOn) {
			causes = append(causes, g.Kind+": "+g.Cause)
		}
	}
	p := &problem{Message: verdict, Type: string(c.Verdict), Text: strings.Join(causes, "\n")}
	switch {
	case c.Error != "":
		p.Text = c.Error
		out.Error = p
	case len(causes) > 0:
		out.Failure = p
	case c.Verdict == Unfit:
		for _, g := range c.Unfit {
			causes = append(causes, g.Kind+": "+g.Cause)
		}
		p.Text = strings.Join(causes, "\n")
		out.Skipped = p
	}
	return out
}
