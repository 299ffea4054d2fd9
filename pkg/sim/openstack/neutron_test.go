package openstack

import (
	"net/http"
	"testing"
	"time"

	"github.com/wechsel-project/wechsel/pkg/profile"
)

// withNetworks is a profile with an external network and the extensions that
// the tests are about.
func withNetworks() *profile.Profile {
	p := testProfile()
	p.Extensions = []string{"router", "external-net", "security-group", "port-security", "net-mtu", "standard-attr-tag", "standard-attr-description",
		"standard-attr-timestamp", "standard-attr-revisions", "project-id", "filter-validation", "allowed-address-pairs", "auto-allocated-topology",
		"security-groups-normalized-cidr", "provider", "fip-port-details", "extraroute", "ext-gw-mode"}
	p.Behaviour.Network = profile.TenantNetwork{Type: "geneve", MTU: 1442, HelperPorts: []string{"network:distributed"}}
	p.Networks = []profile.PublicNetwork{{Name: "public", External: true, Default: true, Subnets: []profile.PublicSubnet{{
		Subnet: profile.Subnet{Name: "public-v4", CIDR: "203.0.113.0/24"}, Pools: []profile.Pool{{Start: "203.0.113.10", End: "203.0.113.12"}}}}}}
	return p
}

// must calls Neutron and fails the test unless the status is right.
func (l *lab) must(status int, method, path string, body any) answer {
	l.Helper()
	a := l.call(method, path, body)
	if a.status != status {
		l.Fatalf("%s %s %v: %d %s", method, path, body, a.status, a.raw)
	}
	return a
}

func (l *lab) networkAndSubnet() (net, subnet string) {
	l.Helper()
	net = l.must(201, "POST", "/network/v2.0/networks", map[string]any{"network": map[string]any{"name": "n"}}).at("network", "id").(string)
	subnet = l.must(201, "POST", "/network/v2.0/subnets", map[string]any{"subnet": map[string]any{
		"network_id": net, "ip_version": 4, "cidr": "10.0.0.0/29"}}).at("subnet", "id").(string)
	return net, subnet
}

func TestAddressesRunOut(t *testing.T) {
	l := newLab(t, withNetworks())
	net, _ := l.networkAndSubnet()
	port := map[string]any{"port": map[string]any{"network_id": net}}
	seen := map[any]bool{}
	for range 4 { // six addresses, less the gateway and the helper's
		ip := l.must(201, "POST", "/network/v2.0/ports", port).at("port", "fixed_ips").([]any)[0].(map[string]any)["ip_address"]
		if seen[ip] {
			t.Errorf("%v was given twice", ip)
		}
		seen[ip] = true
	}
	if a := l.must(409, "POST", "/network/v2.0/ports", port); a.at("NeutronError", "type") != "IpAddressGenerationFailure" {
		t.Error(a.raw)
	}
}

func TestFloatingIPFollowsItsPort(t *testing.T) {
	l := newLab(t, withNetworks())
	net, subnet := l.networkAndSubnet()
	public := l.must(200, "GET", "/network/v2.0/networks?name=public", nil).at("networks").([]any)[0].(map[string]any)["id"]
	port := l.must(201, "POST", "/network/v2.0/ports", map[string]any{"port": map[string]any{"network_id": net}}).at("port", "id").(string)
	fip := map[string]any{"floatingip": map[string]any{"floating_network_id": public, "port_id": port}}
	l.must(404, "POST", "/network/v2.0/floatingips", fip)
	router := l.must(201, "POST", "/network/v2.0/routers", map[string]any{"router": map[string]any{
		"external_gateway_info": map[string]any{"network_id": public}}}).at("router", "id").(string)
	l.must(200, "PUT", "/network/v2.0/routers/"+router+"/add_router_interface", map[string]any{"subnet_id": subnet})
	made := l.must(201, "POST", "/network/v2.0/floatingips", fip)
	path := "/network/v2.0/floatingips/" + made.at("floatingip", "id").(string)
	if made.at("floatingip", "status") != "DOWN" || l.must(200, "GET", path, nil).at("floatingip", "status") != "ACTIVE" {
		t.Error("a floating IP is DOWN when it is made, and ACTIVE a moment later")
	}
	l.must(409, "DELETE", "/network/v2.0/routers/"+router, nil)
	l.must(204, "DELETE", "/network/v2.0/ports/"+port, nil)
	if left := l.must(200, "GET", path, nil); left.at("floatingip", "port_id") != nil || left.at("floatingip", "router_id") != nil {
		t.Error(left.raw)
	}
	l.must(204, "DELETE", path, nil)
	l.must(200, "PUT", "/network/v2.0/routers/"+router+"/remove_router_interface", map[string]any{"subnet_id": subnet})
	l.must(204, "DELETE", "/network/v2.0/routers/"+router, nil)
	l.must(204, "DELETE", "/network/v2.0/networks/"+net, nil)
	if rest := l.must(200, "GET", "/network/v2.0/ports", nil).at("ports").([]any); len(rest) != 0 {
		t.Errorf("ports are left: %v", rest)
	}
}

func TestFloatingIPGivesItsAddressBack(t *testing.T) {
	l := newLab(t, withNetworks())
	public := l.must(200, "GET", "/network/v2.0/networks?name=public", nil).at("networks").([]any)[0].(map[string]any)["id"]
	for range 5 { // more than there are addresses
		made := l.must(201, "POST", "/network/v2.0/floatingips", map[string]any{"floatingip": map[string]any{"floating_network_id": public}})
		l.must(204, "DELETE", "/network/v2.0/floatingips/"+made.at("floatingip", "id").(string), nil)
	}
}

func TestOtherProjectSeesNothing(t *testing.T) {
	l := newLab(t, withNetworks())
	net, _ := l.networkAndSubnet()
	l.token = l.login("demo2", "demo2")
	l.must(404, "GET", "/network/v2.0/networks/"+net, nil)
	l.must(404, "DELETE", "/network/v2.0/networks/"+net, nil)
	l.must(404, "POST", "/network/v2.0/ports", map[string]any{"port": map[string]any{"network_id": net}})
}

func TestAttributesAreGated(t *testing.T) {
	l := newLab(t, withNetworks())
	for _, tc := range []struct {
		attr    string
		value   any
		status  int
		message string
	}{
		{"qos_policy_id", nil, 400, "Unrecognized attribute(s) 'qos_policy_id'"},
		{"shared", true, 403, "(rule:create_network and rule:create_network:shared) is disallowed by policy"},
		{"mtu", 9000, 400, "Invalid input for operation: Requested MTU is too big, maximum is 1442."},
		{"status", "ACTIVE", 400, "Attribute 'status' not allowed in POST"},
	} {
		a := l.call("POST", "/network/v2.0/networks", map[string]any{"network": map[string]any{tc.attr: tc.value}})
		if a.status != tc.status || a.at("NeutronError", "message") != tc.message {
			t.Errorf("%s: %d %s", tc.attr, a.status, a.raw)
		}
	}
}

func TestNetworkQuota(t *testing.T) {
	p := withNetworks()
	p.Quota = map[string]int64{"network.network": 1}
	l := newLab(t, p)
	body := map[string]any{"network": map[string]any{}}
	l.must(201, "POST", "/network/v2.0/networks", body)
	a := l.must(http.StatusConflict, "POST", "/network/v2.0/networks", body)
	if a.at("NeutronError", "message") != "Quota exceeded for resources: ['network']." {
		t.Error(a.raw)
	}
	l.later(time.Minute)
	l.must(200, "GET", "/network/v2.0/quotas/"+l.must(200, "GET", "/identity/v3/auth/projects", nil).at("projects").([]any)[0].(map[string]any)["id"].(string)+"/details.json", nil)
}
