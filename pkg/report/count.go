package report

import (
	"slices"

	"github.com/wechsel-project/wechsel/pkg/gap"
)

// Score counts outcomes. No single number hides the formula.
type Score struct {
	Equivalent int `json:"equivalent"`
	Adapted    int `json:"adapted"`
	Degraded   int `json:"degraded"`
	Lost       int `json:"lost"`
	Untested   int `json:"untested"`
	Total      int `json:"total"`
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

// counted is one line of a count: an id of a text, and how many.
type counted struct {
	ID string
	N  int
}

func (s Score) counts() []counted {
	return []counted{{"equivalent", s.Equivalent}, {"adapted", s.Adapted}, {"degraded", s.Degraded}, {"lost", s.Lost}, {"untested", s.Untested}}
}

// bySeverity counts gaps.
func bySeverity(gaps []gap.Gap) []counted {
	var out []counted
	for _, s := range gap.Severities() {
		c := counted{ID: string(s)}
		for _, g := range gaps {
			if g.Severity == s {
				c.N++
			}
		}
		out = append(out, c)
	}
	return out
}

// unread counts the gaps of what was not read.
func unread(gaps []gap.Gap) int {
	n := 0
	for _, g := range gaps {
		count(g.Unread, &n)
	}
	return n
}

// warned counts the warnings that services gave beside their answers.
func warned(stages []Stage) int {
	n := 0
	for _, s := range stages {
		n += len(s.Warnings)
	}
	return n
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
