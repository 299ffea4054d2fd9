package main

import (
	"strings"
	"unicode/utf8"

	"github.com/urfave/cli/v2"
)

// The library's own templates print options that nobody has and no exit codes.
const (
	appHelp = `wechsel — {{.Usage}}

Moves a workload from one cloud to another, compares what arrived with what
left, and names every gap with its cause, its remedy and the standard that
covers it. A cloud is real (a name in clouds.yaml) or simulated (sim:NAME).

Usage:
  wechsel COMMAND [flags] [arguments]

Commands:{{range .VisibleCommands}}
  {{printf "%-10s" .Name}} {{.Usage}}{{end}}

Examples:
  wechsel run web-shop --from sim:alster --to sim:isar
  wechsel run ./my-scenario --from my-cloud --to other-cloud --out evidence
  wechsel COMMAND --help

Exit codes:
  0 done, nothing unexpected    1 done, gaps at or above --fail-on, or the
                                  source could not carry the workload
  2 wrong use or invalid input  4 a cloud or the machine failed: resume
  130 interrupted
`
	commandHelp = `{{.HelpName}} — {{.Usage}}

Usage:
  {{.HelpName}} {{if .VisibleFlags}}[flags] {{end}}{{.ArgsUsage}}
{{if .Description}}
{{.Description}}
{{end}}`
	groupHelp = `{{.HelpName}} — {{.Usage}}

Usage:
  {{.HelpName}} COMMAND

Commands:{{range .Subcommands}}{{if ne .Name "help"}}
  {{printf "%-10s" .Name}} {{.Usage}}{{end}}{{end}}
`
)

// helpOf is the template of a command's help, with its flags already written:
// the library writes a flag on one line, however long that is.
func helpOf(c *cli.Command) string {
	switch {
	case len(c.Subcommands) > 0:
		return groupHelp
	case len(c.Flags) == 0:
		return commandHelp
	}
	var b strings.Builder
	b.WriteString(commandHelp + "\nFlags:\n")
	for _, f := range c.Flags {
		if doc, ok := f.(cli.DocGenerationFlag); ok {
			b.WriteString(flagHelp(doc))
		}
	}
	return b.String()
}

// flagHelp is a flag with its placeholder, and below it what it does.
func flagHelp(f cli.DocGenerationFlag) string {
	var names []string
	for _, n := range f.Names() {
		names = append(names, strings.Repeat("-", min(2, len(n)))+n)
	}
	usage, placeholder := f.GetUsage(), ""
	if parts := strings.SplitN(usage, "`", 3); len(parts) == 3 {
		usage, placeholder = strings.Join(parts, ""), " "+parts[1]
	}
	if value := f.GetDefaultText(); f.TakesValue() && value != "" {
		usage += " (default: " + value + ")"
	}
	return "  " + strings.Join(names, ", ") + placeholder + "\n" + indent(usage, 6, 80)
}

// indent writes a text below n spaces, in lines of at most width columns.
func indent(text string, n, width int) string {
	var b strings.Builder
	line := strings.Repeat(" ", n-1)
	for _, word := range strings.Fields(text) {
		if utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			b.WriteString(line + "\n")
			line = strings.Repeat(" ", n-1)
		}
		line += " " + word
	}
	return b.String() + line + "\n"
}
