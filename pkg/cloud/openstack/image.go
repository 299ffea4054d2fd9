package openstack

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

func images() *kind {
	return &kind{
		service: image, collection: "images", key: "", needs: []collection{imageList, hiddenImageList}, state: imageState,
		words: map[string]resource.Path{"publicize_image": "visibility", "communitize_image": "visibility"},
		schema: &resource.Schema{
			Type: typeImage, Mark: resource.MarkTags,
			Fields: []resource.Field{
				field("disk_format", resource.Text, required),
				field("container_format", resource.Text, initially("bare")),
				field("min_disk", resource.Int, initially(int64(0))),
				field("min_ram", resource.Int, initially(int64(0))),
				field("visibility", resource.Text, initially("private")),
				field("tags", resource.List, set),
				field("tags[]", resource.Text),
				field("properties", resource.Object),
				field("properties.*", resource.Text),
				field("protected", resource.Bool, initially(false)),
				field("volume", resource.Text, refers(typeVolume), foreign),
			},
			Attrs: []resource.Path{"size", "checksum"},
			Body: map[string]string{"id": classID, "name": className, "disk_format": "disk_format", "container_format": "container_format",
				"min_disk": "min_disk", "min_ram": "min_ram", "visibility": "visibility", "tags": "tags", "protected": "protected",
				"status": "attr:status", "size": "attr:size", "virtual_size": "attr:virtual_size", "checksum": "attr:checksum",
				"os_hash_algo": "attr:os_hash_algo", "os_hash_value": "attr:os_hash_value", "os_hidden": "attr:os_hidden", "owner": classProvider,
				"stores": classProvider, "locations": classProvider, "direct_url": classProvider, "self": classLink, "file": classLink, "schema": classLink,
				"created_at": classClock, "updated_at": classClock, anyKey: "properties.*"},
		},
		list: listImages, create: createImage, remove: removeImage,
	}
}

// imageState maps Glance's states. An image without bytes is pending until it
// has got some.
func imageState(b body) (resource.State, string) {
	switch status := b.text("status"); status {
	case "active", "deactivated":
		return resource.Ready, status
	case "killed":
		return resource.Failed, status
	case "deleted", "pending_delete":
		return resource.Gone, status
	default:
		return resource.Pending, status
	}
}

func listImages(p *project) []*resource.Resource {
	k := images()
	var out []*resource.Resource
	for _, b := range append(slices.Clone(p.lists[imageList]), p.lists[hiddenImageList]...) {
		if !p.owns(b) || b.text("visibility") == "public" {
			continue
		}
		r := k.fromBody(b)
		r.Spec["properties"] = k.properties(b)
		out = append(out, r)
	}
	return out
}

// properties returns what the schema does not name.
func (k *kind) properties(b body) map[string]any {
	out := map[string]any{}
	for key, v := range b {
		if _, known := k.schema.Body[key]; !known && v != nil {
			out[key] = v
		}
	}
	return out
}

func createImage(ctx context.Context, c *Cloud, r *resource.Resource, owner resource.Owner) (body, error) {
	if _, ok := r.Spec["volume"]; ok {
		return createImageFromVolume(ctx, c, r, owner)
	}
	b := images().toBody(r, owner)
	if properties, ok := r.Spec["properties"].(map[string]any); ok {
		maps.Copy(b, properties)
	}
	if _, ok := b["container_format"]; !ok {
		b["container_format"] = "bare"
	}
	if _, ok := b["visibility"]; !ok {
		b["visibility"] = "private"
	}
	return c.post(ctx, call{op: "create", service: image, path: "images", body: b}, "")
}

func createImageFromVolume(ctx context.Context, c *Cloud, r *resource.Resource, owner resource.Owner) (body, error) {
	volume, _ := r.Spec["volume"].(string)
	format, _ := r.Spec["disk_format"].(string)
	name := r.Name
	if !owner.IsZero() {
		name = cloud.WithMark(name, owner)
	}
	made, err := c.post(ctx, call{op: "create", service: blockStorage, path: "volumes/" + volume + "/action", body: map[string]any{
		"os-volume_upload_image": map[string]any{"image_name": name, "disk_format": format, "container_format": "bare"}}}, "os-volume_upload_image")
	if err != nil {
		return nil, err
	}
	return body{"id": made.text("image_id"), "status": made.text("status"), "name": name}, nil
}

// removeImage takes the protection off an image that is ours, if it has one.
func removeImage(ctx context.Context, c *Cloud, r *resource.Resource) error {
	err := c.delete(ctx, image, "images/"+r.ID)
	if r.Spec["protected"] != true || !errors.Is(err, cloud.ErrForbidden) {
		return err
	}
	if err := c.patchImage(ctx, r.ID, "/protected", false); err != nil {
		return err
	}
	return c.delete(ctx, image, "images/"+r.ID)
}

// Download implements cloud.Storer.
func (c *Cloud) Download(ctx context.Context, r *resource.Resource) (io.ReadCloser, error) {
	resp, err := c.send(ctx, call{op: "download", service: image, path: "images/" + r.ID + "/file"})
	if err != nil {
		return nil, images().about(err, r)
	}
	if resp.StatusCode == http.StatusNoContent {
		resp.Body.Close()
		return nil, &cloud.OpError{Op: "download", Cloud: c.name, Ref: r.Ref, Status: resp.StatusCode, Err: cloud.ErrConflict, Message: "the image has no bytes yet"}
	}
	return resp.Body, nil
}

// Upload implements cloud.Storer.
func (c *Cloud) Upload(ctx context.Context, r *resource.Resource, bytes io.Reader) error {
	_, err := c.do(ctx, call{op: "upload", service: image, method: http.MethodPut, path: "images/" + r.ID + "/file", raw: bytes})
	return images().about(err, r)
}

func (c *Cloud) patchImage(ctx context.Context, id, path string, value any) error {
	_, err := c.do(ctx, call{op: "settle", service: image, method: http.MethodPatch, path: "images/" + id, contentType: "application/openstack-images-v2.1-json-patch",
		body: []any{map[string]any{"op": "replace", "path": path, "value": value}}})
	return err
}
