package cloud

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// Versions returns in which versions a cloud has its types, of those that have
// versions at all: "v1".
func Versions(c profile.Catalogue) map[resource.Type][]string {
	if c.Cluster == nil {
		return nil
	}
	out := map[resource.Type][]string{}
	for _, k := range c.Cluster.Kinds {
		out[resource.Type(cmp.Or(k.Group, "core")+"/"+k.Kind)] = k.Versions
	}
	return out
}

// VersionsIn returns in which version a set has its resources.
func VersionsIn(set *resource.Set) map[resource.Type][]string {
	found := map[resource.Type]map[string]bool{}
	for r := range set.All() {
		told, _ := r.Spec["apiVersion"].(string)
		if told == "" {
			continue
		}
		if found[r.Type] == nil {
			found[r.Type] = map[string]bool{}
		}
		found[r.Type][told[strings.LastIndexByte(told, '/')+1:]] = true
	}
	out := make(map[resource.Type][]string, len(found))
	for t, versions := range found {
		out[t] = slices.Sorted(maps.Keys(versions))
	}
	return out
}

// Speak lets c be read in versions that the other side has, if it can do so.
func Speak(ctx context.Context, c Reader, versions map[resource.Type][]string) error {
	if converter, ok := c.(Converter); ok && len(versions) > 0 {
		return converter.Speak(ctx, versions)
	}
	return nil
}
