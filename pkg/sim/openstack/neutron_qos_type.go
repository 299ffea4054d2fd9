package openstack

import (
	"net/http"
	"strings"
)

// ruleType names the kind of rule as policies and drivers do.
func (k *netKind) ruleType() string { return strings.TrimSuffix(k.one, "_rule") }

// qosRoutes registers what is told about kinds of rules, and the short paths
// to single rules.
func (n *network) qosRoutes(s *service) {
	if !n.extensions["qos"] {
		return
	}
	s.on("GET /v2.0/qos/rule-types", func(*call) (*reply, error) {
		list := []any{}
		for _, k := range n.ruleKinds() {
			if n.extensions[k.ext] {
				list = append(list, map[string]any{"type": k.ruleType()})
			}
		}
		return ok(map[string]any{"rule_types": list}), nil
	})
	s.on("GET /v2.0/qos/rule-types/{type}", n.showRuleType)
	if !n.extensions["qos-rules-alias"] {
		return
	}
	for _, k := range n.ruleKinds() {
		for method, h := range map[string]handler{"GET": n.showHandler(k), "PUT": n.updateHandler(k), "DELETE": n.deleteHandler(k)} {
			s.on(method+" /v2.0/qos/alias_"+k.many+"/{id}", alias(k, h))
		}
	}
}

// alias lets a handler of a rule work without the policy in the path.
func alias(k *netKind, h handler) handler {
	return func(c *call) (*reply, error) {
		o, there := k.objects.Get(c.PathValue("id"))
		if !there {
			return nil, k.missing("", c.PathValue("id"))
		}
		c.SetPathValue("parent", o.text(parentKey))
		if doc, given := c.document("alias_" + k.one); given {
			c.body = map[string]any{k.one: doc}
		}
		rep, err := h(c)
		if body, _ := replyBody(rep); body[k.one] != nil {
			rep.body = map[string]any{"alias_" + k.one: body[k.one]}
		}
		return rep, err
	}
}

func replyBody(rep *reply) (map[string]any, bool) {
	if rep == nil {
		return nil, false
	}
	body, isObject := rep.body.(map[string]any)
	return body, isObject
}

// showRuleType tells what the driver can do with a kind of rule.
func (n *network) showRuleType(c *call) (*reply, error) {
	if !c.admin() {
		return nil, refuseAs(http.StatusForbidden, "NotAuthorized", "Not authorized.")
	}
	for _, k := range n.ruleKinds() {
		if k.ruleType() != c.PathValue("type") || !n.extensions[k.ext] {
			continue
		}
		params := []any{}
		for _, a := range k.attrs {
			switch {
			case a.choices != nil:
				params = append(params, map[string]any{"parameter_name": a.name, "parameter_type": "choices", "parameter_values": a.choices})
			case a.can("s") && a.name != "id":
				params = append(params, map[string]any{"parameter_name": a.name, "parameter_type": "range", "parameter_values": map[string]any{"start": 0, "end": maxRate}})
			}
		}
		view := map[string]any{"type": k.ruleType()}
		if n.extensions["qos-rule-type-details"] {
			view["drivers"] = []any{map[string]any{"name": "openvswitch", "supported_parameters": params}}
		}
		return ok(map[string]any{"rule_type": view}), nil
	}
	return nil, serverError()
}

// maxRate is the largest number in a rule.
const maxRate = 2147483647

// checkPortQoS: no driver can keep a guaranteed rate in an overlay network.
func (n *network) checkPortQoS(c *call, port *netObject, policy any) error {
	if err := n.checkQoS(c, policy); err != nil || policy == nil || policy == any(unset) {
		return err
	}
	for _, s := range n.segments.in(port.text("network_id")) {
		for _, k := range n.ruleKinds() {
			if strings.HasPrefix(k.one, "minimum_") && len(k.inside[text(policy)]) > 0 && s.attrs["physical_network"] == nil {
				return netConflict("QosRuleNotSupported", "Rule %s is not supported by port %s", k.ruleType(), port.id)
			}
		}
	}
	return nil
}
