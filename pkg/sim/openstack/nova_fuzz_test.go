package openstack

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/wechsel-project/wechsel/pkg/profile"
)

// FuzzNova asks a cloud with one server whatever it is: no answer may be a
// defect of ours.
func FuzzNova(f *testing.F) {
	for _, seed := range []struct {
		minor              uint8
		method, path, body string
	}{
		{1, "POST", "/servers", `{"server": {"name": "x", "flavorRef": "small", "imageRef": "` + debian + `", "block_device_mapping": [{"volume_id": "x"}]}}`},
		{93, "POST", "/servers", `{"server": {"name": "x", "flavorRef": "small", "networks": "auto", "block_device_mapping_v2": [{"boot_index": 0, "source_type": "blank", "destination_type": "volume", "volume_size": 1}]}}`},
		{93, "GET", "/servers/detail?status=active&changes-since=2020-01-01&sort_key=display_name&sort_dir=asc&limit=1&name=%5B", ""},
		{93, "POST", "/servers/ID/action", `{"rebuild": {"imageRef": "` + debian + `"}}`},
		{93, "POST", "/servers/ID/action", `{"unshelve": null}`},
		{1, "POST", "/servers/ID/action", `{"addFloatingIp": {"address": "1.2.3.4"}}`},
		{1, "POST", "/servers/ID/action", `{"addSecurityGroup": "x"}`},
		{93, "PUT", "/servers/ID/tags/a", ""}, {93, "PUT", "/servers/ID/metadata", `{"metadata": {"a": "b"}}`},
		{93, "POST", "/servers/ID/os-interface", `{"interfaceAttachment": {"net_id": "` + debian + `"}}`},
		{93, "PUT", "/servers/ID/os-volume_attachments/x", `{"volumeAttachment": {"volumeId": "` + debian + `"}}`},
		{1, "POST", "/os-security-group-rules", `{"security_group_rule": {"parent_group_id": "` + debian + `", "ip_protocol": "tcp", "from_port": 1, "to_port": "x"}}`},
		{1, "POST", "/os-security-groups", `{"security_group": {"name": 1}}`},
		{93, "POST", "/flavors/small/action", `{"addTenantAccess": {"tenant": "x"}}`}, {1, "PUT", "/os-services/force-down", `{"host": "x", "binary": "nova-compute"}`},
		{93, "PUT", "/os-quota-sets/x", `{"quota_set": {"instances": "1e9"}}`}, {40, "GET", "/os-simple-tenant-usage?start=2020-01-01T00:00:00&end=x", ""},
		{93, "POST", "/os-keypairs", `{"keypair": {"name": "a", "type": "x509", "public_key": "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----"}}`},
	} {
		f.Add(seed.minor, seed.method, seed.path, seed.body, seed.minor%2 == 0)
	}
	p := withServers()
	p.Services["compute"] = profile.Service{Min: "2.1", Max: "2.93"}
	f.Fuzz(func(t *testing.T, minor uint8, method, path, body string, admin bool) {
		if strings.ContainsAny(method+path, " \r\n\x00#") || !strings.HasPrefix(path, "/") || method == "" {
			return
		}
		l := newLab(t, p)
		id := l.boot(map[string]any{"name": "s", "imageRef": debian, "flavorRef": "small", "networks": "none"})
		if admin {
			l.token = l.login("admin", "admin")
		}
		a, sent := l.tryAt(int(minor), method, strings.ReplaceAll(path, "ID", id), body)
		if sent && a.status >= 500 && a.status != 501 && !strings.Contains(path, "os-baremetal-nodes") {
			t.Errorf("%d %s", a.status, a.raw)
		}
	})
}

// tryAt is at for a request that may be none at all.
func (l *lab) tryAt(minor int, method, path, body string) (a answer, sent bool) {
	l.Helper()
	if _, err := http.NewRequestWithContext(l.Context(), method, l.url+"/compute/v2.1"+path, nil); err != nil {
		return a, false
	}
	return l.at(minor, method, path, body), true
}

// FuzzNovaSchemas checks any document with every schema: what is wrong with it
// is always said, and always the same.
func FuzzNovaSchemas(f *testing.F) {
	n, err := theNovaInterface()
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{`null`, `{}`, `{"server": {"name": " x", "metadata": {"": 1}, "networks": [{"uuid": "u", "fixed_ip": "::1"}], "min_count": "0"}}`,
		`{"keypair": {"name": "ä", "public_key": "k"}}`, `{"quota_set": {"cores": -2, "ram": "9e99", "instances": true}}`, `[1, 1.0, "1", [], {}]`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		d := json.NewDecoder(strings.NewReader(body))
		d.UseNumber()
		var v any
		if d.Decode(&v) != nil {
			return
		}
		for i, s := range n.schemas {
			first, second := s.check(v), s.check(v)
			switch {
			case (first == nil) != (second == nil):
				t.Errorf("schema %d: one time %v, then %v", i, first, second)
			case first == nil:
			case first.message == "" || first.message != second.message:
				t.Errorf("schema %d: %q, then %q", i, first.message, second.message)
			}
		}
	})
}
