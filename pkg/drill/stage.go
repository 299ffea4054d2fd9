package drill

import (
	"context"
	"time"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/deploy"
	"github.com/wechsel-project/wechsel/pkg/plan"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// rehearsalStage names the stage in the journal that makes what stands in.
const rehearsalStage = "rehearsal"

// stagePatience is how long a stand-in may take to become ready, and to go. What
// is not ready is taken as it is; what does not go is left to the clean-up.
const stagePatience = 30 * time.Second

// rehearseOnStage rehearses with stand-ins, where the target wants some. They
// are made like everything else of the drill: with its mark, and in the journal
// before they exist.
func (d *drill) rehearseOnStage(ctx context.Context, p *plan.Plan) error {
	standIns, err := d.planStage(ctx, p)
	if err != nil {
		return err
	}
	if len(standIns.Steps) > 0 {
		d.say("plan", "%d stand-ins on %s for the rehearsal", len(standIns.Steps), d.To.Name)
		_, err := deploy.Run(ctx, deploy.Options{Plan: standIns, Cloud: d.To.Cloud, Journal: d.journal, Stage: rehearsalStage, Now: d.Now, Tick: d.Tick,
			Patience: stagePatience, Conflict: stagePatience, Unanswered: d.To.unanswered()})
		if err != nil {
			return err
		}
	}
	return rehearse(ctx, d.To.Cloud, p)
}

// planStage returns the plan of stand-ins that the rehearsal was begun with, or a
// new one.
func (d *drill) planStage(ctx context.Context, p *plan.Plan) (*plan.Plan, error) {
	stager, ok := d.To.Cloud.(cloud.Stager)
	if !ok {
		return &plan.Plan{}, nil
	}
	list, err := stager.Stage(ctx, d.ID, rehearsed(p))
	if err != nil {
		return nil, err
	}
	out := &plan.Plan{}
	if found, err := d.load(planOf(rehearsalStage), out); err != nil || found || len(list) == 0 {
		return out, err
	}
	out = &plan.Plan{APIVersion: p.APIVersion, Kind: p.Kind, Drill: d.ID, Cloud: d.To.Name, Set: resource.NewSet(p.Set.Schemas, list...)}
	for _, r := range list {
		out.Steps = append(out.Steps, plan.Step{ID: string(plan.Create) + ":" + r.Ref.String(), Action: plan.Create, Ref: r.Ref, Temporary: true})
	}
	return out, d.save(planOf(rehearsalStage), out)
}

// strike removes the stand-ins of a rehearsal that is over.
func (d *drill) strike(ctx context.Context) error {
	standIns := &plan.Plan{}
	if found, err := d.load(planOf(rehearsalStage), standIns); err != nil || !found {
		return err
	}
	o := deploy.CleanupOptions{Drill: d.ID, Journal: d.journal, Now: d.Now, Tick: d.Tick, Patience: stagePatience, Conflict: stagePatience}
	for _, s := range standIns.Steps {
		o.Only = append(o.Only, s.Ref)
	}
	left, err := cleanUp(ctx, d.To, o)
	for _, what := range left {
		d.say("plan", "left for the clean-up: %s", what)
	}
	return err
}
