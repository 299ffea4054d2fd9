package openstack

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gophercloud/gophercloud/v2"
	"github.com/gophercloud/gophercloud/v2/openstack/image/v2/imagedata"
	sdkimages "github.com/gophercloud/gophercloud/v2/openstack/image/v2/images"

	"github.com/wechsel-project/wechsel/pkg/profile"
)

// limited is a cloud whose Glance takes only so much.
func limited(largest, together int64) *profile.Profile {
	p := withServers()
	p.Behaviour.ImageSizeCap, p.Behaviour.UserStorageQuota = largest, together
	p.Behaviour.Durations.ImageSave = profile.Span{Min: time.Second, Max: time.Second}
	return p
}

// upload sends bytes for a new image, with their number or in chunks as most
// clients do, and tells what comes of it.
func (l *lab) upload(kind string, size int, chunked bool) (id string, a answer) {
	l.Helper()
	id = l.call("POST", "/image/v2/images", `{"name": "x", "disk_format": "raw", "container_format": "bare"}`).at("id").(string)
	var body io.Reader = bytes.NewReader(make([]byte, size))
	if chunked {
		body = io.MultiReader(body)
	}
	r, err := http.NewRequestWithContext(l.Context(), http.MethodPut, l.url+"/image/v2/images/"+id+"/"+kind, body)
	if err != nil {
		l.Fatal(err)
	}
	r.Header.Set("X-Auth-Token", l.token)
	r.Header.Set("Content-Type", "application/octet-stream")
	return id, l.send(r)
}

// TestGlanceTakesOnlySoMuch: each limit with Glance's words, and what it leaves the
// image in.
func TestGlanceTakesOnlySoMuch(t *testing.T) {
	quota := "Image exceeds the storage quota: The size of the data %s will exceed the limit. %d bytes remaining."
	for _, c := range []struct {
		name           string
		largest, quota int64
		kind           string
		before, size   int
		chunked        bool
		status         int
		says, left     string
	}{
		{"as large as may be", 1000, 0, "file", 0, 1000, false, 204, "", "active"},
		{"one byte too many", 1000, 0, "file", 0, 1001, false, 413, imageTooLarge, "queued"},
		{"one byte too many, in chunks", 1000, 0, "file", 0, 1001, true, 413, imageTooLarge, "queued"},
		{"more than a connection holds", 1000, 0, "file", 0, 8 << 20, true, 413, imageTooLarge, "queued"},
		{"staged as large as may be", 1000, 0, "stage", 0, 1000, true, 204, "", "uploading"},
		{"staged and too large", 1000, 0, "stage", 0, 1001, true, 413, imageTooLarge, "queued"},
		{"all that a project may have", 0, 3000, "file", 2000, 1000, true, 204, "", "active"},
		{"more than is left", 0, 3000, "file", 2000, 1001, false, 413, fmt.Sprintf(quota, "1001", 1000), "queued"},
		{"more than is left, which shows at the end", 0, 3000, "file", 2000, 1001, true, 413, fmt.Sprintf(quota, "1001", 1000), "saving"},
		{"nothing is left", 0, 3000, "file", 3000, 1, false, 413, fmt.Sprintf(quota, "1", 0), "queued"},
		{"nothing is left, in chunks", 0, 3000, "file", 3000, 1, true, 413, fmt.Sprintf(quota, "None", 0), "queued"},
		{"both limits: the smaller counts", 1000, 3000, "file", 2000, 1001, true, 413, imageTooLarge, "queued"},
		{"without limits", 0, 0, "file", 3000, 1 << 20, true, 204, "", "active"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLab(t, limited(c.largest, c.quota))
			for sent := 0; sent < c.before; sent += 1000 {
				if _, a := l.upload("file", 1000, true); a.status != 204 {
					t.Fatal(a.status, a.raw)
				}
			}
			id, a := l.upload(c.kind, c.size, c.chunked)
			if a.status != c.status || !strings.Contains(a.raw, c.says) {
				t.Errorf("%d %s", a.status, a.raw)
			}
			im := l.must(200, "GET", "/image/v2/images/"+id, nil)
			if im.at("status") != c.left || c.status == 413 && im.at("size") != nil {
				t.Error(im.raw)
			}
			if c.status == 413 && (a.header.Get("Content-Type") != "text/html; charset=UTF-8" || !strings.Contains(a.raw, "<title>413 Request Entity Too Large</title>")) {
				t.Error(a.header, a.raw)
			}
			l.must(204, "DELETE", "/image/v2/images/"+id, nil)
		})
	}
}

// TestStorageIsFreeAgain: deleted images do not count, nor do those of others.
func TestStorageIsFreeAgain(t *testing.T) {
	l := newLab(t, limited(0, 1000))
	first, _ := l.upload("file", 1000, true)
	if _, a := l.upload("file", 1, true); a.status != 413 {
		t.Fatal(a.raw)
	}
	own := l.token
	l.token = l.login("demo2", "demo2")
	if _, a := l.upload("file", 1000, true); a.status != 204 {
		t.Error("another project's images count:", a.raw)
	}
	l.token = own
	l.must(204, "DELETE", "/image/v2/images/"+first, nil)
	if _, a := l.upload("file", 1000, true); a.status != 204 {
		t.Error(a.raw)
	}
}

// TestOthersSaveOnlySoMuch: a volume and a server whose image Glance refuses stay as
// they are; Cinder and Nova delete the image, and Cinder leaves a message.
func TestOthersSaveOnlySoMuch(t *testing.T) {
	for name, p := range map[string]*profile.Profile{"largest": limited(1000, 0), "together": limited(0, 1000)} {
		t.Run(name, func(t *testing.T) { newLab(t, p).savesOnlySoMuch() })
	}
}

func (l *lab) savesOnlySoMuch() {
	l.Helper()
	volume := l.newVolume(map[string]any{"size": 1})
	a := l.volumeCall("POST", "/volumes/"+volume+"/action", map[string]any{"os-volume_upload_image": map[string]any{"image_name": "v", "disk_format": "raw", "container_format": "bare"}})
	id, _ := a.at("os-volume_upload_image", "image_id").(string)
	if im := l.call("GET", "/image/v2/images/"+id, nil); a.status != 202 || im.at("status") != "queued" {
		l.Fatal(a.raw, im.raw)
	}
	l.later(time.Minute)
	if im := l.call("GET", "/image/v2/images/"+id, nil); im.status != 404 {
		l.Error(im.raw)
	}
	if v := l.volumeCall("GET", "/volumes/"+volume, nil); v.at("volume", "status") != "available" {
		l.Error(v.raw)
	}
	messages := l.volumeCall("GET", "/messages", nil).at("messages").([]any)
	if len(messages) != 1 || messages[0].(map[string]any)["user_message"] != "copy volume to image:Not enough quota resource for operation." || messages[0].(map[string]any)["event_id"] != "VOLUME_VOLUME_003_006" {
		l.Error(messages)
	}
	server := l.boot(map[string]any{"name": "s", "imageRef": debian, "flavorRef": "small", "networks": "none"})
	l.later(time.Minute)
	snapshot := l.compute(202, "POST", "/servers/"+server+"/action", map[string]any{"createImage": map[string]any{"name": "i"}}).at("image_id").(string)
	l.later(time.Minute)
	if im := l.call("GET", "/image/v2/images/"+snapshot, nil); im.status != 404 || l.statusOf(server) != "ACTIVE" {
		l.Error(im.raw, l.statusOf(server))
	}
}

// TestSDKOfAFullGlance uploads with gophercloud.
func TestSDKOfAFullGlance(t *testing.T) {
	l := newLab(t, limited(0, 1000))
	c := sdkImageClient(t, sdkLogin(t, l, demo()))
	im := must[*sdkimages.Image](t)(sdkimages.Create(t.Context(), c, sdkimages.CreateOpts{Name: "x", DiskFormat: "raw", ContainerFormat: "bare"}).Extract())
	err := imagedata.Upload(t.Context(), c, im.ID, bytes.NewReader(make([]byte, 1001))).ExtractErr()
	if !gophercloud.ResponseCodeIs(err, http.StatusRequestEntityTooLarge) || !strings.Contains(err.Error(), "exceeds the storage quota") {
		t.Error(err)
	}
	if err := imagedata.Upload(t.Context(), c, im.ID, bytes.NewReader(make([]byte, 1000))).ExtractErr(); err != nil {
		t.Error(err)
	}
	if err := sdkimages.Delete(t.Context(), c, im.ID).ExtractErr(); err != nil {
		t.Error(err)
	}
}
