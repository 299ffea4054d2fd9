package diff

import (
	"maps"
	"slices"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// unread returns the paths of what cannot be read on one side or on both, and of
// which therefore nothing can be told. What both keep to themselves and show a
// hash of is compared like all else. What only one does is not: the other one has
// no value, but what stands for it.
func unread(x, y map[string]resource.Value, a, b []resource.Path) []resource.Path {
	all := map[resource.Path]bool{}
	for _, p := range slices.Concat(a, b) {
		all[p] = all[p] || !isCompared(p, x, a, b) || !isCompared(p, y, a, b)
	}
	maps.DeleteFunc(all, func(_ resource.Path, told bool) bool { return !told })
	for p := range all { // once is enough
		if slices.ContainsFunc(slices.Collect(maps.Keys(all)), func(q resource.Path) bool { return q != p && isBelow(p, q) }) {
			delete(all, p)
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// isCompared: there is something at the path, and all of it is kept on both sides.
func isCompared(p resource.Path, spec map[string]resource.Value, a, b []resource.Path) bool {
	v, ok := resource.Lookup(spec, p)
	if !ok || v == nil {
		return false
	}
	for inner := range resource.Leaves(v) {
		at := p
		if inner != "" {
			at += "." + inner
		}
		if !isKept(at, a) || !isKept(at, b) {
			return false
		}
	}
	return true
}

func isKept(p resource.Path, list []resource.Path) bool {
	return slices.ContainsFunc(list, func(q resource.Path) bool { return isBelow(p, q) })
}

// isBelow reports whether p is q, or inside of it.
func isBelow(p, q resource.Path) bool {
	return p == q || strings.HasPrefix(string(p), string(q)+".") || strings.HasPrefix(string(p), string(q)+"[")
}
