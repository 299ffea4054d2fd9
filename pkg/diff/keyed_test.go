package diff_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	. "github.com/wechsel-project/wechsel/pkg/diff"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

const deployment resource.Type = "apps/Deployment"

// pods is a schema whose containers are told apart by their names, and their
// ports by number and protocol.
func pods() resource.Schemas {
	return resource.Schemas{deployment: {Type: deployment, Fields: []resource.Field{
		{Path: "containers", Form: resource.List, List: resource.Keyed, Keys: []string{"name"}},
		{Path: "containers[].ports", Form: resource.List, List: resource.Keyed, Keys: []string{"containerPort", "protocol"}},
		{Path: "containers[].ports[].protocol", Form: resource.Text, Default: "TCP"}}}}
}

func pod(containers ...resource.Value) *resource.Set {
	return resource.NewSet(pods(), own(deployment, "web", spec{"containers": containers}))
}

func box(name, image string, ports ...resource.Value) spec {
	return spec{"name": name, "image": image, "ports": ports}
}

// Where an empty list is a value, it is told whether there is one, whatever its
// items would be told apart by.
func TestEmptyLists(t *testing.T) {
	for _, kind := range []resource.ListKind{resource.Ordered, resource.Unique, resource.Keyed} {
		schemas := resource.Schemas{deployment: {Type: deployment, Empties: true, Fields: []resource.Field{{Path: "items", Form: resource.List, List: kind, Keys: []string{"name"}}}}}
		with, without := resource.NewSet(schemas, own(deployment, "web", spec{"items": list{}})), resource.NewSet(schemas, own(deployment, "web", spec{}))
		for _, sides := range [][2]*resource.Set{{with, without}, {without, with}} {
			got := Compare(sides[0], sides[1], resource.Mapping{}, Options{Joined: true}).Changes
			if len(got) != 1 || got[0].Path != "items" || got[0].Verdict != Changed || (got[0].Source == nil) == (got[0].Target == nil) {
				t.Errorf("%s: %v", kind, got)
			}
		}
		if got := Compare(with, with, resource.Mapping{}, Options{Joined: true}).Changes; len(got) > 0 {
			t.Errorf("%s: %v of itself", kind, got)
		}
	}
}

// What stands where in a list with keys means nothing; an item that is more,
// less or otherwise is told, and nothing else.
func TestKeyedLists(t *testing.T) {
	dns, dnsTCP, web := spec{"containerPort": int64(53), "protocol": "UDP"}, spec{"containerPort": int64(53)}, spec{"containerPort": int64(80), "protocol": "TCP"}
	type change struct {
		Path           resource.Path
		Source, Target resource.Value
	}
	for name, c := range map[string]struct {
		a, b *resource.Set
		want []change
	}{
		"the same in another order": {pod(box("a", "x", dns, dnsTCP, web), box("b", "y")), pod(box("b", "y"), box("a", "x", web, dns, dnsTCP)), nil},
		"an item more":              {pod(box("a", "x")), pod(box("b", "y"), box("a", "x")), []change{{"containers[0]", nil, spec{"name": "b", "image": "y"}}}},
		"an item less":              {pod(box("b", "y"), box("a", "x")), pod(box("a", "x")), []change{{"containers[0]", spec{"name": "b", "image": "y"}, nil}}},
		"the last item less":        {pod(box("a", "x")), pod(), []change{{"containers[0]", spec{"name": "a", "image": "x"}, nil}}},
		"an item changed":           {pod(box("a", "x"), box("b", "y")), pod(box("b", "z"), box("a", "x")), []change{{"containers[1].image", "y", "z"}}},
		"an item inside another":    {pod(box("a", "x"), box("b", "y", web, dns)), pod(box("b", "y", dns), box("a", "x")), []change{{"containers[1].ports[0].containerPort", int64(80), nil}}},
		"only a part of the key":    {pod(box("a", "x", dns)), pod(box("a", "x", dnsTCP)), []change{{"containers[0].ports[0]", dns, nil}, {"containers[0].ports[0].containerPort", nil, int64(53)}}},
		"twice on both":             {pod(box("a", "x"), box("a", "y")), pod(box("a", "x"), box("a", "y")), nil},
		"twice on one":              {pod(box("a", "x")), pod(box("a", "x"), box("a", "x")), []change{{"containers[1]", nil, spec{"name": "a", "image": "x"}}}},
		"one of two":                {pod(box("a", "x"), box("a", "x")), pod(box("a", "x")), []change{{"containers[1]", spec{"name": "a", "image": "x"}, nil}}},
		"a text among the items":    {pod("odd", box("a", "x")), pod(box("a", "x"), "odd"), nil},
		"another text":              {pod("odd"), pod("even"), []change{{"containers[0]", "odd", "even"}}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []change
			for _, ch := range Compare(c.a, c.b, resource.Mapping{}, Options{Joined: true}).Changes {
				if ch.Verdict != Changed {
					t.Errorf("%s is %s", ch.Path, ch.Verdict)
				}
				got = append(got, change{ch.Path, ch.Source, ch.Target})
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}
