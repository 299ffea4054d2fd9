package openstack

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// BenchmarkSimulatorRequests shows how many requests one cloud answers on one
// core, without a socket: a tenant's mixed load on a cloud that holds 200
// networks, each with a subnet and a port.
func BenchmarkSimulatorRequests(b *testing.B) {
	p := carried(b, "alster")
	p.Quota["network.network"], p.Quota["network.subnet"], p.Quota["network.port"] = -1, -1, -1
	cloud, err := New(p)
	if err != nil {
		b.Fatal(err)
	}
	defer cloud.Close()
	token := ""
	ask := func(method, path, body string, want int) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.Header.Set("X-Auth-Token", token)
		w := httptest.NewRecorder()
		cloud.ServeHTTP(w, r)
		if w.Code != want {
			b.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
		}
		return w
	}
	token = ask("POST", "/identity/v3/auth/tokens", `{"auth": {"identity": {"methods": ["password"], "password": {"user": {"name": "demo", "password": "password", "domain": {"id": "default"}}}}}}`, http.StatusCreated).Header().Get("X-Subject-Token")
	made := func(w *httptest.ResponseRecorder) string {
		return idForm.FindString(w.Body.String()[strings.Index(w.Body.String(), `"id":`):])
	}
	net := ""
	for range 200 {
		net = made(ask("POST", "/network/v2.0/networks", `{"network": {}}`, http.StatusCreated))
		ask("POST", "/network/v2.0/subnets", `{"subnet": {"network_id": "`+net+`", "ip_version": 4, "cidr": "10.0.0.0/24"}}`, http.StatusCreated)
		ask("POST", "/network/v2.0/ports", `{"port": {"network_id": "`+net+`"}}`, http.StatusCreated)
	}
	requests := 0
	for b.Loop() {
		port := made(ask("POST", "/network/v2.0/ports", `{"port": {"network_id": "`+net+`", "name": "p"}}`, http.StatusCreated))
		ask("GET", "/network/v2.0/ports/"+port, "", http.StatusOK)
		ask("PUT", "/network/v2.0/ports/"+port, `{"port": {"name": "q"}}`, http.StatusOK)
		ask("GET", "/network/v2.0/networks?limit=50", "", http.StatusOK)
		ask("GET", "/network/v2.0/ports?network_id="+net, "", http.StatusOK)
		ask("GET", "/network/v2.0/security-groups", "", http.StatusOK)
		ask("GET", "/image/v2/images", "", http.StatusOK)
		ask("GET", "/compute/v2.1/flavors/detail", "", http.StatusOK)
		ask("GET", "/compute/v2.1/servers/detail", "", http.StatusOK)
		ask("DELETE", "/network/v2.0/ports/"+port, "", http.StatusNoContent)
		requests += 10
	}
	b.ReportMetric(float64(requests)/b.Elapsed().Seconds(), "requests/s")
}
