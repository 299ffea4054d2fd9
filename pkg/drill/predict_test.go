package drill

import (
	"fmt"
	"testing"

	"github.com/wechsel-project/wechsel/pkg/plan"
)

// What is predicted before anything is made is what the plan of the drill expects,
// but for what only the source's answers tell: which addresses a router gets
// outside. Where the quota of the source does not hold a scenario, the drill is
// about another workload, and there is nothing to compare.
func TestPredictIsTheForecastOfTheDrill(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]string{{"alster", "isar"}, {"plain", "scs-reference"}} {
		for _, name := range onServers() {
			if tooSmall(pair[0], name) {
				continue
			}
			t.Run(fmt.Sprintf("%s from %s to %s", name, pair[0], pair[1]), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, pair[0], pair[1], 7)
				o := w.options(t, name)
				p, err := Predict(t.Context(), o.Workload, o.From, o.To, nil)
				if err != nil {
					t.Fatal(err)
				}
				sameLines(t, "predict expects", "the drill expects", forecast(t, p), forecast(t, run(t, o).Plan))
			})
		}
	}
}

// forecast is what a plan expects, a line for each gap.
func forecast(t *testing.T, p *plan.Plan) []string {
	t.Helper()
	var out []string
	for _, g := range classify(t, p.Forecast) {
		if g.Kind != "network/outside-without-ipv6" {
			out = append(out, fmt.Sprintf("%s %s %s %v", g.Severity, g.Kind, g.Path, g.Resources))
		}
	}
	return out
}
