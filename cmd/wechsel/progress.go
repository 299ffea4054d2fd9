package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/wechsel-project/wechsel/pkg/drill"
	"github.com/wechsel-project/wechsel/pkg/report"
)

// progress tells on stderr how far drills are: on a terminal by lines that
// live, else by one line per stage, or per drill of a matrix.
type progress struct {
	out   io.Writer
	words report.Words
	now   func() time.Time
	quiet bool
	live  *mpb.Progress // nil: not a terminal
	total int           // drills of a matrix; 0: it is about one drill, stage by stage
	bar   *mpb.Bar      // of all drills

	mu   sync.Mutex
	over int               // drills
	open map[*mpb.Bar]bool // lines that live; nil: none may begin any more
}

// newProgress begins to tell. It has to be closed before anything else is
// written.
func (a *app) newProgress(out output, words report.Words, total int) *progress {
	p := &progress{out: a.Err, words: words, now: a.Now, quiet: out.quiet, total: total}
	if !out.quiet && isTerminal(a.Err, os.Getenv) {
		p.start(mpb.WithOutput(a.Err), mpb.WithRefreshRate(120*time.Millisecond))
	}
	return p
}

// start makes the lines live.
func (p *progress) start(options ...mpb.ContainerOption) {
	p.live, p.open = mpb.New(append([]mpb.ContainerOption{mpb.WithWidth(80)}, options...)...), map[*mpb.Bar]bool{}
	if p.total > 0 {
		began := p.now()
		p.bar = p.add(int64(p.total), mpb.BarStyle().Lbound("[").Filler("=").Tip(">").Padding(" ").Rbound("]"),
			mpb.BarPriority(p.total+1),
			mpb.PrependDecorators(decor.CountersNoUnit("%d/%d")),
			mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return p.seconds(p.now().Sub(began)) })))
	}
}

// isTerminal says whether lines may be written anew.
func isTerminal(w io.Writer, getenv func(string) string) bool {
	f, ok := w.(*os.File)
	return ok && getenv("NO_COLOR") == "" && getenv("TERM") != "dumb" && isatty.IsTerminal(f.Fd())
}

func (p *progress) seconds(d time.Duration) string {
	return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
}

// say writes a line, above those that live.
func (p *progress) say(line string) {
	if p.live != nil {
		if _, err := fmt.Fprintln(p.live, line); err == nil {
			return
		}
	}
	fmt.Fprintln(p.out, line) // what happens to progress is no result
}

// add begins a line that lives; nil when the terminal has been left already.
func (p *progress) add(total int64, filler mpb.BarFillerBuilder, options ...mpb.BarOption) *mpb.Bar {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open == nil {
		return nil
	}
	bar := p.live.New(total, filler, options...)
	p.open[bar] = true
	return bar
}

// finish ends a line: it stays, as done or as failed, or it goes.
func (p *progress) finish(bar *mpb.Bar, well, stays bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if bar == nil || !p.open[bar] {
		return
	}
	delete(p.open, bar)
	if well && stays {
		bar.SetCurrent(1)
	} else {
		bar.Abort(!stays)
	}
}

// close leaves the terminal as it was, below what was told. A stage that goes
// on is shown as one that failed.
func (p *progress) close() {
	if p.live == nil {
		return
	}
	p.mu.Lock()
	for bar := range p.open {
		bar.Abort(p.total > 0)
	}
	p.open = nil
	p.mu.Unlock()
	p.live.Wait()
}

// drillProgress is one drill of it.
type drillProgress struct {
	*progress
	pair drill.Pair

	mu    sync.Mutex
	stage *stageProgress
	row   *mpb.Bar // of a matrix
}

// stageProgress is the stage that a drill is in.
type stageProgress struct {
	name         string
	tried, steps int
	began        time.Time
	took         time.Duration // once it is over
	bar          *mpb.Bar
}

// begin tells that a drill begins.
func (p *progress) begin(pair drill.Pair) *drillProgress {
	d := &drillProgress{progress: p, pair: pair}
	switch {
	case p.total == 0:
	case p.live != nil:
		d.row = p.add(1, mpb.NopStyle(), mpb.BarFillerTrim(), mpb.PrependDecorators(decor.Spinner(nil), decor.Any(func(decor.Statistics) string { return " " + d.line() })))
	case !p.quiet:
		p.say(p.words.Text("progress.begins", d.args()))
	}
	return d
}

func (d *drillProgress) args() map[string]string {
	return map[string]string{"scenario": d.pair.Scenario, "from": d.pair.From, "to": d.pair.To}
}

// line is what a drill of a matrix does.
func (d *drillProgress) line() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	line := d.words.Text("progress.pair", d.args())
	if d.stage != nil {
		line += ": " + d.stage.text(d.words)
	}
	return line
}

func (s *stageProgress) text(words report.Words) string {
	text := words.Text("stage."+s.name, nil)
	if s.steps > 0 {
		text += fmt.Sprintf(" %d/%d", s.tried, s.steps)
	}
	return text
}

// event tells what the drill tells. Several goroutines call it.
func (d *drillProgress) event(e drill.Event) {
	if d.quiet {
		return
	}
	switch {
	case e.Steps > 0:
		d.mu.Lock()
		if d.stage != nil && d.stage.name == e.Stage {
			d.stage.tried, d.stage.steps = max(d.stage.tried, e.Tried), e.Steps
		}
		d.mu.Unlock()
	case e.Text != "":
		if d.total == 0 {
			d.say("  " + e.Text)
		}
	case e.Done:
		d.endStage(true)
	default:
		d.beginStage(e.Stage)
	}
}

func (d *drillProgress) beginStage(name string) {
	s := &stageProgress{name: name, began: d.now()}
	d.mu.Lock()
	d.stage = s
	d.mu.Unlock()
	switch {
	case d.total > 0:
	case d.live != nil:
		s.bar = d.add(1, mpb.NopStyle(), mpb.BarFillerTrim(), mpb.PrependDecorators(
			decor.OnAbort(decor.OnComplete(decor.Spinner(nil), "✓"), "✗"),
			decor.Any(func(decor.Statistics) string { return d.stageLine(s) })))
	default:
		d.say(name)
	}
}

// stageLine is a stage with the time that it has taken so far.
func (d *drillProgress) stageLine(s *stageProgress) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	took := s.took
	if took == 0 {
		took = d.now().Sub(s.began)
	}
	return fmt.Sprintf(" %-48s %8s", s.text(d.words), d.seconds(took))
}

// endStage tells that the stage is over; not well: it failed.
func (d *drillProgress) endStage(well bool) {
	d.mu.Lock()
	s := d.stage
	d.stage = nil
	if s != nil {
		s.took = max(1, d.now().Sub(s.began))
	}
	d.mu.Unlock()
	if s != nil {
		d.finish(s.bar, well, true)
	}
}

// end tells that the drill is over, and of a matrix's with which verdict.
func (d *drillProgress) end(well bool, verdict report.Verdict) {
	d.endStage(well)
	if d.total == 0 {
		return
	}
	d.progress.mu.Lock()
	d.over++
	n := d.over
	d.progress.mu.Unlock()
	switch {
	case d.live != nil:
		d.finish(d.row, well, false)
		d.bar.Increment()
	case !d.quiet:
		args := d.args()
		args["n"], args["total"], args["verdict"] = strconv.Itoa(n), strconv.Itoa(d.total), d.words.Text("matrix.word."+string(verdict), nil)
		d.say(d.words.Text("progress.ends", args))
	}
}
