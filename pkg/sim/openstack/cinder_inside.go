package openstack

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/wechsel-project/wechsel/pkg/sim"
)

// A volumeWish is what a volume is made from, by Cinder's own API or by Nova.
// At most one of image, snapshot and source (ids) is set.
type volumeWish struct {
	name, description       any    // string or nil
	size                    int64  // GiB; 0: that of the snapshot or source
	kind, zone              string // name or id of the type; empty: the default
	image, snapshot, source string
	metadata                map[string]string
	group                   string // id of the group that it is made in
}

// makeVolume begins a volume in the caller's project. It takes its time; v.life
// tells until when. The error is Cinder's refusal, in its words.
func (c *call) makeVolume(w volumeWish) (*volume, error) {
	if !c.may("volume:create", "member") {
		return nil, notAllowed("volume:create")
	}
	v := &volume{id: c.cloud.Objects.UUID(), project: c.project(), user: c.token.user.id, name: w.name, description: w.description, size: w.size,
		snapshotID: w.snapshot, sourceID: w.source, metadata: w.metadata, created: c.now, changed: c.now}
	if v.metadata == nil {
		v.metadata = map[string]string{}
	}
	im, err := c.fillVolume(v, w)
	if err != nil {
		return nil, err
	}
	if err := c.placeVolume(v, w); err != nil {
		return nil, err
	}
	if err := c.joinGroup(v, w.group); err != nil {
		return nil, err
	}
	if err := c.volumeQuota(v.kind, 1, v.size); err != nil {
		return nil, err
	}
	v.disk.Retain()
	v.begin(c, im)
	c.cloud.volume.table.Put(v.id, v.project, v)
	return v, nil
}

// fillVolume finds out where the bytes come from.
func (c *call) fillVolume(v *volume, w volumeWish) (*image, error) {
	switch {
	case w.snapshot != "":
		s, err := c.oneSnapshot(w.snapshot)
		if err != nil {
			return nil, err
		}
		if status := s.life.At(c.now); status != "available" {
			return nil, refuse(http.StatusBadRequest, "Invalid snapshot: Originating snapshot status must be one of 'available' values")
		}
		v.size = cmp.Or(w.size, s.size)
		v.kind, v.disk, v.bootable, v.imageMeta = s.kind, s.disk, s.bootable, maps.Clone(s.imageMeta)
		if v.size < s.size {
			return nil, badInput("Volume size '%d'GB cannot be smaller than the snapshot size %dGB. They must be >= original snapshot size.", v.size, s.size)
		}
	case w.source != "":
		from, err := c.oneVolume(w.source)
		if err != nil {
			return nil, err
		}
		if status := from.status(c.now); status != "available" && status != "in-use" {
			return nil, badVolume("Originating source volume status must be one of 'available, in-use' values")
		}
		v.size = cmp.Or(w.size, from.size)
		v.kind, v.disk, v.bootable, v.imageMeta = from.kind, from.disk, from.bootable, maps.Clone(from.imageMeta)
		if v.size < from.size {
			return nil, badInput("Volume size '%d'GB cannot be smaller than original volume size  %dGB. They must be >= original volume size.", v.size, from.size)
		}
	case w.image != "":
		return c.fillFromImage(v, w.image)
	}
	return nil, nil
}

func (c *call) fillFromImage(v *volume, id string) (*image, error) {
	im := c.findImage(id)
	if im == nil {
		return nil, refuse(http.StatusBadRequest, "Invalid image identifier or unable to access requested image.")
	}
	const gib = 1 << 30
	switch need := (im.size() + gib - 1) / gib; {
	case im.life.At(c.now) != "active":
		return nil, badInput("Image %s is not active.", im.id)
	case need > v.size:
		return nil, badInput("Size of specified image %dGB is larger than volume size %dGB.", need, v.size)
	case v.size < im.minDisk:
		return nil, badInput("Volume size %dGB cannot be smaller than the image minDisk size %dGB.", v.size, im.minDisk)
	case im.virtualSize > v.size*gib:
		return nil, refuse(http.StatusBadRequest, "Image %s is unacceptable: Image virtual size is %dGB and doesn't fit in a volume of size %dGB.",
			im.id, (im.virtualSize+gib-1)/gib, v.size)
	}
	v.disk, v.bootable, v.fromImage, v.imageMeta = im.disk, true, true, im.volumeMetadata()
	return im, nil
}

// placeVolume settles type and zone.
func (c *call) placeVolume(v *volume, w volumeWish) error {
	if w.kind != "" || v.kind == nil {
		kind := c.cloud.volumeType(w.kind)
		if kind == nil || !c.mayUse(kind) {
			return refuse(http.StatusNotFound, "Volume type with name %s could not be found.", w.kind)
		}
		v.kind = kind
	}
	zones := c.cloud.volumeZones()
	v.zone = cmp.Or(w.zone, zones[0])
	if !slices.Contains(zones, v.zone) {
		return refuse(http.StatusBadRequest, "Availability zone '%s' is invalid.", v.zone)
	}
	return nil
}

// joinGroup makes sure that a volume may be born into that group.
func (c *call) joinGroup(v *volume, group string) error {
	if group == "" {
		return nil
	}
	g, err := c.oneGroupOfVolumes(group)
	if err != nil {
		return err
	}
	if !slices.Contains(g.types, v.kind.id) {
		return badInput("Invalid volume_type provided: %s (requested type must be supported by this group).", v.kind.name)
	}
	v.group = g.id
	return nil
}

// begin starts the volume's life. A disk that cannot be read is an error that
// shows only later, as in Cinder.
func (v *volume) begin(c *call, im *image) {
	d := c.cloud.takes(c.cloud.profile.Behaviour.Durations.VolumeCreate, v.id)
	growing := sim.Begin(c.now, "creating", d)
	if im != nil {
		growing = sim.Begin(c.now, "creating", d/2).For("downloading", d-d/2)
	}
	final := "available"
	if _, struck := c.cloud.Faults.Object("volume", text(v.name)); struck || im != nil && im.disk == nil {
		final = "error"
	}
	v.life = growing.Then(final)
	v.filled = v.life.End()
	if final == "error" {
		c.tell(message{event: "VOLUME_VOLUME_001_003", kind: "VOLUME", about: v.id, text: noBackend}, v.filled)
	}
}

// volumeType returns the type of that name or id; empty: the default. Nil:
// there is none.
func (c *Cloud) volumeType(name string) *volumeType {
	for _, t := range c.volume.types {
		if name == t.name || name == t.id || name == "" && t.isDefault {
			return t
		}
	}
	return nil
}

// snapshotsOf lists the snapshots of a volume, oldest first.
func (c *Cloud) snapshotsOf(v *volume) []*snapshot {
	return slices.DeleteFunc(slices.Collect(c.volume.snapshots.Of(v.project)), func(s *snapshot) bool { return s.volume != v.id })
}

// dropVolume begins the end of a volume at a moment, now or later, whatever
// its state is then. Its quota is free once it is gone.
func (c *Cloud) dropVolume(v *volume, moment time.Time) {
	gone := moment.Add(c.takes(c.profile.Behaviour.Durations.VolumeDelete, v.id))
	v.life = v.life.Later(moment, "deleting")
	c.At(moment, func(time.Time) { v.attachments = nil })
	c.At(gone, func(time.Time) {
		c.volume.table.Delete(v.id)
		v.disk.Release()
	})
}

// attachVolume gives a volume a place at a server: reserved from now, or from
// when it is there, and in use from done on. Whether it may be attached is for
// the caller to ask (v.status).
func (c *call) attachVolume(v *volume, server, device, host string, done time.Time) *attachment {
	if end := v.life.End(); end.After(done) {
		done = end
	}
	a := &attachment{id: c.cloud.Objects.UUID(), volume: v.id, server: server, device: device, host: host, since: done, connected: true, byNova: true}
	v.attachments = append(v.attachments, a)
	v.life = v.life.Later(c.now, "reserved").Later(done, "in-use")
	return a
}

// detachVolume takes a volume away from a server: detaching from the moment
// begin, available from done on.
func (c *Cloud) detachVolume(v *volume, server string, begin, done time.Time) {
	v.life = v.life.Later(begin, "detaching").Later(done, "available")
	c.At(done, func(time.Time) {
		v.attachments = slices.DeleteFunc(v.attachments, func(a *attachment) bool { return a.server == server })
	})
}
