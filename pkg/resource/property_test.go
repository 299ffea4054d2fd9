package resource_test

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	. "github.com/wechsel-project/wechsel/pkg/resource"
)

func TestValueComesBackAsItWas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := someValue(3).Draw(t, "value")
		data, err := MarshalValue(v)
		if err != nil {
			t.Fatal(err)
		}
		back, err := UnmarshalValue(data)
		if err != nil {
			t.Fatalf("%s: %v", data, err)
		}
		if d := cmp.Diff(v, back); d != "" {
			t.Fatalf("%s came back as another value:\n%s", data, d)
		}
	})
}

func TestResourceAndSetComeBackAsTheyWere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := someGraph.Draw(t, "set")
		for r := range s.All() {
			r.Name, r.ID = rapid.String().Draw(t, "name"), ""
			r.Attrs = map[string]Value{"status": someValue(2).Draw(t, "attr")}
			r.Unread = []Path{somePath.Draw(t, "unread")}
			r.Content = &Content{Size: rapid.Int64().Draw(t, "size"), Seed: rapid.Uint64().Draw(t, "seed")}
			r.DerivedFrom = []Ref{r.Ref}
		}
		data, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var back Set
		if err := json.Unmarshal(data, &back); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(list(s), list(&back)); d != "" {
			t.Fatal(d)
		}
	})
}

func TestSchemasComeBackAsTheyWere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		schema := someSchema.Draw(t, "schema")
		data, err := json.Marshal(NewSet(Schemas{"T": schema}))
		if err != nil {
			t.Fatal(err)
		}
		var back Set
		if err := json.Unmarshal(data, &back); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(schema, back.Schema("T")); d != "" {
			t.Fatal(d)
		}
	})
}

func list(s *Set) (out []*Resource) {
	for r := range s.All() {
		out = append(out, r)
	}
	return out
}

func TestMappingComesBackAsItWas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := Decision{Ref: someRef.Draw(t, "ref"), Path: somePath.Draw(t, "path"), From: someValue(2).Draw(t, "from"), To: someValue(2).Draw(t, "to"), Effect: Adapted, Rule: "a/b"}
		data, err := json.Marshal(Mapping{Decisions: []Decision{d}})
		if err != nil {
			t.Fatal(err)
		}
		var back Mapping
		if err := json.Unmarshal(data, &back); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(d, back.Decisions[0]); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestCanonicalIsIdempotentAndSharesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		schema, spec := someSchema.Draw(t, "schema"), someSpec.Draw(t, "spec")
		before, _ := MarshalValue(spec)
		once := schema.Canonical(spec)
		twice := schema.Canonical(once)
		if d := cmp.Diff(once, twice); d != "" {
			t.Fatal(d)
		}
		for k := range once {
			once[k] = "overwritten"
		}
		if after, _ := MarshalValue(spec); string(before) != string(after) {
			t.Fatalf("the original has changed: %s became %s", before, after)
		}
	})
}

func TestCanonicalDoesNotKnowTheOrderOfSets(t *testing.T) {
	schema := &Schema{Type: "T", Fields: []Field{{Path: "a", Form: List, List: Unique}}}
	rapid.Check(t, func(t *rapid.T) {
		items := rapid.SliceOfN(someValue(1), 0, 6).Draw(t, "items")
		shuffled := rapid.Permutation(items).Draw(t, "shuffled")
		if len(items) > 0 {
			shuffled = append(shuffled, items[0])
		}
		a, b := schema.Canonical(map[string]Value{"a": items}), schema.Canonical(map[string]Value{"a": shuffled})
		if d := cmp.Diff(a, b); d != "" {
			t.Fatal(d)
		}
	})
}

func TestPathLeadsWhereItsStepsSay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		steps := someSteps.Draw(t, "steps")
		var p, pattern Path
		for _, step := range steps {
			p = join(p, step)
			if _, ok := step.(int); ok {
				pattern += "[]"
				continue
			}
			pattern = join(pattern, step)
		}
		if got := p.Steps(); len(steps) > 0 && !reflect.DeepEqual(got, steps) {
			t.Fatalf("%s has the steps %q, want %q", p, got, steps)
		}
		if p.Pattern() != pattern || !p.Matches(p.Pattern()) || !p.Matches(p) {
			t.Fatalf("%s has the pattern %s, want %s", p, p.Pattern(), pattern)
		}
	})
}

func TestEveryLeafIsFoundAtItsPath(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := someValue(3).Draw(t, "value")
		for p, leaf := range Leaves(v) {
			if got, ok := Lookup(v, p); !ok || !cmp.Equal(got, leaf) {
				t.Fatalf("at %q: %v, want %v", p, got, leaf)
			}
		}
	})
}

func TestKeysAreValidAndAsTheirText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringN(30, 80, -1)).Draw(t, "text")
		if key := NewKey(text); !key.Valid() || key != NewKey(text) {
			t.Fatalf("%q gives %q", text, key)
		}
		key := someKey.Draw(t, "key")
		if NewKey(key) != Key(key) {
			t.Fatalf("the key %q becomes %q", key, NewKey(key))
		}
	})
}

func TestWhatNoFileCanHoldIsAnError(t *testing.T) {
	for _, v := range []Value{math.NaN(), math.Inf(1), struct{}{}, []Value{make(chan int)}} {
		if data, err := MarshalValue(v); err == nil {
			t.Errorf("%v became %s", v, data)
		}
	}
	for _, text := range []string{`{"$ref": 1}`, `{"$nothing": {}}`, `{"$float": "x"}`, `[`, `1 2`} {
		if v, err := UnmarshalValue([]byte(text)); err == nil {
			t.Errorf("%s became %v", text, v)
		}
	}
}

func FuzzPath(f *testing.F) {
	for _, text := range []string{"", "a.b[0]", `a."x.y"`, "[", "a..b", "*", "[].*", "`", `"`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var p Path
		for _, step := range Path(text).Steps() {
			if _, ok := step.(Any); ok {
				return
			}
			p = join(p, step)
		}
		if got, want := p.Steps(), Path(text).Steps(); !reflect.DeepEqual(got, want) {
			t.Fatalf("%q is rewritten as %q with the steps %q, want %q", text, p, got, want)
		}
		if !Path(text).Matches(Path(text)) && !strings.ContainsAny(text, "*[") {
			t.Fatalf("%q does not match itself", text)
		}
	})
}

func FuzzValue(f *testing.F) {
	for _, text := range []string{`{"$ref":{"type":"a","key":"b"}}`, `{"$join":{"parts":[1,{"$$a":2.5}]}}`, `{"$float":"1e9"}`, `[null,{}]`, `9223372036854775808`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, err := UnmarshalValue([]byte(text))
		if err != nil {
			return
		}
		data, err := MarshalValue(v)
		if err != nil {
			return // infinity, which only "$float" can say
		}
		back, err := UnmarshalValue(data)
		if err != nil {
			t.Fatalf("%s was written as %s: %v", text, data, err)
		}
		if d := cmp.Diff(v, back); d != "" {
			t.Fatal(d)
		}
	})
}

// A place knows the field that a path leads to, however odd the names.
func TestPlacesAreFields(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.SampledFrom([]string{"a", "b", "a.b", "*", "", "[0]", `"`})
		s := &Schema{}
		for range rapid.IntRange(0, 8).Draw(t, "fields") {
			var p Path
			for range rapid.IntRange(1, 3).Draw(t, "depth") {
				switch rapid.IntRange(0, 3).Draw(t, "step") {
				case 0:
					p += "[]"
				case 1:
					p = p.Index(rapid.IntRange(0, 1).Draw(t, "index"))
				case 2:
					p += ".*"
				default:
					p = p.Field(word.Draw(t, "name"))
				}
			}
			s.Fields = append(s.Fields, Field{Path: p, Gate: string(p)})
		}
		var p Path
		at := s.Whole()
		for range rapid.IntRange(0, 3).Draw(t, "steps") {
			if rapid.Bool().Draw(t, "in a list") {
				i := rapid.IntRange(0, 1).Draw(t, "item")
				p, at = p.Index(i), at.Index(i)
			} else {
				name := word.Draw(t, "entry")
				p, at = p.Field(name), at.Entry(name)
			}
		}
		want, known := s.Field(p)
		if got, ok := at.Field(); ok != known || got.Path != want.Path {
			t.Fatalf("at %s is %v %v, want %v %v", p, got.Path, ok, want.Path, known)
		}
	})
}
