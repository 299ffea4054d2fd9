package hot

import (
	"slices"
	"strconv"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/resource"
	"github.com/wechsel-project/wechsel/pkg/suggest"
)

// An address stands for something of a server's n-th port on a network until
// all resources are known; then a Ref or an Attr of that port takes its place.
type address struct {
	server  resource.Ref
	network resource.Value // Ref, a name, or nil: any network
	index   int
	what    string // port, addr or OS-EXT-IPS-MAC:mac_addr, as Nova says it
	at      *node
}

// uses notes that what is evaluated refers to a declaration, and returns it;
// nil if there is none of that name, which is told.
func (e *evaluator) uses(n *node, name string) *declaration {
	d := e.resources[name]
	if e.refused[name] {
		return nil
	}
	if e.disabled[name] {
		e.at(n, "the resource %q is left out by its condition: refer to it in an if with the same condition", name)
		return nil
	}
	if d == nil {
		names := make([]string, 0, len(e.resources))
		for known := range e.resources {
			names = append(names, known)
		}
		e.at(n, "the template has no resource %q%s", name, suggest.Nearest(name, names))
		return nil
	}
	if e.from != nil {
		e.from.uses = append(e.from.uses, use{name, n})
	}
	return d
}

func (e *evaluator) getResource(n *node) *node {
	name, ok := e.eval(n).value.(string)
	if !ok {
		return e.fail(n, "get_resource wants a resource's name, this is %s", n.shape())
	}
	d := e.uses(n, name)
	switch {
	case d == nil:
		return n.with(invalid{})
	case d.isGroup() || d.typ == resourceGroup:
		return e.fail(n, "%q is a ResourceGroup: its members are {get_attr: [%s, refs]}", name, name)
	case d.kind.stands != nil:
		return n.with(e.value(d).value)
	case d.kind.folded:
		return e.fail(n, "%q is %s, to which nothing can refer", name, d.typ)
	}
	return n.with(d.refs()[0])
}

func (e *evaluator) getAttr(n *node) *node {
	list, ok := e.args(n, "get_attr: [RESOURCE, ATTRIBUTE, KEY, …]")
	if !ok {
		return n.with(invalid{})
	}
	name, ok := list[0].value.(string)
	if !ok || len(list) < 2 {
		return e.fail(n, "get_attr wants a resource's name and an attribute's")
	}
	d := e.uses(list[0], name)
	if d == nil {
		return n.with(invalid{})
	}
	if d.typ == resourceGroup && !d.isGroup() {
		e.group(d)
	}
	if e.refused[name] {
		return n.with(invalid{})
	}
	if d.isGroup() {
		return e.groupAttr(n, d, list[1:])
	}
	if d.kind.stands != nil {
		return e.valueAttr(n, d, list[1:])
	}
	return e.attr(n, d.kind, d.refs()[0], list[1:])
}

// valueAttr returns the attribute of what stands for a value, or what is below
// it.
func (e *evaluator) valueAttr(n *node, d *declaration, path []*node) *node {
	if name, _ := path[0].value.(string); !slices.Contains(d.kind.attributes, name) {
		return e.fail(path[0], "%s has no attribute %s%s", d.typ, describe(path[0]), suggest.Nearest(name, d.kind.attributes))
	}
	return e.walk(n, e.value(d), path[1:])
}

// attr returns an attribute of one resource.
func (e *evaluator) attr(n *node, k kind, ref resource.Ref, path []*node) *node {
	name, ok := path[0].value.(string)
	if !ok || !slices.Contains(k.attributes, name) {
		return e.fail(path[0], "%s has no attribute %s%s", ref.Type, describe(path[0]), suggest.Nearest(name, k.attributes))
	}
	if ref.Type == keyPair && name == "private_key" && e.from != nil { // nothing is made of outputs
		return e.fail(path[0], "%q has no private key: key pairs are made of public keys; take out what uses it", ref.Key)
	}
	if ref.Type == server {
		if a, ok := e.serverAddress(n, ref, name, path[1:]); ok {
			return a
		}
	}
	at := resource.Path("").Field(name)
	for _, step := range path[1:] {
		switch v := step.value.(type) {
		case string:
			if i, err := strconv.Atoi(v); err == nil {
				at = at.Index(i)
			} else {
				at = at.Field(v)
			}
		case int64:
			at = at.Index(int(v))
		default:
			return e.fail(step, "the path of an attribute is made of texts and numbers, this is %s", step.shape())
		}
	}
	return n.with(resource.Attr{Ref: ref, Path: at})
}

// serverAddress reads first_address, [addresses, NET, N, WHAT] and [networks,
// NET, N].
func (e *evaluator) serverAddress(n *node, ref resource.Ref, name string, path []*node) (*node, bool) {
	a := address{server: ref, what: "addr", at: n}
	switch {
	case name == "first_address" && len(path) == 0:
		return n.with(a), true
	case name == "addresses" && len(path) == 3:
		what, _ := path[2].value.(string)
		if !slices.Contains([]string{"port", "addr", "OS-EXT-IPS-MAC:mac_addr"}, what) {
			return e.fail(path[2], "an address has no %s (only port, addr, OS-EXT-IPS-MAC:mac_addr)", describe(path[2])), true
		}
		a.what = what
	case name == "networks" && len(path) == 2:
	default:
		return nil, false
	}
	index, _ := asNumber(path[1].value)
	i, ok := index.(int64)
	if !ok || i < 0 || i > maxCopies {
		return e.fail(path[1], "wants a port's number from 0, this is %s", describe(path[1])), true
	}
	a.index = int(i)
	switch v := path[0].value.(type) {
	case resource.Ref, string:
		a.network = v
	default:
		return e.fail(path[0], "wants a network's name or {get_resource: NETWORK}, this is %s", path[0].shape()), true
	}
	return n.with(a), true
}

// groupAttr reads what a ResourceGroup has: refs, refs_map, attributes,
// resource.N and resource.N.ATTRIBUTE; any other name is an attribute of each
// member, and gives a list.
func (e *evaluator) groupAttr(n *node, d *declaration, path []*node) *node {
	name, _ := path[0].value.(string)
	refs := d.refs()
	switch {
	case name == "removed_rsrc_list":
		return n.with([]*node{})
	case name == "refs":
		return e.walk(n, e.each(n, refs, func(r resource.Ref) *node { return n.with(r) }), path[1:])
	case name == "refs_map":
		return e.walk(n, numbered(n, e.each(n, refs, func(r resource.Ref) *node { return n.with(r) })), path[1:])
	case name == "attributes" && len(path) > 1:
		return numbered(n, e.each(n, refs, func(r resource.Ref) *node { return e.attr(n, d.kind, r, path[1:]) }))
	case strings.HasPrefix(name, "resource."):
		return e.memberAttr(n, d, path)
	}
	return e.each(n, refs, func(r resource.Ref) *node { return e.attr(n, d.kind, r, path) })
}

func (e *evaluator) memberAttr(n *node, d *declaration, path []*node) *node {
	parts := strings.SplitN(path[0].value.(string), ".", 3)
	i, err := strconv.Atoi(parts[1])
	if err != nil || i < 0 || i >= len(d.members) {
		return e.fail(path[0], "the group %q has no member %q, it has %d", d.name, parts[1], len(d.members))
	}
	ref := d.refs()[i]
	var rest []*node
	if len(parts) == 3 {
		rest = append(rest, path[0].with(parts[2]))
	}
	if rest = append(rest, path[1:]...); len(rest) == 0 {
		return n.with(ref)
	}
	return e.attr(n, d.kind, ref, rest)
}

func (e *evaluator) each(n *node, refs []resource.Ref, f func(resource.Ref) *node) *node {
	out := make([]*node, len(refs))
	for i, r := range refs {
		out[i] = f(r)
	}
	return n.with(out)
}

// numbered makes a map of a list, with the numbers as keys.
func numbered(n, l *node) *node {
	o := &object{}
	for i, item := range l.value.([]*node) {
		o.entries = append(o.entries, entry{key: strconv.Itoa(i), at: n, value: item})
	}
	return n.with(o)
}

func (e *evaluator) walk(n, v *node, path []*node) *node {
	for _, step := range path {
		next := e.step(v, step)
		if next == nil {
			return e.fail(step, "there is nothing at %s", describe(step))
		}
		v = next
	}
	return n.with(v.value)
}

// references returns what n refers to.
func references(n *node) []resource.Ref {
	switch v := n.value.(type) {
	case []*node:
		var out []resource.Ref
		for _, item := range v {
			out = append(out, references(item)...)
		}
		return out
	case *object:
		var out []resource.Ref
		for _, e := range v.entries {
			out = append(out, references(e.value)...)
		}
		return out
	case address:
		return []resource.Ref{v.server}
	}
	return resource.Refs(n.value)
}
