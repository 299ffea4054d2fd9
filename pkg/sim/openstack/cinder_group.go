package openstack

import (
	"net/http"
	"slices"
	"time"

	"github.com/wechsel-project/wechsel/pkg/sim"
)

// A volumeGroup is several volumes of which snapshots are taken together.
type volumeGroup struct {
	id, project       string
	name, description any // string or nil
	zone              string
	kind              *groupType
	types             []string // ids of volume types
	snapshotID        any
	sourceID          any
	life              sim.Life[string]
	created           time.Time
}

// A groupSnapshot is the snapshots of all volumes of a group.
type groupSnapshot struct {
	id, project, group string
	name, description  any
	life               sim.Life[string]
	created            time.Time
}

func groupRoutes(on func(string, handler)) {
	on("GET /group_types", sinceMinor(11, listGroupTypes))
	on("POST /group_types", sinceMinor(11, createGroupType))
	on("GET /group_types/{id}", sinceMinor(11, showGroupType))
	on("PUT /group_types/{id}", sinceMinor(11, updateGroupType))
	on("DELETE /group_types/{id}", sinceMinor(11, deleteGroupType))
	specRoutes(func(pattern string, h handler) { on(pattern, sinceMinor(11, h)) }, "/group_types/{id}/group_specs", "group_specs",
		"group:group_types_specs:", func(c *call) (specified, error) {
			t, err := c.oneGroupType()
			if err != nil {
				return specified{}, err
			}
			return specified{"Group Type " + t.id + " has no specs with key ", &t.specs, t.specs}, nil
		})
	on("GET /groups", sinceMinor(13, listGroups("/groups", false)))
	on("GET /groups/detail", sinceMinor(13, listGroups("/groups/detail", true)))
	on("POST /groups", sinceMinor(13, createGroup))
	on("POST /groups/action", sinceMinor(14, copyGroup))
	on("GET /groups/{id}", sinceMinor(13, showing("group", (*call).oneGroupOfVolumes, (*call).groupBody)))
	on("PUT /groups/{id}", sinceMinor(13, updateGroup))
	on("POST /groups/{id}/action", sinceMinor(13, actOnGroup))
	on("GET /group_snapshots", sinceMinor(14, listGroupSnapshots("/group_snapshots", false)))
	on("GET /group_snapshots/detail", sinceMinor(14, listGroupSnapshots("/group_snapshots/detail", true)))
	on("POST /group_snapshots", sinceMinor(14, createGroupSnapshot))
	on("GET /group_snapshots/{id}", sinceMinor(14, showing("group_snapshot", (*call).oneGroupSnapshot, (*call).groupSnapshotBody)))
	on("DELETE /group_snapshots/{id}", sinceMinor(14, deleteGroupSnapshot))
}

// badGroup refuses what a group does not allow.
func badGroup(format string, args ...any) error {
	return refuse(http.StatusBadRequest, "Invalid Group: "+format, args...)
}

func (c *call) groupBody(g *volumeGroup) map[string]any {
	b := map[string]any{"id": g.id, "status": g.life.At(c.now), "availability_zone": g.zone, "created_at": seconds(g.created), "name": g.name,
		"description": g.description, "group_type": g.kind.id, "volume_types": g.types}
	if c.version.since(3, 14) {
		b["group_snapshot_id"], b["source_group_id"] = g.snapshotID, g.sourceID
	}
	if c.version.since(3, 38) {
		b["replication_status"] = "disabled"
	}
	if c.version.since(3, 58) && c.admin() {
		b["project_id"] = g.project
	}
	if on, _ := asBool(c.URL.Query().Get("list_volume")); on && c.version.since(3, 25) {
		ids := []string{}
		for _, v := range c.cloud.volumesIn(g.id) {
			ids = append(ids, v.id)
		}
		b["volumes"] = ids
	}
	return b
}

// volumesIn lists the volumes of a group.
func (c *Cloud) volumesIn(group string) []*volume {
	return slices.DeleteFunc(slices.Collect(c.volume.table.All()), func(v *volume) bool { return v.group != group })
}

func noGroup(id string) error {
	return refuse(http.StatusNotFound, "Group %s could not be found.", id)
}

func listGroups(path string, detail bool) handler {
	return func(c *call) (*reply, error) {
		q := c.URL.Query()
		if err := c.knownFilters("group", q, "list_volume", "status"); err != nil {
			return nil, err
		}
		var list []*volumeGroup
		for g := range c.cloud.volume.groups.All() {
			if g.kind.reserved() == nil && c.inProject(g.project, q) && matchesAll(q, map[string]string{"name": text(g.name), "status": g.life.At(c.now)}) {
				list = append([]*volumeGroup{g}, list...)
			}
		}
		return listing(c, "groups", path, list, func(g *volumeGroup) (string, map[string]any) {
			if detail {
				return g.id, c.groupBody(g)
			}
			return g.id, map[string]any{"id": g.id, "name": g.name}
		}, func(key string, a, b *volumeGroup) (int, bool) {
			return compareText(text(a.name), text(b.name)), key == "name"
		}, noGroup)
	}
}

// anyGroup finds a group, also one that was made as a consistency group.
func (c *call) anyGroup(id string) (*volumeGroup, error) {
	return owned(c, &c.cloud.volume.groups, id, func(g *volumeGroup) string { return g.project }, noGroup)
}

func (c *call) oneGroupOfVolumes(id string) (*volumeGroup, error) {
	g, err := c.anyGroup(id)
	if err == nil {
		err = g.kind.reserved()
	}
	return g, err
}

func createGroup(c *call) (*reply, error) {
	names := schema{types: []string{"array"}, items: &schema{types: []string{"string"}, minLen: 1, maxLen: 255}, minItems: 1, unique: true}
	if err := c.conform(schema{types: []string{"object"}, props: map[string]schema{"group": {types: []string{"object"}, closed: true,
		required: []string{"group_type", "volume_types"}, props: map[string]schema{"name": optionalName, "description": optionalName, "volume_types": names,
			"group_type": {types: []string{"string"}, minLen: 1, maxLen: 255}, "availability_zone": optionalName}}}, required: []string{"group"}, closed: true}); err != nil {
		return nil, err
	}
	doc, _ := c.document("group")
	kind := c.groupTypeNamed(text(doc["group_type"]))
	switch {
	case kind == nil && isUUID(text(doc["group_type"])):
		return nil, noGroupType(text(doc["group_type"]))
	case kind == nil:
		return nil, refuse(http.StatusNotFound, "Group type with name %s could not be found.", text(doc["group_type"]))
	case kind.reserved() != nil:
		return nil, kind.reserved()
	}
	g := &volumeGroup{id: c.cloud.Objects.UUID(), project: c.project(), name: doc["name"], description: doc["description"], kind: kind, created: c.now,
		zone: orElse(doc["availability_zone"], c.cloud.volumeZones()[0])}
	var types []string
	for _, name := range doc["volume_types"].([]any) {
		types = append(types, text(name))
	}
	if err := c.groupOfTypes(g, types); err != nil {
		return nil, err
	}
	return c.beginGroup(g)
}

// groupOfTypes tells which volumes a new group may have.
func (c *call) groupOfTypes(g *volumeGroup, names []string) error {
	for _, name := range names {
		t := c.cloud.volumeType(name)
		if t == nil || !c.mayUse(t) {
			return refuse(http.StatusNotFound, "Volume type with name %s could not be found.", name)
		}
		g.types = append(g.types, t.id)
	}
	return nil
}

// beginGroup starts a group, as far as there is room for one.
func (c *call) beginGroup(g *volumeGroup) (*reply, error) {
	if !c.may("group:create", "member") {
		return nil, notAllowed("group:create")
	}
	have := int64(len(slices.Collect(c.cloud.volume.groups.Of(g.project))))
	if most := c.volumeLimit("groups"); most >= 0 && have+1 > most {
		return nil, tooLarge("GroupLimitExceeded: Maximum number of groups allowed (%d) exceeded", most)
	}
	g.life = sim.Begin(c.now, "creating", c.cloud.takes(c.cloud.profile.Behaviour.Durations.VolumeCreate, g.id)).Then("available")
	c.cloud.volume.groups.Put(g.id, g.project, g)
	return with(http.StatusAccepted, map[string]any{"group": map[string]any{"id": g.id, "name": g.name}}), nil
}

// copyGroup makes a group of the snapshots, or of the volumes, of another.
func copyGroup(c *call) (*reply, error) {
	name, args := c.action()
	if name != "create-from-src" {
		return nil, noAction(name)
	}
	if (args["group_snapshot_id"] == nil) == (args["source_group_id"] == nil) {
		return nil, refuse(http.StatusBadRequest, "Either 'group_snapshot_id' or 'source_group_id' must be provided to create group from source.")
	}
	return c.copyFrom(args, args["group_snapshot_id"], args["source_group_id"], (*call).oneGroupOfVolumes)
}

// copyFrom makes the group and its volumes.
func (c *call) copyFrom(args map[string]any, snapshotID, groupID any, find func(*call, string) (*volumeGroup, error)) (*reply, error) {
	sourceID := text(groupID)
	if id := text(snapshotID); id != "" {
		s, there := c.cloud.volume.groupSnapshots.Get(id)
		if !there || s.project != c.project() && !c.admin() {
			return nil, noGroupSnapshot(id)
		}
		sourceID = s.group
	}
	from, err := find(c, sourceID)
	if err != nil {
		return nil, err
	}
	if len(c.cloud.volumesIn(from.id)) == 0 {
		return nil, badGroup("Source group is empty. No group will be created.")
	}
	g := &volumeGroup{id: c.cloud.Objects.UUID(), project: c.project(), name: args["name"], description: args["description"], kind: from.kind,
		types: from.types, zone: from.zone, created: c.now, snapshotID: snapshotID, sourceID: groupID}
	rep, err := c.beginGroup(g)
	if err != nil {
		return nil, err
	}
	var wishes []volumeWish
	for _, v := range c.cloud.volumesIn(from.id) {
		wishes = append(wishes, volumeWish{source: v.id, name: v.name, group: g.id})
	}
	if id := text(snapshotID); id != "" {
		wishes = nil
		for s := range c.cloud.volume.snapshots.All() {
			if s.group == id {
				wishes = append(wishes, volumeWish{snapshot: s.id, name: s.name, group: g.id})
			}
		}
	}
	for _, w := range wishes {
		if _, err := c.makeVolume(w); err != nil {
			return nil, err
		}
	}
	return rep, nil
}

func updateGroup(c *call) (*reply, error) {
	if err := c.conform(schema{types: []string{"object"}, props: map[string]schema{"group": {types: []string{"object"}, closed: true,
		props: map[string]schema{"name": optionalName, "description": optionalName, "add_volumes": anyText, "remove_volumes": anyText}}},
		required: []string{"group"}, closed: true}); err != nil {
		return nil, err
	}
	g, err := c.oneGroupOfVolumes(c.PathValue("id"))
	if err != nil {
		return nil, err
	}
	doc, _ := c.document("group")
	if len(doc) == 0 {
		return nil, refuse(http.StatusBadRequest, "At least one of the following keys must be provided: name, description, add_volumes, or remove_volumes.")
	}
	if g.life.At(c.now) != "available" {
		return nil, badGroup("Group status must be available.")
	}
	if err := c.changeGroup(g, doc); err != nil {
		return nil, err
	}
	return c.bare(http.StatusAccepted), nil
}

func (c *call) changeGroup(g *volumeGroup, doc map[string]any) error {
	add, remove, err := c.groupChange(g, doc)
	if err != nil {
		return err
	}
	g.take(add, remove)
	if name, given := doc["name"]; given {
		g.name = name
	}
	if said, given := doc["description"]; given {
		g.description = said
	}
	return nil
}

func (g *volumeGroup) take(add, remove []*volume) {
	for _, v := range add {
		v.group = g.id
	}
	for _, v := range remove {
		v.group = ""
	}
}

// groupChange finds the volumes that shall come into a group, and go.
func (c *call) groupChange(g *volumeGroup, doc map[string]any) (add, remove []*volume, err error) {
	for _, id := range splitList(text(doc["add_volumes"])) {
		v, there := c.cloud.volume.table.Get(id)
		switch {
		case !there || v.project != g.project:
			return nil, nil, badVolume("Cannot add volume %s to group %s because volume cannot be found.", id, g.id)
		case !slices.Contains(g.types, v.kind.id):
			return nil, nil, badVolume("Cannot add volume %s to group %s because volume type %s is not supported by the group.", id, g.id, v.kind.id)
		case v.group != "" || v.status(c.now) != "available" && v.status(c.now) != "in-use":
			return nil, nil, badVolume("Cannot add volume %s to group %s because it is already in group %s", id, g.id, v.group)
		}
		add = append(add, v)
	}
	for _, id := range splitList(text(doc["remove_volumes"])) {
		v, there := c.cloud.volume.table.Get(id)
		if !there || v.group != g.id {
			return nil, nil, badVolume("Cannot remove volume %s from group %s because it is not in the group.", id, g.id)
		}
		remove = append(remove, v)
	}
	return add, remove, nil
}

func actOnGroup(c *call) (*reply, error) {
	name, args := c.action()
	if name != "delete" && name != "reset_status" {
		return nil, noAction(name)
	}
	g, err := c.oneGroupOfVolumes(c.PathValue("id"))
	if err != nil {
		return nil, err
	}
	if name == "reset_status" {
		if !c.may("group:reset_status", "admin") {
			return nil, notAllowed("group:reset_status")
		}
		g.life = sim.Steady(c.now, text(args["status"]))
		return acted(http.StatusAccepted), nil
	}
	all, _ := asBool(args["delete-volumes"])
	if err := c.endGroup(g, all); err != nil {
		return nil, err
	}
	return acted(http.StatusAccepted), nil
}

// endGroup deletes a group, and all volumes in it if that is wanted.
func (c *call) endGroup(g *volumeGroup, all bool) error {
	if status := g.life.At(c.now); !all && status != "available" && status != "error" {
		return badGroup("Group status must be available or error, but current status is: %s", status)
	}
	volumes := c.cloud.volumesIn(g.id)
	if len(volumes) > 0 && !all {
		return badGroup("Group %s still contains volumes. The delete-volumes flag is required to delete it.", g.id)
	}
	for s := range c.cloud.volume.groupSnapshots.All() {
		if s.group == g.id {
			return badGroup("Group has existing snapshots.")
		}
	}
	for _, v := range volumes {
		switch {
		case len(v.attachments) > 0:
			return badGroup("Volume in group %s is attached. Need to detach first.", g.id)
		case len(c.cloud.snapshotsOf(v)) > 0:
			return badGroup("Volume in group still has dependent snapshots.")
		}
	}
	for _, v := range volumes {
		c.cloud.dropVolume(v, c.now)
	}
	d := c.cloud.takes(c.cloud.profile.Behaviour.Durations.VolumeDelete, g.id)
	g.life = sim.Steady(c.now, "deleting")
	if g.kind.reserved() != nil {
		g.fail(c, "deleting")
		return nil
	}
	c.cloud.At(c.now.Add(d), func(time.Time) { c.cloud.volume.groups.Delete(g.id) })
	return nil
}
