package gap

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// maxEvidence is how many proofs of one sort a gap carries. The rest say the
// same of other resources, which are all named.
const maxEvidence = 5

func (g *group) gap() Gap {
	first := g.first()
	out := Gap{ID: g.id, Kind: g.kind.ID, Path: first.Path.Pattern(), Source: plain(first.Source), Target: plain(first.Target), Seen: []Seen{}, Evidence: g.evidence(),
		Standards: append([]string{}, g.kind.Standards...), Facets: append([]string{}, g.kind.Facets...), Who: g.kind.Who,
		Basis: cmp.Or(g.kind.Basis, Modelled), Unread: g.kind.Unread}
	out.Severity = g.kind.severity(first.Signal)
	for _, m := range g.members {
		if !slices.Contains(out.Resources, m.Ref) {
			out.Resources = append(out.Resources, m.Ref)
		}
		if !slices.Contains(out.Seen, m.Seen) {
			out.Seen = append(out.Seen, m.Seen)
		}
		if s := g.kind.severity(m.Signal); m.kind == g.kind && s.AtLeast(out.Severity) {
			out.Severity = s
		}
	}
	slices.SortFunc(out.Resources, resource.Ref.Compare)
	out.Args = g.args(len(out.Resources))
	return out
}

// Say writes the texts of a gap anew, in a language. A gap of a kind that this
// catalogue does not have keeps its texts.
func (c *Catalogue) Say(g *Gap, lang string) {
	k := c.Kind(g.Kind)
	if k == nil {
		return
	}
	args := c.inLanguage(g.Args, lang)
	args["side"] = c.sides["target"][lang]
	g.Title, g.Cause, g.Remedy = k.Title[lang], "", ""
	if g.Args["side"] == source {
		args["side"], g.Remedy = c.sides[source][lang], Fill(c.unfit[lang], args)
	} else {
		g.Remedy = Fill(k.Remedy[lang], args)
	}
	g.Cause = Fill(k.Cause[lang], args)
}

// source is the side of a gap that the source itself has: it is no obstacle to
// leaving it.
const source = "source"

// first is the member of the gap's own kind that says most: the first with
// values, of the first resource.
func (g *group) first() *member {
	best := g.members[0]
	for _, m := range g.members {
		if m.kind == g.kind && best.Source == nil && best.Target == nil && (m.Source != nil || m.Target != nil) {
			best = m
		}
	}
	return best
}

// args are what the texts may name. An argument that differs among the
// signals is a list of what it is.
func (g *group) args(n int) map[string]string {
	values := map[string][]string{}
	add := func(name, value string) {
		if value != "" && !slices.Contains(values[name], value) {
			values[name] = append(values[name], value)
		}
	}
	for _, m := range g.members {
		for name, value := range m.Args {
			add(name, value)
		}
		add("source", Show(m.Source))
		add("target", Show(m.Target))
		add("message", m.Message)
		add("cloud", m.Cloud)
		add("path", string(m.Path.Pattern()))
		if m.Status != 0 {
			add("status", strconv.Itoa(m.Status))
		}
	}
	first := g.members[0]
	out := map[string]string{"type": string(first.Ref.Type), "n": strconv.Itoa(n), "resource": string(first.Ref.Key)}
	for name, list := range values {
		slices.Sort(list)
		if len(list) > 3 {
			list = append(list[:3:3], "…")
		}
		out[name] = strings.Join(list, ", ")
	}
	for name, other := range map[string]string{"from": "source", "to": "target"} {
		if out[name] == "" && out[other] != "" {
			out[name] = out[other]
		}
	}
	return out
}

// evidence proves the gap: what services said, and the values that differ.
// Messages that differ only in ids are the same.
func (g *group) evidence() []Evidence {
	out := []Evidence{}
	seen, count := map[Evidence]bool{}, map[Seen]int{}
	for _, m := range g.members {
		e := Evidence{Seen: m.Seen, Ref: m.Ref.String(), Status: m.Status, Message: m.Message, Request: m.Request}
		if e.Message == "" && (m.Source != nil || m.Target != nil) {
			e.Message = strings.TrimPrefix(string(m.Path.Pattern())+": ", ": ") + shown(m.Source) + " → " + shown(m.Target)
		}
		same := Evidence{Seen: e.Seen, Status: e.Status, Message: anyID.ReplaceAllString(e.Message, "ID")}
		if !seen[same] && count[m.Seen] < maxEvidence {
			seen[same] = true
			count[m.Seen]++
			out = append(out, e)
		}
	}
	return out
}

var anyID = regexp.MustCompile(`[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}`)

func shown(v resource.Value) string {
	if v == nil {
		return "–"
	}
	return Show(v)
}

// Show writes a value for people: a reference by its key, text without quotes,
// everything else as JSON; nothing for nil.
func Show(v resource.Value) string {
	switch v := plain(v).(type) {
	case nil:
		return ""
	case string:
		return v
	default:
		data, err := resource.MarshalValue(v)
		if err != nil {
			return err.Error()
		}
		return string(data)
	}
}

// plain replaces our own values by what any JSON reader understands.
func plain(v resource.Value) resource.Value {
	return resource.Rewrite(v, func(leaf resource.Value) resource.Value {
		switch leaf := leaf.(type) {
		case resource.Ref:
			return string(leaf.Key)
		case resource.Attr:
			return string(leaf.Ref.Key) + "." + string(leaf.Path)
		case resource.Join:
			var parts []string
			for _, p := range leaf.Parts {
				parts = append(parts, Show(p))
			}
			return strings.Join(parts, leaf.Sep)
		}
		return leaf
	})
}
