package diff

import (
	"cmp"
	"slices"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// byLikeness pairs what is left so that the fewest changes remain: all that
// are clearly each other's closest, or else one that has several as close. It
// says whether it found any: after each round, others may follow without a
// guess.
func (m *matcher) byLikeness() bool {
	left, right := m.leftover(m.a, m.to), m.leftover(m.b, m.from)
	var plain, tied []likeness
	for group, list := range left {
		for _, l := range m.closest(list, right[group]) {
			if l.clear {
				plain = append(plain, l)
			} else {
				tied = append(tied, l)
			}
		}
	}
	if len(plain) == 0 && len(tied) > 0 {
		plain = []likeness{slices.MinFunc(tied, likeness.compare)}
	}
	for _, l := range plain {
		m.pair(l.a, l.b, ByLikeness)
	}
	return len(plain) > 0
}

// A kind of leftovers that may be paired with each other.
type leftoverKind struct {
	t      resource.Type
	tenure resource.Tenure
	parent resource.Ref // in B
}

func (m *matcher) leftover(s *resource.Set, done map[resource.Ref]resource.Ref) map[leftoverKind][]*resource.Resource {
	out := map[leftoverKind][]*resource.Resource{}
	for r := range s.All() {
		if _, ok := done[r.Ref]; ok || m.identified(s, r) {
			continue
		}
		parent := r.Parent
		if s == m.a {
			parent = m.paired(parent)
		}
		k := leftoverKind{r.Type, r.Tenure, parent}
		out[k] = append(out[k], r)
	}
	return out
}

// identified: a child that is nothing but its identity (a rule of a group, a
// volume's attachment) and was not found by it is another one.
func (m *matcher) identified(s *resource.Set, r *resource.Resource) bool {
	schema := s.Schema(r.Type)
	return schema != nil && !r.Parent.IsZero() && schema.Mark == resource.MarkParent && len(schema.Natural) > 0
}

// A likeness of two resources.
type likeness struct {
	a, b        resource.Ref
	same, other int  // features
	clear       bool // neither has another that is as close
}

// compare puts the closest first.
func (l likeness) compare(o likeness) int {
	return cmp.Or(cmp.Compare(l.other, o.other), cmp.Compare(o.same, l.same), l.a.Compare(o.a), l.b.Compare(o.b))
}

// closest returns for each of the left its closest of the right.
func (m *matcher) closest(left, right []*resource.Resource) []likeness {
	if len(right) == 0 {
		return nil
	}
	features := make([]map[string]int, len(right))
	for i, b := range right {
		features[i] = m.features(1, b)
	}
	var out []likeness
	times := map[resource.Ref]int{}
	for _, a := range left {
		own := m.features(0, a)
		var all []likeness
		for i, b := range right {
			l := likeness{a: a.Ref, b: b.Ref}
			l.same, l.other = overlap(own, features[i])
			all = append(all, l)
		}
		slices.SortFunc(all, likeness.compare)
		l := all[0]
		if l.other > l.same+2 && (len(left) > 1 || len(right) > 1) || l.other > 2*l.same+4 {
			continue
		}
		l.clear = len(all) == 1 || all[1].other > l.other
		times[l.b]++
		out = append(out, l)
	}
	for i := range out {
		out[i].clear = out[i].clear && times[out[i].b] == 1
	}
	return out
}

// features are what two resources may have in common: each property with its
// value, the name, the features of their children, and who refers to them from
// where.
func (m *matcher) features(side int, r *resource.Resource) map[string]int {
	set := [2]*resource.Set{m.a, m.b}[side]
	out := map[string]int{}
	m.addFeatures(out, "", side, set, r)
	for _, kid := range m.kids[side][r.Ref] {
		m.addFeatures(out, "child "+string(kid.Type)+" ", side, set, kid)
	}
	for _, e := range m.referrers[side][r.Ref] {
		out[e.label+"="+m.common(side, e.to).String()]++
	}
	return out
}

func (m *matcher) addFeatures(out map[string]int, prefix string, side int, s *resource.Set, r *resource.Resource) {
	schema := s.Schema(r.Type)
	spec := schema.Canonical(translate(r.Spec, func(ref resource.Ref) resource.Ref { return m.common(side, ref) }))
	for p, leaf := range resource.Leaves(spec) {
		if f, _ := schema.Field(p); f.Hidden || f.Chooser != "" && f.Chooser != resource.Tenant {
			continue
		}
		if data, err := resource.MarshalValue(leaf); err == nil {
			out[prefix+string(p.Pattern())+"="+string(data)]++
		}
	}
	if r.Name != "" {
		out[prefix+"name="+r.Name]++
	}
}

// common returns a reference that means the same on both sides: B's if there
// is a pair, else no more than the type.
func (m *matcher) common(side int, r resource.Ref) resource.Ref {
	if side == 0 {
		if b, ok := m.to[r]; ok {
			return b
		}
	} else if _, ok := m.from[r]; ok {
		return r
	}
	return resource.Ref{Type: r.Type}
}

func overlap(a, b map[string]int) (same, other int) {
	for k, n := range a {
		same += min(n, b[k])
		other += max(0, n-b[k])
	}
	for k, n := range b {
		other += max(0, n-a[k])
	}
	return same, other
}
