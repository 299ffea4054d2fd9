package plan

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// mapResolvers leaves out the name servers that only the source's provider has:
// addresses that lead nowhere outside of it, and are not on a network of the
// project's own. Without any, the target's own resolvers answer.
func (b *builder) mapResolvers() {
	own := b.ownPrefixes()
	for _, r := range slices.Collect(b.out.OfType(subnet)) {
		src := b.set.Get(r.Ref)
		list, _ := r.Spec["dns_nameservers"].([]resource.Value)
		if r.Tenure == resource.Given || src == nil || !wasRead(src) {
			continue
		}
		var gone []string
		kept := slices.DeleteFunc(slices.Clone(list), func(v resource.Value) bool {
			text, _ := v.(string)
			foreign := b.isProviders(text, own)
			if foreign {
				gone = append(gone, text)
			}
			return foreign
		})
		if len(gone) == 0 {
			continue
		}
		d := resource.Decision{Ref: r.Ref, Path: "dns_nameservers", From: resource.Clone(r.Spec["dns_nameservers"]), Effect: resource.Adapted,
			Rule: "resolver/of-source", Args: map[string]string{"address": strings.Join(gone, ", ")}}
		if len(kept) > 0 {
			r.Spec["dns_nameservers"], d.To = kept, resource.Clone(kept)
		} else {
			delete(r.Spec, "dns_nameservers")
		}
		b.decide(d)
	}
}

// isProviders: an address that is not for everybody, or on a network of the
// source's provider.
func (b *builder) isProviders(address string, own []netip.Prefix) bool {
	addr, err := netip.ParseAddr(address)
	if err != nil || slices.ContainsFunc(own, func(p netip.Prefix) bool { return p.Contains(addr) }) {
		return false
	}
	if addr.IsPrivate() || addr.IsLinkLocalUnicast() || sharedSpace().Contains(addr) {
		return true
	}
	return slices.ContainsFunc(b.all, func(r *resource.Resource) bool {
		prefix, err := netip.ParsePrefix(text(r, "cidr"))
		return r.Type == subnet && r.Tenure == resource.Given && err == nil && prefix.Contains(addr)
	})
}

// sharedSpace is what providers use among themselves (RFC 6598).
func sharedSpace() netip.Prefix { return netip.MustParsePrefix("100.64.0.0/10") }

// ownPrefixes are the ranges of the project's own subnets, and what its routers
// and hosts have routes to.
func (b *builder) ownPrefixes() []netip.Prefix {
	var out []netip.Prefix
	for _, r := range b.all {
		if r.Tenure == resource.Given {
			continue
		}
		for _, pattern := range []resource.Path{"cidr", "host_routes[].destination", "routes[].destination"} {
			for _, f := range find(nil, r.Spec, pattern) {
				text, _ := f.value.(string)
				if p, err := netip.ParsePrefix(text); err == nil && p.Bits() > 0 {
					out = append(out, p)
				}
			}
		}
	}
	return out
}
