package plan

import (
	"fmt"
	"path"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// A Rule is a user's own mapping: on the cloud To, the property at Path of
// every resource of Type that is When becomes Replace. For a property that
// refers to what a provider gives (a flavor, an image, a network), When and
// Replace are its name or id.
type Rule struct {
	To      string         `json:"to,omitempty"`   // the target's name; empty: every target
	Type    resource.Type  `json:"type"`           // or a pattern: "apps/*", "*/*"
	Path    resource.Path  `json:"path"`           // pattern; metadata.name of a core/Namespace gives it another name
	When    resource.Value `json:"when,omitempty"` // nil: whatever it is; a text with * at its end: what begins so
	Replace resource.Value `json:"replace"`        // nil: the property is left out; * at the end stands for what * in When has stood for
}

// applyRules replaces plain values, and notes the choices for Given resources.
// The first rule that applies to a property wins.
func (b *builder) applyRules() error {
	b.collectUses()
	done := map[use]bool{}
	for i, rule := range b.opts.Rules {
		if rule.To != "" && rule.To != b.opts.Cloud {
			continue
		}
		for _, r := range b.all {
			if is, _ := path.Match(string(rule.Type), string(r.Type)); !is || r.Tenure == resource.Given || b.out.Get(r.Ref) == nil {
				continue
			}
			for _, f := range find(nil, b.out.Get(r.Ref).Spec, rule.Path) {
				if done[use{r, f.path}] || !b.applies(rule, f.value) {
					continue
				}
				done[use{r, f.path}] = true
				if err := b.apply(rule, r, f); err != nil {
					return fmt.Errorf("mapping rule %d: %w", i+1, err)
				}
			}
		}
	}
	return nil
}

func (b *builder) applies(rule Rule, v resource.Value) bool {
	if rule.When == nil {
		return true
	}
	if ref, ok := v.(resource.Ref); ok {
		r := b.set.Get(ref)
		if r == nil { // the target's, in whose place something of the source's would have been
			r = b.out.Get(ref)
		}
		return rule.When == r.Name || rule.When == string(r.Key) || r.ID != "" && rule.When == r.ID
	}
	if rest, ok := rule.rest(v); ok && rest != "" {
		return true
	}
	return resource.Equal(v, rule.When)
}

// rest is what the * at the end of When stands for.
func (r Rule) rest(v resource.Value) (string, bool) {
	when, _ := r.When.(string)
	text, _ := v.(string)
	head, open := strings.CutSuffix(when, "*")
	if !open {
		return "", false
	}
	return strings.CutPrefix(text, head)
}

// becomes is what the rule makes of a value.
func (r Rule) becomes(v resource.Value) resource.Value {
	to, _ := r.Replace.(string)
	if head, open := strings.CutSuffix(to, "*"); open {
		if rest, ok := r.rest(v); ok {
			return head + rest
		}
	}
	return resource.Clone(r.Replace)
}

func (b *builder) apply(rule Rule, r *resource.Resource, f found) error {
	if ref, ok := f.value.(resource.Ref); ok && b.set.Get(ref) != nil && b.set.Get(ref).Tenure == resource.Given {
		return b.choose(rule, ref)
	}
	spec := b.out.Get(r.Ref).Spec
	to := rule.becomes(f.value)
	if assign(spec, f.path, to); to == nil {
		remove(spec, f.path)
	}
	b.decide(resource.Decision{Ref: r.Ref, Path: f.path, From: f.value, To: to, Effect: resource.Adapted, Rule: "property/by-rule"})
	return nil
}

// choose notes the target's resource that the rule names. A rule for every
// target does not apply where there is no such thing.
func (b *builder) choose(rule Rule, ref resource.Ref) error {
	if _, ok := b.chosen[ref]; ok {
		return nil
	}
	for _, g := range b.offers[ref.Type] {
		if rule.Replace == g.Name || rule.Replace == g.ID {
			c := choice{to: g, rule: ruleArea(ref.Type) + "/by-rule", effect: resource.Adapted, args: map[string]string{}}
			if inCluster(ref.Type) {
				c.args["class"] = kindName(ref.Type)
			}
			if g.Name == b.set.Get(ref).Name {
				c.effect = resource.Same
			}
			b.chosen[ref] = c
			return nil
		}
	}
	if rule.To == "" {
		return nil
	}
	return fmt.Errorf("%s %s shall become %v, which %s does not offer; see what it offers with: wechsel capture --cloud %s", rule.Type, rule.Path, rule.Replace,
		b.opts.Cloud, b.opts.Cloud)
}
