package openstack

import (
	"strconv"
	"time"

	"github.com/wechsel-project/wechsel/pkg/sim"
)

// findImage returns the image of that id if the caller may use it, or nil.
func (c *call) findImage(id string) *image {
	im, there := c.cloud.image.table.Get(id)
	if !there || !c.sees(im) {
		return nil
	}
	return im
}

// An imageWish is an image that another service makes.
type imageWish struct {
	name, diskFormat, containerFormat, visibility string
	protected                                     bool
	minDisk, minRAM                               int64
	props                                         map[string]string
}

// beginImage makes an image in the caller's project that waits for its bytes.
func (c *call) beginImage(w imageWish) *image {
	im := &image{id: c.cloud.Objects.UUID(), owner: c.project(), name: w.name, diskFormat: orNull(w.diskFormat),
		containerFormat: orNull(w.containerFormat), visibility: w.visibility, protected: w.protected, minDisk: w.minDisk, minRAM: w.minRAM,
		props: w.props, tags: []string{}, members: map[string]*member{}, created: c.now.Truncate(time.Second),
		updated: c.now.Truncate(time.Second), virtualSize: -1, life: sim.Steady(c.now, "queued")}
	if im.props == nil {
		im.props = map[string]string{}
	}
	c.cloud.image.table.Put(im.id, im.owner, im)
	return im
}

// saveImage is reply.after for an image that another service has begun: it
// gives it the bytes, which becomes known after the time that saving takes.
// Disk is what is in them, decoded; both are taken over.
func (c *call) saveImage(im *image, blob, disk *sim.Blob) error {
	s := c.cloud.newSums()
	if err := s.read(blob); err != nil {
		return err
	}
	var err error
	c.do(func() {
		_, there := c.cloud.image.table.Get(im.id)
		if there {
			err = c.cloud.fits(im, blob.Size())
		}
		if !there || err != nil { // deleted meanwhile, or refused
			blob.Release()
			disk.Release()
			return
		}
		im.store(blob, s, c.now)
		im.disk = disk
		d := c.cloud.takes(c.cloud.profile.Behaviour.Durations.ImageSave, im.id)
		im.life = sim.Begin(c.now, "queued", d/2).For("saving", d-d/2).Then("active")
		if _, struck := c.cloud.Faults.Object("image", text(im.name)); struck {
			im.life = sim.Begin(c.now, "queued", d).Then("killed")
		}
	})
	return err
}

// volumeMetadata is what a volume made from the image remembers of it.
func (im *image) volumeMetadata() map[string]string {
	m := map[string]string{"signature_verified": "False", "image_id": im.id, "image_name": text(im.name), "checksum": im.checksum,
		"container_format": text(im.containerFormat), "disk_format": text(im.diskFormat), "min_disk": strconv.FormatInt(im.minDisk, 10),
		"min_ram": strconv.FormatInt(im.minRAM, 10), "size": strconv.FormatInt(im.size(), 10)}
	for k, v := range im.props {
		m[k] = v
	}
	return m
}

// dropImage deletes an image, with its bytes.
func (c *Cloud) dropImage(im *image) {
	c.image.table.Delete(im.id)
	im.blob.Release()
	im.disk.Release()
	if im.staged != nil {
		im.staged.blob.Release()
		im.staged.disk.Release()
	}
}
