package plan

import (
	"slices"

	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// observe foretells what no mapping can help: what could not be read, and what
// does not travel.
func (b *builder) observe() {
	for _, r := range b.all {
		if r.Tenure != resource.Own {
			continue
		}
		for _, p := range r.Unread {
			rule := "property/unread"
			switch {
			case p == "user_data":
				rule = "user-data/unread"
			case p == "content" && r.Type == server:
				rule = "local-disk/not-moved"
			case p == "content":
				rule = "content/sealed"
			case r.Type == secret:
				rule = "secret/unread"
			}
			_, supplied := resource.Lookup(r.Spec, p)
			supplied = supplied || p == "content" && carried(r.Content)
			if !supplied || r.Type == secret { // whose entries are there, with hashes for values
				b.decide(resource.Decision{Ref: r.Ref, Path: p, Effect: resource.Degraded, Rule: rule})
			}
		}
		if r.Type == floatingIP && wasRead(r) {
			b.observeAddress(r)
		}
	}
	b.observeBaked()
}

func (b *builder) observeAddress(r *resource.Resource) {
	d := resource.Decision{Ref: r.Ref, Path: "floating_ip_address", Effect: resource.Adapted, Rule: "address/not-kept"}
	if ip := text(r, "floating_ip_address"); ip != "" { // else it will be read
		d.From, d.Args = ip, map[string]string{"address": ip}
	}
	if b.sameNetwork(r) {
		d.Effect, d.Rule = resource.Same, "address/same-network"
	}
	b.decide(d)
}

// sameNetwork reports whether a floating IP's addresses come from the very same
// network on both sides: those of two projects of one cloud. Another one of its
// addresses is as good, and its provider can give the old one back.
func (b *builder) sameNetwork(ip *resource.Resource) bool {
	before, _ := ip.Spec["floating_network"].(resource.Ref)
	now, _ := b.out.Get(ip.Ref).Spec["floating_network"].(resource.Ref)
	from, to := b.set.Get(before), b.out.Get(now)
	return b.opts.Source != nil && from != nil && to != nil && slices.ContainsFunc(b.opts.Source.Networks, func(n profile.Network) bool {
		return n.ID != "" && n.ID == to.ID && n.Name == from.Name
	})
}
