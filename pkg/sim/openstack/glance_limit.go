package openstack

import (
	"io"
	"net/http"
	"time"

	"github.com/wechsel-project/wechsel/pkg/sim"
)

// imageTooLarge is what Glance says to an image beyond image_size_cap.
const imageTooLarge = "The incoming image is too large: The provided image is too large."

// A capped reader fails where an image gets larger than Glance takes.
type capped struct {
	io.Reader
	left int64
}

func (r *capped) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if r.left -= int64(n); r.left < 0 {
		return 0, tooLarge(imageTooLarge)
	}
	return n, err
}

// imageBody are the bytes of an upload, as many as an image may have.
func (c *call) imageBody() io.Reader {
	if most := c.cloud.profile.Behaviour.ImageSizeCap; most > 0 {
		return &capped{c.Body, most}
	}
	return c.Body
}

// drain reads what is left of a request that is refused, so that its sender comes to
// the answer.
func (c *call) drain() { _, _ = io.Copy(io.Discard, c.Body) }

// storageFull refuses bytes beyond what all images of a project may have; the size of
// what is sent in chunks is nil, and only known when it is there.
func (c *Cloud) storageFull(project string, size any) error {
	quota := c.profile.Behaviour.UserStorageQuota
	if quota == 0 {
		return nil
	}
	for im := range c.image.table.All() {
		if im.owner == project && im.blob != nil {
			quota -= im.blob.Size()
		}
	}
	if n, known := size.(int64); known && n <= quota || !known && quota > 0 {
		return nil
	}
	return tooLarge("Image exceeds the storage quota: The size of the data %s will exceed the limit. %d bytes remaining.", pyStr(size), quota)
}

// mayUpload asks for the project's room before any bytes come. What is refused is
// queued again.
func (c *call) mayUpload(im *image) (err error) {
	c.do(func() {
		var size any
		if c.ContentLength > 0 {
			size = c.ContentLength
		}
		if err = c.cloud.storageFull(c.project(), size); err != nil {
			im.life = sim.Steady(c.now, "queued")
		}
	})
	return err
}

// fits refuses bytes that another service has for an image.
func (c *Cloud) fits(im *image, size int64) error {
	if most := c.profile.Behaviour.ImageSizeCap; most > 0 && size > most {
		return tooLarge(imageTooLarge)
	}
	return c.storageFull(im.owner, size)
}

// lose ends an image whose bytes another service cannot save: without disk space it
// is killed; one that Glance refuses, that service deletes. It tells whether Glance did.
func (c *call) lose(im *image, err error) (refused bool) {
	refused = asRefusal(err).status == http.StatusRequestEntityTooLarge
	c.do(func() {
		if !refused {
			im.life = sim.Steady(c.now, "killed")
			return
		}
		d := c.cloud.takes(c.cloud.profile.Behaviour.Durations.ImageSave, im.id)
		im.life = sim.Begin(c.now, "queued", d/2).Then("saving")
		c.cloud.At(c.now.Add(d), func(time.Time) {
			if _, there := c.cloud.image.table.Get(im.id); there {
				c.cloud.dropImage(im)
			}
		})
	})
	return refused
}
