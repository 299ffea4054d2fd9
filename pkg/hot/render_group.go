package hot

import (
	"cmp"
	"maps"
	"slices"

	yaml "go.yaml.in/yaml/v4"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// sortRules decides which rules are written inside their groups. Heat makes a
// group with its rules at once, so that groups whose rules refer to each other
// in a circle need resources of their own for some of them. Such a resource
// cannot say "any protocol" (Heat makes tcp of it), so those rules go inside
// first; and only it can have a description.
func (r *renderer) sortRules() {
	r.inline = map[resource.Ref][]*resource.Resource{}
	needs := map[resource.Ref]map[resource.Ref]bool{} // group → groups that its rules inside refer to
	rules := slices.SortedStableFunc(slices.Values(r.byType[groupRule]), func(a, b *resource.Resource) int {
		return cmp.Compare(inlineRank(a), inlineRank(b))
	})
	for _, rule := range rules {
		if rule.Tenure != resource.Own || r.names[rule.Parent] == "" {
			continue
		}
		remote, _ := rule.Spec["remote_group"].(resource.Ref)
		other := r.names[remote] != "" && remote != rule.Parent
		circle := other && reaches(needs, remote, rule.Parent)
		switch rank := inlineRank(rule); {
		case rank == 0 && circle:
			r.leave(rule.Ref, "", "groups refer to each other in a circle, and Heat makes tcp of any protocol in a rule outside of its group")
			continue
		case rank > 1 || circle:
			r.names[rule.Ref] = r.free(string(rule.Key))
			continue
		}
		if other {
			if needs[rule.Parent] == nil {
				needs[rule.Parent] = map[resource.Ref]bool{}
			}
			needs[rule.Parent][remote] = true
		}
		r.inline[rule.Parent] = append(r.inline[rule.Parent], rule)
	}
}

// inlineRank: 0 must be inside its group, 1 may, 2 should not.
func inlineRank(rule *resource.Resource) int {
	switch {
	case !separable(rule.Spec["protocol"]):
		return 0
	case described(rule) != "":
		return 2
	}
	return 1
}

func described(rule *resource.Resource) string {
	text, _ := rule.Spec["description"].(string)
	return text
}

// separable reports whether a rule of that protocol can be a resource of its
// own: Heat takes names there, and only these.
func separable(protocol resource.Value) bool {
	text, _ := protocol.(string)
	return slices.Contains([]string{"ah", "dccp", "egp", "esp", "gre", "icmp", "icmpv6", "igmp", "ipv6-encap", "ipv6-frag", "ipv6-icmp",
		"ipv6-nonxt", "ipv6-opts", "ipv6-route", "ospf", "pgm", "rsvp", "sctp", "tcp", "udp", "udplite", "vrrp"}, text)
}

func reaches(needs map[resource.Ref]map[resource.Ref]bool, from, to resource.Ref) bool {
	seen := map[resource.Ref]bool{}
	var visit func(resource.Ref) bool
	visit = func(ref resource.Ref) bool {
		if ref == to {
			return true
		}
		if seen[ref] {
			return false
		}
		seen[ref] = true
		return slices.ContainsFunc(slices.Collect(maps.Keys(needs[ref])), visit)
	}
	return visit(from)
}

// groupRules renders the rules inside a group. Without a rule for egress
// Neutron's own two stay, so they are written only beside others.
func (r *renderer) groupRules(x *resource.Resource) []any {
	inside := r.inline[x.Ref]
	var egress, separate []*resource.Resource
	for _, rule := range r.children[x.Ref] {
		if rule.Type != groupRule || rule.Spec["direction"] != "egress" {
			continue
		}
		if slices.Contains(inside, rule) {
			egress = append(egress, rule)
		} else {
			separate = append(separate, rule)
		}
	}
	if len(egress) == 0 { // one inside makes Heat delete Neutron's own
		egress = r.takeInside(separate)
		inside = append(inside, egress...)
	}
	switch {
	case len(egress) == 0:
		r.leave(x.Ref, "rules", "Heat leaves Neutron's two rules that let all traffic out in a group without a rule for egress")
	case r.onlyDefaults(egress):
		inside = slices.DeleteFunc(slices.Clone(inside), func(rule *resource.Resource) bool { return slices.Contains(egress, rule) })
	}
	if len(inside) == 0 {
		return nil
	}
	slices.SortFunc(inside, func(a, b *resource.Resource) int { return cmp.Compare(a.Key, b.Key) })
	list := sequence()
	for _, rule := range inside {
		list.Content = append(list.Content, r.insideRule(rule))
	}
	return []any{"rules", list}
}

// takeInside moves the first rule that refers to no other group.
func (r *renderer) takeInside(rules []*resource.Resource) []*resource.Resource {
	i := slices.IndexFunc(rules, func(rule *resource.Resource) bool {
		remote := rule.Spec["remote_group"]
		return remote == nil || remote == rule.Parent
	})
	if i < 0 {
		return nil
	}
	delete(r.names, rules[i].Ref)
	return rules[i : i+1]
}

// onlyDefaults reports whether the rules are just those that Neutron gives to
// each new group.
func (r *renderer) onlyDefaults(rules []*resource.Resource) bool {
	defaults := defaultEgress()
	return len(rules) == len(defaults) && !slices.ContainsFunc(defaults, func(d map[string]resource.Value) bool {
		return !slices.ContainsFunc(rules, func(rule *resource.Resource) bool {
			return ruleText(rule.Spec) == ruleText(d) && described(rule) == ""
		})
	})
}

// ruleText writes a rule so that two that say the same are equal.
func ruleText(spec map[string]resource.Value) string {
	texts := ruleSchema().NaturalOf(spec)
	for i, absent := range []string{"ingress", "IPv4"} {
		if texts[i] == nil {
			texts[i] = absent
		}
	}
	data, err := resource.MarshalValue(texts)
	if err != nil {
		return err.Error()
	}
	return string(data)
}

// defaultGroup leaves what makes the project's default group another than that
// of a new project, which is what a template finds.
func (r *renderer) defaultGroup(x *resource.Resource) {
	if len(r.children[x.Ref]) == 0 {
		return // not read from a cloud
	}
	missing := map[string]bool{}
	for _, spec := range defaultEgress() {
		missing[ruleText(spec)] = true
		missing[ruleText(map[string]resource.Value{"ethertype": spec["ethertype"], "remote_group": x.Ref})] = true
	}
	for _, rule := range r.children[x.Ref] {
		if !missing[ruleText(rule.Spec)] {
			r.leave(rule.Ref, "", "a template does not change the project's default group")
		}
		delete(missing, ruleText(rule.Spec))
	}
	if len(missing) > 0 {
		r.leave(x.Ref, "rules", "it lacks some of the rules that a new project's default group has")
	}
}

// insideRule renders a rule as an entry of its group's list.
func (r *renderer) insideRule(x *resource.Resource) *yaml.Node {
	spec := r.canonical(x)
	delete(spec, "security_group")
	if spec["description"] != nil {
		delete(spec, "description")
		r.leave(x.Ref, "description", "Heat has none for a rule inside its group, where this one has to be")
	}
	if remote := spec["remote_group"]; remote != nil {
		delete(spec, "remote_group")
		spec["remote_mode"] = "remote_group_id"
		if remote != x.Parent {
			spec["remote_group_id"] = remote
		}
	}
	return mapping(r.properties(x.Ref, "", spec, inlineRule())...)
}

// separateRule renders a rule as a resource; none if it is inside its group.
func (r *renderer) separateRule(x *resource.Resource) []any {
	if r.names[x.Ref] == "" {
		if r.names[x.Parent] == "" {
			r.leave(x.Ref, "", "a template makes no rules of a group that it does not make")
		}
		return nil
	}
	spec := r.canonical(x)
	spec["security_group"] = x.Parent
	return []any{r.names[x.Ref], mapping("type", textNode(string(groupRule)), "properties", mapping(r.properties(x.Ref, "", spec, ruleProperties())...))}
}
