package drill

import (
	"context"
	"maps"
	"slices"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// existing finds what a project has already of what the workload names, by name
// or id, and neither makes nor gets from the provider (a key pair, a network of
// the project): such a template is for a project that has them. It asks only
// if there is something of that kind. What several have the name of is left out.
func existing(ctx context.Context, from cloud.Reader, workload *resource.Set, given []*resource.Resource) ([]*resource.Resource, error) {
	named := map[resource.Ref]string{}
	types := map[resource.Type]bool{}
	for r := range workload.All() {
		offered := slices.ContainsFunc(given, func(g *resource.Resource) bool {
			return g.Type == r.Type && (g.Name == r.Name || g.ID == r.Name)
		})
		if r.Tenure == resource.Given && r.Name != "" && !offered && slices.Contains(ofProjects(), r.Type) {
			named[r.Ref], types[r.Type] = r.Name, true
		}
	}
	if len(named) == 0 {
		return nil, nil
	}
	found := map[resource.Ref][]*resource.Resource{}
	for r, err := range from.List(ctx, cloud.Selector{Types: slices.Sorted(maps.Keys(types))}) {
		if err != nil {
			return nil, err
		}
		for ref, name := range named {
			if ref.Type == r.Type && r.Owner.Drill == "" && (r.Name == name || r.ID == name) {
				found[ref] = append(found[ref], &resource.Resource{Ref: ref, Name: r.Name, Tenure: resource.Given, ID: r.ID})
			}
		}
	}
	var out []*resource.Resource
	for _, ref := range slices.SortedFunc(maps.Keys(found), resource.Ref.Compare) {
		if len(found[ref]) == 1 {
			out = append(out, found[ref][0])
		}
	}
	return out, nil
}

// ofProjects are the types that a template may name and no catalogue holds,
// because they are the project's own.
func ofProjects() []resource.Type {
	return []resource.Type{"OS::Nova::KeyPair", "OS::Neutron::SecurityGroup", cloud.Network, cloud.Subnet}
}
