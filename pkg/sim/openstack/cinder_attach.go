package openstack

import (
	"cmp"
	"maps"
	"net/http"
	"slices"

	"github.com/wechsel-project/wechsel/pkg/sim"
)

// The steps of attaching a volume, which Nova takes for a tenant and which a
// tenant may take for himself.

func reserveVolume(c *call, v *volume, _ map[string]any) (*reply, error) {
	status := v.status(c.now)
	if status != "available" && (status != "in-use" || !v.kind.multiattach()) {
		return nil, badVolume("Volume status must be available to reserve, but the status is %s.", status)
	}
	v.life, v.changed = sim.Steady(c.now, "attaching"), c.now
	return acted(http.StatusAccepted), nil
}

// unreserveVolume does nothing for a volume that nobody has reserved.
func unreserveVolume(c *call, v *volume, _ map[string]any) (*reply, error) {
	if v.status(c.now) == "attaching" {
		v.life, v.changed = sim.Steady(c.now, v.rest(c)), c.now
	}
	return acted(http.StatusAccepted), nil
}

// rest is the state of a volume with which nothing happens.
func (v *volume) rest(c *call) string {
	if len(c.attachmentBodies(v)) > 0 {
		return "in-use"
	}
	return "available"
}

func attachByHand(c *call, v *volume, args map[string]any) (*reply, error) {
	form := schema{props: map[string]schema{"instance_uuid": optionalUUID, "mountpoint": {types: []string{"string"}, minLen: 1, maxLen: 255},
		"host_name": optionalName, "mode": {types: []string{"string"}, enum: []any{"rw", "ro"}}}, required: []string{"mountpoint"}}
	if err := c.args("os-attach", form); err != nil {
		return nil, err
	}
	if args["instance_uuid"] == nil && args["host_name"] == nil {
		return nil, refuse(http.StatusBadRequest, "Invalid request to attach volume to an invalid target")
	}
	if status := v.status(c.now); status != "available" && status != "attaching" && (status != "in-use" || !v.kind.multiattach()) {
		return nil, badVolume("Volume %s status must be available or attaching to attach, but the status is %s.", v.id, status)
	}
	mode := orElse(args["mode"], "rw")
	a := &attachment{id: c.cloud.Objects.UUID(), volume: v.id, server: text(args["instance_uuid"]), host: text(args["host_name"]),
		device: text(args["mountpoint"]), since: c.now, mode: mode}
	v.attachments = append(v.attachments, a)
	v.metadata = maps.Clone(v.metadata)
	v.metadata["readonly"], v.metadata["attached_mode"] = cmp.Or(v.metadata["readonly"], "False"), mode
	v.life, v.changed = sim.Steady(c.now, "in-use"), c.now
	return acted(http.StatusAccepted), nil
}

func beginDetaching(c *call, v *volume, _ map[string]any) (*reply, error) {
	if v.status(c.now) != "in-use" || len(c.attachmentBodies(v)) == 0 {
		return nil, badVolume("Unable to detach volume. Volume status must be 'in-use' and attach_status must be 'attached' to detach.")
	}
	v.life, v.changed = sim.Steady(c.now, "detaching"), c.now
	return acted(http.StatusAccepted), nil
}

func rollDetaching(c *call, v *volume, _ map[string]any) (*reply, error) {
	if v.status(c.now) == "detaching" {
		v.life, v.changed = sim.Steady(c.now, "in-use"), c.now
	}
	return acted(http.StatusAccepted), nil
}

// detachByHand takes one attachment away, or the only one.
func detachByHand(name string) func(*call, *volume, map[string]any) (*reply, error) {
	return func(c *call, v *volume, args map[string]any) (*reply, error) {
		form := schema{props: map[string]schema{"attachment_id": optionalUUID, "connector": {types: []string{"object", "null"}}}}
		if err := c.args(name, form); err != nil {
			return nil, err
		}
		id := text(args["attachment_id"])
		gone := slices.DeleteFunc(slices.Clone(v.attachments), func(a *attachment) bool { return id != "" && a.id != id })
		switch {
		case len(gone) == 0 && id != "":
			return nil, refuse(http.StatusNotFound, "Volume attachment could not be found with filter: attachment_id = %s.", id)
		case len(gone) > 1:
			return nil, badVolume("Detach volume failed: More than one attachment, but no attachment_id provided.")
		}
		v.attachments = slices.DeleteFunc(v.attachments, func(a *attachment) bool { return slices.Contains(gone, a) })
		if len(v.attachments) == 0 {
			v.metadata = maps.Clone(v.metadata)
			delete(v.metadata, "attached_mode")
		}
		v.life, v.changed = sim.Steady(c.now, v.rest(c)), c.now
		return acted(http.StatusAccepted), nil
	}
}

// initializeConnection tells how the bytes are to be reached; there is no way.
func initializeConnection(c *call, v *volume, _ map[string]any) (*reply, error) {
	if err := c.args("os-initialize_connection", schema{props: map[string]schema{"connector": {types: []string{"object"}}}, required: []string{"connector"}}); err != nil {
		return nil, err
	}
	return ok(map[string]any{"connection_info": map[string]any{"driver_volume_type": "local", "data": map[string]any{
		"device_path": "/dev/simulated/" + v.id, "access_mode": "rw", "qos_specs": nil, "encrypted": v.kind.encrypted, "cacheable": false}}}), nil
}

func terminateConnection(c *call, _ *volume, _ map[string]any) (*reply, error) {
	if err := c.args("os-terminate_connection", schema{props: map[string]schema{"connector": {types: []string{"object", "null"}}}, required: []string{"connector"}}); err != nil {
		return nil, err
	}
	return acted(http.StatusAccepted), nil
}

// revertVolume brings back what the newest snapshot has.
func revertVolume(c *call, v *volume, args map[string]any) (*reply, error) {
	if !c.version.since(3, 40) {
		return nil, noAction("revert")
	}
	all := c.cloud.snapshotsOf(v)
	if len(all) == 0 {
		return nil, refuse(http.StatusBadRequest, "Volume %s doesn't have any snapshots.", v.id)
	}
	last := all[len(all)-1]
	switch status := v.status(c.now); {
	case args["snapshot_id"] != last.id:
		return nil, refuse(http.StatusBadRequest, "Specified snapshot %s is None or not the latest one of volume %s.", pyStr(args["snapshot_id"]), v.id)
	case v.size != last.size:
		return nil, refuse(http.StatusBadRequest, "Can't revert volume %s to its latest snapshot %s. The volume size must be equal to the snapshot size.", v.id, last.id)
	case status != "available":
		return nil, refuse(http.StatusConflict, "Invalid volume: Can't revert volume %s to its latest snapshot %s. Volume's status must be available.", v.id, last.id)
	case last.life.At(c.now) != "available":
		return nil, refuse(http.StatusConflict, "Invalid snapshot: Can't revert volume %s to its latest snapshot %s. Snapshot's status must be available.", v.id, last.id)
	}
	old := v.disk
	v.disk, v.bootable, v.imageMeta = last.disk.Retain(), last.bootable, maps.Clone(last.imageMeta)
	old.Release()
	c.busy(v, "reverting", "available")
	return acted(http.StatusAccepted), nil
}

// reimageVolume writes an image over a volume.
func reimageVolume(c *call, v *volume, args map[string]any) (*reply, error) {
	if !c.version.since(3, 68) {
		return nil, noAction("os-reimage")
	}
	form := schema{props: map[string]schema{"image_id": {types: []string{"string"}, format: "uuid", check: isUUID}, "reimage_reserved": flag},
		required: []string{"image_id"}}
	if err := c.args("os-reimage", form); err != nil {
		return nil, err
	}
	reserved, _ := asBool(args["reimage_reserved"])
	status := v.status(c.now)
	switch {
	case status == "reserved" && !reserved:
		return nil, refuse(http.StatusConflict, "Invalid volume: Volume %s status must be available or error, but current status is reserved. Set reimage_reserved to true.", v.id)
	case status != "available" && status != "error" && status != "reserved":
		return nil, badVolume("Volume %s status must be available or error, but current status is %s.", v.id, status)
	}
	renewed := *v
	im, err := c.fillFromImage(&renewed, text(args["image_id"]))
	if err != nil {
		return nil, err
	}
	v.disk.Release()
	v.disk, v.bootable, v.imageMeta = renewed.disk.Retain(), true, renewed.imageMeta
	then := map[string]string{"reserved": "reserved"}[status]
	if im.disk == nil {
		then = "error"
	}
	c.busy(v, "downloading", cmp.Or(then, "available"))
	return acted(http.StatusAccepted), nil
}

// adminAction is what only an administrator does to a volume.
func adminAction(rule string, act func(*call, *volume, map[string]any) error) func(*call, *volume, map[string]any) (*reply, error) {
	return func(c *call, v *volume, args map[string]any) (*reply, error) {
		if !c.may(rule, "admin") {
			return nil, notAllowed(rule)
		}
		if err := act(c, v, args); err != nil {
			return nil, err
		}
		return acted(http.StatusAccepted), nil
	}
}

var volumeStates = []any{"creating", "available", "deleting", "error", "error_deleting", "error_managing", "managing", "attaching", "in-use", "detaching",
	"maintenance", "restoring-backup", "error_restoring", "reserved", "awaiting-transfer", "backing-up", "error_backing-up", "error_extending",
	"downloading", "uploading", "retyping", "extending"}

// resetVolume says what state a volume is in, whatever it really is in.
func resetVolume(c *call, v *volume, args map[string]any) error {
	form := schema{props: map[string]schema{"status": {types: []string{"string", "null"}, enum: append([]any{nil}, volumeStates...)},
		"attach_status": anyText, "migration_status": anyText}}
	if err := c.args("os-reset_status", form); err != nil {
		return err
	}
	if status := text(args["status"]); status != "" {
		v.life, v.changed = sim.Steady(c.now, status), c.now
	}
	if args["attach_status"] == "detached" {
		v.attachments = nil
	}
	return nil
}

// migrateVolume has nowhere to go: there is one backend.
func migrateVolume(c *call, v *volume, args map[string]any) error {
	host := text(args["host"])
	switch {
	case host == "":
		return badInput("Host must be specified")
	case host != volumePool && host != volumeBackend:
		return badInput("No available service named '%s'", host)
	case v.status(c.now) != "available" && v.status(c.now) != "in-use":
		return badVolume("Volume %s status must be available or in-use, must not be migrating, have snapshots, be replicated, be part of a group and destination host/cluster must be different than the current one", v.id)
	}
	return badInput("Volume %s status must be available or in-use, must not be migrating, have snapshots, be replicated, be part of a group and destination host/cluster must be different than the current one", v.id)
}
