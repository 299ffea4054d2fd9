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

	"github.com/wechsel-project/wechsel/pkg/bundle"
	"github.com/wechsel-project/wechsel/pkg/drill"
	"github.com/wechsel-project/wechsel/pkg/scenario"
)

func (a *app) exportCommand() *cli.Command {
	return &cli.Command{
		Name: "export", Usage: "write what a project holds into a bundle", ArgsUsage: " ",
		Description: `Reads the project and changes nothing in it. With --data, the bytes of volumes
and images come along; for that, marked snapshots, volumes and images are made
and deleted again. The values of Secrets come along only encrypted, with age,
for the recipients that are named.

Example:
  wechsel export --cloud my-cloud -o bundle --data
  wechsel export --cloud my-cluster -o bundle --age-recipient age1…`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "cloud", Usage: "the `CLOUD` to export from"},
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "`DIR` for the bundle"},
			&cli.BoolFlag{Name: "data", Usage: "export the bytes too"},
			&cli.StringSliceFlag{Name: "age-recipient", Usage: "export the values of Secrets too, encrypted for this `age1…` (repeatable)"}, configFlag(), quietFlag(), a.clusterProgramFlag(),
		},
		Before: needs("cloud", "output"),
		Action: a.export,
	}
}

func (a *app) export(c *cli.Context) error {
	if _, err := exactArgs(c); err != nil {
		return err
	}
	sealed, err := bundle.ParseRecipients(c.StringSlice("age-recipient"))
	if err != nil {
		return &usage{err}
	}
	config, err := loadConfig(c.String("config"))
	if err != nil {
		return err
	}
	if err := isFree(c.String("output"), bundle.ManifestFile, "bundle"); err != nil {
		return err
	}
	if err := os.MkdirAll(c.String("output"), 0o700); err != nil {
		return &usage{fmt.Errorf("make the bundle's folder: %w; name another one", err)}
	}
	r := request{ID: newID(), From: c.String("cloud"), To: c.String("cloud"), Config: c.String("config"), Started: a.Now().UTC().Format(time.RFC3339)}
	dir, err := newFolder("", r)
	if err != nil {
		return err
	}
	o, done, err := a.station(r, dir, config, output{quiet: c.Bool("quiet")})
	if err != nil {
		return err
	}
	defer done()
	o.From, o.Bytes, o.Sealed = o.To, c.Bool("data"), sealed
	n, err := drill.Export(o.ctx, o.Options, c.String("output"))
	o.over()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.Out, "%d resources of %s are in %s; RESTORE.md there tells how to bring them back\n", n, o.From.Name, c.String("output"))
	return err
}

func (a *app) deployCommand() *cli.Command {
	return &cli.Command{
		Name: "deploy", Usage: "make a bundle on a cloud", ArgsUsage: "BUNDLE",
		Description: `Everything that is created carries the mark of a drill, whose id is printed.
Where the values of Secrets belong, there are placeholders, unless the export
was made with --age-recipient and the identity that belongs to it is given: then
the values are decrypted in memory and sent to the cloud, and are in no file.

Examples:
  wechsel deploy bundle --cloud other-cloud
  wechsel deploy bundle --cloud other-cluster --age-identity key.txt`,
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "cloud", Usage: "the `CLOUD` to arrive on"},
			&cli.StringFlag{Name: "out", Usage: "`DIR` for the journal and the plan"},
			&cli.StringFlag{Name: "age-identity", Usage: "`FILE` with the key for the values of Secrets, as age-keygen writes it"}, configFlag(), failOnFlag(), a.clusterProgramFlag(),
		}, outputFlags()...),
		Before: needs("cloud"),
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
	folder, err := filepath.Abs(args[0])
	if err != nil {
		return err
	}
	if !exists(filepath.Join(folder, bundle.ManifestFile)) {
		return &usage{fmt.Errorf("%s is not a bundle: it has no %s; `wechsel export` makes one", args[0], bundle.ManifestFile)}
	}
	r := request{ID: newID(), Scenario: filepath.Base(folder), Bundle: folder, From: c.String("cloud"), To: c.String("cloud"),
		Config: c.String("config"), Keep: true, Started: a.Now().UTC().Format(time.RFC3339)}
	if name := c.String("age-identity"); name != "" {
		if r.Identity, err = filepath.Abs(name); err != nil {
			return err
		}
	}
	if _, err := identitiesOf(r); err != nil {
		return err
	}
	dir, err := newFolder(c.String("out"), r)
	if err != nil {
		return err
	}
	return a.deployBundle(r, dir, config, out)
}

// identitiesOf reads who can read the values of the bundle's Secrets; nobody, if
// no file is named.
func identitiesOf(r request) (bundle.Identities, error) {
	if r.Identity == "" {
		return nil, nil
	}
	f, err := os.Open(r.Identity)
	if err != nil {
		return nil, &usage{err}
	}
	defer f.Close()
	ids, err := bundle.ParseIdentities(f)
	if err != nil {
		return nil, &usage{fmt.Errorf("%s: %w", r.Identity, err)}
	}
	return ids, nil
}

// deployBundle makes the request's bundle, or goes on with it.
func (a *app) deployBundle(r request, dir string, config *scenario.Config, out output) error {
	ids, err := identitiesOf(r)
	if err != nil {
		return err
	}
	o, done, err := a.station(r, dir, config, out)
	if err != nil {
		return err
	}
	defer done()
	o.Opener = ids
	result, err := drill.Deploy(o.ctx, o.Options, r.Bundle)
	o.over()
	switch {
	case errors.Is(err, bundle.ErrSealed): // nothing was created
		return &usage{err}
	case errors.Is(err, context.Canceled): // nothing is cleaned up: what is there may be wanted
		return fmt.Errorf("%w\n%s", err, howToGoOn(dir))
	case err != nil:
		return a.explain(err, dir, o.To)
	}
	j := &job{scenario: &scenario.Scenario{Name: r.Scenario}, config: config}
	return a.finish(j, r, dir, out, drill.Side{Name: r.Bundle}, o.To, result)
}

// station is what a single station of the drill works with.
type station struct {
	drill.Options
	ctx  context.Context
	over func() // ends the progress, before anything is printed
}

// station opens the request's cloud; the journal is in dir.
func (a *app) station(r request, dir string, config *scenario.Config, out output) (*station, func(), error) {
	words, err := loadWords(firstOf(out.lang, localLanguage(os.Getenv)))
	if err != nil {
		return nil, nil, err
	}
	ctx, done := a.interruptible(func() {}, func() { a.leave(dir) })
	side, err := a.connect(ctx, r.To, config, everything())
	if err != nil {
		done()
		return nil, nil, err
	}
	unlock, err := lockProjects(side.Side)
	if err != nil {
		side.close()
		done()
		return nil, nil, err
	}
	tick := time.NewTicker(tickOf(side.Side))
	p := a.newProgress(output{quiet: out.quiet}, words, 0)
	of := p.begin(drill.Pair{})
	over := sync.OnceFunc(func() { of.end(true, ""); p.close() })
	o := drill.Options{ID: r.ID, Dir: dir, To: side.Side, Now: a.Now, Tick: tick.C, Progress: of.event, Keep: true}
	return &station{Options: o, ctx: ctx, over: over}, func() { over(); tick.Stop(); unlock(); side.close(); done() }, nil
}

func isFolder(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return !errors.Is(err, os.ErrNotExist)
}
