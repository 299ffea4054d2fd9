package drill

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/plan"
	"github.com/wechsel-project/wechsel/pkg/profile"
)

// preflight tells, before anything is created, what will be created on both
// clouds and what that takes of their quotas. What does not fit is said, and
// tried all the same: the refusal is a finding.
func (d *drill) preflight(source *plan.Plan) error {
	set, err := departing(d.Workload, d.fromCatalogue, plan.Options{Drill: d.ID, Cloud: d.From.Name})
	if err != nil {
		return err
	}
	target, err := plan.Build(set, plan.Target{Catalogue: d.toCatalogue, Given: cloud.Given(d.toCatalogue)}, plan.Options{Drill: d.ID, Cloud: d.To.Name, Rules: d.Rules, Source: &d.fromCatalogue})
	if err != nil {
		return err
	}
	for _, line := range slices.Concat(foreseen(source, d.fromCatalogue.Quota), foreseen(target, d.toCatalogue.Quota)) {
		d.say("deploy-source", "%s", line)
	}
	return nil
}

// foreseen is what a plan creates, by type, and what it needs of each quota
// that has a limit, in lines of at most 76 columns.
func foreseen(p *plan.Plan, quota map[string]profile.Quota) []string {
	count := map[string]int{}
	for _, s := range p.Steps {
		if s.Action == plan.Create && !s.Temporary {
			count[string(s.Ref.Type[strings.LastIndex(string(s.Ref.Type), ":")+1:])]++
		}
	}
	var things, needs, short []string
	for _, name := range slices.Sorted(maps.Keys(count)) {
		things = append(things, fmt.Sprintf("%d %s", count[name], name))
	}
	for _, name := range slices.Sorted(maps.Keys(p.Needs)) {
		q, known := quota[name]
		left, limited := q.Left()
		if !known || !limited {
			continue
		}
		_, what, _ := strings.Cut(name, ".") // without the service
		needs = append(needs, fmt.Sprintf("%s %d/%d", what, p.Needs[name], left))
		if p.Needs[name] > left {
			short = append(short, fmt.Sprintf("%s: does not fit: %s: %d needed, %d of %d left", p.Cloud, name, p.Needs[name], left, q.Limit))
		}
	}
	return slices.Concat(wrap(p.Cloud+": to create: ", things), wrap(p.Cloud+": quota, needed/left: ", needs), short)
}

// wrap writes the items after the head, on as many lines as they need.
func wrap(head string, items []string) []string {
	const width = 76
	var lines []string
	line := head + cmp.Or(strings.Join(items[:min(1, len(items))], ""), "nothing")
	for i := 1; i < len(items); i++ {
		if len(line)+len(items[i])+3 > width {
			lines, line = append(lines, line+","), "  "+items[i]
			continue
		}
		line += ", " + items[i]
	}
	return append(lines, line)
}
