package resource

// A Form is how a value is written, so that two writings of one value are
// equal in canonical form.
type Form string

// The forms. Values of other shapes than their form says are left as they are.
const (
	Text     Form = "text"
	Int      Form = "int"      // "5" and 5.0 are 5
	Bool     Form = "bool"     // "true" is true
	CIDR     Form = "cidr"     // host bits zero, IPv6 compressed
	IP       Form = "ip"       // IPv6 compressed
	MAC      Form = "mac"      // lower case, colons
	Protocol Form = "protocol" // tcp for 6, ipv6-icmp for 58 and icmpv6
	Object   Form = "object"   // a map; its entries have fields of their own, or none
	List     Form = "list"     // see Field.List
	Zone     Form = "zone"     // the name of an availability zone
)

// A ListKind says what makes two lists equal.
type ListKind string

// The kinds of lists.
const (
	Ordered ListKind = "ordered" // the zero kind means Ordered too
	Unique  ListKind = "set"     // order and repetition mean nothing
	Keyed   ListKind = "keyed"   // items are told apart by Field.Keys, and their order means nothing
)

// A Chooser says who decides on a value, and so what a difference means.
type Chooser string

// The choosers.
const (
	Tenant   Chooser = "tenant"   // a difference is a change
	Provider Chooser = "provider" // recorded; judged only by a gap kind with a predicate
	Either   Chooser = "either"   // the provider's choice unless the tenant has set it, which cannot be read back
	Clock    Chooser = "clock"    // changes by itself
)

// A Field is what a schema knows of one property.
type Field struct {
	Path     Path     `json:"path"` // pattern
	Form     Form     `json:"form"`
	List     ListKind `json:"list,omitempty"`
	Keys     []string `json:"keys,omitempty"`     // of a Keyed list: the entries of an item that no other item has
	Chooser  Chooser  `json:"chooser,omitempty"`  // the zero Chooser means Tenant
	Refers   []Type   `json:"refers,omitempty"`   // the value is an id or Ref of one of these
	Gate     string   `json:"gate,omitempty"`     // "extension:port-security", "microversion:compute:2.52"
	Default  Value    `json:"default,omitempty"`  // what absence means
	Required bool     `json:"required,omitempty"` // cannot be dropped when it is refused
	Hidden   bool     `json:"hidden,omitempty"`   // a member can set it and not read it back: Unread after an export
	Foreign  bool     `json:"foreign,omitempty"`  // not a HOT property: rendered HOT leaves it out and the bundle lists it
	NoSet    bool     `json:"noSet,omitempty"`    // read only: never sent, compared all the same
	Secret   bool     `json:"secret,omitempty"`   // no file has what a user has put there
}

// A Mark is the place of the owner's mark.
type Mark string

// The places of marks.
const (
	MarkTags        Mark = "tags"
	MarkMetadata    Mark = "metadata"
	MarkDescription Mark = "description" // a suffix
	MarkName        Mark = "name"        // a suffix
	MarkParent      Mark = "parent"      // inherited from the parent
	MarkNone        Mark = ""            // nothing of this type is ever created
)

// An Edge is an order that no reference shows: a resource of this type comes
// after those of type Type that share what both refer to at Via and Of.
//
// Server after subnets: {Subnet, Via: networks[].network, Of: network}: after
// every subnet whose network is one of the server's networks.
type Edge struct {
	Type Type `json:"type"`
	Via  Path `json:"via"` // pattern, in this resource
	Of   Path `json:"of"`  // pattern, in the other
}

// A Schema is what is known of one type.
type Schema struct {
	Type      Type    `json:"type"`
	Gate      string  `json:"gate,omitempty"` // what the whole type needs, as Field.Gate
	Fields    []Field `json:"fields"`
	Natural   []Path  `json:"natural,omitempty"`   // identity inside the parent, or among unmarked ones
	Noun      string  `json:"noun,omitempty"`      // in the keys of children; empty: the last word of the type
	Named     bool    `json:"named,omitempty"`     // an id is a name that users choose (Kubernetes): what it leads to is known by it, even if nothing is there
	Empties   bool    `json:"empties,omitempty"`   // an empty list, map or name of another is a value, and not absence (Kubernetes: emptyDir: {}, storageClassName: "")
	Mark      Mark    `json:"mark,omitempty"`      //
	Exclusive []Path  `json:"exclusive,omitempty"` // one change at a time on what these refer to
	After     []Edge  `json:"after,omitempty"`     //
	Attrs     []Path  `json:"attrs,omitempty"`     // what get_attr may read

	// Body classifies every key of the service's raw body: a property's path,
	// "attr:NAME", or one of "id", "name", "mark", "clock", "provider" (the
	// provider's business, not shown), "link", "secret". A key that is not
	// here fails a test.
	Body map[string]string `json:"-"`
}

// Schemas are the schemas of a Set by type.
type Schemas map[Type]*Schema

// Field returns the field of the property at p, and whether there is one.
func (s *Schema) Field(p Path) (Field, bool) {
	if s == nil {
		return Field{}, false
	}
	for _, f := range s.Fields {
		if p.Matches(f.Path) {
			return f, true
		}
	}
	return Field{}, false
}
