package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"
)

// The exit codes. 3 belongs to the library, which uses it for an unknown help
// topic.
const (
	exitDone        = 0   // done, and nothing unexpected at or above --fail-on
	exitGaps        = 1   // done, with gaps at or above --fail-on
	exitUsage       = 2   // wrong use or invalid input
	exitIncomplete  = 4   // a cloud or the machine failed
	exitInterrupted = 130 // by Ctrl-C
)

// usage is an error of whoever called.
type usage struct{ error }

func (u *usage) Unwrap() error { return u.error }

// gapsFound is not an error but a result.
type gapsFound struct{ n int }

func (g gapsFound) Error() string { return fmt.Sprintf("%d gaps", g.n) }

// exit tells what went wrong and returns the code for it: the one table of
// errors and exit codes.
func (a *app) exit(err error) int {
	if err == nil {
		return exitDone
	}
	if _, ok := errors.AsType[gapsFound](err); ok {
		return exitGaps
	}
	fmt.Fprintf(a.Err, "wechsel: %v\n", err)
	if _, ok := errors.AsType[*usage](err); ok {
		return exitUsage
	}
	if coder, ok := errors.AsType[cli.ExitCoder](err); ok && coder.ExitCode() == 3 {
		return exitUsage
	}
	if errors.Is(err, context.Canceled) {
		return exitInterrupted
	}
	return exitIncomplete
}
