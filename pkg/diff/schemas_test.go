package diff_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/wechsel-project/wechsel/pkg/cloud/openstack"
	. "github.com/wechsel-project/wechsel/pkg/diff"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// full returns two resources of every type, with a value for every property
// that the schemas know.
func full(schemas resource.Schemas) *resource.Set {
	s := resource.NewSet(schemas)
	for t, schema := range schemas {
		for i := range 2 {
			r := own(t, fmt.Sprint("r", i), spec{})
			r.Name = fmt.Sprint(t, i)
			for _, f := range schema.Fields {
				if steps := f.Path.Steps(); len(steps) == 1 {
					r.Spec[string(f.Path)] = value(schema, f, i)
				}
			}
			if schema.Mark == resource.MarkParent {
				r.Parent = parentOf(schema, r)
			}
			if schema.Mark == resource.MarkNone {
				r.Tenure = resource.Given
			}
			s.Put(r)
		}
	}
	return s
}

// parentOf: the first required reference of a child leads to its parent.
func parentOf(schema *resource.Schema, r *resource.Resource) resource.Ref {
	for _, f := range schema.Fields {
		if f.Required && len(f.Refers) > 0 {
			return ref(f.Refers[0], string(r.Key))
		}
	}
	return resource.Ref{}
}

// value returns a value for a field that is not its default; another for each i.
func value(schema *resource.Schema, f resource.Field, i int) resource.Value {
	if len(f.Refers) > 0 {
		return ref(f.Refers[0], fmt.Sprint("r", i%2))
	}
	switch f.Form {
	case resource.Int:
		return int64(100 + i)
	case resource.Bool:
		return f.Default != true
	case resource.CIDR:
		return fmt.Sprintf("10.%d.0.0/16", i+1)
	case resource.IP:
		return fmt.Sprintf("10.0.0.%d", i+1)
	case resource.MAC:
		return fmt.Sprintf("fa:16:3e:00:00:%02x", i)
	case resource.Protocol:
		return []string{"tcp", "udp", "icmp"}[i%3]
	case resource.List:
		item, _ := schema.Field(f.Path + "[]")
		item.Path = f.Path + "[]"
		if item.Form == "" {
			item.Form = resource.Text
		}
		return list{value(schema, item, i)}
	case resource.Object:
		return object(schema, f, i)
	default:
		return fmt.Sprint("text-", i)
	}
}

func object(schema *resource.Schema, f resource.Field, i int) resource.Value {
	out := spec{}
	for _, sub := range schema.Fields {
		name, ok := strings.CutPrefix(string(sub.Path), string(f.Path)+".")
		if !ok || strings.ContainsAny(name, ".[") {
			continue
		}
		if name == "*" {
			name = "k"
			out["other"] = value(schema, sub, i)
		}
		out[name] = value(schema, sub, i)
	}
	return out
}

// places returns a setter for every value inside v that holds no others.
func places(p resource.Path, v resource.Value, set func(resource.Value)) map[resource.Path]func(resource.Value) {
	out := map[resource.Path]func(resource.Value){}
	switch v := v.(type) {
	case spec:
		for k, item := range v {
			maps.Copy(out, places(p.Field(k), item, func(n resource.Value) {
				if n == nil {
					delete(v, k)
					return
				}
				v[k] = n
			}))
		}
	case list:
		for i, item := range v {
			maps.Copy(out, places(p.Index(i), item, func(n resource.Value) { v[i] = n }))
		}
	default:
		out[p] = set
	}
	return out
}

// verdictAt says what a difference at p must be.
func verdictAt(schema *resource.Schema, p resource.Path, removed bool) Verdict {
	var at resource.Path
	for _, step := range append(p.Steps(), nil) {
		if f, ok := schema.Field(at); ok {
			switch {
			case f.Hidden && removed:
				return Unread
			case f.Chooser == resource.Provider || f.Chooser == resource.Either || f.Chooser == resource.Clock:
				return Chosen
			}
		}
		switch s := step.(type) {
		case string:
			at = at.Field(s)
		case int:
			at = at.Index(s)
		}
	}
	return Changed
}

func TestOrderMeansSomethingInListsAndNothingInSets(t *testing.T) {
	of := ref("OS::Neutron::Subnet", "r0")
	with := func(names, pools list) *resource.Set {
		s := full(openstack.Schemas())
		s.Get(of).Spec["dns_nameservers"], s.Get(of).Spec["allocation_pools"] = names, pools
		return s
	}
	x, y := spec{"start": "10.0.0.2", "end": "10.0.0.3"}, spec{"start": "10.0.0.5", "end": "10.0.0.6"}
	a := with(list{"10.0.0.8", "10.0.0.9"}, list{x, y})
	if got := Compare(a, with(list{"10.0.0.8", "10.0.0.9"}, list{y, x}), resource.Mapping{}, Options{Joined: true}).Changes; len(got) > 0 {
		t.Errorf("%+v", got)
	}
	if got := Compare(a, with(list{"10.0.0.9", "10.0.0.8"}, list{x, y}), resource.Mapping{}, Options{Joined: true}).Changes; len(got) != 2 {
		t.Errorf("%+v", got)
	}
}

// TestNoBlindness: for every property of every type, one change on the target
// is told as exactly that change.
func TestNoBlindness(t *testing.T) {
	schemas := openstack.Schemas()
	count := 0
	for _, typ := range slices.Sorted(maps.Keys(schemas)) {
		schema, of := schemas[typ], ref(typ, "r0")
		fresh := full(schemas).Get(of)
		for _, p := range slices.Sorted(maps.Keys(places("", fresh.Spec, nil))) {
			for _, removed := range []bool{false, true} {
				if removed && strings.HasSuffix(string(p), "]") {
					continue // a list without its item is a change of the list
				}
				b := full(schemas)
				set := places("", b.Get(of).Spec, nil)[p]
				f, _ := schema.Field(p)
				f.Path = p
				if f.Form == "" {
					f.Form = resource.Text
				}
				now := value(schema, f, 1)
				if f.Form == resource.Bool {
					now = f.Default == true
				}
				if removed {
					now = nil
				}
				set(now)
				count++
				check(t, full(schemas), b, of, p, verdictAt(schema, p, removed), fmt.Sprintf("%s %s = %v", typ, p, now))
			}
		}
	}
	if count < 200 {
		t.Errorf("only %d single changes were tried", count)
	}
}

// check compares, and wants one change at p and nothing else.
func check(t *testing.T, a, b *resource.Set, of resource.Ref, p resource.Path, want Verdict, what string) {
	t.Helper()
	if a.Get(of).Tenure == resource.Given {
		want = Chosen
	}
	got := Compare(a, b, resource.Mapping{}, Options{Joined: true}).Changes
	if len(got) != 1 || got[0].Ref != of || got[0].Verdict != want || !touches(got[0].Path, p) {
		t.Errorf("%s: %+v, want it %s", what, got, want)
	}
}

// touches: a set without order is told as a whole, or by the property inside
// its item.
func touches(got, want resource.Path) bool {
	return got == want || got == want.Pattern() || strings.HasPrefix(string(want), string(got)+"[")
}
