package resource

// A Mapping is what a plan decided: how the resources of one cloud become
// those of another. It is the reading aid for a comparison of the two.
type Mapping struct {
	Decisions []Decision `json:"decisions"`
}

// Effect says what a decision does to the workload.
type Effect string

// The effects, from best to worst.
const (
	Same     Effect = "same"     // another name for the same thing, or the very same
	Adapted  Effect = "adapted"  // not the same, and as good
	Degraded Effect = "degraded" // something is lost
	Lost     Effect = "lost"     // cannot be made at all
)

// A Decision turns one thing of the source into one of the target.
type Decision struct {
	Ref    Ref               `json:"ref"`            // the source's resource
	Path   Path              `json:"path,omitempty"` // its property; empty: the resource itself
	From   Value             `json:"-"`              // the property's value; of a resource that is not made again, its own Ref
	To     Value             `json:"-"`              // what it becomes; a Ref for a Given resource; nil: it is dropped
	ID     string            `json:"-"`              // the target's id of a Given resource
	Effect Effect            `json:"effect"`
	Rule   string            `json:"rule"`           // "flavor/same-name"; the texts explain it
	Args   map[string]string `json:"args,omitempty"` // what the text of the rule names
}

// Replaces reports whether the decision is that the resource itself is not made
// again: To, if it is anything, takes its place.
func (d Decision) Replaces() bool { return d.Path == "" && d.From == Value(d.Ref) }

// Of returns the decisions about ref, in their order.
func (m Mapping) Of(ref Ref) []Decision {
	var out []Decision
	for _, d := range m.Decisions {
		if d.Ref == ref {
			out = append(out, d)
		}
	}
	return out
}
