package drill

import (
	"context"
	"errors"
	"time"

	"github.com/wechsel-project/wechsel/pkg/bundle"
	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/deploy"
	"github.com/wechsel-project/wechsel/pkg/inventory"
	"github.com/wechsel-project/wechsel/pkg/plan"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// Export writes everything that the project on o.From holds into a bundle at
// dir. Without o.Bytes nothing in the cloud is changed; with them, marked
// temporaries are made and deleted again, by the journal in o.Dir. Of the
// options it takes ID, Dir, From, Bytes, Sealed, Now, Tick and Progress.
func Export(ctx context.Context, o Options, dir string) (*resource.Set, error) {
	d := &drill{Options: o, result: &Result{}}
	var err error
	if d.fromCatalogue, err = o.From.Cloud.Catalogue(ctx); err != nil {
		return nil, err
	}
	set, err := inventory.Take(ctx, o.From.Cloud, inventory.Options{Catalogue: &d.fromCatalogue, Omit: d.omissions.Add})
	if err != nil {
		return nil, err
	}
	d.result.Source = set
	d.omissions.Within(set)
	w, err := bundle.Create(dir)
	if err != nil {
		return nil, err
	}
	if types := secretTypes(set); len(o.Sealed) > 0 && len(types) > 0 {
		if err := w.Seal(set, o.From.Cloud.List(ctx, cloud.Selector{Types: types, Secrets: true}), o.Sealed); err != nil {
			return nil, err
		}
	}
	if o.Bytes {
		if d.journal, err = openJournal(o); err != nil {
			return nil, err
		}
		if _, err := d.readBytes(ctx, "read-source", o.From, set, w); err != nil {
			_, cleanErr := cleanUp(context.WithoutCancel(ctx), o.From, deploy.CleanupOptions{Drill: o.ID, Journal: d.journal, Now: o.Now, Tick: o.Tick})
			return nil, errors.Join(err, cleanErr, d.journal.Close())
		}
		if err := d.journal.Close(); err != nil {
			return nil, err
		}
	}
	return set, d.writeBundle(w)
}

// Plan plans how the bundle's set is made on a cloud, and rehearses it where the
// cloud can; nothing is created.
func Plan(ctx context.Context, set *resource.Set, to Side, id string, rules []plan.Rule) (*plan.Plan, error) {
	catalogue, err := to.Cloud.Catalogue(ctx)
	if err != nil {
		return nil, err
	}
	p, err := plan.Build(set, plan.Target{Catalogue: catalogue, Given: cloud.Given(catalogue)}, plan.Options{Drill: id, Cloud: to.Name, Rules: rules})
	if err != nil {
		return nil, err
	}
	return p, rehearse(ctx, to.Cloud, p)
}

// Predict plans how a scenario that is written for one cloud would arrive on
// another. With a source, the plan compares what that one gives and not only
// the names that the scenario knows. Nothing is created.
func Predict(ctx context.Context, workload *resource.Set, from *Side, to Side, rules []plan.Rule) (*plan.Plan, error) {
	set := workload
	if from != nil {
		catalogue, err := from.Cloud.Catalogue(ctx)
		if err != nil {
			return nil, err
		}
		if set, err = departing(workload, catalogue, plan.Options{Drill: "predict", Cloud: from.Name}); err != nil {
			return nil, err
		}
	}
	return Plan(ctx, set, to, "predict", rules)
}

// Deploy makes a bundle on o.To, or goes on with what the journal in o.Dir
// holds. Of the options it takes ID, Dir, To, Rules, Now, Tick and Progress;
// the result has Plan, Target and Signals.
func Deploy(ctx context.Context, o Options, bundleDir string) (*Result, error) {
	d := &drill{Options: o, result: &Result{}, bundleDir: bundleDir}
	var err error
	if d.journal, err = openJournal(o); err != nil {
		return d.result, err
	}
	if d.toCatalogue, err = o.To.Cloud.Catalogue(ctx); err == nil {
		err = d.runStages(ctx, []step{{"plan", d.planTarget}, {"deploy-target", d.deployTarget}, {"observe-target", d.observeTarget}, {"compare", d.compare}})
	}
	return d.result, errors.Join(err, d.journal.Close())
}

// writeBundle closes the bundle with all that is derived from the set.
func (d *drill) writeBundle(w *bundle.Writer) error {
	w.Omit(d.omissions)
	return w.Close(d.result.Source, bundle.Manifest{Cloud: d.From.Name, Created: d.Now().UTC().Format(time.RFC3339)})
}
