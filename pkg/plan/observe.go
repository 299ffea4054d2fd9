package plan

import (
	"github.com/wechsel-project/wechsel/pkg/gap"
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
			case r.Type == secret:
				rule = "secret/unread"
			}
			// a Secret's entries are there, with hashes for values
			if _, supplied := resource.Lookup(r.Spec, p); !supplied || r.Type == secret {
				b.decide(resource.Decision{Ref: r.Ref, Path: p, Effect: resource.Degraded, Rule: rule})
			}
		}
		if wasRead(r) {
			b.observeRead(r)
		}
	}
	b.observeBaked()
}

func (b *builder) observeRead(r *resource.Resource) {
	switch r.Type {
	case server:
		if !hasRootVolume(r.Spec) {
			b.foretell(gap.Signal{Code: "local-disk/not-moved", Ref: r.Ref, Path: "image", Effect: resource.Degraded})
		}
	case floatingIP:
		if ip := text(r, "floating_ip_address"); ip != "" {
			b.decide(resource.Decision{Ref: r.Ref, Path: "floating_ip_address", From: ip, Effect: resource.Adapted, Rule: "address/not-kept",
				Args: map[string]string{"address": ip}})
		}
	}
}
