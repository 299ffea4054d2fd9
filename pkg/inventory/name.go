package inventory

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// name returns the set with the keys that last.
func (r *reading) name(set *resource.Set) *resource.Set {
	n := &naming{reading: r, set: set, keys: map[resource.Ref]resource.Key{}, taken: map[resource.Ref]bool{}}
	n.known()
	n.byName()
	if len(n.keys) < set.Len() {
		n.colors = resource.Colors(set, resource.Coloring{Names: true, Fixed: n.fixed()})
	}
	n.parents()
	n.given()
	n.children()
	n.unknown()
	return n.rewritten()
}

// A naming gives keys, the surest first. A key that is taken gets a number.
type naming struct {
	*reading
	set    *resource.Set
	colors map[resource.Ref]resource.Color
	keys   map[resource.Ref]resource.Key // of those that have one, by their temporary reference
	taken  map[resource.Ref]bool
}

func (n *naming) give(x *resource.Resource, key resource.Key) {
	ref := resource.Ref{Type: x.Type, Key: key}
	for i := 2; n.taken[ref]; i++ {
		ref.Key = numbered(key, i)
	}
	n.taken[ref] = true
	n.keys[x.Ref] = ref.Key
}

// numbered returns the key with a number, no longer than a key may be.
func numbered(key resource.Key, i int) resource.Key {
	tail := fmt.Sprintf("-%d", i)
	if len(key)+len(tail) > resource.MaxKey {
		return resource.NewKey(string(key) + tail)
	}
	return key + resource.Key(tail)
}

// known gives the keys that somebody has written down: in marks, then in
// Options.Keys. Children have their parent's mark, which is not their own.
func (n *naming) known() {
	for x := range n.set.All() {
		schema := n.schemas[x.Type]
		isMarked := x.Owner.Drill == n.Drill && n.Drill != "" && x.Owner.Key.Valid()
		if isMarked && x.Tenure == resource.Own && schema != nil && schema.Mark != resource.MarkParent {
			n.give(x, x.Owner.Key)
		}
	}
	for x := range n.set.All() {
		ref, ok := n.Keys[x.ID]
		if ok && x.Tenure != resource.Given && ref.Type == x.Type && n.keys[x.Ref] == "" {
			n.give(x, ref.Key)
		}
	}
}

// byName gives what is told apart by its name its key, which depends on nothing
// else.
func (n *naming) byName() {
	for x := range n.set.All() {
		if n.keys[x.Ref] == "" && (isNamed(n.schemas[x.Type]) || n.named[x.Ref]) {
			n.give(x, resource.NameKey(x.Scope, x.Name))
		}
	}
}

// fixed gives those with a known key a color of their own.
func (n *naming) fixed() map[resource.Ref]resource.Color {
	out := map[resource.Ref]resource.Color{}
	for ref, key := range n.keys {
		sum := sha256.Sum256([]byte(resource.Ref{Type: ref.Type, Key: key}.String()))
		out[ref] = resource.Color(sum[:16])
	}
	return out
}

// unnamed returns those without a key that f holds for, in the order in which
// equal keys are numbered: by their place in the graph, and where that is the
// same from everywhere, by id.
func (n *naming) unnamed(f func(*resource.Resource) bool) []*resource.Resource {
	var out []*resource.Resource
	for x := range n.set.All() {
		if n.keys[x.Ref] == "" && f(x) {
			out = append(out, x)
		}
	}
	slices.SortFunc(out, func(a, b *resource.Resource) int {
		return cmp.Or(n.colors[a.Ref].Compare(n.colors[b.Ref]), strings.Compare(a.ID, b.ID))
	})
	return out
}

// parents names what is in nothing else by its name.
func (n *naming) parents() {
	for _, x := range n.unnamed(func(x *resource.Resource) bool { return x.Tenure != resource.Given && x.Parent.IsZero() }) {
		n.give(x, resource.NewKey(inScope(x)))
	}
}

// inScope is the name of x, which in another namespace may be another thing's.
func inScope(x *resource.Resource) string {
	if x.Scope == "" {
		return x.Name
	}
	return x.Scope + "-" + x.Name
}

// children names what is in something by that and its natural identity, as
// soon as the keys that make it up are there.
func (n *naming) children() {
	for {
		left := n.unnamed(func(x *resource.Resource) bool { return x.Tenure != resource.Given })
		ready := slices.DeleteFunc(slices.Clone(left), func(x *resource.Resource) bool { return n.waits(x) })
		if len(ready) == 0 {
			ready = left // they wait for each other
		}
		if len(ready) == 0 {
			return
		}
		n.siblings(ready)
	}
}

// waits reports whether x refers to a resource that shall have a key and has
// none yet.
func (n *naming) waits(x *resource.Resource) bool {
	return slices.ContainsFunc(x.Refs(), func(ref resource.Ref) bool {
		return ref != x.Ref && n.keys[ref] == "" && n.nodes[ref].Tenure != resource.Given
	})
}

// siblings names children whose parents have keys, in order of their natural
// identity.
func (n *naming) siblings(list []*resource.Resource) {
	natural := map[resource.Ref]resource.Value{}
	for _, x := range list {
		if schema := n.schemas[x.Type]; schema != nil {
			natural[x.Ref] = schema.NaturalOf(n.withKeys(x).Spec)
		}
	}
	slices.SortStableFunc(list, func(a, b *resource.Resource) int {
		return resource.CompareValues(natural[a.Ref], natural[b.Ref])
	})
	for _, x := range list {
		n.give(x, n.schemas[x.Type].ChildKey(n.withKeys(x)))
	}
}

// given names what the provider gives by its name.
func (n *naming) given() {
	for _, x := range n.unnamed(func(x *resource.Resource) bool { return x.Tenure == resource.Given && !n.isUnknown(x) }) {
		n.give(x, resource.NewKey(inScope(x)))
	}
}

// unknown names what cannot be seen, in the order of what uses it.
func (n *naming) unknown() {
	first := map[resource.Ref]resource.Ref{}
	for x := range n.set.All() {
		user := n.final(x.Ref)
		for _, ref := range x.Refs() {
			if best, ok := first[ref]; !ok || user.Compare(best) < 0 {
				first[ref] = user
			}
		}
	}
	list := n.unnamed(n.isUnknown)
	slices.SortStableFunc(list, func(a, b *resource.Resource) int { return first[a.Ref].Compare(first[b.Ref]) })
	for _, x := range list {
		n.give(x, Unknown)
	}
}

func (n *naming) isUnknown(x *resource.Resource) bool {
	return x.Tenure == resource.Given && x.Name == Unknown && x.Why != ""
}

// final returns the reference that lasts, as far as it is known.
func (n *naming) final(ref resource.Ref) resource.Ref {
	if key, ok := n.keys[ref]; ok {
		ref.Key = key
	}
	return ref
}

// withKeys returns a copy of x that refers by the keys that are known.
func (n *naming) withKeys(x *resource.Resource) *resource.Resource {
	c := x.Clone()
	c.Ref, c.Parent = n.final(x.Ref), n.final(x.Parent)
	for i, ref := range c.After {
		c.After[i] = n.final(ref)
	}
	c.Spec = resource.RewriteSpec(x.Spec, func(leaf resource.Value) resource.Value {
		if ref, ok := leaf.(resource.Ref); ok {
			return n.final(ref)
		}
		return leaf
	})
	return c
}

// rewritten returns the set under its keys. References sort by keys, so lists
// without an order have a new one.
func (n *naming) rewritten() *resource.Set {
	out := resource.NewSet(n.schemas)
	for x := range n.set.All() {
		c := n.withKeys(x)
		if schema := n.schemas[c.Type]; schema != nil && c.Tenure != resource.Given {
			c.Spec = schema.Canonical(c.Spec)
		}
		out.Put(c)
	}
	return out
}
