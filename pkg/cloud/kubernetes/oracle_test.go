//go:build cluster

package kubernetes_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"k8s.io/kube-openapi/pkg/spec3"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
	"sigs.k8s.io/structured-merge-diff/v6/schema"
	"sigs.k8s.io/structured-merge-diff/v6/typed"
	"sigs.k8s.io/structured-merge-diff/v6/value"

	"github.com/wechsel-project/wechsel/pkg/cloud/kubernetes"
	"github.com/wechsel-project/wechsel/pkg/diff"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// An oracle is structured-merge-diff under a server's own OpenAPI: it tells where
// two objects differ as the server itself does, which keeps by it who has set what.
type oracle struct {
	converters map[string]managedfields.TypeConverter // by apiVersion
}

// ask reads what the server tells of all its groups and versions.
func ask(t *testing.T, c *kubernetes.Cloud) *oracle {
	t.Helper()
	var index struct {
		Paths map[string]struct {
			Address string `json:"serverRelativeURL"`
		} `json:"paths"`
	}
	get := func(address string, into any) {
		data, err := c.Get(t.Context(), address)
		if err == nil {
			err = json.Unmarshal(data, into)
		}
		if err != nil {
			t.Fatalf("%s: %v", address, err)
		}
	}
	get("/openapi/v3", &index)
	o := &oracle{converters: map[string]managedfields.TypeConverter{}}
	for path, at := range index.Paths {
		version, ok := groupVersion(path)
		if !ok {
			continue
		}
		document := &spec3.OpenAPI{}
		get(at.Address, document)
		converter, err := managedfields.NewTypeConverter(document.Components.Schemas, false)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		o.converters[version] = converter
	}
	return o
}

// typed gives an object its type; the error says why it can have none.
func (o *oracle) typed(object dict) (*typed.TypedValue, error) {
	version, _ := object["apiVersion"].(string)
	converter := o.converters[version]
	if converter == nil {
		return nil, fmt.Errorf("nothing is told of %s", version)
	}
	return converter.ObjectToTyped(&unstructured.Unstructured{Object: object}, typed.AllowDuplicates)
}

// A finding is a place where two objects differ.
type finding struct {
	path fieldpath.Path
	how  string // added, removed or modified; ours may be "" too, for several of them
	note string // what was told, for messages
}

// compare returns the innermost places where b differs from a; the error says why
// one of them is no object.
func (o *oracle) compare(a, b dict) ([]finding, error) {
	x, err := o.typed(a)
	if err != nil {
		return nil, err
	}
	y, err := o.typed(b)
	if err != nil {
		return nil, err
	}
	c, err := x.Compare(y)
	if err != nil {
		return nil, err
	}
	var out []finding
	for how, set := range map[string]*fieldpath.Set{"added": c.Added, "removed": c.Removed, "modified": c.Modified} {
		for p := range set.Leaves().All() {
			out = append(out, finding{p.Copy(), how, how + " " + p.String()})
		}
	}
	slices.SortFunc(out, func(x, y finding) int { return x.path.Compare(y.path) })
	return out, nil
}

// isIn reports whether the path is the other one, or inside of it.
func isIn(inner, outer fieldpath.Path) bool {
	return len(inner) >= len(outer) && inner[:len(outer)].Equals(outer)
}

// A translation says changes in the oracle's words.
type translation struct {
	schema *schema.Schema
	a, b   *resource.Resource // as compared
	x, y   dict               // the same with names for ids, item by item
	ours   *resource.Schema
}

// A pair is what both sides have at a path; nil: nothing.
type pair struct{ a, b, x, y any }

// finding says one change.
func (tr *translation) finding(ch diff.Change, ref schema.TypeRef) finding {
	out := finding{note: fmt.Sprintf("%s at %s: %v → %v", ch.Verdict, ch.Path, ch.Source, ch.Target)}
	whole := pair{tr.a.Spec, tr.b.Spec, tr.x, tr.y}
	found := append(tr.at(ch, true, ref, nil, "", whole), tr.at(ch, false, ref, nil, "", whole)...)
	out.path = found[0]
	switch {
	case len(out.path) < len(ch.Path.Steps()): // a part of what is one thing to the oracle
	case ch.Source == nil:
		out.how = "added"
	case ch.Target == nil:
		out.how = "removed"
	}
	return out
}

// at follows the change's path from below on to the places that it may be: an
// index is of a list of A's, or of one of B's if A has no such item. Sure are
// those where both have what the change says. What is one thing to the oracle is
// not entered.
func (tr *translation) at(ch diff.Change, sure bool, ref schema.TypeRef, done fieldpath.Path, below resource.Path, p pair) []fieldpath.Path {
	steps := ch.Path.Steps()[len(below.Steps()):]
	atom, _ := tr.schema.Resolve(ref)
	var step any
	if len(steps) > 0 {
		step = steps[0]
	}
	f, _ := tr.ours.Field(below)
	name, isEntry := step.(string)
	i, isItem := step.(int)
	switch {
	case isEntry && atom.Map != nil && atom.Map.ElementRelationship != schema.Atomic:
		next := append(done.Copy(), fieldpath.FieldNameElement(name))
		return tr.at(ch, sure, fieldOf(atom.Map, name).Type, next, below.Field(name), pair{entry(p.a, name), entry(p.b, name), entry(p.x, name), entry(p.y, name)})
	case isItem && atom.List != nil && atom.List.ElementRelationship != schema.Atomic && f.List == resource.Keyed:
		var out []fieldpath.Path
		for _, from := range []any{p.x, p.y} {
			if items, _ := from.([]any); i < len(items) {
				key := tr.key(atom.List, items[i])
				for _, items := range tr.under(key, atom.List, p) {
					out = append(out, tr.at(ch, sure, atom.List.ElementType, append(done.Copy(), key), below.Index(i), items)...)
				}
			}
		}
		return out
	}
	if sure && !(resource.Equal(inside(p.a, steps), ch.Source) && resource.Equal(inside(p.b, steps), ch.Target)) {
		return nil
	}
	return []fieldpath.Path{done.Copy()}
}

// inside is what the steps lead to.
func inside(v any, steps []any) any {
	for _, step := range steps {
		switch step := step.(type) {
		case string:
			v = entry(v, step)
		case int:
			list, _ := v.([]any)
			if step >= len(list) {
				return nil
			}
			v = list[step]
		}
	}
	return v
}

// under are the pairs that items with the key may make: mostly there is one on
// each side.
func (tr *translation) under(key fieldpath.PathElement, list *schema.List, p pair) []pair {
	having := func(specs, names any) (out [][2]any) {
		s, _ := specs.([]any)
		n, _ := names.([]any)
		for i := range n {
			if tr.key(list, n[i]).Equals(key) {
				out = append(out, [2]any{s[i], n[i]})
			}
		}
		return append(out, [2]any{})
	}
	var out []pair
	for _, a := range having(p.a, p.x) {
		for _, b := range having(p.b, p.y) {
			out = append(out, pair{a[0], b[0], a[1], b[1]})
		}
	}
	return out
}

// key is what the oracle calls an item.
func (tr *translation) key(list *schema.List, item any) fieldpath.PathElement {
	atom, _ := tr.schema.Resolve(list.ElementType)
	var fields value.FieldList
	for _, name := range list.Keys {
		v := entry(item, name)
		if f, ok := atom.Map.FindField(name); v == nil && ok {
			v = f.Default
		}
		if v != nil {
			fields = append(fields, value.Field{Name: name, Value: value.NewValueInterface(v)})
		}
	}
	return fieldpath.KeyElement(fields...)
}

// groupVersion is the apiVersion that a path of the index is about.
func groupVersion(path string) (string, bool) {
	if version, ok := strings.CutPrefix(path, "api/"); ok {
		return version, true
	}
	version, ok := strings.CutPrefix(path, "apis/")
	return version, ok && strings.Contains(version, "/")
}

func entry(m any, name string) any {
	o, _ := m.(dict)
	return o[name]
}
