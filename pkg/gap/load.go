package gap

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	yaml "go.yaml.in/yaml/v4"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// Load reads the catalogue: every gaps/*.yaml of fsys, whose kinds belong to the
// domain that the file names, or else to that of the file's name. A file with a
// list of domains has kinds for each of them; those come last. The error joins
// one per mistake, each with file, line and column.
func Load(fsys fs.FS) (*Catalogue, error) {
	files, err := fs.Glob(fsys, "gaps/*.yaml")
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("the catalogue of gaps: no file gaps/*.yaml")
	}
	var own, every []Kind
	c := &Catalogue{index: map[string]*Kind{}}
	var errs []error
	for _, file := range files {
		r := &kindReader{nodeReader: nodeReader{file: file}}
		kinds := r.readFile(fsys)
		if len(r.domains) > 0 {
			every = append(every, kinds...)
		} else {
			own = append(own, kinds...)
		}
		if r.unfit != nil {
			c.sides, c.unfit, c.phrases = r.sides, r.unfit, r.phrases
		}
		errs = append(errs, r.errs...)
	}
	c.Kinds = append(own, every...)
	for i, k := range c.Kinds {
		if c.index[k.ID] != nil && k.ID != "" {
			errs = append(errs, fmt.Errorf("two kinds %s", k.ID))
		}
		c.index[k.ID] = &c.Kinds[i]
	}
	return c, errors.Join(errs...)
}

// A domain is a part of the cloud with the types that belong to it, and on what
// the answers of its simulated services rest.
type domain struct {
	name, types string
	basis       Basis
}

type kindReader struct {
	nodeReader
	own     string   // the domain that the file names
	domains []domain // for each of which its kinds are
	sides   map[string]Text
	phrases map[string]Text
	unfit   Text
	args    []string // that the signals of a kind carry, beside the placeholders
	used    map[string]*yaml.Node
}

func (r *kindReader) readFile(fsys fs.FS) []Kind {
	doc := r.document(fsys)
	if doc == nil {
		return nil
	}
	var kinds []Kind
	r.used = map[string]*yaml.Node{}
	r.fields(doc, map[string]func(*yaml.Node){
		"domain":  func(n *yaml.Node) { r.own = r.matching(n, kindName) },
		"domains": func(n *yaml.Node) { r.items(n, r.domain) },
		"sides": func(n *yaml.Node) {
			r.sides = map[string]Text{}
			r.entries(n, func(key, value *yaml.Node) { r.sides[key.Value] = r.translated(value) })
		},
		"phrases": func(n *yaml.Node) {
			r.phrases = map[string]Text{}
			r.items(n, func(item *yaml.Node) {
				words := r.translated(item)
				r.phrases[words["en"]] = words
			})
		},
		"unfit": func(n *yaml.Node) { r.unfit = r.translated(n) },
		"kinds": func(n *yaml.Node) {
			r.items(n, func(item *yaml.Node) { kinds = append(kinds, r.kind(item)) })
		},
	})
	if len(r.domains) == 0 {
		return named(kinds, domain{name: cmp.Or(r.own, strings.TrimSuffix(path.Base(r.file), ".yaml"))})
	}
	var out []Kind
	for _, d := range r.domains {
		out = append(out, named(kinds, d)...)
	}
	return out
}

func (r *kindReader) domain(n *yaml.Node) {
	d := domain{}
	r.fields(n, map[string]func(*yaml.Node){
		"name":  func(n *yaml.Node) { d.name = r.matching(n, kindName) },
		"types": func(n *yaml.Node) { d.types = r.text(n) },
		"basis": func(n *yaml.Node) { d.basis = r.basis(n) },
	})
	if d.name == "" || d.types == "" {
		r.wrong(n, "a domain needs name and types")
	}
	r.domains = append(r.domains, d)
}

// named returns the kinds as those of a domain, for its types.
func named(kinds []Kind, d domain) []Kind {
	out := slices.Clone(kinds)
	for i := range out {
		out[i].Basis = cmp.Or(out[i].Basis, d.basis)
		out[i].ID, out[i].When = d.name+"/"+out[i].ID, slices.Clone(out[i].When)
		for j := range out[i].When {
			out[i].When[j].Type = cmp.Or(out[i].When[j].Type, d.types)
		}
	}
	return out
}

func (r *kindReader) kind(n *yaml.Node) Kind {
	k := Kind{}
	r.args, r.used = nil, map[string]*yaml.Node{}
	r.fields(n, map[string]func(*yaml.Node){
		"id":       func(n *yaml.Node) { k.ID = r.matching(n, kindName) },
		"title":    func(n *yaml.Node) { k.Title = r.translated(n) },
		"cause":    func(n *yaml.Node) { k.Cause = r.translated(n) },
		"remedy":   func(n *yaml.Node) { k.Remedy = r.translated(n) },
		"severity": func(n *yaml.Node) { k.Severity, k.ByEffect = r.severity(n) },
		"who":      func(n *yaml.Node) { k.Who = r.oneOf(n, Customer, Provider, Standard) },
		"standards": func(n *yaml.Node) {
			k.Standards = r.texts(n, func(n *yaml.Node) string { return r.matching(n, standardID) })
		},
		"facets": func(n *yaml.Node) {
			k.Facets = r.texts(n, func(n *yaml.Node) string { return r.oneOf(n, Facets()...) })
		},
		"basis":    func(n *yaml.Node) { k.Basis = r.basis(n) },
		"unread":   func(n *yaml.Node) { k.Unread = r.boolean(n) },
		"by":       func(n *yaml.Node) { k.By = r.texts(n, r.text) },
		"args":     func(n *yaml.Node) { r.args = r.texts(n, r.text) },
		"across":   func(n *yaml.Node) { k.Across = r.boolean(n) },
		"catchAll": func(n *yaml.Node) { k.CatchAll = r.boolean(n) },
		"when": func(n *yaml.Node) {
			r.items(n, func(item *yaml.Node) { k.When = append(k.When, r.predicate(item)) })
		},
	})
	r.complete(n, k)
	return k
}

func (r *kindReader) basis(n *yaml.Node) Basis {
	return Basis(r.oneOf(n, string(Measured), string(Modelled)))
}

var (
	kindName    = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)
	standardID  = regexp.MustCompile(`^scs-\d{4}$`)
	placeholder = regexp.MustCompile(`\{([^{}]*)\}`)
)

func (r *kindReader) matching(n *yaml.Node, re *regexp.Regexp) string {
	text := r.text(n)
	if text != "" && !re.MatchString(text) {
		r.wrong(n, "%q does not match %s", text, re)
	}
	return text
}

// complete finds what a kind must have and has not.
func (r *kindReader) complete(n *yaml.Node, k Kind) {
	missing := map[string]bool{"id": k.ID == "", "title": k.Title == nil, "cause": k.Cause == nil, "remedy": k.Remedy == nil, "severity": k.Severity == "",
		"who": k.Who == "", "facets": len(k.Facets) == 0, "when": len(k.When) == 0}
	for _, name := range slices.Sorted(maps.Keys(missing)) {
		if missing[name] {
			r.wrong(n, "%s: no %s", cmp.Or(k.ID, "a kind"), name)
		}
	}
	if k.Who == Standard && len(k.Standards) > 0 {
		r.wrong(n, "%s: who is %q, which means that none covers it, and it has standards", k.ID, Standard)
	}
	for _, name := range slices.Sorted(maps.Keys(r.used)) {
		if !slices.Contains(Placeholders(), name) && !slices.Contains(r.args, name) {
			r.wrong(r.used[name], "{%s} is neither one of %s nor in args", name, strings.Join(Placeholders(), ", "))
		}
	}
}

// translated reads a text in all languages.
func (r *kindReader) translated(n *yaml.Node) Text {
	out, known := Text{}, map[string]func(*yaml.Node){}
	for _, lang := range Languages() {
		known[lang] = func(n *yaml.Node) {
			out[lang] = r.text(n)
			for _, m := range placeholder.FindAllStringSubmatch(out[lang], -1) {
				r.used[m[1]] = n
			}
		}
	}
	r.fields(n, known)
	for _, lang := range Languages() {
		if out[lang] == "" {
			r.wrong(n, "no text in %q", lang)
		}
	}
	return out
}

// severity is one for all, or one per effect with a default.
func (r *kindReader) severity(n *yaml.Node) (Severity, map[resource.Effect]Severity) {
	var all []string
	for _, s := range Severities() {
		all = append(all, string(s))
	}
	if n.Kind == yaml.ScalarNode {
		return Severity(r.oneOf(n, all...)), nil
	}
	var usual Severity
	byEffect, known := map[resource.Effect]Severity{}, map[string]func(*yaml.Node){}
	for _, e := range []resource.Effect{resource.Same, resource.Adapted, resource.Degraded, resource.Lost} {
		known[string(e)] = func(n *yaml.Node) { byEffect[e] = Severity(r.oneOf(n, all...)) }
	}
	known["default"] = func(n *yaml.Node) { usual = Severity(r.oneOf(n, all...)) }
	r.fields(n, known)
	return usual, byEffect
}

func (r *kindReader) predicate(n *yaml.Node) Predicate {
	p := Predicate{}
	r.fields(n, map[string]func(*yaml.Node){
		"seen": func(n *yaml.Node) {
			p.Seen = Seen(r.oneOf(n, string(Forecast), string(Refusal), string(Change), string(Probe)))
		},
		"code": func(n *yaml.Node) { p.Code = r.text(n) },
		"type": func(n *yaml.Node) { p.Type = r.text(n) },
		"path": func(n *yaml.Node) { p.Path = resource.Path(r.text(n)) },
		"status": func(n *yaml.Node) {
			r.items(n, func(item *yaml.Node) { p.Status = append(p.Status, r.number(item)) })
		},
		"message": func(n *yaml.Node) {
			re, err := regexp.Compile(r.text(n))
			if err != nil {
				r.wrong(n, "%v", err)
			}
			p.Message = re
		},
		"effect": func(n *yaml.Node) {
			p.Effect = resource.Effect(r.oneOf(n, string(resource.Same), string(resource.Adapted), string(resource.Degraded), string(resource.Lost)))
		},
		"value": func(n *yaml.Node) {
			p.Value = ValueClass(r.oneOf(n, string(Smaller), string(Greater), string(Absent), string(New), string(Off), string(On), string(Other)))
		},
		"args": func(n *yaml.Node) {
			p.Args = map[string]string{}
			r.entries(n, func(key, value *yaml.Node) { p.Args[key.Value] = r.text(value) })
		},
	})
	if p.Seen == "" && p.Code == "" {
		r.wrong(n, "a predicate needs seen or code")
	}
	return p
}
