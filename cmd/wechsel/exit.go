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
	exitGaps        = 1   // done, with gaps at or above --fail-on, or of a source that could not carry the workload
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

// withoutGaps takes the results out of joined errors, and says whether there
// were any.
func withoutGaps(err error) (gaps bool, rest error) {
	joined, ok := err.(interface{ Unwrap() []error }) // only what errors.Join has made is taken apart
	if !ok {
		if _, ok := errors.AsType[gapsFound](err); ok {
			return true, nil
		}
		return false, err
	}
	var errs []error
	for _, e := range joined.Unwrap() {
		found, e := withoutGaps(e)
		gaps, errs = gaps || found, append(errs, e)
	}
	return gaps, errors.Join(errs...)
}

// exit tells what went wrong and returns the code for it: the one table of
// errors and exit codes.
func (a *app) exit(err error) int {
	gaps, err := withoutGaps(err)
	switch {
	case err == nil && gaps:
		return exitGaps
	case err == nil:
		return exitDone
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
