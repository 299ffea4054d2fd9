package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/wechsel-project/wechsel/pkg/drill"
	"github.com/wechsel-project/wechsel/pkg/scenario"
)

func (a *app) exportCommand() *cli.Command {
	return &cli.Command{
		Name: "export", Usage: "write what a project holds into a bundle", ArgsUsage: " ",
		Description: `Reads the project and changes nothing in it. With --data, the bytes of volumes
and images come along; for that, marked snapshots, volumes and images are made
and deleted again.

Example:
  wechsel export --cloud my-cloud -o bundle --data`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "cloud", Usage: "the `CLOUD` to export from", Required: true},
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "`DIR` for the bundle", Required: true},
			&cli.BoolFlag{Name: "data", Usage: "export the bytes too"}, configFlag(), quietFlag(),
		},
		Action: a.export,
	}
}

func (a *app) export(c *cli.Context) error {
	if _, err := exactArgs(c); err != nil {
		return err
	}
	config, err := loadConfig(c.String("config"))
	if err != nil {
		return err
	}
	o, done, err := a.station(c, config, c.String("cloud"))
	if err != nil {
		return err
	}
	defer done()
	o.From, o.Bytes = o.To, c.Bool("data")
	set, err := drill.Export(o.ctx, o.Options, c.String("output"))
	o.over()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.Out, "%d resources of %s are in %s; RESTORE.md there tells how to bring them back\n", set.Len(), o.From.Name, c.String("output"))
	return err
}

func (a *app) deployCommand() *cli.Command {
	return &cli.Command{
		Name: "deploy", Usage: "make a bundle on a cloud", ArgsUsage: "BUNDLE",
		Description: `Everything that is created carries the mark of a drill, whose id is printed.

Example:
  wechsel deploy bundle --cloud other-cloud`,
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "cloud", Usage: "the `CLOUD` to arrive on", Required: true},
			&cli.StringFlag{Name: "out", Usage: "`DIR` for the journal and the plan"}, configFlag(), failOnFlag(),
		}, outputFlags()...),
		Action: a.deploy,
	}
}

func (a *app) deploy(c *cli.Context) error {
	args, err := exactArgs(c, "a bundle's folder")
	if err != nil {
		return err
	}
	out, err := outputOf(c)
	if err != nil {
		return err
	}
	config, err := loadConfig(c.String("config"))
	if err != nil {
		return err
	}
	o, done, err := a.station(c, config, c.String("cloud"))
	if err != nil {
		return err
	}
	defer done()
	result, err := drill.Deploy(o.ctx, o.Options, args[0])
	o.over()
	if err != nil {
		return fmt.Errorf("%w\nclean up: wechsel cleanup --cloud %s --drill %s", err, o.To.Name, o.ID)
	}
	r := request{ID: o.ID, Scenario: filepath.Base(args[0]), From: result.Plan.Cloud, To: o.To.Name, Keep: true, Started: o.started}
	j := &job{scenario: &scenario.Scenario{Name: r.Scenario}, config: config}
	return a.finish(j, r, o.Dir, out, drill.Side{Name: args[0]}, o.To, result)
}

// station is what a single station of the drill works with.
type station struct {
	drill.Options
	ctx     context.Context
	started string
	over    func() // ends the progress, before anything is printed
}

// station opens the cloud and a folder for the journal.
func (a *app) station(c *cli.Context, config *scenario.Config, cloudName string) (*station, func(), error) {
	words, err := loadWords(firstOf(c.String("lang"), localLanguage(os.Getenv)))
	if err != nil {
		return nil, nil, err
	}
	ctx, done := a.interruptible(func() {}, func() { a.Exit(exitInterrupted) })
	side, closeSide, err := a.connect(ctx, cloudName, config)
	if err != nil {
		done()
		return nil, nil, err
	}
	started := a.Now().UTC().Format(time.RFC3339)
	id := newID()
	dir, err := newFolder(c.String("out"), request{ID: id, From: cloudName, To: cloudName, Started: started})
	if err != nil {
		closeSide()
		done()
		return nil, nil, err
	}
	tick := time.NewTicker(tickOf(side))
	p := a.newProgress(output{quiet: c.Bool("quiet")}, words, 0)
	of := p.begin(drill.Pair{})
	over := sync.OnceFunc(func() { of.end(true, ""); p.close() })
	o := drill.Options{ID: id, Dir: dir, To: side, Now: a.Now, Tick: tick.C, Progress: of.event, Keep: true}
	return &station{Options: o, ctx: ctx, started: started, over: over}, func() { over(); tick.Stop(); closeSide(); done() }, nil
}

func isFolder(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return !errors.Is(err, os.ErrNotExist)
}
