package openstack

import (
	"net/http"
	"strings"
	"time"

	"github.com/wechsel-project/wechsel/pkg/sim"
)

func (c *call) groupSnapshotBody(s *groupSnapshot) map[string]any {
	b := map[string]any{"id": s.id, "group_id": s.group, "status": s.life.At(c.now), "created_at": seconds(s.created), "name": s.name,
		"description": s.description, "group_type_id": nil}
	if g, there := c.cloud.volume.groups.Get(s.group); there {
		b["group_type_id"] = g.kind.id
	}
	if c.version.since(3, 58) && c.admin() {
		b["project_id"] = s.project
	}
	return b
}

func noGroupSnapshot(id string) error {
	return refuse(http.StatusNotFound, "GroupSnapshot %s could not be found.", id)
}

func listGroupSnapshots(path string, detail bool) handler {
	return func(c *call) (*reply, error) {
		q := c.URL.Query()
		if err := c.knownFilters("group_snapshot", q); err != nil {
			return nil, err
		}
		var list []*groupSnapshot
		for s := range c.cloud.volume.groupSnapshots.All() {
			if c.inProject(s.project, q) && matchesAll(q, map[string]string{"name": text(s.name), "status": s.life.At(c.now), "group_id": s.group}) {
				list = append([]*groupSnapshot{s}, list...)
			}
		}
		return listing(c, "group_snapshots", path, list, func(s *groupSnapshot) (string, map[string]any) {
			if detail {
				return s.id, c.groupSnapshotBody(s)
			}
			return s.id, map[string]any{"id": s.id, "name": s.name, "group_type_id": c.groupSnapshotBody(s)["group_type_id"]}
		}, func(key string, a, b *groupSnapshot) (int, bool) {
			return compareText(text(a.name), text(b.name)), key == "name"
		}, noGroupSnapshot)
	}
}

func (c *call) oneGroupSnapshot(id string) (*groupSnapshot, error) {
	return owned(c, &c.cloud.volume.groupSnapshots, id, func(s *groupSnapshot) string { return s.project }, noGroupSnapshot)
}

// createGroupSnapshot takes snapshots of all volumes of a group, or of none.
func createGroupSnapshot(c *call) (*reply, error) {
	if err := c.conform(schema{types: []string{"object"}, props: map[string]schema{"group_snapshot": {types: []string{"object"}, closed: true,
		required: []string{"group_id"}, props: map[string]schema{"group_id": {types: []string{"string"}, format: "uuid", check: isUUID},
			"name": optionalName, "description": optionalName}}}, required: []string{"group_snapshot"}, closed: true}); err != nil {
		return nil, err
	}
	doc, _ := c.document("group_snapshot")
	g, err := c.oneGroupOfVolumes(text(doc["group_id"]))
	if err != nil {
		return nil, err
	}
	s, err := c.snapGroup(g, doc)
	if err != nil {
		return nil, err
	}
	body := map[string]any{"id": s.id, "name": s.name, "group_type_id": g.kind.id}
	return with(http.StatusAccepted, map[string]any{"group_snapshot": body}), nil
}

// snapGroup takes the snapshots.
func (c *call) snapGroup(g *volumeGroup, doc map[string]any) (*groupSnapshot, error) {
	volumes := c.cloud.volumesIn(g.id)
	if status := g.life.At(c.now); len(volumes) == 0 || status == "creating" || status == "updating" {
		return nil, badGroup("Source group cannot be empty or in 'creating' or 'updating' state. No group snapshot will be created.")
	}
	s := &groupSnapshot{id: c.cloud.Objects.UUID(), project: g.project, group: g.id, name: doc["name"], description: doc["description"], created: c.now}
	for _, v := range volumes {
		part, err := c.makeSnapshot(v, doc["name"], doc["description"], map[string]string{}, true)
		if err != nil {
			return nil, err
		}
		part.group = s.id
	}
	s.life = sim.Begin(c.now, "creating", c.cloud.takes(c.cloud.profile.Behaviour.Durations.SnapshotCreate, s.id)).Then("available")
	c.cloud.volume.groupSnapshots.Put(s.id, s.project, s)
	return s, nil
}

func deleteGroupSnapshot(c *call) (*reply, error) {
	s, err := c.oneGroupSnapshot(c.PathValue("id"))
	if err != nil {
		return nil, err
	}
	if status := s.life.At(c.now); status != "available" && status != "error" {
		return nil, refuse(http.StatusBadRequest, "Invalid group snapshot: GroupSnapshot status must be available or error, and no Group can be currently using it as source for its creation.")
	}
	for part := range c.cloud.volume.snapshots.All() {
		if part.group == s.id {
			c.cloud.dropSnapshot(part, c.now)
		}
	}
	s.life = sim.Steady(c.now, "deleting")
	c.cloud.At(c.now.Add(c.cloud.takes(c.cloud.profile.Behaviour.Durations.SnapshotDelete, s.id)), func(time.Time) { c.cloud.volume.groupSnapshots.Delete(s.id) })
	return c.bare(http.StatusAccepted), nil
}

// splitList reads "a,b".
func splitList(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })
}
