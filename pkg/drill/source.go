package drill

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/wechsel-project/wechsel/pkg/bundle"
	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/deploy"
	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/inventory"
	"github.com/wechsel-project/wechsel/pkg/plan"
	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// catalogues reads what both clouds offer, and sees to it that nobody else's
// resources are in the way.
func (d *drill) catalogues(ctx context.Context) error {
	g, inner := errgroup.WithContext(ctx)
	g.Go(func() error {
		offers, err := cataloguesOf(inner, d.From, d.To)
		d.fromCatalogue, d.toCatalogue = offers[0], offers[1]
		return err
	})
	for _, side := range []Side{d.From, d.To} {
		g.Go(func() error { return d.checkEmpty(inner, side) })
	}
	if err := g.Wait(); err != nil {
		return err
	}
	d.result.Offers = [2]profile.Catalogue{d.fromCatalogue, d.toCatalogue}
	return d.agree(ctx)
}

// agree lets both clouds be read in versions that both have: A's services
// convert what they have into what B takes, and B's are compared in the same.
func (d *drill) agree(ctx context.Context) error {
	if err := cloud.Speak(ctx, d.From.Cloud, cloud.Versions(d.toCatalogue)); err != nil {
		return err
	}
	return cloud.Speak(ctx, d.To.Cloud, cloud.Versions(d.fromCatalogue))
}

// checkEmpty tells if a project holds others' things. A key pair is none: it is
// the user's, in whatever project.
func (d *drill) checkEmpty(ctx context.Context, side Side) error {
	if d.Shared {
		return nil
	}
	var foreign []string
	for r, err := range side.Cloud.List(ctx, cloud.Selector{}) {
		if err != nil {
			return err
		}
		if r.Tenure == resource.Own && r.Owner.Drill != d.ID && r.Parent.IsZero() && r.Type != "OS::Nova::KeyPair" {
			foreign = append(foreign, strings.TrimSpace(string(r.Type)+" "+r.Name))
		}
	}
	if n := len(foreign); n > 0 {
		const some = 3
		slices.Sort(foreign)
		return fmt.Errorf("%s: %w: it holds %d resources that are not this drill's (such as %s); take another project, or --shared-project to work beside them (they are not touched)",
			side.Name, ErrNotEmpty, n, strings.Join(foreign[:min(n, some)], ", "))
	}
	return nil
}

// deploySource makes the scenario's workload on A, unless a bundle shows that
// it has been there already.
func (d *drill) deploySource(ctx context.Context) error {
	if d.exported() {
		_, err := d.load(unfitFile, &d.result.Unfit)
		return err
	}
	p := &plan.Plan{}
	found, err := d.load(planOf("source"), p)
	if err != nil {
		return err
	}
	if !found {
		target := plan.Target{Catalogue: d.fromCatalogue, Given: cloud.Given(d.fromCatalogue)}
		if target.Existing, err = existing(ctx, d.From.Cloud, d.Workload, target.Given); err != nil {
			return err
		}
		if p, err = plan.Build(d.Workload, target, plan.Options{Drill: d.ID, Cloud: d.From.Name}); err != nil {
			return err
		}
		if err := d.preflight(p); err != nil {
			return err
		}
		if err := d.save(planOf("source"), withoutSecrets(p)); err != nil {
			return err
		}
	} else if err := fillSecrets(p, d.Workload); err != nil {
		return err
	}
	d.say("deploy-source", "%d steps on %s", len(p.Steps), d.From.Name)
	result, err := d.deploy(ctx, "source", d.From, p, func(ref resource.Ref) (io.ReadCloser, error) {
		return d.generate(p, ref)
	}, nil)
	d.sourceKeys, d.unfit = result.Keys(), result.Outcomes
	d.result.Unfit = append(hopeless(p.Forecast), result.Signals...)
	return err
}

// generate gives the bytes that the scenario wants in an image.
func (d *drill) generate(p *plan.Plan, image resource.Ref) (io.ReadCloser, error) {
	content := contentOf(p, image)
	if content == nil {
		return nil, fmt.Errorf("%s has no content", image)
	}
	return io.NopCloser(bundle.Generate(*content)), nil
}

func contentOf(p *plan.Plan, ref resource.Ref) *resource.Content {
	if r := p.Set.Get(ref); r != nil {
		return r.Content
	}
	return nil
}

func (d *drill) deploy(ctx context.Context, stage string, side Side, p *plan.Plan, content func(resource.Ref) (io.ReadCloser, error), sink func(resource.Ref) (io.WriteCloser, error)) (*deploy.Result, error) {
	var tried atomic.Int64
	return deploy.Run(ctx, deploy.Options{
		Plan: p, Cloud: side.Cloud, Journal: d.journal, Stage: stage, Content: content, Sink: sink, Values: d.values, Now: d.Now, Tick: d.Tick, Unanswered: side.unanswered(),
		Progress: func(e deploy.Event) {
			if slices.Contains([]string{"refused", "waiting", string(deploy.Lost)}, e.What) {
				d.say("deploy-"+stage, "%s %s: %s", e.Step.Ref, e.What, e.Why)
			}
			if !slices.Contains([]string{"refused", "waiting", "begin"}, e.What) {
				d.tell(Event{Stage: "deploy-" + stage, Steps: len(p.Steps), Tried: int(tried.Add(1))})
			}
		},
	})
}

// observeSource reads A back.
func (d *drill) observeSource(ctx context.Context) error {
	if d.exported() {
		b, err := bundle.Open(d.bundleDir)
		if err != nil {
			return err
		}
		d.result.Source = b.Set
		return nil
	}
	var err error
	d.result.Source, err = d.observe("read-source", sourceFile, func() (*resource.Set, error) {
		d.omissions = bundle.Omissions{}
		set, err := inventory.Take(ctx, d.From.Cloud, inventory.Options{Drill: d.ID, Keys: d.sourceKeys, Catalogue: &d.fromCatalogue, Omit: d.omissions.Add})
		if err != nil {
			return nil, err
		}
		d.dropUnfit(set)
		return set, d.save(omittedFile, d.omissions)
	})
	return err
}

// observe reads a cloud back and saves what is there; once the stage that
// moves the bytes has a plan, what was saved counts: by then the cloud may
// also hold what that stage has made.
func (d *drill) observe(stage, file string, take func() (*resource.Set, error)) (*resource.Set, error) {
	if exists(path(d.Dir, planOf(stage))) {
		set := &resource.Set{}
		if found, err := d.load(file, set); err != nil || found {
			return set, err
		}
	}
	set, err := take()
	if err != nil {
		return nil, err
	}
	return set, d.save(file, set)
}

// dropUnfit takes out what the source could not carry, with all that is made
// of it or refers to it: what never ran on A says nothing about leaving A.
func (d *drill) dropUnfit(set *resource.Set) {
	gone := map[resource.Ref]bool{}
	for ref, outcome := range d.unfit {
		gone[ref] = outcome == deploy.Lost || outcome == deploy.Untested
	}
	for found := true; found; {
		found = false
		for r := range set.All() {
			refs := r.Refs()
			if gone[r.Ref] || slices.ContainsFunc(refs, func(ref resource.Ref) bool { return gone[ref] }) {
				gone[r.Ref], found = true, true
				set.Remove(r.Ref)
			}
		}
	}
}

func (d *drill) exported() bool { return exists(path(d.bundleDir, bundle.ManifestFile)) }

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// exportSource writes the bundle: from what was read, and never from the
// scenario. What A does not let its tenant read back may be supplied.
func (d *drill) exportSource(ctx context.Context) (err error) {
	if d.exported() {
		return nil
	}
	if _, err := d.load(omittedFile, &d.omissions); err != nil {
		return err
	}
	w, err := bundle.Create(d.bundleDir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Discard()) }()
	if d.Bytes {
		signals, err := d.readBytes(ctx, "read-source", d.From, d.result.Source, w)
		if err != nil {
			return err
		}
		d.result.Unfit = append(d.result.Unfit, signals...)
	}
	if err := d.save(unfitFile, d.result.Unfit); err != nil {
		return err
	}
	d.supply()
	w.Omit(d.omissions)
	return w.Close(resource.StreamOf(d.result.Source), d.manifest())
}

// supply fills in the user data that A keeps to itself. That it could not be
// read stays noted: whoever leaves A without a copy of it has lost it.
func (d *drill) supply() {
	if d.UserData == nil {
		return
	}
	for r := range d.result.Source.All() {
		if !slices.Contains(r.Unread, "user_data") {
			continue
		}
		if text, ok := d.UserData(r.Key); ok {
			r.Spec["user_data"] = text
		}
	}
}

// readBytes fetches the bytes of all volumes and images of the set into the
// bundle, and notes in the set what they are. It returns what was refused.
func (d *drill) readBytes(ctx context.Context, stage string, side Side, set *resource.Set, w *bundle.Writer) ([]gap.Signal, error) {
	p, err := d.planReads(ctx, stage, side, set)
	if err != nil {
		return nil, err
	}
	if len(p.Steps) == 0 {
		return nil, nil
	}
	files := &contents{writer: w}
	result, err := d.deploy(ctx, stage, side, p, nil, files.sink)
	if err != nil {
		return nil, err
	}
	return result.Signals, files.measure(p, set)
}

// planReads returns the plan that the stage was begun with, or a new one.
func (d *drill) planReads(ctx context.Context, stage string, side Side, set *resource.Set) (*plan.Plan, error) {
	p := &plan.Plan{}
	if found, err := d.load(planOf(stage), p); err != nil || found {
		return p, err
	}
	catalogue, err := side.Cloud.Catalogue(ctx) // anew: what is there now takes quota
	if err != nil {
		return nil, err
	}
	p, err = plan.Reads(set, plan.Target{Catalogue: catalogue, Given: cloud.Given(catalogue)}, plan.Options{Drill: d.ID, Cloud: side.Name})
	if err != nil {
		return nil, err
	}
	return p, d.save(planOf(stage), p)
}
