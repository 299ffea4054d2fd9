package openstack

import (
	"maps"
	"net/http"

	"github.com/wechsel-project/wechsel/pkg/sim"
)

// action returns the name of the action in the body, and its arguments.
func (c *call) action() (string, map[string]any) {
	body, _ := c.body.(map[string]any)
	for _, name := range sortedKeys(body) {
		args, _ := body[name].(map[string]any)
		return name, args
	}
	return "", nil
}

func noAction(name string) error {
	return refuse(http.StatusBadRequest, "There is no such action: %s. Verify the request body and Content-Type header and try again.", name)
}

// acted is the answer to an action that has none.
func acted(status int) *reply { return empty(status).set("Content-Type", "application/json") }

// bare is an answer that a part of Cinder makes on its own.
func (c *call) bare(status int) *reply {
	c.outside = true
	return empty(status).set("Content-Type", "text/html; charset=UTF-8")
}

// args checks the arguments of an action.
func (c *call) args(name string, form schema) error {
	form.types = []string{"object"}
	form.closed = true
	return c.conform(schema{types: []string{"object"}, props: map[string]schema{name: form}, required: []string{name}, closed: true})
}

// volumeActions are the actions on volumes.
var volumeActions = map[string]func(*call, *volume, map[string]any) (*reply, error){
	"os-extend":                    extendVolume,
	"os-set_bootable":              setBootable,
	"os-set_image_metadata":        setImageMetadata,
	"os-unset_image_metadata":      unsetImageMetadata,
	"os-show_image_metadata":       showImageMetadata,
	"os-volume_upload_image":       uploadVolume,
	"os-retype":                    retypeVolume,
	"os-update_readonly_flag":      setReadOnly,
	"os-reserve":                   reserveVolume,
	"os-unreserve":                 unreserveVolume,
	"os-attach":                    attachByHand,
	"os-begin_detaching":           beginDetaching,
	"os-roll_detaching":            rollDetaching,
	"os-detach":                    detachByHand("os-detach"),
	"os-initialize_connection":     initializeConnection,
	"os-terminate_connection":      terminateConnection,
	"revert":                       revertVolume,
	"os-reimage":                   reimageVolume,
	"os-reset_status":              adminAction("volume_extension:volume_admin_actions:reset_status", resetVolume),
	"os-force_delete":              adminAction("volume_extension:volume_admin_actions:force_delete", forceDeleteVolume),
	"os-force_detach":              adminAction("volume_extension:volume_admin_actions:force_detach", forceDetachVolume),
	"os-migrate_volume":            adminAction("volume_extension:volume_admin_actions:migrate_volume", migrateVolume),
	"os-migrate_volume_completion": adminAction("volume_extension:volume_admin_actions:migrate_volume_completion", completeVolumeMigration),
	"os-unmanage":                  adminAction("volume_extension:volume_unmanage", unmanageVolume),
}

func actOnVolume(c *call) (*reply, error) {
	name, args := c.action()
	if name == "" {
		return nil, errMalformed
	}
	act, known := volumeActions[name]
	if !known {
		return nil, noAction(name)
	}
	v, err := c.oneVolume(c.PathValue("id"))
	if err != nil {
		return nil, err
	}
	if !c.is("member") {
		return nil, notAllowed("volume_extension:volume_actions:" + name)
	}
	return act(c, v, args)
}

// extendVolume grows a volume; one in use from microversion 3.42 on.
func extendVolume(c *call, v *volume, args map[string]any) (*reply, error) {
	if err := c.args("os-extend", schema{props: map[string]schema{"new_size": volumeSize}, required: []string{"new_size"}}); err != nil {
		return nil, err
	}
	size, _ := asInt(args["new_size"])
	status := v.status(c.now)
	expected := "available"
	if status == "in-use" && c.version.since(3, 42) {
		expected = "in-use"
	}
	if status != expected {
		return nil, badVolume("Volume %s status must be '{'status': '%s'}' to extend, currently %s.", v.id, expected, status)
	}
	if size <= v.size {
		return nil, badInput("New size for extend must be greater than current size. (current: %d, extended: %d).", v.size, size)
	}
	if err := c.volumeQuota(v.kind, 0, size-v.size); err != nil {
		return nil, err
	}
	v.size = size
	c.busy(v, "extending", expected)
	return acted(http.StatusAccepted), nil
}

// busy is a state that lasts as long as making a volume.
func (c *call) busy(v *volume, state, then string) { v.life = steadyAfter(c, v, state, then) }

func steadyAfter(c *call, v *volume, state, then string) sim.Life[string] {
	return sim.Begin(c.now, state, c.cloud.takes(c.cloud.profile.Behaviour.Durations.VolumeCreate, v.id)).Then(then)
}

func setBootable(c *call, v *volume, args map[string]any) (*reply, error) {
	if err := c.args("os-set_bootable", schema{props: map[string]schema{"bootable": flag}, required: []string{"bootable"}}); err != nil {
		return nil, err
	}
	v.bootable, _ = asBool(args["bootable"])
	v.changed = c.now
	return acted(http.StatusOK), nil
}

func setImageMetadata(c *call, v *volume, args map[string]any) (*reply, error) {
	if err := c.args("os-set_image_metadata", schema{props: map[string]schema{"metadata": metadataForm}, required: []string{"metadata"}}); err != nil {
		return nil, err
	}
	if v.imageMeta == nil {
		v.imageMeta = map[string]string{}
	}
	maps.Copy(v.imageMeta, texts(args["metadata"]))
	return ok(map[string]any{"metadata": v.imageMeta}), nil
}

func unsetImageMetadata(c *call, v *volume, args map[string]any) (*reply, error) {
	if err := c.args("os-unset_image_metadata", schema{props: map[string]schema{"key": {types: []string{"string"}, minLen: 1, maxLen: 255}}, required: []string{"key"}}); err != nil {
		return nil, err
	}
	if _, there := v.imageMeta[text(args["key"])]; !there {
		return nil, refuse(http.StatusNotFound, "Glance metadata for volume/snapshot %s cannot be found.", v.id)
	}
	delete(v.imageMeta, text(args["key"]))
	return c.bare(http.StatusOK), nil
}

func showImageMetadata(_ *call, v *volume, _ map[string]any) (*reply, error) {
	if v.imageMeta == nil {
		return ok(map[string]any{"metadata": map[string]string{}}), nil
	}
	return ok(map[string]any{"metadata": v.imageMeta}), nil
}

// uploadForm is the body of os-volume_upload_image.
func uploadForm(v version) schema {
	form := schema{required: []string{"image_name"}, props: map[string]schema{"image_name": {types: []string{"string"}, minLen: 1, maxLen: 255},
		"force": flag, "container_format": anyText,
		"disk_format": {types: []string{"string"}, enum: []any{"raw", "vmdk", "vdi", "qcow2", "vhd", "vhdx", "ploop"}}}}
	if v.since(3, 1) {
		form.props["visibility"] = schema{types: []string{"string"}, enum: []any{"community", "public", "private", "shared"}}
		form.props["protected"] = flag
	}
	return form
}

// uploadVolume makes an image of a volume. A volume in use is refused, with or
// without force: enable_force_upload is off by default. The bytes are written
// after the transaction.
func uploadVolume(c *call, v *volume, args map[string]any) (*reply, error) {
	const action = "os-volume_upload_image"
	if err := c.args(action, uploadForm(c.version)); err != nil {
		return nil, err
	}
	if text(args["visibility"]) == "public" && !c.may("volume_extension:volume_actions:upload_public", "admin") {
		return nil, notAllowed("volume_extension:volume_actions:upload_public")
	}
	if v.status(c.now) != "available" {
		return nil, badVolume("Volume %s status must be available", v.id)
	}
	if args["container_format"] == "compressed" {
		return nil, refuse(http.StatusBadRequest, "Image compression upload disallowed, but container_format is compressed")
	}
	diskFormat, containerFormat := orElse(args["disk_format"], "raw"), orElse(args["container_format"], "bare")
	props := v.imageProperties()
	if v.kind.encrypted { // what leaves is ciphertext, which nothing can convert
		if diskFormat != "raw" || containerFormat != "bare" {
			return nil, refuse(http.StatusBadRequest, "An encrypted volume uploaded as an image must use 'raw' disk_format and 'bare' container_format, "+
				"which are the defaults for these options.")
		}
		if props == nil {
			props = map[string]string{}
		}
		props["cinder_encryption_key_id"], props["cinder_encryption_key_deletion_policy"] = fixedKey, "on_image_deletion"
	}
	protected, _ := asBool(args["protected"])
	visibility := orElse(args["visibility"], "private")
	if !c.version.since(3, 1) {
		visibility = "shared" // Glance's own default
	}
	im := c.beginImage(imageWish{name: text(args["image_name"]), diskFormat: diskFormat,
		containerFormat: containerFormat, visibility: visibility, protected: protected, props: props})
	v.life = sim.Begin(c.now, "uploading", c.cloud.takes(c.cloud.profile.Behaviour.Durations.ImageSave, im.id)).Then("available")
	rep := with(http.StatusAccepted, map[string]any{action: c.uploadBody(v, im)})
	disk, size := v.disk.Retain(), v.size<<30
	rep.after = func() {
		if err := c.copyOut(im, disk, size); err != nil && c.lose(im, err) {
			c.do(func() {
				c.tell(message{event: "VOLUME_VOLUME_003_006", kind: "VOLUME", about: v.id, text: "copy volume to image:Not enough quota resource for operation."}, v.life.End())
			})
		}
	}
	return rep, nil
}

// fixedKey is the id of the key of all encrypted volumes, as Cinder's own key
// manager of one key has it.
const fixedKey = "00000000-0000-0000-0000-000000000000"

func orElse(v any, otherwise string) string {
	if s := text(v); s != "" {
		return s
	}
	return otherwise
}

func (c *call) uploadBody(v *volume, im *image) map[string]any {
	b := map[string]any{"id": v.id, "updated_at": updatedAt(v.created, v.changed, v.filled, c.now), "status": "uploading",
		"display_description": v.description, "size": v.size, "image_id": im.id, "container_format": im.containerFormat,
		"disk_format": im.diskFormat, "image_name": im.name, "volume_type": map[string]any{"id": v.kind.id, "name": v.kind.name,
			"description": orNull(v.kind.description), "is_public": !v.kind.private, "extra_specs": v.kind.shown(c), "qos_specs_id": nil,
			"created_at": seconds(v.kind.created), "updated_at": v.kind.updated(), "deleted_at": nil, "deleted": false}}
	b["protected"], b["visibility"] = im.protected, im.visibility
	return b
}

// updated is when a type was changed last: only the one that Cinder makes at
// its installation ever was.
func (t *volumeType) updated() any {
	if t.name == "__DEFAULT__" || t.changed {
		return seconds(t.created)
	}
	return nil
}

// imageProperties is what of a volume's image metadata goes into a new image:
// all but what Glance has of its own.
func (v *volume) imageProperties() map[string]string {
	props := maps.Clone(v.imageMeta)
	for _, core := range []string{"checksum", "container_format", "disk_format", "image_name", "image_id", "min_disk", "min_ram", "name", "size"} {
		delete(props, core)
	}
	return props
}

// copyOut writes a volume's disk, or zeros, into an image. It takes disk over.
func (c *call) copyOut(im *image, disk *sim.Blob, size int64) error {
	if disk == nil {
		var err error
		if disk, err = c.cloud.Blobs.New(size); err != nil {
			return err
		}
	}
	whole := disk.Sized(size)
	disk.Release()
	if im.diskFormat != "qcow2" {
		return c.saveImage(im, whole, whole.Retain())
	}
	blob, err := c.cloud.Blobs.EncodeQCOW2(whole, size)
	if err != nil {
		whole.Release()
		return err
	}
	return c.saveImage(im, blob, whole)
}

func retypeVolume(c *call, v *volume, args map[string]any) (*reply, error) {
	if err := c.args("os-retype", schema{props: map[string]schema{"new_type": {types: []string{"string"}},
		"migration_policy": {types: []string{"string", "null"}, enum: []any{"on-demand", "never"}}}, required: []string{"new_type"}}); err != nil {
		return nil, err
	}
	kind := c.cloud.volumeType(text(args["new_type"]))
	status := v.status(c.now)
	switch {
	case kind == nil || !c.mayUse(kind):
		return nil, refuse(http.StatusNotFound, "Volume type %s could not be found.", text(args["new_type"]))
	case kind == v.kind || status != "available" && status != "in-use":
		return nil, badVolume("Retype needs volume to be in available or in-use state, not be part of an active migration or a consistency group, " +
			"requested type has to be different that the one from the volume, and for in-use volumes front-end qos specs cannot change.")
	}
	if kind.encrypted == v.kind.encrypted { // else the bytes would have to move, and there is nowhere
		v.kind = kind
	}
	c.busy(v, "retyping", status)
	return acted(http.StatusAccepted), nil
}

func setReadOnly(c *call, v *volume, args map[string]any) (*reply, error) {
	if err := c.args("os-update_readonly_flag", schema{props: map[string]schema{"readonly": flag}, required: []string{"readonly"}}); err != nil {
		return nil, err
	}
	if status := v.status(c.now); status != "available" {
		return nil, badVolume("Volume %s status must be available to update readonly flag, but current status is: %s.", v.id, status)
	}
	on, _ := asBool(args["readonly"])
	v.metadata = maps.Clone(v.metadata)
	v.metadata["readonly"] = pyRepr(on)
	return acted(http.StatusAccepted), nil
}

func forceDeleteVolume(c *call, v *volume, _ map[string]any) error {
	for _, s := range c.cloud.snapshotsOf(v) {
		c.cloud.dropSnapshot(s, c.now)
	}
	c.cloud.dropVolume(v, c.now)
	return nil
}

func forceDetachVolume(c *call, v *volume, args map[string]any) error {
	_, err := detachByHand("os-force_detach")(c, v, args)
	return err
}

// completeVolumeMigration has nothing to complete.
func completeVolumeMigration(_ *call, v *volume, _ map[string]any) error {
	return badVolume("Volume %s is not being migrated.", v.id)
}
