package drill

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/wechsel-project/wechsel/pkg/bundle"
	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/deploy"
	"github.com/wechsel-project/wechsel/pkg/diff"
	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/inventory"
	"github.com/wechsel-project/wechsel/pkg/plan"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// planTarget plans the way of the bundle to B.
func (d *drill) planTarget(ctx context.Context) error {
	b, err := bundle.Open(d.bundleDir)
	if err != nil {
		return err
	}
	d.export = b.Set
	if len(d.Opener) > 0 {
		if d.values, err = b.Values(d.Opener); err != nil {
			return err
		}
	}
	if d.From.Cloud == nil { // there is only the bundle to agree with
		if err := cloud.Speak(ctx, d.To.Cloud, cloud.VersionsIn(b.Set)); err != nil {
			return err
		}
	}
	p := &plan.Plan{}
	found, err := d.load(planOf("target"), p)
	if err != nil {
		return err
	}
	if !found {
		if p, err = plan.Build(carried(b.Set, d.values), plan.Target{Catalogue: d.toCatalogue, Given: cloud.Given(d.toCatalogue)}, plan.Options{Drill: d.ID, Cloud: d.To.Name, Rules: d.Rules, Source: &d.fromCatalogue}); err != nil {
			return err
		}
		if err := d.rehearseOnStage(ctx, p); err != nil {
			return err
		}
		if err := d.save(planOf("target"), p); err != nil {
			return err
		}
	}
	if err := d.strike(ctx); err != nil { // now that what was foretold is kept
		return err
	}
	d.result.Plan = p
	d.result.Signals = slices.Clone(p.Forecast)
	d.say("plan", "%d steps on %s, %d decisions, %d forecasts", len(p.Steps), d.To.Name, len(p.Mapping.Decisions), len(p.Forecast))
	return nil
}

// deployTarget makes the bundle on B. Steps that are expected to fail are
// tried all the same: a forecast is not a measurement.
func (d *drill) deployTarget(ctx context.Context) error {
	p := d.result.Plan
	result, err := d.deploy(ctx, "target", d.To, p, func(ref resource.Ref) (io.ReadCloser, error) {
		content := contentOf(p, ref)
		if content == nil || content.File == "" {
			return nil, fmt.Errorf("the bundle holds no bytes for %s", ref)
		}
		return os.Open(path(d.bundleDir, content.File))
	}, nil)
	d.targetKeys, d.outcomes, d.refusals = result.Keys(), result.Outcomes, result.Signals
	d.result.Signals = append(d.result.Signals, result.Signals...)
	return err
}

// observeTarget reads B back, bytes included where A's were.
func (d *drill) observeTarget(ctx context.Context) error {
	set, err := d.observe("read-target", targetFile, func() (*resource.Set, error) {
		d.runs = bundle.Omissions{}
		set, err := inventory.Take(ctx, d.To.Cloud, inventory.Options{Drill: d.ID, Keys: d.targetKeys, Catalogue: &d.toCatalogue, Omit: d.runs.Add})
		if err != nil {
			return nil, err
		}
		d.runs.Objects = nil
		if err := d.recognize(ctx, set); err != nil {
			return nil, err
		}
		return set, d.save(runsFile, d.runs)
	})
	if err != nil {
		return err
	}
	if _, err := d.load(runsFile, &d.runs); err != nil {
		return err
	}
	d.result.Target = set
	if !d.Bytes {
		return nil
	}
	if err := d.readBack(ctx, set); err != nil {
		return err
	}
	if err := d.save(targetFile, set); err != nil {
		return err
	}
	return os.RemoveAll(path(d.Dir, readBackDir))
}

// readBack measures B's bytes with files that are needed for nothing else.
func (d *drill) readBack(ctx context.Context, set *resource.Set) error {
	w, err := bundle.Create(path(d.Dir, readBackDir))
	if err != nil {
		return err
	}
	signals, err := d.readBytes(ctx, "read-target", d.To, set, w)
	for _, s := range signals { // the workload is there; only that its bytes are the same is not proven
		s.Seen, s.Code, s.Path, s.Effect, s.Source = gap.Probe, "unread", "content", "", nil
		d.result.Signals = append(d.result.Signals, s)
	}
	return err
}

// compare says what differs, under the plan's decisions.
func (d *drill) compare(context.Context) error {
	o := diff.Options{Joined: true, Lost: map[resource.Ref]bool{}, Untested: map[resource.Ref]bool{}, Refusals: d.refusals, Forecast: d.result.Plan.Forecast}
	for ref, outcome := range d.outcomes {
		o.Lost[ref], o.Untested[ref] = outcome == deploy.Lost, outcome == deploy.Untested
	}
	d.result.Diff = diff.Compare(d.export, d.result.Target, d.result.Plan.Mapping, o)
	d.result.Signals = append(d.result.Signals, d.result.Diff.Signals...)
	if _, err := d.load(omittedFile, &d.omissions); err != nil {
		return err
	}
	d.result.Signals = append(d.result.Signals, otherImages(d.export, d.result.Plan.Set, d.omissions.Digests, d.runs.Digests)...)
	return nil
}

// cleanUp deletes what the drill has made, on both clouds, and nothing else.
func (d *drill) cleanUp(ctx context.Context) error {
	var errs []error
	for _, side := range []Side{d.To, d.From} {
		left, err := cleanUp(ctx, side, deploy.CleanupOptions{Drill: d.ID, Journal: d.journal, Now: d.Now, Tick: d.Tick})
		d.result.Left = append(d.result.Left, left...)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// CleanUp deletes what carries the drill's mark, and what the cloud made for
// that. It needs no folder; if there is one, its journal learns what is gone,
// so that nobody goes on with it. It tells what is left.
func CleanUp(ctx context.Context, side Side, id, dir string, now func() time.Time, tick <-chan time.Time) ([]string, error) {
	o := deploy.CleanupOptions{Drill: id, Now: now, Tick: tick}
	if dir == "" {
		return cleanUp(ctx, side, o)
	}
	journal, err := deploy.OpenJournal(path(dir, journalFile), now)
	if errors.Is(err, os.ErrNotExist) {
		return cleanUp(ctx, side, o)
	}
	if err != nil {
		return nil, err
	}
	o.Journal = journal
	left, err := cleanUp(ctx, side, o)
	return left, errors.Join(err, journal.Close())
}

func cleanUp(ctx context.Context, side Side, o deploy.CleanupOptions) ([]string, error) {
	o.Cloud, o.Name, o.Unanswered = side.Cloud, side.Name, side.unanswered()
	result, err := deploy.Cleanup(ctx, o)
	var left []string
	for _, l := range result.Left {
		left = append(left, fmt.Sprintf("%s: %s %s: %s", side.Name, l.Ref.Type, l.ID, l.Why))
	}
	return left, err
}

// hopeless keeps of a plan's forecast what cannot be made at all.
func hopeless(forecast []gap.Signal) []gap.Signal {
	return slices.DeleteFunc(slices.Clone(forecast), func(s gap.Signal) bool { return s.Effect != resource.Lost })
}
