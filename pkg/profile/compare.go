package profile

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A Difference is one thing that two catalogues do not have alike. Property is
// empty where only one of them has the thing at all.
type Difference struct {
	Section  string `json:"section"` // key of the catalogue: flavors, or cluster.given
	Name     string `json:"name"`    // of the thing: the flavor's, or the section's for a single value
	Property string `json:"property,omitempty"`
	A        any    `json:"a"` // as in the catalogue's JSON; nil: A has none
	B        any    `json:"b"`
}

// sections is the order in which catalogues are compared: from what a workload
// needs first to what it may come upon.
func sections() []string {
	return []string{"services", "flavors", "images", "volumeTypes", "networks", "mtu", "octavia", "qosPolicies", "zones", "quota", "extensions", "defaultGroup",
		"cluster.version", "cluster.domain", "cluster.kinds", "cluster.given", "cluster.everywhere", "cluster.nodes"}
}

// Compare returns what differs between two catalogues, by section and name, and
// how many things both have alike. Things are the same when their names are; ids,
// owners, times and use say nothing of what a cloud offers.
func Compare(a, b Catalogue) (differences []Difference, alike int) {
	x, y := things(a), things(b)
	for _, section := range sections() {
		names := slices.Sorted(maps.Keys(x[section]))
		for name := range y[section] {
			if _, both := x[section][name]; !both {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		for _, name := range names {
			left, inA := x[section][name]
			right, inB := y[section][name]
			d := Difference{Section: section, Name: name}
			switch {
			case !inB:
				d.A = left
				differences = append(differences, d)
			case !inA:
				d.B = right
				differences = append(differences, d)
			default:
				list := properties(d, left, right)
				if differences = append(differences, list...); len(list) == 0 {
					alike++
				}
			}
		}
	}
	return differences, alike
}

// properties compares one thing, property by property where it has some.
func properties(d Difference, a, b any) []Difference {
	x, isMap := a.(map[string]any)
	y, isMapToo := b.(map[string]any)
	if !isMap || !isMapToo {
		if Show(a) == Show(b) {
			return nil
		}
		d.A, d.B = a, b
		return []Difference{d}
	}
	keys := map[string]bool{}
	for k := range x {
		keys[k] = true
	}
	for k := range y {
		keys[k] = true
	}
	above := d.Property
	var out []Difference
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		if d.Property = k; above != "" {
			d.Property = above + "." + k
		}
		out = append(out, properties(d, x[k], y[k])...)
	}
	return out
}

// Show writes a value of a Difference in one line: text as it is, lists with
// commas, all else as JSON.
func Show(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case []any:
		items := make([]string, len(v))
		for i, item := range v {
			items[i] = Show(item)
		}
		return strings.Join(items, ", ")
	}
	data, _ := json.Marshal(v) // it comes from JSON
	return string(data)
}

// things are what a catalogue has, by section and name.
func things(c Catalogue) map[string]map[string]any {
	out := map[string]map[string]any{}
	data, _ := json.Marshal(c) // nothing in it cannot be written
	var doc map[string]any
	_ = json.Unmarshal(data, &doc)
	cluster, _ := doc["cluster"].(map[string]any)
	for _, section := range sections() {
		v := doc[section]
		if key, ok := strings.CutPrefix(section, "cluster."); ok {
			v = cluster[key]
		}
		if named := byName(section, strip(v)); len(named) > 0 {
			out[section] = named
		}
	}
	return out
}

// strip leaves out what is different on every cloud.
func strip(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for _, k := range []string{"id", "owner", "created", "used", "hash", "remoteGroup"} {
			delete(v, k)
		}
		for k, inner := range v {
			v[k] = strip(inner)
		}
	case []any:
		for i := range v {
			v[i] = strip(v[i])
		}
	}
	return v
}

// byName takes a section apart into things.
func byName(section string, v any) map[string]any {
	out := map[string]any{}
	switch v := v.(type) {
	case nil:
	case map[string]any:
		if section == "defaultGroup" {
			return map[string]any{"rules": v["rules"]}
		}
		return v
	case []any:
		for _, item := range v {
			name, thing := nameOf(item)
			for base, n := name, 2; out[name] != nil; n++ { // a provider may give two things one name
				name = fmt.Sprintf("%s (%d)", base, n)
			}
			out[name] = thing
		}
	default:
		out[section[strings.LastIndexByte(section, '.')+1:]] = v
	}
	return out
}

// nameOf returns what a thing is called, and the rest of it: what has no name is
// called by what it says.
func nameOf(item any) (string, any) {
	m, ok := item.(map[string]any)
	if !ok {
		return Show(item), true
	}
	text := func(k string) string { v, _ := m[k].(string); return v }
	m = maps.Clone(m)
	switch {
	case text("plural") != "":
		name := strings.Trim(text("group")+"/"+text("kind"), "/")
		maps.DeleteFunc(m, func(k string, _ any) bool { return k != "versions" })
		return name, m
	case text("name") != "":
		name := strings.TrimSpace(text("type") + " " + text("name"))
		delete(m, "name")
		delete(m, "type")
		return name, m
	}
	count := m["count"]
	delete(m, "count")
	return Show(m), map[string]any{"count": count}
}
