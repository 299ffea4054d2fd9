package hot

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/resource"
	"github.com/wechsel-project/wechsel/pkg/suggest"
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
	value   *node    // that it stands for; nil until it is read
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
	if d.kind.stands != nil {
		return nil
	}
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
		if d.kind.stands != nil {
			t.valueOf(d)
			continue
		}
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
		if why := idleKey(item); why != "" {
			t.notes.at(item.at, "resource %q: %s does nothing here: %s", e.key, item.key, why)
		}
		if item.key == "external_id" {
			t.at(item.at, "resource %q: external_id is not supported: name what is there already where it is used", e.key)
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
		t.evaluator.refused[e.key] = true
		return nil
	}
	return d
}

func resourceKeys() []string {
	return []string{"type", "properties", "depends_on", "description", "metadata", "deletion_policy", "update_policy", "condition", "external_id"}
}

// idleKey says why a key of a resource does nothing; "" if it does something.
func idleKey(e entry) string {
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
	}
	return ""
}

func (t *template) findKind(n *node, k *kind, typ resource.Type) bool {
	all := kinds()
	if found, ok := all[typ]; ok {
		*k = found
		return true
	}
	t.at(n, "%s", unknownType(string(typ), slices.Collect(maps.Keys(all))))
	return false
}

// unknownType says why a type is refused, and what to do.
func unknownType(typ string, known []resource.Type) string {
	if why, ok := refusedTypes()[typ]; ok {
		return fmt.Sprintf("resources of type %q are not supported: %s", typ, why)
	}
	names := []string{string(resourceGroup)}
	for _, k := range known {
		names = append(names, string(k))
	}
	service, _, _ := strings.Cut(strings.TrimPrefix(typ, "OS::"), "::")
	switch like := suggest.Nearest(typ, names); {
	case like != "":
		return fmt.Sprintf("the type %q is not known%s", typ, like)
	case strings.HasSuffix(typ, ".yaml"), strings.HasSuffix(typ, ".yml"), strings.HasSuffix(typ, ".template"):
		return fmt.Sprintf("%s: a template inside another is not supported: write its resources into this one", typ)
	case strings.HasPrefix(typ, "AWS::"):
		return fmt.Sprintf("the type %q is of CloudFormation, which is not supported: write one of OpenStack's own, such as OS::Nova::Server", typ)
	case slices.Contains([]string{"Nova", "Neutron", "Cinder", "Heat"}, service):
		return fmt.Sprintf("resources of type %q are not supported: take it out, and what refers to it", typ)
	case strings.HasPrefix(typ, "OS::"):
		return fmt.Sprintf("resources of type %q are not supported: only those of Nova, Neutron and Cinder are moved; take it out, and what refers to it", typ)
	}
	return fmt.Sprintf("the type %q is not known; if a resource_registry says which template it is, write that template's resources into this one", typ)
}

// refusedTypes are types that many templates have, and what to do instead.
func refusedTypes() map[string]string {
	const agents = "it waits for a signal from inside the server, and no Heat is there to receive it; take it out, and what refers to it"
	return map[string]string{
		"OS::Heat::WaitCondition":         agents,
		"OS::Heat::WaitConditionHandle":   agents,
		"OS::Heat::SwiftSignal":           agents,
		"OS::Heat::SwiftSignalHandle":     agents,
		"OS::Heat::SoftwareDeployment":    "it is for Heat's own agents; write what it does into user_data",
		"OS::Heat::StructuredDeployment":  "it is for Heat's own agents; write what it does into user_data",
		"OS::Heat::RandomString":          "a value must be the same each time the template is read; make it a parameter, with hidden: true if it is a secret",
		"OS::Heat::AutoScalingGroup":      "how many members there are must be known; write OS::Heat::ResourceGroup",
		"OS::Heat::InstanceGroup":         "how many members there are must be known; write OS::Heat::ResourceGroup",
		"OS::Heat::Stack":                 "a template inside another is not supported; write its resources into this one",
		"OS::Cinder::VolumeType":          "only administrators may make one; name one that is there as volume_type",
		"OS::Cinder::EncryptedVolumeType": "only administrators may make one; name one that is there as volume_type",
		"OS::Nova::Flavor":                "only administrators may make one; name one that is there as flavor",
		"OS::Glance::WebImage":            "name an image that is there, or make one of generated bytes with the scenario's data",
		"OS::Nova::FloatingIP":            "Nova has no floating IPs any more; write OS::Neutron::FloatingIP",
		"OS::Nova::FloatingIPAssociation": "Nova has no floating IPs any more; write OS::Neutron::FloatingIPAssociation",
	}
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
		if e := t.evaluator; e.resources[u.name] == nil && !e.disabled[u.name] && !e.refused[u.name] {
			t.at(u.at, "resource %q depends on %q, which the template does not have%s", d.name, u.name, suggest.Nearest(u.name, t.resourceNames()))
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
			t.notes.at(e.at, "%s: %s does nothing here: nothing is updated", c.label, e.key)
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
		t.notes.at(m, "resource_def: metadata does nothing here: it is read by Heat's own agents only")
	}
	typ := o.get("type")
	if typ == nil {
		t.at(def, "resource_def: type is missing")
		return
	}
	name, _ := typ.value.(string)
	if resource.Type(name) == resourceGroup {
		t.at(typ, "a ResourceGroup of ResourceGroups is not supported")
	}
	if resource.Type(name) == resourceGroup || !t.findKind(typ, &d.kind, resource.Type(name)) {
		t.evaluator.refused[d.name] = true
		return
	}
	if d.kind.stands != nil {
		t.at(typ, "a ResourceGroup of %s is not supported: it stands for one value", name)
		d.kind, t.evaluator.refused[d.name] = kind{}, true
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
