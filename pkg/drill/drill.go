package drill

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/wechsel-project/wechsel/pkg/bundle"
	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/deploy"
	"github.com/wechsel-project/wechsel/pkg/diff"
	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/plan"
	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// A Side is one of the two clouds of a drill.
type Side struct {
	Name      string // as the user calls it: sim:alster, my-cloud
	Place     string // the project that a real cloud's name leads to: two names may lead to one
	Cloud     cloud.Cloud
	Simulated bool
	MTU       int64                // of the networks that tenants make there; 0: nobody knows
	Octavia   string               // provider behind the cluster's load balancers; "": nobody knows
	Declared  profile.Declared     // what its provider states of the cluster and no API shows
	Calls     func() []cloud.Calls // what was sent to it so far; nil: not counted
}

// unanswered is how long the cloud may be at work on a call that nobody waits for
// any more; 0: as long as a real one.
func (s Side) unanswered() time.Duration {
	if s.Simulated {
		return time.Second
	}
	return 0
}

// Options of a drill. All but UserData, Rules, Progress and the switches are
// needed.
type Options struct {
	ID       string                                   // at most cloud.MaxDrill of [a-z0-9]; it is in the mark of all that is created
	Dir      string                                   // the drill's folder, which exists
	Workload *resource.Set                            // the scenario, with the names of cloud A
	Rules    []plan.Rule                              // the user's, for the way from A to B
	UserData func(server resource.Key) (string, bool) // what A does not let its tenant read back; nil: nothing is supplied
	From, To Side
	Keep     bool              // leave everything where it is
	Bytes    bool              // move the bytes of volumes and images too
	Shared   bool              // work in projects that are not empty
	Sealed   bundle.Recipients // who can read the values of Secrets in an export; empty: nobody, they are not in it
	Opener   bundle.Identities // who reads the values of Secrets in a bundle that is deployed; empty: nobody, placeholders stand for them

	Now      func() time.Time
	Tick     <-chan time.Time // the rhythm of waiting
	Progress func(Event)      // called by several goroutines; nil: nobody listens
}

// An Event tells how far a drill is.
type Event struct {
	Stage string
	Done  bool   // the stage is over
	Text  string // for a person; may be empty
	Steps int    // of a stage that deploys: how many it has; 0: this event is about something else
	Tried int    // and how many of them are over
}

// A Result is what a drill has found.
type Result struct {
	Offers   [2]profile.Catalogue // what A and B offered before the drill
	Stages   []Stage
	Source   *resource.Set // as read back from A
	Target   *resource.Set // as read back from B
	Plan     *plan.Plan    // for B
	Diff     diff.Result
	Signals  []gap.Signal // of the way to B: forecast, refused, changed
	Unfit    []gap.Signal // of A alone
	Left     []string     // in the clouds, in spite of cleaning up
	Complete bool         // every stage was run to its end
}

// A Stage is what one part of the drill took.
type Stage struct {
	Name    string  `json:"name"`
	Seconds float64 `json:"seconds"`
	Calls   int64   `json:"calls"` // requests sent to both clouds
	// Warnings are those that the services gave with their answers, each once.
	Warnings []Warning `json:"warnings,omitempty"`
}

// A Warning is what a service says beside its answer: of an API that ends, of what
// it takes and will not do.
type Warning struct {
	Cloud string `json:"cloud"`
	Text  string `json:"text"`
}

// ErrNotEmpty says that a project holds what is not the drill's.
var ErrNotEmpty = errors.New("the project is not empty")

// Run runs the drill, or goes on with the one in Dir. The result is never nil.
// A drill that ctx ends is cleaned up; one that a failing cloud ends is left
// as it is, to be resumed. What was compared is kept before anything is
// deleted: whatever ends the cleaning, the same call finishes it and has the
// same result. A drill that was cleaned up before it could compare, or that
// should have been kept, is [deploy.ErrCleaned].
func Run(ctx context.Context, o Options) (*Result, error) {
	journal, err := openJournal(o)
	if err != nil {
		return &Result{}, err
	}
	d := &drill{Options: o, journal: journal, result: &Result{}, bundleDir: path(o.Dir, BundleDir)}
	err = d.measure(ctx)
	if !o.Keep && (err == nil || ctx.Err() != nil) {
		err = errors.Join(err, d.stage(context.WithoutCancel(ctx), "clean-up", d.cleanUp))
	}
	d.result.Complete = err == nil
	return d.result, errors.Join(err, journal.Close())
}

func openJournal(o Options) (*deploy.Journal, error) {
	name := path(o.Dir, journalFile)
	if _, err := os.Stat(name); err == nil {
		return deploy.OpenJournal(name, o.Now)
	}
	return deploy.CreateJournal(name, o.ID, o.Now)
}

type drill struct {
	Options
	journal   *deploy.Journal
	result    *Result
	bundleDir string

	fromCatalogue, toCatalogue profile.Catalogue
	sourceKeys, targetKeys     map[string]resource.Ref         // what the engine made, by id
	export                     *resource.Set                   // what goes into the bundle
	omissions                  bundle.Omissions                // what does not
	runs                       bundle.Omissions                // of B: what its pods run
	unfit, outcomes            map[resource.Ref]deploy.Outcome // of the source's deployment, and the target's
	refusals                   []gap.Signal
	values                     map[string]string // of Secrets, by what stands for them; in no file
}

// step is a stage by its name.
type step struct {
	name string
	do   func(context.Context) error
}

// measure does all but cleaning up, unless that is done.
func (d *drill) measure(ctx context.Context) error {
	compared, err := d.restoreResult()
	if err != nil {
		return err
	}
	if (!compared || d.Keep) && deploy.Cleaned(d.journal.Records()) {
		return deploy.ErrCleaned
	}
	if compared {
		return nil
	}
	if err := d.run(ctx); err != nil {
		return err
	}
	return d.keepResult()
}

func (d *drill) run(ctx context.Context) error {
	return d.runStages(ctx, []step{
		{"catalogues", d.catalogues},
		{"deploy-source", d.deploySource},
		{"observe-source", d.observeSource},
		{"export", d.exportSource},
		{"plan", d.planTarget},
		{"deploy-target", d.deployTarget},
		{"observe-target", d.observeTarget},
		{"compare", d.compare},
	})
}

func (d *drill) runStages(ctx context.Context, steps []step) error {
	for _, s := range steps {
		if err := d.stage(ctx, s.name, s.do); err != nil {
			return err
		}
	}
	return nil
}

// stage runs one stage and notes what it took.
func (d *drill) stage(ctx context.Context, name string, do func(context.Context) error) error {
	d.tell(Event{Stage: name})
	began, before := d.Now(), d.calls()
	err := do(cloud.WithStage(ctx, name))
	d.result.Stages = append(d.result.Stages, Stage{Name: name, Seconds: d.Now().Sub(began).Seconds(), Calls: d.calls() - before, Warnings: d.warnings(name)})
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	d.tell(Event{Stage: name, Done: true})
	return nil
}

func (d *drill) tell(e Event) {
	if d.Progress != nil {
		d.Progress(e)
	}
}

func (d *drill) say(stage, format string, args ...any) {
	d.tell(Event{Stage: stage, Text: fmt.Sprintf(format, args...)})
}

// warnings are those of the stage.
func (d *drill) warnings(stage string) []Warning {
	var out []Warning
	for _, side := range []Side{d.From, d.To} {
		if side.Calls == nil {
			continue
		}
		for _, c := range side.Calls() {
			for _, text := range c.Warnings {
				if w := (Warning{side.Name, text}); c.Stage == stage && !slices.Contains(out, w) {
					out = append(out, w)
				}
			}
		}
	}
	return out
}

func (d *drill) calls() int64 {
	var n int64
	for _, side := range []Side{d.From, d.To} {
		if side.Calls == nil {
			continue
		}
		for _, c := range side.Calls() {
			n += int64(c.Requests)
		}
	}
	return n
}
