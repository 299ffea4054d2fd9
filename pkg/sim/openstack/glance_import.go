package openstack

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/wechsel-project/wechsel/pkg/sim"
)

// importMethods are the ways into Glance besides PUT …/file. A web-download is
// accepted and fails: the simulator fetches nothing from anywhere.
var importMethods = []string{"glance-direct", "web-download"}

func showImportMethods(*call) (*reply, error) {
	return ok(map[string]any{"import-methods": map[string]any{"description": "Import methods available.", "type": "array", "value": importMethods}}), nil
}

func showStores(*call) (*reply, error) {
	return ok(map[string]any{"stores": []any{map[string]any{"id": "file", "default": "true"}}}), nil
}

func showStoresInDetail(c *call) (*reply, error) {
	if !c.may("stores_info_detail", "admin") {
		return nil, notAuthorized("stores_info_detail")
	}
	return ok(map[string]any{"stores": []any{map[string]any{"id": "file", "default": "true", "type": "file",
		"properties": map[string]any{"data_dir": "/simulated/images", "chunk_size": 65536, "thin_provisioning": false}}}}), nil
}

// deleteFromStore takes an image's bytes out of one of several stores; there is
// only one.
func deleteFromStore(c *call) (*reply, error) {
	store := c.PathValue("store")
	if store != "file" {
		return nil, refuse(http.StatusConflict, "The selected store %s is not available on this node.", store)
	}
	im, there := c.cloud.image.table.Get(c.PathValue("id"))
	if !there || !c.sees(im) {
		return nil, refuse(http.StatusNotFound, "Failed to find image %s", c.PathValue("id"))
	}
	switch status := im.life.At(c.now); {
	case im.owner != c.project() && !c.admin():
		return nil, notAuthorized("delete_image_location")
	case status != "active":
		return nil, refuse(http.StatusConflict, "It's not allowed to remove locations if image status is %s.", status)
	}
	return nil, refuse(http.StatusForbidden, "Cannot delete image data from the only store containing it. Consider deleting the image instead.")
}

// stageImage takes the bytes of an import; like an upload it runs without the
// lock.
func stageImage(c *call) (*reply, error) {
	im, err := c.startUpload("uploading")
	if err != nil {
		return nil, err
	}
	defer c.drain()
	sums := c.cloud.newSums()
	blob, err := c.cloud.Blobs.Copy(io.TeeReader(c.imageBody(), sums))
	if err != nil {
		c.do(func() { im.life = sim.Steady(c.now, "queued") })
		return nil, err
	}
	disk := im.decode(c.cloud, blob)
	c.do(func() {
		if _, there := c.cloud.image.table.Get(im.id); there {
			im.staged = &staged{blob, disk, sums}
			return
		}
		blob.Release() // deleted meanwhile
		disk.Release()
		err = refuse(http.StatusGone, "Image %s could not be found after upload. The image may have been deleted during the upload.", im.id)
	})
	if err != nil {
		return nil, err
	}
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
	name, named := method["name"].(string)
	if !named {
		return nil, refuse(http.StatusBadRequest, "Import request requires a 'name' field.")
	}
	if !slices.Contains(importMethods, name) {
		return nil, refuse(http.StatusBadRequest, "Unknown import method name '%s'.", name)
	}
	if err := im.importable(name, c.now); err != nil {
		return nil, err
	}
	input := map[string]any{"image_id": im.id, "import_req": doc, "backend": []string{"file"}}
	if name == "web-download" {
		if at := method["uri"]; !allowedURI(text(at)) {
			return nil, refuse(http.StatusBadRequest, "URI for web-download does not pass filtering: %s", pyStr(at))
		}
		c.failImport(im, c.beginTask("api_image_import", im.id, input), text(method["uri"]))
	} else {
		c.runImport(im, c.beginTask("api_image_import", im.id, input))
	}
	return empty(http.StatusAccepted).set("Content-Type", "text/html; charset=UTF-8"), nil
}

// importable tells whether an image is in the state for that way in.
func (im *image) importable(method string, now time.Time) error {
	switch status := im.life.At(now); {
	case status == "active":
		return refuse(http.StatusConflict, "Image with status active cannot be target for import")
	case method == "web-download" && status != "queued":
		return refuse(http.StatusConflict, "Image needs to be in 'queued' state to use 'web-download' method")
	case method == "glance-direct" && (status != "uploading" || im.staged == nil):
		return refuse(http.StatusConflict, "Image needs to be staged before 'glance-direct' method can be used")
	case im.containerFormat == nil:
		return refuse(http.StatusConflict, "'container_format' needs to be set before import")
	case im.diskFormat == nil:
		return refuse(http.StatusConflict, "'disk_format' needs to be set before import")
	}
	return nil
}

// allowedURI is Glance's own filter as it is shipped: http and https, at their
// ports.
func allowedURI(uri string) bool {
	u, err := url.Parse(uri)
	if err != nil || u.Host == "" {
		return false
	}
	port := u.Port()
	return (u.Scheme == "http" || u.Scheme == "https") && (port == "" || port == "80" || port == "443")
}

// runImport makes what is staged the image.
func (c *call) runImport(im *image, t *task) {
	s := im.staged
	im.staged = nil
	im.store(s.blob, s.sums, c.now)
	im.disk = s.disk
	im.props["os_glance_importing_to_stores"], im.props["os_glance_failed_import"] = "file", ""
	im.props["os_glance_import_task"] = t.id
	im.life = sim.Begin(c.now, "importing", c.cloud.takes(c.cloud.profile.Behaviour.Durations.ImageSave, im.id)).Then("active")
	t.result = map[string]any{"image_id": im.id}
	t.end("success", im.life.End(), copiedMessage(s.blob.Size()))
	c.cloud.At(im.life.End(), func(time.Time) {
		delete(im.props, "os_glance_import_task")
		im.props["os_glance_importing_to_stores"] = ""
	})
}

// failImport finds nothing behind an URI, and leaves the image as it was.
func (c *call) failImport(im *image, t *task, uri string) {
	done := c.now.Add(c.cloud.takes(c.cloud.profile.Behaviour.Durations.ImageSave, im.id))
	im.props["os_glance_import_task"], im.props["os_glance_importing_to_stores"] = t.id, "file"
	t.result = map[string]any{"image_id": im.id}
	t.end("failure", done, fmt.Sprintf("Task failed due to Internal Error: %s cannot be reached", uri))
	c.cloud.At(done, func(time.Time) {
		delete(im.props, "os_glance_import_task")
		im.props["os_glance_importing_to_stores"], im.props["os_glance_failed_import"] = "", "file"
	})
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
