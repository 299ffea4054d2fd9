package plan

import (
	"slices"
	"testing"

	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// What Octavia's OVN provider cannot do is foretold of whoever asks for it, and
// nothing else; what is the same on both clouds is no loss.
func TestForetoldOfOctavia(t *testing.T) {
	const svc = " core/Service/shop-web"
	annotated := func(name, value string) func(specs) {
		return func(s specs) {
			s["metadata"].(specs)["annotations"] = specs{"loadbalancer.openstack.org/" + name: value}
		}
	}
	setting := func(name string, value resource.Value) func(specs) {
		return func(s specs) {
			delete(s["metadata"].(specs), "annotations")
			s["spec"].(specs)[name] = value
		}
	}
	refused, ignored := "blocker network/lb-feature-absent"+svc, "degraded network/lb-option-ignored"+svc
	for name, c := range map[string]struct {
		from, to string
		change   func(specs)
		want     []string
	}{
		"proxy protocol":         {"amphora", "ovn", annotated("proxy-protocol", "true"), []string{refused}},
		"its second version":     {"", "ovn", annotated("proxy-protocol", "v2"), []string{refused}},
		"no proxy protocol":      {"amphora", "ovn", annotated("proxy-protocol", "false"), nil},
		"HTTP":                   {"amphora", "ovn", annotated("x-forwarded-for", "true"), []string{refused}},
		"no HTTP":                {"amphora", "ovn", annotated("x-forwarded-for", "false"), nil},
		"TLS":                    {"amphora", "ovn", annotated("default-tls-container-ref", "https://kms/v1/containers/1"), []string{refused}},
		"an algorithm":           {"amphora", "ovn", annotated("lb-method", "ROUND_ROBIN"), []string{refused}},
		"the only algorithm":     {"amphora", "ovn", annotated("lb-method", "SOURCE_IP_PORT"), nil},
		"a timeout":              {"amphora", "ovn", annotated("timeout-member-data", "60000"), []string{ignored}},
		"a flavor":               {"amphora", "ovn", annotated("flavor-id", "large"), []string{ignored}},
		"a zone":                 {"amphora", "ovn", annotated("availability-zone", "az1"), []string{ignored}},
		"an address that stays":  {"amphora", "ovn", annotated("keep-floatingip", "true"), nil},
		"sources":                {"amphora", "ovn", setting("loadBalancerSourceRanges", []resource.Value{"192.0.2.0/24"}), []string{"degraded network/lb-open-to-all" + svc}},
		"health of nodes":        {"amphora", "ovn", setting("externalTrafficPolicy", "Local"), []string{"info network/lb-health-check" + svc}},
		"of another class":       {"amphora", "ovn", setting("loadBalancerClass", "io.cilium/l2"), nil},
		"inside":                 {"amphora", "ovn", setting("type", "ClusterIP"), nil},
		"client address":         {"ovn", "amphora", setting("externalTrafficPolicy", "Local"), []string{"degraded network/lb-client-address" + svc}},
		"of whoever":             {"ovn", "amphora", setting("externalTrafficPolicy", "Cluster"), nil},
		"from OVN to OVN":        {"ovn", "ovn", annotated("timeout-member-data", "60000"), nil},
		"to what nobody knows":   {"amphora", "", annotated("proxy-protocol", "true"), nil},
		"from what nobody knows": {"", "amphora", setting("externalTrafficPolicy", "Local"), nil},
	} {
		t.Run(name, func(t *testing.T) {
			w := kube()
			c.change(w.of(service, "web"))
			p, err := Build(w.set, target(profile.Catalogue{Cluster: w.target, Octavia: c.to}), Options{Drill: "d", Cloud: "b", Source: &profile.Catalogue{Cluster: w.source, Octavia: c.from}})
			if err != nil {
				t.Fatal(err)
			}
			if got := foretold(t, p); !slices.Equal(got, c.want) {
				t.Errorf("foretold is %v, want %v", got, c.want)
			}
		})
	}
}

// A rule that takes the option away takes the gap with it.
func TestOctaviaByRule(t *testing.T) {
	w := kube()
	p, err := Build(w.set, target(profile.Catalogue{Cluster: w.target, Octavia: profile.OVN}), Options{Drill: "d", Cloud: "b",
		Rules: []Rule{{Type: service, Path: `metadata.annotations."loadbalancer.openstack.org/proxy-protocol"`}}})
	if err != nil {
		t.Fatal(err)
	}
	if got := foretold(t, p); slices.ContainsFunc(got, func(s string) bool { return s == "blocker network/lb-feature-absent core/Service/shop-web" }) {
		t.Errorf("foretold is %v", got)
	}
}
