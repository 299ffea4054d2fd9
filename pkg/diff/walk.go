package diff

import (
	"maps"
	"slices"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// A walker compares the two resources of one pair.
type walker struct {
	*comparer
	a, b   *resource.Resource
	schema *resource.Schema
	back   map[resource.Ref]resource.Ref // B's reference: A's that became it
	unread map[resource.Path]bool
}

func (c *comparer) walker(a, b *resource.Resource) *walker {
	w := &walker{comparer: c, a: a, b: b, schema: c.schema(a.Type), back: map[resource.Ref]resource.Ref{}, unread: map[resource.Path]bool{}}
	for _, ref := range resource.Refs(a.Spec) {
		if to := c.match.paired(ref); w.back[to].IsZero() {
			w.back[to] = ref
		}
	}
	for _, p := range slices.Concat(a.Unread, b.Unread) {
		w.unread[p] = true
	}
	return w
}

// pair compares everything that two resources are.
func (c *comparer) pair(a, b *resource.Resource) {
	w := c.walker(a, b)
	if c.failed(a, b) { // what else it is says nothing
		w.failure()
		return
	}
	w.identity()
	w.content()
	x, y := w.schema.Canonical(translate(a.Spec, c.match.paired)), w.schema.Canonical(b.Spec)
	for _, p := range unread(x, y, a.Unread, b.Unread) {
		w.unreadAt(p)
	}
	for _, k := range keys(x, y) {
		w.walk(resource.Path("").Field(k), x[k], y[k])
	}
	w.whole()
}

// unreadAt notes what cannot be read, by the plan's rule if it has foreseen it.
func (w *walker) unreadAt(p resource.Path) {
	rule := ""
	for _, d := range w.decisions[w.a.Ref] {
		if d.Path == p && d.To == nil {
			rule = d.Rule
		}
	}
	w.comparer.note(Change{Ref: w.a.Ref, Path: p, Verdict: Unread, Rule: rule, Args: w.about(w.comparer.a, w.a)})
}

// whole notes a decision about the resource itself that has come true.
func (w *walker) whole() {
	for _, d := range w.decisions[w.a.Ref] {
		if d.Path == "" && d.Effect != resource.Same && d.To == resource.Value(w.b.Ref) {
			w.mapped("", d.From, d.To, d)
		}
	}
}

func (w *walker) identity() {
	verdict := Changed
	if w.match.basis[w.a.Ref] == ByDecision {
		verdict = Mapped
	}
	w.differ("name", w.a.Name, w.b.Name, verdict)
	w.differ("scope", w.a.Scope, w.b.Scope, verdict)
	if parent := w.match.paired(w.a.Parent); parent != w.b.Parent && verdict == Changed && !w.explained[w.b.Ref] {
		w.note("parent", w.a.Parent, w.b.Parent, Changed)
	}
}

// failure notes that it does not work, unless the service has said so already.
// What belongs to it cannot be told.
func (w *walker) failure() {
	w.lost[w.a.Ref] = true
	if !w.refused(w.a.Ref) {
		w.note("state", string(w.a.State), string(w.b.State), Changed)
	}
}

func (w *walker) differ(p resource.Path, x, y string, verdict Verdict) {
	if x != y && !w.decided(p, absent(x), absent(y)) {
		w.note(p, absent(x), absent(y), verdict)
	}
}

func absent(text string) resource.Value {
	if text == "" {
		return nil
	}
	return text
}

// content compares bytes. What was not read on both sides is not known, unless
// A has none.
func (w *walker) content() {
	x, y := w.a.Content, w.b.Content
	switch {
	case w.unread["content"]: // which is noted as such
	case x == nil && y == nil:
	case y == nil && x.Empty():
	case x == nil || y == nil || x.SHA256 == "" || y.SHA256 == "":
		if known := x != nil && x.SHA256 != "" || y != nil && y.SHA256 != ""; known && !w.decided("content", nil, nil) {
			w.note("content", nil, nil, Unread)
		}
	case x.SHA256 != y.SHA256:
		w.note("content", x.SHA256, y.SHA256, Changed)
	}
}

// facts notes where two things that providers give differ.
func (w *walker) facts(p resource.Path, x, y resource.Value) {
	xm, xIsMap := asMap(x)
	ym, yIsMap := asMap(y)
	switch {
	case resource.Equal(x, y):
	case xIsMap && yIsMap:
		for _, k := range keys(xm, ym) {
			w.facts(p.Field(k), xm[k], ym[k])
		}
	default:
		w.note(p, x, y, Chosen)
	}
}

// walk compares the values at p: x is A's with B's references.
func (w *walker) walk(p resource.Path, x, y resource.Value) {
	if w.unread[p] && (x == nil || y == nil || resource.Equal(x, y)) || w.decided(p, x, y) {
		return // what cannot be read may still be told apart: by hashes
	}
	if resource.Equal(x, y) {
		w.references(p, x)
		return
	}
	f, _ := w.schema.Field(p)
	switch {
	case !resource.Comparable(x, y):
		w.result.OtherKeys = true
	case f.Hidden && (x == nil || y == nil):
		w.note(p, x, y, Unread)
	case f.Chooser != "" && f.Chooser != resource.Tenant:
		w.note(p, x, y, Chosen)
	default:
		w.inside(p, x, y, f)
	}
}

// inside goes down as far as the two have the same shape.
func (w *walker) inside(p resource.Path, x, y resource.Value, f resource.Field) {
	xm, xIsMap := asMap(x)
	ym, yIsMap := asMap(y)
	if xIsMap && yIsMap && (x != nil && y != nil || len(xm)+len(ym) == 1) {
		for _, k := range keys(xm, ym) {
			w.walk(p.Field(k), xm[k], ym[k])
		}
		return
	}
	xl, xIsList := asList(x)
	yl, yIsList := asList(y)
	switch {
	case xIsList && yIsList && len(xl)+len(yl) == 0:
		w.note(p, x, y, Changed) // an empty list is not the same as none, or it would not be here
	case xIsList && yIsList && f.List == resource.Unique:
		w.set(p, xl, yl)
	case xIsList && yIsList && f.List == resource.Keyed:
		w.keyed(p, xl, yl, f.Keys)
	case xIsList && yIsList && len(xl) == len(yl):
		for i := range xl {
			w.walk(p.Index(i), xl[i], yl[i])
		}
	default:
		w.note(p, x, y, Changed)
	}
}

// asMap and asList take nil for an empty one.
func asMap(v resource.Value) (map[string]resource.Value, bool) {
	m, ok := v.(map[string]resource.Value)
	return m, ok || v == nil
}

func asList(v resource.Value) ([]resource.Value, bool) {
	l, ok := v.([]resource.Value)
	return l, ok || v == nil
}

// set compares two lists without order: what one has and the other has not.
func (w *walker) set(p resource.Path, x, y []resource.Value) {
	item := p + "[]"
	gone, come := minus(x, y), minus(y, x)
	for _, v := range x {
		if !slices.ContainsFunc(gone, func(g resource.Value) bool { return resource.Equal(g, v) }) {
			w.references(item, v)
		}
	}
	gone, come = w.decidedItems(item, gone, come)
	if len(gone) == 1 && len(come) == 1 {
		xm, xok := gone[0].(map[string]resource.Value)
		ym, yok := come[0].(map[string]resource.Value)
		if xok && yok {
			for _, k := range keys(xm, ym) {
				w.walk(item.Field(k), xm[k], ym[k])
			}
			return
		}
	}
	if len(gone)+len(come) > 0 {
		w.note(p, orNil(gone), orNil(come), Changed)
	}
}

// keyed compares two lists item by item, in whatever order these stand: those
// that have the same values at the keys are the same. Places are A's, and of
// what only B has, B's.
func (w *walker) keyed(p resource.Path, x, y []resource.Value, keys []string) {
	left := map[string][]int{}
	for j, item := range y {
		id := identity(item, keys)
		left[id] = append(left[id], j)
	}
	for i, item := range x {
		id := identity(item, keys)
		if len(left[id]) == 0 {
			w.walk(p.Index(i), item, nil)
			continue
		}
		j := left[id][0]
		left[id] = left[id][1:]
		w.walk(p.Index(i), item, y[j])
	}
	for j, item := range y {
		if slices.Contains(left[identity(item, keys)], j) {
			w.walk(p.Index(j), nil, item)
		}
	}
}

// identity is what tells an item of a Keyed list from the others.
func identity(item resource.Value, keys []string) string {
	m, ok := item.(map[string]resource.Value)
	if !ok {
		return ""
	}
	values := make([]resource.Value, len(keys))
	for i, k := range keys {
		values[i] = m[k]
	}
	text, err := resource.MarshalValue(values)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func orNil(list []resource.Value) resource.Value {
	if len(list) == 0 {
		return nil
	}
	return list
}

func minus(x, y []resource.Value) []resource.Value {
	return slices.DeleteFunc(slices.Clone(x), func(v resource.Value) bool {
		return slices.ContainsFunc(y, func(o resource.Value) bool { return resource.Equal(v, o) })
	})
}

func keys(x, y map[string]resource.Value) []string {
	all := maps.Clone(x)
	if all == nil {
		all = map[string]resource.Value{}
	}
	maps.Copy(all, y)
	return slices.Sorted(maps.Keys(all))
}

// source gives a value its references of A again.
func (w *walker) source(v resource.Value) resource.Value {
	return resource.Rewrite(v, func(leaf resource.Value) resource.Value {
		if ref, ok := leaf.(resource.Ref); ok {
			if from, ok := w.back[ref]; ok {
				return from
			}
		}
		return leaf
	})
}

// note notes a difference; x has B's references.
func (w *walker) note(p resource.Path, x, y resource.Value, verdict Verdict) {
	args := w.about(w.comparer.a, w.a)
	x, y = w.orDefault(p, x), w.orDefault(p, y)
	w.comparer.note(Change{Ref: w.a.Ref, Path: p, Verdict: verdict, Source: w.source(x), Target: resource.Clone(y), Args: args})
}

// orDefault says what absence means.
func (w *walker) orDefault(p resource.Path, v resource.Value) resource.Value {
	if f, ok := w.schema.Field(p); ok && v == nil && f.Default != "" {
		return f.Default
	}
	return v
}
