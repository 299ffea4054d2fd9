package openstack

import (
	"net/http"
	"slices"
	"strings"
)

// What a project may do with an object that is not its own.
const (
	asShared   = "access_as_shared"
	asExternal = "access_as_external"
)

// sharedWith tells whether RBAC policies let a project use the object. The
// attributes shared and router:external are policies for everybody.
func (o *netObject) sharedWith(project string, actions ...string) bool {
	return slices.ContainsFunc(o.shares, func(s *netObject) bool {
		target := s.text("target_tenant")
		return (target == "*" || target == project && project != "") && slices.Contains(actions, s.text("action"))
	})
}

func (n *network) shareAttributes() []attribute {
	return []attribute{
		{name: "id", may: "vf"},
		{name: "object_type", may: "cvfp", conv: n.toShareable},
		{name: "object_id", may: "cvfrp", conv: toUUID},
		{name: "target_tenant", may: "cuvfpr", conv: toText(255), role: noWildcard},
		{name: "tenant_id", may: "cvf", def: unset, conv: asItIs},
		{name: "project_id", may: "cvf", ext: "project-id", def: unset, conv: asItIs},
		{name: "action", may: "cvfrp", conv: toText(255)},
	}
}

// shareable returns the kind of an object type, or nil.
func (n *network) shareable(objectType string) *netKind {
	i := slices.IndexFunc(n.kinds, func(k *netKind) bool { return k.share != "" && k.share == objectType })
	if i < 0 {
		return nil
	}
	return n.kinds[i]
}

func (n *network) toShareable(name string, v any) (any, error) {
	s, ok := v.(string)
	if !ok {
		return nil, invalidInput("'%s' is not a valid RBAC object type", pyStr(v))
	}
	if k := n.shareable(strings.ToLower(strings.TrimSpace(s))); k != nil {
		return k.share, nil
	}
	return nil, invalidInput("'%s' is not a valid RBAC object type", s)
}

func (n *network) createShare(c *call, s *netObject) error {
	k := n.shareable(s.text("object_type"))
	o, there := k.objects.Get(s.text("object_id"))
	if !there {
		return invalidInput("Callback validate_rbac_policy_change failed with \"'NoneType' object is not subscriptable\"")
	}
	if !c.admin() && o.project != c.project() {
		return invalidInput("Callback validate_rbac_policy_change failed with \"Invalid input for operation: Only admins can manipulate policies on objects they do not own.\"")
	}
	if err := checkShareAction(k, n, s.text("action")); err != nil {
		return err
	}
	if slices.ContainsFunc(o.shares, func(other *netObject) bool {
		return other.text("target_tenant") == s.text("target_tenant") && other.text("action") == s.text("action")
	}) {
		return netConflict("DuplicateRbacPolicy", "An RBAC policy already exists with those values.")
	}
	n.attachShare(o, s)
	return nil
}

func checkShareAction(k *netKind, n *network, action string) error {
	actions := []string{asShared}
	if k == n.networks {
		actions = []string{asShared, asExternal}
	}
	if slices.Contains(actions, action) {
		return nil
	}
	tuple := "('" + actions[0] + "',)"
	if len(actions) > 1 {
		tuple = "(" + quoted(actions) + ")"
	}
	return refuseAs(http.StatusBadRequest, "InvalidActionForType", "Invalid action '%s' for object type '%s'. Valid actions: %s", action, k.share, tuple)
}

func (n *network) attachShare(o, s *netObject) {
	o.shares = append(o.shares, s)
	if s.text("action") == asExternal {
		o.attrs["router:external"] = true
	}
}

func (n *network) sharedObject(s *netObject) *netObject {
	o, _ := n.shareable(s.text("object_type")).objects.Get(s.text("object_id"))
	return o
}

func (n *network) updateShare(c *call, s *netObject, change map[string]any) error {
	if target, given := change["target_tenant"]; !given || target == "*" || target == s.text("target_tenant") {
		return nil
	}
	return n.shareInUse(s)
}

func (n *network) removeShare(_ *call, s *netObject) error { return n.shareInUse(s) }

// dropShare forgets a policy that is gone.
func (n *network) dropShare(s *netObject) {
	if o := n.sharedObject(s); o != nil {
		o.shares = slices.DeleteFunc(o.shares, func(other *netObject) bool { return other == s })
		if s.text("action") == asExternal {
			o.attrs["router:external"] = slices.ContainsFunc(o.shares, func(other *netObject) bool { return other.text("action") == asExternal })
		}
	}
}

// shareInUse refuses to take a policy away from who depends on it.
func (n *network) shareInUse(s *netObject) error {
	o := n.sharedObject(s)
	if o == nil || s.text("action") != asShared || o.project == s.text("target_tenant") {
		return nil
	}
	for _, project := range n.users(o) {
		others := &netObject{shares: slices.DeleteFunc(slices.Clone(o.shares), func(other *netObject) bool { return other == s })}
		if project == o.project || others.sharedWith(project, asShared) || !o.sharedWith(project, asShared) {
			continue
		}
		details := "project_id=" + s.text("target_tenant")
		if o.kind == n.networks {
			details = "Callback neutron.plugins.ml2.plugin.NeutronDbPluginV2.validate_network_rbac_policy_change failed with \"Unable to reconfigure sharing settings for network " +
				o.id + ". Multiple tenants are using it.\""
		}
		return netConflict("RbacPolicyInUse", "RBAC policy on object %s cannot be removed because other objects depend on it.\nDetails: %s", o.id, details)
	}
	return nil
}

// users returns the projects that use an object, its own among them.
func (n *network) users(o *netObject) (projects []string) {
	uses := map[*netKind]map[*netKind]string{
		n.networks: {n.ports: "network_id"}, n.policies: {n.ports: "qos_policy_id", n.networks: "qos_policy_id"},
		n.groups: {n.ports: "security_groups"}, n.pools: {n.subnets: "subnetpool_id"}, n.scopes: {n.pools: "address_scope_id"},
		n.addresses: {n.rules: "remote_address_group_id"},
	}
	for k, attr := range uses[o.kind] {
		for user := range k.objects.All() {
			if user.attrs[attr] == o.id || slices.Contains(user.list(attr), any(o.id)) {
				projects = append(projects, user.project)
			}
		}
	}
	return projects
}

// setSharing makes or removes the policies that the attributes shared and
// router:external stand for.
func (n *network) setSharing(c *call, o *netObject, doc map[string]any) error {
	if o.kind.share == "" {
		return nil
	}
	for attr, action := range map[string]string{"shared": asShared, "router:external": asExternal} {
		want, given := doc[attr].(bool)
		if attr == "shared" {
			delete(doc, attr)
		}
		i := slices.IndexFunc(o.shares, func(s *netObject) bool { return s.text("target_tenant") == "*" && s.text("action") == action })
		switch {
		case !given || want == (i >= 0):
		case want:
			s := n.object(c, n.shares, o.project, map[string]any{"object_type": o.kind.share, "object_id": o.id, "target_tenant": "*", "action": action})
			n.shares.put(s)
			n.attachShare(o, s)
		default:
			if err := n.shareInUse(o.shares[i]); err != nil {
				return n.sharingInUse(o)
			}
			n.drop(c, o.shares[i])
		}
	}
	return nil
}

func (n *network) sharingInUse(o *netObject) error {
	if o.kind == n.networks {
		return netConflict("InvalidSharedSetting", "Unable to reconfigure sharing settings for network %s. Multiple tenants are using it.", o.text("name"))
	}
	return netConflict("RbacPolicyInUse", "RBAC policy on object %s cannot be removed because other objects depend on it.\nDetails: project_id=*", o.id)
}
