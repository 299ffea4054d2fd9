package plan

import (
	"cmp"
	"slices"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// matchNetwork finds the provider's network of the same name and use, or else
// the default one, or else the only one.
func (b *builder) matchNetwork(from *resource.Resource) choice {
	kind, external := "shared", b.isExternal(from)
	if external {
		kind = "external"
	}
	var list []*resource.Resource
	for _, n := range b.offers[network] {
		if external && yes(n, "external") || !external && yes(n, "shared") {
			list = append(list, n)
		}
	}
	slices.SortStableFunc(list, func(x, y *resource.Resource) int {
		return cmp.Or(compareBool(yes(y, "default"), yes(x, "default")), strings.Compare(x.Name, y.Name))
	})
	for _, n := range list {
		if n.Name == from.Name {
			return choice{to: n, rule: "network/same-name", effect: resource.Same}
		}
	}
	switch {
	case len(list) == 0 && yes(from, "external") && !external:
		return b.notShared(from)
	case len(list) == 0:
		return choice{rule: "network/" + kind + "-absent", effect: resource.Lost}
	case len(list) == 1 || yes(list[0], "default") && !yes(list[1], "default"):
		return choice{to: list[0], rule: "network/" + kind + "-name", effect: resource.Adapted}
	}
	var names []string
	for _, n := range list {
		names = append(names, n.Name)
	}
	return choice{to: list[0], rule: "network/" + kind + "-ambiguous", effect: resource.Degraded, args: map[string]string{"candidates": strings.Join(names, ", ")}}
}

// notShared finds the external network where the source's was shared as well:
// on the target only routers lead there.
func (b *builder) notShared(from *resource.Resource) choice {
	for _, n := range b.offers[network] {
		if yes(n, "external") && (n.Name == from.Name || yes(n, "default")) {
			return choice{to: n, rule: "network/not-shared", effect: resource.Lost}
		}
	}
	return choice{rule: "network/shared-absent", effect: resource.Lost}
}

// isExternal goes by the facts, and without them by the use: a gateway and a
// floating address need an external network.
func (b *builder) isExternal(from *resource.Resource) bool {
	if known(from) {
		return yes(from, "external") && (!yes(from, "shared") || b.leadsOut(from))
	}
	return b.leadsOut(from)
}

func (b *builder) leadsOut(from *resource.Resource) bool {
	return slices.ContainsFunc(b.uses[from.Ref], func(u use) bool { return u.by.Type == router || u.by.Type == floatingIP })
}

// foretellMTU tells of a shared network that carries smaller packets. On an
// external one it does not matter: there a router cuts what is too large.
func (b *builder) foretellMTU(from, to *resource.Resource) {
	have, get := number(from, "mtu"), number(to, "mtu")
	if from.Type == network && have > 0 && get > 0 && get < have && !yes(from, "external") {
		b.foretell(gap.Signal{Code: "network/mtu-smaller", Ref: from.Ref, Path: "mtu", Source: have, Target: get, Effect: resource.Degraded,
			Args: map[string]string{"from": label(from), "to": label(to)}})
	}
}

// foretellNetworks tells of the project's own networks, which carry what the
// target's do, and of routers whose way out has addresses of fewer kinds.
func (b *builder) foretellNetworks() {
	for _, r := range b.all {
		if r.Tenure == resource.Given || !wasRead(r) {
			continue
		}
		have := number(r, "mtu")
		if have == 0 && b.opts.Source != nil { // it was not read yet
			have = b.opts.Source.MTU
		}
		if r.Type == network && have > b.cat.MTU && b.cat.MTU > 0 {
			b.foretell(gap.Signal{Code: "network/tenant-mtu", Ref: r.Ref, Path: "mtu", Source: have, Target: b.cat.MTU, Effect: resource.Degraded})
		}
		if r.Type == router && b.losesIPv6(r) {
			b.foretell(gap.Signal{Code: "network/outside-without-ipv6", Ref: r.Ref, Path: "external_gateway_info.external_fixed_ips", Effect: resource.Degraded})
		}
	}
}

// losesIPv6: the router has addresses of both kinds outside, and the target's
// network has not enough subnets for that, or shows that none is for IPv6.
func (b *builder) losesIPv6(r *resource.Resource) bool {
	addresses := find(nil, r.Spec, "external_gateway_info.external_fixed_ips[].ip_address")
	has := slices.ContainsFunc(addresses, func(f found) bool {
		ip, _ := f.value.(string)
		return strings.Contains(ip, ":")
	})
	to, _ := resource.Lookup(b.out.Get(r.Ref).Spec, "external_gateway_info.network")
	ref, _ := to.(resource.Ref)
	n := b.out.Get(ref)
	if !has || n == nil || n.ID == "" {
		return false
	}
	if ranges := number(n, "ranges"); ranges > 0 && ranges < int64(len(addresses)) {
		return true
	}
	var versions []int64
	for _, s := range b.offers[subnet] {
		if text(s, "network") == n.ID {
			versions = append(versions, number(s, "ip_version"))
		}
	}
	return len(versions) > 0 && !slices.Contains(versions, 6)
}

// matchSubnet finds a subnet of the network that was mapped already.
func (b *builder) matchSubnet(from *resource.Resource) choice {
	var list []*resource.Resource
	for _, s := range b.offers[subnet] {
		if b.inMapped(s, from) && (!known(from) || number(s, "ip_version") == number(from, "ip_version")) {
			list = append(list, s)
		}
	}
	for _, s := range list {
		if s.Name == from.Name {
			return choice{to: s, rule: "subnet/same-name", effect: resource.Same}
		}
	}
	if len(list) == 0 {
		return choice{rule: "subnet/absent", effect: resource.Lost}
	}
	return choice{to: list[0], rule: "subnet/other-name", effect: resource.Adapted}
}

// inMapped reports whether s belongs to what the network of from became; a
// subnet whose network is not known may belong to any.
func (b *builder) inMapped(s, from *resource.Resource) bool {
	for ref, to := range b.mapped {
		n := b.set.Get(ref)
		ours := text(from, "network") == n.ID && n.ID != "" || from.Spec["network"] == resource.Value(ref)
		if ours {
			return text(s, "network") == to.ID
		}
	}
	return true
}
