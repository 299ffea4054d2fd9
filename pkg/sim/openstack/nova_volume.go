package openstack

import (
	"net/http"
	"slices"
)

func serverVolumeRoutes(on func(string, handler)) {
	const path = "/servers/{id}/os-volume_attachments"
	on("GET "+path, withServer(listServerVolumes))
	on("POST "+path, withServer(attachServerVolume))
	on("GET "+path+"/{volume}", withServer(showServerVolume))
	on("PUT "+path+"/{volume}", withServer(updateServerVolume))
	on("DELETE "+path+"/{volume}", withServer(detachServerVolume))
}

// attachmentBody is one volume of a server in this microversion.
func (c *call) attachmentBody(s *server, d *serverDisk) map[string]any {
	body := map[string]any{"volumeId": d.volume, "serverId": s.id, "device": d.device}
	if !c.version.since(2, 89) {
		body["id"] = d.volume
	} else {
		body["attachment_id"], body["bdm_uuid"] = d.attachment.id, d.mapping
	}
	if c.version.since(2, 70) {
		body["tag"] = d.tag
	}
	if c.version.since(2, 79) {
		body["delete_on_termination"] = d.deleteToo
	}
	return body
}

func listServerVolumes(c *call, s *server) (*reply, error) {
	list := []any{}
	for _, d := range c.limited(s.disks) {
		list = append(list, c.attachmentBody(s, d))
	}
	return ok(map[string]any{"volumeAttachments": list}), nil
}

// limited cuts a list as limit and offset say, as Nova does where it has no
// markers.
func (c *call) limited(list []*serverDisk) []*serverDisk {
	q := c.URL.Query()
	offset, _ := asInt(q.Get("offset"))
	list = list[min(max(0, offset), int64(len(list))):]
	if n, given := asInt(q.Get("limit")); given && n > 0 {
		list = list[:min(n, int64(len(list)))]
	}
	return list
}

func (c *call) oneDisk(s *server) (*serverDisk, error) {
	d := s.disk(c.PathValue("volume"))
	if d == nil {
		return nil, refuse(http.StatusNotFound, "Instance %s is not attached to volume %s", s.id, c.PathValue("volume"))
	}
	return d, nil
}

func showServerVolume(c *call, s *server) (*reply, error) {
	d, err := c.oneDisk(s)
	if err != nil {
		return nil, err
	}
	return ok(map[string]any{"volumeAttachment": c.attachmentBody(s, d)}), nil
}

// mayChangeDisks tells whether volumes may come and go.
func (c *call) mayChangeDisks(s *server, word string) error {
	return c.mayAct(s, serverAction{word: word, from: []string{"active", "stopped", "paused", "resized", "soft-delete", "shelved", "shelved_offloaded"}})
}

func attachServerVolume(c *call, s *server) (*reply, error) {
	doc, _ := c.document("volumeAttachment")
	v, err := c.oneVolume(text(doc["volumeId"]))
	if err != nil {
		return nil, err
	}
	if err := c.mayChangeDisks(s, "attach_volume"); err != nil {
		return nil, err
	}
	switch status := v.status(c.now); {
	case s.disk(v.id) != nil || status == "in-use" && len(v.attachments) > 0:
		return nil, refuse(http.StatusBadRequest, "Invalid volume: volume %s is already attached to instances: %s", v.id, v.attachments[0].server)
	case status != "available":
		return nil, refuse(http.StatusBadRequest, "Invalid volume: volume '%s' status must be 'available'. Currently in '%s'", v.id, status)
	}
	w := diskWish{uuid: v.id, bootIndex: -1, tag: doc["tag"], device: s.onBus(text(doc["device"]))}
	w.deleteToo, _ = asBool(doc["delete_on_termination"])
	s.attach(c, v, w, c.now.Add(c.cloud.takes(c.cloud.profile.Behaviour.Durations.VolumeAttach, v.id)))
	s.note(c, "attach_volume", c.now)
	d := s.disk(v.id)
	body := map[string]any{"id": v.id, "serverId": s.id, "volumeId": v.id, "device": d.device}
	if c.version.since(2, 70) {
		body["tag"] = d.tag
	}
	if c.version.since(2, 79) {
		body["delete_on_termination"] = d.deleteToo
	}
	return ok(map[string]any{"volumeAttachment": body}), nil
}

// onBus gives the device that a user names the prefix that the bus has.
func (s *server) onBus(device string) string {
	if len(device) < 3 {
		return ""
	}
	return "/dev/" + s.bus + device[len(device)-1:]
}

// updateServerVolume changes whether a volume is deleted with its server, which
// everybody may since 2.85, or puts another volume in its place, which is an
// administrator's.
func updateServerVolume(c *call, s *server) (*reply, error) {
	doc, _ := c.document("volumeAttachment")
	next := text(doc["volumeId"])
	if !c.version.since(2, 85) || next != c.PathValue("volume") {
		if err := c.permit("os_compute_api:os-volumes-attachments:swap"); err != nil {
			return nil, err
		}
		return c.swapVolume(s, next)
	}
	d, err := c.oneDisk(s)
	if err != nil {
		return nil, err
	}
	if id := text(doc["serverId"]); id != "" && id != s.id {
		return nil, refuse(http.StatusBadRequest, "The server ID cannot be changed.")
	}
	if b, given := asBool(doc["delete_on_termination"]); given {
		d.deleteToo = b
	}
	return empty(http.StatusAccepted), nil
}

// swapVolume puts another volume in the place of one.
func (c *call) swapVolume(s *server, next string) (*reply, error) {
	old, err := c.oneVolume(c.PathValue("volume"))
	if err != nil {
		return nil, err
	}
	v, err := c.oneVolume(next)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "Volume %s could not be found.", next)
	}
	d, err := c.oneDisk(s)
	if err != nil {
		return nil, err
	}
	if err := c.mayAct(s, serverAction{word: "swap_volume", from: []string{"active", "paused", "resized"}}); err != nil {
		return nil, err
	}
	switch status := v.status(c.now); {
	case v.size < old.size:
		return nil, refuse(http.StatusBadRequest, "Invalid volume: New volume must be the same size or larger.")
	case status != "available":
		return nil, refuse(http.StatusBadRequest, "Invalid volume: volume '%s' status must be 'available'. Currently in '%s'", v.id, status)
	}
	done := c.now.Add(c.cloud.takes(c.cloud.profile.Behaviour.Durations.VolumeAttach, v.id))
	c.cloud.detachVolume(old, s.id, c.now, done)
	d.volume, d.attachment = v.id, c.attachVolume(v, s.id, d.device, s.host, done)
	s.note(c, "swap_volume", done)
	return empty(http.StatusAccepted), nil
}

func detachServerVolume(c *call, s *server) (*reply, error) {
	v, err := c.oneVolume(c.PathValue("volume"))
	if err != nil {
		return nil, err
	}
	d, err := c.oneDisk(s)
	if err != nil {
		return nil, err
	}
	if d.boot {
		return nil, refuse(http.StatusBadRequest, "Cannot detach a root device volume")
	}
	if err := c.mayChangeDisks(s, "detach_volume"); err != nil {
		return nil, err
	}
	if status := v.status(c.now); status != "in-use" {
		return nil, refuse(http.StatusBadRequest, "Invalid volume: Invalid input received: Invalid volume: Unable to detach volume. Volume status must be 'in-use' "+
			"and attach_status must be 'attached' to detach. (HTTP 400) (Request-ID: %s)", c.cloud.RequestID())
	}
	done := c.now.Add(c.cloud.takes(c.cloud.profile.Behaviour.Durations.VolumeDetach, v.id))
	c.cloud.detachVolume(v, s.id, c.now, done)
	s.note(c, "detach_volume", done)
	c.later(s, done, func(*call) { s.disks = slices.DeleteFunc(s.disks, func(o *serverDisk) bool { return o == d }) })
	return empty(http.StatusAccepted), nil
}
