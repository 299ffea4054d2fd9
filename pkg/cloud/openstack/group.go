package openstack

import (
	"context"
	"errors"
	"regexp"
	"time"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// defaultGroup is the name, and the key, of the group that every project has.
const defaultGroup = "default"

func groups() *kind {
	return &kind{
		service: network, collection: "security-groups", key: "security_group", needs: []collection{groupList},
		schema: &resource.Schema{
			Type: typeGroup, Gate: "extension:security-group", Mark: resource.MarkDescription,
			Fields: []resource.Field{
				field("description", resource.Text, initially("")),
				field("stateful", resource.Bool, foreign, initially(true), gate("extension:stateful-security-group")),
				field("tags", resource.List, set, foreign, gate("extension:standard-attr-tag")),
				field("tags[]", resource.Text),
			},
			Attrs: []resource.Path{"name", "description"},
			Body: standard(map[string]string{"description": "description", "stateful": "stateful", "security_group_rules": classProvider,
				"shared": classProvider, "tags": "tags"}),
		},
		read: func(_ *project, _ body, r *resource.Resource) bool {
			if r.Name == defaultGroup {
				r.Tenure, r.Key = resource.Implied, defaultGroup
			}
			return true
		},
		request: func(_ *resource.Resource, b map[string]any) { delete(b, "tags") },
		settle:  settleGroup,
	}
}

// settleGroup takes out the rules that Neutron puts into every new group, so
// that a group has what its children say. They are as old as the group and,
// unlike what a request makes, without any description.
func settleGroup(ctx context.Context, c *Cloud, r *resource.Resource) error {
	b, err := c.get(ctx, call{op: "settle", service: network, path: "security-groups/" + r.ID})
	if err != nil {
		return err
	}
	group := b.object("security_group")
	for _, rule := range group.objects("security_group_rules") {
		if rule["description"] != nil || !sameMoment(rule, group) {
			continue
		}
		if err := goneIsFine(c.delete(ctx, network, "security-group-rules/"+rule.text("id"))); err != nil {
			return err
		}
	}
	return settleTags("security-groups")(ctx, c, r)
}

// sameMoment reports whether a was made together with b. Where Neutron tells
// no times, it cannot be ruled out.
func sameMoment(a, b body) bool {
	made, err := time.Parse(time.RFC3339, a.text("created_at"))
	began, err2 := time.Parse(time.RFC3339, b.text("created_at"))
	return err != nil || err2 != nil || made.Sub(began) < 5*time.Second
}

func rules() *kind {
	return &kind{
		service: network, collection: "security-group-rules", key: "security_group_rule", needs: []collection{groupList},
		schema: &resource.Schema{
			Type: typeRule, Gate: "extension:security-group", Mark: resource.MarkParent,
			Natural: []resource.Path{"direction", "ethertype", "protocol", "port_range_min", "port_range_max", "remote_ip_prefix", "remote_group", "remote_address_group"},
			Fields: []resource.Field{
				field("security_group", resource.Text, refers(typeGroup), required),
				field("direction", resource.Text, initially("ingress"), required), // without any of its parts, a rule would admit more
				field("ethertype", resource.Text, initially("IPv4"), required),
				field("protocol", resource.Protocol, required),
				field("port_range_min", resource.Int, required),
				field("port_range_max", resource.Int, required),
				field("remote_ip_prefix", resource.CIDR, required),
				field("remote_group", resource.Text, refers(typeGroup), required),
				field("remote_address_group", resource.Text, foreign, required, gate("extension:security-groups-remote-address-group")),
				field("description", resource.Text, foreign, initially("")),
			},
			Exclusive: []resource.Path{"security_group"},
			Body: standard(map[string]string{"security_group_id": "security_group", "direction": "direction", "ethertype": "ethertype", "protocol": "protocol",
				"port_range_min": "port_range_min", "port_range_max": "port_range_max", "remote_ip_prefix": "remote_ip_prefix", "remote_group_id": "remote_group",
				"description": "description", "remote_address_group_id": "remote_address_group", "normalized_cidr": classProvider, "tags": "attr:tags",
				"belongs_to_default_sg": classProvider}),
		},
		list: listRules, create: createRule,
		request: func(r *resource.Resource, b map[string]any) {
			delete(b, "name")
			if _, ok := b["direction"]; !ok {
				b["direction"] = "ingress"
			}
			if _, ok := b["security_group_id"]; !ok {
				b["security_group_id"] = string(r.Parent.Key)
			}
		},
	}
}

func listRules(p *project) []*resource.Resource {
	var out []*resource.Resource
	k, parents := rules(), groups()
	for _, group := range p.lists[groupList] {
		if !p.owns(group) {
			continue
		}
		owner := p.owner(parents, group)
		for _, b := range group.objects("security_group_rules") {
			r := k.fromBody(b)
			r.Parent = resource.Ref{Type: typeGroup, Key: resource.Key(group.text("id"))}
			r.Owner = owner
			if group.text("name") == defaultGroup {
				r.Tenure = resource.Implied
			}
			out = append(out, r)
		}
	}
	return out
}

var existingRule = regexp.MustCompile(`Rule id is ([0-9a-f-]{36})`)

// createRule takes a rule that exists for the one that is wanted, since a rule
// is nothing but its content.
func createRule(ctx context.Context, c *Cloud, r *resource.Resource, _ resource.Owner) (body, error) {
	made, err := c.post(ctx, call{op: "create", service: network, path: "security-group-rules",
		body: map[string]any{"security_group_rule": rules().toBody(r, resource.Owner{})}}, "security_group_rule")
	var e *cloud.OpError
	if errors.As(err, &e) && errors.Is(err, cloud.ErrConflict) {
		if m := existingRule.FindStringSubmatch(e.Message); m != nil {
			return body{"id": m[1]}, nil
		}
	}
	return made, err
}
