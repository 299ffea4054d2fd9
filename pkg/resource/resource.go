package resource

import (
	"cmp"
	"strings"
)

// A Type names what a resource is: HOT's type name ("OS::Nova::Server"), or
// for Kubernetes group and kind without the version ("apps/Deployment").
type Type string

// A Key identifies a resource among those of its type in one Set. It is 1 to
// 40 characters of [A-Za-z0-9_-]; see [NewKey].
type Key string

// A Ref is the identity of a resource in a Set.
type Ref struct {
	Type Type `json:"type"`
	Key  Key  `json:"key"`
}

// String returns "type/key", or "" for the zero Ref.
func (r Ref) String() string {
	if r == (Ref{}) {
		return ""
	}
	return string(r.Type) + "/" + string(r.Key)
}

// IsZero reports whether r refers to nothing.
func (r Ref) IsZero() bool { return r == Ref{} }

// Compare orders by type, then key.
func (r Ref) Compare(s Ref) int {
	return cmp.Or(strings.Compare(string(r.Type), string(s.Type)), strings.Compare(string(r.Key), string(s.Key)))
}

// A Value is a property's value: nil, bool, int64, float64, string, []Value,
// map[string]Value, or one of our own: [Ref], [Attr], [Join].
type Value = any

// An Attr is an attribute of another resource that is known only once that
// resource exists (HOT's get_attr). Deploying resolves it.
type Attr struct {
	Ref  Ref
	Path Path
}

// A Join is text around values that are known only later (HOT's list_join
// and str_replace over references).
type Join struct {
	Sep   string
	Parts []Value
}

// Tenure says to whom a resource belongs.
type Tenure string

// The tenures.
const (
	Own     Tenure = "own"     // made by the project, exported and made again
	Implied Tenure = "implied" // made by the cloud for Parent: exported, never created by itself
	Given   Tenure = "given"   // used, and the provider's: mapped to what the target gives
)

// State is where a resource is in its life, whatever its service calls that.
type State string

// The states.
const (
	Pending State = "pending"
	Ready   State = "ready"
	Failed  State = "failed"
	Gone    State = "gone"
)

// A Resource is one thing in a cloud.
type Resource struct {
	Ref
	Name        string           `json:"name,omitempty"`  // as shown; may be empty or repeated
	Scope       string           `json:"scope,omitempty"` // Kubernetes' namespace; empty in OpenStack
	Tenure      Tenure           `json:"tenure"`
	Parent      Ref              `json:"parent,omitzero"`       // rule → group, Nova's port → server, interface → router
	DerivedFrom []Ref            `json:"derivedFrom,omitempty"` // added by a plan for these
	After       []Ref            `json:"after,omitempty"`       // made only after these, though nothing shows it (HOT's depends_on); no cloud tells it
	Spec        map[string]Value `json:"-"`                     // HOT's property names and units
	Attrs       map[string]Value `json:"-"`                     // what get_attr reads: addresses, status; not compared
	Unread      []Path           `json:"unread,omitempty"`      // exists or may exist, but these rights cannot read it
	State       State            `json:"state,omitempty"`
	Why         string           `json:"why,omitempty"`     // the service's own word for the state, and its fault
	Content     *Content         `json:"content,omitempty"` // the bytes of an image or a volume

	ID    string `json:"-"` // the provider's id
	Owner Owner  `json:"-"` // our mark, lifted out by the driver
}

// Content describes bytes that belong to a resource.
type Content struct {
	Size      int64  `json:"size"`             // bytes of the disk or object, zeros included
	Length    int64  `json:"length"`           // bytes up to the last that is not zero; all after it are
	SHA256    string `json:"sha256,omitempty"` // lower-case hex, over the first Length bytes; empty: not known
	MediaType string `json:"mediaType,omitempty"`
	File      string `json:"file,omitempty"`   // path in the bundle; empty: generated or not carried
	Format    string `json:"format,omitempty"` // raw or qcow2: of File
	Seed      uint64 `json:"seed,omitempty"`   // generates the bytes, so that no file travels; 0: not generated
}

// Empty reports whether the bytes are known, and that there are none but zeros.
func (c *Content) Empty() bool { return c != nil && c.SHA256 != "" && c.Length == 0 }

// An Owner is the mark that wechsel leaves on what it creates. The zero Owner
// means: not ours.
type Owner struct {
	Drill string `json:"drill"`
	Key   Key    `json:"key"`
}

// IsZero reports whether there is no mark.
func (o Owner) IsZero() bool { return o == Owner{} }
