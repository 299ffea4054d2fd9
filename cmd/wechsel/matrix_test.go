package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/wechsel-project/wechsel/pkg/drill"
	"github.com/wechsel-project/wechsel/pkg/report"
)

// The second Ctrl-C tells how to go on with each drill that has begun, is not
// over, and is between clouds that stay.
func TestMatrixLeave(t *testing.T) {
	var said bytes.Buffer
	code := -1
	a := &app{Streams: Streams{Err: &said, Exit: func(c int) { code = c }}}
	m := &matrixRun{app: a, progress: a.newProgress(output{quiet: true}, report.Words{}, 4), entries: []*matrixEntry{
		{pair: drill.Pair{Scenario: "tiny", From: "a", To: "b"}, dir: "out/running", begun: true},
		{pair: drill.Pair{Scenario: "tiny", From: "b", To: "a"}, dir: "out/over", begun: true, cell: &report.Cell{}},
		{pair: drill.Pair{Scenario: "tiny", From: "b", To: "c"}, dir: "out/waiting"},
		{pair: drill.Pair{Scenario: "tiny", From: "sim:alster", To: "a"}, dir: "out/simulated", begun: true},
	}}
	m.leave()
	want := "left as it is\ntiny, a → b:\n  go on:    wechsel resume out/running\n  clean up: wechsel cleanup out/running\n"
	if said.String() != want || code != exitInterrupted {
		t.Errorf("exit code %d, said\n%s\nwant\n%s", code, said.String(), want)
	}
}

// Failures are told with their pairs, an interrupt once.
func TestMatrixFailures(t *testing.T) {
	entries := []*matrixEntry{{pair: drill.Pair{Scenario: "tiny", From: "a", To: "b"}}, {}, {}, {}}
	err := failures(entries, []error{errors.New("the cloud went away"), nil, context.Canceled, context.Canceled})
	if err == nil || err.Error() != "tiny, a → b: the cloud went away\nthe matrix is incomplete: context canceled" {
		t.Errorf("got %v", err)
	}
	if failures(entries, make([]error, 4)) != nil {
		t.Error("nothing failed")
	}
}

func TestCloudList(t *testing.T) {
	got, err := cloudList("sim:alster, sim:isar,my-cloud")
	if err != nil || strings.Join(got, "|") != "sim:alster|sim:isar|my-cloud" {
		t.Errorf("got %v, %v", got, err)
	}
	for _, bad := range []string{"", ",", "a", "a,b,a"} {
		if _, err := cloudList(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}
