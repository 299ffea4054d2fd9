//go:build conformance

package openstack_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestConformanceOfRealCloud records anew what the tests say on the lab's
// cloud A, which has to be up, and takes away what they leave there.
func TestConformanceOfRealCloud(t *testing.T) {
	a := buildSuites(t)
	c := testedCloud{"http://127.0.0.11:5000/v3"}
	c.prepare(t)
	for _, user := range []string{"demo", "admin"} {
		env := c.environment(t, user, "lab")
		keep(t, "real-"+user, a.runAll(t, "real-"+user, 1, func(string) []string { return env }))
	}
}

// prepare makes the flavors and the image, and removes everything afterwards.
func (c testedCloud) prepare(t *testing.T) {
	t.Helper()
	admin := c.login(t, "admin", "lab")
	for _, f := range suiteFlavors {
		admin.create("compute", "/flavors", "flavor", map[string]any{"id": f.ID, "name": f.Name, "vcpus": f.VCPUs, "ram": f.RAM, "disk": f.Disk,
			"OS-FLV-EXT-DATA:ephemeral": f.Ephemeral})
	}
	image, _ := admin.call("POST", "image", "/v2/images", map[string]any{"name": suiteImage.Name, "visibility": "public",
		"disk_format": suiteImage.DiskFormat, "container_format": suiteImage.ContainerFormat})
	admin.call("PUT", "image", "/v2/images/"+image["id"].(string)+"/file", make([]byte, suiteImage.Content.Size))
	t.Cleanup(func() {
		for _, user := range []string{"admin", "demo"} {
			c.login(t, user, "lab").clean()
		}
		admin = c.login(t, "admin", "lab") // tokens live an hour
		for _, f := range suiteFlavors {
			admin.remove("compute", "/flavors/"+f.ID)
		}
		admin.remove("image", "/v2/images/"+image["id"].(string))
	})
}

// clean deletes all that is in a project, what depends on others first.
func (s *session) clean() {
	s.t.Helper()
	s.t.Logf("cleaning %s", s.project)
	s.clear("compute", "/servers", "servers")
	s.clear("compute", "/os-server-groups", "server_groups")
	s.clear("volumev3", "/snapshots", "snapshots")
	s.clear("volumev3", "/volumes", "volumes")
	s.clear("image", "/v2/images?owner="+s.project, "images")
	own := "project_id=" + s.project
	s.clear("network", "/v2.0/floatingips?"+own, "floatingips")
	for _, p := range s.list("network", "/v2.0/ports?device_owner=network:router_interface&"+own, "ports") {
		s.try("PUT", "network", "/v2.0/routers/"+p["device_id"].(string)+"/remove_router_interface", map[string]any{"port_id": p["id"]})
	}
	s.clear("network", "/v2.0/routers?"+own, "routers")
	s.clear("network", "/v2.0/trunks?"+own, "trunks")
	s.clear("network", "/v2.0/ports?device_owner=&"+own, "ports")
	s.clear("network", "/v2.0/networks?router:external=false&"+own, "networks")
	s.clear("network", "/v2.0/subnetpools?"+own, "subnetpools")
	s.clear("network", "/v2.0/security-groups?"+own, "security_groups")
}

// clear deletes what a list has, and waits until it is gone.
func (s *session) clear(service, path, key string) {
	s.t.Helper()
	where, _, _ := strings.Cut(path, "?")
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for range 60 {
		list := s.list(service, path, key)
		for _, o := range list {
			if o["name"] != "default" && o["name"] != suiteImage.Name {
				s.remove(service, where+"/"+o["id"].(string))
			}
		}
		if len(list) == 0 || key == "security_groups" || key == "images" {
			return
		}
		<-tick.C
	}
	s.t.Errorf("%s%s: not empty after a minute", service, path)
}

func (s *session) remove(service, path string) { s.try("DELETE", service, path, nil) }

// try sends a request whose refusal is only noted: what is in the way now may
// be gone the next time.
func (s *session) try(method, service, path string, body any) {
	s.t.Helper()
	status, answer, _ := s.send(method, service, path, body)
	if status >= http.StatusBadRequest {
		s.t.Logf("%s %s%s: %d %s", method, service, path, status, answer)
	}
}
