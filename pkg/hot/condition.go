package hot

import (
	"reflect"
	"slices"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/suggest"
)

// conditions are the named conditions of a template.
type conditions struct {
	defined map[string]*node
	known   map[string]bool // evaluated
	asked   []string        // on the way, to find circles
}

// conditionFunctions are those that Heat takes in a condition.
func conditionFunctions() []string {
	return []string{"and", "contains", "equals", "get_param", "not", "or"}
}

func (t *template) readConditions(n *node) {
	if !t.evaluator.has("2016-10-14") {
		t.at(n, "conditions want heat_template_version 2016-10-14 or later")
	}
	for _, e := range t.object(n, "conditions").entries {
		t.evaluator.conditions.defined[e.key] = e.value
	}
	for _, e := range t.object(n, "conditions").entries {
		if _, isName := e.value.value.(string); isName {
			t.at(e.value, "a condition is true, false or a function (%s), this is text", strings.Join(conditionFunctions(), ", "))
			t.evaluator.conditions.known[e.key] = false
			continue
		}
		t.evaluator.named(e.value, e.key)
	}
}

// named returns the value of a named condition; n is where it is asked for.
func (e *evaluator) named(n *node, name string) bool {
	c := &e.conditions
	if v, done := c.known[name]; done {
		return v
	}
	definition := c.defined[name]
	switch {
	case definition == nil:
		names := make([]string, 0, len(c.defined))
		for known := range c.defined {
			names = append(names, known)
		}
		e.at(n, "the template has no condition %q%s", name, suggest.Nearest(name, names))
		return false
	case slices.Contains(c.asked, name):
		e.at(n, "the condition %q depends on itself", name)
		return false
	}
	c.asked = append(c.asked, name)
	v := e.condition(definition)
	c.asked = c.asked[:len(c.asked)-1]
	c.known[name] = v
	return v
}

// condition evaluates a condition: a name, true, false or a function.
func (e *evaluator) condition(n *node) bool {
	defer func(before bool) { e.inCondition = before }(e.inCondition)
	e.inCondition = true
	v := n
	if name, ok := n.value.(string); ok {
		return e.named(n, name)
	}
	if _, ok := n.value.(*object); ok {
		v = e.eval(n)
	}
	switch b := v.value.(type) {
	case bool:
		return b
	case invalid:
	default:
		e.at(n, "a condition is true, false, a name under conditions, or a function that gives true or false; this is %s", describe(v))
	}
	return false
}

func (e *evaluator) ifFunction(n *node) *node {
	args, ok := n.value.([]*node)
	least := 3
	if e.has("2021-04-16") {
		least = 2
	}
	if !ok || len(args) < least || len(args) > 3 {
		return e.fail(n, "if wants [CONDITION, VALUE IF TRUE, VALUE IF FALSE]; only from 2021-04-16 on the last may be left out")
	}
	switch {
	case e.condition(args[0]):
		return e.eval(args[1])
	case len(args) == 2:
		return n.with(omitted{})
	}
	return e.eval(args[2])
}

func (e *evaluator) equals(n *node) *node {
	list, ok := n.value.([]*node)
	if !ok || len(list) != 2 {
		return e.fail(n, "equals wants two values: [VALUE, VALUE]")
	}
	list, ok = e.args(n, "")
	if !ok {
		return n.with(invalid{})
	}
	return n.with(same(list[0], list[1]))
}

func (e *evaluator) not(n *node) *node { return n.with(!e.condition(n)) }

func (e *evaluator) and(n *node) *node { return e.all(n, "and", false) }

func (e *evaluator) or(n *node) *node { return e.all(n, "or", true) }

// all evaluates all conditions of a list: each may have mistakes to tell. One
// that is as decisive decides.
func (e *evaluator) all(n *node, name string, decisive bool) *node {
	list, ok := n.value.([]*node)
	if !ok || len(list) < 2 {
		return e.fail(n, "%s wants a list of at least two conditions", name)
	}
	out := !decisive
	for _, item := range list {
		if e.condition(item) == decisive {
			out = decisive
		}
	}
	return n.with(out)
}

// same reports whether two evaluated values are equal. As in Heat, a number is
// not equal to its text.
func same(a, b *node) bool { return reflect.DeepEqual(plain(a), plain(b)) }

// late reports whether a value, or one inside it, is known only when something
// has been created.
func late(n *node) bool {
	switch v := n.value.(type) {
	case []*node:
		return slices.ContainsFunc(v, late)
	case *object:
		return slices.ContainsFunc(v.entries, func(e entry) bool { return late(e.value) })
	case address:
		return true
	}
	return len(references(n)) > 0
}
