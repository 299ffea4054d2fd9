package diff

import (
	"slices"

	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// judge gives every resource of A that is not Given its outcome: the worst of
// what was found about it.
func (c *comparer) judge() {
	for a := range c.a.All() {
		if a.Tenure != resource.Given {
			c.result.Outcomes[a.Ref] = c.presence(a)
		}
	}
	for _, ch := range c.result.Changes {
		if ch.Verdict == Extra {
			c.worsen(c.match.from[c.b.Get(ch.Ref).Parent], Degraded)
			continue
		}
		c.worsen(ch.Ref, effectOf(ch))
		if ch.Verdict == Missing {
			c.worsen(c.a.Get(ch.Ref).Parent, Degraded)
		}
	}
	for _, s := range c.opts.Refusals {
		c.worsen(s.Ref, byEffect(s.Effect))
	}
}

func (c *comparer) presence(a *resource.Resource) Outcome {
	switch {
	case c.opts.Untested[a.Ref]:
		return Untested
	case c.opts.Lost[a.Ref]:
		return Lost
	case c.idle[a.Ref]:
		return Untested
	case !c.lost[a.Ref]:
		return Equivalent
	case !a.Parent.IsZero() && c.lost[a.Parent]:
		return Untested
	}
	return Lost
}

func effectOf(ch Change) Outcome {
	switch ch.Verdict {
	case Mapped:
		return byEffect(ch.Effect)
	case Changed:
		return Degraded
	case Missing:
		return Lost
	default:
		return Equivalent
	}
}

func byEffect(e resource.Effect) Outcome {
	switch e {
	case resource.Adapted:
		return Adapted
	case resource.Degraded:
		return Degraded
	case resource.Lost:
		return Lost
	default:
		return Equivalent
	}
}

func (c *comparer) worsen(ref resource.Ref, to Outcome) { c.result.worsen(ref, to) }

// worsen never makes an outcome better, and leaves untested what is untested.
func (r *Result) worsen(ref resource.Ref, to Outcome) {
	order := []Outcome{Equivalent, Adapted, Degraded, Lost, Untested}
	now, ok := r.Outcomes[ref]
	if ok && slices.Index(order, to) > slices.Index(order, now) {
		r.Outcomes[ref] = to
	}
}

// Weigh makes no outcome better than the gaps that were measured: a choice of
// the provider that a kind of gap judges (a smaller MTU) degrades the resource.
func (r *Result) Weigh(gaps []gap.Gap) {
	weight := map[gap.Severity]Outcome{gap.Blocker: Degraded, gap.Degraded: Degraded, gap.Adapted: Adapted}
	for _, g := range gaps {
		outcome, ok := weight[g.Severity]
		if !ok || !slices.ContainsFunc(g.Seen, func(s gap.Seen) bool { return s != gap.Forecast }) {
			continue
		}
		for _, ref := range g.Resources {
			r.worsen(ref, outcome)
		}
	}
}
