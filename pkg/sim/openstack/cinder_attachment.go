package openstack

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/sim"
)

func attachmentRoutes(on func(string, handler)) {
	on("GET /attachments", sinceMinor(27, listAttachments))
	on("GET /attachments/detail", sinceMinor(27, listAttachments))
	on("POST /attachments", sinceMinor(27, createAttachment))
	on("GET /attachments/{id}", sinceMinor(27, showAttachment))
	on("PUT /attachments/{id}", sinceMinor(27, updateAttachment))
	on("DELETE /attachments/{id}", sinceMinor(27, deleteAttachment))
	on("POST /attachments/{id}/action", sinceMinor(44, completeAttachment))
}

// listAttachments lists where the project's volumes are, as the API for
// attachments has it.
func listAttachments(c *call) (*reply, error) {
	q := c.URL.Query()
	if err := c.knownFilters("attachment", q, "id"); err != nil {
		return nil, err
	}
	list := []any{}
	for v := range c.cloud.volume.table.All() {
		if !c.inProject(v.project, q) {
			continue
		}
		for _, a := range v.attachments {
			full := c.cinderAttachment(a)
			b := map[string]any{"id": a.id, "status": full["status"], "instance": full["instance"], "volume_id": v.id}
			if strings.HasSuffix(c.URL.Path, "/detail") {
				b = full
			}
			status := text(full["status"])
			if matchesAll(q, map[string]string{"volume_id": v.id, "status": status, "attach_status": status, "instance_id": a.server}) {
				list = append(list, b)
			}
		}
	}
	return ok(map[string]any{"attachments": list}), nil
}

func (c *call) cinderAttachment(a *attachment) map[string]any {
	status, since := "reserved", ""
	if !a.since.IsZero() && !a.since.After(c.now) {
		status, since = "attached", seconds(a.since)
	}
	b := map[string]any{"id": a.id, "status": status, "instance": orNull(a.server), "volume_id": a.volume, "attached_at": since,
		"detached_at": "", "attach_mode": cmp.Or(a.mode, "ro"), "connection_info": map[string]any{}}
	if v, there := c.cloud.volume.table.Get(a.volume); there && a.connected {
		b["connection_info"] = map[string]any{"driver_volume_type": "local", "attachment_id": a.id, "access_mode": "rw",
			"encrypted": v.kind.encrypted, "cacheable": false, "qos_specs": nil, "device_path": "/dev/simulated/" + a.volume}
	}
	return b
}

// oneAttachment finds an attachment by its id among the project's volumes.
func (c *call) oneAttachment() (*volume, *attachment, error) {
	id := c.PathValue("id")
	for v := range c.cloud.volume.table.All() {
		for _, a := range v.attachments {
			if a.id == id && (v.project == c.project() || c.admin()) {
				return v, a, nil
			}
		}
	}
	return nil, nil, refuse(http.StatusNotFound, "Volume attachment could not be found with filter: attachment_id = %s.", id)
}

func showAttachment(c *call) (*reply, error) {
	_, a, err := c.oneAttachment()
	if err != nil {
		return nil, err
	}
	return ok(map[string]any{"attachment": c.cinderAttachment(a)}), nil
}

// createAttachment reserves a volume for a server, as a tenant may who wants to
// do Nova's work himself; with a connector it goes one step further.
func createAttachment(c *call) (*reply, error) {
	form := schema{types: []string{"object"}, required: []string{"volume_uuid"}, props: map[string]schema{"instance_uuid": optionalUUID,
		"volume_uuid": {types: []string{"string"}, format: "uuid", check: isUUID}, "connector": {types: []string{"object", "null"}}}, closed: true}
	if c.version.since(3, 54) {
		form.props["mode"] = schema{types: []string{"string"}, enum: []any{"rw", "ro"}}
	}
	if err := c.conform(schema{types: []string{"object"}, props: map[string]schema{"attachment": form}, required: []string{"attachment"}, closed: true}); err != nil {
		return nil, err
	}
	doc, _ := c.document("attachment")
	v, err := c.oneVolume(text(doc["volume_uuid"]))
	if err != nil {
		return nil, err
	}
	status := v.status(c.now)
	again := v.kind.multiattach() && (status == "in-use" || status == "reserved" || status == "attaching")
	if status != "available" && status != "downloading" && !again {
		return nil, badVolume("Volume %s status must be available or downloading to reserve, but the current status is %s.", v.id, status)
	}
	a := &attachment{id: c.cloud.Objects.UUID(), volume: v.id, server: text(doc["instance_uuid"]), mode: text(doc["mode"])}
	v.attachments = append(v.attachments, a)
	if !again {
		v.life = v.life.Later(c.now, "reserved")
	}
	if doc["connector"] != nil {
		c.connect(v, a)
	}
	return ok(map[string]any{"attachment": c.cinderAttachment(a)}), nil
}

// connect is what a connector makes of a reservation.
func (c *call) connect(v *volume, a *attachment) {
	a.connected = true
	if v.status(c.now) == "reserved" {
		v.life, v.changed = sim.Steady(c.now, "attaching"), c.now
	}
}

func updateAttachment(c *call) (*reply, error) {
	form := schema{types: []string{"object"}, required: []string{"connector"}, closed: true,
		props: map[string]schema{"connector": {types: []string{"object"}, minProps: 1}}}
	if err := c.conform(schema{types: []string{"object"}, props: map[string]schema{"attachment": form}, required: []string{"attachment"}, closed: true}); err != nil {
		return nil, err
	}
	v, a, err := c.oneAttachment()
	if err != nil {
		return nil, err
	}
	c.connect(v, a)
	return ok(map[string]any{"attachment": c.cinderAttachment(a)}), nil
}

// completeAttachment says that the server has got it.
func completeAttachment(c *call) (*reply, error) {
	if name, _ := c.action(); name != "os-complete" {
		return nil, noAction(name)
	}
	v, a, err := c.oneAttachment()
	if err != nil {
		return nil, err
	}
	if a.since.IsZero() {
		a.since, a.device = c.now, "na"
	}
	v.life, v.changed = sim.Steady(c.now, "in-use"), c.now
	return empty(http.StatusNoContent).set("Content-Type", "application/json"), nil
}

// deleteAttachment takes a reservation back. What Nova has attached, it must
// detach.
func deleteAttachment(c *call) (*reply, error) {
	v, a, err := c.oneAttachment()
	if err != nil {
		return nil, err
	}
	if a.byNova {
		return nil, refuse(http.StatusConflict, "ConflictNovaUsingAttachment: Detach volume from instance %s using the Compute API", a.server)
	}
	v.attachments = slices.DeleteFunc(v.attachments, func(other *attachment) bool { return other == a })
	left := []any{}
	for _, other := range v.attachments {
		left = append(left, c.cinderAttachment(other))
	}
	if len(left) == 0 {
		v.life, v.changed = sim.Steady(c.now, "available"), c.now
	}
	return ok(map[string]any{"attachments": left}), nil
}
