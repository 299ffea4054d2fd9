package openstack

import (
	"github.com/wechsel-project/wechsel/pkg/profile"
)

// defaultGroup returns the group "default" of a project, which Neutron makes
// when it is first needed.
func (n *network) defaultGroup(c *call, project string) *netObject {
	for g := range n.groups.objects.Of(project) {
		if g.text("name") == "default" {
			return g
		}
	}
	g := n.object(c, n.groups, project, map[string]any{"name": "default", "description": "Default security group", "stateful": true})
	rules := n.cloud.profile.Behaviour.Network.DefaultRules
	if len(rules) == 0 {
		for _, version := range []string{"IPv4", "IPv6"} {
			rules = append(rules, profile.GroupRule{Direction: "ingress", EtherType: version, SameGroup: true}, profile.GroupRule{Direction: "egress", EtherType: version})
		}
	}
	n.addRules(c, g, rules)
	n.groups.put(g)
	return g
}

// addRules makes the rules that the cloud itself puts into a new group.
func (n *network) addRules(c *call, g *netObject, rules []profile.GroupRule) {
	for _, r := range rules {
		o := n.object(c, n.rules, g.project, map[string]any{"security_group_id": g.id, "direction": r.Direction, "ethertype": r.EtherType,
			"protocol": orNull(r.Protocol), "port_range_min": nil, "port_range_max": nil, "remote_ip_prefix": orNull(r.Prefix),
			"normalized_cidr": orNull(r.Prefix), "remote_group_id": nil, "remote_address_group_id": nil, "description": nil})
		if r.PortMin > 0 || r.PortMax > 0 {
			o.attrs["port_range_min"], o.attrs["port_range_max"] = r.PortMin, max(r.PortMin, r.PortMax)
		}
		if r.SameGroup {
			o.attrs["remote_group_id"] = g.id
		}
		o.revision = 0
		n.rules.put(o)
	}
}

func (n *network) createGroup(c *call, o *netObject) error {
	n.defaultGroup(c, o.project)
	if o.text("name") == "default" {
		return netConflict("SecurityGroupDefaultAlreadyExists", "Default security group already exists.")
	}
	rules := n.cloud.profile.Behaviour.Network.NewRules
	if len(rules) == 0 {
		rules = []profile.GroupRule{{Direction: "egress", EtherType: "IPv4"}, {Direction: "egress", EtherType: "IPv6"}}
	}
	n.addRules(c, o, rules)
	return nil
}

func (n *network) updateGroup(c *call, o *netObject, change map[string]any) error {
	name, renamed := change["name"]
	if renamed && o.text("name") == "default" && name != "default" {
		return netConflict("SecurityGroupCannotUpdateDefault", "Updating default security group not allowed.")
	}
	if renamed && name == "default" && o.text("name") != "default" {
		return netConflict("SecurityGroupDefaultAlreadyExists", "Default security group already exists.")
	}
	if stateful, given := change["stateful"]; given && stateful != o.attrs["stateful"] && n.inUse(o) {
		return n.groupInUse(o)
	}
	return nil
}

func (n *network) inUse(o *netObject) bool {
	for p := range n.ports.objects.All() {
		for _, g := range p.list("security_groups") {
			if g == o.id {
				return true
			}
		}
	}
	return false
}

func (n *network) groupInUse(o *netObject) error {
	return netConflict("SecurityGroupInUse", "Security Group %s in use.", o.id)
}

func (n *network) removeGroup(c *call, o *netObject) error {
	if n.inUse(o) {
		return n.groupInUse(o)
	}
	if o.text("name") == "default" && !c.admin() {
		return netConflict("SecurityGroupCannotRemoveDefault", "Insufficient rights for removing default security group.")
	}
	for _, r := range n.rules.in(o.id) {
		n.drop(c, r)
	}
	for _, r := range n.rules.all(where("remote_group_id", o.id)) {
		n.drop(c, r)
	}
	return nil
}

func (n *network) viewGroup(_ *call, o *netObject, v map[string]any) {
	rules := []any{}
	for _, r := range n.rules.in(o.id) {
		rules = append(rules, n.ruleInGroup(r))
	}
	v["security_group_rules"] = rules
}

// ruleInGroup shows a rule as it appears inside of its group: with two keys
// more than alone.
func (n *network) ruleInGroup(r *netObject) map[string]any {
	v := n.view(&call{cloud: n.cloud}, r)
	v["standard_attr_id"], v["tags"] = n.number(r), r.tagList()
	return v
}

// number is the row number of an object in the database.
func (n *network) number(o *netObject) int64 {
	var sum int64
	for _, r := range o.id[:8] {
		sum = (sum*31 + int64(r)) % 100000
	}
	return sum + 1
}
