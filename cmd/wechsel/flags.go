package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/report"
	"github.com/wechsel-project/wechsel/pkg/suggest"
)

// flagsFirst moves the flags of a call before its arguments, because the
// library ignores flags that stand after an argument and says nothing.
// What stands after "--" stays where it is. Who asks for help gets that of the
// command, whatever else the call says: the library would look for a topic of
// the name of the first argument.
func flagsFirst(c *cli.App, args []string) []string {
	out, commands := args[:1:1], c.Commands
	var flags []cli.Flag
	rest := args[1:]
	for len(rest) > 0 {
		i := slices.IndexFunc(commands, func(c *cli.Command) bool { return c.HasName(rest[0]) })
		if i < 0 {
			break
		}
		out, rest, flags, commands = append(out, rest[0]), rest[1:], commands[i].Flags, commands[i].Subcommands
	}
	var front, back []string
	for len(rest) > 0 {
		arg := rest[0]
		rest = rest[1:]
		if arg == "--" {
			back = append(back, rest...)
			break
		}
		if len(arg) < 2 || arg[0] != '-' {
			back = append(back, arg)
			continue
		}
		if len(out) > 1 && slices.Contains(cli.HelpFlag.Names(), strings.TrimLeft(arg, "-")) {
			return append(out, arg)
		}
		front = append(front, arg)
		if !takesValue(flags, arg) {
			continue
		}
		if len(rest) == 0 {
			return slices.Concat(out, front) // the value is missing: nothing else may be taken for it
		}
		front, rest = append(front, rest[0]), rest[1:]
	}
	if len(back) > 0 {
		front = append(front, "--")
	}
	return slices.Concat(out, front, back)
}

func takesValue(flags []cli.Flag, arg string) bool {
	name := strings.TrimLeft(arg, "-")
	if strings.Contains(name, "=") {
		return false
	}
	for _, f := range flags {
		if slices.Contains(f.Names(), name) {
			_, isBool := f.(*cli.BoolFlag)
			return !isBool
		}
	}
	return false
}

// needs refuses a call without these flags: the library's own check prints the
// whole help first, and is no wrong use to it.
func needs(flags ...string) cli.BeforeFunc {
	return func(c *cli.Context) error {
		var missing []string
		for _, f := range flags {
			if !c.IsSet(f) {
				missing = append(missing, "--"+f)
			}
		}
		if len(missing) > 0 {
			return &usage{fmt.Errorf("want %s; `%s --help` shows the flags", strings.Join(missing, " and "), c.Command.HelpName)}
		}
		return nil
	}
}

// oneOf returns the flag's value if it is one of these.
func oneOf(c *cli.Context, flag string, values ...string) (string, error) {
	value := c.String(flag)
	if !slices.Contains(values, value) {
		return "", &usage{fmt.Errorf("--%s %s: want one of %s%s", flag, value, strings.Join(values, ", "), suggest.Nearest(value, values))}
	}
	return value, nil
}

func formatFlag(formats ...string) cli.Flag {
	return &cli.StringFlag{Name: "format", Value: "table", Usage: "`FORMAT` of what is printed: " + strings.Join(formats, ", ")}
}

func langFlag() cli.Flag {
	return &cli.StringFlag{Name: "lang", Value: localLanguage(os.Getenv), Usage: "`LANGUAGE` of texts: en or de; the default is the locale's"}
}

// localLanguage is the language of messages as POSIX settles it: the first of
// these variables that is set counts. What is not German is English.
func localLanguage(getenv func(string) string) string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if locale := getenv(name); locale != "" {
			if strings.HasPrefix(locale, "de") {
				return "de"
			}
			break
		}
	}
	return "en"
}

func quietFlag() cli.Flag {
	return &cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "no lines about what is being done"}
}

// output is how a command prints its result.
type output struct {
	format, lang string
	failOn       string // the severity that makes the exit code 1; empty or none: no gap does
	quiet        bool
}

// What most commands print, and what those that make a report do.
func plainFormats() []string { return []string{"table", "json"} }

func outputFlags() []cli.Flag {
	return []cli.Flag{formatFlag(plainFormats()...), langFlag(), quietFlag()}
}
func reportFlags() []cli.Flag {
	return []cli.Flag{formatFlag(report.Formats()...), langFlag(), quietFlag()}
}

func outputOf(c *cli.Context) (output, error)     { return readOutput(c, plainFormats()) }
func reportOutput(c *cli.Context) (output, error) { return readOutput(c, report.Formats()) }

func readOutput(c *cli.Context, formats []string) (output, error) {
	format, err := oneOf(c, "format", formats...)
	if err != nil {
		return output{}, err
	}
	lang, err := oneOf(c, "lang", "en", "de")
	if err != nil {
		return output{}, err
	}
	failOn := c.String("fail-on")
	if failOn != "" {
		_, err = oneOf(c, "fail-on", "blocker", "degraded", "adapted", "info", "none")
	}
	return output{format: format, lang: lang, failOn: failOn, quiet: c.Bool("quiet")}, err
}

// style is how a report is written for this output.
func (o output) style(words report.Words) report.Style {
	style := report.Style{Words: words}
	if o.failOn != "none" {
		style.FailOn = gap.Severity(o.failOn)
	}
	return style
}

// judge makes gaps at or above --fail-on the program's result. What the source
// itself could not carry is no gap of the exit, but nobody has measured how it
// would leave: a program that goes by the code must not take that for a yes.
func (o output) judge(r *report.Report) error {
	if o.failOn == "" || o.failOn == "none" {
		return nil
	}
	severity := gap.Severity(o.failOn)
	n := len(r.Worst(severity))
	for _, g := range r.Source.Unfit {
		if g.Severity.AtLeast(severity) {
			n++
		}
	}
	if n > 0 {
		return gapsFound{n}
	}
	return nil
}
