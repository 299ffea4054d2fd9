package diff

import (
	"cmp"
	"slices"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// guess pairs the resources of two Sets that no drill joins.
func (m *matcher) guess() {
	m.referrers = [2]map[resource.Ref][]edge{referrers(m.a), referrers(m.b)}
	for {
		m.settle()
		if !m.byLikeness() {
			return
		}
	}
}

// farthest is how far around a resource to look when its whole surroundings
// have no equal on the other side.
const farthest = 6

// settle pairs all that can be paired without a change. When the whole
// surroundings of nothing have an equal any more, because something far away
// has changed, it looks less far.
func (m *matcher) settle() {
	for rounds := 0; rounds >= 0; {
		before := len(m.to)
		m.byName(func(*resource.Resource) bool { return true })
		m.byNatural()
		m.children()
		m.byColor(rounds)
		switch {
		case before != len(m.to):
			rounds = 0
		case len(m.to) == m.a.Len() || rounds == 1:
			rounds = -1
		case rounds == 0:
			rounds = farthest
		default:
			rounds--
		}
	}
}

// byColor pairs classes of one color that are as large in both Sets: those of
// one resource each, then, if the colors are of all that there is, the others,
// one resource after the other with all that follows from it.
func (m *matcher) byColor(rounds int) {
	g := m.graphs(rounds)
	left, right := g[0].classes(m.to), g[1].classes(m.from)
	var symmetric []resource.Color
	for color, list := range left {
		switch {
		case len(list) != len(right[color]):
		case len(list) == 1:
			m.pair(list[0], right[color][0], ByColor)
		case rounds == 0:
			symmetric = append(symmetric, color)
		}
	}
	slices.SortFunc(symmetric, func(x, y resource.Color) int {
		return cmp.Or(cmp.Compare(len(left[x]), len(left[y])), x.Compare(y))
	})
	for _, color := range symmetric {
		for _, a := range left[color] {
			m.bySymmetry(g, a, right[color])
		}
	}
}

// bySymmetry pairs a with the first candidate from which no contradiction
// follows, and with them all whose pair follows from that.
func (m *matcher) bySymmetry(g [2]*graph, a resource.Ref, candidates []resource.Ref) {
	if _, done := m.to[a]; done {
		return
	}
	for _, b := range candidates {
		if _, taken := m.from[b]; taken {
			continue
		}
		trial := &trial{matcher: m, graphs: g, to: map[resource.Ref]resource.Ref{}, from: map[resource.Ref]resource.Ref{}}
		if trial.follow(a, b) {
			for x, y := range trial.to {
				m.pair(x, y, BySymmetry)
			}
			return
		}
	}
}

// A graph is a Set as edges in both directions, with its colors.
type graph struct {
	set    *resource.Set
	colors map[resource.Ref]resource.Color
	edges  map[resource.Ref][]edge
}

type edge struct {
	label string // the path's pattern; "<" before it: from the other end
	to    resource.Ref
}

// graphs colors both Sets, with the pairs that are known as fixed points.
func (m *matcher) graphs(rounds int) [2]*graph {
	fixed := [2]map[resource.Ref]resource.Color{{}, {}}
	n := 0
	for a := range m.a.All() {
		if b, ok := m.to[a.Ref]; ok {
			color, known := fixed[1][b]
			if !known {
				n++
				color = resource.Color{0: 'p', 12: byte(n >> 24), 13: byte(n >> 16), 14: byte(n >> 8), 15: byte(n)}
			}
			fixed[0][a.Ref], fixed[1][b] = color, color
		}
	}
	content := hasContent(m.a) && hasContent(m.b)
	return [2]*graph{
		newGraph(m.a, resource.Coloring{Names: true, Content: content, Fixed: fixed[0], Rounds: rounds}),
		newGraph(m.b, resource.Coloring{Names: true, Content: content, Fixed: fixed[1], Rounds: rounds})}
}

// hasContent reports whether any bytes of the Set are known.
func hasContent(s *resource.Set) bool {
	for r := range s.All() {
		if r.Content != nil && r.Content.SHA256 != "" {
			return true
		}
	}
	return false
}

func newGraph(s *resource.Set, how resource.Coloring) *graph {
	g := &graph{set: s, colors: resource.Colors(s, how), edges: map[resource.Ref][]edge{}}
	for to, list := range referrers(s) {
		for _, e := range list {
			g.edges[e.to] = append(g.edges[e.to], edge{e.label[1:], to})
			g.edges[to] = append(g.edges[to], e)
		}
	}
	return g
}

// referrers returns for each resource who refers to it, and from where.
func referrers(s *resource.Set) map[resource.Ref][]edge {
	out := map[resource.Ref][]edge{}
	for r := range s.All() {
		for p, leaf := range resource.Leaves(r.Spec) {
			for _, to := range resource.Refs(leaf) {
				out[to] = append(out[to], edge{"<" + string(p.Pattern()), r.Ref})
			}
		}
		if !r.Parent.IsZero() {
			out[r.Parent] = append(out[r.Parent], edge{"<^", r.Ref})
		}
	}
	return out
}

func (g *graph) classes(done map[resource.Ref]resource.Ref) map[resource.Color][]resource.Ref {
	out := map[resource.Color][]resource.Ref{}
	for r := range g.set.All() {
		if _, ok := done[r.Ref]; !ok {
			out[g.colors[r.Ref]] = append(out[g.colors[r.Ref]], r.Ref)
		}
	}
	return out
}

// A trial is an assumption with what follows from it.
type trial struct {
	*matcher
	graphs   [2]*graph
	to, from map[resource.Ref]resource.Ref
}

// follow assumes that a is b, and says whether all that follows fits: every
// neighbour that is the only one of its color at its place is the other's.
func (t *trial) follow(a, b resource.Ref) bool {
	t.to[a], t.from[b] = b, a
	for queue := []resource.Ref{a}; len(queue) > 0; queue = queue[1:] {
		x := queue[0]
		next, ok := t.neighbours(x, t.to[x])
		if !ok {
			return false
		}
		queue = append(queue, next...)
	}
	return true
}

type place struct {
	label string
	color resource.Color
}

func (t *trial) neighbours(a, b resource.Ref) (next []resource.Ref, ok bool) {
	right := t.free(1, b)
	for at, list := range t.free(0, a) {
		others := right[at]
		if len(list) != len(others) {
			return nil, false
		}
		if len(list) != 1 {
			continue
		}
		t.to[list[0]], t.from[others[0]] = others[0], list[0]
		next = append(next, list[0])
	}
	return next, t.agree(a, b)
}

// free returns the neighbours that have no pair yet, by place.
func (t *trial) free(side int, r resource.Ref) map[place][]resource.Ref {
	known, assumed := t.matcher.to, t.to
	if side == 1 {
		known, assumed = t.matcher.from, t.from
	}
	out := map[place][]resource.Ref{}
	for _, e := range t.graphs[side].edges[r] {
		_, done := known[e.to]
		_, here := assumed[e.to]
		at := place{e.label, t.graphs[side].colors[e.to]}
		if !done && !here && !slices.Contains(out[at], e.to) {
			out[at] = append(out[at], e.to)
		}
	}
	return out
}

// agree reports whether the neighbours of a that have a pair are those of b.
func (t *trial) agree(a, b resource.Ref) bool {
	count := map[edge]int{}
	for _, e := range t.graphs[0].edges[a] {
		if to, ok := t.partner(e.to); ok {
			count[edge{e.label, to}]++
		}
	}
	for _, e := range t.graphs[1].edges[b] {
		_, known := t.matcher.from[e.to]
		_, assumed := t.from[e.to]
		if known || assumed {
			count[edge{e.label, e.to}]--
		}
	}
	for _, n := range count {
		if n != 0 {
			return false
		}
	}
	return true
}

func (t *trial) partner(a resource.Ref) (resource.Ref, bool) {
	if b, ok := t.to[a]; ok {
		return b, true
	}
	b, ok := t.matcher.to[a]
	return b, ok
}
