package kubernetes

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// Schemas implements cloud.Reader: those of all kinds that the cluster serves.
func (c *Cloud) Schemas() resource.Schemas {
	c.mu.RLock()
	defer c.mu.RUnlock()
	out := make(resource.Schemas, len(c.kinds))
	for t, k := range c.kinds {
		out[t] = k.schema
	}
	return out
}

// describe gives every kind that has none its schema. What the cluster does not tell of its
// lists is not known then; that is no error, for the tables remain.
func (c *Cloud) describe(ctx context.Context, kinds map[resource.Type]*kind) error {
	documents, told, err := c.documents(ctx, kinds)
	if err != nil {
		return err
	}
	for _, k := range kinds {
		if k.schema == nil {
			d := documents[k.apiVersion(k.versions[0])]
			k.schema, k.described = k.describe(d), !told || d.kind(k) != nil || k.rule.whole != ""
		}
	}
	return nil
}

// describe makes the schema of one kind from what the cluster tells of it, if
// it does, and from the tables.
func (k *kind) describe(d *document) *resource.Schema {
	fields := map[resource.Path]resource.Field{}
	at := func(p resource.Path, change func(*resource.Field)) {
		f, ok := fields[p]
		if !ok {
			f = resource.Field{Path: p, Form: resource.Text}
		}
		change(&f)
		fields[p] = f
	}
	if d != nil && k.rule.whole == "" {
		for _, l := range d.lists(k) {
			if !slices.Contains(k.rule.ordered, l.path) {
				at(l.path, func(f *resource.Field) { f.Form, f.List, f.Keys = resource.List, l.kind, l.keys })
			}
		}
	}
	for _, ref := range k.rule.refs {
		if !ref.byKind && (k.namespaced || ref.path != "metadata.namespace") {
			at(ref.path, func(f *resource.Field) { f.Refers = ref.types })
		}
	}
	for p, chooser := range k.rule.chosen {
		at(p, func(f *resource.Field) { f.Chooser = chooser; f.Form = formOf(p) })
	}
	for _, p := range secrets(k.Type) {
		at(p, func(f *resource.Field) { f.Secret = true })
	}
	for _, p := range required(k.Type) {
		at(p, func(f *resource.Field) { f.Required = true })
	}
	s := &resource.Schema{Type: k.Type, Named: true, Empties: true, Mark: resource.MarkMetadata, Noun: strings.ToLower(k.name)}
	s.Fields = slices.SortedFunc(maps.Values(fields), func(a, b resource.Field) int { return strings.Compare(string(a.Path), string(b.Path)) })
	return s
}

// formOf is the form of what is in the table of choosers.
func formOf(p resource.Path) resource.Form {
	switch {
	case strings.HasSuffix(string(p), "Port"):
		return resource.Int
	case p == "spec.clusterIPs" || p == "spec.ipFamilies":
		return resource.List
	}
	return resource.Text
}

// secrets are the values that no file may have.
func secrets(t resource.Type) []resource.Path {
	if t == secretType {
		return []resource.Path{"data.*", "stringData.*"}
	}
	return nil
}

// required is what cannot be left away when it is refused: without it, the
// object would be another one.
func required(t resource.Type) []resource.Path {
	out := []resource.Path{"metadata.namespace"}
	if spec, ok := pods()[t]; ok {
		out = append(out, spec+".containers", spec+".containers[].name", spec+".containers[].image", spec+".volumes[].name")
	}
	return out
}

// A document is what the cluster tells of one group and version (OpenAPI v3),
// as far as it matters here.
type document struct {
	Components struct {
		Schemas map[string]*shape `json:"schemas"`
	} `json:"components"`
}

// A shape is a schema of OpenAPI.
type shape struct {
	Reference  string            `json:"$ref"`
	AllOf      []*shape          `json:"allOf"`
	Properties map[string]*shape `json:"properties"`
	Items      *shape            `json:"items"`
	Additional additional        `json:"additionalProperties"`
	List       string            `json:"x-kubernetes-list-type"`
	Keys       []string          `json:"x-kubernetes-list-map-keys"`
	Kinds      []struct {
		Group   string `json:"group"`
		Version string `json:"version"`
		Kind    string `json:"kind"`
	} `json:"x-kubernetes-group-version-kind"`
}

// additional is the shape of a map's values; OpenAPI has true and false there
// too.
type additional struct{ *shape }

// UnmarshalJSON implements json.Unmarshaler.
func (a *additional) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '{' {
		return json.Unmarshal(data, &a.shape)
	}
	return nil
}

// documents reads what the cluster tells of the preferred versions of the kinds
// that are listed and have no schema yet, by apiVersion; told is false if it
// tells of none at all.
func (c *Cloud) documents(ctx context.Context, kinds map[resource.Type]*kind) (out map[string]*document, told bool, err error) {
	var index struct {
		Paths map[string]struct {
			Address string `json:"serverRelativeURL"`
		} `json:"paths"`
	}
	data, err := c.raw(ctx, call{op: "read OpenAPI", path: "/openapi/v3"})
	if err != nil || json.Unmarshal(data, &index) != nil {
		return nil, false, ctx.Err()
	}
	wanted := map[string]string{}
	for _, k := range kinds {
		version := k.apiVersion(k.versions[0])
		path := cmp.Or(map[bool]string{true: "api/" + version}[k.group == ""], "apis/"+version)
		if address := index.Paths[path].Address; address != "" && k.rule.whole == "" && k.schema == nil {
			wanted[version] = address
		}
	}
	out = map[string]*document{}
	var mu sync.Mutex
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(readers)
	for version, address := range wanted {
		g.Go(func() error {
			path, query, _ := strings.Cut(address, "?")
			data, err := c.raw(ctx, call{op: "read OpenAPI", path: path, query: parsed(query)})
			d := &document{}
			if err != nil || json.Unmarshal(data, d) != nil {
				return ctx.Err()
			}
			mu.Lock()
			defer mu.Unlock()
			out[version] = d
			return nil
		})
	}
	return out, true, g.Wait()
}

// A listing is a list whose order means nothing.
type listing struct {
	path resource.Path
	kind resource.ListKind
	keys []string
}

// lists returns the lists of the kind's objects whose order means nothing.
func (d *document) lists(k *kind) []listing {
	w := &walker{document: d, open: map[string]bool{}}
	w.walk("", d.kind(k))
	return w.found
}

// kind returns the shape of the kind's objects; nil if the document has none.
func (d *document) kind(k *kind) *shape {
	if d == nil {
		return nil
	}
	for _, s := range d.Components.Schemas {
		for _, gvk := range s.Kinds {
			if gvk.Group == k.group && gvk.Kind == k.name && gvk.Version == k.versions[0] && s.Properties != nil {
				return s
			}
		}
	}
	return nil
}

type walker struct {
	*document
	open  map[string]bool // references that lead here: schemas may hold themselves
	found []listing
}

func (w *walker) walk(p resource.Path, s *shape) {
	if s == nil || p == "status" || p == "metadata" {
		return
	}
	if name := s.Reference; name != "" {
		if w.open[name] {
			return
		}
		w.open[name] = true
		defer delete(w.open, name)
		w.walk(p, w.Components.Schemas[name[strings.LastIndexByte(name, '/')+1:]])
	}
	for _, part := range s.AllOf {
		w.walk(p, part)
	}
	switch s.List {
	case "set":
		w.found = append(w.found, listing{p, resource.Unique, nil})
	case "map":
		w.found = append(w.found, listing{p, resource.Keyed, s.Keys})
	}
	for name, inner := range s.Properties {
		w.walk(p.Field(name), inner)
	}
	if s.Additional.shape != nil {
		w.walk(p+".*", s.Additional.shape)
	}
	w.walk(p+"[]", s.Items)
}
