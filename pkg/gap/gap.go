package gap

import "github.com/wechsel-project/wechsel/pkg/resource"

// Severity says how much a gap hinders.
type Severity string

// The severities, from worst to least.
const (
	Blocker  Severity = "blocker"  // something did not arrive
	Degraded Severity = "degraded" // it arrived with less than it had
	Adapted  Severity = "adapted"  // it arrived in another form, as good
	Info     Severity = "info"     // worth knowing
)

// Severities lists all, from worst to least.
func Severities() []Severity { return []Severity{Blocker, Degraded, Adapted, Info} }

// AtLeast reports whether s is as bad as t or worse.
func (s Severity) AtLeast(t Severity) bool { return s.rank() <= t.rank() }

func (s Severity) rank() int {
	for i, x := range Severities() {
		if x == s {
			return i
		}
	}
	return len(Severities())
}

// A Gap is one thing that stands between two clouds, with all resources that
// show it.
type Gap struct {
	ID        string         `json:"id"` // a fingerprint of kind, type, path pattern and value classes: the same from drill to drill
	Kind      string         `json:"kind"`
	Title     string         `json:"title"` // in the report's language
	Severity  Severity       `json:"severity"`
	Resources []resource.Ref `json:"resources"` // the source's, sorted
	Path      resource.Path  `json:"path,omitempty"`
	Source    resource.Value `json:"source,omitempty"` // of the first resource, as plain JSON values
	Target    resource.Value `json:"target,omitempty"`
	Cause     string         `json:"cause"`  // in the report's language
	Remedy    string         `json:"remedy"` // in the report's language
	Seen      []Seen         `json:"seen"`
	Evidence  []Evidence     `json:"evidence"`
	Standards []string       `json:"standards"`       // that cover it; empty: none does
	Facets    []string       `json:"facets"`          // of Art. 35(2) Data Act
	Who       string         `json:"who"`             // customer, provider or standard
	Basis     Basis          `json:"basis,omitempty"` // measured or modelled: who has given the answer, or would
	Expected  bool           `json:"expected,omitempty"`
	Unread    bool           `json:"unread,omitempty"` // it tells of what was not read, however alike the two clouds are

	Args map[string]string `json:"args,omitempty"` // what the texts name, so that they can be written in another language
}

// Evidence is what proves a gap.
type Evidence struct {
	Seen    Seen   `json:"seen"`
	Ref     string `json:"ref"`
	Status  int    `json:"status,omitempty"`
	Message string `json:"message,omitempty"`
	Request string `json:"request,omitempty"`
}
