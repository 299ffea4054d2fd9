package plan

import (
	"slices"

	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// copiedGroup is the name of the group that takes the place of a default group
// whose rules the target's does not have.
const copiedGroup = "default-copy"

// mapDefaultGroup maps the project's default security group, which cannot be
// created or renamed, and whose rules other workloads of the target's project
// may rely on: to the target's own if that has the same rules, else to a group
// of another name to which everything refers.
func (b *builder) mapDefaultGroup() {
	for _, g := range slices.Collect(b.out.OfType(secGroup)) {
		if g.Tenure != resource.Implied || !g.Parent.IsZero() || !b.referred(g.Ref) {
			continue
		}
		rules := b.rulesOf(g.Ref)
		asked := !wasRead(b.set.Get(g.Ref)) // by a scenario, which means whatever the cloud's default is
		if asked && len(rules) == 0 || b.cat.DefaultGroup.ID != "" && slices.EqualFunc(b.canonicalRules(rules, g.Ref), b.targetRules(), resource.Equal) {
			g.ID = b.cat.DefaultGroup.ID
			b.decide(resource.Decision{Ref: g.Ref, To: g.Ref, ID: g.ID, Effect: resource.Same, Rule: "default-group/same"})
			continue
		}
		b.copyGroup(g, rules)
	}
}

// referred: by something else than the group's own rules.
func (b *builder) referred(ref resource.Ref) bool {
	for r := range b.out.All() {
		if r.Parent != ref && slices.Contains(r.Refs(), ref) {
			return true
		}
	}
	return false
}

func (b *builder) rulesOf(ref resource.Ref) []*resource.Resource {
	var out []*resource.Resource
	for r := range b.out.OfType(secRule) {
		if r.Parent == ref {
			out = append(out, r)
		}
	}
	return out
}

// copyGroup makes the group and its rules Own, under another name.
func (b *builder) copyGroup(g *resource.Resource, rules []*resource.Resource) {
	c := g.Clone()
	c.Tenure, c.Key, c.Name, c.DerivedFrom = resource.Own, b.freeKey(secGroup, copiedGroup), copiedGroup, []resource.Ref{g.Ref}
	b.out.Remove(g.Ref)
	b.out.Put(c)
	b.refs[g.Ref] = c.Ref
	for _, r := range rules {
		b.out.Remove(r.Ref)
		n := r.Clone()
		n.Tenure, n.Key, n.DerivedFrom = resource.Own, b.freeKey(secRule, string(c.Key)+"-"+string(r.Key)), []resource.Ref{r.Ref}
		b.out.Put(n)
		b.refs[r.Ref] = n.Ref
	}
	b.rewrite()
	b.decide(resource.Decision{Ref: g.Ref, To: c.Ref, Effect: resource.Adapted, Rule: "default-group/copied", Args: map[string]string{"from": label(g), "to": c.Name}})
}

// canonicalRules returns what the rules admit, sorted; the group itself as
// remote is "self".
func (b *builder) canonicalRules(rules []*resource.Resource, self resource.Ref) []resource.Value {
	var out []resource.Value
	for _, r := range rules {
		spec := b.set.Schema(secRule).Canonical(r.Spec)
		delete(spec, "description")
		if spec["remote_group"] == resource.Value(self) {
			spec["remote_group"] = "self"
		}
		out = append(out, canonicalRule(spec))
	}
	return sortedRules(out)
}

func (b *builder) targetRules() []resource.Value {
	var out []resource.Value
	for _, r := range b.cat.DefaultGroup.Rules {
		out = append(out, canonicalRule(b.set.Schema(secRule).Canonical(ruleSpec(r, b.cat.DefaultGroup.ID))))
	}
	return sortedRules(out)
}

func ruleSpec(r profile.Rule, self string) map[string]resource.Value {
	spec := map[string]resource.Value{"direction": r.Direction, "ethertype": r.EtherType}
	if r.Protocol != "" {
		spec["protocol"] = r.Protocol
	}
	if r.PortMin >= 0 && r.Protocol != "" {
		spec["port_range_min"] = r.PortMin
	}
	if r.PortMax >= 0 && r.Protocol != "" {
		spec["port_range_max"] = r.PortMax
	}
	if r.RemoteIP != "" {
		spec["remote_ip_prefix"] = r.RemoteIP
	}
	switch r.RemoteGroup {
	case "":
	case self:
		spec["remote_group"] = "self"
	default:
		spec["remote_group"] = r.RemoteGroup
	}
	return spec
}

// canonicalRule has every part of a rule, so that left out and null are alike
// even without a schema.
func canonicalRule(spec map[string]resource.Value) resource.Value {
	out := map[string]resource.Value{}
	for _, name := range []string{"direction", "ethertype", "protocol", "port_range_min", "port_range_max", "remote_ip_prefix", "remote_group"} {
		out[name] = spec[name]
	}
	return out
}

func sortedRules(list []resource.Value) []resource.Value {
	slices.SortFunc(list, resource.CompareValues)
	return slices.CompactFunc(list, resource.Equal)
}
