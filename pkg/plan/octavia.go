package plan

import (
	"slices"

	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// octavia begins the annotations that cloud-provider-openstack reads.
const octavia = "loadbalancer.openstack.org/"

// foretellOctavia tells what becomes of load balancers when Octavia's provider is
// another one: OVN forwards connections (TCP, UDP, SCTP) by one algorithm and keeps
// the client's address; an amphora is a proxy and can do more. Sources:
// cloud-provider-openstack (pkg/openstack/loadbalancer.go and
// pkg/util/openstack/loadbalancer.go), ovn-octavia-provider (driver.py),
// SovereignCloudStack/standards#719.
func (b *builder) foretellOctavia() {
	before := ""
	if b.opts.Source != nil {
		before = b.opts.Source.Octavia
	}
	if b.cat.Octavia == "" || b.cat.Octavia == before {
		return
	}
	for _, src := range b.all {
		r := b.out.Get(src.Ref) // as the user's rules have left it
		if r == nil || r.Type != service || r.Tenure != resource.Own || !wasRead(src) || text(r, "spec.type") != "LoadBalancer" || text(r, "spec.loadBalancerClass") != "" {
			continue
		}
		local := text(r, "spec.externalTrafficPolicy") == "Local"
		switch {
		case b.cat.Octavia == profile.OVN:
			b.onOVN(r, local)
		case before == profile.OVN && local && ofProxy(annotation(r, octavia+"proxy-protocol")) == "":
			b.foretell(gap.Signal{Code: "balancer/client-address", Ref: r.Ref, Path: "spec.externalTrafficPolicy", Effect: resource.Degraded})
		}
	}
}

func (b *builder) onOVN(r *resource.Resource, local bool) {
	at := func(name string) resource.Path { return resource.Path("metadata.annotations").Field(octavia + name) }
	for _, o := range ovnRefuses() {
		value := annotation(r, octavia+o.annotation)
		if option := o.option(value); option != "" {
			b.foretell(gap.Signal{Code: "balancer/ovn-refuses", Ref: r.Ref, Path: at(o.annotation), Source: value, Effect: resource.Lost, Args: map[string]string{"option": option}})
			break // the first is what the service says
		}
	}
	for _, o := range ovnIgnores() {
		if value := annotation(r, octavia+o[0]); value != "" {
			b.foretell(gap.Signal{Code: "balancer/ovn-ignores", Ref: r.Ref, Path: at(o[0]), Source: value, Effect: resource.Degraded,
				Args: map[string]string{"annotation": octavia + o[0], "option": o[1]}})
		}
	}
	if ranges, _ := resource.Lookup(r.Spec, "spec.loadBalancerSourceRanges"); ranges != nil {
		b.foretell(gap.Signal{Code: "balancer/ovn-open", Ref: r.Ref, Path: "spec.loadBalancerSourceRanges", Effect: resource.Degraded})
	}
	if local && annotation(r, octavia+"enable-health-monitor") != "false" {
		b.foretell(gap.Signal{Code: "balancer/ovn-health", Ref: r.Ref, Path: "spec.externalTrafficPolicy", Effect: resource.Adapted})
	}
}

// An ordered option is one of a load balancer that an annotation asks for.
type ordered struct {
	annotation string
	option     func(value string) string // "": the value asks for nothing special
}

// ovnRefuses are the options without which the OVN provider makes no load
// balancer, in the order in which it looks at them.
func ovnRefuses() []ordered {
	when := func(option string, asks func(string) bool) func(string) string {
		return func(value string) string {
			if asks(value) {
				return option
			}
			return ""
		}
	}
	return []ordered{
		{"default-tls-container-ref", when("TERMINATED_HTTPS protocol", func(v string) bool { return v != "" })},
		{"x-forwarded-for", when("HTTP protocol", func(v string) bool { return v == "true" })},
		{"proxy-protocol", ofProxy},
		{"lb-method", func(v string) string {
			if v == "" || v == "SOURCE_IP_PORT" {
				return ""
			}
			return v + " algorithm"
		}},
	}
}

// ofProxy is the protocol that the annotation for the proxy protocol asks for.
func ofProxy(value string) string {
	switch {
	case value == "v2":
		return "PROXYV2 protocol"
	case slices.Contains([]string{"true", "v1"}, value):
		return "PROXY protocol"
	}
	return ""
}

// ovnIgnores are the annotations that the cloud controller leaves out where the
// provider is OVN, and what they are about.
func ovnIgnores() [][2]string {
	return [][2]string{{"timeout-client-data", "timeouts"}, {"timeout-member-connect", "timeouts"}, {"timeout-member-data", "timeouts"}, {"timeout-tcp-inspect", "timeouts"},
		{"flavor-id", "flavors"}, {"availability-zone", "availability zones"}}
}

func annotation(r *resource.Resource, name string) string {
	metadata, _ := r.Spec["metadata"].(map[string]resource.Value)
	annotations, _ := metadata["annotations"].(map[string]resource.Value)
	v, _ := annotations[name].(string)
	return v
}
