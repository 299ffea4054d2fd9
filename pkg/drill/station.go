package drill

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/wechsel-project/wechsel/pkg/bundle"
	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/deploy"
	"github.com/wechsel-project/wechsel/pkg/inventory"
	"github.com/wechsel-project/wechsel/pkg/plan"
	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// Export writes everything that the project on o.From holds into a bundle at
// dir, and returns how many resources that is. Without o.Bytes nothing in the
// cloud is changed; with them, marked temporaries are made and deleted again, by
// the journal in o.Dir. Of the options it takes ID, Dir, From, Bytes, Sealed, Now,
// Tick and Progress.
//
// What it holds in memory of a cluster does not grow with it; of a cloud that has
// an OpenStack layer, all is in memory, for the template is made of all of it.
func Export(ctx context.Context, o Options, dir string) (n int, err error) {
	d := &drill{Options: o, result: &Result{}}
	if d.fromCatalogue, err = o.From.Cloud.Catalogue(ctx); err != nil {
		return 0, err
	}
	w, err := bundle.Create(dir)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, w.Discard()) }()
	set, n, err := d.readAll(ctx, w)
	if err != nil {
		return 0, err
	}
	if types := secretTypes(o.From.Cloud.Schemas()); len(o.Sealed) > 0 && len(types) > 0 {
		if err := w.Seal(o.From.Cloud.List(ctx, cloud.Selector{Types: types, Secrets: true}), o.Sealed); err != nil {
			return 0, err
		}
	}
	return n, w.Close(set, d.manifest())
}

// readAll reads the project: with its bytes, or into a file.
func (d *drill) readAll(ctx context.Context, w *bundle.Writer) (resource.Stream, int, error) {
	o := inventory.Options{Catalogue: &d.fromCatalogue, Omit: w.Leave}
	if d.Bytes {
		set, err := inventory.Take(ctx, d.From.Cloud, o)
		if err != nil {
			return resource.Stream{}, 0, err
		}
		return resource.StreamOf(set), set.Len(), d.exportBytes(ctx, set, w)
	}
	dir, err := w.Scratch()
	if err != nil {
		return resource.Stream{}, 0, err
	}
	n, err := inventory.Write(ctx, d.From.Cloud, o, path(dir, "inventory"))
	if err != nil {
		return resource.Stream{}, 0, err
	}
	s, err := inventory.Open(path(dir, "inventory"))
	return s, n, err
}

// exportBytes fetches the bytes, and leaves nothing behind in the cloud.
func (d *drill) exportBytes(ctx context.Context, set *resource.Set, w *bundle.Writer) (err error) {
	if d.journal, err = openJournal(d.Options); err != nil {
		return err
	}
	if _, err = d.readBytes(ctx, "read-source", d.From, set, w); err != nil {
		_, cleanErr := cleanUp(context.WithoutCancel(ctx), d.From, deploy.CleanupOptions{Drill: d.ID, Journal: d.journal, Now: d.Now, Tick: d.Tick})
		err = errors.Join(err, cleanErr)
	}
	return errors.Join(err, d.journal.Close())
}

// Predict plans how a scenario would arrive on a cloud, once it runs on another,
// and rehearses that where the cloud can. Nothing is created.
func Predict(ctx context.Context, workload *resource.Set, from, to Side, rules []plan.Rule) (*plan.Plan, error) {
	offers, err := cataloguesOf(ctx, from, to)
	if err != nil {
		return nil, err
	}
	set, err := departing(workload, offers[0], plan.Options{Drill: "predict", Cloud: from.Name})
	if err != nil {
		return nil, err
	}
	p, err := plan.Build(set, plan.Target{Catalogue: offers[1], Given: cloud.Given(offers[1])}, plan.Options{Drill: "predict", Cloud: to.Name, Rules: rules, Source: &offers[0]})
	if err != nil {
		return nil, err
	}
	return p, rehearse(ctx, to.Cloud, p)
}

// cataloguesOf reads what clouds offer, and adds what is known of them that no API
// tells.
func cataloguesOf(ctx context.Context, sides ...Side) ([]profile.Catalogue, error) {
	out := make([]profile.Catalogue, len(sides))
	g, ctx := errgroup.WithContext(ctx)
	for i, side := range sides {
		g.Go(func() (err error) {
			out[i], err = side.Cloud.Catalogue(ctx)
			out[i].MTU, out[i].Octavia = side.MTU, side.Octavia
			if out[i].Cluster != nil {
				out[i].Cluster.Declared = side.Declared
			}
			return err
		})
	}
	return out, g.Wait()
}

// Deploy makes a bundle on o.To, or goes on with what the journal in o.Dir
// holds. Of the options it takes ID, Dir, To, Rules, Opener, Now, Tick and Progress;
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

// manifest is what the bundle says of itself.
func (d *drill) manifest() bundle.Manifest {
	return bundle.Manifest{Cloud: d.From.Name, Created: d.Now().UTC().Format(time.RFC3339)}
}
