package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/wechsel-project/wechsel/pkg/cloud/kubernetes"
	"github.com/wechsel-project/wechsel/pkg/deploy"
	"github.com/wechsel-project/wechsel/pkg/drill"
	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/report"
	"github.com/wechsel-project/wechsel/pkg/scenario"
)

func (a *app) runCommand() *cli.Command {
	return &cli.Command{
		Name: "run", Usage: "move a workload from one cloud to another and report what broke", ArgsUsage: "SCENARIO…",
		Description: `A SCENARIO is a name that the program carries (wechsel list), a folder or a
file. Everything that is created carries the drill's mark and is deleted at the
end. Ctrl-C stops and cleans up; a second Ctrl-C leaves at once.
What the source itself cannot carry is no gap of the exit and stands apart in
the report; it makes the exit code 1 as a gap of its severity does, because
what never ran there was not measured.
The Kubernetes of a simulated cloud is the program wechsel-cluster, which make
cluster builds: beside wechsel, on PATH, or named by --cluster-program.
Of a scenario with an OpenStack and a Kubernetes part, one that the source does
not offer, or for which that program is not there, is left out: stderr and the
report say so. --layers names the parts, and then a missing one is an error.

Examples:
  wechsel run tiny --from sim:alster --to sim:isar
  wechsel run web-shop --from my-cloud --to other-cloud --out evidence --lang de`,
		Flags: append([]cli.Flag{
			fromFlag(), toFlag(), layersFlag(layersAuto), configFlag(), failOnFlag(), a.clusterProgramFlag(),
			&cli.StringFlag{Name: "out", Usage: "`DIR` for bundle, journal, inventories and report; default: a folder in the user's state folder"},
			&cli.BoolFlag{Name: "keep", Usage: "leave the resources in both clouds"},
			&cli.BoolFlag{Name: "no-bytes", Usage: "do not move the bytes of volumes and images"},
			&cli.BoolFlag{Name: "shared-project", Usage: "work in projects that hold other things; they are not touched"},
		}, reportFlags()...),
		Action: a.run,
	}
}

func fromFlag() cli.Flag {
	return &cli.StringFlag{Name: "from", Usage: "the `CLOUD` to leave: a name in clouds.yaml, sim:NAME, sim:FILE or sim:NAME+OVERLAY; default: the scenario's"}
}

func toFlag() cli.Flag {
	return &cli.StringFlag{Name: "to", Usage: "the `CLOUD` to arrive on; default: the scenario's"}
}

func configFlag() cli.Flag {
	return &cli.StringFlag{Name: "config", Usage: "`FILE` with names and parameters of clouds; default: wechsel.yaml in this folder, if there is one"}
}

func failOnFlag() cli.Flag {
	return &cli.StringFlag{Name: "fail-on", Value: string(gap.Blocker), Usage: "the `SEVERITY` from which on a gap makes the exit code 1: blocker, degraded, adapted, info or none"}
}

func (a *app) run(c *cli.Context) error {
	names, err := atLeastOne(c, "scenario; `wechsel list` shows those that the program carries")
	if err != nil {
		return err
	}
	out, err := reportOutput(c)
	if err != nil {
		return err
	}
	var errs []error
	for _, name := range names {
		r := request{
			ID: newID(), Scenario: name, From: c.String("from"), To: c.String("to"), Config: c.String("config"), Layers: c.String("layers"),
			Keep: c.Bool("keep"), NoBytes: c.Bool("no-bytes"), Shared: c.Bool("shared-project"), Started: a.Now().UTC().Format(time.RFC3339),
		}
		dir := c.String("out")
		if dir != "" && len(names) > 1 {
			dir = filepath.Join(dir, filepath.Base(name))
		}
		errs = append(errs, a.runOne(r, dir, out))
	}
	return errors.Join(errs...)
}

// runOne runs one scenario in a new folder.
func (a *app) runOne(r request, dir string, out output) error {
	job, err := a.prepare(&r)
	if err != nil {
		return err
	}
	if err := a.sayNotRun(r, out); err != nil {
		return err
	}
	a.sayNotes(job.scenario, out)
	if dir, err = newFolder(dir, r); err != nil {
		return err
	}
	return a.drill(job, r, dir, out)
}

// job is a scenario that is ready to run between two clouds.
type job struct {
	scenario *scenario.Scenario
	config   *scenario.Config
}

// prepare reads the scenario with the source's parameters, and settles which
// clouds it is about. Nothing is contacted.
func (a *app) prepare(r *request) (*job, error) {
	config, err := loadConfig(r.Config)
	if err != nil {
		return nil, err
	}
	s, err := loadScenario(r.Scenario, r.From, config)
	if err != nil {
		return nil, err
	}
	r.From, r.To = s.From, firstOf(r.To, s.To)
	if r.From == "" || r.To == "" {
		return nil, &usage{fmt.Errorf("scenario %s names no clouds: say --from and --to", r.Scenario)}
	}
	if err := a.settleLayers(s, r, config); err != nil {
		return nil, err
	}
	if strings.HasPrefix(r.From, simulated) { // before its cluster is started; a real one may be newer than what is known here
		if err := kubernetes.Check(sourcesOf(s)); err != nil {
			return nil, &usage{err}
		}
	}
	return &job{scenario: s, config: config}, nil
}

func firstOf(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// drill runs or resumes the drill in dir and prints its report.
func (a *app) drill(j *job, r request, dir string, out output) error {
	words, err := loadWords(out.lang)
	if err != nil {
		return err
	}
	p := a.newProgress(out, words, 0)
	ctx, done := a.interruptible(func() {
		p.say("stopping and cleaning up; Ctrl-C again leaves at once")
	}, func() { p.close(); a.leave(dir) })
	defer done()
	of := p.begin(drill.Pair{})
	rep, err := a.measure(ctx, j, r, dir, words, of.event)
	of.end(err == nil, "")
	p.close()
	if err != nil {
		return err
	}
	return a.show(rep, dir, out, words)
}

// finish makes the report of a result, and prints it.
func (a *app) finish(j *job, r request, dir string, out output, from, to drill.Side, result *drill.Result) error {
	words, err := loadWords(out.lang)
	if err != nil {
		return err
	}
	rep, err := a.reportOf(j, r, dir, from, to, result, words)
	if err != nil {
		return err
	}
	return a.show(rep, dir, out, words)
}

// show prints a report and says where it lies.
func (a *app) show(rep *report.Report, dir string, out output, words report.Words) error {
	if err := rep.Write(a.Out, out.format, out.style(words)); err != nil {
		return err
	}
	if out.format == "table" {
		if err := a.sayWhere(words, dir, reportFile, pageFile); err != nil {
			return err
		}
	}
	return out.judge(rep)
}

// sayWhere tells where reports lie.
func (a *app) sayWhere(words report.Words, dir string, names ...string) error {
	for _, name := range names {
		if _, err := fmt.Fprintln(a.Out, words.Text("report.file", map[string]string{"file": filepath.Join(dir, name)})); err != nil {
			return err
		}
	}
	return nil
}

// measure connects to both clouds, runs the drill in dir, and keeps its report
// there.
func (a *app) measure(ctx context.Context, j *job, r request, dir string, words report.Words, progress func(drill.Event)) (*report.Report, error) {
	secret, err := secretOf(dir)
	if err != nil {
		return nil, err
	}
	want := wantedBy(j.scenario, secret)
	want.storage = want.storage && !r.NoBytes
	source, target, err := a.connectBoth(ctx, r.From, r.To, j.config, want)
	if err != nil {
		return nil, err
	}
	defer source.close()
	defer target.close()
	from, to := source.Side, target.Side
	workload, err := workloadOf(ctx, j.scenario, source)
	if err != nil {
		return nil, err
	}
	unlock, err := lockProjects(from, to)
	if err != nil {
		return nil, err
	}
	defer unlock()
	tick := time.NewTicker(tickOf(from, to))
	defer tick.Stop()
	result, err := drill.Run(ctx, drill.Options{
		ID: r.ID, Dir: dir, Workload: workload, Rules: rules(j.scenario), UserData: j.scenario.UserData, From: from, To: to,
		Keep: r.Keep, Bytes: !r.NoBytes, Shared: r.Shared, Now: a.Now, Tick: tick.C, Progress: progress,
	})
	if err != nil {
		return nil, a.explain(err, dir, from, to)
	}
	return a.reportOf(j, r, dir, from, to, result, words)
}

// tickOf is the rhythm of waiting: a simulated cloud is quick.
func tickOf(sides ...drill.Side) time.Duration {
	for _, s := range sides {
		if !s.Simulated {
			return time.Second
		}
	}
	return 15 * time.Millisecond
}

// explain tells how to go on after a drill that did not end.
func (a *app) explain(err error, dir string, sides ...drill.Side) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	if errors.Is(err, drill.ErrNotEmpty) {
		return &usage{err}
	}
	if errors.Is(err, deploy.ErrCleaned) || errors.Is(err, deploy.ErrRemoved) {
		if exists(filepath.Join(dir, reportFile)) {
			err = fmt.Errorf("%w\nits report:                 wechsel report %s", err, dir)
		}
		return fmt.Errorf("%w\nclean up what may be left: wechsel cleanup %s", err, dir)
	}
	for _, s := range sides {
		if s.Simulated {
			return fmt.Errorf("%w\n%s ended with this process, so the drill cannot be resumed; simulated clouds that stay are served by `wechsel cloud start`", err, s.Name)
		}
	}
	return fmt.Errorf("%w\n%s", err, howToGoOn(dir))
}

// leave ends the process without cleaning up.
func (a *app) leave(dir string) {
	fmt.Fprintln(a.Err, "left as it is\n"+howToGoOn(dir))
	a.Exit(exitInterrupted)
}

func howToGoOn(dir string) string {
	return fmt.Sprintf("go on:    wechsel resume %s\nclean up: wechsel cleanup %s", dir, dir)
}

// reportOf makes the report of a drill and keeps it in the drill's folder: for
// programs, and as a page for people.
func (a *app) reportOf(j *job, r request, dir string, from, to drill.Side, result *drill.Result, words report.Words) (*report.Report, error) {
	records, err := drill.Records(dir)
	if err != nil {
		return nil, err
	}
	rep := report.New(report.About{
		Drill: r.ID, Scenario: j.scenario.Name, Titles: gap.Text(j.scenario.Title), From: from, To: to, Version: version(),
		Started: r.Started, Finished: a.Now().UTC().Format(time.RFC3339), Expected: expected(j.scenario, r.To), Kept: r.Keep, Records: records, NotRun: r.NotRun,
	}, result, words)
	for name, format := range map[string]string{reportFile: "json", pageFile: "html"} {
		if err := writeFile(filepath.Join(dir, name), rep, format, report.Style{Words: words}); err != nil {
			return nil, err
		}
	}
	return rep, nil
}

// writeFile writes a report whole or not at all.
func writeFile(name string, doc document, format string, style report.Style) error {
	f, err := os.OpenFile(name+".partial", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(doc.Write(f, format, style), f.Close()); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return os.Rename(f.Name(), name)
}
