package hot

import (
	"fmt"
	"maps"
	"slices"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// A kind is what is known of one type of resources: its properties and
// attributes in HOT, and how it becomes a resource.
type kind struct {
	properties map[string]property
	attributes []string
	folded     bool // becomes a property of another resource, so that nothing can refer to it
	legacy     bool // Heat takes it for the sake of old templates
	build      func(*builder)
	stands     func(*builder) any // makes no resource: the value that it stands for
}

func kinds() map[resource.Type]kind {
	all := novaKinds()
	maps.Copy(all, neutronKinds())
	maps.Copy(all, cinderKinds())
	maps.Copy(all, heatKinds())
	return all
}

// Types returns all types of a Set made from HOT: those of its resources and
// of what those use.
func Types() []string {
	types := []string{string(flavor), string(image), string(snapshot), string(volumeType), string(qosPolicy)}
	for t, k := range kinds() {
		if !k.folded && k.stands == nil {
			types = append(types, string(t))
		}
	}
	slices.Sort(types)
	return types
}

// A builder makes the resource, or the resources, of one declaration or one
// member of a group.
type builder struct {
	*checker
	ref   resource.Ref
	spec  map[string]resource.Value
	where map[string]*node // the places of spec's entries
}

// expand makes all resources.
func (t *template) expand() {
	for _, d := range t.order {
		if d.kind.build == nil {
			continue
		}
		if !d.isGroup() {
			t.build(d, resource.NewKey(d.name), d.props)
		}
		for _, m := range d.members {
			t.build(d, m.key, m.props)
		}
	}
	for _, d := range t.order {
		t.comesAfter(d)
	}
	t.subnets = findSubnets(t.set)
	for _, f := range t.later {
		f()
	}
	for r := range t.set.All() {
		r.Spec, _ = t.resolve(r.Spec, t.problems).(map[string]resource.Value)
	}
	for _, o := range t.outputs { // nothing is made of them: one without a value is no mistake
		t.values[o.key] = t.resolve(plain(o.value), t.notes)
	}
}

// comesAfter notes on what a declaration makes what depends_on says.
func (t *template) comesAfter(d *declaration) {
	var first []resource.Ref
	for _, name := range d.after {
		if before := t.evaluator.resources[name]; before != nil && before != d {
			first = append(first, before.refs()...)
		}
	}
	first = slices.DeleteFunc(first, func(ref resource.Ref) bool { return t.set.Get(ref) == nil })
	for _, ref := range d.refs() {
		if r := t.set.Get(ref); r != nil {
			r.After = slices.Clone(first)
		}
	}
}

func (t *template) build(d *declaration, key resource.Key, props *node) {
	d.kind.build(t.builder(d, key, props))
}

// builder checks the properties of a declaration.
func (t *template) builder(d *declaration, key resource.Key, props *node) *builder {
	c := &checker{template: t, typ: d.typ, label: fmt.Sprintf("%s %q", d.typ, d.name), place: d.at}
	if props.value == nil || isOmitted(props) {
		props = d.at.with(&object{})
	}
	b := &builder{checker: c, ref: resource.Ref{Type: d.typ, Key: key}}
	b.spec, b.where = c.properties(props, d.kind.properties, "")
	return b
}

// put adds the resource that b has made.
func (b *builder) put() { b.putNamed(b.takeName()) }

func (b *builder) putNamed(name string) *resource.Resource {
	r := &resource.Resource{Ref: b.ref, Name: name, Tenure: resource.Own, Spec: b.spec}
	b.set.Put(r)
	return r
}

// takeName takes the property name out of the Spec.
func (b *builder) takeName() string {
	v := b.spec["name"]
	delete(b.spec, "name")
	name, ok := v.(string)
	if !ok && v != nil {
		b.at(b.where["name"], "%s: a name must be known before anything is created", b.label)
	}
	return name
}

// demandedName is takeName for what must have a name: the key, if there is
// none.
func (b *builder) demandedName() string {
	if name := b.takeName(); name != "" {
		return name
	}
	return string(b.ref.Key)
}

// wrong tells an error at a property, or at the resource if it is not there.
func (b *builder) wrong(name, format string, args ...any) { b.wrongItem(name, -1, format, args...) }

// wrongItem tells an error at the i-th item of a property.
func (b *builder) wrongItem(name string, i int, format string, args ...any) {
	n := b.where[name]
	if n == nil {
		n = b.place
	}
	if list, ok := n.value.([]*node); ok && i >= 0 && i < len(list) {
		n = list[i]
	}
	b.at(n, "%s: "+format, append([]any{b.label}, args...)...)
}

// child adds a resource that belongs to parent.
func (b *builder) child(typ resource.Type, key resource.Key, tenure resource.Tenure, parent resource.Ref, spec map[string]resource.Value) {
	b.set.Put(&resource.Resource{Ref: resource.Ref{Type: typ, Key: key}, Tenure: tenure, Parent: parent, Spec: spec})
}

// items returns the list that v is, or none.
func items(v resource.Value) []resource.Value {
	l, _ := v.([]resource.Value)
	return l
}

// objects returns the maps in a list.
func objects(v resource.Value) []map[string]resource.Value {
	var out []map[string]resource.Value
	for _, item := range items(v) {
		if m, ok := item.(map[string]resource.Value); ok {
			out = append(out, m)
		}
	}
	return out
}
