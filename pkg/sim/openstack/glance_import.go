package openstack

import (
	"io"
	"net/http"

	"github.com/wechsel-project/wechsel/pkg/sim"
)

// importMethods are the ways into Glance besides PUT …/file. The simulator
// fetches nothing from anywhere: there is no web-download.
const importMethods = "glance-direct"

func showImportMethods(*call) (*reply, error) {
	return ok(map[string]any{"import-methods": map[string]any{"description": "Import methods available.", "type": "array",
		"value": []string{importMethods}}}), nil
}

func showStores(*call) (*reply, error) {
	return ok(map[string]any{"stores": []any{map[string]any{"id": "file", "default": "true"}}}), nil
}

// stageImage takes the bytes of an import; like an upload it runs without the
// lock.
func stageImage(c *call) (*reply, error) {
	im, err := c.startUpload("uploading")
	if err != nil {
		return nil, err
	}
	sums := c.cloud.newSums()
	blob, err := c.cloud.Blobs.Copy(io.TeeReader(c.Body, sums))
	if err != nil {
		return nil, err
	}
	disk := im.decode(c.cloud, blob)
	c.do(func() { im.staged = &staged{blob, disk, sums} })
	return glanceDone(), nil
}

// staged are bytes that wait for their import.
type staged struct {
	blob, disk *sim.Blob
	sums       *sums
}

func importImage(c *call) (*reply, error) {
	im, err := c.ownImage()
	if err != nil {
		return nil, err
	}
	doc, _ := c.body.(map[string]any)
	method, isObject := doc["method"].(map[string]any)
	if !isObject {
		return nil, refuse(http.StatusBadRequest, "Import request requires a 'method' field.")
	}
	if name := text(method["name"]); name != importMethods {
		return nil, refuse(http.StatusBadRequest, "Unknown import method name '%s'.", name)
	}
	if status := im.life.At(c.now); status != "uploading" || im.staged == nil {
		return nil, refuse(http.StatusConflict, "Image with status %s cannot be target for import", status)
	}
	s := im.staged
	im.staged = nil
	im.store(s.blob, s.sums, c.now)
	im.disk = s.disk
	im.props["os_glance_importing_to_stores"], im.props["os_glance_failed_import"] = "", ""
	im.life = sim.Begin(c.now, "importing", c.cloud.takes(c.cloud.profile.Behaviour.Durations.ImageSave, im.id)).Then("active")
	return empty(http.StatusAccepted).set("Content-Type", "text/html; charset=UTF-8"), nil
}

// switchImage makes one state of an image another: deactivated and back.
func switchImage(from, to string) handler {
	return func(c *call) (*reply, error) {
		im, err := c.ownImage()
		if err != nil {
			return nil, err
		}
		status := im.life.At(c.now)
		if status != from && status != to {
			return nil, refuse(http.StatusForbidden, "Not allowed to change the status of image %s from %s to %s", im.id, status, to)
		}
		im.life = sim.Steady(c.now, to)
		return glanceDone(), nil
	}
}

// glanceDone is a 204 as webob makes it.
func glanceDone() *reply {
	return empty(http.StatusNoContent).set("Content-Type", "text/html; charset=UTF-8")
}
