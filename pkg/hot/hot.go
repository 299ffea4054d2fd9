package hot

import (
	"io/fs"
	"maps"
	"slices"

	"github.com/wechsel-project/wechsel/pkg/resource"
	"github.com/wechsel-project/wechsel/pkg/suggest"
)

// Options are what a template needs beside its text.
type Options struct {
	Files      fs.FS            // what get_file reads, from the template's folder; nil: there are none
	Parameters map[string]any   // values for the template's parameters, as YAML or JSON decoders give them
	Overrides  map[string]any   // come before Parameters; those that the template does not declare are ignored
	Defaults   map[string]any   // come after Parameters and before the template's own; those that it does not declare are ignored
	Stack      string           // what {get_param: OS::stack_name} gives; empty: nothing, it is refused
	Schemas    resource.Schemas // become those of the Set
}

// A Template is an evaluated template.
type Template struct {
	Set         *resource.Set
	Description string
	Parameters  []Parameter               // as declared, in the order of the file
	Outputs     map[string]resource.Value // by name
	Notes       []*Error                  // what is done otherwise than in Heat; no errors
}

// A Parameter is what a template asks its user for.
type Parameter struct {
	Name, Type, Label, Description string
	Value                          resource.Value // as evaluated
	Hidden                         bool
}

// Parse evaluates a template. The name is the file's, for messages. The error
// joins one *Error for each mistake.
//
// A resource's Key is its name in the template, made valid; a member of a
// ResourceGroup has GROUP-INDEX. What the template leaves unnamed stays
// unnamed, except where the API demands a name (server, server group), which
// is then the name in the template. The ports and root volumes that Nova makes
// for a server are in the Set as Implied: SERVER-port, SERVER-port-2, …,
// SERVER-root.
func Parse(name string, data []byte, opts Options) (*Template, error) {
	p := &problems{file: name}
	root := load(p, data)
	if root == nil {
		return nil, p.err()
	}
	t := newTemplate(p, opts)
	t.read(root)
	t.expand()
	out := t.finish()
	if err := p.err(); err != nil {
		return nil, err
	}
	return out, nil
}

// template is a template being read.
type template struct {
	*problems
	evaluator *evaluator
	set       *resource.Set
	notes     *problems
	about     *node // its description
	order     []*declaration
	outputs   []entry
	values    map[string]resource.Value // of the outputs
	givens    map[resource.Ref]string   // the names behind the keys of Given resources
	own       map[resource.Ref]bool     // what the template makes
	subnets   subnetsOf                 // once all resources are made
	later     []func()                  // what needs all resources: run after them
}

func newTemplate(p *problems, opts Options) *template {
	t := &template{
		problems: p,
		set:      resource.NewSet(opts.Schemas),
		notes:    &problems{file: p.file},
		values:   map[string]resource.Value{},
		givens:   map[resource.Ref]string{},
		own:      map[resource.Ref]bool{},
	}
	t.evaluator = &evaluator{
		problems: p, files: opts.Files, given: opts.Parameters, overrides: opts.Overrides, defaults: opts.Defaults, stack: opts.Stack,
		parameters: map[string]*parameter{}, resources: map[string]*declaration{}, disabled: map[string]bool{}, refused: map[string]bool{},
		conditions: conditions{defined: map[string]*node{}, known: map[string]bool{}},
	}
	t.evaluator.group, t.evaluator.value = t.readGroup, t.valueOf
	return t
}

// finish checks what can be seen only at the end, and returns the result.
func (t *template) finish() *Template {
	t.cycles()
	t.notes.sort()
	out := &Template{Set: t.set, Outputs: t.values, Notes: t.notes.list}
	if t.about != nil {
		out.Description, _ = t.about.value.(string)
	}
	for _, p := range t.evaluator.declared {
		out.Parameters = append(out.Parameters, p.public())
	}
	return out
}

// sections are the parts of a template, and what reads each.
func (t *template) sections() map[string]func(*node) {
	return map[string]func(*node){
		"heat_template_version": t.readVersion,
		"description":           t.readDescription,
		"parameter_groups":      t.readParameterGroups,
		"parameters":            t.readParameters,
		"conditions":            t.readConditions,
		"resources":             t.readResources,
		"outputs":               t.readOutputs,
	}
}

func (t *template) read(root *node) {
	o, ok := root.value.(*object)
	if !ok {
		t.at(root, "a template is a map, this is %s", root.shape())
		return
	}
	sections := t.sections()
	known := slices.Sorted(maps.Keys(sections))
	for _, e := range o.entries {
		if sections[e.key] == nil {
			t.at(e.at, "a template has no section %q%s", e.key, suggest.Nearest(e.key, known))
		}
	}
	if o.get("heat_template_version") == nil {
		t.at(root, "heat_template_version is missing: write heat_template_version: 2021-04-16")
	}
	for _, name := range []string{"heat_template_version", "description", "parameters", "parameter_groups", "conditions", "resources", "outputs"} {
		if n := o.get(name); n != nil {
			sections[name](n)
		}
	}
	if o.get("parameters") == nil {
		t.unknownValues(root)
	}
}

// versions are those that Heat Zed knows.
func versions() []string {
	return []string{"2013-05-23", "2014-10-16", "2015-04-30", "2015-10-15", "2016-04-08", "2016-10-14", "2017-02-24", "2017-09-01",
		"2018-03-02", "2018-08-31", "2021-04-16", "newton", "ocata", "pike", "queens", "rocky", "wallaby"}
}

func (t *template) readVersion(n *node) {
	v, ok := n.value.(string)
	if !ok {
		t.at(n, "heat_template_version wants a date or a release's name, this is %s", n.shape())
	} else if !slices.Contains(versions(), v) {
		t.at(n, "heat_template_version %q is not known%s", v, suggest.Nearest(v, versions()))
	} else {
		t.evaluator.version = v
	}
}

func (t *template) readDescription(n *node) {
	if _, ok := n.value.(string); !ok && n.value != nil {
		t.at(n, "description wants text, this is %s", n.shape())
	}
	t.about = n
}

// object returns the entries of a map, none for null, and tells if it is
// something else or has keys that are not known.
func (p *problems) object(n *node, what string, known ...string) *object {
	if n.value == nil {
		return &object{}
	}
	o, ok := n.value.(*object)
	if !ok {
		if _, told := n.value.(invalid); !told {
			p.at(n, "%s wants a map, this is %s", what, n.shape())
		}
		return &object{}
	}
	for _, e := range o.entries {
		if len(known) > 0 && !slices.Contains(known, e.key) {
			p.at(e.at, "%s has no key %q%s", what, e.key, suggest.Nearest(e.key, known))
		}
	}
	return o
}
