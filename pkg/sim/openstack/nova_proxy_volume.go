package openstack

import (
	"net/http"
)

// cinderLong is the form of moments that Cinder gives to Nova.
const cinderLong = "2006-01-02T15:04:05.000000"

func volumeProxyRoutes(on func(string, handler)) {
	volumes := func(c *call) (*reply, error) {
		list := []any{}
		for v := range c.cloud.volume.table.Of(c.project()) {
			list = append(list, c.proxiedVolume(v))
		}
		return ok(map[string]any{"volumes": list}), nil
	}
	on("GET /os-volumes", volumes)
	on("GET /os-volumes/detail", volumes)
	on("POST /os-volumes", createProxiedVolume)
	on("GET /os-volumes/{id}", func(c *call) (*reply, error) {
		v, err := c.oneVolume(c.PathValue("id"))
		if err != nil {
			return nil, err
		}
		return ok(map[string]any{"volume": c.proxiedVolume(v)}), nil
	})
	on("DELETE /os-volumes/{id}", func(c *call) (*reply, error) {
		v, err := c.oneVolume(c.PathValue("id"))
		switch {
		case err != nil:
			return nil, err
		case len(v.attachments) > 0:
			return nil, refuse(http.StatusBadRequest, "Invalid volume: Volume status must be available or error or error_restoring or error_extending or error_managing "+
				"and must not be migrating, attached, belong to a group, have snapshots, awaiting a transfer, or be disassociated from snapshots after volume transfer.")
		}
		c.cloud.dropVolume(v, c.now)
		return empty(http.StatusAccepted), nil
	})
	for method, rule := range map[string]string{"POST /os-assisted-volume-snapshots": "create", "DELETE /os-assisted-volume-snapshots/{id}": "delete"} {
		on(method, func(c *call) (*reply, error) { // for storage whose snapshots the hypervisor makes; there is none
			if err := c.permit("os_compute_api:os-assisted-volume-snapshots:" + rule); err != nil {
				return nil, err
			}
			return nil, refuse(http.StatusBadRequest, "The requested functionality is not supported.")
		})
	}
	snapshots := func(c *call) (*reply, error) {
		list := []any{}
		for s := range c.cloud.volume.snapshots.Of(c.project()) {
			list = append(list, c.proxiedSnapshot(s))
		}
		return ok(map[string]any{"snapshots": list}), nil
	}
	on("GET /os-snapshots", snapshots)
	on("GET /os-snapshots/detail", snapshots)
	on("GET /os-snapshots/{id}", func(c *call) (*reply, error) {
		s, err := c.oneSnapshot(c.PathValue("id"))
		if err != nil {
			return nil, err
		}
		return ok(map[string]any{"snapshot": c.proxiedSnapshot(s)}), nil
	})
	on("POST /os-snapshots", func(c *call) (*reply, error) {
		doc, _ := c.document("snapshot")
		v, err := c.oneVolume(text(doc["volume_id"]))
		if err != nil {
			return nil, err
		}
		force, _ := asBool(doc["force"])
		s, err := c.makeSnapshot(v, text(doc["display_name"]), text(doc["display_description"]), map[string]string{}, force)
		if err != nil {
			return nil, err
		}
		return ok(map[string]any{"snapshot": c.proxiedSnapshot(s)}), nil
	})
}

func createProxiedVolume(c *call) (*reply, error) {
	doc, _ := c.document("volume")
	size, _ := asInt(doc["size"])
	v, err := c.makeVolume(volumeWish{name: text(doc["display_name"]), description: text(doc["display_description"]), size: size, kind: text(doc["volume_type"]),
		zone: text(doc["availability_zone"]), snapshot: text(doc["snapshot_id"])})
	if err != nil {
		return nil, err
	}
	v.metadata = stringMap(argument(doc["metadata"]))
	return ok(map[string]any{"volume": c.proxiedVolume(v)}).set("Location", c.url("/v2.1/os-volumes/"+v.id)), nil
}

func (c *call) proxiedVolume(v *volume) map[string]any {
	attachments := []any{map[string]any{}}
	if len(v.attachments) > 0 {
		a := v.attachments[0]
		attachments = []any{map[string]any{"id": v.id, "volumeId": v.id, "serverId": a.server, "device": a.device}}
	}
	return map[string]any{"id": v.id, "status": v.status(c.now), "size": v.size, "availabilityZone": v.zone, "createdAt": moment(v.created, cinderLong),
		"attachments": attachments, "displayName": v.name, "displayDescription": v.description, "volumeType": v.kind.name, "snapshotId": orNull(v.snapshotID),
		"metadata": words(v.metadata)}
}

func (c *call) proxiedSnapshot(s *snapshot) map[string]any {
	return map[string]any{"id": s.id, "volumeId": s.volume, "status": s.life.At(c.now), "size": s.size, "createdAt": moment(s.created, cinderLong),
		"displayName": s.name, "displayDescription": s.description}
}
