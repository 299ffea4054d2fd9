package openstack

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

func FuzzImagePatch(f *testing.F) {
	f.Add(`[{"op": "add", "path": "/a~1b", "value": "c"}]`, false)
	f.Add(`[{"add": "/tags", "value": ["x"]}]`, true)
	f.Fuzz(func(t *testing.T, raw string, old bool) {
		d := json.NewDecoder(strings.NewReader(raw))
		d.UseNumber()
		var body any
		if d.Decode(&body) != nil {
			return
		}
		dialect := patchType
		if old {
			dialect = oldPatchType
		}
		changes, err := readChanges(body, dialect)
		im := &image{props: map[string]string{}}
		for _, ch := range changes {
			if err == nil && ch.op != "remove" {
				im.assign(ch.key, ch.value)
			}
		}
	})
}

func FuzzRange(f *testing.F) {
	f.Add("bytes=1-2", int64(5))
	f.Add("bytes=-2", int64(5))
	f.Fuzz(func(t *testing.T, header string, size int64) {
		if size < 0 {
			return
		}
		c := &call{Request: &http.Request{Header: http.Header{"Range": {header}}}}
		if from, length, err := c.wanted(size); err == nil && (from < 0 || length < 0 || from+length > size) {
			t.Errorf("%q of %d: %d+%d", header, size, from, length)
		}
	})
}
