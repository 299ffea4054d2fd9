package diff

import (
	"cmp"
	"slices"

	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// A Verdict says what a difference is.
type Verdict string

// The verdicts. What is equal is not told.
const (
	Mapped  Verdict = "mapped"  // as the plan has decided
	Chosen  Verdict = "chosen"  // the provider's own choice, or the clock's
	Changed Verdict = "changed" // nobody has decided that
	Unread  Verdict = "unread"  // cannot be read with these rights, so nothing is known
	Missing Verdict = "missing" // the whole resource is not on the target
	Extra   Verdict = "extra"   // the target has a resource that the source has not
)

// An Outcome says what became of a resource of the source.
type Outcome string

// The outcomes, from best to worst; untested stands apart.
const (
	Equivalent Outcome = "equivalent"
	Adapted    Outcome = "adapted"
	Degraded   Outcome = "degraded"
	Lost       Outcome = "lost"
	Untested   Outcome = "untested"
)

// A Change is one difference between the two resources of a pair, or a
// resource without a pair. The paths "name", "scope", "parent", "state" and
// "content.…" lead to the resource itself, all others into its Spec.
type Change struct {
	Ref     resource.Ref // A's; B's if it is Extra
	Path    resource.Path
	Verdict Verdict
	Source  resource.Value // A's value, nil: absent
	Target  resource.Value // B's value
	Effect  resource.Effect
	Rule    string            // of the decision, when Mapped, or when Unread and foreseen
	Args    map[string]string // of the decision, and what texts name
}

// A Result is what a comparison has found, in order of A's resources and of
// paths; extra resources come last.
type Result struct {
	Pairs    []Pair
	Changes  []Change
	Signals  []gap.Signal             // one for each change but those that are mapped without effect
	Outcomes map[resource.Ref]Outcome // of A's resources that are not Given
	// OtherKeys: A's hashes of what nobody may read were made with another key than
	// B's, and were not compared.
	OtherKeys bool
}

// Compare reads a and b under the mapping that made b of a, or that of two
// Sets which nothing joins when the mapping is empty. It changes neither.
func Compare(a, b *resource.Set, mapping resource.Mapping, opts Options) Result {
	c := newComparer(a, b, mapping, opts)
	for left := range a.All() {
		if left.Tenure == resource.Given {
			c.given(left)
			continue
		}
		if c.replaced(left) {
			continue
		}
		if right := b.Get(c.match.to[left.Ref]); right != nil {
			c.pair(left, right)
			continue
		}
		c.missing(left)
	}
	for right := range b.All() {
		if _, paired := c.match.from[right.Ref]; !paired && right.Tenure != resource.Given {
			c.extra(right)
		}
	}
	c.confirm()
	c.judge()
	return c.result
}

// A comparer makes one Result.
type comparer struct {
	a, b      *resource.Set
	opts      Options
	match     *matcher
	decisions map[resource.Ref][]resource.Decision
	explained map[resource.Ref]bool // of B: what a decision has added
	result    Result
	lost      map[resource.Ref]bool // of A
	idle      map[resource.Ref]bool // of A: nothing needs it on the target
}

func newComparer(a, b *resource.Set, mapping resource.Mapping, opts Options) *comparer {
	c := &comparer{a: a, b: b, opts: opts, decisions: map[resource.Ref][]resource.Decision{}, explained: map[resource.Ref]bool{},
		lost: map[resource.Ref]bool{}, idle: map[resource.Ref]bool{}, result: Result{Outcomes: map[resource.Ref]Outcome{}}}
	c.result.Pairs = Match(a, b, mapping, opts)
	c.match = newMatcher(a, b)
	for _, p := range c.result.Pairs {
		c.match.pair(p.A, p.B, p.Basis)
	}
	for _, d := range mapping.Decisions {
		c.decisions[d.Ref] = append(c.decisions[d.Ref], d)
		for _, ref := range resource.Refs(d.To) {
			c.explained[ref] = true
		}
	}
	return c
}

func (c *comparer) note(ch Change) {
	c.result.Changes = append(c.result.Changes, ch)
	if ch.Verdict == Mapped && (ch.Effect == resource.Same || ch.Effect == "") {
		return
	}
	code := cmp.Or(ch.Rule, string(ch.Verdict))
	c.result.Signals = append(c.result.Signals, gap.Signal{Seen: gap.Change, Code: code, Ref: ch.Ref, Path: ch.Path, Source: ch.Source, Target: ch.Target,
		Effect: ch.Effect, Args: ch.Args})
}

// given compares the facts of what the providers give. Where a plan has
// decided, the decision says what they mean.
func (c *comparer) given(a *resource.Resource) {
	b := c.b.Get(c.match.to[a.Ref])
	if b == nil || len(a.Spec) == 0 || len(b.Spec) == 0 {
		return
	}
	w := c.walker(a, b)
	if c.match.basis[a.Ref] == ByDecision {
		w.decidedFacts()
		return
	}
	x, y := w.schema.Canonical(translate(a.Spec, c.match.paired)), w.schema.Canonical(b.Spec)
	w.facts("", x, y)
}

// missing notes a resource without a pair. What belongs to one that is missing
// itself is not told again.
func (c *comparer) missing(a *resource.Resource) {
	c.lost[a.Ref] = true
	if parent := c.a.Get(a.Parent); !a.Parent.IsZero() && (c.match.to[a.Parent].IsZero() || parent != nil && !c.arrived(parent)) {
		return
	}
	if c.opts.Untested[a.Ref] || c.refused(a.Ref) || c.unasked(a) {
		return
	}
	c.note(Change{Ref: a.Ref, Verdict: Missing, Source: resource.Clone(a.Spec), Effect: resource.Lost, Args: c.about(c.a, a)})
}

// replaced: the plan has not made it again, since its work is done, or since the
// target has such a thing already.
func (c *comparer) replaced(a *resource.Resource) bool {
	for _, d := range c.decisions[a.Ref] {
		if b := c.b.Get(c.match.to[a.Ref]); d.Replaces() && (b == nil || b.Tenure == resource.Given) {
			c.note(Change{Ref: a.Ref, Verdict: Mapped, Source: d.From, Target: d.To, Effect: d.Effect, Rule: d.Rule, Args: d.Args})
			return true
		}
	}
	return false
}

// unasked: a cloud shows what it has for everybody, such as the default security
// group, where something uses it, and nothing that does has arrived.
func (c *comparer) unasked(a *resource.Resource) bool {
	if a.Tenure != resource.Implied || !a.Parent.IsZero() {
		return false
	}
	for r := range c.a.All() {
		if r.Parent != a.Ref && slices.Contains(r.Refs(), a.Ref) && c.arrived(r) {
			return false
		}
	}
	c.idle[a.Ref] = true
	return true
}

// arrived: it is on the target, and did not fail there.
func (c *comparer) arrived(a *resource.Resource) bool {
	b := c.b.Get(c.match.to[a.Ref])
	return b != nil && !c.failed(a, b) && (a.Parent.IsZero() || c.a.Get(a.Parent) == nil || c.arrived(c.a.Get(a.Parent)))
}

// failed: the target has made it, and it does not work there.
func (c *comparer) failed(a, b *resource.Resource) bool {
	return b.State == resource.Failed && a.State != resource.Failed
}

// refused: the service has said no already, which tells more than absence.
func (c *comparer) refused(ref resource.Ref) bool {
	return slices.ContainsFunc(c.opts.Refusals, func(s gap.Signal) bool { return s.Ref == ref && s.Effect == resource.Lost })
}

func (c *comparer) extra(b *resource.Resource) {
	parent := c.b.Get(b.Parent)
	_, paired := c.match.from[b.Parent]
	switch {
	case c.explained[b.Ref]:
		return
	case parent == nil && b.Tenure == resource.Implied, parent != nil && !paired:
		return
	}
	c.note(Change{Ref: b.Ref, Verdict: Extra, Target: resource.Clone(b.Spec), Args: c.about(c.b, b)})
}

// about names what the texts may say of a resource.
func (c *comparer) about(s *resource.Set, r *resource.Resource) map[string]string {
	args := map[string]string{"name": label(r)}
	if p := s.Get(r.Parent); p != nil {
		args["parent"] = label(p)
		args["parent-tenure"] = string(p.Tenure)
	}
	return args
}

func label(r *resource.Resource) string {
	if r.Name != "" {
		return r.Name
	}
	return string(r.Key)
}

func (c *comparer) schema(t resource.Type) *resource.Schema {
	if s := c.a.Schema(t); s != nil {
		return s
	}
	return c.b.Schema(t)
}
