package openstack

import (
	"cmp"
	"net/http"
)

// rescueServer boots a server from a rescue disk.
func rescueServer(c *call, s *server, arg any) (*reply, error) {
	doc := argument(arg)
	image := text(doc["rescue_image_ref"])
	switch {
	case image != "" && c.findImage(image) == nil:
		return nil, refuse(http.StatusBadRequest, "Image %s is not supported by rescue.", image)
	case s.image == "" && !c.version.since(2, 87):
		return nil, refuse(http.StatusBadRequest, "Instance %s cannot be rescued: Cannot rescue a volume-backed instance", s.id)
	case s.image == "": // Nova asks whether the host can; these cannot
		return nil, refuse(http.StatusBadRequest, "Instance %s cannot be rescued: Host unable to rescue a volume-backed instance", s.id)
	}
	c.proceed(s, "rescue", "rescuing", serverState{"rescued", "", powerOff})
	return ok(map[string]any{"adminPass": cmp.Or(text(doc["adminPass"]), c.cloud.compute.secret(c.cloud))}), nil
}

// rebuildServer gives a server a fresh disk.
func rebuildServer(c *call, s *server, arg any) (*reply, error) {
	doc := argument(arg)
	if err := c.mayAct(s, serverAction{word: "rebuild", from: []string{"active", "stopped", "error"}}); err != nil {
		return nil, err
	}
	im := c.findImage(text(doc["imageRef"]))
	root := s.rootVolume(c)
	switch {
	case im == nil:
		return nil, refuse(http.StatusBadRequest, "Cannot find image for rebuild")
	case root != nil && root.imageMeta["image_id"] != im.id && !c.version.since(2, 93):
		return nil, refuse(http.StatusBadRequest, "Image %s is unacceptable: Unable to rebuild with a different image for a volume-backed server.", im.id)
	case root != nil && doc["trusted_image_certificates"] != nil:
		return nil, refuse(http.StatusBadRequest, "Image certificate validation is not supported for volume-backed servers.")
	}
	if err := c.fitsFlavor(im, s.flavor, root == nil); err != nil {
		return nil, err
	}
	key, hasKey := doc["key_name"]
	if _, there := c.cloud.compute.keypairs.Get(c.token.user.id + "/" + text(key)); hasKey && key != nil && !there {
		return nil, refuse(http.StatusBadRequest, "Invalid key_name provided.")
	}
	if err := c.checkMetadata(doc); err != nil {
		return nil, err
	}
	if hasKey {
		s.key = key
	}
	if root == nil {
		s.image = im.id
	} else if c.version.since(2, 93) {
		if _, err := c.fillFromImage(root, im.id); err != nil {
			return nil, err
		}
	}
	s.rewrite(doc)
	st := s.state(c.now)
	end := serverState{"active", "", powerRunning}
	if st.vm == "stopped" {
		end = serverState{"stopped", "", powerOff}
	}
	c.proceed(s, "rebuild", "rebuilding", end)
	body := c.shortServerBody(s)
	if c.version.since(2, 54) {
		body["key_name"] = s.key
	}
	body["adminPass"] = cmp.Or(text(doc["adminPass"]), c.cloud.compute.secret(c.cloud))
	if c.version.since(2, 57) {
		body["user_data"] = orNull(s.userData)
	}
	return with(http.StatusAccepted, map[string]any{"server": body}).set("Location", c.url("/v2.1/servers/"+s.id)), nil
}

// rewrite takes what a rebuild changes beside the disk.
func (s *server) rewrite(doc map[string]any) {
	for name, field := range map[string]*string{"name": &s.name, "accessIPv4": &s.access4, "accessIPv6": &s.access6, "OS-DCF:diskConfig": &s.diskConfig, "hostname": &s.hostname} {
		if v, given := doc[name].(string); given {
			*field = v
		}
	}
	if v, given := doc["user_data"]; given {
		s.userData = text(v)
	}
	if v, given := doc["description"]; given {
		s.description = v
	}
	if m, given := doc["metadata"].(map[string]any); given {
		s.metadata = stringMap(m)
	}
	if list, given := doc["trusted_image_certificates"]; given {
		s.certificates = textList(list)
	}
}

// rootVolume is the volume that a server starts from, or nil.
func (s *server) rootVolume(c *call) *volume {
	if s.image != "" {
		return nil
	}
	for _, d := range s.disks {
		if v, there := c.cloud.volume.table.Get(d.volume); there && d.boot {
			return v
		}
	}
	return nil
}

// stringMap is a map of texts, out of one of values.
func stringMap(m map[string]any) map[string]string {
	out := map[string]string{}
	for k, v := range m {
		out[k] = text(v)
	}
	return out
}

func textList(v any) []string {
	var out []string
	list, _ := v.([]any)
	for _, item := range list {
		out = append(out, text(item))
	}
	return out
}
