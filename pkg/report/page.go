package report

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/gap"
)

// page is a report arranged for reading.
type page struct {
	*Report
	Style
	Sections []section
}

// A section of a page, with its number.
type section struct {
	ID     string
	Number int
}

func newPage(r *Report, s Style) *page {
	p := &page{Report: r, Style: s}
	for _, id := range []string{"summary", "scope", "subject", "method", "gaps", "unfit", "resources", "mapping", "measures", "cleanup", "actions", "requirements", "records", "limits", "glossary"} {
		if p.has(id) {
			p.Sections = append(p.Sections, section{ID: id, Number: len(p.Sections) + 1})
		}
	}
	return p
}

// has leaves out what a forecast cannot have.
func (p *page) has(id string) bool {
	switch id {
	case "subject":
		return len(p.From.Services)+len(p.Resources) > 0
	case "resources":
		return len(p.Resources) > 0
	case "measures":
		return len(p.Stages)+len(p.Report.Gaps) > 0
	case "unfit", "cleanup", "records":
		return p.Kind != "Forecast"
	}
	return true
}

// Name is the scenario's title, or its name if it has none.
func (p *page) Name() string {
	if p.Title != "" {
		return p.Title
	}
	return p.Scenario
}

// Conclusion is the id of the verdict's text.
func (r *Report) Conclusion() string {
	if r.Kind == "Forecast" {
		return "expectation." + string(r.Verdict)
	}
	return "conclusion." + string(r.Verdict)
}

func (p *page) Outcomes() []counted   { return p.Score.counts() }
func (p *page) Severities() []counted { return bySeverity(p.Report.Gaps) }
func (p *page) Arrived() int          { return p.Score.Equivalent + p.Score.Adapted + p.Score.Degraded }
func (p *page) Blockers() int         { return p.Severities()[0].N }
func (p *page) Degradations() int     { return p.Severities()[1].N }
func (p *page) AnySimulated() bool    { return p.From.Simulated || p.To.Simulated }

func (p *page) AnyExpected() bool {
	return slices.ContainsFunc(p.Report.Gaps, func(g gap.Gap) bool { return g.Expected })
}

func (p *page) Unread() int { return unread(p.Report.Gaps) }

// Warned are the stages in which a service has warned of something.
func (p *page) Warned() []Stage {
	return slices.DeleteFunc(slices.Clone(p.Stages), func(s Stage) bool { return len(s.Warnings) == 0 })
}

// Risks are the three gaps that matter most.
func (p *page) Risks() []gap.Gap {
	worst := slices.DeleteFunc(slices.Clone(p.Report.Gaps), func(g gap.Gap) bool { return !g.Severity.AtLeast(gap.Degraded) })
	return worst[:min(3, len(worst))]
}

// numbered is a gap with the number that the page refers to it by.
type numbered struct {
	gap.Gap
	Number string
}

func (p *page) numbered(id string, gaps []gap.Gap) []numbered {
	i := slices.IndexFunc(p.Sections, func(s section) bool { return s.ID == id })
	out := make([]numbered, len(gaps))
	for n, g := range gaps {
		out[n] = numbered{Gap: g, Number: fmt.Sprintf("%d.%d", p.Sections[i].Number, n+1)}
	}
	return out
}

func (p *page) Numbered() []numbered { return p.numbered("gaps", p.Report.Gaps) }
func (p *page) Unfit() []numbered    { return p.numbered("unfit", p.Report.Source.Unfit) }

// Actions are the gaps that somebody has to do something about.
func (p *page) Actions() []numbered {
	return slices.DeleteFunc(p.Numbered(), func(g numbered) bool { return g.Remedy == "" })
}

// CleanupState is the id of the text about it.
func (p *page) CleanupState() string {
	if p.Kind == "Forecast" {
		return "forecast"
	}
	return p.Cleanup.state()
}

// resourceRow is a resource with the gaps that concern it.
type resourceRow struct {
	Ref, Name, Outcome string
	Gaps               []numbered
}

func (p *page) ResourceRows() []resourceRow {
	concern := map[string][]numbered{}
	for _, g := range p.Numbered() {
		for _, ref := range g.Resources {
			concern[ref.String()] = append(concern[ref.String()], g)
		}
	}
	rows := make([]resourceRow, len(p.Resources))
	for i, o := range p.Resources {
		rows[i] = resourceRow{Ref: o.Ref, Name: o.Name, Outcome: o.Outcome, Gaps: concern[o.Ref]}
	}
	return rows
}

// Types counts the resources by type.
func (p *page) Types() []counted {
	n := map[string]int{}
	for _, o := range p.Resources {
		n[string(o.Type)]++
	}
	var out []counted
	for _, t := range slices.Sorted(maps.Keys(n)) {
		out = append(out, counted{ID: t, N: n[t]})
	}
	return out
}

// serviceRow compares one service of both clouds.
type serviceRow struct{ Type, From, To string }

func (p *page) Services() []serviceRow {
	rows := map[string]*serviceRow{}
	row := func(name string) *serviceRow {
		if rows[name] == nil {
			rows[name] = &serviceRow{Type: name, From: "–", To: "–"}
		}
		return rows[name]
	}
	for _, s := range p.From.Services {
		row(s.Type).From = s.versions()
	}
	for _, s := range p.To.Services {
		row(s.Type).To = s.versions()
	}
	var out []serviceRow
	for _, name := range slices.Sorted(maps.Keys(rows)) {
		out = append(out, *rows[name])
	}
	return out
}

func (s Service) versions() string {
	if s.Max == "" {
		return "✓"
	}
	return s.Min + " – " + s.Max
}

// What pages list in their own order.
func (p *page) Levels() []string { return []string{"E0", "E1", "E2", "E3", "E4", "E5"} }
func (p *page) Limits() []string {
	return []string{"moment", "rights", "application", "equivalence", "certificate"}
}

func (p *page) Control() []string {
	return []string{"reference", "organisation", "procedure", "protection", "classification", "status", "author", "reviewer", "release", "distribution", "next"}
}

func (p *page) Requirements() []string {
	return []string{"da23", "da30", "da35", "ops10", "ops15", "dls36", "dls411", "bes63", "c5pi", "ncd24"}
}

func (p *page) Glossary() []string {
	return []string{"drill", "source", "gap", "blocker", "degraded", "adapted", "untested", "facet", "evidence", "forecast", "mapping", "bundle", "flavor", "microversion", "scs"}
}

func (p *page) TotalSeconds() float64 { return p.seconds() }

func (p *page) TotalCalls() int64 {
	n := int64(0)
	for _, s := range p.Stages {
		n += s.Calls
	}
	return n
}

// SwitchSeconds is what the way from A's inventory to B's comparison took.
func (p *page) SwitchSeconds() float64 {
	return p.seconds("export", "plan", "deploy-target", "observe-target", "compare")
}

// seconds sums up these stages, or all.
func (r *Report) seconds(names ...string) float64 {
	sum := 0.0
	for _, s := range r.Stages {
		if len(names) == 0 || slices.Contains(names, s.Name) {
			sum += s.Seconds
		}
	}
	return sum
}

// metric is an indicator with its value; its formula is a text.
type metric struct{ ID, Value string }

func (p *page) Metrics() []metric {
	if len(p.Stages) == 0 {
		return nil
	}
	size := int64(0)
	for _, r := range p.Records {
		if strings.HasPrefix(r.Path, "bundle/volumes/") || strings.HasPrefix(r.Path, "bundle/images/") {
			size += r.Size
		}
	}
	pr := p.Prediction
	return []metric{
		{"switch", p.Style.number(p.SwitchSeconds(), 2) + "\u00a0s"},
		{"arrived", p.share(p.Arrived(), p.Score.Total)},
		{"kept", p.share(p.Score.Equivalent+p.Score.Adapted, p.Score.Total)},
		{"bytes", p.bytes(size)},
		{"calls", p.integer(p.TotalCalls())},
		{"precision", p.share(pr.Both, pr.Predicted)},
		{"recall", p.share(pr.Both, pr.Measured)},
	}
}

// share is a part of a whole with its percentage, rounded down: what is not
// all is never 100 %.
func (p *page) share(part, whole int) string {
	if whole == 0 {
		return "–"
	}
	return strconv.Itoa(part) + "\u00a0/\u00a0" + strconv.Itoa(whole) + " (" + strconv.Itoa(part*100/whole) + "\u00a0%)"
}

// facetRow counts the gaps of one facet by severity.
type facetRow struct {
	ID string
	N  []counted
}

func (p *page) Facets() []facetRow {
	var rows []facetRow
	for _, f := range gap.Facets() {
		of := slices.DeleteFunc(slices.Clone(p.Report.Gaps), func(g gap.Gap) bool { return len(g.Facets) == 0 || g.Facets[0] != f })
		if len(of) > 0 {
			rows = append(rows, facetRow{ID: f, N: bySeverity(of)})
		}
	}
	return rows
}
