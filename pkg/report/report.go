package report

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// A Report is what a drill has found, in one language.
type Report struct {
	APIVersion string     `json:"apiVersion"`
	Kind       string     `json:"kind"`
	Drill      string     `json:"drill"`
	Scenario   string     `json:"scenario"`
	Title      string     `json:"title"`
	From       Cloud      `json:"from"`
	To         Cloud      `json:"to"`
	Evidence   string     `json:"evidence"` // E2: simulated; E3: rehearsed on a real target with test data
	Language   string     `json:"language"` // of title, causes and remedies: en or de
	Version    string     `json:"version"`  // of wechsel
	Started    string     `json:"started"`  // RFC 3339, UTC
	Finished   string     `json:"finished"`
	Complete   bool       `json:"complete"` // every stage was run to its end
	Stages     []Stage    `json:"stages"`
	Resources  []Outcome  `json:"resources"`
	Mapping    []Decision `json:"mapping"`
	Gaps       []gap.Gap  `json:"gaps"`
	Source     Source     `json:"source"`
	Score      Score      `json:"score"`
	Prediction Prediction `json:"prediction"`
	Cleanup    Cleanup    `json:"cleanup"`
}

// A Cloud of a drill.
type Cloud struct {
	Name      string `json:"name"`
	Region    string `json:"region,omitempty"`
	Simulated bool   `json:"simulated"`
}

// A Stage of the drill, with its cost.
type Stage struct {
	Name    string  `json:"name"`
	Seconds float64 `json:"seconds"`
	Calls   int64   `json:"calls"` // requests sent to both clouds
}

// An Outcome of one resource of the source.
type Outcome struct {
	Ref     string        `json:"ref"`
	Type    resource.Type `json:"type"`
	Name    string        `json:"name,omitempty"`
	Outcome string        `json:"outcome"` // equivalent, adapted, degraded, lost or untested
}

// A Decision of the plan that turned something of the source into something
// else, with its rule and its reason.
type Decision struct {
	Ref    string          `json:"ref"`
	Path   resource.Path   `json:"path,omitempty"`
	From   string          `json:"from"`
	To     string          `json:"to"`
	Effect resource.Effect `json:"effect"`
	Rule   string          `json:"rule"`
	Reason string          `json:"reason"` // in the report's language
}

// Source tells what failed on the source's side; never an exit gap.
type Source struct {
	Unfit []gap.Gap `json:"unfit"`
}

// Score counts outcomes. No single number hides the formula.
type Score struct {
	Equivalent int `json:"equivalent"`
	Adapted    int `json:"adapted"`
	Degraded   int `json:"degraded"`
	Lost       int `json:"lost"`
	Untested   int `json:"untested"`
	Total      int `json:"total"`
}

// Prediction compares forecast and measurement: how many gaps were predicted,
// how many measured, how many both; without those of severity adapted.
type Prediction struct {
	Predicted int             `json:"predicted"`
	Measured  int             `json:"measured"`
	Both      int             `json:"both"`
	Kinds     []KindPredicted `json:"kinds"`
}

// KindPredicted is the Prediction for one kind of gap.
type KindPredicted struct {
	Kind      string `json:"kind"`
	Predicted int    `json:"predicted"`
	Measured  int    `json:"measured"`
	Both      int    `json:"both"`
}

// Cleanup tells what is left in the clouds.
type Cleanup struct {
	Kept bool     `json:"kept"` // on purpose
	Left []string `json:"left"`
}

// Count makes the Score of outcomes.
func Count(outcomes []Outcome) Score {
	s := Score{Total: len(outcomes)}
	for _, o := range outcomes {
		switch o.Outcome {
		case "equivalent":
			s.Equivalent++
		case "adapted":
			s.Adapted++
		case "degraded":
			s.Degraded++
		case "lost":
			s.Lost++
		default:
			s.Untested++
		}
	}
	return s
}

// Predict makes the Prediction of gaps.
func Predict(gaps []gap.Gap) Prediction {
	p := Prediction{Kinds: []KindPredicted{}}
	for _, g := range gaps {
		if g.Severity == gap.Adapted {
			continue
		}
		i := slices.IndexFunc(p.Kinds, func(k KindPredicted) bool { return k.Kind == g.Kind })
		if i < 0 {
			i, p.Kinds = len(p.Kinds), append(p.Kinds, KindPredicted{Kind: g.Kind})
		}
		forecast := slices.Contains(g.Seen, gap.Forecast)
		measured := slices.ContainsFunc(g.Seen, func(s gap.Seen) bool { return s != gap.Forecast })
		count(forecast, &p.Predicted, &p.Kinds[i].Predicted)
		count(measured, &p.Measured, &p.Kinds[i].Measured)
		count(forecast && measured, &p.Both, &p.Kinds[i].Both)
	}
	return p
}

func count(yes bool, counters ...*int) {
	for _, c := range counters {
		if yes {
			*c++
		}
	}
}

// Worst returns the gaps at or above the severity that nobody expected.
func (r *Report) Worst(s gap.Severity) []gap.Gap {
	return slices.DeleteFunc(slices.Clone(r.Gaps), func(g gap.Gap) bool { return g.Expected || !g.Severity.AtLeast(s) })
}

// WriteJSON writes the report as one JSON document.
func (r *Report) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(r); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}
