//go:build conformance

package openstack_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/sim/openstack"
)

// TestConformanceOfSimulator runs gophercloud's acceptance tests against the
// twin of the real cloud that the record is of, and compares test by test.
func TestConformanceOfSimulator(t *testing.T) {
	t.Parallel()
	a := buildSuites(t)
	for _, user := range []string{"demo", "admin"} {
		t.Run(user, func(t *testing.T) {
			t.Parallel()
			got := a.runAll(t, "sim-"+user, 4, func(string) []string { return simulated(t).environment(t, user, "password") })
			keep(t, "sim-"+user, got)
			for _, d := range compareRecords(t, user, got) {
				if *only == "" || !strings.Contains(d, "simulated NONE") {
					t.Error(d)
				}
			}
		})
	}
}

// What the suites need of a cloud, and the twin of the lab has not.
var (
	suiteFlavors = []profile.Flavor{{ID: "99", Name: "m1.acctest", VCPUs: 1, RAM: 512, Disk: 10, Ephemeral: 10},
		{ID: "98", Name: "m1.resize", VCPUs: 1, RAM: 512, Disk: 11, Ephemeral: 10}}
	suiteImage = profile.PublicImage{Image: profile.Image{Name: "cirros", Visibility: "public", DiskFormat: "raw", ContainerFormat: "bare"},
		Content: profile.ImageContent{Size: 1 << 20}}
)

// A testedCloud is what the suites run against, by the URL of its Keystone.
type testedCloud struct{ identity string }

// simulated starts the twin of real-a, with what the suites need.
func simulated(t *testing.T) testedCloud {
	t.Helper()
	p, err := profile.Load(os.DirFS("../../../fixtures/clouds"), "real-a")
	if err != nil {
		t.Fatal(err)
	}
	p.Flavors = append(p.Flavors, suiteFlavors...)
	p.Images = append(p.Images, suiteImage)
	cloud, err := openstack.New(p)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(cloud)
	t.Cleanup(func() {
		server.Close()
		if err := cloud.Close(); err != nil {
			t.Error(err)
		}
	})
	return testedCloud{server.URL + "/identity/v3"}
}

// A session is a user in the project of his name.
type session struct {
	t        *testing.T
	token    string
	project  string
	services map[string]string // public URLs by type
}

func (c testedCloud) login(t *testing.T, user, password string) *session {
	t.Helper()
	s := &session{t: t, services: map[string]string{"identity": c.identity}}
	domain := map[string]any{"id": "default"}
	body, header := s.call("POST", "identity", "/auth/tokens", map[string]any{"auth": map[string]any{
		"identity": map[string]any{"methods": []string{"password"}, "password": map[string]any{
			"user": map[string]any{"name": user, "password": password, "domain": domain}}},
		"scope": map[string]any{"project": map[string]any{"name": user, "domain": domain}}}})
	s.token = header.Get("X-Subject-Token")
	token := body["token"].(map[string]any)
	s.project = token["project"].(map[string]any)["id"].(string)
	for _, service := range token["catalog"].([]any) {
		service := service.(map[string]any)
		for _, e := range service["endpoints"].([]any) {
			if e := e.(map[string]any); e["interface"] == "public" && service["type"] != "identity" {
				s.services[service["type"].(string)] = strings.TrimSuffix(e["url"].(string), "/")
			}
		}
	}
	return s
}

// call sends a request whose refusal ends the test.
func (s *session) call(method, service, path string, body any) (map[string]any, http.Header) {
	s.t.Helper()
	status, answer, header := s.send(method, service, path, body)
	if status >= http.StatusBadRequest {
		s.t.Fatalf("%s %s%s: %d %s", method, service, path, status, answer)
	}
	var out map[string]any
	_ = json.Unmarshal(answer, &out) // some have none
	return out, header
}

// send sends a request. A body of bytes goes as it is, another as JSON.
func (s *session) send(method, service, path string, body any) (int, []byte, http.Header) {
	s.t.Helper()
	data, raw := body.([]byte)
	kind := "application/octet-stream"
	if !raw && body != nil {
		data, _ = json.Marshal(body)
		kind = "application/json"
	}
	r, err := http.NewRequest(method, s.services[service]+path, bytes.NewReader(data))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("X-Auth-Token", s.token)
	if body != nil {
		r.Header.Set("Content-Type", kind)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp.StatusCode, answer, resp.Header
}

func (s *session) list(service, path, key string) []map[string]any {
	s.t.Helper()
	body, _ := s.call("GET", service, path, nil)
	var list []map[string]any
	for _, o := range body[key].([]any) {
		list = append(list, o.(map[string]any))
	}
	return list
}

// id is that of the first thing of a list; made when there is none.
func (s *session) id(service, path, key string, create func() map[string]any) string {
	s.t.Helper()
	if list := s.list(service, path, key); len(list) > 0 {
		return list[0]["id"].(string)
	}
	if create == nil {
		s.t.Fatalf("%s%s: there is none", service, path)
	}
	return create()["id"].(string)
}

func (s *session) create(service, path, key string, body map[string]any) map[string]any {
	s.t.Helper()
	made, _ := s.call("POST", service, path, map[string]any{key: body})
	return made[key].(map[string]any)
}

// environment is what the suites read of a cloud, as DevStack would have made
// it: a network of demo's with a router, a flavor to resize to, an image.
func (c testedCloud) environment(t *testing.T, user, password string) []string {
	t.Helper()
	s := c.login(t, "demo", password)
	public := s.id("network", "/v2.0/networks?router:external=true", "networks", nil)
	var subnet string
	private := s.id("network", "/v2.0/networks?name=private", "networks", func() map[string]any {
		net := s.create("network", "/v2.0/networks", "network", map[string]any{"name": "private"})
		subnet = s.create("network", "/v2.0/subnets", "subnet",
			map[string]any{"name": "private-subnet", "network_id": net["id"], "cidr": "10.0.0.0/26", "ip_version": 4})["id"].(string)
		router := s.create("network", "/v2.0/routers", "router",
			map[string]any{"name": "router1", "external_gateway_info": map[string]any{"network_id": public}})
		s.call("PUT", "network", fmt.Sprintf("/v2.0/routers/%s/add_router_interface", router["id"]), map[string]any{"subnet_id": subnet})
		return net
	})
	if subnet == "" {
		subnet = s.id("network", "/v2.0/subnets?name=private-subnet", "subnets", nil)
	}
	image := s.id("image", "/v2/images?name=cirros", "images", nil)
	return append(slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "OS_") }),
		"OS_AUTH_URL="+c.identity, "OS_USERNAME="+user, "OS_PASSWORD="+password, "OS_PROJECT_NAME="+user, "OS_TENANT_NAME="+user,
		"OS_DOMAIN_ID=default", "OS_USER_DOMAIN_ID=default", "OS_PROJECT_DOMAIN_ID=default", "OS_REGION_NAME=RegionOne",
		"OS_IDENTITY_API_VERSION=3", "OS_IMAGE_NAME=cirros", "OS_IMAGE_ID="+image, "OS_NETWORK_NAME=private", "OS_NETWORK_ID="+private,
		"OS_SUBNET_ID="+subnet, "OS_EXTGW_ID="+public, "OS_POOL_NAME=public", "OS_FLAVOR_ID=99", "OS_FLAVOR_ID_RESIZE=98", "OS_BRANCH=stable/zed")
}
