package gap

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	yaml "go.yaml.in/yaml/v4"
)

// Texts are what reports say, by language and id.
type Texts map[string]map[string]string

// LoadTexts reads every texts/LANGUAGE.yaml of fsys: maps, which may be
// nested, of ids to texts; nested keys are joined by dots. Every language must
// have the same ids with the same placeholders.
func LoadTexts(fsys fs.FS) (Texts, error) {
	files, err := fs.Glob(fsys, "texts/*.yaml")
	if err != nil {
		return nil, err
	}
	t := Texts{}
	var errs []error
	for _, file := range files {
		r := &nodeReader{file: file}
		lang := strings.TrimSuffix(path.Base(file), ".yaml")
		t[lang] = map[string]string{}
		if doc := r.document(fsys); doc != nil {
			r.flatten(doc, "", t[lang])
		}
		errs = append(errs, r.errs...)
	}
	for _, lang := range Languages() {
		errs = append(errs, t.complete(lang))
	}
	return t, errors.Join(errs...)
}

func (r *nodeReader) flatten(n *yaml.Node, prefix string, to map[string]string) {
	r.entries(n, func(key, value *yaml.Node) {
		id := prefix + key.Value
		if value.Kind == yaml.MappingNode {
			r.flatten(value, id+".", to)
			return
		}
		if _, twice := to[id]; twice {
			r.wrong(key, "a second text %q", id)
		}
		to[id] = r.text(value)
	})
}

// complete finds what another language has and lang has not.
func (t Texts) complete(lang string) error {
	var errs []error
	for _, other := range slices.Sorted(maps.Keys(t)) {
		for _, id := range slices.Sorted(maps.Keys(t[other])) {
			text, ok := t[lang][id]
			switch {
			case !ok:
				errs = append(errs, fmt.Errorf("texts/%s.yaml: no text %q, which %s has", lang, id, other))
			case placeholders(text) != placeholders(t[other][id]):
				errs = append(errs, fmt.Errorf("texts/%s.yaml: %q has the placeholders %s, in %s it has %s", lang, id, placeholders(text), other, placeholders(t[other][id])))
			}
		}
	}
	return errors.Join(errs...)
}

func placeholders(text string) string {
	found := placeholder.FindAllString(text, -1)
	slices.Sort(found)
	return strings.Join(slices.Compact(found), " ")
}

// Text returns the text with its arguments filled in. A text that is not there
// is its id, so that a report stays readable.
func (t Texts) Text(lang, id string, args map[string]string) string {
	text, ok := t[lang][id]
	if !ok {
		return id
	}
	return Fill(text, args)
}

// Fill replaces each {name} in text; what has no value becomes "–". A part in
// [[double brackets]] is left out when one of its names has no value.
func Fill(text string, args map[string]string) string {
	text = optional.ReplaceAllStringFunc(text, func(part string) string {
		for _, m := range placeholder.FindAllStringSubmatch(part, -1) {
			if args[m[1]] == "" {
				return ""
			}
		}
		return part[2 : len(part)-2]
	})
	return placeholder.ReplaceAllStringFunc(text, func(p string) string {
		if v := args[p[1:len(p)-1]]; v != "" {
			return v
		}
		return "–"
	})
}

var optional = regexp.MustCompile(`\[\[.*?\]\]`)
