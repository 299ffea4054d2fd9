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
	own, given := b.prefixes()
	for _, r := range slices.Collect(b.out.OfType(subnet)) {
		src := b.set.Get(r.Ref)
		list, _ := r.Spec["dns_nameservers"].([]resource.Value)
		if r.Tenure == resource.Given || src == nil || !wasRead(src) {
			continue
		}
		var gone []string
		kept := slices.DeleteFunc(slices.Clone(list), func(v resource.Value) bool {
			text, _ := v.(string)
			foreign := isProviders(text, own, given)
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
func isProviders(address string, own, given []netip.Prefix) bool {
	addr, err := netip.ParseAddr(address)
	within := func(list []netip.Prefix) bool {
		return slices.ContainsFunc(list, func(p netip.Prefix) bool { return p.Contains(addr) })
	}
	if err != nil || within(own) {
		return false
	}
	return addr.IsPrivate() || addr.IsLinkLocalUnicast() || sharedSpace().Contains(addr) || within(given)
}

// sharedSpace is what providers use among themselves (RFC 6598).
func sharedSpace() netip.Prefix { return netip.MustParsePrefix("100.64.0.0/10") }

// prefixes are the ranges of the project's own subnets, and what its routers and
// hosts have routes to; and those of the provider.
func (b *builder) prefixes() (own, given []netip.Prefix) {
	seen := map[netip.Prefix]bool{}
	for _, r := range b.all {
		if r.Type != subnet && r.Type != router && r.Type != extraRoute {
			continue
		}
		for _, pattern := range []resource.Path{"cidr", "host_routes[].destination", "routes[].destination", "destination"} {
			for _, f := range find(nil, r.Spec, pattern) {
				text, _ := f.value.(string)
				p, err := netip.ParsePrefix(text)
				switch {
				case err != nil || p.Bits() == 0 || seen[p]:
					continue
				case r.Tenure == resource.Given:
					given = append(given, p)
				default:
					own = append(own, p)
				}
				seen[p] = true
			}
		}
	}
	return own, given
}
