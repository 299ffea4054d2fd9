package openstack

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
)

// sees tells whether the caller may know that the object exists.
func (n *network) sees(c *call, o *netObject) bool {
	if c.admin() || o.project == c.project() {
		return true
	}
	switch o.kind {
	case n.subnets:
		net, _ := n.networks.objects.Get(o.text("network_id"))
		return net != nil && net.sharedWith(c.project(), asShared)
	case n.ports:
		return n.ownsNetwork(c, o.attrs)
	case n.rules:
		g, _ := n.groups.objects.Get(o.text("security_group_id"))
		return g != nil && g.project == c.project()
	}
	if o.kind.parent != nil {
		parent, _ := o.kind.parent.objects.Get(o.text(parentKey))
		return parent != nil && n.sees(c, parent)
	}
	return o.project == "" || o.sharedWith(c.project(), asShared, asExternal)
}

// owns tells whether the caller may change the object.
func (n *network) owns(c *call, o *netObject) bool {
	switch {
	case c.admin() || o.project == c.project():
		return true
	case o.kind == n.subnets:
		return n.ownsNetwork(c, o.attrs)
	case o.kind.parent != nil:
		parent, _ := o.kind.parent.objects.Get(o.text(parentKey))
		return parent != nil && n.owns(c, parent)
	}
	return false
}

// ownsNetwork tells whether the network that the attributes name is the
// caller's.
func (n *network) ownsNetwork(c *call, doc map[string]any) bool {
	net, _ := n.networks.objects.Get(text(doc["network_id"]))
	return net != nil && (c.admin() || net.project == c.project())
}

// Roles of the policy that depend on the object, beside Keystone's.
const (
	networkOwner  = "network owner"  // of the network that the port is in
	networkSharer = "network sharer" // or a project that it is shared with
	deviceOwner   = "device owner"   // anybody, but for the cloud's own device owners
	noWildcard    = "no wildcard"    // anybody, but for sharing with everybody
)

// allowed tells whether the caller has what a rule needs, given the object as
// it would be.
func (n *network) allowed(c *call, rule, role string, doc map[string]any) bool {
	if r, named := c.cloud.profile.Behaviour.Policy[rule]; named {
		return c.is(r)
	}
	switch role {
	case networkOwner:
		return n.ownsNetwork(c, doc)
	case networkSharer:
		net, _ := n.networks.objects.Get(text(doc["network_id"]))
		return n.ownsNetwork(c, doc) || net != nil && net.sharedWith(c.project(), asShared)
	case deviceOwner:
		return !strings.HasPrefix(text(doc["device_owner"]), "network:") || n.ownsNetwork(c, doc)
	case noWildcard:
		return c.admin() || doc["target_tenant"] != "*"
	}
	return c.is(role)
}

// permit asks the policy for an action on an object: the rule of the action
// and of each attribute that is explicitly set. The message holds all of them.
// The old object is nil for a creation.
func (n *network) permit(c *call, verb string, k *netKind, doc, given map[string]any, old *netObject) error {
	action, whole := k.rule(verb), doc
	rule, allowed := "rule:"+action, c.may(action, cmp.Or(k.writer, "member"))
	if old != nil {
		allowed = allowed && n.owns(c, old)
		whole = merged(old.attrs, doc)
	}
	for _, a := range k.attrs {
		v, set := doc[a.name]
		if _, named := given[a.name]; !n.has(a) || !a.can("p") || !set || !named || v == any(unset) {
			continue
		}
		if old == nil && pyRepr(v) == pyRepr(a.def) {
			continue
		}
		sub, may := n.permitAttribute(c, action+":"+a.name, a, v, whole)
		rule, allowed = "("+rule+" and "+sub+")", allowed && may
	}
	if allowed {
		return nil
	}
	return refuseAs(http.StatusForbidden, "PolicyNotAuthorized", "%s is disallowed by policy", rule)
}

func merged(old, change map[string]any) map[string]any {
	out := map[string]any{}
	for k, v := range old {
		out[k] = v
	}
	for k, v := range change {
		out[k] = v
	}
	return out
}

// permitAttribute asks for one attribute and what is in it.
func (n *network) permitAttribute(c *call, rule string, a attribute, v any, doc map[string]any) (string, bool) {
	role := cmp.Or(a.role, "member")
	if strings.HasPrefix(rule, "update") {
		role = cmp.Or(a.keep, role)
	}
	name, allowed := "rule:"+rule, n.allowed(c, rule, role, doc)
	var subs []string
	for _, part := range a.parts(v) {
		allowed = n.allowed(c, rule+":"+part.name, part.role, doc) && allowed
		subs = append(subs, "rule:"+rule+":"+part.name)
	}
	if len(subs) > 0 {
		name = "(" + name + " and (" + strings.Join(subs, " and ") + "))"
	}
	return name, allowed
}

// parts returns the keys in a value that have a rule of their own, of all its
// items, in the order in which the definition lists them.
func (a attribute) parts(v any) (all []part) {
	items, many := v.([]any)
	if !many {
		items = []any{v}
	}
	for _, item := range items {
		for _, p := range a.inner {
			if m, _ := item.(map[string]any); m != nil && slices.Contains(sortedKeys(m), p.name) {
				all = append(all, p)
			}
		}
	}
	return all
}

// A part is a key inside of an attribute's value that has a rule of its own.
type part struct{ name, role string }
