package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/wechsel-project/wechsel/pkg/drill"
	"github.com/wechsel-project/wechsel/pkg/scenario"
)

func (a *app) resumeCommand() *cli.Command {
	return &cli.Command{
		Name: "resume", Usage: "go on with a drill that was interrupted", ArgsUsage: "DIR",
		Description: `DIR is the drill's folder: that of --out, or the one that was printed.
A drill that ended while it was cleaning up is cleaned up, and its report is
printed. One that was cleaned up before it could compare cannot go on.

Example:
  wechsel resume evidence`,
		Flags:  append([]cli.Flag{failOnFlag()}, reportFlags()...),
		Action: a.resume,
	}
}

func (a *app) resume(c *cli.Context) error {
	args, err := exactArgs(c, "the drill's folder")
	if err != nil {
		return err
	}
	out, err := reportOutput(c)
	if err != nil {
		return err
	}
	r, err := readFolder(args[0])
	if err != nil {
		return err
	}
	if err := staysUp(r.From, r.To); err != nil {
		return err
	}
	if r.Scenario == "" {
		return &usage{fmt.Errorf("%s is the folder of an export, with which nobody can go on: `wechsel cleanup %s` deletes what it has left, and then export anew", args[0], args[0])}
	}
	if r.Bundle != "" {
		config, err := loadConfig(r.Config)
		if err != nil {
			return err
		}
		return a.deployBundle(r, args[0], config, out)
	}
	j, err := a.prepare(&r)
	if err != nil {
		return err
	}
	return a.drill(j, r, args[0], out)
}

func staysUp(names ...string) error {
	for _, name := range names {
		if strings.HasPrefix(name, simulated) {
			return &usage{fmt.Errorf("%s ended with the process that ran the drill, and all that was in it: start a new drill; simulated clouds that stay are served by `wechsel cloud start`", name)}
		}
	}
	return nil
}

func (a *app) cleanupCommand() *cli.Command {
	return &cli.Command{
		Name: "cleanup", Usage: "delete what a drill has left in its clouds", ArgsUsage: "[DIR]",
		Description: `Deletes what carries the drill's mark, and what the clouds made for that.
Nothing without the mark is ever deleted.

A service goes on with a request whose sender was killed. The drill's folder
knows whether there is one, and clean-up waits for it; without the folder it
looks for half a minute.

Examples:
  wechsel cleanup evidence
  wechsel cleanup --cloud my-cloud --drill kx3mvq2aab`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "cloud", Usage: "the `CLOUD` to clean, without a folder"},
			&cli.StringFlag{Name: "drill", Usage: "the drill's `ID`, without a folder"},
			configFlag(), quietFlag(),
		},
		Action: a.cleanup,
	}
}

func (a *app) cleanup(c *cli.Context) error {
	cloudName, id, config := c.String("cloud"), c.String("drill"), c.String("config")
	names, dir := []string{cloudName}, ""
	switch {
	case c.NArg() == 1 && cloudName == "" && id == "":
		dir = filepath.Clean(c.Args().First())
		r, err := readFolder(dir)
		if err != nil {
			return err
		}
		id, config, names = r.ID, firstOf(config, r.Config), []string{r.To, r.From}
	case c.NArg() != 0 || cloudName == "" || id == "":
		return &usage{errors.New("want either the drill's folder, or --cloud and --drill")}
	}
	if err := staysUp(names...); err != nil {
		return err
	}
	cfg, err := loadConfig(config)
	if err != nil {
		return err
	}
	ctx, done := a.interruptible(func() {}, func() { a.Exit(exitInterrupted) })
	defer done()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for _, name := range names {
		left, err := a.cleanOne(ctx, name, cfg, func(side drill.Side) ([]string, error) {
			if dir == "" && !c.Bool("quiet") {
				fmt.Fprintln(a.Err, "without the drill's folder nobody knows what was asked for last: looking for half a minute for what may still appear")
			}
			return drill.CleanUp(ctx, side, id, dir, time.Now, tick.C)
		})
		for _, what := range left {
			fmt.Fprintf(a.Err, "left on %s\n", what)
		}
		if err != nil {
			return err
		}
		if !c.Bool("quiet") {
			fmt.Fprintf(a.Err, "%s holds nothing of drill %s any more\n", name, id)
		}
	}
	return nil
}

// cleanOne connects to a cloud and keeps other drills out of its project
// while it is cleaned.
func (a *app) cleanOne(ctx context.Context, name string, config *scenario.Config, clean func(drill.Side) ([]string, error)) ([]string, error) {
	side, err := a.connect(ctx, name, config, everything())
	if err != nil {
		return nil, err
	}
	defer side.close()
	unlock, err := lockProjects(side.Side)
	if err != nil {
		return nil, err
	}
	defer unlock()
	return clean(side.Side)
}
