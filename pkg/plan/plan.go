package plan

import (
	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// A Plan is how a Set is made on one cloud.
type Plan struct {
	APIVersion string           `json:"apiVersion"`
	Kind       string           `json:"kind"`
	Drill      string           `json:"drill"`
	Cloud      string           `json:"cloud"`
	Set        *resource.Set    `json:"set"` // as it shall be on the target: Given resources are the target's, with ID
	Steps      []Step           `json:"steps"`
	Mapping    resource.Mapping `json:"mapping"`
	Forecast   []gap.Signal     `json:"forecast"`
	Needs      map[string]int64 `json:"needs"` // quota the steps take at their peak, by the catalogue's names
}

// Action is what a step does.
type Action string

// The actions.
const (
	Create   Action = "create"   // and wait until ready, and settle
	Upload   Action = "upload"   // the content of Ref into the image Ref
	Download Action = "download" // the bytes of the image Ref, as content of Step.Content
	Delete   Action = "delete"   // what an earlier step has created and only this plan needed
)

// A Step is one thing to do. Steps whose After is done may run at once.
type Step struct {
	ID        string       `json:"id"` // unique in the plan and stable: action:type/key
	Action    Action       `json:"action"`
	Ref       resource.Ref `json:"ref"`
	After     []string     `json:"after,omitempty"`     // ids of steps
	Exclusive []string     `json:"exclusive,omitempty"` // names of locks: no two steps that share one run at once
	Temporary bool         `json:"temporary,omitempty"` // a later step deletes it
	Content   resource.Ref `json:"content,omitzero"`    // Download: whose bytes these are
}
