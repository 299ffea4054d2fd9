package openstack

import (
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/wechsel-project/wechsel/pkg/profile"
)

// store is a lab with two volume types, one of them encrypted.
func store(t *testing.T) *lab {
	p := testProfile()
	p.VolumeTypes = []profile.VolumeType{{Name: "plain", Default: true}, {Name: "secret", Encrypted: true}}
	return newLab(t, p)
}

func (l *lab) volumeCall(method, path string, body any, headers ...string) answer {
	l.Helper()
	project := l.cloud.identity.valid(l.token, l.cloud.Now()).project
	return l.call(method, "/volume/v3/"+project+path, body, append([]string{"OpenStack-API-Version", "volume 3.70"}, headers...)...)
}

// newVolume makes a volume and waits for it.
func (l *lab) newVolume(doc map[string]any) string {
	l.Helper()
	a := l.volumeCall("POST", "/volumes", map[string]any{"volume": doc})
	if a.status != http.StatusAccepted {
		l.Fatalf("%d %s", a.status, a.raw)
	}
	l.later(time.Minute)
	return a.at("volume", "id").(string)
}

func (l *lab) act(id, action string, args any, status int) answer {
	l.Helper()
	a := l.volumeCall("POST", "/volumes/"+id+"/action", map[string]any{action: args})
	if a.status != status {
		l.Fatalf("%s: %d instead of %d: %s", action, a.status, status, a.raw)
	}
	return a
}

func TestATransferMovesAVolume(t *testing.T) {
	l := store(t)
	id := l.newVolume(map[string]any{"size": 1, "name": "v"})
	offer := l.volumeCall("POST", "/volume-transfers", map[string]any{"transfer": map[string]any{"volume_id": id}})
	transfer, key := offer.at("transfer", "id").(string), offer.at("transfer", "auth_key").(string)
	if got := l.volumeCall("GET", "/volumes/"+id, nil).at("volume", "status"); got != "awaiting-transfer" {
		t.Errorf("status %v", got)
	}
	l.token = l.login("demo2", "demo2")
	accept := func(key string) answer {
		return l.volumeCall("POST", "/volume-transfers/"+transfer+"/accept", map[string]any{"accept": map[string]any{"auth_key": key}})
	}
	if a := accept("guess"); a.status != 400 || !strings.Contains(a.raw, "invalid auth key") {
		t.Errorf("%d %s", a.status, a.raw)
	}
	if a := accept(key); a.status != 202 {
		t.Errorf("%d %s", a.status, a.raw)
	}
	if a := l.volumeCall("GET", "/volumes/"+id, nil); a.status != 200 || a.at("volume", "status") != "available" {
		t.Errorf("%d %s", a.status, a.raw)
	}
	l.token = l.login("demo", "demo")
	if a := l.volumeCall("GET", "/volumes/"+id, nil); a.status != 404 {
		t.Errorf("still there: %d", a.status)
	}
}

func TestAnEncryptedVolume(t *testing.T) {
	l := store(t)
	id := l.newVolume(map[string]any{"size": 1, "volume_type": "secret"})
	if a := l.volumeCall("GET", "/volumes/"+id, nil); a.at("volume", "encrypted") != true {
		t.Error(a.raw)
	}
	if a := l.volumeCall("GET", "/volumes/"+id+"/encryption", nil); a.at("cipher") != "aes-xts-plain64" {
		t.Error(a.raw)
	}
	l.act(id, "os-volume_upload_image", map[string]any{"image_name": "i", "disk_format": "qcow2"}, 400)
	l.act(id, "os-retype", map[string]any{"new_type": "plain"}, 202)
	l.later(time.Minute)
	if a := l.volumeCall("GET", "/volumes/"+id, nil); a.at("volume", "volume_type") != "secret" {
		t.Error("its bytes would have had to move: " + a.raw)
	}
}

func TestAttachingByHand(t *testing.T) {
	l := store(t)
	id := l.newVolume(map[string]any{"size": 1})
	status := func() any { return l.volumeCall("GET", "/volumes/"+id, nil).at("volume", "status") }
	for _, step := range []struct {
		action string
		args   any
		code   int
		then   string
	}{
		{"os-begin_detaching", map[string]any{}, 400, "available"}, {"os-reserve", nil, 202, "attaching"}, {"os-unreserve", nil, 202, "available"},
		{"os-attach", map[string]any{"mountpoint": "/dev/vdb", "host_name": "h"}, 202, "in-use"}, {"os-reserve", nil, 400, "in-use"},
		{"os-begin_detaching", nil, 202, "detaching"}, {"os-roll_detaching", nil, 202, "in-use"}, {"os-detach", map[string]any{}, 202, "available"},
	} {
		l.act(id, step.action, step.args, step.code)
		if got := status(); got != step.then {
			t.Errorf("%s: %v instead of %s", step.action, got, step.then)
		}
	}
}

func TestABackupFailsForWantOfAService(t *testing.T) {
	l := store(t)
	id := l.newVolume(map[string]any{"size": 1})
	a := l.volumeCall("POST", "/backups", map[string]any{"backup": map[string]any{"volume_id": id, "name": "b"}})
	if a.status != 202 {
		t.Fatal(a.raw)
	}
	l.later(time.Minute)
	b := l.volumeCall("GET", "/backups/"+a.at("backup", "id").(string), nil)
	if b.at("backup", "status") != "error" || b.at("backup", "fail_reason") != backupFailed {
		t.Error(b.raw)
	}
	if m := l.volumeCall("GET", "/messages", nil); len(m.at("messages").([]any)) != 1 {
		t.Error(m.raw)
	}
	if d := l.volumeCall("DELETE", "/backups/"+a.at("backup", "id").(string), nil); d.status != 404 {
		t.Errorf("%d %s", d.status, d.raw)
	}
}

func TestAnAdministratorMakesATypeForOneProject(t *testing.T) {
	l := store(t)
	l.token = l.login("admin", "admin")
	made := l.volumeCall("POST", "/types", map[string]any{"volume_type": map[string]any{"name": "own", "os-volume-type-access:is_public": false,
		"extra_specs": map[string]any{"multiattach": "<is> True"}}})
	id := made.at("volume_type", "id").(string)
	create := func() answer {
		return l.volumeCall("POST", "/volumes", map[string]any{"volume": map[string]any{"size": 1, "volume_type": "own"}})
	}
	l.token = l.login("demo", "demo")
	if a := create(); a.status != 404 {
		t.Errorf("%d %s", a.status, a.raw)
	}
	if a := l.volumeCall("POST", "/types", map[string]any{"volume_type": map[string]any{"name": "x"}}); a.status != 403 {
		t.Errorf("%d %s", a.status, a.raw)
	}
	l.token = l.login("admin", "admin")
	project := l.cloud.identity.project("test", "demo").id
	if a := l.volumeCall("POST", "/types/"+id+"/action", map[string]any{"addProjectAccess": map[string]any{"project": project}}); a.status != 202 {
		t.Errorf("%d %s", a.status, a.raw)
	}
	l.token = l.login("demo", "demo")
	if a := create(); a.status != 202 || a.at("volume", "multiattach") != true {
		t.Errorf("%d %s", a.status, a.raw)
	}
}

func TestAHeaderForAnotherServiceIsRefused(t *testing.T) {
	l := store(t)
	for header, want := range map[string]int{"compute 2.79": 400, "compute 2.79, volume 3.30": 200, "volume": 500, "volume 2.0": 406, "volume latest": 200} {
		if a := l.volumeCall("GET", "/volumes", nil, "OpenStack-API-Version", header); a.status != want {
			t.Errorf("%s: %d instead of %d", header, a.status, want)
		}
	}
}

func TestALargeVolumeCostsNoMemory(t *testing.T) {
	l := store(t)
	id := l.newVolume(map[string]any{"size": 4})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	up := l.act(id, "os-volume_upload_image", map[string]any{"image_name": "i", "disk_format": "qcow2"}, 202)
	image := up.at("os-volume_upload_image", "image_id").(string)
	l.later(time.Minute)
	file := l.call("GET", "/image/v2/images/"+image+"/file", nil)
	if file.status != 200 || len(file.raw) > 1<<20 {
		t.Fatalf("%d, %d bytes", file.status, len(file.raw))
	}
	again := l.call("POST", "/image/v2/images", map[string]any{"name": "j", "disk_format": "qcow2", "container_format": "bare"}).at("id").(string)
	if a := l.call("PUT", "/image/v2/images/"+again+"/file", file.raw, "Content-Type", "application/octet-stream"); a.status != 204 {
		t.Fatal(a.raw)
	}
	copied := l.newVolume(map[string]any{"size": 4, "imageRef": again})
	if a := l.volumeCall("GET", "/volumes/"+copied, nil); a.at("volume", "status") != "available" || a.at("volume", "bootable") != "true" {
		t.Error(a.raw)
	}
	runtime.ReadMemStats(&after)
	if used := (after.TotalAlloc - before.TotalAlloc) >> 20; used > 64 {
		t.Errorf("%d MiB for a volume of zeros", used)
	}
}
