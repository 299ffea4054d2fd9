package openstack

import (
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/wechsel-project/wechsel/pkg/sim"
)

// Consistency groups are what groups of volumes were before: the same groups, seen
// through another API. A new one is of the reserved type, for which the backend has to
// keep consistency groups itself. Here it does not, as with most: the group is accepted
// and ends as an error, which nobody can delete.
func consistencyRoutes(on func(string, handler)) {
	const groups, snapshots = "/consistencygroups", "/cgsnapshots"
	for _, path := range []string{"", "/detail"} {
		on("GET "+groups+path, func(c *call) (*reply, error) {
			return consistencyList("consistencygroups", path != "", slices.Collect(c.cloud.volume.groups.Of(c.project())), c.consistencyBody), nil
		})
		on("GET "+snapshots+path, func(c *call) (*reply, error) {
			return consistencyList("cgsnapshots", path != "", slices.Collect(c.cloud.volume.groupSnapshots.Of(c.project())), c.consistencySnapshotBody), nil
		})
	}
	on("POST "+groups, createConsistencyGroup)
	on("POST "+groups+"/create_from_src", copyConsistencyGroup)
	on("GET "+groups+"/{id}", showing("consistencygroup", (*call).anyGroup, (*call).consistencyBody))
	on("PUT "+groups+"/{id}", updateConsistencyGroup)
	on("PUT "+groups+"/{id}/update", updateConsistencyGroup)
	on("POST "+groups+"/{id}/delete", deleteConsistencyGroup)
	on("DELETE "+groups+"/{id}", func(*call) (*reply, error) { // Cinder's own handler lacks a body there
		return nil, refuse(http.StatusBadRequest, "The server could not comply with the request since it is either malformed or otherwise incorrect.")
	})
	on("POST "+snapshots, createConsistencySnapshot)
	on("GET "+snapshots+"/{id}", showing("cgsnapshot", (*call).oneGroupSnapshot, (*call).consistencySnapshotBody))
	on("DELETE "+snapshots+"/{id}", deleteGroupSnapshot)
}

// consistencyList answers with a list, newest first.
func consistencyList[T any](key string, detail bool, list []T, body func(T) map[string]any) *reply {
	out := []any{}
	for _, item := range slices.Backward(list) {
		b := body(item)
		if !detail {
			b = map[string]any{"id": b["id"], "name": b["name"]}
		}
		out = append(out, b)
	}
	return ok(map[string]any{key: out})
}

func (c *call) consistencyBody(g *volumeGroup) map[string]any {
	return map[string]any{"id": g.id, "status": g.life.At(c.now), "availability_zone": g.zone, "created_at": seconds(g.created), "name": g.name,
		"description": g.description, "volume_types": g.types}
}

func (c *call) consistencySnapshotBody(s *groupSnapshot) map[string]any {
	return map[string]any{"id": s.id, "consistencygroup_id": s.group, "status": s.life.At(c.now), "created_at": seconds(s.created), "name": s.name,
		"description": s.description}
}

// consistencyWish reads what is asked for, as the old API checks it.
func (c *call) consistencyWish(key string) (map[string]any, error) {
	doc, given := c.document(key)
	if !given {
		return nil, refuse(http.StatusBadRequest, "Missing required element '%s' in request body.", key)
	}
	for _, name := range []string{"name", "description"} {
		if s, isText := doc[name].(string); isText {
			s = strings.TrimSpace(s)
			doc[name] = s
			if n := utf8.RuneCountInString(s); n > 255 {
				return nil, badInput("%s has %d characters, more than 255.", name, n)
			}
		}
	}
	return doc, nil
}

func createConsistencyGroup(c *call) (*reply, error) {
	doc, err := c.consistencyWish("consistencygroup")
	if err != nil {
		return nil, err
	}
	types := strings.TrimRight(text(doc["volume_types"]), ",")
	if types == "" {
		return nil, refuse(http.StatusBadRequest, "volume_types must be provided to create consistency group %s.", pyStr(doc["name"]))
	}
	zones := c.cloud.volumeZones()
	g := &volumeGroup{id: c.cloud.Objects.UUID(), project: c.project(), name: doc["name"], description: doc["description"], kind: c.groupTypeNamed(reservedGroupType),
		created: c.now, zone: orElse(doc["availability_zone"], zones[0])}
	if g.kind == nil {
		return nil, refuse(http.StatusBadRequest, "Group type %s not found. Rerun migration script to create the default cgsnapshot type.", reservedGroupType)
	}
	if err := c.groupOfTypes(g, strings.Split(types, ",")); err != nil {
		return nil, err
	}
	if !slices.Contains(zones, g.zone) {
		return nil, badInput("Availability zone '%s' is invalid.", g.zone)
	}
	if _, err := c.beginGroup(g); err != nil {
		return nil, err
	}
	g.fail(c, "creating")
	return with(http.StatusAccepted, map[string]any{"consistencygroup": map[string]any{"id": g.id, "name": g.name}}), nil
}

// fail ends what is done to a group as an error: the backend keeps none.
func (g *volumeGroup) fail(c *call, doing string) {
	g.life = sim.Begin(c.now, doing, c.cloud.takes(c.cloud.profile.Behaviour.Durations.VolumeCreate, g.id)).Then("error")
}

func copyConsistencyGroup(c *call) (*reply, error) {
	doc, err := c.consistencyWish("consistencygroup-from-src")
	if err != nil {
		return nil, err
	}
	snapshot, group := doc["cgsnapshot_id"], doc["source_cgid"]
	switch {
	case snapshot == nil && group == nil:
		return nil, refuse(http.StatusBadRequest, "Either 'cgsnapshot_id' or 'source_cgid' must be provided to create consistency group %s from source.", pyStr(doc["name"]))
	case snapshot != nil && group != nil:
		return nil, refuse(http.StatusBadRequest, "Cannot provide both 'cgsnapshot_id' and 'source_cgid' to create consistency group %s from source.", pyStr(doc["name"]))
	}
	rep, err := c.copyFrom(doc, snapshot, group, (*call).anyGroup)
	if err != nil {
		return nil, err
	}
	made, _ := rep.body.(map[string]any)
	return with(http.StatusAccepted, map[string]any{"consistencygroup": made["group"]}), nil
}

func updateConsistencyGroup(c *call) (*reply, error) {
	if body, _ := c.body.(map[string]any); len(body) == 0 {
		return nil, refuse(http.StatusBadRequest, "Missing request body.")
	}
	doc, err := c.consistencyWish("consistencygroup")
	if err != nil {
		return nil, err
	}
	g, err := c.anyGroup(c.PathValue("id"))
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc([]string{"name", "description", "add_volumes", "remove_volumes"}, func(key string) bool { return text(doc[key]) != "" }) {
		return nil, refuse(http.StatusBadRequest, "Name, description, add_volumes, and remove_volumes can not be all empty in the request body.")
	}
	add, remove, err := c.groupChange(g, doc)
	if err != nil {
		return nil, err
	}
	if err := c.changeConsistencyGroup(g, text(doc["name"]), text(doc["description"]), add, remove); err != nil {
		return nil, err
	}
	return accepted(), nil
}

// changeConsistencyGroup renames a group, which makes it available, or fills it, which
// ends as an error where the backend would have to.
func (c *call) changeConsistencyGroup(g *volumeGroup, name, description string, add, remove []*volume) error {
	renamed := name != "" && name != text(g.name) || description != "" && description != text(g.description)
	switch moved := len(add)+len(remove) > 0; {
	case !moved && !renamed:
		return badGroup("Cannot update group %s because no valid name, description, add_volumes, or remove_volumes were provided.", g.id)
	case !moved:
		g.life = sim.Steady(c.now, "available")
	case g.life.At(c.now) != "available":
		return badGroup("Group status must be available.")
	case g.kind.reserved() != nil:
		g.fail(c, "updating")
		for _, v := range add {
			v.life = sim.Steady(c.now, "error")
		}
	default:
		g.take(add, remove)
	}
	g.rename(name, description)
	return nil
}

// accepted is a 202 as webob makes it.
func accepted() *reply {
	return empty(http.StatusAccepted).set("Content-Type", "text/html; charset=UTF-8")
}

// rename gives a group what is said of it.
func (g *volumeGroup) rename(name, description string) {
	if name != "" {
		g.name = name
	}
	if description != "" {
		g.description = description
	}
}

func deleteConsistencyGroup(c *call) (*reply, error) {
	force := false
	if body, _ := c.body.(map[string]any); len(body) > 0 {
		doc, err := c.consistencyWish("consistencygroup")
		if err != nil {
			return nil, err
		}
		known := true
		if v, given := doc["force"]; given {
			force, known = asBool(v)
		}
		if !known { // Cinder says what it would have done, not what it was told
			return nil, refuse(http.StatusBadRequest, "Invalid value 'False' for force.")
		}
	}
	g, err := c.anyGroup(c.PathValue("id"))
	if err != nil {
		return nil, err
	}
	if err := c.endGroup(g, force); err != nil {
		return nil, err
	}
	return accepted(), nil
}

func createConsistencySnapshot(c *call) (*reply, error) {
	doc, err := c.consistencyWish("cgsnapshot")
	if err != nil {
		return nil, err
	}
	id, given := doc["consistencygroup_id"]
	if !given {
		return nil, refuse(http.StatusBadRequest, "'consistencygroup_id' must be specified")
	}
	g, err := c.anyGroup(text(id))
	if err != nil {
		return nil, err
	}
	s, err := c.snapGroup(g, doc)
	if err != nil {
		return nil, err
	}
	return with(http.StatusAccepted, map[string]any{"cgsnapshot": map[string]any{"id": s.id, "name": s.name}}), nil
}
