package plan

import (
	"regexp"
	"slices"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// matchVolumeType finds the type of the same name, the one that promises the
// same aspects (standard scs-0114), or the default one.
func (b *builder) matchVolumeType(from *resource.Resource) choice {
	var byAspect, standard *resource.Resource
	want := aspectsOf(from)
	for _, t := range b.offers[volumeType] {
		have := aspectsOf(t)
		if t.Name == from.Name && holdsAll(have, want) {
			return choice{to: t, rule: "volume-type/same-name", effect: resource.Same}
		}
		if len(want) > 0 && holdsAll(have, want) && (byAspect == nil || len(have) < len(aspectsOf(byAspect))) {
			byAspect = t
		}
		if yes(t, "default") || standard == nil && t.Name == "__DEFAULT__" {
			standard = t
		}
	}
	switch {
	case byAspect != nil:
		return choice{to: byAspect, rule: "volume-type/by-aspect", effect: resource.Adapted, args: map[string]string{"aspects": strings.Join(want, ", ")}}
	case standard == nil:
		return choice{rule: "volume-type/absent", effect: resource.Lost}
	}
	c := choice{to: standard, rule: "volume-type/default", effect: resource.Degraded}
	if len(want) > 0 {
		c.args = map[string]string{"lost": strings.Join(want, ", ")}
	}
	if yes(from, "default") || from.Name == "__DEFAULT__" { // nobody has chosen it
		c.effect = resource.Adapted
	}
	return c
}

// aspectsOf reads "[scs:encrypted, replicated] fast" in a type's description,
// sorted; encryption is also told by the extra specs.
func aspectsOf(t *resource.Resource) []string {
	var out []string
	if m := aspectList.FindStringSubmatch(text(t, "description")); m != nil {
		for _, a := range strings.Split(m[1], ",") {
			if a = strings.TrimSpace(a); a != "" {
				out = append(out, a)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

var aspectList = regexp.MustCompile(`^\[scs:([^\[\]]*)\]`)

func holdsAll(have, want []string) bool {
	return !slices.ContainsFunc(want, func(a string) bool { return !slices.Contains(have, a) })
}
