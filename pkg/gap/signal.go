package gap

import "github.com/wechsel-project/wechsel/pkg/resource"

// Rehearsal is the code of a forecast that the target itself has made, when it
// was asked to check a request without carrying it out. It has the words of the
// refusal that it foretells, and shows the same kinds.
const Rehearsal = "rehearsal"

// Seen says how a signal came about.
type Seen string

// The ways to see a gap.
const (
	Forecast Seen = "forecast" // the plan expects it
	Refusal  Seen = "refusal"  // a service has refused something
	Change   Seen = "change"   // the two inventories differ
	Probe    Seen = "probe"    // something was tried
)

// A Signal is something that happened to a resource on its way. Ref is the
// resource of the source, which is joined with the target's by its key.
type Signal struct {
	Seen    Seen              `json:"seen"`
	Code    string            `json:"code"` // what the emitter knows: the rule of a decision ("flavor/absent"), the operation that was refused ("create"), what differs ("changed", "missing", "extra", "unread", "chosen")
	Ref     resource.Ref      `json:"ref"`
	Path    resource.Path     `json:"path,omitempty"`
	Source  resource.Value    `json:"-"` // the two values, if there are two
	Target  resource.Value    `json:"-"`
	Effect  resource.Effect   `json:"effect,omitempty"` // what the emitter could do about it: adapted, degraded, lost
	Cloud   string            `json:"cloud,omitempty"`
	Status  int               `json:"status,omitempty"` // of HTTP, of a refusal
	Message string            `json:"message,omitempty"`
	Request string            `json:"request,omitempty"` // the service's id of the request
	Args    map[string]string `json:"args,omitempty"`    // what the texts name
}
