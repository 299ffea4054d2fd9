package report

import (
	"slices"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/drill"
	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/plan"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// About is what a report tells of its drill beside the findings.
type About struct {
	Drill, Scenario, Title string
	From, To               drill.Side
	Version                string
	Started, Finished      string // RFC 3339, UTC
	Language               string
	Expected               []string // kinds of gaps that are known already
	Kept                   bool
}

// New makes the report of a drill.
func New(about About, result *drill.Result, kinds *gap.Catalogue, text Text) *Report {
	gaps := expect(kinds.Classify(result.Signals, about.Language), about.Expected)
	result.Diff.Weigh(gaps)
	r := &Report{
		APIVersion: resource.APIVersion, Kind: "Report", Drill: about.Drill, Scenario: about.Scenario, Title: about.Title,
		From: cloudOf(about.From), To: cloudOf(about.To), Evidence: evidence(about.From, about.To), Language: about.Language, Version: about.Version,
		Started: about.Started, Finished: about.Finished, Complete: result.Complete,
		Resources: outcomes(result), Mapping: decisions(result.Plan, text),
		Gaps:    gaps,
		Source:  Source{Unfit: notNil(kinds.Classify(result.Unfit, about.Language))},
		Cleanup: Cleanup{Kept: about.Kept, Left: notNil(result.Left)},
	}
	for _, s := range result.Stages {
		r.Stages = append(r.Stages, Stage(s))
	}
	r.Score, r.Prediction = Count(r.Resources), Predict(r.Gaps)
	return r
}

// Forecast makes the report of a plan that nobody has tried.
func Forecast(about About, p *plan.Plan, kinds *gap.Catalogue, text Text) *Report {
	r := New(about, &drill.Result{Plan: p, Signals: p.Forecast}, kinds, text)
	r.Kind, r.Evidence = "Forecast", "E1"
	return r
}

func cloudOf(s drill.Side) Cloud { return Cloud{Name: s.Name, Simulated: s.Simulated} }

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
func decisions(p *plan.Plan, text Text) []Decision {
	out := []Decision{}
	if p == nil {
		return out
	}
	for _, d := range p.Mapping.Decisions {
		from, to := d.Args["from"], d.Args["to"]
		if from == to { // the very same, or nothing that has a name; what is missing shows as a gap
			continue
		}
		out = append(out, Decision{Ref: d.Ref.String(), Path: d.Path, From: from, To: to, Effect: d.Effect, Rule: d.Rule, Reason: text("rule."+d.Rule, d.Args)})
	}
	return out
}

func expect(gaps []gap.Gap, kinds []string) []gap.Gap {
	for i := range gaps {
		gaps[i].Expected = slices.Contains(kinds, gaps[i].Kind)
	}
	return notNil(gaps)
}

func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
