package gap

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// Classify turns signals into gaps, in a language: one gap for all signals of
// one kind, type, path pattern and class of values, whatever their number. A
// forecast, a refusal and a change of one cause are one gap. Gaps are sorted
// by severity, then kind. The order of the signals means nothing.
func (c *Catalogue) Classify(signals []Signal, lang string) []Gap {
	return c.classify(signals, lang, "")
}

// ClassifySource is Classify for what the source itself has refused: the texts
// speak of the source, and the remedy is one that makes it fit.
func (c *Catalogue) ClassifySource(signals []Signal, lang string) []Gap {
	return c.classify(signals, lang, source)
}

func (c *Catalogue) classify(signals []Signal, lang, side string) []Gap {
	g := &grouping{catalogue: c, groups: map[string]*group{}, byRef: map[resource.Ref][]*member{}}
	for _, s := range sorted(signals) {
		if k := c.of(s); k != nil {
			g.take(&member{Signal: s, kind: k})
		}
	}
	out := []Gap{}
	for _, group := range g.groups {
		gap := group.gap()
		if side != "" {
			gap.Args["side"] = side
		}
		c.Say(&gap, lang)
		out = append(out, gap)
	}
	slices.SortFunc(out, func(a, b Gap) int {
		return cmp.Or(cmp.Compare(a.Severity.rank(), b.Severity.rank()), strings.Compare(a.Kind, b.Kind), strings.Compare(a.ID, b.ID))
	})
	return out
}

// sorted puts forecasts first, then what was measured, so that a measurement
// finds the forecast that it confirms.
func sorted(signals []Signal) []Signal {
	rank := map[Seen]int{Forecast: 0, Refusal: 1, Probe: 2, Change: 3}
	out := slices.Clone(signals)
	slices.SortStableFunc(out, func(a, b Signal) int {
		return cmp.Or(cmp.Compare(rank[a.Seen], rank[b.Seen]), a.Ref.Compare(b.Ref), strings.Compare(string(a.Path), string(b.Path)),
			strings.Compare(a.Code, b.Code), strings.Compare(a.Message, b.Message), resource.CompareValues(a.Source, b.Source), resource.CompareValues(a.Target, b.Target))
	})
	return out
}

// A member is a signal of a group.
type member struct {
	Signal
	kind  *Kind
	group *group
}

// A group is what becomes one gap.
type group struct {
	id      string
	kind    *Kind
	members []*member
}

type grouping struct {
	catalogue *Catalogue
	groups    map[string]*group
	byRef     map[resource.Ref][]*member
}

// take puts a signal into the group of its fingerprint, or into that of an
// earlier signal which it confirms.
func (g *grouping) take(m *member) {
	id := m.fingerprint()
	m.group = g.groups[id]
	if refusal := g.refused(m); refusal != nil {
		m.group = refusal.group
	} else if m.group == nil || m.kind.CatchAll {
		if earlier := g.confirmed(m); earlier != nil {
			m.group = earlier.group
		}
	}
	if m.group == nil {
		m.group = &group{id: id, kind: m.kind}
		g.groups[id] = m.group
	}
	m.group.members = append(m.group.members, m)
	g.byRef[m.Ref] = append(g.byRef[m.Ref], m)
}

// confirmed finds what an earlier signal about the same resource has said
// already: the same kind of gap, foretold in other words, or the cause of what
// only a catch-all kind fits.
func (g *grouping) confirmed(m *member) *member {
	if m.Seen == Forecast {
		return nil
	}
	for _, o := range g.byRef[m.Ref] {
		if o.kind == m.kind && o.Seen == Forecast && !m.kind.CatchAll || m.kind.CatchAll && explains(o.Signal, m.Signal) {
			return o
		}
	}
	return nil
}

// refused finds the refusal that is why something was measured, whatever kind
// the measurement alone would be.
func (g *grouping) refused(m *member) *member {
	if m.Seen != Change {
		return nil
	}
	for _, o := range g.byRef[m.Ref] {
		if o.Seen == Refusal && m.Path != "" && explains(o.Signal, m.Signal) {
			return o
		}
	}
	return nil
}

// explains reports whether what was foretold or refused is why s was measured.
func explains(cause, s Signal) bool {
	switch {
	case cause.Seen == Change || cause.Seen == s.Seen:
		return false
	case s.Code == "missing":
		return cause.Effect == resource.Lost
	case s.Seen == Refusal:
		return cause.Effect == resource.Lost && s.Effect == resource.Lost || s.Path != "" && touch(cause.Path, s.Path)
	case s.Path == "" || !touch(cause.Path, s.Path):
		return false
	}
	return cause.Seen == Refusal || resource.Equal(cause.Target, s.Target)
}

// touch reports whether one path is the other or leads into it.
func touch(p, q resource.Path) bool {
	return p != "" && (below(p, q.Pattern()) || below(q, p.Pattern()))
}

// fingerprint names what makes a gap the same from drill to drill: neither
// ids, nor keys, nor how many show it.
func (m *member) fingerprint() string {
	parts := []string{m.kind.ID}
	if !m.kind.Across {
		parts = append(parts, string(m.Ref.Type), string(m.Path.Pattern()))
	}
	for _, by := range m.kind.By {
		parts = append(parts, by+"="+m.named(by))
	}
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:6])
}

// named returns what a kind's By names.
func (m *member) named(by string) string {
	if by == "class" {
		return string(ClassOf(m.Source, m.Target))
	}
	if v, ok := m.Args[by]; ok {
		return v
	}
	switch by {
	case "from":
		return Show(m.Source)
	case "to":
		return Show(m.Target)
	}
	return ""
}
