package openstack

import (
	"net/http"
	"strings"
	"testing"
)

// FuzzCinder asks a cloud with a volume and a snapshot whatever it is: no
// answer may be a defect of ours.
func FuzzCinder(f *testing.F) {
	for _, seed := range [][3]string{
		{"POST", "/volumes", `{"volume": {"size": "1", "snapshot_id": "SNAP", "source_volid": "VOLUME", "metadata": {"a": 1}, "scheduler_hints": []}}`},
		{"POST", "/volumes", `{"volume": {"size": null, "imageRef": 1, "volume_type": "secret", "availability_zone": "x"}, "OS-SCH-HNT:scheduler_hints": {"same_host": ["VOLUME"]}}`},
		{"GET", "/volumes/detail?limit=-1&sort=name:up&marker=VOLUME&metadata=%7B%27a%27:1%7D&with_count=x", ""},
		{"PUT", "/volumes/VOLUME", `{"volume": {"name": null, "display_name": 1, "metadata": "x"}}`}, {"DELETE", "/volumes/VOLUME?cascade=maybe&force=1", ""},
		{"POST", "/volumes/VOLUME/action", `{"os-extend": {"new_size": 0}}`}, {"POST", "/volumes/VOLUME/action", `{"os-volume_upload_image": {"image_name": "x", "disk_format": "z", "force": "y"}}`},
		{"POST", "/volumes/VOLUME/action", `{"os-retype": {"new_type": "secret", "migration_policy": "x"}}`}, {"POST", "/volumes/VOLUME/action", `{"os-set_image_metadata": {"metadata": [1]}}`},
		{"POST", "/snapshots", `{"snapshot": {"volume_id": "VOLUME", "force": "z", "name": ["x"]}}`}, {"PUT", "/snapshots/SNAP/metadata", `{"metadata": {"k": {}}}`},
		{"POST", "/volume-transfers", `{"transfer": {"volume_id": "VOLUME", "no_snapshots": 3}}`}, {"POST", "/attachments", `{"attachment": {"volume_uuid": "VOLUME", "instance_uuid": "x", "connector": 1}}`},
		{"POST", "/types", `{"volume_type": {"name": "t", "extra_specs": {"a": null}}}`}, {"PUT", "/os-quota-sets/x", `{"quota_set": {"volumes": "z"}}`}, {"GET", "/limits", ""},
		{"POST", "/consistencygroups", `{"consistencygroup": {"name": 1, "volume_types": [","], "availability_zone": {}}}`}, {"POST", "/consistencygroups", `{"consistencygroup": {"volume_types": ",plain,,"}}`},
		{"POST", "/consistencygroups/create_from_src", `{"consistencygroup-from-src": {"cgsnapshot_id": 1}}`}, {"PUT", "/consistencygroups/VOLUME/update", `{"consistencygroup": []}`},
		{"POST", "/cgsnapshots", `{"cgsnapshot": {"consistencygroup_id": null}}`}, {"POST", "/consistencygroups/x/delete", `{"consistencygroup": {"force": {}}}`},
	} {
		f.Add(seed[0], seed[1], seed[2], len(seed[1])%2 == 0)
	}
	f.Fuzz(func(t *testing.T, method, path, body string, admin bool) {
		if strings.ContainsAny(method+path, " \r\n\x00#") || !strings.HasPrefix(path, "/") || method == "" {
			return
		}
		l := store(t)
		volume := l.newVolume(map[string]any{"size": 1, "volume_type": "plain"})
		snapshot, _ := l.volumeCall("POST", "/snapshots", map[string]any{"snapshot": map[string]any{"volume_id": volume}}).at("snapshot", "id").(string)
		if admin {
			l.token = l.login("admin", "admin")
		}
		ids := strings.NewReplacer("VOLUME", volume, "SNAP", snapshot)
		path, body = ids.Replace(path), ids.Replace(body)
		if _, err := http.NewRequestWithContext(t.Context(), method, l.url+path, nil); err != nil {
			return
		}
		if a := l.volumeCall(method, path, body); a.status >= http.StatusInternalServerError && a.status != http.StatusNotImplemented {
			t.Errorf("%d %s", a.status, a.raw)
		}
	})
}
