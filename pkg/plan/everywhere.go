package plan

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// foretellEverywhere tells what the provider will put into the namespaces that
// are made, and the source's has not put there.
func (b *builder) foretellEverywhere() {
	if b.cat.Cluster == nil {
		return
	}
	for _, o := range b.cat.Cluster.Everywhere {
		had := b.opts.Source != nil && b.opts.Source.Cluster != nil && slices.ContainsFunc(b.opts.Source.Cluster.Everywhere, func(s profile.Offered) bool {
			return s.Type == o.Type && reflect.DeepEqual(s.Facts, o.Facts)
		})
		if had {
			continue
		}
		_, kind := groupKind(resource.Type(o.Type))
		effect := resource.Degraded
		if kind == "ResourceQuota" { // whether it hinders is told where it does
			effect = resource.Adapted
		}
		for r := range b.out.OfType(namespace) {
			if r.Tenure == resource.Own {
				b.foretell(gap.Signal{Code: "everywhere/" + strings.ToLower(kind), Ref: r.Ref, Effect: effect, Args: map[string]string{"name": o.Name, "says": strings.Join(limitsOf(o.Facts), ", ")}})
			}
		}
	}
}

// limitNew adds to the quotas those that namespaces will have once they are made.
func (b *builder) limitNew() {
	if b.cat.Cluster == nil {
		return
	}
	quota := map[string]profile.Quota{} // the catalogue is the caller's
	maps.Copy(quota, b.cat.Quota)
	b.cat.Quota = quota
	for _, o := range b.cat.Cluster.Everywhere {
		spec, _ := o.Facts["spec"].(map[string]any)
		hard, _ := spec["hard"].(map[string]any)
		if spec["scopes"] != nil || spec["scopeSelector"] != nil {
			continue // a quota of some of the pods only
		}
		for r := range b.out.OfType(namespace) {
			for name, amount := range hard {
				limit := quantity(amount)
				if name == "cpu" || strings.HasSuffix(name, ".cpu") {
					limit *= 1000
				}
				if r.Tenure == resource.Own {
					quota[strings.Join([]string{"cluster", r.Name, name}, ".")] = profile.Quota{Limit: int64(limit)}
				}
			}
		}
	}
}

// limitsOf lists what a quota or a limit range says, in words as its manifest
// has them: "pods 10", "default memory 256Mi".
func limitsOf(facts map[string]any) []string {
	var out []string
	list := func(head string, of any) {
		amounts, _ := of.(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(amounts)) {
			out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s %v", head, name, amounts[name])))
		}
	}
	spec, _ := facts["spec"].(map[string]any)
	list("", spec["hard"])
	limits, _ := spec["limits"].([]any)
	for _, item := range limits {
		of, _ := item.(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(of)) {
			list(name, of[name])
		}
	}
	return out
}
