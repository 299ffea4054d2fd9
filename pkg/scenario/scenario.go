package scenario

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"

	"github.com/wechsel-project/wechsel/pkg/hot"
	"github.com/wechsel-project/wechsel/pkg/resource"
	"github.com/wechsel-project/wechsel/pkg/suggest"
)

// FileName is the name of a scenario's file in its folder.
const FileName = "scenario.yaml"

// A Scenario is a workload that can be moved.
type Scenario struct {
	Name        string
	Title       map[string]string // by language: en, and de if there is one
	Description map[string]string
	From, To    string          // the clouds' names; empty: none is the default
	Template    []byte          // the HOT file
	Parameters  []hot.Parameter // of the template, with their values
	Set         *resource.Set   // the workload, as asked for, but for its Kubernetes part
	Kubernetes  []Source        // that part, which wants a cluster to become resources
	Claims      []Claim         // of that part, which shall hold bytes
	Rules       []Rule
	Supply      map[string]string // by SERVER_user_data or GROUP_user_data: contents of files
	Expect      []Expectation
	Notes       []*hot.Error // what is done otherwise than in Heat; no errors
}

// A Claim is a PersistentVolumeClaim that shall hold bytes.
type Claim struct {
	Namespace, Name string
	Content         resource.Content // generated; Size is the claim's own
	Where           string           // FILE:LINE:COLUMN, for messages
}

// Options are what a scenario needs beside its folder.
type Options struct {
	From string // the cloud to leave; empty: the scenario's own default

	// Parameters gives those of the cloud to leave (Cloud.Values); nil: there are
	// none. They come before those of the scenario; what the template does not
	// declare is ignored, since they serve other scenarios too.
	Parameters func(from string) (map[string]any, error)
	Schemas    resource.Schemas // become those of the Set
}

// Load reads the scenario at name: a folder with scenario.yaml, such a file, or
// a Heat template alone. The error joins one *hot.Error for each mistake.
func Load(fsys fs.FS, name string, opts Options) (*Scenario, error) {
	name = path.Clean(name)
	info, err := fs.Stat(fsys, name)
	isFolder := err == nil && info.IsDir()
	if isFolder {
		name = path.Join(name, FileName)
	}
	data, err := fs.ReadFile(fsys, name)
	if isFolder && errors.Is(err, fs.ErrNotExist) {
		return nil, missing(fsys, path.Dir(name))
	}
	if err != nil {
		return nil, fmt.Errorf("read scenario: %w", err)
	}
	folder, err := fs.Sub(fsys, path.Dir(name))
	if err != nil {
		return nil, fmt.Errorf("read scenario %s: %w", name, err)
	}
	l := &loader{reader: reader{file: name}, folder: folder, opts: opts}
	if isTemplate(data) {
		l.bare()
	} else {
		l.load(data, &l.in)
	}
	if k := l.in.Kind; l.foreign() {
		l.errs = nil
		l.wrong(k.place, "this is a %s, and no scenario: one names it under spec.kubernetes, as {manifests: %s}", k.Value, path.Base(name))
		return nil, l.err()
	}
	l.out.From = cmp.Or(opts.From, l.in.Spec.From)
	if opts.Parameters != nil {
		if l.ofCloud, err = opts.Parameters(l.out.From); err != nil {
			return nil, err
		}
	}
	l.scenario()
	if err := l.err(); err != nil {
		return nil, err
	}
	return &l.out, nil
}

// UserData returns the user data that the scenario supplies for a server: that
// of KEY_user_data, or for a member GROUP-INDEX that of GROUP_user_data.
func (s *Scenario) UserData(server resource.Key) (string, bool) {
	for _, name := range supplyNames(server) {
		if text, ok := s.Supply[name]; ok {
			return text, true
		}
	}
	return "", false
}

func supplyNames(server resource.Key) []string {
	names := []string{string(server) + "_user_data"}
	if m := regexp.MustCompile(`^(.+)-[0-9]+$`).FindStringSubmatch(string(server)); m != nil {
		names = append(names, m[1]+"_user_data")
	}
	return names
}

type loader struct {
	reader
	folder  fs.FS
	opts    Options
	ofCloud map[string]any // parameters
	in      File
	out     Scenario
}

func (l *loader) scenario() {
	in, out := &l.in, &l.out
	l.header()
	out.Name, out.To = in.Metadata.Name.Value, in.Spec.To
	out.Title, out.Description = in.Metadata.Title.byLanguage(), in.Metadata.Description.byLanguage()
	for _, e := range in.Spec.Expect {
		if e.Gap.given() && !regexp.MustCompile(`^[a-z0-9-]+/[a-z0-9-]+$`).MatchString(e.Gap.Value) {
			l.wrong(e.Gap.place, "%q is no kind of gap, which is written area/name", e.Gap.Value)
		}
		out.Expect = append(out.Expect, Expectation{e.To, e.Gap.Value})
	}
	l.rules()
	l.kubernetes()
	switch {
	case in.Spec.OpenStack.Template.given():
		l.template()
	case len(in.Spec.Kubernetes) > 0:
		out.Set = resource.NewSet(l.opts.Schemas)
	case len(l.errs) == 0:
		l.wrong(place{1, 1}, "spec has neither openstack nor kubernetes: nothing to move")
	}
	if out.Set != nil {
		l.data()
		l.supply()
	}
}

func (l *loader) header() {
	in := &l.in
	if v := in.APIVersion; v.given() && v.Value != resource.APIVersion {
		l.wrong(v.place, "apiVersion is %q, want %q", v.Value, resource.APIVersion)
	}
	if k := in.Kind; k.given() && k.Value != "Scenario" {
		l.wrong(k.place, "kind is %q, want \"Scenario\"", k.Value)
	}
	if n := in.Metadata.Name; n.given() && !regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`).MatchString(n.Value) {
		l.wrong(n.place, "the name %q wants lower-case letters, digits and hyphens", n.Value)
	}
}

func (t Languages) byLanguage() map[string]string {
	out := map[string]string{}
	for language, text := range map[string]string{"en": t.EN, "de": t.DE} {
		if text != "" {
			out[language] = text
		}
	}
	return out
}

// template evaluates the HOT file. What is wrong with a parameter's value is
// told where the value stands.
func (l *loader) template() {
	spec := &l.in.Spec.OpenStack
	name := path.Clean(spec.Template.Value)
	if !fs.ValidPath(name) {
		l.wrong(spec.Template.place, "template: %q must be a path below the scenario's folder", spec.Template.Value)
		return
	}
	data, err := fs.ReadFile(l.folder, name)
	if err != nil {
		l.wrong(spec.Template.place, "template: %v", err)
		return
	}
	files, err := fs.Sub(l.folder, path.Dir(name))
	if err != nil {
		l.wrong(spec.Template.place, "template: %v", err)
		return
	}
	env := l.environment()
	values, defaults := map[string]any{}, map[string]any{}
	for _, from := range []map[string]Any{env.Parameters, spec.Parameters} {
		for name, v := range from {
			values[name] = v.Value
		}
	}
	for name, v := range env.Defaults {
		defaults[name] = v.Value
	}
	t, err := hot.Parse(path.Join(path.Dir(l.file), name), data,
		hot.Options{Files: files, Parameters: values, Overrides: l.ofCloud, Defaults: defaults, Stack: l.in.Metadata.Name.Value, Schemas: l.opts.Schemas})
	for _, e := range unjoin(err) {
		l.locate(e, env)
		l.errs = append(l.errs, e)
	}
	if err != nil {
		return
	}
	l.out.Set, l.out.Parameters, l.out.Notes, l.out.Template = t.Set, t.Parameters, t.Notes, data
}

// unjoin returns the errors that Parse has joined.
func unjoin(err error) []*hot.Error {
	var out []*hot.Error
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		for _, e := range joined.Unwrap() {
			if he := (*hot.Error)(nil); errors.As(e, &he) {
				out = append(out, he)
			}
		}
	}
	return out
}

func (l *loader) rules() {
	types := hot.Types()
	for _, m := range l.in.Spec.Mapping {
		if m.Type.given() && !slices.Contains(types, m.Type.Value) && !isKubernetes(m.Type.Value) {
			l.wrong(m.Type.place, "the type %q is not known%s", m.Type.Value, suggest.Nearest(m.Type.Value, types))
		}
		if m.Path.given() && m.Path.Value == "" {
			l.wrong(m.Path.place, "path wants the path of a property")
		}
		l.out.Rules = append(l.out.Rules, Rule{To: m.To, Type: resource.Type(m.Type.Value), Path: resource.Path(m.Path.Value),
			When: m.When.Value, Replace: m.Replace.Value})
	}
}

// supply reads the files with what cannot be read back.
func (l *loader) supply() {
	l.out.Supply = map[string]string{}
	known := map[string]bool{}
	for r := range l.out.Set.OfType("OS::Nova::Server") {
		for _, name := range supplyNames(r.Key) {
			known[name] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(l.in.Spec.Supply)) {
		file := l.in.Spec.Supply[name]
		if !known[name] {
			l.wrong(file.place, "supply: %q is no server's user data%s", name, suggest.Nearest(name, slices.Collect(maps.Keys(known))))
		}
		clean := path.Clean(file.Value)
		if !fs.ValidPath(clean) {
			l.wrong(file.place, "supply: %q must be a path below the scenario's folder", file.Value)
			continue
		}
		data, err := fs.ReadFile(l.folder, clean)
		if err != nil {
			l.wrong(file.place, "supply: %v", err)
			continue
		}
		l.out.Supply[name] = string(data)
	}
}
