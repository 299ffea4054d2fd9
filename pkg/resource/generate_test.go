package resource_test

import (
	"fmt"

	"pgregory.net/rapid"

	. "github.com/wechsel-project/wechsel/pkg/resource"
)

var (
	someKey  = rapid.StringMatching(`[A-Za-z0-9_-]{1,40}`)
	someName = rapid.OneOf(rapid.StringMatching(`[a-z]{1,6}`), rapid.StringMatching(`\$?\$?[a-z."\[\]*\\' ]{0,4}`), rapid.String(),
		rapid.SampledFrom([]string{"$ref", "$attr", "$join", "$float", "", "*", "`x`"}))
	someRef = rapid.Custom(func(t *rapid.T) Ref {
		return Ref{Type: rapid.SampledFrom([]Type{"OS::Nova::Server", "apps/Deployment"}).Draw(t, "type"), Key: Key(someKey.Draw(t, "key"))}
	})
	somePath = rapid.Custom(func(t *rapid.T) Path {
		var p Path
		for _, step := range someSteps.Draw(t, "steps") {
			p = join(p, step)
		}
		return p
	})
	someSteps = rapid.SliceOfN(rapid.OneOf(someName.AsAny(), rapid.IntRange(0, 99).AsAny()), 0, 5)
)

func join(p Path, step any) Path {
	if i, ok := step.(int); ok {
		return p.Index(i)
	}
	return p.Field(step.(string))
}

// someValue draws a value of at most this depth, of every kind there is.
func someValue(depth int) *rapid.Generator[Value] {
	leaves := []*rapid.Generator[Value]{
		rapid.Just[Value](nil), rapid.Bool().AsAny(), rapid.Int64().AsAny(), rapid.Float64().AsAny(), rapid.String().AsAny(), someRef.AsAny(),
		rapid.SampledFrom([]Value{"5", " 5", "TRUE", "false", "10.1.2.3/8", "2001:DB8::0:1", "AA-BB-CC-00-11-22", "6", "ICMPv6", "any", 2.0, "tcp"}),
		rapid.Custom(func(t *rapid.T) Value { return Attr{Ref: someRef.Draw(t, "ref"), Path: somePath.Draw(t, "path")} }),
	}
	if depth > 0 {
		inner := someValue(depth - 1)
		leaves = append(leaves,
			rapid.Custom(func(t *rapid.T) Value { return rapid.SliceOfN(inner, 0, 4).Draw(t, "list") }),
			rapid.Custom(func(t *rapid.T) Value { return rapid.MapOfN(someName, inner, 0, 4).Draw(t, "map") }),
			rapid.Custom(func(t *rapid.T) Value {
				return Join{Sep: rapid.SampledFrom([]string{"", ",", "-"}).Draw(t, "sep"), Parts: rapid.SliceOfN(inner, 1, 4).Draw(t, "parts")}
			}))
	}
	return rapid.OneOf(leaves...)
}

// someSchema draws a schema over the few names that someSpec uses.
var someSchema = rapid.Custom(func(t *rapid.T) *Schema {
	s := &Schema{Type: "T"}
	forms := []Form{Text, Int, Bool, CIDR, IP, MAC, Protocol, Object, Zone}
	for _, name := range []Path{"a", "b", "c", "a[]", "b.*", "c[].a", "c[].b"} {
		f := Field{Path: name, Form: rapid.SampledFrom(forms).Draw(t, "form")}
		if rapid.Bool().Draw(t, "set") {
			f.Form, f.List = List, Unique
		}
		f.Default = rapid.SampledFrom([]Value{nil, nil, "", false, int64(5), "tcp", 0.0}).Draw(t, "default")
		s.Fields = append(s.Fields, f)
	}
	return s
})

var someSpec = rapid.Custom(func(t *rapid.T) map[string]Value {
	inner := rapid.OneOf(someValue(2), rapid.Custom(func(t *rapid.T) Value {
		return rapid.SliceOfN(rapid.MapOfN(rapid.SampledFrom([]string{"a", "b"}), someValue(1), 0, 2).AsAny(), 0, 4).Draw(t, "list")
	}))
	return rapid.MapOfN(rapid.SampledFrom([]string{"a", "b", "c", "d"}), inner, 0, 4).Draw(t, "spec")
})

// someGraph draws a Set of things that refer to each other.
var someGraph = rapid.Custom(func(t *rapid.T) *Set {
	schema := &Schema{Type: "T", Fields: []Field{
		{Path: "one", Refers: []Type{"T"}}, {Path: "many", Form: List, List: Unique, Refers: []Type{"T"}}, {Path: "row", Form: List, Refers: []Type{"T"}},
		{Path: "mac", Form: MAC, Chooser: Provider}, {Path: "secret", Hidden: true}}}
	n := rapid.IntRange(1, 12).Draw(t, "n")
	ref := rapid.Custom(func(t *rapid.T) Value {
		return Ref{Type: "T", Key: Key(fmt.Sprintf("k%d", rapid.IntRange(0, n-1).Draw(t, "to")))}
	})
	s := NewSet(Schemas{"T": schema})
	for i := range n {
		r := &Resource{Ref: Ref{Type: "T", Key: Key(fmt.Sprintf("k%d", i))}, Tenure: Own, ID: fmt.Sprintf("id-%d", i), Spec: map[string]Value{
			"color": rapid.SampledFrom([]string{"red", "blue"}).Draw(t, "color"), "mac": rapid.StringN(0, 3, -1).Draw(t, "mac"),
			"many": rapid.SliceOfN(ref, 0, 3).Draw(t, "many"), "row": rapid.SliceOfN(ref, 0, 3).Draw(t, "row")}}
		if rapid.Bool().Draw(t, "refers") {
			r.Spec["one"] = ref.Draw(t, "one")
		}
		if i > 0 && rapid.Bool().Draw(t, "child") {
			r.Parent, r.Tenure = Ref{Type: "T", Key: Key(fmt.Sprintf("k%d", rapid.IntRange(0, i-1).Draw(t, "parent")))}, Implied
		}
		s.Put(r)
	}
	return s
})

// renamed returns the Set with other keys and ids, and the new key of each.
func renamed(t *rapid.T, s *Set) (*Set, map[Ref]Ref) {
	var refs []Ref
	for r := range s.All() {
		refs = append(refs, r.Ref)
	}
	to := map[Ref]Ref{}
	for i, j := range rapid.Permutation(indexes(len(refs))).Draw(t, "keys") {
		to[refs[i]] = Ref{Type: refs[i].Type, Key: Key(fmt.Sprintf("x%d", j))}
	}
	out := NewSet(s.Schemas)
	for r := range s.All() {
		c := r.Clone()
		c.Ref, c.ID = to[r.Ref], "other-"+r.ID
		if !c.Parent.IsZero() {
			c.Parent = to[c.Parent]
		}
		c.Spec = RewriteSpec(c.Spec, func(v Value) Value {
			if ref, ok := v.(Ref); ok {
				return to[ref]
			}
			return v
		})
		out.Put(c)
	}
	return out, to
}

func indexes(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}
