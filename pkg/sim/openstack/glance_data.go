package openstack

import (
	"crypto/md5"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/wechsel-project/wechsel/pkg/sim"
)

// uploadImage runs without the lock: it takes as long as the client needs to
// send, and others must not wait for that.
func uploadImage(c *call) (*reply, error) {
	im, err := c.startUpload("saving")
	if err != nil {
		return nil, err
	}
	defer c.drain()
	if err := c.mayUpload(im); err != nil {
		return nil, err
	}
	sums := c.cloud.newSums()
	blob, err := c.cloud.Blobs.Copy(io.TeeReader(c.imageBody(), sums))
	var disk *sim.Blob
	if err == nil {
		disk = im.decode(c.cloud, blob)
	}
	c.do(func() {
		if _, there := c.cloud.image.table.Get(im.id); !there && err == nil {
			blob.Release() // deleted meanwhile
			disk.Release()
			err = refuse(http.StatusGone, "Image %s could not be found after upload. The image may have been deleted during the upload.", im.id)
		}
		if err != nil {
			im.life = sim.Steady(c.now, "queued")
			return
		}
		if err = c.cloud.storageFull(c.project(), blob.Size()); err != nil { // Glance takes it for active already, and cannot queue it again
			blob.Release()
			disk.Release()
			return
		}
		im.store(blob, sums, c.now)
		im.disk, im.life = disk, sim.Steady(c.now, "active")
	})
	if err != nil {
		return nil, err
	}
	return glanceDone(), nil
}

// decode returns the disk in an image's bytes, or nil if they are none.
func (im *image) decode(c *Cloud, blob *sim.Blob) *sim.Blob {
	if im.diskFormat != "qcow2" {
		return blob.Retain()
	}
	disk, err := c.Blobs.ReadQCOW2(blob, blob.Size())
	if err != nil {
		return nil
	}
	return disk
}

// startUpload takes a queued image for one upload.
func (c *call) startUpload(state string) (im *image, err error) {
	if given := c.Header.Get("Content-Type"); given != "application/octet-stream" {
		return nil, refuse(http.StatusUnsupportedMediaType, "The request media type %s is not supported by this server.", given)
	}
	c.do(func() {
		if im, err = c.oneImage(); err != nil {
			return
		}
		switch status := im.life.At(c.now); {
		case im.owner != c.project() && !c.admin():
			err = refuse(http.StatusForbidden, "Not allowed to upload image data for image %s", im.id)
		case status != "queued":
			err = refuse(http.StatusConflict, "Image status transition from %s to %s is not allowed", status, state)
		case im.diskFormat == nil || im.containerFormat == nil:
			err = refuse(http.StatusBadRequest, "Properties disk_format, container_format must be set prior to saving data.")
		default:
			im.life = sim.Steady(c.now, state)
		}
	})
	return im, err
}

// downloadImage answers with a stream; the blob is kept until it is sent, even
// if the image is deleted meanwhile.
func downloadImage(c *call) (*reply, error) {
	im, err := c.oneImage()
	if err != nil {
		return nil, err
	}
	switch status := im.life.At(c.now); status {
	case "active":
	case "queued", "saving", "uploading", "importing":
		return empty(http.StatusNoContent), nil
	default:
		return nil, refuse(http.StatusForbidden, "The requested image has been deactivated. Image data download is forbidden.")
	}
	from, length, err := c.wanted(im.blob.Size())
	if err != nil {
		return nil, err
	}
	blob := im.blob.Retain()
	rep := &reply{status: http.StatusOK, stream: io.NewSectionReader(blob, from, length), length: length, close: blob.Release}
	if length != blob.Size() {
		rep.status = http.StatusPartialContent
		rep.set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, from+length-1, blob.Size()))
	}
	return rep.set("Content-Type", "application/octet-stream").set("Content-MD5", im.checksum), nil
}

// wanted reads a Range header with one range of bytes: first-last, first- or
// -count; or, as some clients wrote it, Content-Range.
func (c *call) wanted(size int64) (from, length int64, err error) {
	spec := c.Header.Get("Range")
	if old := c.Header.Get("Content-Range"); spec == "" && old != "" {
		spec, _, _ = strings.Cut(strings.Replace(old, "bytes ", "bytes=", 1), "/")
	}
	if spec == "" {
		return 0, size, nil
	}
	refused := func(detail string) error {
		return &refusal{status: http.StatusRequestedRangeNotSatisfiable, message: "The Range requested is not available.", detail: detail}
	}
	list, ofBytes := strings.CutPrefix(spec, "bytes=")
	first, last, isRange := strings.Cut(list, "-")
	start, err1 := strconv.ParseInt(first, 10, 64)
	end, err2 := strconv.ParseInt(last, 10, 64)
	switch {
	case strings.Contains(list, ","):
		return 0, 0, refuse(http.StatusBadRequest, "Requests with multiple ranges are not supported in Glance. You may make multiple single-range requests instead.")
	case !ofBytes || !isRange || err1 != nil && (first != "" || err2 != nil) || err2 != nil && last != "":
		return 0, 0, refused("Invalid Range header.")
	case first == "":
		start, end = max(0, size-end), size-1
	case last == "" || end >= size:
		end = size - 1
	}
	if start >= size {
		return 0, 0, refused(fmt.Sprintf("Invalid start position in Range header. Start position MUST be in the inclusive range [0, %d].", size-1))
	}
	return start, max(0, end-start+1), nil
}

// sums computes Glance's two hashes while bytes pass by.
type sums struct {
	md5, multi hash.Hash
	name       string
}

func (c *Cloud) newSums() *sums {
	s := &sums{md5: md5.New(), multi: sha512.New(), name: "sha512"}
	if c.profile.Behaviour.HashAlgorithm == "sha256" {
		s.multi, s.name = sha256.New(), "sha256"
	}
	return s
}

func (s *sums) Write(p []byte) (int, error) {
	s.md5.Write(p)
	return s.multi.Write(p)
}

// read hashes a whole blob.
func (s *sums) read(blob *sim.Blob) error {
	if _, err := io.Copy(s, blob.Reader(blob.Size())); err != nil {
		return fmt.Errorf("cannot read an image's bytes: %w", err)
	}
	return nil
}

// store gives an image its bytes; its state is the caller's business. When the
// disk inside a format cannot be told, its size stays unknown, as Glance does.
func (im *image) store(blob *sim.Blob, s *sums, now time.Time) {
	im.blob, im.algorithm = blob, s.name
	im.checksum, im.hash = hex.EncodeToString(s.md5.Sum(nil)), hex.EncodeToString(s.multi.Sum(nil))
	im.updated = now.Truncate(time.Second)
	switch im.diskFormat {
	case "raw", "iso", "ami", "ari", "aki":
		im.virtualSize = blob.Size()
	case "qcow2":
		im.virtualSize = -1
		if size, err := sim.QCOW2Size(blob); err == nil {
			im.virtualSize = size
		}
	}
}

// fill makes an image active with those bytes and the disk in them, at once.
func (im *image) fill(c *Cloud, blob, disk *sim.Blob, now time.Time) error {
	s := c.newSums()
	if err := s.read(blob); err != nil {
		return err
	}
	im.store(blob, s, now)
	im.disk, im.life = disk, sim.Steady(now, "active")
	return nil
}
