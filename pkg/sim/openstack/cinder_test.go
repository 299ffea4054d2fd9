package openstack

import (
	"strings"
	"testing"
	"time"
)

func TestCinderAsRecorded(t *testing.T) {
	for _, cloud := range []string{"real-a", "real-b"} {
		t.Run(cloud, func(t *testing.T) {
			r := newReplayer(t, cloud, "volume", "/volume", "8776")
			r.loose = append(r.loose, "auth_key")
			exchanges := recorded(t, cloud, "volume")
			r.project(exchanges[4].Request.Path)
			r.images(cloud)
			for _, e := range exchanges {
				if e.Seq > 200 {
					continue // from Nova's recording
				}
				r.prepare(e)
				r.play(e)
			}
			expected := map[string]string{
				`device_path`:               "the backend's business",
				`upload-image.*disk_format`: "see prepare",
			}
			if cloud == "real-a" {
				expected[`^messages`] = "real Cinder tells of failures, those of other projects too"
			}
			if cloud == "real-b" {
				expected[`over-quota|-used`] = "the recorder filled the quota there with objects of its own"
				expected[`attachment-delete-of-server`] = "the lab's B refuses in its inner calls what it would refuse outside"
			}
			r.settle(expected)
		})
	}
}

// project notes whose the recording is.
func (r *replayer) project(path string) {
	r.ids[idForm.FindString(path)] = r.cloud.identity.project(r.cloud.profile.Name, "demo").id
}

// images learns the ids of the provider's images.
func (r *replayer) images(cloud string) {
	for _, e := range recorded(r.T, cloud, "image") {
		if e.name == "images" {
			r.learn(e.Response.Body, r.call("GET", "/image/v2/images", nil).body)
		}
	}
}

// attach puts the volume of an exchange at a server, as Nova does, or takes it
// away.
func (r *replayer) attach(e exchange, on bool) {
	id := r.translate(e.Request.Path[strings.LastIndex(e.Request.Path, "/")+1:])
	const server = "00000000-0000-4000-8000-00000000beef"
	r.cloud.Do(func(now time.Time) {
		v, _ := r.cloud.volume.table.Get(id)
		if on {
			(&call{cloud: r.cloud, now: now}).attachVolume(v, server, "/dev/sdb", "host", now)
		} else {
			r.cloud.detachVolume(v, server, now, now)
		}
	})
}

// prepare does what the recorder did beside the recording, and spares the test
// the sums over gigabytes of zeros.
func (r *replayer) prepare(e exchange) {
	body, _ := e.Request.Body.(map[string]any)
	switch e.name {
	case "volume-create-image-queued":
		a := r.call("POST", "/image/v2/images", map[string]any{"name": "queued", "min_disk": 5, "disk_format": "raw", "container_format": "bare"})
		r.ids[body["volume"].(map[string]any)["imageRef"].(string)] = a.at("id").(string)
	case "volume-create-image-min-disk":
		ref := r.ids[body["volume"].(map[string]any)["imageRef"].(string)]
		r.call("PUT", "/image/v2/images/"+ref+"/file", "bytes", "Content-Type", "application/octet-stream")
	case "volume-get-in-use":
		r.attach(e, true)
	case "volume-get-available-again":
		r.attach(e, false)
	case "volume-extend":
		r.call("POST", r.prefix+r.translate(e.Request.Path), map[string]any{"os-update_readonly_flag": map[string]any{"readonly": false}})
	case "volume-upload-image-raw", "volume-upload-image-boot-max":
		body["os-volume_upload_image"].(map[string]any)["disk_format"] = "qcow2"
	}
}
