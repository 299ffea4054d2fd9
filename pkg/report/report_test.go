package report

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/olekukonko/tablewriter/pkg/twwidth"

	"github.com/wechsel-project/wechsel/fixtures"
	"github.com/wechsel-project/wechsel/pkg/drill"
	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

var update = flag.Bool("update", false, "write the golden files")

// words are those of the fixtures.
func words(t testing.TB, lang string) Words {
	t.Helper()
	kinds, err := gap.Load(fixtures.FS)
	if err != nil {
		t.Fatal(err)
	}
	texts, err := gap.LoadTexts(fixtures.FS)
	if err != nil {
		t.Fatal(err)
	}
	standards, err := LoadStandards(fixtures.FS)
	if err != nil {
		t.Fatal(err)
	}
	return Words{Language: lang, Kinds: kinds, Texts: texts, Standards: standards}
}

// sample has something of everything, with names that no format likes. Its
// kinds are not in the catalogue, so that its texts stay what they are here.
func sample() *Report {
	server, long := resource.Ref{Type: "OS::Nova::Server", Key: "web-0"}, resource.Ref{Type: "OS::Neutron::Port", Key: "a-port-with-a-key-that-is-longer-than-any-column-of-a-table-on-a-terminal"}
	r := &Report{
		APIVersion: resource.APIVersion, Kind: "Report", Drill: "d1", Scenario: "web-shop", Title: "Web shop", Titles: gap.Text{"en": "Web shop", "de": "Webshop"}, Evidence: "E2", Language: "en", Version: "v1.2.3",
		From: Cloud{Name: "sim:alster", Simulated: true, Region: "hh1", Services: []Service{{Type: "compute", Min: "2.1", Max: "2.93"}, {Type: "network"}}}, Complete: true,
		To:      Cloud{Name: "a-cloud-with-a-very-long-name-that-somebody-wrote-into-clouds.yaml-for-whatever-reason", Services: []Service{{Type: "compute", Min: "2.1", Max: "2.60"}}},
		Started: "2026-01-02T03:04:05Z", Finished: "2026-01-02T03:04:07Z", NotRun: []Part{{Part: "kubernetes", Why: NotOffered, Cloud: "sim:alster"}},
		Stages:    []Stage{{Name: "deploy-source", Seconds: 0.5, Calls: 40}, {Name: "export", Seconds: 1234.5, Calls: 12345, Warnings: []drill.Warning{{Cloud: "sim:alster", Text: "spec.containers[0].env[1]: hides previous definition of \"A\" <x>"}}}},
		Resources: []Outcome{{Ref: server.String(), Type: server.Type, Name: "<web> & |more|", Outcome: "lost"}, {Ref: "OS::Nova::KeyPair/k", Type: "OS::Nova::KeyPair", Outcome: "equivalent"}, {Ref: long.String(), Type: long.Type, Outcome: "untested"}},
		Mapping:   []Decision{{Ref: "OS::Nova::Flavor/SCS-2V-4-20", From: "SCS-2V-4-20", To: "größerer-Flavor-mit-sehr-langem-Namen-ohne-jeden-Zwischenraum", Effect: resource.Adapted, Rule: "flavor/nearest", Args: map[string]string{"cost": "+0 vCPU"}}},
		Gaps: []gap.Gap{
			{ID: "1", Kind: "test/absent", Title: "No <flavor>", Severity: gap.Blocker, Resources: []resource.Ref{server, long}, Cause: "No flavor of the target is as large as “größer|breiter”, ＷＩＤＥ and e\u0301.", Remedy: "Choose a *larger* one.",
				Seen: []gap.Seen{gap.Forecast, gap.Refusal}, Who: "provider", Basis: gap.Measured, Standards: []string{"scs-0100", "scs-9999"}, Facets: []string{"A-MET", "I-SEM"}, Path: "flavor",
				Evidence: []gap.Evidence{{Seen: gap.Refusal, Ref: server.String(), Status: 404, Message: "Flavor <x> could not be found.", Request: "req-1"}}},
			{ID: "2", Kind: "test/name", Title: "Another name", Severity: gap.Degraded, Resources: []resource.Ref{server}, Cause: "The external network has another name.", Remedy: "None.", Seen: []gap.Seen{gap.Forecast}, Expected: true, Unread: true, Who: "customer", Facets: []string{"I-SEM"}},
		},
		Source:  Source{Unfit: []gap.Gap{{ID: "3", Kind: "test/quota", Title: "Quota", Severity: gap.Degraded, Resources: []resource.Ref{server}, Cause: "The source refused it.", Seen: []gap.Seen{gap.Refusal}, Who: "provider"}}},
		Cleanup: Cleanup{Left: []string{"sim:alster: OS::Nova::Server 42: <still there>"}},
		Records: []drill.Record{{Path: "journal.jsonl", Size: 1234567, SHA256: strings.Repeat("0f", 32)}, {Path: "bundle/volumes/data.img", Size: 1 << 31, SHA256: strings.Repeat("a5", 32)}},
	}
	r.Score, r.Prediction = Count(r.Resources), Predict(r.Gaps)
	r.Verdict = judge(r)
	return r
}

// Every format in both languages, by golden file.
func TestGolden(t *testing.T) {
	for _, lang := range gap.Languages() {
		for _, format := range Formats() {
			t.Run(lang+"."+format, func(t *testing.T) {
				var got bytes.Buffer
				if err := sample().Write(&got, format, Style{Words: words(t, lang), FailOn: gap.Degraded}); err != nil {
					t.Fatal(err)
				}
				golden(t, lang+"."+format, got.String())
			})
		}
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// No line of a table is wider than a terminal, and some use all of it.
func TestTableFits80Columns(t *testing.T) {
	for _, lang := range gap.Languages() {
		var got bytes.Buffer
		if err := sample().Write(&got, "table", Style{Words: words(t, lang)}); err != nil {
			t.Fatal(err)
		}
		widest := 0
		for line := range strings.Lines(got.String()) {
			width := twwidth.Width(strings.TrimRight(line, "\n"))
			widest = max(widest, width)
			if width > columns {
				t.Errorf("%s: %d columns: %s", lang, width, line)
			}
		}
		if widest < columns-2 {
			t.Errorf("%s: only %d columns are used", lang, widest)
		}
	}
}

// What was written as JSON says the same in either language when it is read.
func TestTranslate(t *testing.T) {
	r := sample()
	r.Gaps = append(r.Gaps, words(t, "en").Kinds.Classify([]gap.Signal{{Seen: gap.Forecast, Code: "flavor/absent", Ref: r.Gaps[0].Resources[0], Args: map[string]string{"from": "big", "need": "8 vCPU"}}}, "en")...)
	var written bytes.Buffer
	if err := r.Write(&written, "json", Style{Words: words(t, "en")}); err != nil {
		t.Fatal(err)
	}
	read := &Report{}
	if err := json.Unmarshal(written.Bytes(), read); err != nil {
		t.Fatal(err)
	}
	german := read.In(words(t, "de"))
	last := german.Gaps[len(german.Gaps)-1]
	if german.Title != "Webshop" || !strings.Contains(last.Cause, "Ziel-Cloud") || !strings.Contains(last.Cause, "8 vCPU") || !strings.Contains(german.Mapping[0].Reason, "kleinste Flavor") {
		t.Errorf("not translated: %q, %q, %q", german.Title, last.Cause, german.Mapping[0].Reason)
	}
	var again bytes.Buffer
	if err := german.Write(&again, "json", Style{Words: words(t, "en")}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(written.String(), again.String()); diff != "" {
		t.Errorf("to German and back (-want +got)\n%s", diff)
	}
}

func TestUnknownFormat(t *testing.T) {
	err := sample().Write(&bytes.Buffer{}, "pdf", Style{Words: words(t, "en")})
	if err == nil || !strings.Contains(err.Error(), "table, json, markdown, html, junit") {
		t.Errorf("got %v", err)
	}
}

func TestWorst(t *testing.T) {
	r := sample()
	if got := r.Worst(gap.Blocker); len(got) != 1 || got[0].ID != "1" {
		t.Errorf("blockers: %v", got)
	}
	if got := r.Worst(gap.Info); len(got) != 1 {
		t.Errorf("an expected gap counts: %v", got)
	}
}

func TestPredict(t *testing.T) {
	p := sample().Prediction
	if p.Predicted != 2 || p.Measured != 1 || p.Both != 1 || len(p.Kinds) != 2 {
		t.Errorf("got %+v", p)
	}
}

func TestVerdict(t *testing.T) {
	severe := func(s gap.Severity) []gap.Gap { return []gap.Gap{{Severity: s}} }
	for name, c := range map[string]struct {
		report Report
		want   Verdict
	}{
		"nothing":                {Report{Complete: true}, Equivalent},
		"information only":       {Report{Complete: true, Gaps: severe(gap.Info)}, Equivalent},
		"adapted":                {Report{Complete: true, Gaps: severe(gap.Adapted)}, Adapted},
		"degraded resource":      {Report{Complete: true, Score: Score{Degraded: 1}}, Degraded},
		"blocker":                {Report{Complete: true, Gaps: severe(gap.Blocker)}, Blocked},
		"expected blocker":       {Report{Complete: true, Gaps: []gap.Gap{{Severity: gap.Blocker, Expected: true}}}, Blocked},
		"untested is not known":  {Report{Complete: true, Score: Score{Untested: 1}}, Blocked},
		"the source cannot":      {Report{Complete: true, Gaps: severe(gap.Blocker), Source: Source{Unfit: severe(gap.Blocker)}}, Unfit},
		"the source can do less": {Report{Complete: true, Source: Source{Unfit: severe(gap.Adapted)}}, Equivalent},
		"interrupted":            {Report{Gaps: severe(gap.Blocker)}, Incomplete},
		"forecast":               {Report{Kind: "Forecast", Gaps: severe(gap.Adapted)}, Adapted},
	} {
		t.Run(name, func(t *testing.T) {
			if got := judge(&c.report); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// Every standard that a kind of gap names is known, with a page to link to.
func TestStandardsAreKnown(t *testing.T) {
	w := words(t, "en")
	for _, k := range w.Kinds.Kinds {
		for _, id := range k.Standards {
			if s := w.Standards[id]; s.Title == "" || !strings.HasPrefix(s.URL, "https://") {
				t.Errorf("%s: the standard %s is not in fixtures/standards", k.ID, id)
			}
		}
	}
}

var anyID = regexp.MustCompile(`[> "](document|report|severity|outcome|conclusion|expectation|consequence|limits|glossary|requirement|contribution|levels|facet|who|seen|effect|stage|format|rule)\.[A-Za-z-]+`)

// Every text that the pages ask for is there: none shows its id.
func TestNoTextIsMissing(t *testing.T) {
	for _, lang := range gap.Languages() {
		w := words(t, lang)
		for id := range w.Texts["en"] {
			if w.Texts[lang][id] == "" {
				t.Errorf("%s: no text %s", lang, id)
			}
		}
		for _, level := range []string{"E1", "E2", "E3"} {
			r := sample()
			r.Evidence = level
			for _, format := range Formats() {
				var got bytes.Buffer
				if err := r.Write(&got, format, Style{Words: w}); err != nil {
					t.Fatal(err)
				}
				for _, id := range anyID.FindAllString(got.String(), -1) {
					if format != "json" && id != " report.json" {
						t.Errorf("%s %s: the id %s instead of a text", lang, format, id)
					}
				}
			}
		}
	}
}
