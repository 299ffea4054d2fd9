package hot

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// A declaration is an entry of the section resources.
type declaration struct {
	name    string
	at      *node
	typ     resource.Type // of the resource; of the members, if it is a group
	kind    kind
	props   *node
	members []member // of a ResourceGroup; nil: it is none
	uses    []use    // other declarations that this one refers to
	after   []string // names of those that it comes after by depends_on
}

// A member is one resource of a ResourceGroup.
type member struct {
	key   resource.Key
	props *node
}

// A use is a reference to another declaration, for order and cycles.
type use struct {
	name string
	at   *node
}

const resourceGroup resource.Type = "OS::Heat::ResourceGroup"

// refs returns the resources that the declaration makes under its own name.
func (d *declaration) refs() []resource.Ref {
	if !d.isGroup() {
		return []resource.Ref{{Type: d.typ, Key: resource.NewKey(d.name)}}
	}
	refs := make([]resource.Ref, len(d.members))
	for i, m := range d.members {
		refs[i] = resource.Ref{Type: d.typ, Key: m.key}
	}
	return refs
}

func (d *declaration) isGroup() bool { return d.members != nil }

func (t *template) readResources(n *node) {
	for _, e := range t.object(n, "resources").entries {
		if d := t.readResource(e); d != nil {
			t.order = append(t.order, d)
			t.evaluator.resources[e.key] = d
		}
	}
	t.clashes()
	for _, d := range t.order {
		t.dependsOn(d)
	}
	for _, d := range t.order { // first the groups: how many members there are decides what others refer to
		if d.typ == resourceGroup && !d.isGroup() {
			t.readGroup(d)
		}
	}
	for _, d := range t.order {
		for _, ref := range d.refs() {
			t.own[ref] = true
		}
	}
	for _, d := range t.order {
		if t.evaluator.from = d; !d.isGroup() {
			if d.props = t.evaluator.eval(d.props); isOmitted(d.props) {
				d.props = d.at.with(nil)
			}
		}
	}
	t.evaluator.from = nil
}

func (t *template) readResource(e entry) *declaration {
	d := &declaration{name: e.key, at: e.at, props: e.at.with(nil)}
	o := t.object(e.value, fmt.Sprintf("resource %q", e.key), resourceKeys()...)
	if p := t.evaluator.parameters[e.key]; p != nil {
		t.at(e.at, "%q is a parameter's name already (line %d): Heat wants all names different", e.key, p.at.line)
	}
	if e.key == "" || strings.Contains(e.key, "/") {
		t.at(e.at, "%q cannot be a resource's name", e.key)
	}
	for _, item := range o.entries {
		if why := unsupportedKey(item); why != "" {
			t.at(item.at, "resource %q: %s is not supported: %s", e.key, item.key, why)
		}
	}
	if p := o.get("properties"); p != nil {
		d.props = p
	}
	d.uses = t.readDependsOn(o.get("depends_on"))
	for _, u := range d.uses {
		d.after = append(d.after, u.name)
	}
	n := o.get("type")
	if n == nil {
		t.at(e.at, "resource %q: type is missing", e.key)
		return nil
	}
	if c := o.get("condition"); c != nil && c.value != nil {
		told := len(t.list)
		if !t.evaluator.condition(c) && len(t.list) == told {
			t.evaluator.disabled[e.key] = true
			return nil
		}
	}
	name, _ := n.value.(string)
	d.typ = resource.Type(name)
	if d.typ != resourceGroup && !t.findKind(n, &d.kind, d.typ) {
		return nil
	}
	return d
}

func resourceKeys() []string {
	return []string{"type", "properties", "depends_on", "description", "metadata", "deletion_policy", "update_policy", "condition", "external_id"}
}

// unsupportedKey says why a key of a resource is refused; "" if it is not.
func unsupportedKey(e entry) string {
	switch e.key {
	case "metadata":
		return "it is read by Heat's own agents only; a server's metadata is a property"
	case "deletion_policy":
		if text, _ := e.value.value.(string); strings.EqualFold(text, "delete") {
			return ""
		}
		return "what a drill creates it deletes"
	case "update_policy":
		return "nothing is updated"
	case "external_id":
		return "name it where it is used"
	}
	return ""
}

func (t *template) findKind(n *node, k *kind, typ resource.Type) bool {
	all := kinds()
	if found, ok := all[typ]; ok {
		*k = found
		return true
	}
	names := []string{string(resourceGroup)}
	for known := range all {
		names = append(names, string(known))
	}
	if strings.HasPrefix(string(typ), "OS::") && Suggest(string(typ), names) == "" {
		t.at(n, "resources of type %q are not supported", typ)
	} else {
		t.at(n, "the type %q is not known%s", fmt.Sprint(n.value), Suggest(string(typ), names))
	}
	return false
}

// clashes tells which names make one and the same key.
func (t *template) clashes() {
	seen := map[resource.Ref]string{}
	for _, d := range t.order {
		ref := resource.Ref{Type: d.typ, Key: resource.NewKey(d.name)}
		if before, ok := seen[ref]; ok {
			t.at(d.at, "the names %q and %q of two resources of one type are too much alike: both make the key %s", before, d.name, ref.Key)
		}
		seen[ref] = d.name
	}
}

func (t *template) readDependsOn(n *node) []use {
	if n == nil || n.value == nil {
		return nil
	}
	items := []*node{n}
	if l, ok := n.value.([]*node); ok {
		items = l
	}
	var out []use
	for _, item := range items {
		name, ok := item.value.(string)
		if !ok {
			t.at(item, "depends_on wants a resource's name or a list of them, this is %s", item.shape())
			continue
		}
		out = append(out, use{name, item})
	}
	return out
}

func (t *template) dependsOn(d *declaration) {
	for _, u := range d.uses {
		if t.evaluator.resources[u.name] == nil && !t.evaluator.disabled[u.name] {
			t.at(u.at, "resource %q depends on %q, which the template does not have%s", d.name, u.name, Suggest(u.name, t.resourceNames()))
		}
	}
}

func (t *template) resourceNames() []string {
	return slices.Collect(maps.Keys(t.evaluator.resources))
}

// readGroup evaluates a ResourceGroup and makes its members.
func (t *template) readGroup(d *declaration) {
	defer func(before *declaration) { t.evaluator.from = before }(t.evaluator.from)
	t.evaluator.from = d
	c := &checker{template: t, typ: resourceGroup, label: fmt.Sprintf("resource %q", d.name), place: d.at}
	d.members = []member{}
	o := t.object(t.evaluator.eval(d.props), c.label, "count", "index_var", "resource_def", "removal_policies", "removal_policies_mode")
	for _, e := range o.entries {
		if strings.HasPrefix(e.key, "removal_policies") {
			t.at(e.at, "%s: %s is not supported: nothing is updated", c.label, e.key)
		}
	}
	count, index := int64(1), "%index%"
	if n := o.get("count"); n != nil && n.value != nil {
		v := c.value(n, property{shape: anInteger, max: maxCopies}, "count")
		if v == nil {
			return
		}
		count = v.(int64)
	}
	if n := o.get("index_var"); n != nil && n.value != nil {
		v, ok := c.value(n, of(aText), "index_var").(string)
		if !ok || len(v) < 3 {
			t.at(n, "%s: index_var wants a text of at least 3 characters", c.label)
			return
		}
		index = v
	}
	def := o.get("resource_def")
	if def == nil {
		t.at(d.at, "%s: the property resource_def is missing", c.label)
		return
	}
	t.readMembers(d, def, count, index)
}

func (t *template) readMembers(d *declaration, def *node, count int64, index string) {
	o := t.object(def, "resource_def", "type", "properties", "metadata")
	if m := o.get("metadata"); m != nil {
		t.at(m, "resource_def: metadata is not supported: it is read by Heat's own agents only")
	}
	typ := o.get("type")
	if typ == nil {
		t.at(def, "resource_def: type is missing")
		return
	}
	name, _ := typ.value.(string)
	if resource.Type(name) == resourceGroup || !t.findKind(typ, &d.kind, resource.Type(name)) {
		if resource.Type(name) == resourceGroup {
			t.at(typ, "a ResourceGroup of ResourceGroups is not supported")
		}
		return
	}
	d.typ = resource.Type(name)
	props := o.get("properties")
	if props == nil {
		props = def.with(nil)
	}
	for i := range count {
		number := fmt.Sprint(i)
		key := resource.NewKey(d.name + "-" + number)
		d.members = append(d.members, member{key, t.evaluator.substitute(props, []replacement{{index, number}})})
	}
}

// cycles tells every circle of references, which Heat refuses.
func (t *template) cycles() {
	state := map[string]int{} // 1: on the way, 2: done
	var way []string
	var visit func(d *declaration)
	visit = func(d *declaration) {
		state[d.name] = 1
		way = append(way, d.name)
		for _, u := range d.uses {
			next := t.evaluator.resources[u.name]
			switch {
			case next == nil:
			case state[u.name] == 1:
				circle := append(slices.Clone(way[slices.Index(way, u.name):]), u.name)
				t.at(u.at, "the resources refer to each other in a circle: %s%s", strings.Join(circle, " → "), circleHint(next))
			case state[u.name] == 0:
				visit(next)
			}
		}
		way = way[:len(way)-1]
		state[d.name] = 2
	}
	for _, d := range t.order {
		if state[d.name] == 0 {
			visit(d)
		}
	}
}

func circleHint(d *declaration) string {
	if d.typ != securityGroup {
		return ""
	}
	return "; a rule that refers to its own group leaves remote_group_id out, and groups that refer to each other want OS::Neutron::SecurityGroupRule"
}
