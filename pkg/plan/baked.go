package plan

import (
	"maps"
	"net/netip"
	"regexp"

	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// addressOrID finds what may be an address or an id in a text.
var addressOrID = regexp.MustCompile(`[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}|[0-9a-fA-F:]*:[0-9a-fA-F:]*:[0-9a-fA-F:]*|[0-9]+(?:\.[0-9]+){3}`)

// observeBaked foretells the trouble with addresses and ids of the source that
// somebody has written into metadata, user data, routes or rules: on the
// target they are another's, or nobody's.
func (b *builder) observeBaked() {
	foreign := b.foreignWords()
	if len(foreign) == 0 {
		return
	}
	for _, r := range b.all {
		if r.Tenure != resource.Own {
			continue
		}
		for path, leaf := range resource.Leaves(r.Spec) {
			b.scan(r, path, leaf, foreign)
		}
	}
}

func (b *builder) scan(r *resource.Resource, path resource.Path, leaf resource.Value, foreign map[string]resource.Ref) {
	seen := map[string]bool{}
	resource.Rewrite(leaf, func(v resource.Value) resource.Value { // also the parts of a Join
		text, _ := v.(string)
		for _, word := range addressOrID.FindAllString(text, -1) {
			of, ok := foreign[canonicalWord(word)]
			if f, _ := b.set.Schema(r.Type).Field(path); ok && of != r.Ref && !seen[word] && f.Chooser != resource.Provider && !f.NoSet {
				seen[word] = true
				b.foretell(gap.Signal{Code: "address/baked-in", Ref: r.Ref, Path: path, Source: word, Effect: resource.Degraded,
					Args: map[string]string{"value": word, "of": of.String()}})
			}
		}
		return v
	})
}

// foreignWords returns the ids and the addresses that belong to the source:
// those that its provider has given. Addresses on the project's own networks
// come along.
func (b *builder) foreignWords() map[string]resource.Ref {
	out := map[string]resource.Ref{}
	for _, r := range b.all {
		if len(r.ID) >= 32 && !inCluster(r.Type) {
			out[canonicalWord(r.ID)] = r.Ref
		}
		if !wasRead(r) {
			continue
		}
		if inCluster(r.Type) {
			addAttributes(out, r)
		}
		switch r.Type {
		case floatingIP:
			out[canonicalWord(text(r, "floating_ip_address"))] = r.Ref
		case router:
			b.addAddresses(out, r, "external_gateway_info.external_fixed_ips[].ip_address")
		case port:
			if net, ok := r.Spec["network"].(resource.Ref); ok && b.set.Get(net).Tenure == resource.Given {
				b.addAddresses(out, r, "fixed_ips[].ip_address")
			}
		}
	}
	maps.DeleteFunc(out, func(word string, _ resource.Ref) bool { return word == "" })
	return out
}

// addAttributes adds the addresses that a cluster has given: of a Service or an
// Ingress, inside and outside.
func addAttributes(out map[string]resource.Ref, r *resource.Resource) {
	for _, leaf := range resource.Leaves(r.Attrs) {
		text, _ := leaf.(string)
		if addr, err := netip.ParseAddr(text); err == nil && !addr.IsUnspecified() && !addr.IsLoopback() {
			out[addr.String()] = r.Ref
		}
	}
}

func (b *builder) addAddresses(out map[string]resource.Ref, r *resource.Resource, pattern resource.Path) {
	for _, f := range find(nil, r.Spec, pattern) {
		ip, _ := f.value.(string)
		out[canonicalWord(ip)] = r.Ref
	}
}

// canonicalWord writes an address or an id in one way.
func canonicalWord(word string) string {
	if addr, err := netip.ParseAddr(word); err == nil {
		return addr.String()
	}
	out := make([]byte, 0, len(word))
	for _, c := range []byte(word) {
		switch {
		case c == '-':
		case c >= 'A' && c <= 'F':
			out = append(out, c+'a'-'A')
		default:
			out = append(out, c)
		}
	}
	return string(out)
}
