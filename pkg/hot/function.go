package hot

import (
	"cmp"
	"encoding/json"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/wechsel-project/wechsel/pkg/resource"
	"github.com/wechsel-project/wechsel/pkg/suggest"
)

// An evaluator replaces functions by their values.
type evaluator struct {
	*problems
	files      fs.FS
	given      map[string]any // the caller's values of parameters
	overrides  map[string]any // come before those
	defaults   map[string]any // come after those
	stack      string         // the stack's name
	parameters map[string]*parameter
	declared   []*parameter // in the order of the file
	resources  map[string]*declaration
	from       *declaration             // whose properties are evaluated; nil in outputs
	group      func(*declaration)       // makes the members of a ResourceGroup
	value      func(*declaration) *node // reads what stands for a value
	made       int                      // nodes that repeat has made

	version     string // of the language; empty: the newest
	conditions  conditions
	inCondition bool            // what is evaluated is a condition
	disabled    map[string]bool // resources that their conditions leave out
	refused     map[string]bool // resources that are none of ours, which has been told
}

// A function is one of HOT's, and the version of the language since when there
// is one of that name.
type function struct {
	since string
	apply func(*node) *node
}

// functions are those that Heat evaluates and wechsel can.
func (e *evaluator) functions() map[string]function {
	return map[string]function{
		"get_param":           {"2013-05-23", e.getParam},
		"get_resource":        {"2013-05-23", e.getResource},
		"get_attr":            {"2013-05-23", e.getAttr},
		"get_file":            {"2013-05-23", e.getFile},
		"str_replace":         {"2013-05-23", func(n *node) *node { return e.strReplace(n, "str_replace") }},
		"list_join":           {"2014-10-16", e.listJoin},
		"repeat":              {"2015-04-30", e.repeat},
		"digest":              {"2015-04-30", e.digest},
		"str_split":           {"2015-10-15", e.strSplit},
		"map_merge":           {"2016-04-08", e.mapMerge},
		"map_replace":         {"2016-10-14", e.mapReplace},
		"if":                  {"2016-10-14", e.ifFunction},
		"filter":              {"2017-02-24", e.filter},
		"str_replace_strict":  {"2017-02-24", func(n *node) *node { return e.strReplace(n, "str_replace_strict") }},
		"make_url":            {"2017-09-01", e.makeURL},
		"list_concat":         {"2017-09-01", e.listConcat},
		"list_concat_unique":  {"2017-09-01", e.listConcatUnique},
		"str_replace_vstrict": {"2017-09-01", func(n *node) *node { return e.strReplace(n, "str_replace_vstrict") }},
		"contains":            {"2017-09-01", e.contains},
	}
}

// inConditions are the functions that only conditions may have.
func (e *evaluator) inConditions() map[string]function {
	return map[string]function{
		"equals": {"2016-10-14", e.equals},
		"not":    {"2016-10-14", e.not},
		"and":    {"2016-10-14", e.and},
		"or":     {"2016-10-14", e.or},
	}
}

// refusals are the functions that Heat has, or had, and wechsel has not, and
// what to do instead.
func refusals() map[string]string {
	out := map[string]string{
		"yaql":            "it is a language of its own: write the value that it gives, or a parameter",
		"resource_facade": "it is for templates inside others, which are not supported: use get_param",
		"get_secret":      "a secret of the cloud cannot be taken to another: make it a hidden parameter",
		"Ref":             "it is of CloudFormation: use get_resource or get_param",
	}
	for _, name := range []string{"Fn::Select", "Fn::GetAZs", "Fn::Join", "Fn::Split", "Fn::Replace", "Fn::Base64", "Fn::MemberListToMap", "Fn::ResourceFacade", "Fn::GetAtt", "Fn::FindInMap"} {
		out[name] = "it is of CloudFormation: use HOT's own functions"
	}
	return out
}

// isFunction reports whether Heat takes a map with this single key for a
// function.
func isFunction(name string) bool {
	e := &evaluator{}
	_, here := e.functions()[name]
	_, condition := e.inConditions()[name]
	_, refused := refusals()[name]
	return here || condition || refused
}

// has reports whether the template's version of the language is at least that
// one.
func (e *evaluator) has(since string) bool {
	names := map[string]string{"newton": "2016-10-14", "ocata": "2017-02-24", "pike": "2017-09-01", "queens": "2018-03-02", "rocky": "2018-08-31", "wallaby": "2021-04-16"}
	return e.version == "" || cmp.Or(names[e.version], e.version) >= since
}

// apply evaluates the function of that name; false if there is none.
func (e *evaluator) apply(only entry) (*node, bool) {
	f, known := e.functions()[only.key]
	if inside, ok := e.inConditions()[only.key]; ok {
		f, known = inside, true
		if !e.inCondition {
			return e.fail(only.at, "%s belongs under conditions, or into the condition of a resource, an output or an if", only.key), true
		}
	}
	why, refused := refusals()[only.key]
	switch {
	case refused && only.value.value != nil:
		return e.fail(only.at, "the function %s is not supported: %s", only.key, why), true
	case !known:
		return nil, false
	case !e.has(f.since):
		return e.fail(only.at, "%s wants heat_template_version %s or later", only.key, f.since), true
	case e.inCondition && !slices.Contains(conditionFunctions(), only.key):
		return e.fail(only.at, "a condition cannot have %s (only %s)", only.key, strings.Join(conditionFunctions(), ", ")), true
	}
	return f.apply(only.value), true
}

// eval returns n with all functions replaced, each value at its place.
func (e *evaluator) eval(n *node) *node {
	switch v := n.value.(type) {
	case []*node:
		out := make([]*node, 0, len(v))
		for _, item := range v {
			if value := e.eval(item); !isOmitted(value) {
				out = append(out, value)
			}
		}
		return n.with(out)
	case *object:
		if len(v.entries) == 1 {
			only := v.entries[0]
			only.value = n.with(only.value.value)
			if value, ok := e.apply(only); ok {
				return value
			}
		}
		out := &object{}
		for _, item := range v.entries {
			if value := e.eval(item.value); !isOmitted(value) {
				out.entries = append(out.entries, entry{key: item.key, at: item.at, value: value})
			}
		}
		return n.with(out)
	}
	return n
}

// omitted is the value of an if without a value for its condition: what holds
// it is as if it were not there.
type omitted struct{}

func isOmitted(n *node) bool {
	_, ok := n.value.(omitted)
	return ok
}

// fail tells an error and returns what stands for the value.
func (e *evaluator) fail(n *node, format string, args ...any) *node {
	e.at(n, format, args...)
	return n.with(invalid{})
}

// args evaluates a list of arguments; false if it is none, or holds something
// invalid.
func (e *evaluator) args(n *node, usage string) ([]*node, bool) {
	v := e.eval(n)
	list, ok := v.value.([]*node)
	if !ok || len(list) == 0 {
		e.at(n, "wants %s", usage)
		return nil, false
	}
	return list, !slices.ContainsFunc(list, func(a *node) bool { _, bad := a.value.(invalid); return bad })
}

func (e *evaluator) getParam(n *node) *node {
	list := []*node{n}
	if _, ok := n.value.([]*node); ok {
		if list, ok = e.args(n, "get_param: NAME, or get_param: [NAME, KEY, …]"); !ok {
			return n.with(invalid{})
		}
	}
	name, ok := list[0].value.(string)
	if !ok {
		return e.fail(n, "get_param wants a parameter's name, this is %s", list[0].shape())
	}
	p := e.parameters[name]
	switch {
	case name == "OS::stack_name" && e.stack != "":
		return n.with(e.stack)
	case strings.HasPrefix(name, "OS::"):
		return e.fail(n, "%s is known only to Heat: make it a parameter of the template", name)
	case p == nil:
		return e.fail(n, "the template declares no parameter %q%s", name, suggest.Nearest(name, slices.Collect(maps.Keys(e.parameters))))
	}
	v := p.value
	for _, step := range list[1:] {
		if v = e.step(v, step); v == nil {
			return e.fail(step, "parameter %q has nothing at %s", name, describe(step))
		}
	}
	return copyAt(n, v)
}

// step goes one key or index down; nil if there is nothing.
func (e *evaluator) step(v, step *node) *node {
	switch c := v.value.(type) {
	case invalid:
		return v
	case *object:
		if key, ok := asText(step.value); ok {
			return c.get(key)
		}
	case []*node:
		if i, ok := asNumber(step.value); ok {
			if i, ok := i.(int64); ok && i >= 0 && i < int64(len(c)) {
				return c[i]
			}
		}
	}
	return nil
}

// copyAt returns v with the place of n, so that a message about a parameter's
// value points to where it is used.
func copyAt(n, v *node) *node {
	switch c := v.value.(type) {
	case []*node:
		list := make([]*node, len(c))
		for i, item := range c {
			list[i] = copyAt(n, item)
		}
		return n.with(list)
	case *object:
		o := &object{}
		for _, item := range c.entries {
			o.entries = append(o.entries, entry{key: item.key, at: n, value: copyAt(n, item.value)})
		}
		return n.with(o)
	}
	return n.with(v.value)
}

func (e *evaluator) getFile(n *node) *node {
	v := e.eval(n)
	name, ok := v.value.(string)
	if !ok {
		return e.fail(n, "get_file wants a file's name, this is %s", v.shape())
	}
	clean := path.Clean(name)
	if !fs.ValidPath(clean) {
		return e.fail(n, "get_file: %q must be a path below the template's folder", name)
	}
	if e.files == nil {
		return e.fail(n, "get_file: %q: this template comes without files", name)
	}
	data, err := fs.ReadFile(e.files, clean)
	if err != nil {
		return e.fail(n, "get_file: %v", err)
	}
	if !utf8.Valid(data) {
		return e.fail(n, "get_file: %s is not text in UTF-8, which is all that a template can hold", name)
	}
	return n.with(string(data))
}

func (e *evaluator) listJoin(n *node) *node {
	list, ok := e.args(n, "list_join: [SEPARATOR, LIST, …]")
	if !ok {
		return n.with(invalid{})
	}
	sep, ok := list[0].value.(string)
	if !ok || len(list) < 2 {
		return e.fail(n, "list_join wants a separator, which is text, and lists")
	}
	var parts []resource.Value
	for _, l := range list[1:] {
		items, ok := l.value.([]*node)
		if !ok && l.value != nil {
			return e.fail(l, "list_join joins lists, this is %s", l.shape())
		}
		for _, item := range items {
			part, ok := e.part(item)
			if !ok {
				return e.unless(item, "list_join joins texts, this is %s; quote it", describe(item))
			}
			parts = append(parts, part)
		}
	}
	return n.with(join(sep, parts))
}

// part is what a list's item adds to a text: Heat writes maps and lists as
// JSON, and refuses numbers and booleans.
func (e *evaluator) part(n *node) (resource.Value, bool) {
	switch v := n.value.(type) {
	case nil:
		return "", true
	case string, resource.Ref, resource.Attr, resource.Join, address:
		return v, true
	case []*node, *object:
		data, err := json.Marshal(plain(n))
		return string(data), err == nil && len(references(n)) == 0
	}
	return nil, false
}

// join joins parts to a text, or to a Join if some are known only later.
func join(sep string, parts []resource.Value) resource.Value {
	var texts []string
	for _, p := range parts {
		text, ok := p.(string)
		if !ok {
			return resource.Join{Sep: sep, Parts: parts}
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, sep)
}
