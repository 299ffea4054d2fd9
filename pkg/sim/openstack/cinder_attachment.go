package openstack

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/wechsel-project/wechsel/pkg/sim"
)

// listAttachments lists where the project's volumes are, as the API for
// attachments (3.27) has it.
func listAttachments(c *call) (*reply, error) {
	if !c.version.since(3, 27) {
		return nil, refuse(http.StatusNotFound, "The resource could not be found.")
	}
	list := []any{}
	for v := range c.cloud.volume.table.Of(c.project()) {
		for _, a := range v.attachments {
			full := c.cinderAttachment(a)
			b := map[string]any{"id": a.id, "status": full["status"], "instance": a.server, "volume_id": v.id}
			if strings.HasSuffix(c.URL.Path, "/detail") {
				b = full
			}
			if want := c.URL.Query().Get("volume_id"); want == "" || want == v.id {
				list = append(list, b)
			}
		}
	}
	return ok(map[string]any{"attachments": list}), nil
}

func (c *call) cinderAttachment(a *attachment) map[string]any {
	status := "reserved"
	if !a.since.IsZero() && !a.since.After(c.now) {
		status = "attached"
	}
	return map[string]any{"id": a.id, "status": status, "instance": a.server, "volume_id": a.volume, "attached_at": sinceText(a.since),
		"detached_at": "", "attach_mode": "rw", "connection_info": map[string]any{"driver_volume_type": "local", "attachment_id": a.id,
			"access_mode": "rw", "encrypted": false, "cacheable": false, "qos_specs": nil, "device_path": "/dev/simulated/" + a.volume}}
}

// oneAttachment finds an attachment by its id among the project's volumes.
func (c *call) oneAttachment() (*attachment, error) {
	id := c.PathValue("id")
	for v := range c.cloud.volume.table.Of(c.project()) {
		for _, a := range v.attachments {
			if a.id == id {
				return a, nil
			}
		}
	}
	return nil, refuse(http.StatusNotFound, "Volume attachment could not be found with filter: attachment_id = %s.", id)
}

func showAttachment(c *call) (*reply, error) {
	a, err := c.oneAttachment()
	if err != nil {
		return nil, err
	}
	return ok(map[string]any{"attachment": c.cinderAttachment(a)}), nil
}

// createAttachment reserves a volume for a server, as a tenant may who wants to
// do Nova's work himself. It does not get further than that here.
func createAttachment(c *call) (*reply, error) {
	form := schema{types: []string{"object"}, required: []string{"volume_uuid"}, props: map[string]schema{"instance_uuid": optionalUUID,
		"volume_uuid": {types: []string{"string"}, format: "uuid", check: isUUID}, "connector": {types: []string{"object", "null"}}, "mode": anyText}, closed: true}
	if err := c.conform(schema{types: []string{"object"}, props: map[string]schema{"attachment": form}, required: []string{"attachment"}, closed: true}); err != nil {
		return nil, err
	}
	doc, _ := c.document("attachment")
	v, err := c.oneVolume(text(doc["volume_uuid"]))
	if err != nil {
		return nil, err
	}
	if status := v.status(c.now); status != "available" && status != "downloading" {
		return nil, badVolume("Volume %s status must be available or downloading to reserve, but the current status is %s.", v.id, status)
	}
	a := &attachment{id: c.cloud.Objects.UUID(), volume: v.id, server: text(doc["instance_uuid"])}
	v.attachments = append(v.attachments, a)
	v.life = v.life.Later(c.now, "reserved")
	return ok(map[string]any{"attachment": c.cinderAttachment(a)}), nil
}

// deleteAttachment takes a reservation back. What Nova has attached, it must
// detach.
func deleteAttachment(c *call) (*reply, error) {
	a, err := c.oneAttachment()
	if err != nil {
		return nil, err
	}
	if v, _ := c.cloud.volume.table.Get(a.volume); a.since.IsZero() {
		v.attachments = slices.DeleteFunc(v.attachments, func(other *attachment) bool { return other == a })
		v.life = sim.Steady(c.now, "available")
		return ok(map[string]any{"attachments": []any{}}), nil
	}
	return nil, refuse(http.StatusConflict, "ConflictNovaUsingAttachment: Detach volume from instance %s using the Compute API", a.server)
}

// sinceText is empty for what is not attached yet.
func sinceText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return seconds(t)
}
