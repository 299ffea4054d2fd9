package openstack

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

func (n *network) createHandler(k *netKind) handler {
	return func(c *call) (*reply, error) {
		body, _ := c.body.(map[string]any)
		if many, bulk := body[k.many].([]any); bulk {
			return n.createMany(c, k, many)
		}
		doc, there := c.document(k.one)
		if !there {
			return nil, badRequest("Unable to find '%s' in request body", k.one)
		}
		o, err := n.create(c, k, doc)
		if err != nil {
			return nil, err
		}
		return with(http.StatusCreated, map[string]any{k.one: n.created(c, o)}), nil
	}
}

// createMany makes all or none.
func (n *network) createMany(c *call, k *netKind, docs []any) (*reply, error) {
	var made []*netObject
	list := []any{}
	for _, d := range docs {
		doc, _ := d.(map[string]any)
		o, err := n.create(c, k, doc)
		if err != nil {
			for _, o := range made {
				n.drop(c, o)
			}
			return nil, err
		}
		made, list = append(made, o), append(list, n.created(c, o))
	}
	return with(http.StatusCreated, map[string]any{k.many: list}), nil
}

// created is the view of a new object; what the cloud then does to it by
// itself (a floating IP becomes ACTIVE) is seen from the next look on.
func (n *network) created(c *call, o *netObject) map[string]any {
	v := n.view(c, o)
	if o.kind == n.networks && n.extensions["auto-allocated-topology"] {
		v["is_default"] = o.flag("is_default")
	}
	if o.kind.hooks.updated != nil {
		o.kind.hooks.updated(c, o)
	}
	return v
}

func (n *network) create(c *call, k *netKind, given map[string]any) (*netObject, error) {
	doc, err := n.forCreate(k, given)
	if err != nil {
		return nil, err
	}
	project, err := projectOf(c, given)
	if err != nil {
		return nil, err
	}
	if err := n.mayAdd(c, k, doc); err != nil {
		return nil, err
	}
	if err := n.permit(c, "create_"+k.one, k, doc, given, true); err != nil {
		return nil, err
	}
	if err := n.checkQuota(k, project, 1); err != nil {
		return nil, err
	}
	o := n.object(c, k, project, doc)
	if k.hooks.create != nil {
		if err := k.hooks.create(c, o); err != nil {
			return nil, err
		}
	}
	k.objects.Put(o.id, project, o)
	if k.hooks.updated == nil && k == n.subnets {
		n.helperPort(c, o)
	}
	return o, nil
}

// object makes an object that nobody knows yet.
func (n *network) object(c *call, k *netKind, project string, doc map[string]any) *netObject {
	o := &netObject{kind: k, id: n.cloud.Objects.UUID(), project: project, attrs: maps.Clone(doc), created: c.now, updated: c.now, revision: 1}
	delete(o.attrs, "tenant_id")
	delete(o.attrs, "project_id")
	delete(o.attrs, "tags")
	for name, v := range o.attrs {
		if v == any(unset) {
			delete(o.attrs, name)
		}
	}
	return o
}

// projectOf returns whom a new object is to belong to.
func projectOf(c *call, doc map[string]any) (string, error) {
	for _, key := range []string{"tenant_id", "project_id"} {
		if v, there := doc[key]; there && text(v) != c.project() {
			if !c.admin() {
				return "", badRequest("Specifying 'project_id' or 'tenant_id' other than the authenticated project in request requires admin or advsvc privileges")
			}
			return text(v), nil
		}
	}
	return c.project(), nil
}

// mayAdd tells whether the caller may add something to the network that the
// new object names.
func (n *network) mayAdd(c *call, k *netKind, doc map[string]any) error {
	if k != n.subnets && k != n.ports {
		return nil
	}
	net, err := n.find(c, n.networks, text(doc["network_id"]))
	if err != nil {
		return err
	}
	if c.admin() || net.project == c.project() || net.flag("shared") && k == n.ports {
		return nil
	}
	return refuseAs(http.StatusForbidden, "HTTPForbidden", "Tenant %s not allowed to create %s on this network", c.project(), k.one)
}

// checkQuota refuses what would be one too many.
func (n *network) checkQuota(k *netKind, project string, more int64) error {
	limit := n.cloud.limit(project, "network."+k.one)
	if limit >= 0 && n.used(k, project)+more > limit {
		return netConflict("OverQuota", "Quota exceeded for resources: ['%s'].", k.one)
	}
	return nil
}

// used counts what a project has; the ports of gateways and floating IPs are
// the provider's.
func (n *network) used(k *netKind, project string) (count int64) {
	for range k.objects.Of(project) {
		count++
	}
	return count
}

func (n *network) showHandler(k *netKind) handler {
	return func(c *call) (*reply, error) {
		o, err := n.find(c, k, c.PathValue("id"))
		if err != nil {
			return nil, err
		}
		return ok(map[string]any{k.one: fields(n.view(c, o), c.URL.Query()["fields"])}), nil
	}
}

func (n *network) updateHandler(k *netKind) handler {
	return func(c *call) (*reply, error) {
		given, there := c.document(k.one)
		if !there {
			return nil, badRequest("Unable to find '%s' in request body", k.one)
		}
		change, err := n.forUpdate(k, given)
		if err != nil {
			return nil, err
		}
		o, err := n.find(c, k, c.PathValue("id"))
		if err != nil {
			return nil, err
		}
		if err := n.checkRevision(c, o); err != nil {
			return nil, err
		}
		if err := n.permit(c, "update_"+k.one, k, change, given, c.admin() || o.project == c.project()); err != nil {
			return nil, err
		}
		if k.hooks.update != nil {
			if err := k.hooks.update(c, o, change); err != nil {
				return nil, err
			}
		}
		maps.Copy(o.attrs, change)
		o.touch(c.now)
		v := n.view(c, o)
		if k.hooks.updated != nil {
			k.hooks.updated(c, o)
		}
		return ok(map[string]any{k.one: v}), nil
	}
}

// checkRevision honours the header If-Match: revision_number=N.
func (n *network) checkRevision(c *call, o *netObject) error {
	word, found := strings.CutPrefix(c.Header.Get("If-Match"), "revision_number=")
	want, err := strconv.ParseInt(word, 10, 64)
	met := err != nil || want == o.revision // what is no number is no condition
	if !found || met || !n.extensions["revision-if-match"] {
		return nil
	}
	return refuseAs(http.StatusPreconditionFailed, "RevisionNumberConstraintFailed", "Constrained to %d, but current revision is %d", want, o.revision)
}

func (n *network) deleteHandler(k *netKind) handler {
	return func(c *call) (*reply, error) {
		o, err := n.find(c, k, c.PathValue("id"))
		if err != nil {
			return nil, err
		}
		if !c.admin() && o.project != c.project() || !c.may("delete_"+k.one, "member") {
			return nil, refuseAs(http.StatusForbidden, "PolicyNotAuthorized", "rule:delete_%s is disallowed by policy", k.one)
		}
		if err := n.checkRevision(c, o); err != nil {
			return nil, err
		}
		if k.hooks.remove != nil {
			if err := k.hooks.remove(c, o); err != nil {
				return nil, err
			}
		}
		n.drop(c, o)
		return empty(http.StatusNoContent), nil
	}
}

// drop takes an object away without asking.
func (n *network) drop(c *call, o *netObject) {
	o.kind.objects.Delete(o.id)
	switch o.kind {
	case n.subnets:
		if net, there := n.networks.objects.Get(o.text("network_id")); there {
			net.touch(c.now)
		}
	case n.ports:
		n.releaseFloatingIPs(c, o)
	case n.fips:
		for _, p := range n.ports.all(where("device_id", o.id)) {
			p.kind.objects.Delete(p.id)
		}
	}
}

// view is an object as the caller may see it.
func (n *network) view(c *call, o *netObject) map[string]any {
	all := maps.Clone(o.attrs)
	all["id"], all["tenant_id"], all["project_id"] = o.id, o.project, o.project
	all["tags"], all["revision_number"] = o.tagList(), o.revision
	all["created_at"], all["updated_at"] = stamp(o.created), stamp(o.updated)
	if o.kind.hooks.view != nil {
		o.kind.hooks.view(o, all)
	}
	out := map[string]any{}
	for _, a := range o.kind.attrs {
		if v, there := all[a.name]; a.can("v") && n.has(a) && (a.read == "" || c.may("get_"+o.kind.one+":"+a.name, a.read)) {
			if there || !hidden[a.name] {
				out[a.name] = v
			}
		}
	}
	return out
}

// hidden are attributes that are left out when there is nothing to tell.
var hidden = map[string]bool{"is_default": true, "vlan_transparent": true}

// fields keeps the asked-for keys of a view.
func fields(v map[string]any, want []string) map[string]any {
	want = slices.DeleteFunc(slices.Clone(want), func(f string) bool { return f == "" })
	if len(want) == 0 {
		return v
	}
	maps.DeleteFunc(v, func(k string, _ any) bool { return !slices.Contains(want, k) })
	return v
}
