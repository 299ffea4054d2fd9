package openstack

import (
	"net/http"
	"net/netip"
)

// ownPool finds the pool of an action; whoever sees it and owns it not is
// refused.
func (n *network) ownPool(c *call, action string) (*netObject, error) {
	o, err := n.find(c, n.pools, c.PathValue("id"))
	if err == nil && (!n.owns(c, o) || !c.may(action, "member")) {
		return nil, refuseAs(http.StatusForbidden, "PolicyNotAuthorized", "rule:%s is disallowed by policy", action)
	}
	return o, err
}

// changePrefixes answers add_prefixes and remove_prefixes.
func (n *network) changePrefixes(change func(pool *netObject, more []any) ([]any, error)) handler {
	return func(c *call) (*reply, error) {
		o, err := n.ownPool(c, "update_subnetpool")
		if err != nil {
			return nil, err
		}
		body, _ := c.body.(map[string]any)
		more, given := body["prefixes"].([]any)
		if !given {
			return nil, badRequest("Request body contains invalid data")
		}
		prefixes, err := change(o, more)
		if err != nil {
			return nil, err
		}
		doc := merged(o.attrs, map[string]any{"prefixes": prefixes})
		if err := n.completePool(c, o, doc); err != nil {
			return nil, err
		}
		o.attrs = doc
		o.touch(c.now)
		return ok(map[string]any{"prefixes": o.attrs["prefixes"]}), nil
	}
}

func addPrefixes(pool *netObject, more []any) ([]any, error) {
	return append(pool.prefixes().texts(), more...), nil
}

func (n *network) removePrefixes(pool *netObject, less []any) ([]any, error) {
	prefixes, wrong := readPrefixes(less)
	if wrong != nil {
		return nil, refuseAs(http.StatusBadRequest, "AddrFormatError", "invalid IPNetwork %s", pyStr(wrong))
	}
	gone := newPrefixSet(prefixes...)
	if newPrefixSet(n.allocated(pool)...).overlaps(gone) {
		return nil, refuseAs(http.StatusBadRequest, "IllegalSubnetPoolPrefixUpdate",
			"Illegal update to prefixes: One or more the prefixes to be removed is in use by a subnet..")
	}
	return pool.prefixes().without(gone).texts(), nil
}

// onboard takes the subnets of a network into a pool.
func (n *network) onboard(c *call) (*reply, error) {
	pool, err := n.ownPool(c, "onboard_network_subnets")
	if err != nil {
		return nil, err
	}
	body, _ := c.body.(map[string]any)
	if text(body["network_id"]) == "" {
		return nil, invalidInput("network_id must be specified")
	}
	net, err := n.find(c, n.networks, text(body["network_id"]))
	if err != nil {
		return nil, err
	}
	set, taken, list := pool.prefixes(), newPrefixSet(n.allocated(pool)...), []any{}
	subnets := n.subnets.all(func(s *netObject) bool {
		return s.text("network_id") == net.id && s.attrs["ip_version"] == pool.attrs["ip_version"]
	})
	for _, s := range subnets {
		p, _ := netip.ParsePrefix(s.text("cidr"))
		if taken.overlaps(prefixSet{p}) {
			return nil, refuseAs(http.StatusBadRequest, "IllegalSubnetPoolUpdate",
				"Illegal subnetpool update : Onboarding subnet %s: %s conflicts with allocated prefixes in subnet pool %s.", s.id, p, pool.id)
		}
		set = newPrefixSet(append(set, p)...)
		list = append(list, map[string]any{"id": s.id, "cidr": p.String()})
	}
	for _, s := range subnets {
		s.attrs["subnetpool_id"] = pool.id
		s.touch(c.now)
	}
	pool.attrs["prefixes"] = set.texts()
	pool.touch(c.now)
	return ok(list), nil
}
