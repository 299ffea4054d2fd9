package hot

import (
	"cmp"
	"slices"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// A replacement is a placeholder and what comes in its place: text, or a value
// known only later.
type replacement struct {
	placeholder string
	value       resource.Value
}

// replaceAll replaces the placeholders in text, the first of list first; what
// was put in is not searched again. The result is text, or a Join.
func replaceAll(text string, list []replacement) resource.Value {
	var parts []resource.Value
	for _, part := range split(text, list) {
		before, ok := last(parts).(string)
		if s, isText := part.(string); isText && ok {
			parts[len(parts)-1] = before + s
		} else if part != "" {
			parts = append(parts, part)
		}
	}
	return single(join("", parts))
}

func split(text string, list []replacement) []resource.Value {
	if len(list) == 0 {
		return []resource.Value{text}
	}
	var parts []resource.Value
	for i, piece := range strings.Split(text, list[0].placeholder) {
		if i > 0 {
			parts = append(parts, list[0].value)
		}
		parts = append(parts, split(piece, list[1:])...)
	}
	return parts
}

func last(parts []resource.Value) resource.Value {
	if len(parts) == 0 {
		return nil
	}
	return parts[len(parts)-1]
}

// single returns the one value of a Join that holds nothing else.
func single(v resource.Value) resource.Value {
	if j, ok := v.(resource.Join); ok && len(j.Parts) == 1 {
		return j.Parts[0]
	}
	return v
}

// strReplace is str_replace; with the name str_replace_strict each placeholder
// must be in the template, with str_replace_vstrict each must have a value too.
func (e *evaluator) strReplace(n *node, name string) *node {
	o, ok := n.value.(*object)
	if !ok {
		return e.fail(n, "%s wants a map of template and params, this is %s", name, n.shape())
	}
	e.object(n, name, "template", "params")
	template, params := o.get("template"), o.get("params")
	if template == nil || params == nil {
		return e.fail(n, "%s wants template and params", name)
	}
	template, params = e.eval(template), e.eval(params)
	values, ok := params.value.(*object)
	if !ok {
		return e.unless(params, "the params of %s must be a map, this is %s", name, params.shape())
	}
	text, ok := template.value.(string)
	if !ok {
		return e.unless(template, "the template of %s must be text, this is %s", name, template.shape())
	}
	list := make([]replacement, 0, len(values.entries))
	for _, item := range values.entries {
		v, ok := e.replacementText(item.value)
		if !ok {
			return n.with(invalid{})
		}
		switch {
		case name != "str_replace" && !strings.Contains(text, item.key):
			return e.fail(item.at, "the template of %s does not have %q", name, item.key)
		case name == "str_replace_vstrict" && isNothing(item.value):
			return e.fail(item.at, "%s wants a value for %q that is not empty", name, item.key)
		}
		if item.key != "" {
			list = append(list, replacement{item.key, v})
		}
	}
	slices.SortFunc(list, func(a, b replacement) int { // as Heat: the longest first
		return cmp.Or(cmp.Compare(len(b.placeholder), len(a.placeholder)), cmp.Compare(a.placeholder, b.placeholder))
	})
	return n.with(replaceAll(text, list))
}

func isNothing(n *node) bool {
	switch v := n.value.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []*node:
		return len(v) == 0
	case *object:
		return len(v.entries) == 0
	}
	return false
}

// unless tells an error unless n is invalid, which has been told.
func (e *evaluator) unless(n *node, format string, args ...any) *node {
	if _, told := n.value.(invalid); told {
		return n
	}
	return e.fail(n, format, args...)
}

func (e *evaluator) replacementText(n *node) (resource.Value, bool) {
	switch v := n.value.(type) {
	case invalid:
		return nil, false
	case int64, float64, bool:
		text, _ := asText(v)
		return text, true
	}
	return e.part(n)
}

// repeat makes a list of copies of a template, one for each combination of the
// variables' values.
func (e *evaluator) repeat(n *node) *node {
	o := e.object(n, "repeat", "template", "for_each", "permutations")
	template, each := o.get("template"), o.get("for_each")
	if template == nil || each == nil {
		return e.fail(n, "repeat wants template and for_each")
	}
	template, each = e.eval(template), e.eval(each)
	vars, ok := each.value.(*object)
	if !ok || len(vars.entries) == 0 {
		return e.unless(each, "for_each wants a map of variables, this is %s", each.shape())
	}
	permutations := true
	if p := o.get("permutations"); p != nil {
		if permutations, ok = e.eval(p).value.(bool); !ok {
			return e.fail(p, "permutations wants true or false")
		}
	}
	lists, ok := e.loopLists(vars, permutations)
	if !ok {
		return n.with(invalid{})
	}
	combined, ok := combine(lists, permutations)
	if !ok {
		return e.fail(each, "without permutations all lists of for_each must have one length, and no more than %d copies are made", maxCopies)
	}
	out := make([]*node, len(combined))
	for i, list := range combined {
		out[i] = e.substitute(template, list)
	}
	return n.with(out)
}

func (e *evaluator) loopLists(vars *object, permutations bool) ([][]replacement, bool) {
	var lists [][]replacement
	for _, v := range vars.entries {
		items, ok := v.value.value.([]*node)
		if keys, isMap := v.value.value.(*object); isMap && permutations && e.has("2016-10-14") {
			ok = true
			for _, item := range keys.entries {
				items = append(items, item.at.with(item.key))
			}
		}
		if !ok && v.value.value != nil {
			e.unless(v.value, "%s wants a list, this is %s", v.key, v.value.shape())
			return nil, false
		}
		list := []replacement{}
		for _, item := range items {
			switch item.value.(type) {
			case string, resource.Ref, resource.Attr, resource.Join:
				list = append(list, replacement{v.key, item.value})
			default:
				e.unless(item, "repeat replaces texts, this is %s; quote it", describe(item))
				return nil, false
			}
		}
		if v.key == "" {
			e.at(v.at, "a variable of for_each must have a name")
			return nil, false
		}
		lists = append(lists, list)
	}
	return lists, true
}

const maxCopies = 10_000 // of one repeat, and members of one ResourceGroup

// combine returns all combinations of one value of each list, the last list
// running fastest; without permutations, the first values, the second, ….
func combine(lists [][]replacement, permutations bool) ([][]replacement, bool) {
	if !permutations {
		out := make([][]replacement, len(lists[0]))
		for _, list := range lists {
			if len(list) != len(out) {
				return nil, false
			}
			for i, r := range list {
				out[i] = append(out[i], r)
			}
		}
		return out, true
	}
	out := [][]replacement{nil}
	for _, list := range lists {
		if len(out)*len(list) > maxCopies {
			return nil, false
		}
		var next [][]replacement
		for _, head := range out {
			for _, r := range list {
				next = append(next, append(slices.Clone(head), r))
			}
		}
		out = next
	}
	return out, true
}

// substitute returns a copy of n in which the placeholders in all texts and
// keys are replaced.
func (e *evaluator) substitute(n *node, list []replacement) *node {
	if e.made++; e.made > maxNodes {
		return e.fail(n.with(nil), "repeat makes more than %d values", maxNodes)
	}
	switch v := n.value.(type) {
	case string:
		return n.with(replaceAll(v, list))
	case resource.Join:
		parts := make([]resource.Value, len(v.Parts))
		for i, part := range v.Parts {
			parts[i] = e.substitute(n.with(part), list).value
		}
		return n.with(resource.Join{Sep: v.Sep, Parts: parts})
	case []*node:
		out := make([]*node, len(v))
		for i, item := range v {
			out[i] = e.substitute(item, list)
		}
		return n.with(out)
	case *object:
		out := &object{}
		for _, item := range v.entries {
			key, ok := replaceAll(item.key, list).(string)
			if !ok {
				e.at(item.at, "a key cannot hold a value that is known only later")
				continue
			}
			out.entries = append(out.entries, entry{key: key, at: item.at, value: e.substitute(item.value, list)})
		}
		return n.with(out)
	}
	return n
}
