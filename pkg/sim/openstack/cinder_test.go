package openstack

import (
	"strings"
	"testing"
)

func TestCinderAsRecorded(t *testing.T) {
	for _, cloud := range []string{"real-a", "real-b"} {
		t.Run(cloud, func(t *testing.T) {
			r := newReplayer(t, cloud, "volume", "/volume", "8776")
			exchanges := recorded(t, cloud, "volume")
			r.project(exchanges[4].Request.Path)
			r.images(cloud)
			for _, e := range exchanges {
				if strings.Contains(e.name, "in-use") || strings.HasPrefix(e.name, "attachment") || strings.HasSuffix(e.name, "-used") || e.Seq > 200 {
					continue // servers are Nova's recordings
				}
				r.prepare(e)
				r.play(e)
			}
			expected := map[string]string{
				`^(extensions|group-types|resource-filters|no-project-in-path|transfer-|volume-get-awaiting)`: "not simulated",
				`upload-image.*disk_format`: "see prepare",
			}
			if cloud == "real-b" {
				expected[`over-quota`] = "volumes and snapshots of the exchanges that are left out count there"
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
	case "volume-extend":
		r.call("POST", r.prefix+r.translate(e.Request.Path), map[string]any{"os-update_readonly_flag": map[string]any{"readonly": false}})
	case "volume-upload-image-raw", "volume-upload-image-boot-max":
		body["os-volume_upload_image"].(map[string]any)["disk_format"] = "qcow2"
	}
}
