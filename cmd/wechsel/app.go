package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/wechsel-project/wechsel/pkg/suggest"
)

// Streams is what a command may read and write.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
	Signals  func() (<-chan os.Signal, func()) // interrupts, and how to stop listening; nil: none
	Exit     func(code int)                    // leaves at once, for the second Ctrl-C
	Now      func() time.Time                  // nil: the system's clock
}

// app is one call of the program.
type app struct {
	Streams
	ctx            context.Context
	clusterProgram string // that the user names; empty: it is looked for
}

// Run runs the program and returns its exit code.
func Run(ctx context.Context, args []string, streams Streams) int {
	if streams.Now == nil {
		streams.Now = time.Now
	}
	a := &app{Streams: streams, ctx: ctx}
	c := a.cli()
	err := c.RunContext(ctx, flagsFirst(c, args))
	return a.exit(err)
}

func (a *app) cli() *cli.App {
	c := &cli.App{
		Name:                      "wechsel",
		Usage:                     "would our workload still work on the other cloud?",
		Version:                   version(),
		Writer:                    a.Out,
		ErrWriter:                 a.Err,
		DisableSliceFlagSeparator: true,
		ExitErrHandler:            func(*cli.Context, error) {}, // exit.go decides
		OnUsageError:              usageError,
		CustomAppHelpTemplate:     appHelp,
		Action:                    a.noCommand,
		Commands: []*cli.Command{
			a.runCommand(), a.predictCommand(), a.matrixCommand(),
			a.exportCommand(), a.deployCommand(), a.inventoryCommand(), a.diffCommand(), a.compareCommand(), a.captureCommand(),
			a.cloudCommand(),
			a.resumeCommand(), a.cleanupCommand(),
			a.listCommand(), a.validateCommand(), a.schemaCommand(), a.gapsCommand(), a.reportCommand(), a.versionCommand(),
		},
	}
	finish(c.Commands)
	return c
}

// finish gives every command what all have.
func finish(commands []*cli.Command) {
	for _, c := range commands {
		c.OnUsageError = usageError
		c.CustomHelpTemplate = helpOf(c)
		if c.Action == nil {
			c.Action = unknownSubcommand
		}
		finish(c.Subcommands)
	}
}

// usageError says what is wrong with the flags: the library gives the words only.
func usageError(c *cli.Context, err error, _ bool) error {
	name, unknown := strings.CutPrefix(err.Error(), "flag provided but not defined: -")
	bare, alone := strings.CutPrefix(err.Error(), "flag needs an argument: -")
	switch {
	case alone:
		err = fmt.Errorf("--%s wants a value", bare)
	case unknown && c.Command.HelpName == c.App.Name:
		err = fmt.Errorf("there is no flag --%s before a command, but perhaps after it", name)
	case unknown:
		err = fmt.Errorf("there is no flag --%s%s", name, suggest.Nearest("--"+name, flagNames(c.Command.Flags)))
	}
	return &usage{fmt.Errorf("%w; `%s --help` shows the flags", err, c.Command.HelpName)}
}

func flagNames(flags []cli.Flag) []string {
	var names []string
	for _, f := range flags {
		names = append(names, "--"+f.Names()[0])
	}
	return names
}

func (a *app) noCommand(c *cli.Context) error {
	if c.Args().Present() {
		return &usage{fmt.Errorf("there is no command %q%s; `wechsel --help` shows the commands", c.Args().First(), suggest.Nearest(c.Args().First(), commandNames(c.App.Commands)))}
	}
	return cli.ShowAppHelp(c)
}

func unknownSubcommand(c *cli.Context) error {
	if c.Args().Present() {
		return &usage{fmt.Errorf("there is no command %q below %q%s; `%s --help` shows those that there are",
			c.Args().First(), c.Command.Name, suggest.Nearest(c.Args().First(), commandNames(c.Command.Subcommands)), c.Command.HelpName)}
	}
	return cli.ShowSubcommandHelp(c)
}

func commandNames(commands []*cli.Command) []string {
	var names []string
	for _, c := range commands {
		names = append(names, c.Name)
	}
	return names
}

// exactArgs returns the arguments, which must be of this number.
func exactArgs(c *cli.Context, names ...string) ([]string, error) {
	if c.NArg() > 0 && len(names) == 0 {
		return nil, &usage{fmt.Errorf("want no arguments, got %s", strings.Join(c.Args().Slice(), " "))}
	}
	if c.NArg() != len(names) {
		return nil, &usage{fmt.Errorf("want %s, got %d arguments", strings.Join(names, " and "), c.NArg())}
	}
	return c.Args().Slice(), nil
}

func atLeastOne(c *cli.Context, name string) ([]string, error) {
	if c.NArg() == 0 {
		return nil, &usage{errors.New("want at least one " + name)}
	}
	return slices.Clone(c.Args().Slice()), nil
}
