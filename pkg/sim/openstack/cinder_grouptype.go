package openstack

import (
	"net/http"
	"slices"
)

// A groupType is what an administrator allows groups of volumes to be.
type groupType struct {
	id, name    string
	description any
	private     bool
	specs       map[string]string
}

// reservedGroupType is there from the beginning, for the groups of old.
const reservedGroupType = "default_cgsnapshot_type"

// reserved refuses groups that were made as consistency groups.
func (t *groupType) reserved() error {
	if t.name != reservedGroupType {
		return nil
	}
	return refuse(http.StatusBadRequest, "Group_type %s is reserved for migrating CGs to groups. Migrated group can only be operated by CG APIs.", t.id)
}

func (c *call) groupTypeBody(t *groupType) map[string]any {
	b := map[string]any{"id": t.id, "name": t.name, "description": t.description, "is_public": !t.private}
	if c.admin() {
		b["group_specs"] = t.specs
	}
	return b
}

func (c *call) groupTypeNamed(name string) *groupType {
	for t := range c.cloud.volume.groupTypes.All() {
		if t.name == name || t.id == name {
			return t
		}
	}
	return nil
}

func (c *call) oneGroupType() (*groupType, error) {
	t, there := c.cloud.volume.groupTypes.Get(c.PathValue("id"))
	if !there || t.private && !c.admin() {
		return nil, noGroupType(c.PathValue("id"))
	}
	return t, nil
}

func noGroupType(id string) error {
	return refuse(http.StatusNotFound, "Group type %s could not be found.", id)
}

func listGroupTypes(c *call) (*reply, error) {
	list := slices.DeleteFunc(slices.Collect(c.cloud.volume.groupTypes.All()), func(t *groupType) bool { return t.private && !c.admin() })
	slices.Reverse(list)
	return listing(c, "group_types", "/group_types", list, func(t *groupType) (string, map[string]any) { return t.id, c.groupTypeBody(t) },
		func(key string, a, b *groupType) (int, bool) { return compareText(a.name, b.name), key == "name" }, noGroupType)
}

func showGroupType(c *call) (*reply, error) {
	if c.PathValue("id") == "default" {
		return nil, refuse(http.StatusNotFound, "Default group type can not be found.")
	}
	t, err := c.oneGroupType()
	if err != nil {
		return nil, err
	}
	return ok(map[string]any{"group_type": c.groupTypeBody(t)}), nil
}

// groupTypeWish reads a group type for an administrator.
func (c *call) groupTypeWish(rule string, required ...string) (map[string]any, error) {
	if !c.may(rule, "admin") {
		return nil, notAllowed(rule)
	}
	if err := c.conform(schema{types: []string{"object"}, props: map[string]schema{"group_type": {types: []string{"object"}, closed: true,
		required: required, props: map[string]schema{"name": {types: []string{"string", "null"}, maxLen: 255}, "description": anyText, "is_public": flag,
			"group_specs": metadataForm}}}, required: []string{"group_type"}, closed: true}); err != nil {
		return nil, err
	}
	doc, _ := c.document("group_type")
	return doc, nil
}

func createGroupType(c *call) (*reply, error) {
	doc, err := c.groupTypeWish("group:group_types:create", "name")
	if err != nil {
		return nil, err
	}
	if c.groupTypeNamed(text(doc["name"])) != nil {
		return nil, refuse(http.StatusConflict, "Group Type %s already exists.", text(doc["name"]))
	}
	t := &groupType{id: c.cloud.Objects.UUID(), name: text(doc["name"]), description: doc["description"], specs: texts(doc["group_specs"])}
	if public, given := asBool(doc["is_public"]); given {
		t.private = !public
	}
	c.cloud.volume.groupTypes.Put(t.id, "", t)
	return with(http.StatusAccepted, map[string]any{"group_type": c.groupTypeBody(t)}), nil
}

func updateGroupType(c *call) (*reply, error) {
	doc, err := c.groupTypeWish("group:group_types:update")
	if err != nil {
		return nil, err
	}
	t, err := c.oneGroupType()
	if err != nil {
		return nil, err
	}
	if name := text(doc["name"]); name != "" {
		t.name = name
	}
	if said, given := doc["description"]; given {
		t.description = said
	}
	if public, given := asBool(doc["is_public"]); given {
		t.private = !public
	}
	return ok(map[string]any{"group_type": c.groupTypeBody(t)}), nil
}

func deleteGroupType(c *call) (*reply, error) {
	if !c.may("group:group_types:delete", "admin") {
		return nil, notAllowed("group:group_types:delete")
	}
	t, err := c.oneGroupType()
	if err != nil {
		return nil, err
	}
	for g := range c.cloud.volume.groups.All() {
		if g.kind == t {
			return nil, refuse(http.StatusBadRequest, "Target group type is still in use.")
		}
	}
	c.cloud.volume.groupTypes.Delete(t.id)
	return c.bare(http.StatusAccepted), nil
}
