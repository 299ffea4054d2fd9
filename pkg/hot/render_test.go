package hot

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// TestRoundTrip: what is rendered and read again is the same Set, but for what
// the rendering lists as left.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := someSet(t)
		if err := s.Check(); err != nil {
			t.Fatalf("the test's own set: %v", err)
		}
		roundTrip(t, s)
	})
}

func TestRoundTripOfScenarios(t *testing.T) {
	files, err := filepath.Glob("../../scenarios/*/*.hot.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	for _, file := range files {
		s := parseFile(t, file).Set
		for r := range s.OfType(volume) {
			r.Content = nil
		}
		left := roundTrip(t, s)
		for _, l := range left {
			if l.Reason != "Heat gives a name to each volume" && l.Path != "delete_on_termination" {
				t.Errorf("%s: left: %v", file, l)
			}
		}
	}
}

func parseFile(t *testing.T, file string) *Template {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	out, err := Parse(file, data, Options{Files: os.DirFS(filepath.Dir(file)), Schemas: testSchemas()})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

type fataler interface {
	Fatalf(format string, args ...any)
	Errorf(format string, args ...any)
}

func roundTrip(t fataler, s *resource.Set) []Left {
	rendering, err := Render(s, "round trip")
	if err != nil {
		t.Fatalf("render: %v", err)
	}
	back, err := Parse("rendered", rendering.Template, Options{Schemas: s.Schemas})
	if err != nil {
		t.Fatalf("%v\n%s", err, rendering.Template)
	}
	mine := renamed(s, back.Set, rendering.Names)
	want, got := describeSet(slices.Collect(maps.Values(mine)), s.Schemas), describeSet(slices.Collect(back.Set.All()), s.Schemas)
	for _, l := range rendering.Left { // take what is left from both
		cut(want, describeRef(mine[l.Ref]), l.Path)
		cut(got, describeRef(mine[l.Ref]), l.Path)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Fatalf("what came back differs (- rendered, + read):\n%s\nleft: %v\n%s", d, rendering.Left, rendering.Template)
	}
	return rendering.Left
}

// renamedRef says what Parse calls a resource that Render has written.
func renamedRef(s, back *resource.Set, names map[resource.Ref]string) func(resource.Ref) resource.Ref {
	var rename func(resource.Ref) resource.Ref
	rename = func(ref resource.Ref) resource.Ref {
		r := s.Get(ref)
		switch {
		case names[ref] != "":
			ref.Key = resource.NewKey(names[ref])
		case r == nil:
		case r.Tenure == resource.Implied && !r.Parent.IsZero():
			ref.Key = childKey(rename(r.Parent).Key, strings.TrimPrefix(impliedSuffix(r), "-"))
		case r.Tenure == resource.Given || r.Type == image || r.Type == snapshot:
			for g := range back.OfType(ref.Type) {
				if g.Tenure == resource.Given && g.Name == r.Name {
					return g.Ref
				}
			}
		}
		return ref
	}
	return rename
}

// impliedSuffix is what the generated sets append to a server's key.
func impliedSuffix(r *resource.Resource) string {
	for _, suffix := range []string{"root", "port", "port-2", "port-3"} {
		if childKey(r.Parent.Key, suffix) == r.Key {
			return suffix
		}
	}
	return string(r.Key)
}

// renamed returns the resources as Parse calls them, by what they are called
// in s.
func renamed(s, back *resource.Set, names map[resource.Ref]string) map[resource.Ref]*resource.Resource {
	rename := renamedRef(s, back, names)
	out := map[resource.Ref]*resource.Resource{}
	for r := range s.All() {
		c := r.Clone()
		c.Ref = rename(r.Ref)
		if !r.Parent.IsZero() {
			c.Parent = rename(r.Parent)
		}
		c.Spec = resource.RewriteSpec(c.Spec, func(v resource.Value) resource.Value {
			switch v := v.(type) {
			case resource.Ref:
				return rename(v)
			case resource.Attr:
				return resource.Attr{Ref: rename(v.Ref), Path: v.Path}
			}
			return v
		})
		out[r.Ref] = c
	}
	return out
}

// describeSet writes what shall be the same: by resource its name, parent and
// canonical Spec without what the provider chooses; rules by what they say.
func describeSet(list []*resource.Resource, schemas resource.Schemas) map[string]map[string]any {
	out := map[string]map[string]any{}
	for _, r := range list {
		if r.Tenure == resource.Given || r.Type == image || r.Tenure == resource.Implied && r.Type == groupRule || r.Type == securityGroup && r.Tenure == resource.Implied {
			continue
		}
		d := map[string]any{"name": r.Name, "parent": r.Parent.String(), "tenure": string(r.Tenure)}
		for k, v := range schemas[r.Type].Canonical(r.Spec) {
			if f, _ := schemas[r.Type].Field(resource.Path("").Field(k)); f.Chooser == resource.Provider {
				continue
			}
			data, err := resource.MarshalValue(v)
			if err != nil {
				data = []byte(err.Error())
			}
			d[k] = string(data)
		}
		out[describeRef(r)] = d
	}
	return out
}

func describeRef(r *resource.Resource) string {
	if r.Type == groupRule {
		return r.Parent.String() + " " + ruleText(r.Spec)
	}
	return r.Ref.String()
}

// cut takes out what is left.
func cut(side map[string]map[string]any, name string, path resource.Path) {
	switch {
	case path == "":
		delete(side, name)
	case path == "rules":
		for _, spec := range defaultEgress() {
			delete(side, name+" "+ruleText(spec))
		}
	case side[name] != nil:
		delete(side[name], path.Steps()[0].(string))
	}
}

// TestLeft: each thing that HOT cannot say is listed, with a reason.
func TestLeft(t *testing.T) {
	ref := func(typ resource.Type, key resource.Key) resource.Ref { return resource.Ref{Type: typ, Key: key} }
	set := resource.NewSet(testSchemas(),
		&resource.Resource{Ref: ref(securityGroup, "silent"), Tenure: resource.Own, Name: "silent", Spec: map[string]resource.Value{"stateful": false}},
		&resource.Resource{Ref: ref(network, "net"), Tenure: resource.Own, Spec: map[string]resource.Value{"description": "ours"}},
		&resource.Resource{Ref: ref(volume, "data"), Tenure: resource.Own, Spec: map[string]resource.Value{"size": int64(1)}, Content: &resource.Content{Seed: 1}},
		&resource.Resource{Ref: ref("OS::Cinder::Snapshot", "before"), Tenure: resource.Own},
		&resource.Resource{Ref: ref(server, "box"), Tenure: resource.Own, Name: "box", Spec: map[string]resource.Value{
			"power": "off", "flavor": ref(flavor, "small"), "metadata": map[string]resource.Value{"get_file": "x"}}},
		&resource.Resource{Ref: ref(flavor, "small"), Tenure: resource.Given, Name: "small"},
	)
	rule := func(key resource.Key, parent resource.Ref, spec map[string]resource.Value) {
		set.Put(&resource.Resource{Ref: ref(groupRule, key), Parent: parent, Tenure: resource.Implied, Spec: spec})
	}
	def := ref(securityGroup, "default")
	set.Put(&resource.Resource{Ref: def, Name: "default", Tenure: resource.Implied})
	rule("in", def, map[string]resource.Value{"ethertype": "IPv4", "remote_group": def})
	rule("out", def, map[string]resource.Value{"direction": "egress"})
	rule("ssh", def, map[string]resource.Value{"protocol": "tcp"})
	rendering, err := Render(set, "")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range rendering.Left {
		got = append(got, fmt.Sprintf("%s %s", l.Ref.Key, l.Path))
	}
	want := []string{"before ", "data content", "data name", "default rules", "silent rules", "silent stateful", "ssh ", "box metadata", "box power"}
	if !slices.Equal(got, want) {
		t.Errorf("left %q, want %q", got, want)
	}
}

// The routes of one router come one after the other, unless they do already.
func TestRoutesInARow(t *testing.T) {
	ref := func(typ resource.Type, key resource.Key) resource.Ref { return resource.Ref{Type: typ, Key: key} }
	route := func(key, on resource.Key, after ...resource.Key) *resource.Resource {
		x := &resource.Resource{Ref: ref(extraRoute, key), Tenure: resource.Own, Parent: ref(router, on),
			Spec: map[string]resource.Value{"router_id": ref(router, on), "destination": "10." + fmt.Sprint(len(key)) + ".0.0/16", "nexthop": "10.0.0.1"}}
		for _, k := range after {
			x.After = append(x.After, ref(extraRoute, k))
		}
		return x
	}
	set := resource.NewSet(testSchemas(), &resource.Resource{Ref: ref(router, "one"), Tenure: resource.Own}, &resource.Resource{Ref: ref(router, "two"), Tenure: resource.Own},
		route("a", "one"), route("bb", "one"), route("ccc", "one"), route("d", "two", "ee"), route("ee", "two"))
	rendering, err := Render(set, "")
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse("routes.yaml", rendering.Template, Options{Schemas: testSchemas()})
	if err != nil {
		t.Fatal(err)
	}
	got := map[resource.Key][]resource.Ref{}
	for r := range again.Set.OfType(extraRoute) {
		if len(r.After) > 0 {
			got[r.Key] = r.After
		}
	}
	want := map[resource.Key][]resource.Ref{"bb": {ref(extraRoute, "a")}, "ccc": {ref(extraRoute, "bb")}, "d": {ref(extraRoute, "ee")}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
