package plan

import (
	"slices"
	"strconv"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// gate drops the properties that the target's APIs do not know: those whose
// schema field has a gate that is closed. What is only the default goes
// without a word.
func (b *builder) gate() {
	for _, r := range slices.Collect(b.out.All()) {
		schema := b.set.Schema(r.Type)
		if schema == nil {
			continue
		}
		b.gateService(r)
		if b.isAbsent(r.Type) {
			continue // all is said
		}
		if rule, args := b.closed(schema.Gate); rule != "" && r.Tenure == resource.Own {
			b.foretell(gap.Signal{Code: rule, Ref: r.Ref, Effect: resource.Lost, Args: args})
		}
		for _, f := range schema.Fields {
			if f.Gate == "" {
				continue
			}
			rule, args := b.closed(f.Gate)
			if rule == "" {
				continue
			}
			for _, v := range find(nil, r.Spec, f.Path) {
				b.shut(r, schema, f, v, rule, args)
			}
		}
	}
}

func (b *builder) shut(r *resource.Resource, schema *resource.Schema, f resource.Field, v found, rule string, args map[string]string) {
	_, matters := resource.Lookup(schema.Canonical(r.Spec), v.path)
	if f.Required {
		b.foretell(gap.Signal{Code: rule, Ref: r.Ref, Path: v.path, Source: v.value, Effect: resource.Lost, Args: args})
		return
	}
	remove(r.Spec, v.path)
	if matters && r.Tenure == resource.Own {
		b.decide(resource.Decision{Ref: r.Ref, Path: v.path, From: v.value, Effect: resource.Degraded, Rule: rule, Args: args})
	}
}

// closed returns the rule and its arguments if the target does not have what
// the gate asks for.
func (b *builder) closed(gate string) (string, map[string]string) {
	kind, rest, _ := strings.Cut(gate, ":")
	switch kind {
	case "extension":
		if !slices.Contains(b.cat.Extensions, rest) {
			return "extension/absent", map[string]string{"extension": rest}
		}
	case "microversion":
		service, need, _ := strings.Cut(rest, ":")
		if have := b.cat.Services[service].Max; !atLeast(have, need) {
			return "microversion/absent", map[string]string{"service": service, "need": need, "have": have}
		}
	}
	return "", nil
}

// atLeast compares microversions: 2.9 is less than 2.52.
func atLeast(have, need string) bool {
	major := func(v string) (int, int) {
		x, y, _ := strings.Cut(v, ".")
		a, _ := strconv.Atoi(x)
		c, _ := strconv.Atoi(y)
		return a, c
	}
	h1, h2 := major(have)
	n1, n2 := major(need)
	return h1 > n1 || h1 == n1 && h2 >= n2
}

// serviceOf names the service that a type belongs to, as in the catalogue.
func serviceOf(t resource.Type) string {
	services := map[string]string{"Nova": "compute", "Neutron": "network", "Cinder": "block-storage", "Glance": "image"}
	parts := strings.Split(string(t), "::")
	if len(parts) < 2 {
		return ""
	}
	return services[parts[1]]
}

// gateService foretells the loss of what belongs to a service that is not
// there at all.
func (b *builder) gateService(r *resource.Resource) {
	service := serviceOf(r.Type)
	if _, ok := b.cat.Services[service]; ok || service == "" || len(b.cat.Services) == 0 && !b.isAbsent(r.Type) || r.Tenure != resource.Own {
		return
	}
	b.foretell(gap.Signal{Code: noService, Ref: r.Ref, Effect: resource.Lost, Args: map[string]string{"service": service}})
}
