package report

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/wechsel-project/wechsel/pkg/drill"
	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// A Report is what a drill has found, in one language; [Report.In] says it in
// another.
type Report struct {
	APIVersion string         `json:"apiVersion"`
	Kind       string         `json:"kind"` // Report, or Forecast
	Drill      string         `json:"drill"`
	Scenario   string         `json:"scenario"`
	Title      string         `json:"title"`
	Titles     gap.Text       `json:"titles,omitempty"` // of the scenario, by language
	From       Cloud          `json:"from"`
	To         Cloud          `json:"to"`
	Evidence   string         `json:"evidence"` // E1: analysed; E2: simulated; E3: rehearsed on a real target with test data
	Verdict    Verdict        `json:"verdict"`
	NotRun     []Part         `json:"notRun,omitempty"` // parts of the scenario that this says nothing about
	Language   string         `json:"language"`         // of title, causes, remedies and reasons: en or de
	Version    string         `json:"version"`          // of wechsel
	Started    string         `json:"started"`          // RFC 3339, UTC
	Finished   string         `json:"finished"`
	Complete   bool           `json:"complete"` // every stage was run to its end
	Stages     []Stage        `json:"stages"`
	Resources  []Outcome      `json:"resources"`
	Mapping    []Decision     `json:"mapping"`
	Gaps       []gap.Gap      `json:"gaps"`
	Source     Source         `json:"source"`
	Score      Score          `json:"score"`
	Prediction Prediction     `json:"prediction"`
	Cleanup    Cleanup        `json:"cleanup"`
	Standards  []Standard     `json:"standards"` // that gaps refer to
	Records    []drill.Record `json:"records"`   // the files that this rests on
}

// A Cloud of a drill.
type Cloud struct {
	Name      string    `json:"name"`
	Region    string    `json:"region,omitempty"`
	Simulated bool      `json:"simulated"`
	Services  []Service `json:"services,omitempty"` // sorted by type
}

// A Service is one API of a cloud, with its microversions if it has any.
type Service struct {
	Type string `json:"type"`
	Min  string `json:"min,omitempty"`
	Max  string `json:"max,omitempty"`
}

// A Stage of the drill, with its cost.
type Stage struct {
	Name    string  `json:"name"`
	Seconds float64 `json:"seconds"`
	Calls   int64   `json:"calls"` // requests sent to both clouds
	// Warnings are those that the services gave with their answers, each once.
	Warnings []drill.Warning `json:"warnings,omitempty"`
}

// An Outcome of one resource of the source.
type Outcome struct {
	Ref     string        `json:"ref"`
	Type    resource.Type `json:"type"`
	Name    string        `json:"name,omitempty"`
	Outcome string        `json:"outcome"` // equivalent, adapted, degraded, lost or untested
}

// A Decision of the plan that turned something of the source into something
// else, with its rule and its reason.
type Decision struct {
	Ref    string            `json:"ref"`
	Path   resource.Path     `json:"path,omitempty"`
	From   string            `json:"from"`
	To     string            `json:"to"`
	Effect resource.Effect   `json:"effect"`
	Rule   string            `json:"rule"`
	Reason string            `json:"reason"`         // in the report's language
	Args   map[string]string `json:"args,omitempty"` // what the reason names
}

// Source tells what failed on the source's side; never an exit gap.
type Source struct {
	Unfit []gap.Gap `json:"unfit"`
}

// Cleanup tells what is left in the clouds.
type Cleanup struct {
	Kept bool     `json:"kept"` // on purpose
	Left []string `json:"left"`
}

// Worst returns the gaps at or above the severity that nobody expected.
func (r *Report) Worst(s gap.Severity) []gap.Gap {
	return slices.DeleteFunc(slices.Clone(r.Gaps), func(g gap.Gap) bool { return g.Expected || !g.Severity.AtLeast(s) })
}

// writeJSON writes a document of ours.
func writeJSON(w io.Writer, document any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(document); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}
