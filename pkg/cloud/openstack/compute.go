package openstack

import (
	"context"
	"net/url"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

func keyPairs() *kind {
	return &kind{
		service: compute, collection: "os-keypairs", key: "keypair", needs: []collection{keyPairList},
		schema: &resource.Schema{
			Type: typeKeyPair, Mark: resource.MarkName, Natural: []resource.Path{"public_key"},
			Fields: []resource.Field{
				field("public_key", resource.Text, required),
				field("type", resource.Text, initially("ssh"), gate("microversion:compute:2.2")),
			},
			Attrs: []resource.Path{"public_key", "fingerprint"},
			Body: map[string]string{"name": className, "public_key": "public_key", "type": "type", "fingerprint": "attr:fingerprint",
				"private_key": classSecret, "user_id": classProvider, "id": classProvider,
				"created_at": classClock, "updated_at": classClock, "deleted_at": classClock, "deleted": classProvider},
		},
		read: func(_ *project, b body, r *resource.Resource) bool {
			r.ID = b.text("name")
			r.Spec["public_key"] = strings.TrimSpace(b.text("public_key"))
			r.Attrs["public_key"] = r.Spec["public_key"]
			return true
		},
		create: func(ctx context.Context, c *Cloud, r *resource.Resource, owner resource.Owner) (body, error) {
			version, _, err := c.atMost(ctx, compute, "2.35")
			if err != nil {
				return nil, err
			}
			made, err := c.post(ctx, call{op: "create", service: compute, path: "os-keypairs", microversion: version,
				body: map[string]any{"keypair": keyPairs().toBody(r, owner)}}, "keypair")
			if err != nil {
				return nil, err
			}
			return body{"id": made.text("name")}, nil
		},
		remove: func(ctx context.Context, c *Cloud, r *resource.Resource) error {
			return c.delete(ctx, compute, "os-keypairs/"+url.PathEscape(r.ID))
		},
	}
}

func serverGroups() *kind {
	return &kind{
		service: compute, collection: "os-server-groups", key: "server_group", needs: []collection{serverGroupList},
		schema: &resource.Schema{
			Type: typeServerGroup, Mark: resource.MarkName,
			Fields: []resource.Field{
				field("policies", resource.List, ordered, required),
				field("policies[]", resource.Text, required),
				field("rules", resource.Object, gate("microversion:compute:2.64")),
				field("rules.max_server_per_host", resource.Int, gate("microversion:compute:2.64")),
			},
			Body: map[string]string{"id": classID, "name": className, "policy": "policies", "policies": "policies", "rules": "rules",
				"rules.max_server_per_host": "rules.max_server_per_host",
				"members":                   "attr:members", "metadata": classProvider, "project_id": classProvider, "user_id": classProvider},
		},
		read: func(_ *project, b body, r *resource.Resource) bool {
			if policy := b.text("policy"); policy != "" {
				r.Spec["policies"] = []any{policy}
			}
			return true
		},
		words:  map[string]resource.Path{"policy supports rules": "rules", "field/attribute 0.": "policies"},
		create: createServerGroup,
	}
}

func createServerGroup(ctx context.Context, c *Cloud, r *resource.Resource, owner resource.Owner) (body, error) {
	version, hasRules, err := c.atMost(ctx, compute, "2.64")
	if err != nil {
		return nil, err
	}
	b := serverGroups().toBody(r, owner)
	delete(b, "policy")
	policies, _ := r.Spec["policies"].([]any)
	if hasRules && len(policies) > 0 {
		delete(b, "policies")
		b["policy"] = policies[0]
	}
	return c.post(ctx, call{op: "create", service: compute, path: "os-server-groups", microversion: version,
		body: map[string]any{"server_group": b}}, "server_group")
}
