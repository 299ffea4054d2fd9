package scenario

import (
	"io/fs"
	"path"

	"github.com/wechsel-project/wechsel/pkg/hot"
)

// An environment is what Heat's users keep beside a template: values for its
// parameters.
type environment struct {
	Parameters map[string]Any `yaml:"parameters"`
	Defaults   map[string]Any `yaml:"parameter_defaults"` // also for what other templates declare
	Registry   map[string]Any `yaml:"resource_registry"`

	file string
}

// environment reads the file that the scenario names; without one it is empty.
func (l *loader) environment() environment {
	e := environment{}
	at := l.in.Spec.OpenStack.Environment
	if !at.given() {
		return e
	}
	name := path.Clean(at.Value)
	if !fs.ValidPath(name) {
		l.wrong(at.place, "environment: %q must be a path below the scenario's folder", at.Value)
		return e
	}
	data, err := fs.ReadFile(l.folder, name)
	if err != nil {
		l.wrong(at.place, "environment: %v", err)
		return e
	}
	e.file = path.Join(path.Dir(l.file), name)
	r := &reader{file: e.file}
	r.load(data, &e)
	for typ, v := range e.Registry {
		r.wrong(v.place, "resource_registry: %s: a template inside another is not supported: write its resources into the template", typ)
	}
	l.errs = append(l.errs, r.errs...)
	return e
}

// locate puts an error about a parameter's value where the value stands, and
// says of one that has none where to write it.
func (l *loader) locate(e *hot.Error, env environment) {
	if e.Parameter == "" || l.ofCloud[e.Parameter] != nil {
		return
	}
	for _, from := range []struct {
		file   string
		values map[string]Any
	}{{l.file, l.in.Spec.OpenStack.Parameters}, {env.file, env.Parameters}, {env.file, env.Defaults}} {
		if v, ok := from.values[e.Parameter]; ok {
			e.File, e.Line, e.Column = from.file, v.line, v.column
			return
		}
	}
	e.Message += ": write one under spec.openstack.parameters, or under the parameters of the cloud to leave in wechsel.yaml"
}
