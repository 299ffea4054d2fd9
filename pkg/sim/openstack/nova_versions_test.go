package openstack

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wechsel-project/wechsel/pkg/profile"
)

// at asks Nova in a microversion 2.minor.
func (l *lab) at(minor int, method, path, body string) answer {
	l.Helper()
	var data any
	if body != "" {
		data = body
	}
	return l.call(method, "/compute/v2.1"+path, data, "OpenStack-API-Version", fmt.Sprintf("compute 2.%d", minor))
}

func keysOf(v any) []string {
	m, _ := v.(map[string]any)
	return slices.Sorted(maps.Keys(m))
}

// TestServerKeysByVersion: which keys a body gains and loses with every
// microversion, for a member and for an administrator.
func TestServerKeysByVersion(t *testing.T) {
	p := withServers()
	p.Services["compute"] = profile.Service{Min: "2.1", Max: "2.93"}
	l := newLab(t, p)
	id := l.boot(map[string]any{"name": "s", "imageRef": debian, "flavorRef": "small", "networks": "none", "tags": []any{"t"}})
	l.later(time.Minute)
	const own = "OS-EXT-SRV-ATTR:"
	more := map[int]string{9: "locked", 19: "description", 26: "tags", 63: "trusted_image_certificates", 71: "server_groups", 73: "locked_reason", 90: own + "hostname"}
	adminMore := map[int]string{3: own + "hostname " + own + "kernel_id " + own + "launch_index " + own + "ramdisk_id " + own + "reservation_id " + own + "root_device_name " + own + "user_data",
		9: "locked", 16: "host_status", 19: "description", 26: "tags", 63: "trusted_image_certificates", 71: "server_groups", 73: "locked_reason"}
	for user, changes := range map[string]map[int]string{"demo": more, "admin": adminMore} {
		l.token = l.login(user, user)
		var before []string
		for minor := 1; minor <= 93; minor++ {
			now := keysOf(l.at(minor, "GET", "/servers/"+id, "").at("server"))
			var added []string
			for _, k := range now {
				if !slices.Contains(before, k) {
					added = append(added, k)
				}
			}
			if got := strings.Join(added, " "); minor > 1 && (got != changes[minor] || len(now) != len(before)+len(added)) {
				t.Errorf("%s, 2.%d: %d keys after %d, new: %q, not %q", user, minor, len(now), len(before), got, changes[minor])
			}
			before = now
		}
	}
}

// TestOtherKeysByVersion: the same for what else changes its form.
func TestOtherKeysByVersion(t *testing.T) {
	p := withServers()
	p.Services["compute"] = profile.Service{Min: "2.1", Max: "2.93"}
	l := newLab(t, p)
	project := l.cloud.identity.project(p.Name, "demo").id
	id := l.boot(map[string]any{"name": "s", "imageRef": debian, "flavorRef": "small", "networks": "none"})
	l.later(time.Minute)
	volume := l.must(202, "POST", "/volume/v3/"+project+"/volumes", map[string]any{"volume": map[string]any{"size": 1}}).at("volume", "id").(string)
	l.later(time.Minute)
	l.compute(200, "POST", "/servers/"+id+"/os-volume_attachments", map[string]any{"volumeAttachment": map[string]any{"volumeId": volume}})
	l.later(time.Minute)
	for _, tc := range []struct {
		minor      int
		path, want string
		at         []string
	}{
		{46, "/servers/" + id, "id links", []string{"server", "flavor"}},
		{47, "/servers/" + id, "disk ephemeral extra_specs original_name ram swap vcpus", []string{"server", "flavor"}},
		{54, "/flavors/small", "OS-FLV-DISABLED:disabled OS-FLV-EXT-DATA:ephemeral disk id links name os-flavor-access:is_public ram rxtx_factor swap vcpus", []string{"flavor"}},
		{61, "/flavors/small", "OS-FLV-DISABLED:disabled OS-FLV-EXT-DATA:ephemeral description disk extra_specs id links name os-flavor-access:is_public ram rxtx_factor swap vcpus", []string{"flavor"}},
		{69, "/servers/" + id + "/os-volume_attachments/" + volume, "device id serverId volumeId", []string{"volumeAttachment"}},
		{70, "/servers/" + id + "/os-volume_attachments/" + volume, "device id serverId tag volumeId", []string{"volumeAttachment"}},
		{79, "/servers/" + id + "/os-volume_attachments/" + volume, "delete_on_termination device id serverId tag volumeId", []string{"volumeAttachment"}},
		{89, "/servers/" + id + "/os-volume_attachments/" + volume, "attachment_id bdm_uuid delete_on_termination device serverId tag volumeId", []string{"volumeAttachment"}},
		{35, "/os-quota-sets/" + project, "cores fixed_ips floating_ips id injected_file_content_bytes injected_file_path_bytes injected_files instances key_pairs metadata_items ram " +
			"security_group_rules security_groups server_group_members server_groups", []string{"quota_set"}},
		{36, "/os-quota-sets/" + project, "cores id injected_file_content_bytes injected_file_path_bytes injected_files instances key_pairs metadata_items ram " +
			"server_group_members server_groups", []string{"quota_set"}},
		{57, "/os-quota-sets/" + project, "cores id instances key_pairs metadata_items ram server_group_members server_groups", []string{"quota_set"}},
	} {
		a := l.at(tc.minor, "GET", tc.path, "")
		if got := strings.Join(keysOf(a.at(tc.at...)), " "); got != tc.want {
			t.Errorf("2.%d %s: %d %q, not %q", tc.minor, tc.path, a.status, got, tc.want)
		}
	}
}

// TestRequestsByVersion: what may be asked changes with the microversion; what
// may not is refused in Nova's words.
func TestRequestsByVersion(t *testing.T) {
	p := withServers()
	p.Services["compute"] = profile.Service{Min: "2.1", Max: "2.93"}
	l := newLab(t, p)
	id := l.boot(map[string]any{"name": "s", "imageRef": debian, "flavorRef": "small", "networks": "none"})
	l.later(time.Minute)
	server := func(more string) string {
		return `{"server": {"name": "x", "flavorRef": "small", "imageRef": "` + debian + `"` + more + `}}`
	}
	extra := func(key string) string { return "Additional properties are not allowed ('" + key + "' was unexpected)" }
	for _, tc := range []struct {
		minor              int
		method, path, body string
		status             int
		want               string
	}{
		{36, "POST", "/servers", server(``), 202, ``},
		{37, "POST", "/servers", server(``), 400, "'networks' is a required property"},
		{36, "POST", "/servers", server(`, "networks": "none"`), 400, "'none' is not of type 'array'"},
		{37, "POST", "/servers", server(`, "networks": "some"`), 400, "'some' is not valid under any of the given schemas"},
		{51, "POST", "/servers", server(`, "networks": "none", "tags": ["a"]`), 400, extra("tags")},
		{52, "POST", "/servers", server(`, "networks": "none", "tags": ["a"]`), 202, ``},
		{56, "POST", "/servers", server(`, "networks": "none", "personality": []`), 202, ``},
		{57, "POST", "/servers", server(`, "networks": "none", "personality": []`), 400, extra("personality")},
		{62, "POST", "/servers", server(`, "networks": "none", "trusted_image_certificates": ["0b5d2c72-12cc-4ba6-a8d7-3ff5cc1d8cb8"]`), 400, extra("trusted_image_certificates")},
		{73, "POST", "/servers", server(`, "networks": "none", "host": "compute-zone-1"`), 400, extra("host")},
		{74, "POST", "/servers", server(`, "networks": "none", "host": "compute-zone-1"`), 403, "compute:servers:create:requested_destination"},
		{89, "POST", "/servers", server(`, "networks": "none", "hostname": "h-1"`), 400, extra("hostname")},
		{90, "POST", "/servers", server(`, "networks": "none", "hostname": "h-1"`), 202, ``},
		{72, "POST", "/servers/" + id + "/action", `{"lock": {"locked_reason": "x"}}`, 202, ``},
		{73, "POST", "/servers/" + id + "/action", `{"lock": {"reason": "x"}}`, 400, extra("reason")},
		{73, "POST", "/servers/" + id + "/action", `{"unlock": null}`, 202, ``},
		{76, "POST", "/servers/" + id + "/action", `{"unshelve": {"availability_zone": "zone"}}`, 409, "while it is in vm_state active"},
		{77, "POST", "/servers/" + id + "/action", `{"unshelve": {"zone": "zone"}}`, 400, "Invalid input for field/attribute unshelve. Value: {'zone': 'zone'}. "},
		{74, "GET", "/servers?nonsense=1", "", 200, ``},
		{75, "GET", "/servers?nonsense=1", "", 400, "'nonsense' does not match any of the regexes: '^_'"},
		{1, "GET", "/servers?limit=x", "", 400, "Invalid input for query parameters limit. Value: x. 'x' does not match '^[0-9]*$'"},
		{91, "POST", "/os-keypairs", `{"keypair": {"name": "a"}}`, 201, ``},
		{92, "POST", "/os-keypairs", `{"keypair": {"name": "b"}}`, 400, "'public_key' is a required property"},
		{91, "POST", "/os-keypairs", `{"keypair": {"name": "b@c"}}`, 400, "Only expected characters: [_- 0123456789"},
		{1, "POST", "/os-keypairs", `{"keypair": {"name": "a1", "type": "ssh"}}`, 400, extra("type")},
		{35, "GET", "/os-floating-ips", "", 200, ``},
		{36, "GET", "/os-floating-ips", "", 404, "The resource could not be found."},
		{25, "GET", "/servers/" + id + "/tags", "", 404, "The resource could not be found."},
		{26, "GET", "/servers/" + id + "/tags", "", 200, ``},
		{93, "GET", "/os-cells", "", 410, "This resource is no longer available. No forwarding address is given."},
		{1, "POST", "/servers", ``, 400, "None is not of type 'object'"},
		{1, "POST", "/servers", `{"server": {}}`, 400, "'name' is a required property"},
		{1, "POST", "/servers/" + id + "/action", `[1]`, 404, "The resource could not be found."},
		{1, "POST", "/servers/" + id + "/action", `{}`, 400, "Malformed request body"},
		{1, "POST", "/servers/" + id + "/action", `{"dance": null}`, 400, "There is no such action: dance"},
	} {
		a := l.at(tc.minor, tc.method, tc.path, tc.body)
		if a.status != tc.status || !strings.Contains(a.raw, tc.want) {
			t.Errorf("2.%d %s %s %s: %d %s, not %d with %q", tc.minor, tc.method, tc.path, tc.body, a.status, a.raw, tc.status, tc.want)
		}
		if a.header.Get("OpenStack-API-Version") != fmt.Sprintf("compute 2.%d", tc.minor) {
			t.Errorf("2.%d: %v", tc.minor, a.header)
		}
	}
}
