package openstack

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/wechsel-project/wechsel/pkg/sim"
)

func (c *call) snapshotBody(s *snapshot) map[string]any {
	b := map[string]any{"id": s.id, "created_at": seconds(s.created), "updated_at": updatedAt(s.created, s.changed, s.life.Since(c.now), c.now),
		"name": s.name, "description": s.description, "volume_id": s.volume, "status": s.life.At(c.now), "size": s.size, "metadata": s.metadata}
	return b
}

// versionedSnapshot is a snapshot with what came later; only the plain list
// lacks it.
func (c *call) versionedSnapshot(s *snapshot) map[string]any {
	b := c.snapshotBody(s)
	if c.version.since(3, 14) {
		b["group_snapshot_id"] = orNull(s.group)
	}
	if c.version.since(3, 41) {
		b["user_id"] = s.user
	}
	if c.version.since(3, 65) {
		b["consumes_quota"] = true
	}
	return b
}

func (c *call) fullSnapshot(s *snapshot) map[string]any {
	b := c.versionedSnapshot(s)
	b["os-extended-snapshot-attributes:project_id"] = s.project
	b["os-extended-snapshot-attributes:progress"] = "0%"
	if s.life.At(c.now) == "available" {
		b["os-extended-snapshot-attributes:progress"] = "100%"
	}
	return b
}

// oneSnapshot returns the snapshot of that id if the caller may see it.
func (c *call) oneSnapshot(id string) (*snapshot, error) {
	return owned(c, &c.cloud.volume.snapshots, id, func(s *snapshot) string { return s.project }, noSnapshot)
}

func createSnapshot(c *call) (*reply, error) {
	if err := c.conform(schema{types: []string{"object"}, props: map[string]schema{"snapshot": {types: []string{"object"}, props: map[string]schema{
		"name": optionalName, "display_name": optionalName, "description": anyText, "volume_id": optionalUUID, "force": flag, "metadata": metadataForm},
		required: []string{"volume_id"}, closed: true}}, required: []string{"snapshot"}, closed: true}); err != nil {
		return nil, err
	}
	doc, _ := c.document("snapshot")
	force, _ := asBool(doc["force"])
	if _, given := doc["force"]; given && !force && c.version.since(3, 66) {
		return nil, refuse(http.StatusBadRequest, "Since microversion 3.66 the 'force' flag is invalid for this request.  For backward compatability, "+ //nolint:misspell // Cinder's own
			"however, when the 'force' flag is passed with a value evaluating to True, it is silently ignored.")
	}
	v, err := c.oneVolume(text(doc["volume_id"]))
	if err != nil {
		return nil, err
	}
	s, err := c.makeSnapshot(v, firstOf(doc, "name", "display_name"), doc["description"], texts(doc["metadata"]), force || c.version.since(3, 66))
	if err != nil {
		return nil, err
	}
	body := c.versionedSnapshot(s)
	body["created_at"] = s.created.Format(cinderTime)
	return with(http.StatusAccepted, map[string]any{"snapshot": body}), nil
}

// makeSnapshot begins a snapshot. Name and description are strings or nil. A
// volume in use needs to be taken in use on purpose.
func (c *call) makeSnapshot(v *volume, name, description any, metadata map[string]string, inUse bool) (*snapshot, error) {
	if !c.may("volume:create_snapshot", "member") {
		return nil, notAllowed("volume:create_snapshot")
	}
	status := v.status(c.now)
	switch {
	case status == "error":
		return nil, badVolume("The snapshot cannot be created when the volume is in error status.")
	case inUse && status != "available" && status != "in-use":
		return nil, badVolume("Volume %s status must be available, in-use, but current status is: %s.", v.id, status)
	case !inUse && status != "available":
		return nil, badVolume("Volume %s status must be available, but current status is: %s.", v.id, status)
	}
	if err := c.snapshotQuota(v); err != nil {
		return nil, err
	}
	s := &snapshot{id: c.cloud.Objects.UUID(), project: c.project(), user: c.token.user.id, volume: v.id, name: name, description: description,
		size: v.size, kind: v.kind, metadata: metadata, imageMeta: maps.Clone(v.imageMeta), bootable: v.bootable, created: c.now, changed: c.now,
		disk: v.disk.Retain()}
	final := "available"
	if _, struck := c.cloud.Faults.Object("snapshot", text(name)); struck {
		final = "error"
	}
	s.life = sim.Begin(c.now, "creating", c.cloud.takes(c.cloud.profile.Behaviour.Durations.SnapshotCreate, s.id)).Then(final)
	c.cloud.volume.snapshots.Put(s.id, s.project, s)
	return s, nil
}

func updateSnapshot(c *call) (*reply, error) {
	form := schema{types: []string{"object"}, props: map[string]schema{"name": optionalName, "description": anyText, "display_name": optionalName,
		"display_description": anyText}, closed: true}
	for _, k := range []string{"name", "description", "display_name", "display_description"} {
		form.anyOf = append(form.anyOf, schema{required: []string{k}})
	}
	if err := c.conform(schema{types: []string{"object"}, props: map[string]schema{"snapshot": form}, required: []string{"snapshot"}, closed: true}); err != nil {
		return nil, err
	}
	s, err := c.oneSnapshot(c.PathValue("id"))
	if err != nil {
		return nil, err
	}
	doc, _ := c.document("snapshot")
	for k, value := range doc {
		if k == "name" || k == "display_name" {
			s.name = value
		} else {
			s.description = value
		}
	}
	s.changed = c.now
	return ok(map[string]any{"snapshot": c.versionedSnapshot(s)}), nil
}

func deleteSnapshot(c *call) (*reply, error) {
	s, err := c.oneSnapshot(c.PathValue("id"))
	if err != nil {
		return nil, err
	}
	if !c.may("volume:delete_snapshot", "member") {
		return nil, notAllowed("volume:delete_snapshot")
	}
	if status := s.life.At(c.now); status != "available" && status != "error" || s.group != "" {
		return nil, refuse(http.StatusBadRequest, "Invalid snapshot: Snapshot status must be available or error and must not be part of a group.")
	}
	c.cloud.dropSnapshot(s, c.now)
	return c.bare(http.StatusAccepted), nil
}

// dropSnapshot begins the end of a snapshot.
func (c *Cloud) dropSnapshot(s *snapshot, now time.Time) {
	s.life = s.life.Later(now, "deleting")
	c.At(now.Add(c.takes(c.profile.Behaviour.Durations.SnapshotDelete, s.id)), func(time.Time) {
		c.volume.snapshots.Delete(s.id)
		s.disk.Release()
	})
}

// snapshotRules are what needs an administrator among the actions on snapshots.
var snapshotRules = map[string]string{"os-reset_status": "volume_extension:snapshot_admin_actions:reset_status",
	"os-force_delete": "volume_extension:snapshot_admin_actions:force_delete", "os-unmanage": "snapshot_extension:snapshot_unmanage"}

func actOnSnapshot(c *call) (*reply, error) {
	name, args := c.action()
	rule, known := snapshotRules[name]
	if !known && name != "os-update_snapshot_status" {
		return nil, noAction(name)
	}
	s, err := c.oneSnapshot(c.PathValue("id"))
	if err != nil {
		return nil, err
	}
	if known && !c.may(rule, "admin") {
		return nil, notAllowed(rule)
	}
	switch name {
	case "os-reset_status":
		s.life, s.changed = sim.Steady(c.now, text(args["status"])), c.now
	case "os-update_snapshot_status":
		return c.moveSnapshot(s, args)
	default:
		c.cloud.dropSnapshot(s, c.now)
	}
	return acted(http.StatusAccepted), nil
}

// moveSnapshot is what Nova says of a snapshot that it takes part in.
func (c *call) moveSnapshot(s *snapshot, args map[string]any) (*reply, error) {
	moves := map[string][]string{"creating": {"creating", "available", "error"}, "deleting": {"deleting", "error_deleting"}}
	status, want := s.life.At(c.now), text(args["status"])
	allowed, movable := moves[status]
	switch {
	case !movable:
		return nil, refuse(http.StatusBadRequest, "Snapshot status %s not allowed for update_snapshot_status", status)
	case !slices.Contains(allowed, want):
		return nil, refuse(http.StatusBadRequest, "Provided snapshot status %s not allowed for snapshot with status %s.", want, status)
	}
	s.life, s.changed = sim.Steady(c.now, want), c.now
	return acted(http.StatusAccepted), nil
}

func listSnapshots(c *call) (*reply, error) { return c.listOfSnapshots("/snapshots", c.snapshotBody) }

func listSnapshotsInDetail(c *call) (*reply, error) {
	return c.listOfSnapshots("/snapshots/detail", c.fullSnapshot)
}

func (c *call) listOfSnapshots(path string, body func(*snapshot) map[string]any) (*reply, error) {
	q := c.URL.Query()
	if err := c.knownFilters("snapshot", q, "display_name", "id"); err != nil {
		return nil, err
	}
	var list []*snapshot
	for s := range c.cloud.volume.snapshots.All() {
		if c.inProject(s.project, q) && s.matches(q, c.now) {
			list = append(list, s)
		}
	}
	slices.Reverse(list)
	return listing(c, "snapshots", path, list, func(s *snapshot) (string, map[string]any) { return s.id, body(s) }, compareSnapshots, noSnapshot)
}

func (s *snapshot) matches(q url.Values, now time.Time) bool {
	have := map[string]string{"name": text(s.name), "display_name": text(s.name), "status": s.life.At(now), "volume_id": s.volume, "id": s.id}
	return matchesAll(q, have) && matchesMetadata(q["metadata"], s.metadata)
}

func compareSnapshots(key string, a, b *snapshot) (int, bool) {
	switch key {
	case "created_at":
		return a.created.Compare(b.created), true
	case "id":
		return compareText(a.id, b.id), true
	case "name", "display_name":
		return compareText(text(a.name), text(b.name)), true
	case "size":
		return int(a.size - b.size), true
	case "volume_id":
		return compareText(a.volume, b.volume), true
	}
	return 0, false
}
