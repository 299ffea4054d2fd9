package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/pkg/twwarp"
	"github.com/olekukonko/tablewriter/pkg/twwidth"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"

	"github.com/wechsel-project/wechsel/pkg/gap"
)

// columns is what every terminal has.
const columns = 80

// writeTable writes the report for a terminal of 80 columns: the stages, what
// the plan decided, the gaps, and last the counts.
func (r *Report) writeTable(w io.Writer, s Style) error {
	t := &tableWriter{w: w, text: s.Text}
	t.paragraph(s.Text("report.headline", map[string]string{"scenario": r.Scenario, "from": r.From.Name, "to": r.To.Name}))
	t.paragraph(s.Text("report.evidence."+r.Evidence, nil))
	for _, p := range r.NotRun {
		t.paragraph(p.Text)
	}
	t.printf("\n")
	t.stages(r.Stages)
	t.mapping(r.Mapping)
	t.gaps("report.unfit", r.Source.Unfit)
	t.gaps("report.gaps", r.Gaps)
	t.counts(r)
	return t.err
}

// WriteGaps writes a table of gaps alone.
func WriteGaps(w io.Writer, gaps []gap.Gap, words Words) error {
	t := &tableWriter{w: w, text: words.Text}
	t.gaps("report.gaps", gaps)
	return t.err
}

// tableWriter keeps the first error, so that writing reads as a list.
type tableWriter struct {
	w    io.Writer
	text func(id string, args map[string]string) string
	err  error
}

func (t *tableWriter) printf(format string, args ...any) {
	if t.err == nil {
		_, t.err = fmt.Fprintf(t.w, format, args...)
	}
}

// paragraph writes a text in as many lines as it needs.
func (t *tableWriter) paragraph(text string) {
	for _, line := range wrap(text, columns) {
		t.printf("%s\n", line)
	}
}

func (t *tableWriter) stages(stages []Stage) {
	rows := make([][]string, 0, len(stages))
	for _, s := range stages {
		rows = append(rows, []string{t.text("stage."+s.Name, nil), strconv.FormatFloat(s.Seconds, 'f', 2, 64), strconv.FormatInt(s.Calls, 10)})
	}
	if len(rows) > 0 { // a forecast has none
		t.table([]string{"report.stage", "report.seconds", "report.calls"}, []int{56, 12, 12}, rows)
	}
}

// mapping tells each decision once, however many resources it is about.
func (t *tableWriter) mapping(decisions []Decision) {
	var rows [][]string
	for _, d := range decisions {
		row := []string{cmp.Or(d.From, "–"), cmp.Or(d.To, "–"), d.Reason}
		if !slices.ContainsFunc(rows, func(have []string) bool { return slices.Equal(have, row) }) {
			rows = append(rows, row)
		}
	}
	if len(rows) > 0 {
		t.printf("%s\n", t.text("report.mapping", nil))
		t.table([]string{"report.from", "report.to", "report.reason"}, []int{22, 22, 36}, rows)
	}
}

func (t *tableWriter) gaps(title string, gaps []gap.Gap) {
	if len(gaps) == 0 {
		return
	}
	t.paragraph(t.text(title, nil))
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
	t.paragraph(t.text(r.Conclusion(), nil))
	if r.Score.Total > 0 { // a forecast has none
		t.list(t.text("report.resources", map[string]string{"n": strconv.Itoa(r.Score.Total)}), "outcome.", r.Score.counts())
	}
	t.list(t.text("report.gapcount", map[string]string{"n": strconv.Itoa(len(r.Gaps))}), "severity.", bySeverity(r.Gaps))
	if n := unread(r.Gaps); n > 0 {
		t.printf("  %s\n", t.text("report.unreadcount", map[string]string{"n": strconv.Itoa(n)}))
	}
	if n := warned(r.Stages); n > 0 {
		t.paragraph(t.text("report.warningcount", map[string]string{"n": strconv.Itoa(n)}))
	}
}

// list writes a title and its parts, on further lines where 80 columns do not
// suffice.
func (t *tableWriter) list(title, prefix string, counts []counted) {
	line := title + ":"
	for i, c := range counts {
		part := fmt.Sprintf("%d %s", c.N, t.text(prefix+c.ID, nil))
		if i < len(counts)-1 {
			part += ","
		}
		if twwidth.Width(line)+1+twwidth.Width(part) > columns {
			t.printf("%s\n", line)
			line = " "
		}
		line += " " + part
	}
	t.printf("%s\n", line)
}

// table writes a table whose heads are texts.
func (t *tableWriter) table(head []string, widths []int, rows [][]string) {
	titles := make([]string, len(head))
	for i, id := range head {
		titles[i] = t.text(id, nil)
	}
	t.tableOf(titles, widths, rows)
}

// tableOf writes columns of these widths, each with a space at its end. Texts
// are wrapped here: no word is wider than its column, however long a name is.
func (t *tableWriter) tableOf(head []string, widths []int, rows [][]string) {
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
		tablewriter.WithRowAutoWrap(tw.WrapNone),
		tablewriter.WithHeaderAutoWrap(tw.WrapNone),
		tablewriter.WithHeaderAutoFormat(tw.Off),
		tablewriter.WithHeaderAlignment(tw.AlignLeft),
		tablewriter.WithRowAlignment(tw.AlignLeft),
		tablewriter.WithPadding(tw.Padding{Left: "", Right: " ", Overwrite: true}),
		tablewriter.WithTrimSpace(tw.Off),
	)
	wrapped := func(row []string) []string {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = strings.Join(wrap(cell, widths[i]-1), "\n")
		}
		return cells
	}
	table.Header(wrapped(head))
	for _, row := range rows {
		if t.err = table.Append(wrapped(row)); t.err != nil {
			return
		}
	}
	if t.err = table.Render(); t.err != nil {
		return
	}
	for line := range strings.Lines(out.String()) {
		t.printf("%s\n", strings.TrimRight(line, " \n"))
	}
	t.printf("\n")
}

// wrap breaks a text into lines of at most width columns: between words, and
// within a word that is wider.
func wrap(text string, width int) []string {
	var words []string
	for _, word := range strings.Fields(text) {
		for twwidth.Width(word) > width {
			head := cut(word, width)
			words, word = append(words, head), word[len(head):]
		}
		words = append(words, word)
	}
	lines, _ := twwarp.WrapString(strings.Join(words, " "), width)
	return lines
}

// cut returns the longest beginning of a word that is not wider than width:
// after a separator where there is one in its second half.
func cut(word string, width int) string {
	end, good := 0, 0
	for i, r := range word {
		next := i + len(string(r))
		if twwidth.Width(word[:next]) > width {
			break
		}
		end = next
		if strings.ContainsRune("/-_.:", r) && next > width/2 {
			good = next
		}
	}
	if good > 0 {
		return word[:good]
	}
	return word[:max(end, 1)]
}
