package report

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/olekukonko/tablewriter/pkg/twwidth"

	"github.com/wechsel-project/wechsel/pkg/drill"
	"github.com/wechsel-project/wechsel/pkg/gap"
)

// matrixOf is a matrix with a drill of every sort: between six clouds, more
// than a table shows side by side.
func matrixOf(t testing.TB, lang string) *Matrix {
	t.Helper()
	clouds := []string{"sim:alster", "sim:isar", "real-a", "real-b", "sim:a-cloud-with-a-very-long-name", "sim:plain"}
	scenarios := []Workload{{Name: "tiny", Titles: gap.Text{"en": "One server", "de": "Ein Server"}}, {Name: "web-shop", Titles: gap.Text{"en": "Web shop", "de": "Webshop"}, NotRun: []Part{{Part: "kubernetes", Why: NotAsked}}}}
	var cells []Cell
	for i, pair := range drill.Pairs([]string{"tiny", "web-shop"}, clouds) {
		r := sample()
		switch i % 5 {
		case 0:
			r.Gaps, r.Resources = nil, r.Resources[1:2]
		case 1:
			r.Gaps, r.Resources, r.Source.Unfit = r.Gaps[1:], r.Resources[1:2], nil
		case 2:
			r.Source.Unfit[0].Severity = gap.Blocker
		case 3:
			cells = append(cells, FailedCell(pair, "d", "folder", errors.New("catalogues: the cloud <went> away")))
			continue
		}
		r.Score = Count(r.Resources)
		r.Verdict = judge(r)
		cells = append(cells, CellOf(pair, "folder", r))
	}
	return NewMatrix(About{Version: "v1.2.3", Started: "2026-01-02T03:04:05Z", Finished: "2026-01-02T03:05:05Z"}, 60, scenarios, clouds, cells, words(t, lang))
}

func TestMatrixGolden(t *testing.T) {
	for _, lang := range gap.Languages() {
		for _, format := range []string{"table", "markdown", "junit"} {
			t.Run(lang+"."+format, func(t *testing.T) {
				var got bytes.Buffer
				if err := matrixOf(t, "en").Write(&got, format, Style{Words: words(t, lang), FailOn: gap.Blocker}); err != nil {
					t.Fatal(err)
				}
				golden(t, "matrix."+lang+"."+format, got.String())
				for line := range strings.Lines(got.String()) {
					if n := twwidth.Width(strings.TrimRight(line, "\n")); format == "table" && n > columns {
						t.Errorf("%d columns: %s", n, line)
					}
				}
			})
		}
	}
}

// Every drill is a cell that leads to its part of the page, and from there to
// its report.
func TestMatrixPage(t *testing.T) {
	for _, lang := range gap.Languages() {
		m := matrixOf(t, lang)
		var b bytes.Buffer
		if err := m.Write(&b, "html", Style{Words: words(t, lang)}); err != nil {
			t.Fatal(err)
		}
		page := b.String()
		checkPage(t, lang, page, "folder/report.html")
		if links, reports := strings.Count(page, `href="#drill-`), strings.Count(page, `href="folder/report.html"`); links != len(m.Drills) || reports == 0 || reports >= len(m.Drills) {
			t.Errorf("%d cells, %d reports of %d drills", links, reports, len(m.Drills))
		}
		if strings.Contains(page, "<went>") || !strings.Contains(page, "&lt;went&gt;") {
			t.Error("the error is not told as text")
		}
		for _, v := range m.Verdicts {
			if v.Verdict != Adapted && v.Drills == 0 {
				t.Errorf("the sample has no drill that is %s", v.Verdict)
			}
			if word := words(t, lang).Text("matrix.word."+string(v.Verdict), nil); !strings.Contains(page, word) {
				t.Errorf("no word for %s", v.Verdict)
			}
		}
	}
}

// What fails a program's run is a failure, an error or neither, as in a run.
func TestMatrixCounts(t *testing.T) {
	m := matrixOf(t, "en")
	blocked, unfit := 0, 0
	for _, c := range m.Drills {
		for _, g := range c.Gaps {
			count(g.Severity == gap.Blocker, &blocked)
			if len(g.Evidence) > 0 {
				t.Error("a cell carries evidence, which is in the drill's report")
			}
		}
		count(c.Verdict == Unfit, &unfit)
	}
	if got := m.Worst(gap.Blocker); got != blocked || blocked == 0 || unfit == 0 {
		t.Errorf("%d gaps count, want %d; %d drills with an unfit source", got, blocked, unfit)
	}
	total := 0
	for _, v := range m.Verdicts {
		total += v.Drills
	}
	if total != len(m.Drills) || total != 60 {
		t.Errorf("verdicts on %d of %d drills", total, len(m.Drills))
	}
}
