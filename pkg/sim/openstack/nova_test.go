package openstack

import (
	"strings"
	"testing"
	"time"

	"github.com/wechsel-project/wechsel/pkg/profile"
)

// withServers is a profile whose servers take a second to build.
func withServers() *profile.Profile {
	p := withNetworks()
	p.Flavors = []profile.Flavor{{ID: "small", Name: "small", VCPUs: 1, RAM: 1024, Disk: 5}, {ID: "diskless", Name: "diskless", VCPUs: 1, RAM: 1024}}
	p.Images = []profile.PublicImage{{Image: profile.Image{ID: "11111111-1111-4111-8111-111111111111", Name: "debian", Status: "active", Visibility: "public",
		MinDisk: 1, DiskFormat: "raw", ContainerFormat: "bare"}, Content: profile.ImageContent{Size: 1 << 20}}}
	p.VolumeTypes = []profile.VolumeType{{Name: "standard", Default: true}}
	p.Zones = map[string][]string{"compute": {"zone"}, "block-storage": {"zone"}}
	second := profile.Span{Min: time.Second, Max: time.Second}
	p.Behaviour.Durations = profile.Durations{ServerBuild: second, ServerAction: second, ServerDelete: second, VolumeCreate: second, VolumeAttach: second,
		VolumeDetach: second, VolumeDelete: second}
	return p
}

const debian = "11111111-1111-4111-8111-111111111111"

func (l *lab) compute(status int, method, path string, body any) answer {
	l.Helper()
	a := l.call(method, "/compute/v2.1"+path, body, "OpenStack-API-Version", "compute 2.79")
	if a.status != status {
		l.Fatalf("%s %s %v: %d %s", method, path, body, a.status, a.raw)
	}
	return a
}

// boot asks for a server and returns its id.
func (l *lab) boot(server map[string]any, hints ...string) string {
	l.Helper()
	body := map[string]any{"server": server}
	if len(hints) > 0 {
		body["os:scheduler_hints"] = map[string]any{"group": hints[0]}
	}
	return l.compute(202, "POST", "/servers", body).at("server", "id").(string)
}

func TestServerFromCradleToGrave(t *testing.T) {
	l := newLab(t, withServers())
	net, _ := l.networkAndSubnet()
	id := l.boot(map[string]any{"name": "s", "imageRef": debian, "flavorRef": "small", "networks": []any{map[string]any{"uuid": net}}})
	if s := l.compute(200, "GET", "/servers/"+id, nil); s.at("server", "status") != "BUILD" {
		t.Errorf("a new server is %v", s.at("server", "status"))
	}
	l.later(time.Minute)
	s := l.compute(200, "GET", "/servers/"+id, nil)
	if s.at("server", "status") != "ACTIVE" || len(s.at("server", "addresses", "n").([]any)) != 1 {
		t.Fatal(s.raw)
	}
	port := l.must(200, "GET", "/network/v2.0/ports?device_id="+id, nil).at("ports").([]any)[0].(map[string]any)
	if port["status"] != "ACTIVE" || port["device_owner"] != "compute:zone" {
		t.Errorf("port: %v", port)
	}
	l.compute(202, "POST", "/servers/"+id+"/action", map[string]any{"os-stop": nil})
	l.compute(409, "POST", "/servers/"+id+"/action", map[string]any{"os-stop": nil})
	l.later(time.Minute)
	if s := l.compute(200, "GET", "/servers/"+id, nil); s.at("server", "status") != "SHUTOFF" {
		t.Errorf("a stopped server is %v", s.at("server", "status"))
	}
	l.compute(204, "DELETE", "/servers/"+id, nil)
	if s := l.compute(200, "GET", "/servers/"+id, nil); s.at("server", "OS-EXT-STS:task_state") != "deleting" {
		t.Errorf("deletion takes its time: %s", s.raw)
	}
	l.later(time.Minute)
	l.compute(404, "GET", "/servers/"+id, nil)
	l.must(404, "GET", "/network/v2.0/ports/"+port["id"].(string), nil)
}

func TestOwnPortOutlivesItsServer(t *testing.T) {
	l := newLab(t, withServers())
	net, _ := l.networkAndSubnet()
	port := l.must(201, "POST", "/network/v2.0/ports", map[string]any{"port": map[string]any{"network_id": net}}).at("port", "id").(string)
	server := map[string]any{"name": "s", "imageRef": debian, "flavorRef": "small", "networks": []any{map[string]any{"port": port}}}
	id := l.boot(server)
	l.later(time.Minute)
	l.compute(409, "POST", "/servers", map[string]any{"server": server})
	l.compute(204, "DELETE", "/servers/"+id, nil)
	l.later(time.Minute)
	if p := l.must(200, "GET", "/network/v2.0/ports/"+port, nil); p.at("port", "device_id") != "" || p.at("port", "status") != "DOWN" {
		t.Error(p.raw)
	}
}

func TestBootFromVolume(t *testing.T) {
	l := newLab(t, withServers())
	server := map[string]any{"name": "s", "flavorRef": "diskless", "networks": "none", "imageRef": debian}
	if a := l.compute(403, "POST", "/servers", map[string]any{"server": server}); a.at("forbidden", "message") != "Only volume-backed servers are allowed for flavors with zero disk." {
		t.Error(a.raw)
	}
	for _, keep := range []bool{false, true} {
		delete(server, "imageRef")
		server["block_device_mapping_v2"] = []any{map[string]any{"boot_index": 0, "source_type": "image", "destination_type": "volume", "uuid": debian,
			"volume_size": 1, "delete_on_termination": !keep}}
		id := l.boot(server)
		l.later(time.Minute)
		list := l.compute(200, "GET", "/servers/"+id+"/os-volume_attachments", nil).at("volumeAttachments").([]any)
		if len(list) != 1 {
			t.Fatal(list)
		}
		volume := list[0].(map[string]any)["volumeId"].(string)
		l.compute(400, "DELETE", "/servers/"+id+"/os-volume_attachments/"+volume, nil)
		l.compute(204, "DELETE", "/servers/"+id, nil)
		l.later(time.Minute)
		project := l.must(200, "GET", "/identity/v3/auth/projects", nil).at("projects").([]any)[0].(map[string]any)["id"].(string)
		v := l.call("GET", "/volume/v3/"+project+"/volumes/"+volume, nil)
		if keep && v.at("volume", "status") != "available" || !keep && v.status != 404 {
			t.Errorf("keep %t: %d %s", keep, v.status, v.raw)
		}
	}
}

func TestAntiAffinityRunsOutOfHosts(t *testing.T) {
	p := withServers()
	p.Behaviour.Hosts = 2
	l := newLab(t, p)
	group := l.compute(200, "POST", "/os-server-groups", map[string]any{"server_group": map[string]any{"name": "g", "policy": "anti-affinity"}}).at("server_group", "id").(string)
	hosts := map[any]bool{}
	for i, want := range []string{"ACTIVE", "ACTIVE", "ERROR"} {
		id := l.boot(map[string]any{"name": "s", "imageRef": debian, "flavorRef": "small", "networks": "none"}, group)
		l.later(time.Minute)
		s := l.compute(200, "GET", "/servers/"+id, nil)
		if s.at("server", "status") != want {
			t.Fatalf("server %d: %s", i, s.raw)
		}
		if want == "ACTIVE" && hosts[s.at("server", "hostId")] {
			t.Error("two members share a host")
		}
		hosts[s.at("server", "hostId")] = true
		if fault, _ := s.at("server", "fault", "message").(string); want == "ERROR" && !strings.HasPrefix(fault, "No valid host was found") {
			t.Error(fault)
		}
	}
}

func TestComputeQuota(t *testing.T) {
	p := withServers()
	p.Quota = map[string]int64{"compute.instances": 1}
	l := newLab(t, p)
	server := map[string]any{"name": "s", "imageRef": debian, "flavorRef": "small", "networks": "none"}
	l.boot(server)
	a := l.compute(403, "POST", "/servers", map[string]any{"server": server})
	if a.at("forbidden", "message") != "Quota exceeded for instances: Requested 1, but already used 1 of 1 instances" {
		t.Error(a.raw)
	}
}

func TestVolumeComesAndGoes(t *testing.T) {
	l := newLab(t, withServers())
	id := l.boot(map[string]any{"name": "s", "imageRef": debian, "flavorRef": "small", "networks": "none"})
	project := l.must(200, "GET", "/identity/v3/auth/projects", nil).at("projects").([]any)[0].(map[string]any)["id"].(string)
	volumes := "/volume/v3/" + project + "/volumes"
	v := l.must(202, "POST", volumes, map[string]any{"volume": map[string]any{"size": 1}}).at("volume", "id").(string)
	l.later(time.Minute)
	status := func(want string) {
		t.Helper()
		if a := l.must(200, "GET", volumes+"/"+v, nil); a.at("volume", "status") != want {
			t.Errorf("the volume is %v, not %s", a.at("volume", "status"), want)
		}
	}
	path := "/servers/" + id + "/os-volume_attachments"
	body := map[string]any{"volumeAttachment": map[string]any{"volumeId": v}}
	if a := l.compute(200, "POST", path, body); a.at("volumeAttachment", "device") != "/dev/vdb" {
		t.Error(a.raw)
	}
	status("reserved")
	l.later(time.Minute)
	status("in-use")
	l.compute(400, "POST", path, body)
	l.compute(202, "DELETE", path+"/"+v, nil)
	status("detaching")
	l.later(time.Minute)
	status("available")
	l.compute(404, "DELETE", path+"/"+v, nil)
}

func TestFingerprint(t *testing.T) {
	for _, tc := range []struct{ key, want string }{
		{"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJlyXJv7y/P+C9AFPu2yMypSwVD6q0puvgNtc1xECfx3 me@host", "c5:3d:a0:da:52:40:50:02:35:3e:f2:e7:1d:b8:7b:f2"},
		{"ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBABg+OIi0wG35Fe9VXvv3d4AVZGNLy0FV33IOMOoyxCXw1sVfdQR7JziVAUaNDPrmiiGiGHS2mzXfyEgPff3kUI=",
			"7b:26:99:18:70:8c:38:ea:d1:3a:dc:83:c7:7b:12:b8"},
		{"ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIJlyXJv7y/P+C9AFPu2yMypSwVD6q0puvgNtc1xECfx3", ""},
		{"ssh-rsa nonsense", ""},
		{"", ""},
	} {
		if got, valid := fingerprint(tc.key); got != tc.want || valid != (tc.want != "") {
			t.Errorf("%.40s: %q %t", tc.key, got, valid)
		}
	}
}

func TestServerFault(t *testing.T) {
	l := newLab(t, withServers())
	l.cloud.Faults.Add(profile.Fault{Kind: "server", Name: "bad-*", Message: "the host burnt down"})
	id := l.boot(map[string]any{"name": "bad-one", "imageRef": debian, "flavorRef": "small", "networks": "none"})
	l.later(time.Minute)
	if s := l.compute(200, "GET", "/servers/"+id, nil); s.at("server", "status") != "ERROR" || s.at("server", "fault", "message") != "the host burnt down" {
		t.Error(s.raw)
	}
}
