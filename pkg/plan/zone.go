package plan

import (
	"maps"
	"slices"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// mapZones gives every availability zone of the source a zone of the target,
// for each service: the one of the same name, or else one that no other zone
// has become, or else one that several become.
//
// A cloud shows a zone also where nobody has asked for one. Where all that was
// read is in one zone, there is nothing that a zone keeps apart, and another
// name makes no difference.
func (b *builder) mapZones() {
	type place struct {
		r *resource.Resource
		f found
	}
	places, zones := map[string][]place{}, map[string][]string{}
	for _, r := range slices.Collect(b.out.All()) {
		schema := b.set.Schema(r.Type)
		if schema == nil || r.Tenure == resource.Given {
			continue
		}
		for _, field := range schema.Fields {
			if field.Form != resource.Zone {
				continue
			}
			for _, f := range find(nil, r.Spec, field.Path) {
				if name, ok := f.value.(string); ok && name != "" {
					service := serviceOf(r.Type)
					places[service], zones[service] = append(places[service], place{r, f}), append(zones[service], name)
				}
			}
		}
	}
	for _, service := range slices.Sorted(maps.Keys(places)) {
		become := zonesBecome(zones[service], slices.Sorted(slices.Values(b.cat.Zones[service])))
		alone := len(slices.Compact(slices.Sorted(slices.Values(zones[service])))) == 1
		for _, p := range places[service] {
			b.mapZone(p.r, p.f, service, become, alone && wasRead(b.set.Get(p.r.Ref)))
		}
	}
}

func (b *builder) mapZone(r *resource.Resource, f found, service string, become map[string]zone, anybodys bool) {
	from, _ := f.value.(string)
	to := become[from]
	if to.name == from {
		return
	}
	d := resource.Decision{Ref: r.Ref, Path: f.path, From: from, To: to.name, Effect: resource.Adapted, Rule: "zone/renamed",
		Args: map[string]string{"service": service, "from": from, "to": to.name}}
	if assign(r.Spec, f.path, to.name); to.name == "" {
		d.To, d.Rule = nil, "zone/absent"
		remove(r.Spec, f.path)
	}
	if to.shared {
		d.Effect = resource.Degraded // what was apart comes together
	}
	if anybodys && chosenByService(r.Type) {
		d.Effect = resource.Same
	}
	if r.Tenure == resource.Own {
		b.decide(d)
	}
}

// chosenByService: servers and volumes are in a zone whether anybody wants it or
// not; a network's hint is its owner's.
func chosenByService(t resource.Type) bool { return t == server || t == volume }

// A zone is the target's; shared if several of the source become it.
type zone struct {
	name   string
	shared bool
}

func zonesBecome(from, have []string) map[string]zone {
	from = slices.Compact(slices.Sorted(slices.Values(from)))
	out, free := map[string]zone{}, slices.Clone(have)
	take := func(name string) {
		free = slices.DeleteFunc(free, func(z string) bool { return z == name })
	}
	for _, name := range from {
		if slices.Contains(have, name) {
			out[name] = zone{name: name}
			take(name)
		}
	}
	for _, name := range from {
		if _, ok := out[name]; ok || len(have) == 0 {
			continue
		}
		if len(free) > 0 {
			out[name] = zone{name: free[0]}
			take(free[0])
			continue
		}
		out[name] = zone{name: have[0], shared: len(from) > 1}
	}
	return out
}
