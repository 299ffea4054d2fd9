package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"

	"github.com/wechsel-project/wechsel/pkg/gap"
)

// Text gives a text of the catalogue in the report's language, with its
// placeholders filled.
type Text func(id string, args map[string]string) string

// WriteTable writes the report for a terminal of 80 columns: the stages, what
// is not equivalent, the gaps, and last the counts.
func (r *Report) WriteTable(w io.Writer, text Text) error {
	t := &tableWriter{w: w, text: text}
	t.printf("%s\n", text("report.headline", map[string]string{"scenario": r.Scenario, "from": r.From.Name, "to": r.To.Name}))
	t.printf("%s\n\n", text("report.evidence."+r.Evidence, nil))
	t.stages(r.Stages)
	t.mapping(r.Mapping)
	t.gaps("report.unfit", r.Source.Unfit)
	t.gaps("report.gaps", r.Gaps)
	t.counts(r)
	return t.err
}

// WriteGaps writes a table of gaps alone.
func WriteGaps(w io.Writer, gaps []gap.Gap, text Text) error {
	t := &tableWriter{w: w, text: text}
	t.gaps("report.gaps", gaps)
	return t.err
}

// tableWriter keeps the first error, so that writing reads as a list.
type tableWriter struct {
	w    io.Writer
	text Text
	err  error
}

func (t *tableWriter) printf(format string, args ...any) {
	if t.err == nil {
		_, t.err = fmt.Fprintf(t.w, format, args...)
	}
}

func (t *tableWriter) stages(stages []Stage) {
	rows := make([][]string, 0, len(stages))
	for _, s := range stages {
		rows = append(rows, []string{t.text("stage."+s.Name, nil), strconv.FormatFloat(s.Seconds, 'f', 2, 64), strconv.FormatInt(s.Calls, 10)})
	}
	t.table([]string{"report.stage", "report.seconds", "report.calls"}, []int{44, 12, 12}, rows)
}

func (t *tableWriter) mapping(decisions []Decision) {
	var rows [][]string
	for _, d := range decisions {
		rows = append(rows, []string{d.From, d.To, d.Reason})
	}
	if len(rows) > 0 {
		t.printf("%s\n", t.text("report.mapping", nil))
		t.table([]string{"report.from", "report.to", "report.reason"}, []int{20, 20, 34}, rows)
	}
}

func (t *tableWriter) gaps(title string, gaps []gap.Gap) {
	if len(gaps) == 0 {
		return
	}
	t.printf("%s\n", t.text(title, nil))
	rows := make([][]string, 0, len(gaps))
	for _, g := range gaps {
		cause := g.Cause
		if g.Expected {
			cause = t.text("report.expected", nil) + ": " + cause
		}
		rows = append(rows, []string{t.text("severity."+string(g.Severity), nil), g.Kind, strconv.Itoa(len(g.Resources)), cause})
	}
	t.table([]string{"report.severity", "report.gap", "report.count", "report.cause"}, []int{14, 30, 4, 32}, rows)
}

func (t *tableWriter) counts(r *Report) {
	s := r.Score
	var parts []string
	for _, c := range []struct {
		id string
		n  int
	}{{"equivalent", s.Equivalent}, {"adapted", s.Adapted}, {"degraded", s.Degraded}, {"lost", s.Lost}, {"untested", s.Untested}} {
		parts = append(parts, fmt.Sprintf("%d %s", c.n, t.text("outcome."+c.id, nil)))
	}
	if s.Total > 0 { // a forecast has none
		t.list(t.text("report.resources", map[string]string{"n": strconv.Itoa(s.Total)}), parts)
	}
	parts = nil
	for _, severity := range gap.Severities() {
		n := 0
		for _, g := range r.Gaps {
			if g.Severity == severity {
				n++
			}
		}
		parts = append(parts, fmt.Sprintf("%d %s", n, t.text("severity."+string(severity), nil)))
	}
	t.list(t.text("report.gapcount", map[string]string{"n": strconv.Itoa(len(r.Gaps))}), parts)
}

// list writes a title and its parts, on further lines where 80 columns do not
// suffice.
func (t *tableWriter) list(title string, parts []string) {
	line := title + ":"
	for i, part := range parts {
		if i < len(parts)-1 {
			part += ","
		}
		if utf8.RuneCountInString(line)+1+utf8.RuneCountInString(part) > 80 {
			t.printf("%s\n", line)
			line = " "
		}
		line += " " + part
	}
	t.printf("%s\n", line)
}

// table writes columns of fixed widths, so that 80 columns always suffice.
func (t *tableWriter) table(head []string, widths []int, rows [][]string) {
	if t.err != nil {
		return
	}
	perColumn := tw.NewMapper[int, int]()
	for i, width := range widths {
		perColumn.Set(i, width)
	}
	var out strings.Builder
	table := tablewriter.NewTable(&out,
		tablewriter.WithRenderer(renderer.NewBlueprint(tw.Rendition{
			Borders:  tw.BorderNone,
			Symbols:  tw.NewSymbols(tw.StyleASCII),
			Settings: tw.Settings{Separators: tw.Separators{BetweenColumns: tw.Off, BetweenRows: tw.Off, ShowHeader: tw.Off}, Lines: tw.Lines{ShowHeaderLine: tw.Off}},
		})),
		tablewriter.WithColumnWidths(perColumn),
		tablewriter.WithRowAutoWrap(tw.WrapNormal),
		tablewriter.WithHeaderAutoWrap(tw.WrapNone),
		tablewriter.WithHeaderAutoFormat(tw.Off),
		tablewriter.WithHeaderAlignment(tw.AlignLeft),
		tablewriter.WithRowAlignment(tw.AlignLeft),
		tablewriter.WithPadding(tw.Padding{Left: "", Right: " ", Overwrite: true}),
		tablewriter.WithTrimSpace(tw.On),
	)
	titles := make([]string, len(head))
	for i, id := range head {
		titles[i] = t.text(id, nil)
	}
	table.Header(titles)
	if err := table.Bulk(rows); err != nil {
		t.err = err
		return
	}
	if err := table.Render(); err != nil {
		t.err = err
		return
	}
	for line := range strings.Lines(out.String()) {
		t.printf("%s\n", strings.TrimRight(line, " \n"))
	}
	t.printf("\n")
}
