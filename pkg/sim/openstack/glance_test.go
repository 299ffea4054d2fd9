package openstack

import "testing"

func TestGlanceAsRecorded(t *testing.T) {
	for _, cloud := range []string{"real-a", "real-b"} {
		t.Run(cloud, func(t *testing.T) {
			r := newReplayer(t, cloud, "image", "/image", "9292")
			r.sets = true
			for _, e := range recorded(t, cloud, "image") {
				if e.Seq > 100 { // made by other services' recordings
					continue
				}
				if e.name == "image-deactivate" { // an unrecorded step
					r.call("PATCH", "/image"+r.translate(e.Request.Path[:len("/v2/images/")+36]), `[{"op": "replace", "path": "/protected", "value": false}]`,
						"Content-Type", patchType)
				}
				r.play(e)
			}
			expected := map[string]string{
				`image-tasks: `:                         "which request it was, and how far it was",
				`image-deactivate-refused`:              "left over from another recording",
				`store-ids`:                             "Glance names its inner stores",
				`os_glance_import_task`:                 "the recorder was faster than the import, or slower",
				`Provided object does not match schema`: "Glance appends the schema to its message",
			}
			r.settle(expected)
		})
	}
}
