package openstack

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

func volumes() *kind {
	return &kind{
		service: blockStorage, collection: "volumes", key: "volume",
		brief: true, needs: []collection{volumeList, serverList, imageList, hiddenImageList, snapshotList, volumeTypeList}, state: storageState,
		words: map[string]resource.Path{"imageref": "image", "image identifier": "image", "image mindisk": "size", "original snapshot size": "size",
			"source volume size": "size"},
		schema: &resource.Schema{
			Type: typeVolume, Mark: resource.MarkMetadata,
			Fields: []resource.Field{
				field("size", resource.Int, required),
				field("volume_type", resource.Text, refers(typeVolumeType)),
				field("availability_zone", resource.Zone, either),
				field("description", resource.Text, initially("")),
				field("metadata", resource.Object),
				field("metadata.*", resource.Text),
				field("image", resource.Text, refers(typeImage), required), // an empty volume is another one
				field("snapshot_id", resource.Text, refers(typeSnapshot), required),
				field("source_volid", resource.Text, refers(typeVolume), required),
				field("read_only", resource.Bool, initially(false)),
				field("bootable", resource.Bool, foreign, initially(false)),
				field("multiattach", resource.Bool, foreign, provider, readOnly, initially(false)), // as its type says
				field("encrypted", resource.Bool, foreign, provider, readOnly, initially(false)),   // as its type says
				field("image_metadata", resource.Object, foreign),
				field("image_metadata.*", resource.Text, foreign),
			},
			Attrs: []resource.Path{"display_name", "size", "bootable", "image_metadata", "attachments"},
			Body: map[string]string{"id": classID, "name": className, "size": "size", "volume_type": "volume_type", "availability_zone": "availability_zone",
				"description": "description", "metadata": "metadata", "volume_image_metadata": "image_metadata", "snapshot_id": "snapshot_id",
				"source_volid": "source_volid", "bootable": "bootable", "status": "attr:status", "attachments": "attr:attachments",
				"multiattach": "multiattach", "encrypted": "encrypted", "encryption_key_id": classSecret, "group_id": "attr:group_id",
				"consistencygroup_id": "attr:group_id", "replication_status": classProvider, "shared_targets": classProvider, "service_uuid": classProvider,
				"cluster_name": classProvider, "provider_id": classProvider, "volume_type_id": classProvider, "consumes_quota": classProvider,
				"os-vol-tenant-attr:tenant_id": classProvider, "user_id": classProvider, "migration_status": classProvider,
				"created_at": classClock, "updated_at": classClock, "links": classLink, "metadata.*": "metadata.*", "volume_image_metadata.*": "image_metadata.*"},
		},
		read: readVolume, settle: settleVolume,
		request: func(r *resource.Resource, b map[string]any) {
			delete(b, "volume_image_metadata")
			delete(b, "bootable")
			if img, ok := r.Spec["image"]; ok {
				b["imageRef"] = img
			}
		},
	}
}

// storageState maps the states of volumes and snapshots.
func storageState(b body) (resource.State, string) {
	status := b.text("status")
	switch {
	case strings.HasPrefix(status, "error"):
		return resource.Failed, status
	case slices.Contains([]string{"available", "in-use"}, status):
		return resource.Ready, status
	}
	return resource.Pending, status
}

func readVolume(p *project, b body, r *resource.Resource) bool {
	r.Spec["bootable"] = b.flag("bootable")
	r.Attrs["bootable"], r.Attrs["image_metadata"] = b.flag("bootable"), ofImage(b.object("volume_image_metadata"))
	for _, t := range p.lists[volumeTypeList] {
		if t.text("name") == b.text("volume_type") {
			r.Spec["volume_type"] = t.text("id")
		}
	}
	if metadata, ok := r.Spec["metadata"].(map[string]any); ok {
		r.Spec["read_only"] = body(metadata).flag("readonly")
		r.Spec["metadata"] = without(metadata, "readonly", "attached_mode") // Cinder's own
	}
	if p.find(snapshotList, b.text("snapshot_id")) == nil {
		delete(r.Spec, "snapshot_id")
	}
	if p.find(volumeList, b.text("source_volid")) == nil {
		delete(r.Spec, "source_volid")
	}
	readImageMetadata(p, b, r)
	if b.flag("encrypted") { // uploaded as it lies there, and the key stays
		r.Unread = append(r.Unread, "content")
	}
	if p.isNovaVolume(b) {
		server := p.serverOf(b)
		r.Tenure = resource.Implied
		r.Parent = resource.Ref{Type: typeServer, Key: resource.Key(server.text("id"))}
		r.Owner = p.owner(servers(), server)
	}
	return true
}

// readImageMetadata tells where a volume's bytes came from: if that image is
// still there and given, it says all. Otherwise, and where they came from a
// snapshot or another volume, which pass the image's properties on, what the
// volume remembers is its own, less what describes the image's file.
func readImageMetadata(p *project, b body, r *resource.Resource) {
	metadata := b.object("volume_image_metadata")
	delete(r.Spec, "image_metadata")
	copied := r.Spec["snapshot_id"] != nil || r.Spec["source_volid"] != nil
	if img := p.image(metadata.text("image_id")); img != nil && !p.owns(img) && !copied {
		r.Spec["image"] = img.text("id")
		delete(r.Spec, "bootable")
		return
	}
	if len(metadata) > 0 {
		r.Spec["image_metadata"] = ofImage(metadata)
	}
}

// ofImage is what a volume remembers of its image, less what describes the
// image's file.
func ofImage(metadata map[string]any) map[string]any {
	return without(metadata, "image_id", "image_name", "checksum", "container_format", "disk_format", "min_disk", "min_ram", "size",
		"signature_verified", "base_image_ref", "os_hash_algo", "os_hash_value", "stores", "virtual_size")
}

func without(m map[string]any, keys ...string) map[string]any {
	out := make(map[string]any, len(m))
	for k, v := range m {
		if !slices.Contains(keys, k) {
			out[k] = v
		}
	}
	return out
}

func (p *project) image(id string) body {
	if b := p.find(imageList, id); b != nil {
		return b
	}
	return p.find(hiddenImageList, id)
}

// serverOf returns the server that a volume is attached to, or nil.
func (p *project) serverOf(volume body) body {
	for _, a := range volume.objects("attachments") {
		if s := p.find(serverList, a.text("server_id")); s != nil {
			return s
		}
	}
	return nil
}

// isNovaVolume reports whether Nova has made the volume, as the root of a
// server: nobody has given it a mark or a name, it comes from an image, and it
// goes with the server, is not older, or the server is ours. One that Nova has
// made of a snapshot is left to the project, because its image is not all.
func (p *project) isNovaVolume(b body) bool {
	server := p.serverOf(b)
	root := p.root(server)
	if root == nil || root.text("id") != b.text("id") || b.text("name") != "" || b.text("snapshot_id") != "" || b.text("source_volid") != "" || len(b.object("volume_image_metadata")) == 0 || b.object("metadata").text(markKey) != "" {
		return false
	}
	return !p.owner(servers(), server).IsZero() || deletedWith(server, b) || notBefore(b.text("created_at"), server.text("created"))
}

// settleVolume says what a creating request cannot: that a volume made from a
// temporary image is like the one whose bytes it got.
func settleVolume(ctx context.Context, c *Cloud, r *resource.Resource) error {
	action := func(name string, arguments any) error {
		_, err := c.do(ctx, call{op: "settle", service: blockStorage, method: http.MethodPost, path: "volumes/" + r.ID + "/action", body: map[string]any{name: arguments}})
		return err
	}
	if metadata, ok := r.Spec["image_metadata"].(map[string]any); ok && len(metadata) > 0 {
		if err := action("os-set_image_metadata", map[string]any{"metadata": metadata}); err != nil {
			return err
		}
	}
	if r.Spec["read_only"] == true {
		if err := action("os-update_readonly_flag", map[string]any{"readonly": true}); err != nil {
			return err
		}
	}
	bootable, ok := r.Spec["bootable"].(bool)
	if !ok {
		return nil
	}
	return action("os-set_bootable", map[string]any{"bootable": bootable})
}

// attachments join a volume to a server; their id here is "SERVER/VOLUME".
func attachments() *kind {
	return &kind{
		service: compute, collection: "os-volume_attachments", key: "volumeAttachment", needs: []collection{serverList, volumeList},
		schema: &resource.Schema{
			Type: typeAttachment, Mark: resource.MarkParent, Natural: []resource.Path{"volume_id"},
			Fields: []resource.Field{
				field("instance_uuid", resource.Text, refers(typeServer), required),
				field("volume_id", resource.Text, refers(typeVolume), required),
				field("mountpoint", resource.Text, provider),
				field("delete_on_termination", resource.Bool, foreign, initially(false), gate("microversion:compute:2.79")),
			},
			Exclusive: []resource.Path{"instance_uuid", "volume_id"},
			After:     []resource.Edge{{Type: typeSnapshot, Via: "volume_id", Of: "volume"}}, // of a volume in use it takes force
			Body: map[string]string{"id": "volume_id", "volumeId": "volume_id", "serverId": "instance_uuid", "device": "mountpoint", "tag": classProvider,
				"delete_on_termination": "delete_on_termination", "attachment_id": classProvider, "bdm_uuid": classProvider,
				"server_id": "instance_uuid", "host_name": classProvider, "attached_at": classClock},
		},
		list: listAttachments,
		create: func(ctx context.Context, c *Cloud, r *resource.Resource, _ resource.Owner) (body, error) {
			server, _ := r.Spec["instance_uuid"].(string)
			volume, _ := r.Spec["volume_id"].(string)
			b := map[string]any{"volumeId": volume}
			if device, ok := r.Spec["mountpoint"]; ok {
				b["device"] = device
			}
			version := ""
			if r.Spec["delete_on_termination"] == true {
				var err error
				if version, _, err = c.atMost(ctx, compute, "2.79"); err != nil {
					return nil, err
				}
				b["delete_on_termination"] = true
			}
			_, err := c.post(ctx, call{op: "create", service: compute, path: "servers/" + server + "/os-volume_attachments", microversion: version,
				body: map[string]any{"volumeAttachment": b}}, "volumeAttachment")
			return body{"id": server + "/" + volume, "status": "attaching"}, err
		},
		state: func(b body) (resource.State, string) {
			if b.text("status") == "in-use" {
				return resource.Ready, "in-use"
			}
			return resource.Pending, b.text("status")
		},
		remove: func(ctx context.Context, c *Cloud, r *resource.Resource) error {
			server, volume, _ := strings.Cut(r.ID, "/")
			return c.delete(ctx, compute, "servers/"+server+"/os-volume_attachments/"+volume)
		},
	}
}

func listAttachments(p *project) []*resource.Resource {
	var out []*resource.Resource
	k := attachments()
	for _, server := range p.lists[serverList] {
		if !p.owns(server) {
			continue
		}
		root := p.root(server)
		for _, attached := range server.objects("os-extended-volumes:volumes_attached") {
			volume := p.find(volumeList, attached.text("id"))
			if volume == nil || root != nil && root.text("id") == volume.text("id") {
				continue
			}
			id := server.text("id")
			r := &resource.Resource{Ref: resource.Ref{Type: typeAttachment}, Tenure: resource.Own, ID: id + "/" + volume.text("id"),
				Parent: resource.Ref{Type: typeServer, Key: resource.Key(id)}, Owner: p.owner(servers(), server),
				Spec: map[string]resource.Value{"instance_uuid": id, "volume_id": volume.text("id"), "delete_on_termination": deletedWith(server, volume)}}
			r.State, r.Why = k.state(volume)
			for _, a := range volume.objects("attachments") {
				if a.text("server_id") == id {
					r.Spec["mountpoint"] = a["device"]
				}
			}
			out = append(out, r)
		}
	}
	return out
}

func snapshots() *kind {
	return &kind{
		service: blockStorage, collection: "snapshots", key: "snapshot", needs: []collection{snapshotList}, state: storageState,
		schema: &resource.Schema{
			Type: typeSnapshot, Mark: resource.MarkMetadata,
			Fields: []resource.Field{
				field("volume", resource.Text, refers(typeVolume), required),
				field("description", resource.Text, initially("")),
				field("metadata", resource.Object),
				field("metadata.*", resource.Text),
				field("force", resource.Bool, initially(false)),
			},
			Exclusive: []resource.Path{"volume"},
			Body: map[string]string{"id": classID, "name": className, "volume_id": "volume", "description": "description", "metadata": "metadata",
				"status": "attr:status", "size": "attr:size", "group_snapshot_id": classProvider, "consumes_quota": classProvider, "user_id": classProvider,
				"os-extended-snapshot-attributes:project_id": classProvider, "os-extended-snapshot-attributes:progress": classClock,
				"created_at": classClock, "updated_at": classClock, "metadata.*": "metadata.*"},
		},
		request: func(r *resource.Resource, b map[string]any) {
			if force, ok := r.Spec["force"]; ok {
				b["force"] = force
			}
		},
	}
}

// Given types have facts for a mapping, and are never created.
func givenSchemas() []*resource.Schema {
	facts := func(t resource.Type, fields ...resource.Field) *resource.Schema {
		return &resource.Schema{Type: t, Fields: fields, Mark: resource.MarkNone}
	}
	return []*resource.Schema{
		facts(typeFlavor, field("vcpus", resource.Int, provider), field("ram", resource.Int, provider), field("disk", resource.Int, provider),
			field("ephemeral", resource.Int, provider), field("swap", resource.Int, provider), field("extra_specs", resource.Object, provider),
			field("extra_specs.*", resource.Text, provider)),
		facts(cloud.VolumeType, field("description", resource.Text, provider), field("default", resource.Bool, provider),
			field("extra_specs", resource.Object, provider), field("extra_specs.*", resource.Text, provider)),
		facts(typeQoSPolicy),
	}
}
