package openstack

import (
	"cmp"
	"net/netip"
	"slices"
)

// A prefixSet is a set of addresses, written as the fewest prefixes, in order.
type prefixSet []netip.Prefix

// newPrefixSet joins prefixes, as netaddr's IPSet does.
func newPrefixSet(prefixes ...netip.Prefix) prefixSet {
	list := make(prefixSet, 0, len(prefixes))
	for _, p := range prefixes {
		list = append(list, p.Masked())
	}
	for merged := true; merged; {
		slices.SortFunc(list, func(a, b netip.Prefix) int {
			return cmp.Or(a.Addr().Compare(b.Addr()), cmp.Compare(a.Bits(), b.Bits()))
		})
		merged = false
		out := list[:0]
		for _, p := range list {
			if last := len(out) - 1; last >= 0 && out[last].Overlaps(p) {
				continue // the one before is the larger one
			} else if last >= 0 && out[last].Bits() == p.Bits() && parentOf(out[last]) == parentOf(p) {
				out[last], merged = parentOf(p), true
				continue
			}
			out = append(out, p)
		}
		list = out
	}
	return list
}

// parentOf is the prefix of which this one is a half.
func parentOf(p netip.Prefix) netip.Prefix {
	return netip.PrefixFrom(p.Addr(), max(p.Bits()-1, 0)).Masked()
}

// halves splits a prefix in two.
func halves(p netip.Prefix) (low, high netip.Prefix) {
	b := p.Addr().AsSlice()
	b[p.Bits()/8] |= 1 << (7 - p.Bits()%8)
	a, _ := netip.AddrFromSlice(b)
	return netip.PrefixFrom(p.Addr(), p.Bits()+1), netip.PrefixFrom(a, p.Bits()+1)
}

// without takes addresses out of the set.
func (s prefixSet) without(gone prefixSet) prefixSet {
	for _, g := range gone {
		var left prefixSet
		for _, p := range s {
			left = append(left, cut(p, g)...)
		}
		s = left
	}
	return s
}

func cut(p, gone netip.Prefix) prefixSet {
	switch {
	case !p.Overlaps(gone):
		return prefixSet{p}
	case gone.Bits() <= p.Bits():
		return nil
	}
	low, high := halves(p)
	return append(cut(low, gone), cut(high, gone)...)
}

// contains tells whether all addresses of the prefix are in the set.
func (s prefixSet) contains(p netip.Prefix) bool {
	return slices.ContainsFunc(s, func(have netip.Prefix) bool { return have.Overlaps(p) && have.Bits() <= p.Bits() })
}

// overlaps tells whether any address is in both sets.
func (s prefixSet) overlaps(other prefixSet) bool {
	return slices.ContainsFunc(s, func(p netip.Prefix) bool { return slices.ContainsFunc(other, p.Overlaps) })
}

// texts writes the set as a list in a body.
func (s prefixSet) texts() []any {
	list := []any{}
	for _, p := range s {
		list = append(list, p.String())
	}
	return list
}

// readPrefixes reads such a list; what is no prefix is told.
func readPrefixes(list []any) (out []netip.Prefix, wrong any) {
	for _, v := range list {
		p, ok := loosePrefix(text(v))
		if !ok {
			return nil, v
		}
		out = append(out, p)
	}
	return out, nil
}

// loosePrefix reads a prefix; an address alone is one, too.
func loosePrefix(s string) (netip.Prefix, bool) {
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		return netip.PrefixFrom(a, a.BitLen()), true
	}
	p, err := netip.ParsePrefix(s)
	return p, err == nil
}
