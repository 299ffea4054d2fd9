package openstack

import (
	"encoding/json"
	"maps"
	"net/http"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/sim"
)

// serverImageSize is how many bytes the image of a server's local disk has: no
// server in here has ever written any.
const serverImageSize = 4096

// snapshotServer makes an image of a server: of its local disk, or one without
// bytes that names snapshots of its volumes.
func snapshotServer(c *call, s *server, arg map[string]any) (*reply, error) {
	if err := c.free(s, transition{word: "createImage", from: []string{"active", "stopped", "paused", "suspended"}}); err != nil {
		return nil, err
	}
	w, size, err := c.serverImage(s, arg)
	if err != nil {
		return nil, err
	}
	im := c.beginImage(w)
	s.note(c, "createImage")
	if size > 0 {
		st := s.state(c.now)
		st.task = "image_snapshot_pending"
		d := c.cloud.takes(c.cloud.profile.Behaviour.Durations.ImageSave, im.id)
		s.life = sim.Begin(c.now, st, d).Then(serverState{st.vm, "", st.power})
	}
	rep := empty(http.StatusAccepted).set("Location", c.host()+"/image/v2/images/"+im.id).set("Content-Type", "text/html; charset=UTF-8")
	if c.version.since(2, 45) {
		rep = with(http.StatusAccepted, map[string]any{"image_id": im.id})
	}
	rep.after = func() {
		blob, err := c.cloud.Blobs.New(size)
		if err == nil {
			err = c.saveImage(im, blob, blob.Retain())
		}
		if err != nil { // no disk space: what a service would log
			c.do(func() { im.life = sim.Steady(c.now, "killed") })
		}
	}
	return rep, nil
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
