package openstack

import (
	"net/http"
	"slices"
	"strings"
)

// proxyRoutes registers what Nova answers for other services; the most of it
// ends with microversion 2.36, of which the description of operations knows.
func proxyRoutes(on func(string, handler)) {
	imageProxyRoutes(on)
	volumeProxyRoutes(on)
	groupProxyRoutes(on)
	addressProxyRoutes(on)
	networkProxyRoutes(on)
	nodes := func(rule string) handler {
		return func(c *call) (*reply, error) {
			if err := c.permit("os_compute_api:os-baremetal-nodes:" + rule); err != nil {
				return nil, err
			}
			return nil, refuse(http.StatusInternalServerError, "Unexpected API Error. Please report this at http://bugs.launchpad.net/nova/ and attach the Nova API log "+
				"if possible.\n<class 'oslo_config.cfg.NoSuchOptError'>") // there is no Ironic
		}
	}
	on("GET /os-baremetal-nodes", nodes("list"))
	on("GET /os-baremetal-nodes/{id}", nodes("show"))
}

func imageProxyRoutes(on func(string, handler)) {
	on("GET /images", listProxiedImages(false))
	on("GET /images/detail", listProxiedImages(true))
	on("GET /images/{id}", withProxiedImage(func(c *call, im *image) (*reply, error) {
		return ok(map[string]any{"image": c.proxiedImage(im, true)}), nil
	}))
	on("DELETE /images/{id}", withProxiedImage(func(c *call, im *image) (*reply, error) {
		if im.protected || im.owner != c.project() && !c.admin() {
			return nil, refuse(http.StatusForbidden, "You are not allowed to delete the image.")
		}
		c.cloud.dropImage(im)
		return empty(http.StatusNoContent), nil
	}))
	const path = "/images/{id}/metadata"
	on("GET "+path, withProxiedImage(func(c *call, im *image) (*reply, error) { return ok(map[string]any{"metadata": words(im.props)}), nil }))
	on("POST "+path, withProxiedImage(setProxiedMetadata(false)))
	on("PUT "+path, withProxiedImage(setProxiedMetadata(true)))
	on("GET "+path+"/{key}", withProxiedImage(showImageMeta))
	on("PUT "+path+"/{key}", withProxiedImage(setImageMeta))
	on("DELETE "+path+"/{key}", withProxiedImage(dropImageMeta))
}

func withProxiedImage(h func(*call, *image) (*reply, error)) handler {
	return func(c *call) (*reply, error) {
		im := c.findImage(c.PathValue("id"))
		if im == nil {
			return nil, refuse(http.StatusNotFound, "Image not found.")
		}
		return h(c, im)
	}
}

func listProxiedImages(detail bool) handler {
	return func(c *call) (*reply, error) {
		var all []*image
		for im := range c.cloud.image.table.All() {
			if c.sees(im) {
				all = append(all, im)
			}
		}
		slices.Reverse(all)
		page, next, err := novaPage(c, all, func(im *image) string { return im.id }, "/images", detail)
		if err != nil {
			return nil, err
		}
		list := []any{}
		for _, im := range page {
			list = append(list, c.proxiedImage(im, detail))
		}
		body := map[string]any{"images": list}
		if next != nil {
			body["images_links"] = next
		}
		return ok(body), nil
	}
}

func (c *call) proxiedImage(im *image, detail bool) map[string]any {
	links := append(selfLinks(c, "/images/"+im.id), map[string]any{"rel": "alternate", "type": "application/vnd.openstack.image", "href": c.host() + "/image/images/" + im.id})
	body := map[string]any{"id": im.id, "name": im.name, "links": links}
	if !detail {
		return body
	}
	status, progress := strings.ToUpper(im.life.At(c.now)), 0
	switch status {
	case "ACTIVE":
		progress = 100
	case "QUEUED", "SAVING":
		status, progress = "SAVING", 25
	default:
		status = "ERROR"
	}
	for k, v := range map[string]any{"minRam": im.minRAM, "minDisk": im.minDisk, "metadata": words(im.props), "created": moment(im.created, novaTime),
		"updated": moment(im.updated, novaTime), "status": status, "progress": progress, "OS-EXT-IMG-SIZE:size": im.size()} {
		body[k] = v
	}
	if server := im.props["instance_uuid"]; server != "" {
		body["server"] = map[string]any{"id": server, "links": selfLinks(c, "/servers/"+server)}
	}
	return body
}

func setProxiedMetadata(replace bool) func(*call, *image) (*reply, error) {
	return func(c *call, im *image) (*reply, error) {
		doc, _ := c.document("metadata")
		next := map[string]string{}
		if !replace {
			next = copied(im.props)
		}
		for k, v := range doc {
			next[k] = text(v)
		}
		if err := c.keepImageMetadata(im, next); err != nil {
			return nil, err
		}
		return ok(map[string]any{"metadata": words(im.props)}), nil
	}
}

func (c *call) keepImageMetadata(im *image, next map[string]string) error {
	if im.owner != c.project() && !c.admin() {
		return refuse(http.StatusForbidden, "Not authorized for image %s.", im.id)
	}
	if most := c.cloud.limit(c.project(), "compute.metadata_items"); most >= 0 && int64(len(next)) > most {
		return refuse(http.StatusForbidden, "Image metadata limit exceeded")
	}
	im.props, im.updated = next, c.now
	return nil
}

func showImageMeta(c *call, im *image) (*reply, error) {
	key := c.PathValue("key")
	v, there := im.props[key]
	if !there {
		return nil, errNoMeta
	}
	return ok(map[string]any{"meta": map[string]any{key: v}}), nil
}

func setImageMeta(c *call, im *image) (*reply, error) {
	doc, _ := c.document("meta")
	key := c.PathValue("key")
	if _, there := doc[key]; !there || len(doc) != 1 {
		return nil, refuse(http.StatusBadRequest, "Request body and URI mismatch")
	}
	if err := c.keepImageMetadata(im, withKey(im.props, key, doc[key])); err != nil {
		return nil, err
	}
	return ok(map[string]any{"meta": doc}), nil
}

func dropImageMeta(c *call, im *image) (*reply, error) {
	if _, there := im.props[c.PathValue("key")]; !there {
		return nil, errNoMeta
	}
	if err := c.keepImageMetadata(im, withKey(im.props, c.PathValue("key"), nil)); err != nil {
		return nil, err
	}
	return empty(http.StatusNoContent), nil
}
