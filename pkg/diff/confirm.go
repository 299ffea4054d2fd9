package diff

import (
	"slices"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// confirm tells which forecasts came true that no difference can show: the
// address of the source that is still in the target's metadata, the bytes that
// did not travel. Decisions about properties
// confirm themselves.
func (c *comparer) confirm() {
	decided := map[string]bool{}
	for _, list := range c.decisions {
		for _, d := range list {
			if d.Path != "" || d.To != nil {
				decided[d.Rule] = true
			}
		}
	}
	for _, s := range c.opts.Forecast {
		b := c.b.Get(c.match.to[s.Ref])
		if b == nil || decided[s.Code] || s.Effect == resource.Lost || s.Target != nil || !c.stillTrue(s, b) {
			continue
		}
		c.note(Change{Ref: s.Ref, Path: s.Path, Verdict: Mapped, Source: s.Source, Target: s.Source, Effect: s.Effect, Rule: s.Code, Args: s.Args})
	}
}

// stillTrue: what the forecast says of the source is so on the target, and its
// bytes are not the same ones.
func (c *comparer) stillTrue(s gap.Signal, b *resource.Resource) bool {
	if a := c.a.Get(s.Ref); a.Content != nil && b.Content != nil && a.Content.SHA256 != "" && a.Content.SHA256 == b.Content.SHA256 {
		return false
	}
	word, ok := s.Source.(string)
	if !ok {
		return true
	}
	v, _ := resource.Lookup(b.Spec, s.Path)
	return slices.ContainsFunc(slices.Collect(leafTexts(v)), func(text string) bool { return strings.Contains(text, word) })
}

func leafTexts(v resource.Value) func(func(string) bool) {
	return func(yield func(string) bool) {
		for _, leaf := range resource.Leaves(v) {
			if text, ok := leaf.(string); ok && !yield(text) {
				return
			}
		}
	}
}
