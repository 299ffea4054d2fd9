package hot

import (
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/resource"
	"github.com/wechsel-project/wechsel/pkg/suggest"
)

// A shape is the kind of a property's value.
type shape uint8

const (
	aText     shape = iota
	anInteger       // also text that is one
	aBoolean        // also "true", 1, "yes", …
	aList           // of item
	aMap            // of fields; without fields: texts under any keys
	anAddress       // of IP
	aNetwork        // in CIDR notation
	aMAC
	anything // what reads it finds the value at its place
)

// A property is what a type's table knows of one of its properties.
type property struct {
	shape    shape
	item     *property
	fields   map[string]property
	refers   []resource.Type // the value is a resource of one of these types
	plain    bool            // refers: plain text names one that the template does not make
	required bool
	blank    bool     // the empty text is the same as nothing
	oneOf    []string // the values that are allowed
	min, max int64    // of an integer; 0, 0: any
	as       string   // the property's true name: this one is an old alias
	refuse   string   // Heat knows it, wechsel does not: why, or what to use
	idle     string   // it is taken and does nothing: why
	legacy   bool     // Heat has a property of the resource for it now
}

// must makes the property one that has to be there.
func (p property) must() property { p.required = true; return p }

// aka makes the property an alias of another.
func (p property) aka(name string) property { p.as, p.required = name, false; return p }

func one(values ...string) property             { return property{shape: aText, oneOf: values} }
func of(s shape) property                       { return property{shape: s} }
func listOf(item property) property             { return property{shape: aList, item: &item} }
func mapOf(fields map[string]property) property { return property{shape: aMap, fields: fields} }
func integerIn(lo, hi int64) property           { return property{shape: anInteger, min: lo, max: hi} }
func made(types ...resource.Type) property      { return property{refers: types} }
func madeOrNamed(types ...resource.Type) property {
	return property{refers: types, plain: true}
}
func not(why string) property  { return property{refuse: why} }
func idle(why string) property { return property{idle: why} }

// old makes the property one that new templates do not need.
func (p property) old() property { p.legacy = true; return p }

// A checker turns evaluated nodes into values of a Spec.
type checker struct {
	*template
	typ   resource.Type
	label string // what messages call the resource
	place *node  // where it is declared
}

// properties checks the map n against fields. Where keeps the places of what
// it returns, by name.
func (c *checker) properties(n *node, fields map[string]property, path resource.Path) (values map[string]resource.Value, where map[string]*node) {
	values, where = map[string]resource.Value{}, map[string]*node{}
	o := c.object(n, c.name(path))
	for _, e := range o.entries {
		p, known := fields[e.key]
		switch {
		case !known:
			c.at(e.at, "%s has no property %q%s", c.name(path), e.key, suggest.Nearest(e.key, offered(fields)))
			continue
		case e.value.value == nil && e.key != "gateway_ip": // there null is a choice
			continue
		case p.refuse != "":
			c.at(e.at, "%s: %s is not supported: %s", c.name(path), e.key, p.refuse)
			continue
		case p.idle != "":
			c.notes.at(e.at, "%s: %s does nothing here: %s", c.name(path), e.key, p.idle)
			continue
		}
		name := e.key
		if p.as != "" {
			name = p.as
		}
		if where[name] != nil {
			c.at(e.at, "%s: %s and %s are the same property: write one of them", c.name(path), e.key, name)
			continue
		}
		where[name] = e.value
		if v := c.value(e.value, p, path.Field(e.key)); v != nil {
			values[name] = v
		}
	}
	if path == "" {
		n = c.place
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if fields[name].required && where[name] == nil {
			c.at(n, "%s: the property %s is missing", c.name(path), name)
		}
	}
	return values, where
}

func (c *checker) name(path resource.Path) string {
	if path == "" {
		return c.label
	}
	return c.label + " " + string(path)
}

func offered(fields map[string]property) []string {
	var out []string
	for name, p := range fields {
		if p.as == "" && p.refuse == "" && p.idle == "" {
			out = append(out, name)
		}
	}
	return out
}

// value checks n against p; nil if it is wrong, which is told, or nothing.
func (c *checker) value(n *node, p property, path resource.Path) resource.Value {
	if _, told := n.value.(invalid); told {
		return nil
	}
	switch {
	case p.refers != nil:
		return c.reference(n, p, path)
	case p.shape == anything:
		return n
	case p.shape == aList:
		return c.list(n, p, path)
	case p.shape == aMap && p.fields != nil:
		v, _ := c.properties(n, p.fields, path)
		return v
	case p.shape == aMap:
		return c.texts(n, path)
	case p.shape == anInteger:
		return c.integer(n, p, path)
	case p.shape == aBoolean:
		if v, ok := asBool(n.value); ok {
			return v
		}
		return c.wrong(n, path, "true or false")
	}
	return c.text(n, p, path)
}

func (c *checker) wrong(n *node, path resource.Path, want string) resource.Value {
	c.at(n, "%s wants %s, this is %s", c.name(path), want, describe(n))
	return nil
}

func (c *checker) list(n *node, p property, path resource.Path) resource.Value {
	items, ok := n.value.([]*node)
	if !ok {
		return c.wrong(n, path, "a list")
	}
	out := make([]resource.Value, 0, len(items))
	for i, item := range items {
		if v := c.value(item, *p.item, path.Index(i)); v != nil {
			out = append(out, v)
		}
	}
	return out
}

// texts reads a map of any keys, such as metadata, whose values the APIs keep
// as text: Heat writes what is not text as JSON.
func (c *checker) texts(n *node, path resource.Path) resource.Value {
	o, ok := n.value.(*object)
	if !ok {
		return c.wrong(n, path, "a map")
	}
	out := map[string]resource.Value{}
	for _, e := range o.entries {
		switch v := e.value.value.(type) {
		case invalid, nil:
		case string, resource.Ref, resource.Attr, resource.Join, address:
			out[e.key] = v
		default:
			out[e.key] = written(e.value)
		}
	}
	return out
}

func (c *checker) integer(n *node, p property, path resource.Path) resource.Value {
	v, _ := asNumber(n.value)
	i, ok := v.(int64)
	if !ok {
		return c.wrong(n, path, "a whole number")
	}
	if (p.min != 0 || p.max != 0) && i < p.min || p.max != 0 && i > p.max {
		what := fmt.Sprintf("a whole number from %d to %d", p.min, p.max)
		if p.max == 0 {
			what = fmt.Sprintf("a whole number of at least %d", p.min)
		}
		return c.wrong(n, path, what)
	}
	return i
}

func (c *checker) text(n *node, p property, path resource.Path) resource.Value {
	switch n.value.(type) {
	case resource.Ref, resource.Attr, resource.Join, address:
		if p.oneOf == nil {
			return n.value
		}
	}
	s, ok := asText(n.value)
	switch {
	case !ok && n.value == nil:
		s = ""
	case !ok:
		return c.wrong(n, path, "text")
	case p.blank && s == "":
		return nil
	case p.oneOf != nil && !slices.Contains(p.oneOf, s):
		c.at(n, "%s: %q is not allowed (only %s)%s", c.name(path), s, strings.Join(p.oneOf, ", "), suggest.Nearest(s, p.oneOf))
		return nil
	case !p.formed(s):
		return c.wrong(n, path, map[shape]string{anAddress: "an IP address", aNetwork: "a network in CIDR notation", aMAC: "a MAC address"}[p.shape])
	}
	return s
}

// formed reports whether s has the form that the shape asks for.
func (p property) formed(s string) bool {
	var err error
	switch p.shape {
	case anAddress:
		_, err = netip.ParseAddr(s)
	case aNetwork:
		_, err = netip.ParsePrefix(s)
		if err != nil {
			_, err = netip.ParseAddr(s)
		}
	case aMAC:
		_, err = net.ParseMAC(s)
	default: // any text will do
	}
	return err == nil
}

// reference reads a Ref to one of p's types. Plain text makes a Given
// resource, if the property takes one.
func (c *checker) reference(n *node, p property, path resource.Path) resource.Value {
	want := "a resource of type " + typeNames(p.refers)
	switch v := n.value.(type) {
	case resource.Ref:
		if slices.Contains(p.refers, v.Type) {
			return v
		}
		c.at(n, "%s wants %s, %s is %s", c.name(path), want, v.Key, v.Type)
		return nil
	case address:
		return v // its resolution checks it
	case string:
		if v == "" {
			c.at(n, "%s names nothing: leave it out", c.name(path))
			return nil
		}
		if p.plain {
			return c.named(p.refers[0], v)
		}
		if d := c.evaluator.resources[v]; d != nil {
			c.at(n, "%s wants %s: write {get_resource: %s}", c.name(path), want, v)
			return nil
		}
	}
	c.at(n, "%s wants %s of this template, by get_resource; this is %s", c.name(path), want, describe(n))
	return nil
}

func typeNames(types []resource.Type) string {
	names := make([]string, len(types))
	for i, t := range types {
		names[i] = string(t)
	}
	return strings.Join(names, " or ")
}

// named returns the resource that plain text names. It is Given, but for the
// project's default security group, which is nobody's.
func (t *template) named(typ resource.Type, name string) resource.Ref {
	r := &resource.Resource{Ref: resource.Ref{Type: typ, Key: resource.NewKey(name)}, Name: name, Tenure: resource.Given}
	if typ == securityGroup && name == "default" {
		r.Tenure = resource.Implied
	}
	for n := 2; ; n++ { // a name may make the key of another name, or of a resource of the template
		if have, taken := t.givens[r.Ref]; !t.own[r.Ref] && (!taken || have == name) {
			break
		}
		r.Key = resource.NewKey(fmt.Sprintf("%s-%d", name, n))
	}
	t.givens[r.Ref] = name
	t.set.Put(r)
	return r.Ref
}
