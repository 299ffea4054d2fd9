package openstack

import (
	"net/http"
)

func (n *network) policyAttributes() []attribute {
	return append([]attribute{
		{name: "id", may: "vfs"},
		{name: "name", may: "cuvfs", def: "", conv: toText(255)},
		{name: "shared", may: "cuvf", def: false, conv: toBool},
		{name: "tenant_id", may: "cvfs", def: unset, conv: asItIs},
		{name: "project_id", may: "cvfs", ext: "project-id", def: unset, conv: asItIs},
		{name: "rules", may: "v"},
		{name: "is_default", may: "cuvf", ext: "qos-default", def: false, conv: toBool},
	}, common()...)
}

func (n *network) createPolicy(_ *call, o *netObject) error { return n.checkDefaultPolicy(o, o.attrs) }

func (n *network) updatePolicy(_ *call, o *netObject, change map[string]any) error {
	return n.checkDefaultPolicy(o, change)
}

func (n *network) checkDefaultPolicy(o *netObject, doc map[string]any) error {
	if doc["is_default"] != true {
		return nil
	}
	for other := range n.policies.objects.Of(o.project) {
		if other.id != o.id && other.flag("is_default") {
			return netConflict("QoSPolicyDefaultAlreadyExists", "A default QoS policy exists for project %s.", o.project)
		}
	}
	return nil
}

func (n *network) removePolicy(c *call, o *netObject) error {
	for _, user := range []struct {
		kind *netKind
		word string
	}{{n.ports, "port"}, {n.networks, "network"}, {n.fips, "floatingip"}, {n.routers, "router"}} {
		for other := range user.kind.objects.All() {
			info, _ := other.attrs["external_gateway_info"].(map[string]any)
			if other.text("qos_policy_id") == o.id || text(info["qos_policy_id"]) == o.id {
				return netConflict("QosPolicyInUse", "QoS Policy %s is used by %s %s.", o.id, user.word, other.id)
			}
		}
	}
	return nil
}

func (n *network) viewPolicy(c *call, o *netObject, v map[string]any) {
	rules := []any{}
	for _, k := range n.ruleKinds() {
		for _, r := range k.in(o.id) {
			view := n.view(c, r)
			view["qos_policy_id"], view["type"] = o.id, k.ruleType()
			rules = append(rules, view)
		}
	}
	v["rules"] = rules
}

// checkQoS refuses policies that the caller cannot see.
func (n *network) checkQoS(c *call, policy any) error {
	if policy == nil || policy == any(unset) {
		return nil
	}
	_, err := n.find(c, n.policies, text(policy))
	return err
}

// defaultPolicy is the id of the policy that a new network of the project
// gets, or nil.
func (n *network) defaultPolicy(project string) any {
	for p := range n.policies.objects.Of(project) {
		if p.flag("is_default") {
			return p.id
		}
	}
	return nil
}

// ruleKinds are the kinds of rules that a policy holds.
func (n *network) ruleKinds() []*netKind {
	var list []*netKind
	for _, k := range n.kinds {
		if k.parent == n.policies {
			list = append(list, k)
		}
	}
	return list
}

// qosRules makes the kinds of rules. What each limits is one number, with a
// direction but for one.
func (n *network) qosRules() []*netKind {
	number := func(name string, more ...string) []attribute {
		list := []attribute{{name: name, may: "cuvfsr", conv: between(0, maxRate)}}
		for _, m := range more {
			list = append(list, attribute{name: m, may: "cuvfs", def: int64(0), conv: between(0, maxRate)})
		}
		return list
	}
	direction := func(ext string, values ...any) attribute {
		return attribute{name: "direction", may: "cuvfs", ext: ext, def: "egress", conv: oneOf(values...), choices: values}
	}
	marks := []any{}
	for _, m := range []int64{0, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32, 34, 36, 38, 40, 46, 48, 56} {
		marks = append(marks, m)
	}
	return []*netKind{
		n.qosRule("bandwidth_limit_rule", "qos", append(number("max_kbps", "max_burst_kbps"), direction("qos-bw-limit-direction", "ingress", "egress"))),
		n.qosRule("dscp_marking_rule", "qos", []attribute{{name: "dscp_mark", may: "cuvfsr", conv: oneOf(marks...), choices: marks}}),
		n.qosRule("minimum_bandwidth_rule", "qos", append(number("min_kbps"), direction("qos", "ingress", "egress"))),
		n.qosRule("packet_rate_limit_rule", "qos-pps", append(number("max_kpps", "max_burst_kpps"), direction("qos-pps", "ingress", "egress"))),
		n.qosRule("minimum_packet_rate_rule", "qos-pps-minimum", append(number("min_kpps"), direction("qos-pps-minimum", "any", "ingress", "egress"))),
	}
}

func (n *network) qosRule(one, ext string, attrs []attribute) *netKind {
	k := &netKind{one: one, many: one + "s", ext: ext, parent: n.policies, writer: "admin"}
	k.attrs = append([]attribute{{name: "id", may: "vfs"}, {name: "tenant_id", may: "c", def: unset, conv: asItIs},
		{name: "project_id", may: "c", def: unset, conv: asItIs}}, attrs...)
	k.missing = func(parent, id string) error {
		return refuseAs(http.StatusNotFound, "QosRuleNotFound", "QoS rule %s for policy %s could not be found.", id, parent)
	}
	k.hooks.create = func(_ *call, o *netObject) error { return n.checkQoSRule(k, o, o.attrs) }
	k.hooks.update = func(_ *call, o *netObject, change map[string]any) error {
		return n.checkQoSRule(k, o, merged(o.attrs, change))
	}
	return k
}

// checkQoSRule: one rule of a kind for each direction, and no minimum above the
// maximum.
func (n *network) checkQoSRule(k *netKind, o *netObject, doc map[string]any) error {
	policy, _ := n.policies.objects.Get(o.text(parentKey))
	for _, other := range k.in(policy.id) {
		if a, b := doc["direction"], other.attrs["direction"]; other.id != o.id && a != b && (a == "any" || b == "any") {
			return boundsConflict(a, policy.id, k, b)
		}
		if other.id != o.id && other.attrs["direction"] == doc["direction"] {
			return netConflict("QoSRulesConflict", "Rule %s conflicts with rule %s which already exists in QoS Policy %s.", k.ruleType(), other.id, policy.id)
		}
	}
	for _, other := range n.ruleKinds() {
		for _, r := range other.in(policy.id) {
			for _, unit := range []string{"kbps", "kpps"} {
				low, isLow := doc["min_"+unit].(int64)
				high, isHigh := doc["max_"+unit].(int64)
				least, hasLeast := r.attrs["min_"+unit].(int64)
				most, hasMost := r.attrs["max_"+unit].(int64)
				if isLow && hasMost && most < low {
					return boundsConflict(low, policy.id, other, most)
				}
				if isHigh && hasLeast && least > high {
					return boundsConflict(high, policy.id, other, least)
				}
			}
		}
	}
	return nil
}

func boundsConflict(value any, policy string, other *netKind, have any) error {
	return netConflict("QoSRuleParameterConflict", "Unable to add the rule with value %v to the policy %s as the existing rule of type %s has value %v.",
		value, policy, other.ruleType(), have)
}
