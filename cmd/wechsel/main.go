// Command wechsel measures whether a workload that runs on one cloud would
// still work on another: it moves the workload, compares what arrived with
// what left, and names every gap with its cause, its remedy and the standard
// that covers it. `wechsel --help` shows the commands.
//
// One file per command. This package reads flags, wires drivers and simulated
// clouds together by hand, and maps errors to exit codes; the work is done in
// pkg/.
package main

import (
	"context"
	"os"
)

func main() {
	os.Exit(Run(context.Background(), os.Args, Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Signals: notify, Exit: os.Exit}))
}
