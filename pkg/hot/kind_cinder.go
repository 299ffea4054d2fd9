package hot

import "github.com/wechsel-project/wechsel/pkg/resource"

const (
	volume     resource.Type = "OS::Cinder::Volume"
	volumeType resource.Type = "OS::Cinder::VolumeType"
	attachment resource.Type = "OS::Cinder::VolumeAttachment"
	snapshot   resource.Type = "OS::Cinder::Snapshot" // no resource of HOT: a project's own, named by text
	image      resource.Type = "OS::Glance::Image"
)

func cinderKinds() map[resource.Type]kind {
	return map[resource.Type]kind{
		volume: {build: (*builder).volume, properties: map[string]property{
			"name": of(aText), "description": of(aText), "size": integerIn(1, 0), "metadata": mapOf(nil),
			"volume_type":       madeOrNamed(volumeType),
			"availability_zone": {blank: true},
			"image":             madeOrNamed(image),
			"imageRef":          madeOrNamed(image).aka("image"),
			"source_volid":      made(volume),
			"snapshot_id":       madeOrNamed(snapshot),
			"backup_id":         not("a backup is no resource of HOT"),
			"scheduler_hints":   not("no cloud tells them afterwards, so they could not be moved"),
			"read_only":         of(aBoolean),
			"multiattach":       not("it is a matter of the volume type: name one that allows it"),
		}, attributes: []string{"attachments", "attachments_list", "availability_zone", "bootable", "created_at", "display_description",
			"display_name", "encrypted", "metadata", "metadata_values", "multiattach", "show", "size", "snapshot_id", "source_volid", "status", "volume_type"}},
		attachment: {build: (*builder).attachment, properties: map[string]property{
			"instance_uuid": made(server).must(), "volume_id": made(volume).must(), "mountpoint": {blank: true},
		}, attributes: []string{"show"}},
	}
}

func (b *builder) volume() {
	if b.where["size"] == nil && b.where["source_volid"] == nil && b.where["snapshot_id"] == nil {
		b.wrong("size", "the property size is missing")
	}
	b.put()
}

func (b *builder) attachment() {
	r := b.putNamed("")
	r.Parent, _ = b.spec["instance_uuid"].(resource.Ref)
}
