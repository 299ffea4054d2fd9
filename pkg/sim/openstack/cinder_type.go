package openstack

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/wechsel-project/wechsel/pkg/sim"
)

// A volumeType is what a tenant may choose for a volume. Private ones are for
// the projects in access only.
type volumeType struct {
	id, name, description string
	specs                 map[string]string
	isDefault, encrypted  bool
	private               bool
	access                []string       // projects
	encryption            map[string]any // what an administrator has said of it
	qos                   *qosSpec
	created               time.Time
	changed               bool
}

// shown are the extra specs that a member may see: those made for him.
func (t *volumeType) shown(c *call) map[string]string {
	out := map[string]string{}
	for k, v := range t.specs {
		if c.admin() || slices.Contains([]string{"multiattach", "RESKEY:availability_zones", "replication_enabled"}, k) {
			out[k] = v
		}
	}
	return out
}

// multiattach tells whether volumes of the type may be at several servers.
func (t *volumeType) multiattach() bool {
	return strings.EqualFold(t.specs["multiattach"], "<is> True")
}

func (c *call) volumeTypeBody(t *volumeType) map[string]any {
	b := map[string]any{"id": t.id, "name": t.name, "is_public": !t.private, "description": orNull(t.description), "extra_specs": t.shown(c),
		"os-volume-type-access:is_public": !t.private}
	if c.admin() {
		b["qos_specs_id"] = nil
		if t.qos != nil {
			b["qos_specs_id"] = t.qos.id
		}
	}
	return b
}

// mayUse tells whether the caller may see a type, and make volumes of it.
func (c *call) mayUse(t *volumeType) bool {
	return !t.private || c.admin() || slices.Contains(t.access, c.project())
}

func listVolumeTypes(c *call) (*reply, error) {
	q := c.URL.Query()
	public := q.Get("is_public")
	if !c.admin() {
		public = ""
	}
	var list []*volumeType
	for _, t := range slices.Backward(c.cloud.volume.types) {
		on, isBool := asBool(public)
		switch {
		case !c.mayUse(t) || isBool && on == t.private || public == "" && t.private && c.admin() && !slices.Contains(t.access, c.project()):
		case q.Has("name") && q.Get("name") != t.name || q.Has("description") && q.Get("description") != t.description:
		case !matchesMetadata(q["extra_specs"], t.specs):
		default:
			list = append(list, t)
		}
	}
	body := func(t *volumeType) (string, map[string]any) { return t.id, c.volumeTypeBody(t) }
	byName := func(key string, a, b *volumeType) (int, bool) { return compareText(a.name, b.name), key == "name" }
	return listing(c, "volume_types", "/types", list, body, byName, func(id string) error { return noVolumeType(id) })
}

func noVolumeType(id string) error {
	return refuse(http.StatusNotFound, "Volume type %s could not be found.", id)
}

// oneVolumeType returns the type in the path if the caller may see it.
func (c *call) oneVolumeType() (*volumeType, error) {
	id := c.PathValue("id")
	for _, t := range c.cloud.volume.types {
		if t.id == id && c.mayUse(t) {
			return t, nil
		}
	}
	return nil, noVolumeType(id)
}

func showVolumeType(c *call) (*reply, error) {
	if c.PathValue("id") == "default" {
		for _, t := range c.cloud.volume.types {
			if t.isDefault {
				b := c.volumeTypeBody(t)
				delete(b, "os-volume-type-access:is_public")
				return ok(map[string]any{"volume_type": b}), nil
			}
		}
		return nil, refuse(http.StatusNotFound, "Default volume type can not be found.")
	}
	t, err := c.oneVolumeType()
	if err != nil {
		return nil, err
	}
	return ok(map[string]any{"volume_type": c.volumeTypeBody(t)}), nil
}

// managedType is oneVolumeType for what only an administrator does.
func (c *call) managedType(rule string) (*volumeType, error) {
	if !c.may(rule, "admin") {
		return nil, notAllowed(rule)
	}
	return c.oneVolumeType()
}

func volumeTypeRoutes(on func(string, handler)) {
	on("GET /types", listVolumeTypes)
	on("POST /types", createVolumeType)
	on("GET /types/{id}", showVolumeType)
	on("PUT /types/{id}", updateVolumeType)
	on("DELETE /types/{id}", deleteVolumeType)
	on("GET /types/{id}/os-volume-type-access", listTypeAccess)
	on("POST /types/{id}/action", changeTypeAccess)
	specRoutes(on, "/types/{id}/extra_specs", "extra_specs", "volume_extension:types_extra_specs:", func(c *call) (specified, error) {
		t, err := c.oneVolumeType()
		if err != nil {
			return specified{}, err
		}
		return specified{"Volume Type " + t.id + " has no extra specs with key ", &t.specs, t.shown(c)}, nil
	})
	encryptionRoutes(on)
}

var typeForm = map[string]schema{"name": {types: []string{"string", "null"}, maxLen: 255}, "description": anyText, "is_public": flag,
	"os-volume-type-access:is_public": flag, "extra_specs": metadataForm}

func createVolumeType(c *call) (*reply, error) {
	if !c.may("volume_extension:type_create", "admin") {
		return nil, notAllowed("volume_extension:type_create")
	}
	if err := c.conform(schema{types: []string{"object"}, props: map[string]schema{"volume_type": {types: []string{"object"}, props: typeForm,
		required: []string{"name"}, closed: true}}, required: []string{"volume_type"}, closed: true}); err != nil {
		return nil, err
	}
	doc, _ := c.document("volume_type")
	name := strings.TrimSpace(text(doc["name"]))
	if name == "" {
		return nil, badInput("Volume type name can not be empty.")
	}
	if c.typeNamed(name) != nil {
		return nil, refuse(http.StatusConflict, "Volume Type %s already exists.", name)
	}
	t := &volumeType{id: c.cloud.Objects.UUID(), name: name, description: text(doc["description"]), specs: texts(doc["extra_specs"]), created: c.now}
	if public, given := asBool(doc["os-volume-type-access:is_public"]); given {
		t.private = !public
	}
	c.cloud.volume.types = append(c.cloud.volume.types, t)
	return ok(map[string]any{"volume_type": c.volumeTypeBody(t)}), nil
}

func (c *call) typeNamed(name string) *volumeType {
	for _, t := range c.cloud.volume.types {
		if t.name == name {
			return t
		}
	}
	return nil
}

func updateVolumeType(c *call) (*reply, error) {
	t, err := c.managedType("volume_extension:type_update")
	if err != nil {
		return nil, err
	}
	if err := c.conform(schema{types: []string{"object"}, props: map[string]schema{"volume_type": {types: []string{"object"}, props: typeForm, closed: true}},
		required: []string{"volume_type"}, closed: true}); err != nil {
		return nil, err
	}
	doc, _ := c.document("volume_type")
	name, named := doc["name"].(string)
	switch other := c.typeNamed(name); {
	case doc["name"] == nil && doc["description"] == nil && doc["is_public"] == nil:
		return nil, refuse(http.StatusBadRequest, "Specify volume type name, description, is_public or a combination thereof.")
	case named && strings.TrimSpace(name) == "":
		return nil, refuse(http.StatusBadRequest, "Volume type name can not be empty.")
	case named && other != nil && other != t:
		return nil, refuse(http.StatusConflict, "Volume Type %s already exists.", name)
	}
	if named {
		t.name = name
	}
	if said, given := doc["description"].(string); given {
		t.description = said
	}
	if public, given := asBool(doc["is_public"]); given {
		t.private = !public
	}
	t.changed = true
	return ok(map[string]any{"volume_type": c.volumeTypeBody(t)}), nil
}

func deleteVolumeType(c *call) (*reply, error) {
	t, err := c.managedType("volume_extension:type_delete")
	if err != nil {
		return nil, err
	}
	if t.isDefault {
		return nil, refuse(http.StatusBadRequest, "The volume type %s is a default volume type and cannot be deleted.", t.id)
	}
	if c.typeInUse(t) {
		return nil, refuse(http.StatusBadRequest, "Target volume type is still in use.")
	}
	c.cloud.volume.types = slices.DeleteFunc(c.cloud.volume.types, func(o *volumeType) bool { return o == t })
	return c.bare(http.StatusAccepted), nil
}

func (c *call) typeInUse(t *volumeType) bool {
	for v := range c.cloud.volume.table.All() {
		if v.kind == t {
			return true
		}
	}
	return false
}

func listTypeAccess(c *call) (*reply, error) {
	t, err := c.managedType("volume_extension:volume_type_access:get_all_for_type")
	if err != nil {
		return nil, err
	}
	if !t.private {
		return nil, refuse(http.StatusNotFound, "Access list not available for public volume types.")
	}
	list := []any{}
	for _, p := range t.access {
		list = append(list, map[string]any{"volume_type_id": t.id, "project_id": p})
	}
	return ok(map[string]any{"volume_type_access": list}), nil
}

// changeTypeAccess lets a project use a private type, or no longer.
func changeTypeAccess(c *call) (*reply, error) {
	name, args := c.action()
	if name != "addProjectAccess" && name != "removeProjectAccess" {
		return nil, noAction(name)
	}
	t, err := c.managedType("volume_extension:volume_type_access:" + name)
	if err != nil {
		return nil, err
	}
	if err := c.args(name, schema{props: map[string]schema{"project": {types: []string{"string"}, minLen: 1, maxLen: 255}}, required: []string{"project"}}); err != nil {
		return nil, err
	}
	project := text(args["project"])
	has := slices.Contains(t.access, project)
	switch {
	case !t.private:
		return nil, refuse(http.StatusBadRequest, "Invalid volume type: Type access modification is not applicable to public volume type.")
	case name == "addProjectAccess" && has:
		return nil, refuse(http.StatusConflict, "Volume type access for %s / %s combination already exists.", t.id, project)
	case name == "addProjectAccess":
		t.access = append(t.access, project)
	case !has:
		return nil, refuse(http.StatusNotFound, "Volume type access not found for %s / %s combination.", t.id, project)
	default:
		t.access = slices.DeleteFunc(t.access, func(p string) bool { return p == project })
	}
	return acted(http.StatusAccepted), nil
}

// A specified object has specs of the administrator's.
type specified struct {
	none  string // what is said of a key that it has not
	specs *map[string]string
	shown map[string]string
}

// specRoutes registers how the specs of something are read and written. The
// names of the rules are prefix and index, show, create, update or delete.
func specRoutes(on func(string, handler), path, key, prefix string, find func(*call) (specified, error)) {
	with := func(action string, act func(*call, specified) (*reply, error)) handler {
		return func(c *call) (*reply, error) {
			if action != "index" && action != "show" && !c.may(prefix+action, "admin") {
				return nil, notAllowed(prefix + action)
			}
			s, err := find(c)
			if err != nil {
				return nil, err
			}
			return act(c, s)
		}
	}
	on("GET "+path, with("index", func(_ *call, s specified) (*reply, error) { return ok(map[string]any{key: s.shown}), nil }))
	on("POST "+path, with("create", func(c *call, s specified) (*reply, error) {
		add, err := c.newMetadata(key)
		if err != nil {
			return nil, err
		}
		s.merge(add)
		return ok(map[string]any{key: add}), nil
	}))
	on("GET "+path+"/{key}", with("show", func(c *call, s specified) (*reply, error) {
		value, there := s.shown[c.PathValue("key")]
		if !there {
			return nil, refuse(http.StatusNotFound, "%s%s.", s.none, c.PathValue("key"))
		}
		return ok(map[string]any{c.PathValue("key"): value}), nil
	}))
	on("PUT "+path+"/{key}", with("update", setSpec))
	on("DELETE "+path+"/{key}", with("delete", func(c *call, s specified) (*reply, error) {
		if _, there := (*s.specs)[c.PathValue("key")]; !there {
			return nil, refuse(http.StatusNotFound, "%s%s.", s.none, c.PathValue("key"))
		}
		*s.specs = maps.Clone(*s.specs)
		delete(*s.specs, c.PathValue("key"))
		return c.bare(http.StatusAccepted), nil
	}))
}

func (s specified) merge(add map[string]string) {
	all := map[string]string{}
	maps.Copy(all, *s.specs)
	maps.Copy(all, add)
	*s.specs = all
}

func setSpec(c *call, s specified) (*reply, error) {
	body, _ := c.body.(map[string]any)
	value, there := body[c.PathValue("key")].(string)
	if !there {
		return nil, refuse(http.StatusBadRequest, "Request body and URI mismatch")
	}
	if len(body) > 1 {
		return nil, refuse(http.StatusBadRequest, "Request body contains too many items")
	}
	one := map[string]string{c.PathValue("key"): value}
	s.merge(one)
	return ok(one), nil
}

// encryptionRoutes registers how a type comes to be encrypted.
func encryptionRoutes(on func(string, handler)) {
	const rule = "volume_extension:volume_type_encryption:"
	on("GET /types/{id}/encryption", func(c *call) (*reply, error) {
		t, err := c.managedType(rule + "get")
		if err != nil {
			return nil, err
		}
		return ok(c.encryptionBody(t)), nil
	})
	on("GET /types/{id}/encryption/{key}", func(c *call) (*reply, error) {
		t, err := c.managedType(rule + "get")
		if err != nil {
			return nil, err
		}
		value, there := c.encryptionBody(t)[c.PathValue("key")]
		if !there {
			return nil, noEncryption(t)
		}
		return ok(map[string]any{c.PathValue("key"): value}), nil
	})
	on("POST /types/{id}/encryption", createEncryption)
	on("PUT /types/{id}/encryption/{encryption}", updateEncryption)
	on("DELETE /types/{id}/encryption/{encryption}", deleteEncryption)
}

func noEncryption(t *volumeType) error {
	return refuse(http.StatusNotFound, "Volume type encryption for type %s does not exist.", t.id)
}

// encryptionBody is what a type is encrypted with; empty: it is not. A type of
// the profile's is encrypted as the lab's.
func (c *call) encryptionBody(t *volumeType) map[string]any {
	if !t.encrypted {
		return map[string]any{}
	}
	b := map[string]any{"created_at": seconds(t.created), "updated_at": nil, "deleted_at": nil, "deleted": false, "volume_type_id": t.id,
		"encryption_id": sim.NamedUUID("encryption", t.id), "cipher": "aes-xts-plain64", "key_size": int64(256), "provider": "luks",
		"control_location": "front-end"}
	maps.Copy(b, t.encryption)
	return b
}

var encryptionForm = map[string]schema{"key_size": {types: []string{"string", "integer", "null"}, pattern: regexp.MustCompile(`^[0-9]*$`)},
	"provider": {types: []string{"string"}, maxLen: 255}, "control_location": {types: []string{"string"}, enum: []any{"front-end", "back-end"}},
	"cipher": {types: []string{"string", "null"}, maxLen: 255}}

func (c *call) encryptionWish(required ...string) (map[string]any, error) {
	if err := c.conform(schema{types: []string{"object"}, props: map[string]schema{"encryption": {types: []string{"object"}, props: encryptionForm,
		required: required}}, required: []string{"encryption"}}); err != nil {
		return nil, err
	}
	doc, _ := c.document("encryption")
	return maps.Clone(doc), nil
}

func createEncryption(c *call) (*reply, error) {
	t, err := c.managedType("volume_extension:volume_type_encryption:create")
	if err != nil {
		return nil, err
	}
	wish, err := c.encryptionWish("provider", "control_location")
	switch {
	case err != nil:
		return nil, err
	case c.typeInUse(t):
		return nil, refuse(http.StatusBadRequest, "Cannot create encryption specs. Volume type in use.")
	case t.encrypted:
		return nil, refuse(http.StatusBadRequest, "Volume type encryption for type %s already exists.", t.id)
	}
	t.encrypted, t.encryption = true, map[string]any{"encryption_id": c.cloud.Objects.UUID(), "cipher": nil, "key_size": nil}
	maps.Copy(t.encryption, wish)
	wish["volume_type_id"], wish["encryption_id"] = t.id, t.encryption["encryption_id"]
	return ok(map[string]any{"encryption": wish}), nil
}

// managedEncryption returns a type that has the encryption in the path and no
// volumes.
func (c *call) managedEncryption(action string) (*volumeType, error) {
	t, err := c.managedType("volume_extension:volume_type_encryption:" + action)
	switch {
	case err != nil:
		return nil, err
	case !t.encrypted:
		return nil, noEncryption(t)
	case c.typeInUse(t):
		return nil, refuse(http.StatusBadRequest, "Cannot %s encryption specs. Volume type in use.", action)
	}
	return t, nil
}

func updateEncryption(c *call) (*reply, error) {
	t, err := c.managedEncryption("update")
	if err != nil {
		return nil, err
	}
	wish, err := c.encryptionWish()
	if err != nil {
		return nil, err
	}
	all := maps.Clone(t.encryption)
	if all == nil {
		all = map[string]any{}
	}
	maps.Copy(all, wish)
	t.encryption = all
	return ok(map[string]any{"encryption": wish}), nil
}

func deleteEncryption(c *call) (*reply, error) {
	t, err := c.managedEncryption("delete")
	if err != nil {
		return nil, err
	}
	t.encrypted, t.encryption = false, nil
	return c.bare(http.StatusAccepted), nil
}
