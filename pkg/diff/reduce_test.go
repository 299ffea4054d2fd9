package diff_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	. "github.com/wechsel-project/wechsel/pkg/diff"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

const (
	tSpace  = resource.Type("core/Namespace")
	tConfig = resource.Type("core/ConfigMap")
	tSecret = resource.Type("core/Secret")
	tApp    = resource.Type("apps/Deployment")
	tSet    = resource.Type("apps/StatefulSet")
	tClaim  = resource.Type("core/PersistentVolumeClaim")
	tClass  = resource.Type("storage.k8s.io/StorageClass")
)

// namedSchemas are those of types whose names are their identity, and of one
// type whose name is not.
func namedSchemas() resource.Schemas {
	out := resource.Schemas{volume: {Type: volume}}
	for _, s := range []*resource.Schema{
		{Type: tSpace}, {Type: tConfig}, {Type: tSecret, Fields: []resource.Field{{Path: "data", Form: resource.Object, Hidden: true}}},
		{Type: tApp, Fields: []resource.Field{{Path: "config", Refers: []resource.Type{tConfig}}, {Path: "tags", Form: resource.List, List: resource.Unique}}},
		{Type: tSet}, {Type: tClaim, Fields: []resource.Field{{Path: "class", Chooser: resource.Either}}}, {Type: tClass},
	} {
		s.Named, s.Empties, s.Mark = true, true, resource.MarkMetadata
		out[s.Type] = s
	}
	return out
}

// someCluster draws a Set of named things, and a few that are not, in two
// namespaces of which one's names look like the other's.
var someCluster = rapid.Custom(func(t *rapid.T) *resource.Set {
	s := resource.NewSet(namedSchemas())
	for i := range rapid.IntRange(0, 14).Draw(t, "count") {
		kind := rapid.SampledFrom([]resource.Type{tConfig, tSecret, tApp, tSet, tClaim, volume}).Draw(t, "type")
		r := named(kind, rapid.SampledFrom([]string{"a", "a-b"}).Draw(t, "namespace"), rapid.SampledFrom([]string{"web", "b-web", "db"}).Draw(t, "name"))
		if kind == volume {
			r = own(volume, fmt.Sprint("v", i), spec{})
		}
		s.Put(r)
	}
	for r := range s.All() {
		dress(t, s, r)
	}
	closed(s)
	return s
})

func named(kind resource.Type, scope, name string) *resource.Resource {
	return &resource.Resource{Ref: resource.Ref{Type: kind, Key: resource.NameKey(scope, name)}, Name: name, Scope: scope, Tenure: resource.Own,
		Spec: spec{"namespace": ref(tSpace, scope)}, State: resource.Ready}
}

// dress draws what a thing is.
func dress(t *rapid.T, s *resource.Set, r *resource.Resource) {
	word := rapid.SampledFrom([]resource.Value{"x", "y", nil})
	name := rapid.SampledFrom([]string{"web", "b-web", "db", "none"})
	switch r.Type {
	case tApp:
		r.Spec["config"] = ref(tConfig, string(resource.NameKey(r.Scope, name.Draw(t, "config"))))
		r.Spec["image"], r.Spec["tags"] = word.Draw(t, "image"), list{"b", word.Draw(t, "tag")}
		if rapid.IntRange(0, 2).Draw(t, "volume") == 0 {
			for v := range s.OfType(volume) {
				r.Spec["volume"] = v.Ref
			}
		}
	case tSecret:
		r.Spec["data"], r.Unread = spec{"key": word.Draw(t, "hash")}, []resource.Path{"data"}
	case volume:
		r.Spec["size"] = int64(rapid.IntRange(0, 2).Draw(t, "size"))
	case tConfig:
		r.Spec["data"] = word.Draw(t, "data")
	case tClaim:
		r.Spec["class"] = word.Draw(t, "class")
		if parent := s.Get(resource.Ref{Type: tSet, Key: r.Key}); parent != nil {
			r.Parent, r.Tenure = parent.Ref, resource.Implied
		}
		r.Spec["given"] = ref(tClass, "fast")
	}
	if rapid.IntRange(0, 9).Draw(t, "state") == 0 {
		r.State = resource.Failed
	}
	schema := s.Schema(r.Type)
	r.Spec = schema.Canonical(r.Spec)
}

// closed adds what is referred to and not there: the provider gives it.
func closed(s *resource.Set) {
	for r := range s.All() {
		for _, to := range r.Refs() {
			if s.Get(to) == nil {
				s.Put(&resource.Resource{Ref: to, Name: string(to.Key), Tenure: resource.Given, State: resource.Ready, Spec: spec{}})
			}
		}
	}
}

// changed draws what may have become of the Set elsewhere.
func changed(t *rapid.T, s *resource.Set) *resource.Set {
	out := resource.NewSet(s.Schemas)
	for r := range s.All() {
		c := r.Clone()
		switch rapid.IntRange(0, 11).Draw(t, "fate") {
		case 0:
			if c.Tenure == resource.Given { // it is there after all
				c.Tenure = resource.Own
				break
			}
			continue
		case 1:
			dress(t, s, c)
		case 2:
			if schema := s.Schema(c.Type); schema.Named && c.Tenure == resource.Own && c.Scope != "" {
				c.Name += "-2"
				c.Key = resource.NameKey(c.Scope, c.Name)
			}
		case 3:
			c.Spec["more"] = "z"
		}
		if !c.Parent.IsZero() && out.Get(c.Parent) == nil {
			c.Parent, c.Tenure = resource.Ref{}, resource.Own
		}
		out.Put(c)
	}
	closed(out)
	return out
}

// What is left out makes no difference to what is found.
func TestReducedSetsShowTheSame(t *testing.T) {
	left := 0
	rapid.Check(t, func(t *rapid.T) {
		a := someCluster.Draw(t, "a")
		b := changed(t, a)
		x, y, equal, err := Reduce(resource.StreamOf(a), resource.StreamOf(b))
		if err != nil {
			t.Fatal(err)
		}
		want, got := Compare(a, b, resource.Mapping{}, Options{}), Compare(x, y, resource.Mapping{}, Options{})
		if d := cmp.Diff(want.Changes, got.Changes); d != "" {
			t.Fatalf("other changes: %s", d)
		}
		if d := cmp.Diff(want.Signals, got.Signals); d != "" {
			t.Fatalf("other signals: %s", d)
		}
		for ref, outcome := range want.Outcomes {
			if now, kept := got.Outcomes[ref]; now != outcome && (kept || outcome != Equivalent) {
				t.Fatalf("%s is %s, and then %q", ref, outcome, now)
			}
		}
		for _, p := range want.Pairs {
			if x.Get(p.A) != nil && !slices.Contains(got.Pairs, p) {
				t.Fatalf("%v is no pair any more: %v", p, got.Pairs)
			}
		}
		left += equal
	})
	if left == 0 {
		t.Error("nothing was ever left out")
	}
}

// Who a thing without a name of its own is depends on what refers to it.
func TestWhatRefersToTheUnnamedIsKept(t *testing.T) {
	app := named(tApp, "a", "web")
	app.Spec["volume"] = ref(volume, "v1")
	other := named(tApp, "a", "db")
	set := resource.NewSet(namedSchemas(), app, other, own(volume, "v1", spec{"size": int64(1)}))
	closed(set)
	x, y, equal, err := Reduce(resource.StreamOf(set), resource.StreamOf(set.Clone()))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []*resource.Set{x, y} {
		if kept := s.Get(app.Ref); kept == nil || kept.Spec["volume"] == nil || s.Get(other.Ref) != nil {
			t.Errorf("kept is %v, and of the other one %v", kept, s.Get(other.Ref))
		}
	}
	if equal != 2 { // the other one and the namespace
		t.Errorf("%d are equal", equal)
	}
}
