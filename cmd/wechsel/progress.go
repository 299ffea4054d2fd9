package main

import (
	"fmt"
	"sync"

	"github.com/wechsel-project/wechsel/pkg/drill"
)

// progress tells on stderr how far a drill is: one line per stage, and one for
// each refusal.
func (a *app) progress(out output) func(drill.Event) {
	if out.quiet {
		return nil
	}
	var mu sync.Mutex
	return func(e drill.Event) {
		mu.Lock()
		defer mu.Unlock()
		switch {
		case e.Text != "":
			fmt.Fprintf(a.Err, "  %s\n", e.Text)
		case !e.Done && e.Steps == 0:
			fmt.Fprintf(a.Err, "%s\n", e.Stage)
		}
	}
}
