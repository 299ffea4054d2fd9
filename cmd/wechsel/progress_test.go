package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/vbauerster/mpb/v8"

	"github.com/wechsel-project/wechsel/pkg/drill"
	"github.com/wechsel-project/wechsel/pkg/report"
)

// told are the events of a drill, each two seconds after the one before.
func told(t *testing.T, total int, live bool) string {
	t.Helper()
	words, err := loadWords("en")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	a := &app{Streams: Streams{Err: &out, Now: func() time.Time { return now }}}
	p := a.newProgress(output{}, words, total)
	if live {
		p.start(mpb.WithOutput(&out), mpb.WithAutoRefresh())
	}
	d := p.begin(drill.Pair{Scenario: "tiny", From: "a", To: "b"})
	for _, e := range []drill.Event{
		{Stage: "plan"}, {Stage: "plan", Text: "3 steps on b"}, {Stage: "plan", Done: true},
		{Stage: "deploy-target"}, {Stage: "deploy-target", Steps: 3, Tried: 2}, {Stage: "deploy-target", Steps: 3, Tried: 1},
	} {
		d.event(e)
		now = now.Add(2 * time.Second)
	}
	d.end(false, report.Incomplete)
	p.close()
	return out.String()
}

func TestProgressInLines(t *testing.T) {
	if diff := cmp.Diff("plan\n  3 steps on b\ndeploy-target\n", told(t, 0, false)); diff != "" {
		t.Errorf("a run (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff("tiny, a → b: begins\n[1/2] tiny, a → b: incomplete\n", told(t, 2, false)); diff != "" {
		t.Errorf("a matrix (-want +got)\n%s", diff)
	}
}

// A stage that is over stays with what it took; one that failed is marked; the
// number of steps never goes back.
func TestProgressThatLives(t *testing.T) {
	var got []string
	for line := range strings.Lines(seen(told(t, 0, true))) {
		got = append(got, strings.Join(strings.Fields(line), " "))
	}
	want := []string{"3 steps on b", "✓ plan 4.0 s", "✗ deploy on the target 2/3 6.0 s"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if left := strings.TrimSpace(seen(told(t, 2, true))); left != "" {
		t.Errorf("a matrix leaves %q", left)
	}
}

func TestLocalLanguage(t *testing.T) {
	for name, c := range map[string]struct {
		env  map[string]string
		want string
	}{
		"nothing is set":        {nil, "en"},
		"LANG":                  {map[string]string{"LANG": "de_DE.UTF-8"}, "de"},
		"LC_ALL counts first":   {map[string]string{"LANG": "de_DE.UTF-8", "LC_ALL": "C.UTF-8"}, "en"},
		"LC_MESSAGES over LANG": {map[string]string{"LANG": "en_US.UTF-8", "LC_MESSAGES": "de_AT"}, "de"},
		"another language":      {map[string]string{"LANG": "fr_FR"}, "en"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := localLanguage(func(key string) string { return c.env[key] }); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}
