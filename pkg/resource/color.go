package resource

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strconv"
)

// A Color says what a resource is and how it lies in the graph of its Set,
// without any key, id or (unless asked for) name. Resources of one color look
// the same from everywhere; in two Sets that differ only in keys and ids the
// same resources have the same colors.
type Color [16]byte

// String returns the color in hexadecimal.
func (c Color) String() string { return hex.EncodeToString(c[:]) }

// Compare orders colors; the order means nothing, but it is stable.
func (c Color) Compare(d Color) int { return bytes.Compare(c[:], d[:]) }

// A Coloring says what colors are made of. The zero Coloring uses everything
// that the tenant decides, and goes on until the colors are stable.
type Coloring struct {
	Names   bool          // a resource's name counts; that of a Given one always does
	Content bool          // what its bytes are counts
	Fixed   map[Ref]Color // resources whose color is known, such as those that are already paired
	Rounds  int           // how far to look along references; 0: as far as it helps
}

// Colors gives each resource of the Set its color, by color refinement: a
// first color of type, scope, tenure and the canonical Spec without references; then, round by round, a new one of the colors of all it refers
// to and of all that refer to it (a server's volumes refer to the server), as
// long as that tells more resources apart. What the tenant does not choose or
// cannot read back is left out.
func Colors(s *Set, how Coloring) map[Ref]Color {
	g := newColorGraph(s, how)
	colors := make(map[Ref]Color, s.Len())
	for _, n := range g.nodes {
		colors[n.ref] = n.base
	}
	for round, classes := 0, countColors(colors); how.Rounds == 0 || round < how.Rounds; round++ {
		next := g.refine(colors)
		grown := countColors(next)
		if how.Rounds == 0 && grown == classes {
			break
		}
		colors, classes = next, grown
	}
	return colors
}

func countColors(colors map[Ref]Color) int {
	seen := make(map[Color]bool, len(colors))
	for _, c := range colors {
		seen[c] = true
	}
	return len(seen)
}

type colorGraph struct{ nodes []*colorNode }

// A colorNode is one resource: its first color, its Spec reduced to the
// references and the hashes of what lies between them, and who refers to it.
type colorNode struct {
	ref    Ref
	base   Color
	still  bool // keeps its first color
	parent Ref
	out    colorTree
	in     []colorEdge
}

type colorEdge struct {
	path Path
	from Ref
}

func newColorGraph(s *Set, how Coloring) *colorGraph {
	g := &colorGraph{}
	byRef := map[Ref]*colorNode{}
	for r := range s.All() {
		n := newColorNode(s.Schema(r.Type), r, how)
		g.nodes, byRef[r.Ref] = append(g.nodes, n), n
	}
	for _, n := range g.nodes {
		for _, e := range n.out.edges(nil) {
			if to := byRef[e.from]; to != nil && to != n {
				to.in = append(to.in, colorEdge{path: e.path, from: n.ref})
			}
		}
		if to := byRef[n.parent]; to != nil {
			to.in = append(to.in, colorEdge{path: "^", from: n.ref})
		}
	}
	return g
}

func newColorNode(schema *Schema, r *Resource, how Coloring) *colorNode {
	n := &colorNode{ref: r.Ref, parent: r.Parent}
	n.out = newColorTree(schema.Whole(), "", schema.Canonical(readable(r)))
	if fixed, ok := how.Fixed[r.Ref]; ok {
		n.base, n.still = fixed, true
		return n
	}
	name := ""
	if how.Names || r.Tenure == Given {
		name = r.Name
	}
	parts := []string{string(r.Type), r.Scope, string(r.Tenure), name, string(r.Parent.Type)}
	if c := r.Content; c != nil && how.Content {
		parts = append(parts, strconv.FormatInt(c.Size, 10), c.SHA256)
	}
	plain := n.out.hash(func(ref Ref) Color { return hashTexts(string(ref.Type)) })
	n.base = hashColors(hashTexts(parts...), plain)
	n.still = r.Tenure == Given
	return n
}

// readable returns the Spec without the properties that could not be read.
func readable(r *Resource) map[string]Value {
	if len(r.Unread) == 0 {
		return r.Spec
	}
	out := maps.Clone(r.Spec)
	for _, p := range r.Unread {
		delete(out, string(p))
	}
	return out
}

func (g *colorGraph) refine(colors map[Ref]Color) map[Ref]Color {
	of := func(ref Ref) Color {
		if c, ok := colors[ref]; ok {
			return c
		}
		return hashTexts(string(ref.Type), string(ref.Key))
	}
	next := make(map[Ref]Color, len(colors))
	for _, n := range g.nodes {
		if n.still {
			next[n.ref] = n.base
			continue
		}
		in := make([]Color, len(n.in))
		for i, e := range n.in {
			in[i] = hashColors(hashTexts(string(e.path)), of(e.from))
		}
		slices.SortFunc(in, Color.Compare)
		next[n.ref] = hashColors(colors[n.ref], n.out.hash(of), of(n.parent), hashColors(in...))
	}
	return next
}

// A colorTree is a value of which only the references are left open.
type colorTree struct {
	path  Path // pattern, of a reference
	ref   Ref
	leaf  Color // when there is neither ref nor items
	any   bool  // the order of the items means nothing
	items []colorTree
}

func newColorTree(at Place, p Path, v Value) colorTree {
	f, _ := at.Field()
	switch v := v.(type) {
	case Ref:
		return colorTree{path: p.Pattern(), ref: v}
	case Attr:
		return colorList(colorLeaf("attr"), colorLeaf(string(v.Path)), colorTree{path: p.Pattern(), ref: v.Ref})
	case Join:
		t := newColorTree(nil, p, v.Parts)
		t.items = append(t.items, colorLeaf("join"), colorLeaf(v.Sep))
		return t
	case []Value:
		t := colorTree{any: f.List == Unique}
		for i, item := range v {
			t.items = append(t.items, newColorTree(at.Index(i), p.Index(i), item))
		}
		return t.folded()
	case map[string]Value:
		t := colorTree{}
		for _, k := range slices.Sorted(maps.Keys(v)) {
			inner := at.Entry(k)
			if f, _ := inner.Field(); f.colored() {
				t.items = append(t.items, colorLeaf(k), newColorTree(inner, p.Field(k), v[k]))
			}
		}
		return t.folded()
	}
	return colorLeaf(v)
}

// colored: what the provider or the clock chooses, and what only one of two
// clouds may show, tells nothing about what a resource is.
func (f Field) colored() bool { return !f.Hidden && (f.Chooser == "" || f.Chooser == Tenant) }

func colorLeaf(v Value) colorTree { return colorTree{leaf: hashTexts(string(sortKey(v)))} }

func colorList(items ...colorTree) colorTree { return colorTree{items: items} }

// folded makes one leaf of a tree without references.
func (t colorTree) folded() colorTree {
	if len(t.edges(nil)) > 0 {
		return t
	}
	return colorTree{leaf: t.hash(func(Ref) Color { return Color{} })}
}

func (t colorTree) edges(to []colorEdge) []colorEdge {
	if !t.ref.IsZero() {
		to = append(to, colorEdge{path: t.path, from: t.ref})
	}
	for _, item := range t.items {
		to = item.edges(to)
	}
	return to
}

func (t colorTree) hash(of func(Ref) Color) Color {
	if !t.ref.IsZero() {
		return of(t.ref)
	}
	if t.items == nil {
		return t.leaf
	}
	parts := make([]Color, len(t.items))
	for i, item := range t.items {
		parts[i] = item.hash(of)
	}
	if t.any {
		slices.SortFunc(parts, Color.Compare)
	}
	return hashColors(parts...)
}

func hashColors(parts ...Color) Color {
	h := sha256.New()
	for _, p := range parts {
		h.Write(p[:])
	}
	return Color(h.Sum(nil)[:len(Color{})])
}

func hashTexts(parts ...string) Color {
	h := sha256.New()
	for _, p := range parts {
		h.Write([]byte(strconv.Itoa(len(p)) + ":" + p))
	}
	return Color(h.Sum(nil)[:len(Color{})])
}

// ByColor sorts resources by color, and those of one color by id: an order
// that names things which nothing else tells apart the same way each time.
func ByColor(list []*Resource, colors map[Ref]Color) {
	slices.SortFunc(list, func(a, b *Resource) int {
		return cmp.Or(colors[a.Ref].Compare(colors[b.Ref]), cmp.Compare(a.ID, b.ID), a.Ref.Compare(b.Ref))
	})
}
