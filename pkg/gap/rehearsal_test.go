package gap_test

import (
	"testing"

	"github.com/wechsel-project/wechsel/fixtures"
	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// A rehearsal has the words of the refusal that it foretells: both are one gap,
// seen twice.
func TestRehearsalAndRefusalAreOneGap(t *testing.T) {
	c, err := gap.Load(fixtures.FS)
	if err != nil {
		t.Fatal(err)
	}
	foretold := gap.Signal{Seen: gap.Forecast, Code: gap.Rehearsal, Ref: resource.Ref{Type: "apps/Deployment", Key: "web"}, Path: "spec.template.spec.priorityClassName",
		Effect: resource.Lost, Status: 403, Message: `pods "web" is forbidden: no PriorityClass with name production was found`}
	refused := foretold
	refused.Seen, refused.Code = gap.Refusal, "create"
	got := c.Classify([]gap.Signal{foretold, refused}, "en")
	if len(got) != 1 || got[0].Kind != "workload/priority-class-absent" || len(got[0].Seen) != 2 {
		t.Errorf("got %+v", got)
	}
}
