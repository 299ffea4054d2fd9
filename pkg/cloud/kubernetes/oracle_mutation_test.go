//go:build cluster

package kubernetes_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"

	"sigs.k8s.io/structured-merge-diff/v6/schema"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// A mutator changes objects at random, by what their schema lets them have.
type mutator struct {
	*rand.Rand
	schema *schema.Schema
}

// A place is a value inside an object, which can be changed.
type place struct {
	at   resource.Path
	ref  schema.TypeRef
	get  any
	set  func(any)
	drop func() // nil: it cannot go alone
}

// mutate changes the object at one place, and says how.
func (m *mutator) mutate(object dict, ref schema.TypeRef) string {
	var all []place
	m.walk(place{ref: ref, get: object, set: func(any) {}}, &all)
	p := all[m.IntN(len(all))]
	if p.drop != nil && m.IntN(5) == 0 {
		p.drop()
		return fmt.Sprintf("%s goes", p.at)
	}
	atom, _ := m.schema.Resolve(p.ref)
	switch v := p.get.(type) {
	case dict:
		return m.inMap(p, v, atom.Map)
	case []any:
		return m.inList(p, v, atom.List)
	}
	to := m.another(p.get)
	p.set(to)
	return fmt.Sprintf("%s becomes %v", p.at, to)
}

// walk collects the places: all but what says which object it is, and its status.
func (m *mutator) walk(p place, all *[]place) {
	*all = append(*all, p)
	atom, _ := m.schema.Resolve(p.ref)
	switch v := p.get.(type) {
	case dict:
		for _, name := range sorted(v) {
			at := p.at.Field(name)
			if slices.Contains([]resource.Path{"apiVersion", "kind", "status", "metadata.name", "metadata.namespace", "metadata.managedFields"}, at) {
				continue
			}
			if at == "metadata" {
				m.walk(place{at, fieldOf(atom.Map, name).Type, v[name], func(any) {}, nil}, all)
				continue
			}
			m.walk(place{at, fieldOf(atom.Map, name).Type, v[name], func(to any) { v[name] = to }, func() { delete(v, name) }}, all)
		}
	case []any:
		for i := range v {
			ref := schema.TypeRef{}
			if atom.List != nil {
				ref = atom.List.ElementType
			}
			m.walk(place{p.at.Index(i), ref, v[i], func(to any) { v[i] = to }, func() { p.set(slices.Delete(slices.Clone(v), i, i+1)) }}, all)
		}
	}
}

func sorted[V any](m map[string]V) []string {
	var out []string
	for name := range m {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// fieldOf is what the schema knows of an entry.
func fieldOf(m *schema.Map, name string) schema.StructField {
	if m == nil {
		return schema.StructField{}
	}
	if f, ok := m.FindField(name); ok {
		return f
	}
	return schema.StructField{Name: name, Type: m.ElementType}
}

// inMap lets an entry come, as its default if it has one, or all go.
func (m *mutator) inMap(p place, v dict, of *schema.Map) string {
	if p.at != "" && m.IntN(8) == 0 {
		p.set(dict{})
		return fmt.Sprintf("%s becomes empty", p.at)
	}
	name := m.word()
	if of != nil && len(of.Fields) > 0 {
		name = of.Fields[m.IntN(len(of.Fields))].Name
	}
	at := p.at.Field(name)
	if p.at == "" && v[name] != nil || slices.Contains([]resource.Path{"status", "metadata.name", "metadata.namespace", "metadata.managedFields"}, at) {
		return ""
	}
	f := fieldOf(of, name)
	if v[name] = resource.Clone(f.Default); f.Default == nil || m.IntN(2) == 0 {
		v[name] = m.made(f.Type, nil, 0)
	}
	return fmt.Sprintf("%s is set to %v", at, v[name])
}

// inList lets items come, come twice, and change places.
func (m *mutator) inList(p place, v []any, of *schema.List) string {
	switch n := m.IntN(5); {
	case n == 0:
		p.set([]any{})
		return fmt.Sprintf("%s becomes empty", p.at)
	case n == 1 && len(v) > 0:
		p.set(append(slices.Clone(v), resource.Clone(v[m.IntN(len(v))])))
		return fmt.Sprintf("an item of %s comes twice", p.at)
	case n < 4 && len(v) > 1:
		other := slices.Clone(v)
		m.Shuffle(len(other), func(i, j int) { other[i], other[j] = other[j], other[i] })
		p.set(other)
		return fmt.Sprintf("%s is in another order", p.at)
	}
	var item any = m.word()
	if of != nil {
		item = m.made(of.ElementType, of.Keys, 0)
	}
	p.set(slices.Insert(slices.Clone(v), m.IntN(len(v)+1), item))
	return fmt.Sprintf("%s has %v more", p.at, item)
}

// another is another value in the place of one that holds no others, or the same
// one spelled otherwise.
func (m *mutator) another(v any) any {
	switch n := m.IntN(6); v := v.(type) {
	case string:
		if number, err := strconv.ParseInt(v, 10, 64); err == nil && n < 3 {
			return number
		}
		if cores, ok := map[string]string{"10m": "0.01", "100m": "0.1", "200m": "0.2", "1Gi": "1024Mi", "8": "8000m"}[v]; ok && n < 3 {
			return cores
		}
		return v + m.word()
	case int64:
		switch n {
		case 0:
			return float64(v)
		case 1:
			return strconv.FormatInt(v, 10)
		}
		return v + int64(m.IntN(3)) - 1
	case float64:
		return int64(v)
	case bool:
		return !v
	}
	return v
}

func (m *mutator) word() string {
	return []string{"a", "b", "zoo", "1", "10m", ""}[m.IntN(6)]
}

// made makes a value of the type; needed are entries that it has in any case.
func (m *mutator) made(ref schema.TypeRef, needed []string, depth int) any {
	atom, ok := m.schema.Resolve(ref)
	switch {
	case !ok:
		return m.word()
	case atom.Scalar != nil:
		return m.scalar(*atom.Scalar)
	case atom.List != nil:
		out := []any{}
		for range m.IntN(3) {
			out = append(out, m.made(atom.List.ElementType, atom.List.Keys, depth+1))
		}
		return out
	}
	out := dict{}
	for _, f := range atom.Map.Fields {
		if slices.Contains(needed, f.Name) || depth < 5 && m.IntN(len(atom.Map.Fields)+1) < 3 {
			out[f.Name] = m.made(f.Type, nil, depth+1)
		}
	}
	if len(atom.Map.Fields) == 0 && depth < 5 {
		for range m.IntN(3) {
			out[m.word()] = m.made(atom.Map.ElementType, nil, depth+1)
		}
	}
	return out
}

func (m *mutator) scalar(of schema.Scalar) any {
	switch {
	case of == schema.Boolean:
		return m.IntN(2) == 0
	case of == schema.Numeric, of == schema.Untyped && m.IntN(2) == 0:
		return int64(m.IntN(3))
	}
	return m.word()
}
