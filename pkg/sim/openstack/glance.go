package openstack

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/sim"
)

// images is the state of Glance.
type images struct {
	table sim.Table[*image]
	tasks sim.Table[*task]
}

// An image. Its bytes are there once it is active, and never change.
type image struct {
	id, owner                   string
	name                        any // string or nil
	diskFormat, containerFormat any // string or nil
	visibility                  string
	protected, hidden           bool
	minDisk, minRAM             int64
	props                       map[string]string
	tags                        []string
	members                     map[string]*member // by project id
	memberOrder                 []string
	life                        sim.Life[string] // queued, saving, active, …
	created, updated            time.Time
	checksum, algorithm, hash   string
	virtualSize                 int64     // -1: not known
	blob                        *sim.Blob // as it was uploaded; nil before
	disk                        *sim.Blob // decoded; nil: the bytes are no disk
	staged                      *staged   // what waits for its import
}

const glanceTime = "2006-01-02T15:04:05Z"

func startGlance(c *Cloud) error {
	s := c.addService("image", "glance", "/image", glanceDialect{})
	s.onPublic("GET /{$}", glanceVersions)
	s.onPublic("GET /versions", glanceVersions)
	s.onPublic("GET /v1/", glanceVersions) // what there is instead
	s.onPublic("GET /healthcheck", func(*call) (*reply, error) {
		return ok(map[string]any{"detailed": false, "reasons": []string{"OK"}}), nil
	})
	s.on("GET /v2", func(c *call) (*reply, error) {
		return empty(http.StatusFound).set("Location", c.url("/v2/")).set("Content-Type", "text/plain; charset=utf8"), nil
	})
	s.on("GET /v2/images", listImages)
	s.on("POST /v2/images", createImage)
	s.on("GET /v2/images/{id}", showImage)
	s.on("PATCH /v2/images/{id}", updateImage)
	s.on("DELETE /v2/images/{id}", deleteImage)
	s.onFree("PUT /v2/images/{id}/file", uploadImage)
	s.on("GET /v2/images/{id}/file", downloadImage)
	s.on("PUT /v2/images/{id}/tags/{tag}", addImageTag)
	s.on("DELETE /v2/images/{id}/tags/{tag}", removeImageTag)
	s.on("GET /v2/images/{id}/members", listImageMembers)
	s.on("POST /v2/images/{id}/members", addImageMember)
	s.on("GET /v2/images/{id}/members/{member}", showImageMember)
	s.on("PUT /v2/images/{id}/members/{member}", updateImageMember)
	s.on("DELETE /v2/images/{id}/members/{member}", removeImageMember)
	schemaRoutes(s)
	metadefRoutes(s)
	taskRoutes(s)
	s.onFree("PUT /v2/images/{id}/stage", stageImage)
	s.on("POST /v2/images/{id}/import", importImage)
	s.on("POST /v2/images/{id}/actions/deactivate", switchImage("active", "deactivated"))
	s.on("POST /v2/images/{id}/actions/reactivate", switchImage("deactivated", "active"))
	cacheRoutes(s)
	s.on("DELETE /v2/stores/{store}/{id}", deleteFromStore)
	s.on("GET /v2/info/import", showImportMethods)
	s.on("GET /v2/info/stores", showStores)
	s.on("GET /v2/info/stores/detail", showStoresInDetail)
	s.on("GET /v2/info/usage", func(*call) (*reply, error) { return ok(map[string]any{"usage": map[string]any{}}), nil })
	for i, p := range c.profile.Images {
		if err := c.publishImage(p, c.Now().Add(time.Duration(i)*time.Second)); err != nil {
			return fmt.Errorf("image %s of the profile %s: %w", p.Name, c.profile.Name, err)
		}
	}
	return nil
}

// publishImage makes one of the provider's own images.
func (c *Cloud) publishImage(p profile.PublicImage, now time.Time) error {
	blob, disk, err := c.imageBytes(p)
	if err != nil {
		return err
	}
	created := now.Truncate(time.Second)
	if t, err := time.Parse(time.RFC3339, p.Created); err == nil {
		created = t.UTC()
	}
	im := &image{id: c.id(p.ID, "image", p.Name), owner: c.identity.project(c.profile.Name, "admin").id, name: p.Name,
		diskFormat: p.DiskFormat, containerFormat: p.ContainerFormat, visibility: p.Visibility, protected: p.Protected, hidden: p.Hidden,
		minDisk: p.MinDisk, minRAM: p.MinRAM, props: p.Properties, tags: p.Tags, members: map[string]*member{}, created: created, updated: created}
	c.image.table.Put(im.id, im.owner, im)
	return im.fill(c, blob, disk, created)
}

// imageBytes generates what a profile describes: a disk with the image's name
// at its beginning, so that no two are equal, and that in the format asked for.
func (c *Cloud) imageBytes(p profile.PublicImage) (blob, disk *sim.Blob, err error) {
	disk, err = c.Blobs.New(p.Content.Size)
	if err != nil {
		return nil, nil, err
	}
	if _, err := disk.WriteAt([]byte("simulated image: "+c.profile.Name+"/"+p.Name+"\n"), 0); err != nil {
		return nil, nil, err
	}
	if p.Content.Seed != 0 {
		if err := disk.Scribble(p.Content.Seed); err != nil {
			return nil, nil, err
		}
	}
	if p.DiskFormat != "qcow2" {
		return disk, disk.Retain(), nil
	}
	blob, err = c.Blobs.EncodeQCOW2(disk, disk.Size())
	return blob, disk, err
}

// glanceDialect is how Glance speaks: webob, which answers in HTML to
// everybody who does not ask for JSON.
type glanceDialect struct{}

func (glanceDialect) version(*call) error { return nil }

func (glanceDialect) headers(c *call, h http.Header) {
	if c.token != nil {
		h.Set("X-Openstack-Request-Id", c.id)
	}
}

func (glanceDialect) refuse(c *call, r *refusal) *reply {
	if r.kind == "HTTPBadRequest" {
		r.message = "Malformed JSON in request body."
	}
	if r.status == http.StatusUnauthorized {
		r.message = "This server could not verify that you are authorized to access the document you requested. Either you supplied the wrong " +
			"credentials (e.g., bad password), or your browser does not understand how to supply the credentials required."
	}
	rep := c.webob(r.status, r.message, r.detail)
	if c.Method == http.MethodPatch && r.status == http.StatusUnsupportedMediaType {
		rep.set("Accept-Patch", "application/openstack-images-v2.0-json-patch, application/openstack-images-v2.1-json-patch")
	}
	if r.status == http.StatusUnauthorized {
		rep.set("WWW-Authenticate", fmt.Sprintf("Keystone uri=%q", c.host()+"/identity"))
	}
	return rep
}

func (d glanceDialect) unknown(c *call, methods []string) *reply {
	if len(methods) == 0 {
		return d.refuse(c, &refusal{status: http.StatusNotFound, message: "The resource could not be found."})
	}
	r := &refusal{status: http.StatusMethodNotAllowed, message: "The method " + c.Method + " is not allowed for this resource. "}
	return d.refuse(c, r).set("Allow", strings.Join(methods, ", "))
}

func glanceVersions(c *call) (*reply, error) {
	newest := c.cloud.profile.Services["image"].Max
	list, status := []any{}, "CURRENT"
	for _, v := range []string{"2.15", "2.13", "2.12", "2.11", "2.10", "2.9", "2.8", "2.7", "2.6", "2.5", "2.4", "2.3", "2.2", "2.1", "2.0"} {
		if status == "CURRENT" && newest != "" && v != newest {
			continue
		}
		list = append(list, map[string]any{"id": "v" + v, "status": status,
			"links": []any{map[string]any{"rel": "self", "href": c.url("/v2/")}}})
		status = "SUPPORTED"
	}
	code := http.StatusMultipleChoices
	if strings.HasSuffix(c.URL.Path, "/versions") {
		code = http.StatusOK
	}
	return with(code, map[string]any{"versions": list}), nil
}

// cacheRoutes registers the cache of images, which a cloud may have and this
// one has not.
func cacheRoutes(s *service) {
	none := func(rule string) handler {
		return func(c *call) (*reply, error) {
			if !c.may(rule, "admin") {
				return nil, notAuthorized(rule)
			}
			return nil, refuse(http.StatusNotFound, "Caching via API is not supported at this site.")
		}
	}
	s.on("GET /v2/cache", none("cache_list"))
	s.on("DELETE /v2/cache", none("cache_delete"))
	s.on("PUT /v2/cache/{id}", func(c *call) (*reply, error) {
		if im, there := c.cloud.image.table.Get(c.PathValue("id")); !there || !c.sees(im) {
			return nil, refuse(http.StatusNotFound, "Image %s not found.", c.PathValue("id"))
		}
		return none("cache_image")(c)
	})
	s.on("DELETE /v2/cache/{id}", none("cache_delete"))
}
