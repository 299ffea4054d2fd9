package openstack

import (
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"time"

	"github.com/wechsel-project/wechsel/pkg/sim"
)

// serverImageSize is how many bytes the image of a server's local disk has: no
// server in here has ever written any.
const serverImageSize = 4096

// snapshotServer makes an image of a server: of its local disk, or one without
// bytes that names snapshots of its volumes.
func snapshotServer(c *call, s *server, arg any) (*reply, error) {
	doc := argument(arg)
	if err := c.permitVolumeImage(s); err != nil {
		return nil, err
	}
	if err := c.checkImageMetadata(doc); err != nil {
		return nil, err
	}
	// An image does not need the lock.
	if err := c.mayAct(unlockedCopy(s), serverAction{word: "createImage", from: resting}); err != nil {
		return nil, err
	}
	im, fill, err := c.takeImage(s, "createImage", doc)
	if err != nil {
		return nil, err
	}
	rep := empty(http.StatusAccepted).set("Location", c.host()+"/image/v2/images/"+im.id).set("Content-Type", "text/html; charset=UTF-8")
	if c.version.since(2, 45) {
		rep = with(http.StatusAccepted, map[string]any{"image_id": im.id})
	}
	rep.after = fill
	return rep, nil
}

// permitVolumeImage asks the policy once more where volumes are concerned.
func (c *call) permitVolumeImage(s *server) error {
	if s.image == "" {
		return c.permit("os_compute_api:servers:create_image:allow_volume_backed")
	}
	return nil
}

func unlockedCopy(s *server) *server {
	open := *s
	open.locked = false
	return &open
}

// takeImage begins an image of a server; fill saves its bytes, without the
// lock.
func (c *call) takeImage(s *server, note string, doc map[string]any) (im *image, fill func(), err error) {
	w, size, err := c.serverImage(s, doc)
	if err != nil {
		return nil, nil, err
	}
	im = c.beginImage(w)
	d := time.Duration(0)
	if size > 0 {
		st := s.state(c.now)
		st.task = "image_snapshot_pending"
		d = c.cloud.takes(c.cloud.profile.Behaviour.Durations.ImageSave, im.id)
		s.life = sim.Begin(c.now, st, d).Then(serverState{st.vm, "", st.power})
	}
	s.note(c, note, c.now.Add(d))
	return im, c.fillServerImage(im, size), nil
}

// fillServerImage saves the bytes of an image.
func (c *call) fillServerImage(im *image, size int64) func() {
	return func() {
		blob, err := c.cloud.Blobs.New(size)
		if err == nil {
			err = c.saveImage(im, blob, blob.Retain())
		}
		if err != nil {
			c.lose(im, err)
		}
	}
}

// backupServer makes an image and keeps only so many of its kind.
func backupServer(c *call, s *server, arg any) (*reply, error) {
	doc := argument(arg)
	if s.image == "" {
		return nil, refuse(http.StatusBadRequest, "Backup is not supported for volume-backed instances.")
	}
	if err := c.checkImageMetadata(doc); err != nil {
		return nil, err
	}
	im, fill, err := c.takeImage(s, "createBackup", doc)
	if err != nil {
		return nil, err
	}
	kind := text(doc["backup_type"])
	maps.Copy(im.props, map[string]string{"image_type": "backup", "backup_type": kind, "instance_uuid": s.id})
	keep, _ := asInt(doc["rotation"])
	var old []*image
	for other := range c.cloud.image.table.All() {
		if other.props["instance_uuid"] == s.id && other.props["backup_type"] == kind {
			old = append(old, other)
		}
	}
	for _, other := range old[:max(0, len(old)-int(keep))] {
		if other != im { // one that is not to be kept is still saved
			c.cloud.dropImage(other)
		}
	}
	rep := empty(http.StatusAccepted).set("Content-Type", "text/html; charset=UTF-8")
	if c.version.since(2, 45) {
		rep = with(http.StatusAccepted, map[string]any{"image_id": im.id})
	}
	if keep == 0 {
		c.cloud.dropImage(im)
		return rep, nil
	}
	if rep.after = fill; c.version.since(2, 45) {
		return rep, nil
	}
	return rep.set("Location", c.url("/v2.1/images/"+im.id)), nil
}

// serverImage tells what the image of a server is to be.
func (c *call) serverImage(s *server, arg map[string]any) (w imageWish, size int64, err error) {
	props := map[string]string{"base_image_ref": s.image, "boot_roles": strings.Join(c.token.roles, ","), "owner_user_name": c.token.user.name,
		"owner_project_name": c.cloud.identity.projectName(s.project)}
	w = imageWish{name: text(arg["name"]), diskFormat: "raw", containerFormat: "bare", visibility: "private", minDisk: s.flavor.Disk, props: props}
	if s.image != "" {
		size = serverImageSize
		maps.Copy(props, map[string]string{"instance_uuid": s.id, "user_id": s.user, "image_type": "snapshot", "owner_id": s.project,
			"image_location": "snapshot", "image_state": "available"})
		if im := c.findImage(s.image); im != nil {
			w.minRAM = im.minRAM
			maps.Copy(props, im.props)
		}
	} else if err = c.volumeImage(s, &w); err != nil {
		return w, 0, err
	}
	given, _ := arg["metadata"].(map[string]any)
	for k, v := range given {
		props[k] = text(v)
	}
	return w, size, nil
}

// volumeImage takes snapshots of all volumes of a server and notes them in the
// image.
func (c *call) volumeImage(s *server, w *imageWish) error {
	var mapping []any
	for _, d := range s.disks {
		v, err := c.oneVolume(d.volume)
		if err != nil {
			return err
		}
		snap, err := c.makeSnapshot(v, "snapshot for "+w.name, "", map[string]string{}, true)
		if err != nil {
			return err
		}
		entry := map[string]any{"source_type": "snapshot", "snapshot_id": snap.id, "destination_type": "volume", "device_name": d.device,
			"volume_size": v.size, "delete_on_termination": d.deleteToo, "boot_index": nil}
		if d.boot {
			entry["boot_index"] = 0
			maps.Copy(w.props, v.imageProperties())
		}
		for _, name := range []string{"device_type", "disk_bus", "image_id", "guest_format", "no_device", "volume_id", "tag", "volume_type"} {
			entry[name] = nil
		}
		mapping = append(mapping, entry)
	}
	raw, err := json.Marshal(mapping)
	if err != nil {
		return err
	}
	w.diskFormat = "qcow2"
	maps.Copy(w.props, map[string]string{"bdm_v2": "True", "block_device_mapping": string(raw), "root_device_name": "/dev/" + s.bus + "a", "signature_verified": "False"})
	return nil
}
