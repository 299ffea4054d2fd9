package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestExit(t *testing.T) {
	failed := errors.New("the cloud went away")
	for name, c := range map[string]struct {
		err  error
		code int
		says string
	}{
		"done":                 {nil, exitDone, ""},
		"gaps":                 {gapsFound{2}, exitGaps, ""},
		"several with gaps":    {errors.Join(nil, gapsFound{1}, gapsFound{2}), exitGaps, ""},
		"wrong use":            {fmt.Errorf("run: %w", &usage{errors.New("no such scenario")}), exitUsage, "no such scenario"},
		"a cloud failed":       {failed, exitIncomplete, "the cloud went away"},
		"gaps, then a failure": {errors.Join(gapsFound{1}, failed), exitIncomplete, "the cloud went away"},
		"interrupted":          {fmt.Errorf("deploy: %w", context.Canceled), exitInterrupted, "canceled"},
	} {
		t.Run(name, func(t *testing.T) {
			var said bytes.Buffer
			a := &app{Streams: Streams{Err: &said}}
			if code := a.exit(c.err); code != c.code || !strings.Contains(said.String(), c.says) || c.says == "" && said.Len() > 0 {
				t.Errorf("exit code %d, said %q; want %d, %q", code, said.String(), c.code, c.says)
			}
		})
	}
}
