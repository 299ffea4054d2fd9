package openstack

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

func (n *network) createHandler(k *netKind) handler {
	return func(c *call) (*reply, error) {
		docs, many, err := bodies(c, k)
		if err != nil {
			return nil, err
		}
		made, err := n.create(c, k, docs)
		if err != nil {
			return nil, err
		}
		list := []any{}
		for _, o := range made {
			list = append(list, n.created(c, o))
		}
		if many {
			return with(http.StatusCreated, map[string]any{k.many: list}), nil
		}
		return with(http.StatusCreated, map[string]any{k.one: list[0]}), nil
	}
}

// bodies returns the objects that a POST is about: one, or many at once.
func bodies(c *call, k *netKind) (docs []map[string]any, many bool, err error) {
	body, isObject := c.body.(map[string]any)
	if !isObject && c.body != nil {
		return nil, false, badRequest("Body contains invalid data")
	}
	v, many := body[k.many]
	if !many {
		doc, err := oneBody(body, k)
		return []map[string]any{doc}, false, err
	}
	if k.single {
		return nil, true, badRequest("Bulk operation not supported")
	}
	list := characters(v)
	if len(list) == 0 {
		return nil, true, badRequest("Resources required")
	}
	for _, item := range list {
		doc, isObject := item.(map[string]any)
		if !isObject {
			return nil, true, badRequest("Object '%s' contains invalid data", k.one)
		}
		if inner, wrapped := doc[k.one].(map[string]any); wrapped {
			doc = inner
		}
		docs = append(docs, doc)
	}
	return docs, true, nil
}

func oneBody(body map[string]any, k *netKind) (map[string]any, error) {
	v := body[k.one]
	doc, isObject := v.(map[string]any)
	switch {
	case v == nil:
		return nil, badRequest("Unable to find '%s' in request body", k.one)
	case !isObject:
		return nil, badRequest("Object '%s' contains invalid data", k.one)
	}
	return doc, nil
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

// create makes all objects or none. Everything about all of them is checked
// before the first is made, in the order in which the real service does it.
func (n *network) create(c *call, k *netKind, given []map[string]any) ([]*netObject, error) {
	docs := make([]map[string]any, len(given))
	projects := map[string]int64{}
	for i, g := range given {
		project, err := projectOf(c, g)
		if err != nil {
			return nil, err
		}
		if docs[i], err = n.forCreate(k, g); err != nil {
			return nil, err
		}
		docs[i]["project_id"] = project
		projects[project]++
	}
	for _, doc := range docs {
		if err := n.mayAdd(c, k, doc); err != nil {
			return nil, err
		}
	}
	for project, more := range projects {
		if err := n.checkQuota(k, project, more); err != nil {
			return nil, err
		}
	}
	if err := n.checkRules(k, docs); err != nil {
		return nil, err
	}
	for i, doc := range docs {
		if err := n.permit(c, "create", k, doc, given[i], nil); err != nil {
			return nil, err
		}
	}
	var made []*netObject
	for _, doc := range docs {
		o, err := n.make(c, k, doc)
		if err != nil {
			for _, o := range slices.Backward(made) {
				n.drop(c, o)
			}
			return nil, err
		}
		made = append(made, o)
	}
	return made, nil
}

// make makes one object of a body that is checked.
func (n *network) make(c *call, k *netKind, doc map[string]any) (*netObject, error) {
	o := n.object(c, k, text(doc["project_id"]), doc)
	if k.parent != nil {
		parent, err := n.find(c, k.parent, c.PathValue("parent"))
		if err != nil {
			return nil, err
		}
		o.attrs[parentKey] = parent.id
	}
	if k.hooks.create != nil {
		if err := k.hooks.create(c, o); err != nil {
			return nil, err
		}
	}
	k.put(o)
	if err := n.setSharing(c, o, o.attrs); err != nil {
		return nil, err
	}
	if k == n.subnets {
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
	if c.admin() || net.project == c.project() || net.sharedWith(c.project(), asShared) {
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
		if c.Method == http.MethodHead {
			return nil, errMethod
		}
		o, err := n.findPart(c, k)
		if err != nil {
			return nil, err
		}
		if !c.may(k.rule("get"), cmp.Or(k.reader, "reader")) {
			return nil, refuseAs(http.StatusNotFound, "HTTPNotFound", "The resource could not be found.")
		}
		return ok(map[string]any{k.one: fields(n.view(c, o), c.URL.Query()["fields"])}), nil
	}
}

func (n *network) updateHandler(k *netKind) handler {
	return func(c *call) (*reply, error) {
		body, isObject := c.body.(map[string]any)
		if !isObject && c.body != nil {
			return nil, badRequest("Body contains invalid data")
		}
		given, err := oneBody(body, k)
		if err != nil {
			return nil, err
		}
		change, err := n.forUpdate(k, given)
		if err != nil {
			return nil, err
		}
		o, err := n.findPart(c, k)
		if err != nil {
			return nil, err
		}
		if err := n.permit(c, "update", k, change, given, o); err != nil {
			return nil, err
		}
		if err := n.checkRevision(c, o); err != nil {
			return nil, err
		}
		if err := n.setSharing(c, o, change); err != nil {
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
	if !found || !n.extensions["revision-if-match"] {
		return nil
	}
	want, err := strconv.ParseInt(word, 10, 64)
	if err != nil {
		return badResource("if-match", "Revision number etag must be in the format of revision_number=<int>")
	}
	if want == o.revision {
		return nil
	}
	return refuseAs(http.StatusPreconditionFailed, "RevisionNumberConstraintFailed", "Constrained to %d, but current revision is %d", want, o.revision)
}

func (n *network) deleteHandler(k *netKind) handler {
	return func(c *call) (*reply, error) {
		if c.body != nil {
			return nil, badRequest("Request body is not supported in DELETE.")
		}
		o, err := n.findPart(c, k)
		if err != nil {
			return nil, err
		}
		if rule := k.rule("delete"); !n.owns(c, o) && (k != n.ports || !n.ownsNetwork(c, o.attrs)) || !c.may(rule, cmp.Or(k.writer, "member")) {
			return nil, refuseAs(http.StatusForbidden, "PolicyNotAuthorized", "rule:%s is disallowed by policy", rule)
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

// drop takes an object away without asking, and what is only there with it.
func (n *network) drop(c *call, o *netObject) {
	o.kind.remove(o)
	for _, s := range slices.Clone(o.shares) {
		n.shares.remove(s)
	}
	for _, k := range n.kinds {
		if k.parent == o.kind {
			for _, part := range k.in(o.id) {
				n.drop(c, part)
			}
		}
	}
	switch o.kind {
	case n.networks:
		for _, s := range n.segments.in(o.id) {
			n.segments.remove(s)
		}
	case n.subnets:
		if net, there := n.networks.objects.Get(o.text("network_id")); there {
			net.touch(c.now)
		}
	case n.ports:
		n.releaseFloatingIPs(c, o, nil)
		n.loseForwards(c, o, nil)
	case n.fips:
		for _, p := range n.ports.all(where("device_id", o.id)) {
			n.ports.remove(p)
		}
	case n.shares:
		n.dropShare(o)
	case n.forwards:
		n.dropForward(o)
	}
}

// view is an object as the caller may see it.
func (n *network) view(c *call, o *netObject) map[string]any {
	all, out := n.whole(c, o), map[string]any{}
	for _, a := range o.kind.attrs {
		if v, there := all[a.name]; a.can("v") && n.has(a) && (a.read == "" || c.may("get_"+o.kind.one+":"+a.name, a.read)) {
			if v != any(unset) && (there || !hidden[a.name]) {
				out[a.name] = v
			}
		}
	}
	return out
}

// whole is all that there is to tell about an object, to whomever.
func (n *network) whole(c *call, o *netObject) map[string]any {
	all := maps.Clone(o.attrs)
	all["id"], all["tenant_id"], all["project_id"] = o.id, o.project, o.project
	all["tags"], all["revision_number"] = o.tagList(), o.revision
	all["created_at"], all["updated_at"] = stamp(o.created), stamp(o.updated)
	if o.kind.share != "" {
		all["shared"] = o.sharedWith(c.project(), asShared)
	}
	if o.kind.hooks.view != nil {
		o.kind.hooks.view(c, o, all)
	}
	return all
}

// hidden are attributes that are left out when there is nothing to tell.
var hidden = map[string]bool{"is_default": true, "vlan_transparent": true, "trunk_details": true, "segments": true, wireKeys[0]: true, wireKeys[1]: true, wireKeys[2]: true}

// fields keeps the asked-for keys of a view.
func fields(v map[string]any, want []string) map[string]any {
	want = slices.DeleteFunc(slices.Clone(want), func(f string) bool { return f == "" })
	if len(want) == 0 {
		return v
	}
	maps.DeleteFunc(v, func(k string, _ any) bool { return !slices.Contains(want, k) })
	return v
}
