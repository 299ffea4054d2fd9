package main

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
  0 done, nothing unexpected    1 done, gaps at or above --fail-on
  2 wrong use or invalid input  4 a cloud or the machine failed: resume
  130 interrupted
`
	commandHelp = `wechsel {{.FullName}} — {{.Usage}}

Usage:
  wechsel {{.FullName}} {{if .VisibleFlags}}[flags] {{end}}{{.ArgsUsage}}
{{if .Description}}
{{.Description}}
{{end}}{{if .VisibleFlags}}
Flags:{{range .VisibleFlags}}
  {{.}}{{end}}
{{end}}`
)
