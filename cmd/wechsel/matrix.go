package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/wechsel-project/wechsel/pkg/drill"
	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/report"
)

// The files of a matrix's folder, beside one folder per drill.
const (
	matrixFile     = "matrix.json"
	matrixPageFile = "matrix.html"
)

func (a *app) matrixCommand() *cli.Command {
	return &cli.Command{
		Name: "matrix", Usage: "move workloads between every ordered pair of clouds", ArgsUsage: "SCENARIO…",
		Description: `Runs one drill per scenario and ordered pair of clouds, many at once. Simulated
clouds are started anew for each drill; in a project of a real cloud one drill
runs at a time. A drill that fails does not end the others. Ctrl-C stops all and
cleans up; a second Ctrl-C leaves at once and tells how to resume. Of scenarios
with two parts the OpenStack part is moved; --layers both or kubernetes starts
two clusters for each drill between simulated clouds.

Examples:
  wechsel matrix tiny web-shop --clouds sim:scs-reference,sim:alster,sim:isar
  wechsel matrix tiny --clouds my-cloud,other-cloud,sim:isar --out evidence
  wechsel matrix tiny --clouds sim:alster,sim:isar --format html >matrix.html`,
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "clouds", Usage: "the `CLOUDS`, at least two, separated by commas"},
			layersFlag(layersFirst), configFlag(), failOnFlag(), a.clusterProgramFlag(),
			&cli.StringFlag{Name: "out", Usage: "`DIR` for matrix.json, matrix.html and a folder per drill"},
			&cli.IntFlag{Name: "parallel", Value: 8 * runtime.GOMAXPROCS(0), DefaultText: "8 per processor", Usage: "at most `N` drills at once"},
			&cli.BoolFlag{Name: "no-bytes", Usage: "do not move the bytes of volumes and images"},
			&cli.BoolFlag{Name: "shared-project", Usage: "work in projects that hold other things; they are not touched"},
		}, reportFlags()...),
		Before: needs("clouds"),
		Action: a.matrix,
	}
}

// matrixRun is a matrix that is being measured.
type matrixRun struct {
	app      *app
	words    report.Words
	progress *progress
	entries  []*matrixEntry
}

// matrixEntry is one of its drills.
type matrixEntry struct {
	pair    drill.Pair
	request request
	job     *job
	dir     string // its folder
	folder  string // the same, below the matrix's; empty: it is not kept

	mu    sync.Mutex
	begun bool
	cell  *report.Cell // nil until the drill is over
}

func (a *app) matrix(c *cli.Context) error {
	names, err := atLeastOne(c, "scenario; `wechsel list` shows those that the program carries")
	if err != nil {
		return err
	}
	out, err := reportOutput(c)
	if err != nil {
		return err
	}
	clouds, err := cloudList(c.String("clouds"))
	if err != nil {
		return err
	}
	if err := isFree(c.String("out"), drillFile, "drill"); c.String("out") != "" && err != nil {
		return err
	}
	if c.Int("parallel") < 1 {
		return &usage{fmt.Errorf("--parallel %d: want at least 1", c.Int("parallel"))}
	}
	words, err := loadWords(out.lang)
	if err != nil {
		return err
	}
	temp, err := os.MkdirTemp("", "wechsel-matrix-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	m := &matrixRun{app: a, words: words}
	for _, pair := range drill.Pairs(names, clouds) {
		e, err := a.matrixEntry(c, pair, temp)
		if err != nil {
			return err
		}
		m.entries = append(m.entries, e)
	}
	return m.run(c, out, clouds)
}

// cloudList takes a list apart, in which each cloud may be named once.
func cloudList(list string) ([]string, error) {
	clouds := strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
	for i, name := range clouds {
		if slices.Contains(clouds[:i], name) {
			return nil, &usage{fmt.Errorf("--clouds %s: %s is there twice", list, name)}
		}
	}
	if len(clouds) < 2 {
		return nil, &usage{fmt.Errorf("--clouds %q: want at least two, separated by commas", list)}
	}
	return clouds, nil
}

// matrixEntry reads the scenario of a drill and makes its folder. Nothing is
// contacted.
func (a *app) matrixEntry(c *cli.Context, pair drill.Pair, temp string) (*matrixEntry, error) {
	e := &matrixEntry{pair: pair, request: request{
		ID: newID(), Scenario: pair.Scenario, From: pair.From, To: pair.To, Config: c.String("config"), Layers: c.String("layers"),
		NoBytes: c.Bool("no-bytes"), Shared: c.Bool("shared-project"), Started: a.Now().UTC().Format(time.RFC3339),
	}}
	if err := known(pair.To); err != nil {
		return nil, err
	}
	var err error
	if e.job, err = a.prepare(&e.request); err != nil {
		return nil, err
	}
	e.pair.Scenario = e.job.scenario.Name
	name := folderName(e.pair)
	switch {
	case c.String("out") != "":
		e.dir, e.folder = filepath.Join(c.String("out"), name), name
	case staysUp(pair.From, pair.To) != nil: // nobody can resume it
		e.dir = filepath.Join(temp, name)
	}
	e.dir, err = newFolder(e.dir, e.request)
	return e, err
}

// known tells early of a simulated cloud that is none.
func known(cloud string) error {
	if !strings.HasPrefix(cloud, simulated) {
		return nil
	}
	_, err := loadProfile(cloud)
	return err
}

// folderName is a pair's name as a folder.
func folderName(p drill.Pair) string {
	return strings.NewReplacer(":", "-", "/", "-", "+", "-").Replace(p.Scenario + "_" + p.From + "_" + p.To)
}

func (m *matrixRun) run(c *cli.Context, out output, clouds []string) error {
	m.progress = m.app.newProgress(out, m.words, len(m.entries))
	ctx, done := m.app.interruptible(func() {
		m.progress.say("stopping and cleaning up; Ctrl-C again leaves at once")
	}, m.leave)
	defer done()
	if os.Getenv("GOGC") == "" {
		defer debug.SetGCPercent(debug.SetGCPercent(400)) // many small drills: there is memory enough, and time is short
	}
	began := m.app.Now()
	errs := drill.RunAll(ctx, m.jobs(), c.Int("parallel"))
	m.progress.close()
	about := report.About{Version: version(), Started: began.UTC().Format(time.RFC3339), Finished: m.app.Now().UTC().Format(time.RFC3339)}
	matrix := report.NewMatrix(about, m.app.Now().Sub(began).Seconds(), m.workloads(), clouds, m.cells(errs), m.words)
	return errors.Join(m.print(matrix, c.String("out"), out), failures(m.entries, errs), judgeMatrix(matrix, out))
}

func (m *matrixRun) jobs() []drill.Job {
	jobs := make([]drill.Job, len(m.entries))
	for i, e := range m.entries {
		jobs[i] = drill.Job{Uses: projects(e), Run: func(ctx context.Context) error { return m.measure(ctx, e) }}
	}
	return jobs
}

// projects are those of real clouds.
func projects(e *matrixEntry) []string {
	var places []string
	for _, name := range []string{e.pair.From, e.pair.To} {
		if !strings.HasPrefix(name, simulated) {
			places = append(places, placeOf(name, e.job.config))
		}
	}
	return places
}

// measure runs one drill.
func (m *matrixRun) measure(ctx context.Context, e *matrixEntry) error {
	e.mu.Lock()
	e.begun = true
	e.mu.Unlock()
	p := m.progress.begin(e.pair)
	r, err := m.app.measure(ctx, e.job, e.request, e.dir, m.words, p.event)
	if err != nil {
		p.end(false, report.Incomplete)
		return err
	}
	cell := report.CellOf(e.pair, e.folder, r)
	e.mu.Lock()
	e.cell = &cell
	e.mu.Unlock()
	p.end(true, r.Verdict)
	return nil
}

func (m *matrixRun) cells(errs []error) []report.Cell {
	cells := make([]report.Cell, len(m.entries))
	for i, e := range m.entries {
		if e.cell != nil {
			cells[i] = *e.cell
		} else {
			cells[i] = report.FailedCell(e.pair, e.request.ID, e.folder, errs[i])
		}
	}
	return cells
}

func (m *matrixRun) workloads() []report.Workload {
	var out []report.Workload
	for _, e := range m.entries {
		name := e.job.scenario.Name
		i := slices.IndexFunc(out, func(have report.Workload) bool { return have.Name == name })
		if i < 0 {
			i, out = len(out), append(out, report.Workload{Name: name, Titles: gap.Text(e.job.scenario.Title)})
		}
		for _, p := range e.request.NotRun {
			if p.Why == report.NotAsked {
				p.Cloud = "" // it is the same for each
			}
			if !slices.Contains(out[i].NotRun, p) {
				out[i].NotRun = append(out[i].NotRun, p)
			}
		}
	}
	return out
}

// print keeps the matrix in its folder, if it has one, and prints it.
func (m *matrixRun) print(matrix *report.Matrix, dir string, out output) error {
	style := out.style(m.words)
	if dir != "" {
		for name, format := range map[string]string{matrixFile: "json", matrixPageFile: "html"} {
			if err := writeFile(filepath.Join(dir, name), matrix, format, style); err != nil {
				return err
			}
		}
	}
	if err := matrix.Write(m.app.Out, out.format, style); err != nil || out.format != "table" || dir == "" {
		return err
	}
	return m.app.sayWhere(m.words, dir, matrixFile, matrixPageFile)
}

// failures are the errors of the drills, each with its pair; an interrupt is
// told once.
func failures(entries []*matrixEntry, errs []error) error {
	var out []error
	interrupted := false
	for i, err := range errs {
		switch {
		case errors.Is(err, context.Canceled):
			if !interrupted {
				out = append(out, fmt.Errorf("the matrix is incomplete: %w", context.Canceled))
			}
			interrupted = true
		case err != nil:
			p := entries[i].pair
			out = append(out, fmt.Errorf("%s, %s → %s: %w", p.Scenario, p.From, p.To, err))
		}
	}
	return errors.Join(out...)
}

func judgeMatrix(m *report.Matrix, out output) error {
	if out.failOn == "" || out.failOn == "none" {
		return nil
	}
	if n := m.Worst(gap.Severity(out.failOn)); n > 0 {
		return gapsFound{n}
	}
	return nil
}

// leave ends the process without cleaning up, and tells how to go on with what
// can be resumed.
func (m *matrixRun) leave() {
	m.progress.close()
	fmt.Fprintln(m.app.Err, "left as it is")
	for _, e := range m.entries {
		e.mu.Lock()
		open := e.begun && e.cell == nil && staysUp(e.pair.From, e.pair.To) == nil
		e.mu.Unlock()
		if open {
			fmt.Fprintf(m.app.Err, "%s, %s → %s:\n  go on:    wechsel resume %s\n  clean up: wechsel cleanup %s\n", e.pair.Scenario, e.pair.From, e.pair.To, e.dir, e.dir)
		}
	}
	m.app.Exit(exitInterrupted)
}
