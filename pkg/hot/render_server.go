package hot

import (
	"maps"
	"slices"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// placeImplied finds the entry of its server's networks for each port that
// Nova has made, as Parse numbers them.
func (r *renderer) placeImplied() {
	for _, s := range r.byType[server] {
		ports := slices.Clone(r.children[s.Ref])
		on := map[resource.Value]int{}
		for _, n := range objects(s.Spec["networks"]) {
			if own, ok := n["port"].(resource.Ref); ok {
				if p := r.set.Get(own); p != nil && p.Tenure == resource.Own {
					on[p.Spec["network"]]++
					continue
				}
			}
			i := slices.IndexFunc(ports, func(p *resource.Resource) bool { return r.made(p, n) })
			if i < 0 {
				on[n["network"]]++
				continue
			}
			net := ports[i].Spec["network"]
			r.implied[ports[i].Ref] = impliedPlace{s.Ref, net, on[net]}
			on[net]++
			ports = slices.Delete(ports, i, i+1)
		}
	}
}

// made reports whether Nova has made the port for that entry.
func (r *renderer) made(p *resource.Resource, entry map[string]resource.Value) bool {
	if p.Type != port || p.Tenure != resource.Implied {
		return false
	}
	if ref, ok := entry["port"].(resource.Ref); ok {
		return ref == p.Ref
	}
	fixed := entry["fixed_ip"]
	return entry["network"] == p.Spec["network"] && (fixed == nil || slices.ContainsFunc(objects(p.Spec["fixed_ips"]), func(f map[string]resource.Value) bool {
		return f["ip_address"] == fixed
	}))
}

// serverProperties renders what a server has and HOT says in its own way, and
// takes that out of spec.
func (r *renderer) serverProperties(x *resource.Resource, spec map[string]resource.Value) []any {
	out := []any{"user_data_format", textNode("RAW")}
	if slices.Contains(x.Unread, "user_data") && spec["user_data"] == nil {
		name := r.names[x.Ref] + "_user_data"
		out = append(out, "user_data", r.ask("user_data/"+x.Ref.String(), name, "", "The user data of this server, which its cloud does not tell"))
	}
	r.networks(spec)
	if hasPort(spec["networks"]) && spec["security_groups"] != nil {
		delete(spec, "security_groups")
		r.leave(x.Ref, "security_groups", "Heat refuses it beside a port; Nova's ports get the default group")
	}
	return out
}

// networks turns references to ports that Nova has made into networks.
func (r *renderer) networks(spec map[string]resource.Value) {
	for _, n := range objects(spec["networks"]) {
		ref, _ := n["port"].(resource.Ref)
		p := r.set.Get(ref)
		if p == nil || p.Tenure != resource.Implied {
			continue
		}
		delete(n, "port")
		n["network"] = p.Spec["network"]
		net := r.networkOf(ref)
		if fixed := objects(p.Spec["fixed_ips"]); len(fixed) > 0 && net != nil && net.Tenure == resource.Own {
			n["fixed_ip"] = fixed[0]["ip_address"]
		}
	}
}

// impliedResource leaves what is not as the cloud makes it: a template has no
// say in that.
func (r *renderer) impliedResource(x *resource.Resource) {
	s := r.set.Get(x.Parent)
	want := map[string]resource.Value{}
	switch {
	case x.Type == groupRule: // with its group
		return
	case x.Type == securityGroup:
		r.defaultGroup(x)
		return
	case s == nil || s.Type != server:
		r.leave(x.Ref, "", "the cloud makes it, not a template")
		return
	case x.Type == port:
		place, ok := r.implied[x.Ref]
		if !ok {
			r.leave(x.Ref, "", "it is in none of the networks of %s", x.Parent)
			return
		}
		want = r.wantedPort(s, x, place)
	case x.Type == volume:
		for _, d := range objects(s.Spec["block_device_mapping_v2"]) {
			if d["image"] != nil {
				want = impliedVolume(d)
			}
		}
	}
	if x.Name != "" {
		r.leave(x.Ref, "name", "Nova makes it without a name")
	}
	r.leaveDifferent(x, want)
}

func (r *renderer) wantedPort(s, x *resource.Resource, place impliedPlace) map[string]resource.Value {
	spec := r.canonical(s)
	r.networks(spec)
	if hasPort(spec["networks"]) {
		delete(spec, "security_groups")
	}
	for _, n := range objects(spec["networks"]) {
		if n["port"] == nil && r.made(x, n) {
			return impliedPort(r.subnets, spec, n)
		}
	}
	return map[string]resource.Value{"network": place.network}
}

// leaveDifferent leaves each property that is not as wanted and not for the
// provider to choose.
func (r *renderer) leaveDifferent(x *resource.Resource, want map[string]resource.Value) {
	have := r.canonical(x)
	want = r.canonical(&resource.Resource{Ref: x.Ref, Spec: want})
	keys := map[string]bool{}
	for _, m := range []map[string]resource.Value{have, want} {
		for k := range m {
			keys[k] = true
		}
	}
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		c := r.chooser(x.Type, resource.Path("").Field(k))
		if c != resource.Provider && c != resource.Either && !resource.Equal(have[k], want[k]) {
			r.leave(x.Ref, resource.Path("").Field(k), "Nova chooses it for what it makes itself")
		}
	}
	r.leaveContent(x)
}
