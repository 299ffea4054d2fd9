package hot

import (
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// TestZooHasEverything: the scenario vm-zoo sets each property that is
// supported, and calls each function.
func TestZooHasEverything(t *testing.T) {
	const file = "../../scenarios/vm-zoo/vm-zoo.hot.yaml"
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	p := &problems{file: file}
	root, _ := load(p, data).value.(*object)
	if err := p.err(); err != nil {
		t.Fatal(err)
	}
	used, calls := map[resource.Type]map[resource.Path]bool{}, map[string]bool{}
	countCalls(root.get("conditions"), calls)
	countCalls(root.get("outputs"), calls)
	for _, e := range root.get("resources").value.(*object).entries {
		r := e.value.value.(*object)
		typ := resource.Type(r.get("type").value.(string))
		if used[typ] == nil {
			used[typ] = map[resource.Path]bool{}
		}
		countCalls(r.get("properties"), calls)
		collect(r.get("properties"), "", used[typ])
	}
	for typ, k := range kinds() {
		if k.legacy {
			continue
		}
		for _, path := range supported(k.properties, "") {
			if !used[typ][path] {
				t.Errorf("%s: %s has no %s", file, typ, path)
			}
		}
	}
	e := &evaluator{}
	for _, name := range slices.Concat(slices.Collect(maps.Keys(e.functions())), slices.Collect(maps.Keys(e.inConditions()))) {
		if !calls[name] {
			t.Errorf("%s: %s is not called", file, name)
		}
	}
}

// supported lists the paths of all properties that do something and have no
// newer name.
func supported(fields map[string]property, path resource.Path) []resource.Path {
	var out []resource.Path
	for name, p := range fields {
		if p.refuse != "" || p.as != "" || p.idle != "" || p.legacy {
			continue
		}
		at := path.Field(name)
		out = append(out, at)
		if p.shape == aList {
			at, p = at+"[]", *p.item
		}
		out = append(out, supported(p.fields, at)...)
	}
	return out
}

// collect notes the paths in a value, also those that depend on a condition.
func collect(n *node, path resource.Path, paths map[resource.Path]bool) {
	switch v := n.value.(type) {
	case []*node:
		for _, item := range v {
			collect(item, path+"[]", paths)
		}
	case *object:
		if len(v.entries) == 1 && v.entries[0].key == "if" {
			for _, branch := range v.entries[0].value.value.([]*node)[1:] {
				collect(branch, path, paths)
			}
			return
		}
		for _, e := range v.entries {
			paths[path.Field(e.key)] = true
			collect(e.value, path.Field(e.key), paths)
		}
	}
}

func countCalls(n *node, calls map[string]bool) {
	switch v := n.value.(type) {
	case []*node:
		for _, item := range v {
			countCalls(item, calls)
		}
	case *object:
		for _, e := range v.entries {
			calls[e.key] = len(v.entries) == 1 || calls[e.key]
			countCalls(e.value, calls)
		}
	}
}
