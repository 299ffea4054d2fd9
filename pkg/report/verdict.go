package report

import (
	"slices"

	"github.com/wechsel-project/wechsel/pkg/gap"
)

// A Verdict is what a drill comes down to, in one word. What was expected
// counts as well: it is true all the same.
type Verdict string

// The verdicts, from best to worst; the last two say nothing about the exit.
const (
	Equivalent Verdict = "equivalent" // everything arrived as it was
	Adapted    Verdict = "adapted"    // everything arrived, some of it in another form, as good
	Degraded   Verdict = "degraded"   // everything arrived, some of it with less than it had
	Blocked    Verdict = "blocked"    // something did not arrive
	Unfit      Verdict = "unfit"      // the source itself cannot carry the workload
	Incomplete Verdict = "incomplete" // the drill did not come to its end
)

// Verdicts lists all, from best to worst.
func Verdicts() []Verdict {
	return []Verdict{Equivalent, Adapted, Degraded, Blocked, Unfit, Incomplete}
}

// judge says what the report comes down to. An unknown is never better than a
// known: what was not tested did not arrive.
func judge(r *Report) Verdict {
	worst := func(gaps []gap.Gap, s gap.Severity) bool {
		return slices.ContainsFunc(gaps, func(g gap.Gap) bool { return g.Severity.AtLeast(s) })
	}
	switch {
	case r.Kind != "Forecast" && !r.Complete:
		return Incomplete
	case worst(r.Source.Unfit, gap.Blocker):
		return Unfit
	case worst(r.Gaps, gap.Blocker) || r.Score.Lost+r.Score.Untested > 0:
		return Blocked
	case worst(r.Gaps, gap.Degraded) || r.Score.Degraded > 0:
		return Degraded
	case worst(r.Gaps, gap.Adapted) || r.Score.Adapted > 0:
		return Adapted
	}
	return Equivalent
}
