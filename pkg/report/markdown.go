package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/gap"
)

// writeMarkdown writes the report in GitHub's flavour, which GitLab reads as
// well: for a file, a wiki or a comment.
func (r *Report) writeMarkdown(w io.Writer, s Style) error {
	m := &markdown{w: w, Style: s}
	m.printf("# %s\n\n", plainText(s.Text("report.headline", map[string]string{"scenario": r.Scenario, "from": r.From.Name, "to": r.To.Name})))
	m.printf("**%s: %s**\n\n", s.Text("document.verdict", nil), s.Text(r.Conclusion(), nil))
	m.printf("%s\n\n", s.Text("report.evidence."+r.Evidence, nil))
	for _, p := range r.NotRun {
		m.printf("%s\n\n", plainText(p.Text))
	}
	m.list([][2]string{
		{"document.scenario", r.Title}, {"document.started", s.moment(r.Started)}, {"document.finished", s.moment(r.Finished)},
		{"document.drill", code(r.Drill)}, {"document.version", r.Version},
	})
	if r.Score.Total > 0 {
		m.counts("document.resources", "outcome.", r.Score.counts())
	}
	m.counts("report.gaps", "severity.", bySeverity(r.Gaps))
	m.gaps("report.gaps", r.Gaps, r.Standards)
	m.gaps("report.unfit", r.Source.Unfit, r.Standards)
	m.mapping(r.Mapping)
	m.stages(r.Stages)
	m.cleanup(r)
	return m.err
}

// markdown keeps the first error, so that writing reads as a list.
type markdown struct {
	Style
	w   io.Writer
	err error
}

func (m *markdown) printf(format string, args ...any) {
	if m.err == nil {
		_, m.err = fmt.Fprintf(m.w, format, args...)
	}
}

// list writes those of the facts that are known.
func (m *markdown) list(facts [][2]string) {
	for _, f := range facts {
		if strings.Trim(f[1], "` ") != "" {
			m.printf("- %s: %s\n", m.Text(f[0], nil), f[1])
		}
	}
	m.printf("\n")
}

func (m *markdown) title(id string) { m.printf("## %s\n\n", m.Text(id, nil)) }

// counts writes one row of numbers.
func (m *markdown) counts(title, prefix string, counts []counted) {
	head, cells := []string{m.Text(title, nil)}, []string{}
	total := 0
	for _, c := range counts {
		head, cells = append(head, m.Text(prefix+c.ID, nil)), append(cells, strconv.Itoa(c.N))
		total += c.N
	}
	m.table(head, [][]string{append([]string{strconv.Itoa(total)}, cells...)})
}

func (m *markdown) table(head []string, rows [][]string) {
	m.printf("| %s |\n|%s\n", strings.Join(head, " | "), strings.Repeat(" --- |", len(head)))
	for _, row := range rows {
		m.printf("| %s |\n", strings.Join(row, " | "))
	}
	m.printf("\n")
}

func (m *markdown) gaps(title string, gaps []gap.Gap, standards []Standard) {
	if len(gaps) == 0 {
		return
	}
	m.title(title)
	var rows [][]string
	for _, g := range gaps {
		severity := m.Text("severity."+string(g.Severity), nil)
		if g.Expected {
			severity += " (" + m.Text("report.expected", nil) + ")"
		}
		if g.Unread {
			severity += " (" + m.Text("report.unread", nil) + ")"
		}
		rows = append(rows, []string{severity, plainText(g.Title) + "<br>" + code(g.Kind), strconv.Itoa(len(g.Resources)), plainText(g.Cause), plainText(g.Remedy),
			m.Text("who."+g.Who, nil), links(g.Standards, standards)})
	}
	head := make([]string, 0, 7)
	for _, id := range []string{"severity", "gap", "count", "cause", "remedy", "who", "standards"} {
		head = append(head, m.Text("document.column."+id, nil))
	}
	m.table(head, rows)
}

func links(ids []string, standards []Standard) string {
	var out []string
	for _, id := range ids {
		link := id
		for _, s := range standards {
			if s.ID == id && s.URL != "" {
				link = "[" + id + "](" + s.URL + ")"
			}
		}
		out = append(out, link)
	}
	return strings.Join(out, ", ")
}

func (m *markdown) mapping(decisions []Decision) {
	if len(decisions) == 0 {
		return
	}
	m.title("report.mapping")
	var rows [][]string
	for _, d := range decisions {
		rows = append(rows, []string{code(d.Ref), code(d.From), code(d.To), plainText(d.Reason)})
	}
	m.table([]string{m.Text("document.column.resource", nil), m.Text("document.column.source", nil), m.Text("document.column.target", nil), m.Text("document.column.reason", nil)}, rows)
}

func (m *markdown) stages(stages []Stage) {
	if len(stages) == 0 {
		return
	}
	m.title("document.stages")
	var rows [][]string
	for _, s := range stages {
		rows = append(rows, []string{m.Text("stage."+s.Name, nil), m.number(s.Seconds, 2), m.number(float64(s.Calls), 0)})
	}
	m.table([]string{m.Text("document.column.stage", nil), m.Text("document.column.seconds", nil), m.Text("document.column.calls", nil)}, rows)
}

func (m *markdown) cleanup(r *Report) {
	if len(r.Stages) == 0 {
		return
	}
	m.title("document.cleanup")
	m.printf("%s\n", m.Text("document.cleanup-"+r.Cleanup.state(), nil))
	for _, what := range r.Cleanup.Left {
		m.printf("- %s\n", code(what))
	}
}

// state is the id of the text about it.
func (c Cleanup) state() string {
	switch {
	case c.Kept:
		return "kept"
	case len(c.Left) > 0:
		return "left"
	}
	return "done"
}

// plainText escapes what Markdown would take for markup, within one cell.
func plainText(text string) string {
	return strings.NewReplacer("\n", " ", "|", `\|`, "<", "&lt;", ">", "&gt;", "*", `\*`, "_", `\_`, "`", "\\`", "[", `\[`, "]", `\]`).Replace(text)
}

// code writes a name as it is; nothing stays nothing.
func code(text string) string {
	if text == "" {
		return "–"
	}
	text = strings.NewReplacer("\n", " ", "|", `\|`, "`", "'").Replace(text)
	return "`" + text + "`"
}
