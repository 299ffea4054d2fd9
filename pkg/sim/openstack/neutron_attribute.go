package openstack

import (
	"maps"
	"slices"
	"strings"
)

// An attribute is one key of a kind's bodies, as in neutron_lib's API
// definitions.
type attribute struct {
	name    string
	may     string // letters: c create, u update, v visible, f filter (x: without effect), s sort, r required, p the policy has a rule of its own
	ext     string // extension that brings it; empty: always there
	def     any    // when the body has none; unset: nothing
	conv    converter
	role    string // needed to set it to anything but the default; empty: member
	keep    string // needed to change it; empty: as role
	read    string // needed to see it; empty: reader
	choices []any  // of a QoS rule: what it may be
	inner   []part // keys of its value that have a rule of their own
}

// unset is the default of an attribute that the service fills in itself:
// neutron_lib's ATTR_NOT_SPECIFIED.
const unset = unsetValue(0)

type unsetValue int

func (a attribute) can(letter string) bool { return strings.Contains(a.may, letter) }

// common are the attributes of every kind that keeps standard attributes.
// They are shown by [network.view].
func common() []attribute {
	return []attribute{
		{name: "description", may: "cuvf", ext: "standard-attr-description", def: "", conv: toText(255)},
		{name: "tags", may: "vf", ext: "standard-attr-tag"},
		{name: "created_at", may: "vs", ext: "standard-attr-timestamp"},
		{name: "updated_at", may: "vs", ext: "standard-attr-timestamp"},
		{name: "revision_number", may: "vfs", ext: "standard-attr-revisions"},
	}
}

func id() []attribute {
	return []attribute{
		{name: "id", may: "vfs"},
		{name: "name", may: "cuvfs", def: "", conv: toText(255)},
		{name: "tenant_id", may: "cvfs", def: unset, conv: asItIs},
		{name: "project_id", may: "cvfs", ext: "project-id", def: unset, conv: asItIs},
	}
}

// has tells whether the cloud knows an attribute.
func (n *network) has(a attribute) bool { return a.ext == "" || n.extensions[a.ext] }

// attribute finds one by name.
func (n *network) attribute(k *netKind, name string) (attribute, bool) {
	i := slices.IndexFunc(k.attrs, func(a attribute) bool { return a.name == name && n.has(a) })
	if i < 0 {
		return attribute{}, false
	}
	return k.attrs[i], true
}

// known refuses attributes that this cloud does not have.
func (n *network) known(k *netKind, doc map[string]any) error {
	var strange []string
	for _, name := range slices.Sorted(maps.Keys(doc)) {
		if _, there := n.attribute(k, name); !there {
			strange = append(strange, name)
		}
	}
	if len(strange) > 0 {
		return badRequest("Unrecognized attribute(s) '%s'", strings.Join(strange, ", "))
	}
	return nil
}

// forCreate checks and completes the body of a POST.
func (n *network) forCreate(k *netKind, doc map[string]any) (map[string]any, error) {
	if err := n.known(k, doc); err != nil {
		return nil, err
	}
	out := map[string]any{}
	for _, a := range k.attrs {
		v, given := doc[a.name]
		switch {
		case !n.has(a):
		case !a.can("c") && given:
			return nil, badRequest("Attribute '%s' not allowed in POST", a.name)
		case given:
			out[a.name] = v
		case a.can("r") && a.can("c"):
			return nil, badRequest("Failed to parse request. Required attribute '%s' not specified", a.name)
		case a.can("c"):
			out[a.name] = a.def
		}
	}
	return out, n.convert(k, out)
}

// forUpdate checks the body of a PUT.
func (n *network) forUpdate(k *netKind, doc map[string]any) (map[string]any, error) {
	if err := n.known(k, doc); err != nil {
		return nil, err
	}
	out := maps.Clone(doc)
	for _, a := range k.attrs {
		if _, given := doc[a.name]; given && n.has(a) && !a.can("u") {
			return nil, badRequest("Cannot update read-only attribute %s", a.name)
		}
	}
	return out, n.convert(k, out)
}

// convert checks values and brings them into the form that is stored, in the
// order of the attributes.
func (n *network) convert(k *netKind, doc map[string]any) error {
	for _, a := range k.attrs {
		v, given := doc[a.name]
		if !given || v == any(unset) || a.conv == nil || !n.has(a) {
			continue
		}
		converted, err := a.conv(a.name, v)
		if err != nil {
			return err
		}
		doc[a.name] = converted
	}
	return nil
}
