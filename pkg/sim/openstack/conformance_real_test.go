//go:build conformance

package openstack_test

import (
	"net/http"
	"slices"
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
		admin = c.login(t, "admin", "lab") // tokens live an hour
		for _, f := range suiteFlavors {
			admin.remove("compute", "/flavors/"+f.ID)
		}
		admin.remove("image", "/v2/images/"+image["id"].(string))
	})
	c.cleanAfter(t, "demo", "admin")
}

// cleanAfter removes, when the test is over, all that the users' projects have
// and did not have before.
func (c testedCloud) cleanAfter(t *testing.T, users ...string) {
	t.Helper()
	before := map[any]bool{}
	for _, user := range users {
		s := c.login(t, user, "lab")
		for _, l := range s.everything() {
			for _, o := range s.list(l.service, l.path, l.key) {
				before[o["id"]] = true
			}
		}
	}
	t.Cleanup(func() {
		for _, user := range slices.Backward(users) {
			c.login(t, user, "lab").clean(before)
		}
	})
}

// listing is where a service lists things, and under which key.
type listing struct{ service, path, key string }

// everything lists what a project can own, what depends on others first.
func (s *session) everything() []listing {
	own := "project_id=" + s.project
	return []listing{
		{"compute", "/servers", "servers"},
		{"compute", "/os-server-groups", "server_groups"},
		{"volumev3", "/snapshots", "snapshots"},
		{"volumev3", "/volumes", "volumes"},
		{"image", "/v2/images?owner=" + s.project, "images"},
		{"network", "/v2.0/floatingips?" + own, "floatingips"},
		{"network", "/v2.0/ports?device_owner=network:router_interface&" + own, "ports"},
		{"network", "/v2.0/routers?" + own, "routers"},
		{"network", "/v2.0/trunks?" + own, "trunks"},
		{"network", "/v2.0/ports?device_owner=&" + own, "ports"},
		{"network", "/v2.0/networks?router:external=false&" + own, "networks"},
		{"network", "/v2.0/subnetpools?" + own, "subnetpools"},
		{"network", "/v2.0/security-groups?" + own, "security_groups"},
	}
}

// clean deletes what is in a project and was not there before.
func (s *session) clean(before map[any]bool) {
	s.t.Helper()
	s.t.Logf("cleaning %s", s.project)
	for _, l := range s.everything() {
		s.clear(l, before)
	}
}

// clear deletes what a list has that was not there before, and waits until it
// is gone.
func (s *session) clear(l listing, before map[any]bool) {
	s.t.Helper()
	where, _, _ := strings.Cut(l.path, "?")
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for range 60 {
		list := slices.DeleteFunc(s.list(l.service, l.path, l.key), func(o map[string]any) bool {
			return before[o["id"]] || o["name"] == "default"
		})
		if len(list) == 0 {
			return
		}
		for _, o := range list {
			if o["device_owner"] == "network:router_interface" {
				s.try("PUT", l.service, "/v2.0/routers/"+o["device_id"].(string)+"/remove_router_interface", map[string]any{"port_id": o["id"]})
			} else {
				s.remove(l.service, where+"/"+o["id"].(string))
			}
		}
		<-tick.C
	}
	s.t.Errorf("%s%s: not empty after a minute", l.service, l.path)
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
