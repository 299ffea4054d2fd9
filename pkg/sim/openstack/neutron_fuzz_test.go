package openstack

import (
	"net/http"
	"strings"
	"testing"
)

// FuzzNeutron asks a cloud with a network, a router and a port whatever it is:
// there is always an answer, and one that the real service could give (it has
// defects of its own, and words for them).
func FuzzNeutron(f *testing.F) {
	for _, seed := range [][3]string{
		{"GET", "/networks?name=n&name=m&fields=id&limit=1&marker=NET&sort_key=name&sort_dir=desc", ""},
		{"POST", "/networks", `{"networks": [{"name": "a", "mtu": 0, "port_security_enabled": "x"}, {}]}`},
		{"POST", "/subnets", `{"subnet": {"network_id": "NET", "ip_version": 6, "cidr": "fd00::/64", "ipv6_address_mode": "slaac", "gateway_ip": null, "host_routes": [{"destination": "x"}]}}`},
		{"PUT", "/subnets/SUBNET", `{"subnet": {"allocation_pools": [{"start": "10.0.0.6", "end": "10.0.0.2"}], "dns_nameservers": ["x", 1]}}`},
		{"POST", "/ports", `{"port": {"network_id": "NET", "fixed_ips": [{"subnet_id": "SUBNET", "ip_address": "10.0.0.300"}], "allowed_address_pairs": [{"ip_address": 1}], "extra_dhcp_opts": {}}}`},
		{"PUT", "/ports/PORT", `{"port": {"fixed_ips": null, "security_groups": ["x"], "device_id": []}}`},
		{"PUT", "/routers/ROUTER/add_router_interface", `{"subnet_id": "SUBNET", "port_id": "PORT"}`},
		{"PUT", "/routers/ROUTER/add_extraroutes", `{"router": {"routes": [{"destination": "10.9.0.0/16", "nexthop": {}}]}}`},
		{"PUT", "/routers/ROUTER", `{"router": {"external_gateway_info": {"network_id": "NET", "enable_snat": "maybe", "external_fixed_ips": [[]]}, "routes": "x"}}`},
		{"POST", "/floatingips", `{"floatingip": {"floating_network_id": "NET", "port_id": "PORT", "fixed_ip_address": "::1"}}`},
		{"POST", "/security-group-rules", `{"security_group_rule": {"direction": "ingress", "protocol": -7, "port_range_min": "70000", "remote_ip_prefix": "10.0.0.1/0", "ethertype": "ipv5"}}`},
		{"PUT", "/networks/NET/tags", `{"tags": ["a", "a", 1, null]}`}, {"DELETE", "/networks/NET", ""}, {"GET", "/quotas/x/details.json", ""},
		{"POST", "/subnetpools", `{"subnetpool": {"name": "p", "prefixes": ["10.0.0.0/8", "x"], "default_prefixlen": 99}}`},
		{"POST", "/rbac-policies", `{"rbac_policy": {"object_type": "network", "object_id": "NET", "action": "access_as_shared", "target_tenant": "*"}}`},
		{"POST", "/trunks", `{"trunk": {"port_id": "PORT", "sub_ports": [{"segmentation_id": "x"}]}}`},
		{"POST", "/address-groups", `{"address_group": {"addresses": ["x", 1]}}`}, {"POST", "/floatingips/x/port_forwardings", `{"port_forwarding": {"internal_port": "1:2"}}`},
	} {
		f.Add(seed[0], seed[1], seed[2], len(seed[1])%2 == 0)
	}
	p := withNetworks()
	p.Extensions = append(p.Extensions, "extraroute-atomic", "subnet_allocation", "rbac-policies", "address-group", "address-scope", "trunk", "trunk-details", "qos", "quotas",
		"quota_details", "floating-ip-port-forwarding", "dns-integration", "extra_dhcp_opt", "revision-if-match", "sorting", "pagination")
	f.Fuzz(func(t *testing.T, method, path, body string, admin bool) {
		if strings.ContainsAny(method+path, " \r\n\x00#") || !strings.HasPrefix(path, "/") || method == "" {
			return
		}
		l := newLab(t, p)
		net, subnet := l.networkAndSubnet()
		router := l.must(201, "POST", "/network/v2.0/routers", map[string]any{"router": map[string]any{"name": "r"}}).at("router", "id").(string)
		port := l.must(201, "POST", "/network/v2.0/ports", map[string]any{"port": map[string]any{"network_id": net}}).at("port", "id").(string)
		if admin {
			l.token = l.login("admin", "admin")
		}
		ids := strings.NewReplacer("SUBNET", subnet, "NET", net, "ROUTER", router, "PORT", port)
		path, body = "/network/v2.0"+ids.Replace(path), ids.Replace(body)
		if _, err := http.NewRequestWithContext(t.Context(), method, l.url+path, nil); err != nil {
			return
		}
		a := l.call(method, path, body) // fails the test if the connection ends without an answer
		if a.status >= http.StatusInternalServerError && a.status != http.StatusNotImplemented && !strings.Contains(a.raw, serverError().Error()) {
			t.Errorf("%d %s", a.status, a.raw)
		}
		again := l.call("GET", "/network/v2.0/ports", nil) // what it was told must not have spoiled it
		if again.status != http.StatusOK {
			t.Errorf("and then: %d %s", again.status, again.raw)
		}
	})
}
