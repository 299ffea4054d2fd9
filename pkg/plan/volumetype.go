package plan

import (
	"regexp"
	"slices"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// matchVolumeType finds the type of the same name, the one that promises the
// same aspects (standard scs-0114), or the default one. A name that only sounds
// like encryption is believed where no description says it.
func (b *builder) matchVolumeType(from *resource.Resource) choice {
	want := b.wantedOf(from)
	for _, promised := range []func(*resource.Resource) []string{aspectsOf, probableAspects} {
		if c, ok := b.typeWith(from, want, promised); ok {
			return c
		}
	}
	var standard *resource.Resource
	for _, t := range b.offers[volumeType] {
		if yes(t, "default") || standard == nil && t.Name == "__DEFAULT__" {
			standard = t
		}
	}
	if standard == nil {
		return choice{rule: "volume-type/absent", effect: resource.Lost}
	}
	return b.standardType(from, standard, want)
}

// typeWith finds the type of the same name that holds what is wanted, or else
// the one that holds it and least more.
func (b *builder) typeWith(from *resource.Resource, want []string, promised func(*resource.Resource) []string) (choice, bool) {
	var best *resource.Resource
	for _, t := range b.offers[volumeType] {
		have := promised(t)
		if !holdsAll(have, want) {
			continue
		}
		if t.Name == from.Name {
			return choice{to: t, rule: "volume-type/same-name", effect: resource.Same}, true
		}
		if len(want) > 0 && (best == nil || len(have) < len(promised(best))) {
			best = t
		}
	}
	return choice{to: best, rule: "volume-type/by-aspect", effect: resource.Adapted, args: map[string]string{"aspects": strings.Join(want, ", ")}}, best != nil
}

// standardType says what it means to take the target's default type. Where the
// source's was the default too, nobody has chosen it, and only what it had
// promised can be missed.
func (b *builder) standardType(from, standard *resource.Resource, want []string) choice {
	have := probableAspects(standard)
	lost := slices.DeleteFunc(slices.Clone(want), func(a string) bool { return slices.Contains(have, a) })
	c := choice{to: standard, rule: "volume-type/default", effect: resource.Degraded}
	if len(lost) > 0 {
		c.args = map[string]string{"lost": strings.Join(lost, ", ")}
	}
	switch byDefault := yes(from, "default") || from.Name == "__DEFAULT__"; {
	case slices.Contains(lost, encrypted):
		c.rule = "volume-type/encryption-lost"
	case slices.Contains(lost, multiattach):
		c.rule = "volume-type/multiattach-lost"
	case byDefault && len(lost) > 0:
		c.effect = resource.Adapted
	case byDefault:
		c.effect = resource.Same
	}
	return c
}

// The aspects without which a volume is another thing.
const (
	encrypted   = "encrypted"
	multiattach = "multiattach"
)

// wantedOf are the aspects of a type, and the encryption that its volumes have
// whatever the type says.
func (b *builder) wantedOf(from *resource.Resource) []string {
	want := probableAspects(from)
	for _, u := range b.uses[from.Ref] {
		if u.by.Type == volume && yes(u.by, "encrypted") && !slices.Contains(want, encrypted) {
			want = append(want, encrypted)
		}
	}
	slices.Sort(want)
	return want
}

// probableAspects are those of a type, and encryption if its name says it.
func probableAspects(t *resource.Resource) []string {
	out := aspectsOf(t)
	if encryptedName.MatchString(t.Name) && !slices.Contains(out, encrypted) {
		out = append(out, encrypted)
	}
	return out
}

// Encrypts reports whether a volume type encrypts, as far as a tenant can tell: it
// says so in its description (SCS-0112) or by its name.
func Encrypts(t *resource.Resource) bool { return slices.Contains(probableAspects(t), encrypted) }

// aspectsOf reads "[scs:encrypted, replicated] fast" in a type's description,
// sorted. That a volume can have several servers is told by the extra specs.
func aspectsOf(t *resource.Resource) []string {
	var out []string
	if strings.EqualFold(fact(t, "extra_specs", "multiattach"), "<is> true") {
		out = append(out, multiattach)
	}
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

var encryptedName = regexp.MustCompile(`(?i)(^|[^a-z])(luks|encrypted)([^a-z]|$)`)

var aspectList = regexp.MustCompile(`^\[scs:([^\[\]]*)\]`)

func holdsAll(have, want []string) bool {
	return !slices.ContainsFunc(want, func(a string) bool { return !slices.Contains(have, a) })
}
