package main

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// ovn is the provider of Octavia that forwards connections and knows nothing of
// what is in them.
const ovn = "ovn"

// octavia begins the annotations that cloud-provider-openstack reads.
const octavia = "loadbalancer.openstack.org/"

// ovnRefuses says why Octavia's OVN provider does not make the load balancer that
// cloud-provider-openstack asks it for; empty: it makes it. Timeouts, flavors, zones
// and allowed sources are not asked for of this provider, without a word
// (cloud-provider-openstack, pkg/openstack/loadbalancer.go and
// pkg/util/openstack/loadbalancer.go; ovn-octavia-provider, driver.py).
func ovnRefuses(cluster string, s *corev1.Service) string {
	option, a := "", s.Annotations
	switch {
	case a[octavia+"default-tls-container-ref"] != "":
		option = "TERMINATED_HTTPS protocol"
	case a[octavia+"x-forwarded-for"] == "true":
		option = "HTTP protocol"
	case a[octavia+"proxy-protocol"] == "v2":
		option = "PROXYV2 protocol"
	case slices.Contains([]string{"true", "v1"}, a[octavia+"proxy-protocol"]):
		option = "PROXY protocol"
	case !slices.Contains([]string{"", "SOURCE_IP_PORT"}, a[octavia+"lb-method"]):
		option = a[octavia+"lb-method"] + " algorithm"
	default:
		return ""
	}
	return fmt.Sprintf("failed to ensure load balancer: error creating loadbalancer kube_service_%s_%s_%s: Expected HTTP response code [201 202] when accessing [POST /v2.0/lbaas/loadbalancers], but got 501 instead: "+
		`{"faultcode": "Server", "faultstring": "Provider 'ovn' does not support a requested option: OVN provider does not support %s", "debuginfo": null}`, cluster, s.Namespace, s.Name, option)
}
