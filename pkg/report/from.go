package report

import (
	"maps"
	"slices"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/drill"
	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/plan"
	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// About is what a report tells of its drill beside the findings.
type About struct {
	Drill, Scenario   string
	Titles            gap.Text // of the scenario, by language
	From, To          drill.Side
	Version           string
	Started, Finished string   // RFC 3339, UTC
	Expected          []string // kinds of gaps that are known already
	Kept              bool
	Records           []drill.Record
	NotRun            []Part // of the scenario
}

// Words are what reports are written with: one language of the catalogues in
// fixtures.
type Words struct {
	Language  string // en or de
	Kinds     *gap.Catalogue
	Texts     gap.Texts
	Standards Standards
}

// Text gives a text in the language, with its placeholders filled.
func (w Words) Text(id string, args map[string]string) string {
	return w.Texts.Text(w.Language, id, args)
}

// New makes the report of a drill.
func New(about About, result *drill.Result, words Words) *Report {
	gaps := rests(about.To, expect(words.Kinds.Classify(result.Signals, words.Language), about.Expected))
	result.Diff.Weigh(gaps)
	r := &Report{
		APIVersion: resource.APIVersion, Kind: "Report", Drill: about.Drill, Scenario: about.Scenario, Titles: about.Titles,
		From: cloudOf(about.From, result.Offers[0]), To: cloudOf(about.To, result.Offers[1]), Evidence: evidence(about.From, about.To), Version: about.Version,
		Started: about.Started, Finished: about.Finished, Complete: result.Complete, NotRun: about.NotRun,
		Resources: outcomes(result), Mapping: decisions(result.Plan),
		Gaps:    gaps,
		Source:  Source{Unfit: rests(about.From, notNil(words.Kinds.ClassifySource(result.Unfit, words.Language)))},
		Cleanup: Cleanup{Kept: about.Kept, Left: notNil(result.Left)},
		Records: notNil(about.Records),
	}
	for _, s := range result.Stages {
		r.Stages = append(r.Stages, Stage(s))
	}
	r.Score, r.Prediction = Count(r.Resources), Predict(r.Gaps)
	r.Verdict = judge(r)
	return r.In(words)
}

// Forecast makes the report of a plan that nobody has tried.
func Forecast(about About, p *plan.Plan, words Words) *Report {
	r := New(about, &drill.Result{Plan: p, Signals: p.Forecast}, words)
	r.Kind, r.Evidence = "Forecast", "E1"
	r.Verdict = judge(r)
	return r
}

// In returns the report in the language of words: the same findings.
func (r *Report) In(words Words) *Report {
	out := *r
	out.Language = words.Language
	if title := r.Titles[words.Language]; title != "" {
		out.Title = title
	}
	out.NotRun = words.Parts(r.NotRun)
	out.Mapping = slices.Clone(r.Mapping)
	for i, d := range out.Mapping {
		out.Mapping[i].Reason = words.Text("rule."+d.Rule, d.Args)
	}
	out.Gaps, out.Source.Unfit = words.say(r.Gaps), words.say(r.Source.Unfit)
	out.Standards = words.Standards.of(slices.Concat(out.Gaps, out.Source.Unfit)...)
	return &out
}

func cloudOf(s drill.Side, offer profile.Catalogue) Cloud {
	c := Cloud{Name: s.Name, Simulated: s.Simulated, Region: offer.Region}
	for _, name := range slices.Sorted(maps.Keys(offer.Services)) {
		c.Services = append(c.Services, Service{Type: name, Min: offer.Services[name].Min, Max: offer.Services[name].Max})
	}
	return c
}

// evidence is the level of what was measured: E2 on simulated clouds, E3 on
// real ones with test data.
func evidence(sides ...drill.Side) string {
	for _, s := range sides {
		if s.Simulated {
			return "E2"
		}
	}
	return "E3"
}

func outcomes(result *drill.Result) []Outcome {
	out := []Outcome{}
	for ref, o := range result.Diff.Outcomes {
		name := ""
		if result.Source != nil {
			if r := result.Source.Get(ref); r != nil {
				name = r.Name
			}
		}
		out = append(out, Outcome{Ref: ref.String(), Type: ref.Type, Name: name, Outcome: string(o)})
	}
	slices.SortFunc(out, func(a, b Outcome) int { return strings.Compare(a.Ref, b.Ref) })
	return out
}

// decisions are those that a reader wants to know: what is the very same is
// left out.
func decisions(p *plan.Plan) []Decision {
	out := []Decision{}
	if p == nil {
		return out
	}
	for _, d := range p.Mapping.Decisions {
		from, to := d.Args["from"], d.Args["to"]
		if from == to { // the very same, or nothing that has a name; what is missing shows as a gap
			continue
		}
		out = append(out, Decision{Ref: d.Ref.String(), Path: d.Path, From: from, To: to, Effect: d.Effect, Rule: d.Rule, Args: d.Args})
	}
	return out
}

func expect(gaps []gap.Gap, kinds []string) []gap.Gap {
	for i := range gaps {
		gaps[i].Expected = slices.Contains(kinds, gaps[i].Kind)
	}
	return notNil(gaps)
}

// rests says on what gaps of a side rest: what a real cloud answers is measured.
func rests(side drill.Side, gaps []gap.Gap) []gap.Gap {
	for i := range gaps {
		if !side.Simulated {
			gaps[i].Basis = gap.Measured
		}
	}
	return gaps
}

func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
