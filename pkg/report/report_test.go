package report

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

var update = flag.Bool("update", false, "write the golden files")

func sample() *Report {
	server := resource.Ref{Type: "OS::Nova::Server", Key: "web-0"}
	r := &Report{
		APIVersion: resource.APIVersion, Kind: "Report", Drill: "d1", Scenario: "web-shop", Title: "Web shop", Evidence: "E2", Language: "en",
		From: Cloud{Name: "sim:alster", Simulated: true}, To: Cloud{Name: "sim:isar", Simulated: true}, Complete: true,
		Started: "2026-01-02T03:04:05Z", Finished: "2026-01-02T03:04:07Z",
		Stages:    []Stage{{Name: "deploy-source", Seconds: 0.5, Calls: 40}, {Name: "export", Seconds: 0.25, Calls: 12}},
		Resources: []Outcome{{Ref: server.String(), Type: server.Type, Outcome: "adapted"}, {Ref: "OS::Nova::KeyPair/k", Type: "OS::Nova::KeyPair", Outcome: "equivalent"}},
		Mapping:   []Decision{{Ref: "OS::Nova::Flavor/SCS-2V-4-20", From: "SCS-2V-4-20", To: "m1.medium", Effect: resource.Adapted, Rule: "flavor/nearest", Reason: "the smallest flavor that is not smaller: +0 vCPU, +0 MiB"}},
		Gaps: []gap.Gap{
			{ID: "1", Kind: "compute/flavor-absent", Severity: gap.Blocker, Resources: []resource.Ref{server}, Cause: "No flavor of the target is as large as the source's.", Seen: []gap.Seen{gap.Forecast, gap.Refusal}},
			{ID: "2", Kind: "network/external-name", Severity: gap.Adapted, Resources: []resource.Ref{server}, Cause: "The external network has another name.", Seen: []gap.Seen{gap.Forecast}, Expected: true},
		},
		Source: Source{Unfit: []gap.Gap{}}, Cleanup: Cleanup{Left: []string{}},
	}
	r.Score, r.Prediction = Count(r.Resources), Predict(r.Gaps)
	return r
}

func TestGolden(t *testing.T) {
	text := func(id string, _ map[string]string) string { _, short, _ := strings.Cut(id, "."); return short }
	for name, write := range map[string]func(*Report, *bytes.Buffer) error{
		"report.json": func(r *Report, w *bytes.Buffer) error { return r.WriteJSON(w) },
		"report.txt":  func(r *Report, w *bytes.Buffer) error { return r.WriteTable(w, text) },
	} {
		t.Run(name, func(t *testing.T) {
			var got bytes.Buffer
			if err := write(sample(), &got); err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("testdata", name)
			if *update {
				if err := os.WriteFile(golden, got.Bytes(), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			for line := range strings.Lines(got.String()) {
				if n := len([]rune(strings.TrimRight(line, "\n"))); name == "report.txt" && n > 80 {
					t.Errorf("%d columns: %s", n, line)
				}
			}
		})
	}
}

func TestWorst(t *testing.T) {
	r := sample()
	if got := r.Worst(gap.Blocker); len(got) != 1 || got[0].ID != "1" {
		t.Errorf("blockers: %v", got)
	}
	if got := r.Worst(gap.Info); len(got) != 1 {
		t.Errorf("an expected gap counts: %v", got)
	}
}

func TestPredict(t *testing.T) {
	p := sample().Prediction
	if p.Predicted != 1 || p.Measured != 1 || p.Both != 1 || len(p.Kinds) != 1 {
		t.Errorf("got %+v", p)
	}
}
