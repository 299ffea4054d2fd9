package hot

import (
	"fmt"
	"net/netip"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// childKey is the key of what belongs to a resource: PARENT-NAME.
func childKey(parent resource.Key, name string) resource.Key {
	return resource.NewKey(string(parent) + "-" + name)
}

// impliedPortKey is the key of the n-th port that Nova makes for a server: the
// first is SERVER-port, the second SERVER-port-2.
func impliedPortKey(server resource.Key, n int) resource.Key {
	if n == 1 {
		return childKey(server, "port")
	}
	return childKey(server, fmt.Sprintf("port-%d", n))
}

// impliedPort is the port that Nova makes for an entry of a server's networks,
// as far as it is known beforehand.
func impliedPort(subnets subnetsOf, server, entry map[string]resource.Value) map[string]resource.Value {
	spec := map[string]resource.Value{"network": entry["network"]}
	if groups := server["security_groups"]; groups != nil {
		spec["security_groups"] = resource.Clone(groups)
	}
	if ip := entry["fixed_ip"]; ip != nil {
		fixed := map[string]resource.Value{"ip_address": ip}
		if sub := subnets.with(entry["network"], ip); !sub.IsZero() {
			fixed["subnet"] = sub
		}
		spec["fixed_ips"] = []resource.Value{fixed}
	}
	return spec
}

// subnetsOf are the subnets of each network.
type subnetsOf map[resource.Value][]*resource.Resource

func findSubnets(set *resource.Set) subnetsOf {
	out := subnetsOf{}
	for s := range set.OfType(subnet) {
		if ref, ok := s.Spec["network"].(resource.Ref); ok {
			out[ref] = append(out[ref], s)
		}
	}
	return out
}

// with returns the network's subnet that holds the address.
func (s subnetsOf) with(net, ip resource.Value) resource.Ref {
	ref, _ := net.(resource.Ref)
	text, _ := ip.(string)
	addr, err := netip.ParseAddr(text)
	if err != nil {
		return resource.Ref{}
	}
	for _, sub := range s[ref] {
		cidr, _ := sub.Spec["cidr"].(string)
		if prefix, err := netip.ParsePrefix(cidr); err == nil && prefix.Contains(addr) {
			return sub.Ref
		}
	}
	return resource.Ref{}
}

// resolve puts Refs and Attrs of ports in the place of servers' addresses, and
// tells which there are not.
func (t *template) resolve(v resource.Value, tell *problems) resource.Value {
	return resource.Rewrite(v, func(leaf resource.Value) resource.Value {
		a, ok := leaf.(address)
		if !ok {
			return leaf
		}
		p := t.portOf(a, tell)
		switch {
		case p.IsZero():
			return nil
		case a.what == "port":
			return p
		case a.what == "addr":
			return resource.Attr{Ref: p, Path: "fixed_ips[0].ip_address"}
		}
		return resource.Attr{Ref: p, Path: "mac_address"}
	})
}

// portOf returns the port that an address is about, or tells that there is
// none.
func (t *template) portOf(a address, tell *problems) resource.Ref {
	r := t.set.Get(a.server)
	if r == nil {
		return resource.Ref{} // it has an error of its own
	}
	seen, implied := 0, 0
	for _, n := range objects(r.Spec["networks"]) {
		ref, own := n["port"].(resource.Ref)
		net := n["network"]
		if own {
			if p := t.set.Get(ref); p != nil {
				net = p.Spec["network"]
			}
		} else {
			implied++
			ref = resource.Ref{Type: port, Key: impliedPortKey(r.Key, implied)}
		}
		if !t.onNetwork(net, a.network) {
			continue
		}
		if seen == a.index {
			return ref
		}
		seen++
	}
	tell.at(a.at, "the server %q has no port %d on that network: its networks have to name it", r.Key, a.index)
	return resource.Ref{}
}

// onNetwork reports whether the network is the one that is asked for, by
// reference or by name; nil asks for any.
func (t *template) onNetwork(net, want resource.Value) bool {
	name, byName := want.(string)
	if ref, ok := net.(resource.Ref); ok && byName {
		n := t.set.Get(ref)
		return n != nil && n.Name == name
	}
	return want == nil || net == want
}
