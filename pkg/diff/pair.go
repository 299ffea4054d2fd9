package diff

import (
	"slices"

	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// A Basis says why two resources are a pair.
type Basis string

// The bases, from firmest to weakest.
const (
	ByDecision Basis = "decision" // the plan turned one into the other
	ByKey      Basis = "key"      // one drill gave both the same key
	ByNatural  Basis = "natural"  // the same identity inside parents that are a pair
	ByName     Basis = "name"     // the only ones of this name
	ByColor    Basis = "color"    // the only ones that look like this, with all that surrounds them
	BySymmetry Basis = "symmetry" // one of several that cannot be told apart by anything
	ByLikeness Basis = "likeness" // the fewest changes: a guess
)

// A Pair is a resource of A and what it is in B. Several Given resources of A
// may be one in B; all others are in one pair at most.
type Pair struct {
	A, B  resource.Ref
	Basis Basis
}

// Guess reports whether the pair could as well be another.
func (p Pair) Guess() bool { return p.Basis == ByLikeness }

// Options say what is known of two Sets beside their content.
type Options struct {
	Joined   bool                  // both belong to one drill: equal keys mean the same resource
	Lost     map[resource.Ref]bool // what the target refused to make
	Untested map[resource.Ref]bool // what was not tried, because what it needs is lost
	Refusals []gap.Signal          // of the deployment on the target
	Forecast []gap.Signal          // of the plan; what came true without being a difference is told too
}

// Match pairs the resources of two Sets, in order of A's. The mapping's
// decisions about whole resources come first. See the package comment.
func Match(a, b *resource.Set, mapping resource.Mapping, opts Options) []Pair {
	m := newMatcher(a, b)
	m.byDecision(mapping)
	if opts.Joined {
		m.byKey()
		m.children()
		m.childrenByKey()
		m.adopted()
	}
	m.byName(func(r *resource.Resource) bool { return r.Tenure == resource.Given })
	if !opts.Joined {
		m.guess()
	}
	return m.pairs()
}

// A matcher knows which resources are paired already.
type matcher struct {
	a, b  *resource.Set
	to    map[resource.Ref]resource.Ref // A → B
	from  map[resource.Ref]resource.Ref // B → A; the first, if there are several
	basis map[resource.Ref]Basis        // by A's ref
	kids  [2]map[resource.Ref][]*resource.Resource

	referrers [2]map[resource.Ref][]edge // when it comes to guessing
}

func newMatcher(a, b *resource.Set) *matcher {
	return &matcher{a: a, b: b, to: map[resource.Ref]resource.Ref{}, from: map[resource.Ref]resource.Ref{}, basis: map[resource.Ref]Basis{},
		kids: [2]map[resource.Ref][]*resource.Resource{families(a), families(b)}}
}

func families(s *resource.Set) map[resource.Ref][]*resource.Resource {
	out := map[resource.Ref][]*resource.Resource{}
	for r := range s.All() {
		if !r.Parent.IsZero() {
			out[r.Parent] = append(out[r.Parent], r)
		}
	}
	return out
}

func (m *matcher) pair(a, b resource.Ref, basis Basis) {
	m.to[a], m.basis[a] = b, basis
	if _, ok := m.from[b]; !ok {
		m.from[b] = a
	}
}

func (m *matcher) free(a, b resource.Ref) bool {
	_, left := m.to[a]
	_, right := m.from[b]
	return !left && !right
}

func (m *matcher) pairs() []Pair {
	var out []Pair
	for a := range m.a.All() {
		if b, ok := m.to[a.Ref]; ok {
			out = append(out, Pair{A: a.Ref, B: b, Basis: m.basis[a.Ref]})
		}
	}
	return out
}

func (m *matcher) byDecision(mapping resource.Mapping) {
	for _, d := range mapping.Decisions {
		to, ok := d.To.(resource.Ref)
		if d.Path != "" || !ok || m.a.Get(d.Ref) == nil || m.b.Get(to) == nil {
			continue
		}
		if _, done := m.to[d.Ref]; !done {
			m.pair(d.Ref, to, ByDecision)
		}
	}
}

// byKey pairs what is nobody's child. A child's key is made of its identity,
// of which the target may have changed a part.
func (m *matcher) byKey() {
	for a := range m.a.All() {
		b := m.b.Get(a.Ref)
		if b != nil && a.Parent.IsZero() && b.Parent.IsZero() && a.Tenure != resource.Given && b.Tenure != resource.Given && m.free(a.Ref, b.Ref) {
			m.pair(a.Ref, b.Ref, ByKey)
		}
	}
}

// children pairs what has the same natural identity under the same parents;
// of several with the same, in order of their keys.
func (m *matcher) children() {
	for again := true; again; {
		again = false
		for a := range m.a.All() {
			b, ok := m.to[a.Ref]
			if ok && m.childrenOf(a.Ref, b) {
				again = true
			}
		}
	}
}

func (m *matcher) childrenOf(a, b resource.Ref) bool {
	found := false
	byIdentity := map[string][]*resource.Resource{}
	for _, kid := range m.kids[1][b] {
		if _, taken := m.from[kid.Ref]; !taken {
			id := natural(m.b, kid, func(r resource.Ref) resource.Ref { return r })
			byIdentity[id] = append(byIdentity[id], kid)
		}
	}
	for _, kid := range m.kids[0][a] {
		if _, done := m.to[kid.Ref]; done {
			continue
		}
		id := natural(m.a, kid, m.paired)
		if list := byIdentity[id]; len(list) > 0 {
			i := max(0, slices.IndexFunc(list, func(r *resource.Resource) bool { return r.Key == kid.Key }))
			m.pair(kid.Ref, list[i].Ref, ByNatural)
			byIdentity[id], found = slices.Delete(slices.Clone(list), i, i+1), true
		}
	}
	return found
}

// childrenByKey pairs the children that are left and have the same key: their
// identity has changed, as that of a port that got another address.
func (m *matcher) childrenByKey() {
	for again := true; again; {
		again = false
		for a := range m.a.All() {
			b := m.b.Get(a.Ref)
			if b != nil && m.free(a.Ref, b.Ref) && !a.Parent.IsZero() && m.paired(a.Parent) == b.Parent {
				m.pair(a.Ref, b.Ref, ByKey)
				again = true
			}
		}
		m.children()
	}
}

// adopted pairs what is left and has the same key, wherever it belongs: a plan
// may make the root volume, which Nova had made for a server, the project's own.
func (m *matcher) adopted() {
	for a := range m.a.All() {
		b := m.b.Get(a.Ref)
		if b != nil && m.free(a.Ref, b.Ref) && a.Tenure != resource.Given && b.Tenure != resource.Given && a.Tenure != b.Tenure {
			m.pair(a.Ref, b.Ref, ByKey)
		}
	}
}

// byName pairs the only two of a type, scope and name that are there and that
// the filter takes.
func (m *matcher) byName(filter func(*resource.Resource) bool) {
	type name struct {
		t           resource.Type
		scope, name string
		parent      resource.Ref
		tenure      resource.Tenure
	}
	index := func(s *resource.Set, done map[resource.Ref]resource.Ref, parent func(resource.Ref) resource.Ref) map[name][]*resource.Resource {
		out := map[name][]*resource.Resource{}
		for r := range s.All() {
			if _, ok := done[r.Ref]; !ok && filter(r) && r.Name != "" {
				n := name{r.Type, r.Scope, r.Name, parent(r.Parent), r.Tenure}
				out[n] = append(out[n], r)
			}
		}
		return out
	}
	left, right := index(m.a, m.to, m.paired), index(m.b, m.from, func(r resource.Ref) resource.Ref { return r })
	for n, list := range left {
		if len(list) == 1 && len(right[n]) == 1 {
			m.pair(list[0].Ref, right[n][0].Ref, ByName)
		}
	}
}

// byNatural pairs the only two of a type without a parent that have the same
// natural identity, such as the floating addresses of two ports that are a pair.
func (m *matcher) byNatural() {
	index := func(s *resource.Set, done map[resource.Ref]resource.Ref, to func(resource.Ref) resource.Ref) map[string][]resource.Ref {
		out := map[string][]resource.Ref{}
		for r := range s.All() {
			schema := s.Schema(r.Type)
			if _, ok := done[r.Ref]; ok || schema == nil || len(schema.Natural) == 0 || !r.Parent.IsZero() || r.Tenure == resource.Given {
				continue
			}
			id := natural(s, r, to)
			out[id] = append(out[id], r.Ref)
		}
		return out
	}
	left, right := index(m.a, m.to, m.paired), index(m.b, m.from, func(r resource.Ref) resource.Ref { return r })
	for id, list := range left {
		if len(list) == 1 && len(right[id]) == 1 {
			m.pair(list[0], right[id][0], ByNatural)
		}
	}
}

// paired returns what a is in B; what has no pair is nothing that B can have.
func (m *matcher) paired(a resource.Ref) resource.Ref {
	if a.IsZero() {
		return a
	}
	if b, ok := m.to[a]; ok {
		return b
	}
	return resource.Ref{Type: a.Type, Key: "! " + a.Key}
}

// natural returns what identifies a resource inside its parent.
func natural(s *resource.Set, r *resource.Resource, to func(resource.Ref) resource.Ref) string {
	schema := s.Schema(r.Type)
	spec := schema.Canonical(translate(r.Spec, to))
	parts := []resource.Value{string(r.Type)}
	if schema != nil {
		if schema.Named {
			parts = append(parts, r.Name)
		}
		for _, p := range schema.Natural {
			v, _ := resource.Lookup(spec, p)
			parts = append(parts, v)
		}
	}
	data, err := resource.MarshalValue(parts)
	if err != nil {
		return err.Error()
	}
	return string(data)
}

// translate returns spec with every reference replaced.
func translate(spec map[string]resource.Value, to func(resource.Ref) resource.Ref) map[string]resource.Value {
	return resource.RewriteSpec(spec, func(v resource.Value) resource.Value {
		switch v := v.(type) {
		case resource.Ref:
			return to(v)
		case resource.Attr:
			return resource.Attr{Ref: to(v.Ref), Path: v.Path}
		}
		return v
	})
}
