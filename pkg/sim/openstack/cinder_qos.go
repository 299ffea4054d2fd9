package openstack

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
)

// A qosSpec limits how fast the volumes of some types are.
type qosSpec struct {
	id, name, consumer string
	specs              map[string]string
}

func qosRoutes(on func(string, handler)) {
	on("GET /qos-specs", listQoS)
	on("POST /qos-specs", createQoS)
	on("GET /qos-specs/{id}", withQoS("get", showQoS))
	on("PUT /qos-specs/{id}", withQoS("update", updateQoS))
	on("DELETE /qos-specs/{id}", withQoS("delete", deleteQoS))
	on("PUT /qos-specs/{id}/delete_keys", withQoS("update", deleteQoSKeys))
	on("GET /qos-specs/{id}/associations", withQoS("get", listQoSTypes))
	on("GET /qos-specs/{id}/associate", withQoS("update", joinQoS))
	on("GET /qos-specs/{id}/disassociate", withQoS("update", partQoS))
	on("GET /qos-specs/{id}/disassociate_all", withQoS("update", partAllQoS))
}

func (q *qosSpec) body() map[string]any {
	return map[string]any{"id": q.id, "name": q.name, "consumer": q.consumer, "specs": q.specs}
}

// qosReply is one spec with links to it, which Cinder puts beside it.
func (c *call) qosReply(q *qosSpec) *reply {
	path := c.project() + "/qos-specs/" + q.id
	return ok(map[string]any{"qos_specs": q.body(), "links": []any{map[string]any{"rel": "self", "href": c.url("/v3/" + path)},
		map[string]any{"rel": "bookmark", "href": c.url("/" + path)}}})
}

func withQoS(action string, act func(*call, *qosSpec) (*reply, error)) handler {
	return func(c *call) (*reply, error) {
		if rule := "volume_extension:qos_specs_manage:" + action; !c.may(rule, "admin") {
			return nil, notAllowed(rule)
		}
		q, there := c.cloud.volume.qos.Get(c.PathValue("id"))
		if !there {
			return nil, refuse(http.StatusNotFound, "No such QoS spec %s.", c.PathValue("id"))
		}
		return act(c, q)
	}
}

func listQoS(c *call) (*reply, error) {
	if !c.may("volume_extension:qos_specs_manage:get_all", "admin") {
		return nil, notAllowed("volume_extension:qos_specs_manage:get_all")
	}
	list := slices.Collect(c.cloud.volume.qos.All())
	slices.Reverse(list)
	body := func(q *qosSpec) (string, map[string]any) { return q.id, q.body() }
	return listing(c, "qos_specs", "/qos-specs", list, body, func(key string, a, b *qosSpec) (int, bool) { return compareText(a.id, b.id), key == "id" },
		func(id string) error { return refuse(http.StatusNotFound, "No such QoS spec %s.", id) })
}

// qosWish reads the flat document of a spec.
func (c *call) qosWish(required ...string) (map[string]string, error) {
	form := schema{types: []string{"object"}, keys: regexp.MustCompile(`^[a-zA-Z0-9-_:. ]{1,255}$`), values: &schema{types: []string{"string", "integer"}}, closed: true,
		required: required, props: map[string]schema{"name": {types: []string{"string"}, minLen: 1, maxLen: 255},
			"consumer": {types: []string{"string"}, enum: []any{"front-end", "back-end", "both"}}}}
	if err := c.conform(schema{types: []string{"object"}, props: map[string]schema{"qos_specs": form}, required: []string{"qos_specs"}, closed: true}); err != nil {
		return nil, err
	}
	doc, _ := c.document("qos_specs")
	out := map[string]string{}
	for k, v := range doc {
		out[k] = pyStr(v)
	}
	return out, nil
}

func createQoS(c *call) (*reply, error) {
	if !c.may("volume_extension:qos_specs_manage:create", "admin") {
		return nil, notAllowed("volume_extension:qos_specs_manage:create")
	}
	wish, err := c.qosWish("name")
	if err != nil {
		return nil, err
	}
	for q := range c.cloud.volume.qos.All() {
		if q.name == wish["name"] {
			return nil, refuse(http.StatusConflict, "QoS Specs %s already exists.", q.name)
		}
	}
	q := &qosSpec{id: c.cloud.Objects.UUID(), name: wish["name"], consumer: orElse(wish["consumer"], "back-end"), specs: wish}
	delete(wish, "name")
	delete(wish, "consumer")
	c.cloud.volume.qos.Put(q.id, "", q)
	return c.qosReply(q), nil
}

func showQoS(c *call, q *qosSpec) (*reply, error) { return c.qosReply(q), nil }

func updateQoS(c *call, q *qosSpec) (*reply, error) {
	wish, err := c.qosWish()
	if err != nil {
		return nil, err
	}
	said := maps.Clone(wish)
	if consumer, given := wish["consumer"]; given {
		q.consumer = consumer
		delete(wish, "consumer")
	}
	specs := maps.Clone(q.specs)
	maps.Copy(specs, wish)
	q.specs = specs
	return ok(map[string]any{"qos_specs": said}), nil
}

func (c *call) typesWith(q *qosSpec) []*volumeType {
	return slices.DeleteFunc(slices.Clone(c.cloud.volume.types), func(t *volumeType) bool { return t.qos != q })
}

func deleteQoS(c *call, q *qosSpec) (*reply, error) {
	used := c.typesWith(q)
	if force, _ := asBool(c.URL.Query().Get("force")); len(used) > 0 && !force {
		return nil, refuse(http.StatusBadRequest, "QoS Specs %s is still associated with entities.", q.id)
	}
	for _, t := range used {
		t.qos = nil
	}
	c.cloud.volume.qos.Delete(q.id)
	return c.bare(http.StatusAccepted), nil
}

func deleteQoSKeys(c *call, q *qosSpec) (*reply, error) {
	body, _ := c.body.(map[string]any)
	keys, _ := body["keys"].([]any)
	specs := maps.Clone(q.specs)
	for _, k := range keys {
		if _, there := specs[text(k)]; !there {
			return nil, refuse(http.StatusBadRequest, "QoS spec %s has no spec with key %s.", q.id, text(k))
		}
		delete(specs, text(k))
	}
	q.specs = specs
	return c.bare(http.StatusAccepted), nil
}

func listQoSTypes(c *call, q *qosSpec) (*reply, error) {
	list := []any{}
	for _, t := range c.typesWith(q) {
		list = append(list, map[string]any{"association_type": "volume_type", "name": t.name, "id": t.id})
	}
	return ok(map[string]any{"qos_associations": list}), nil
}

func (c *call) qosType() (*volumeType, error) {
	id := c.URL.Query().Get("vol_type_id")
	for _, t := range c.cloud.volume.types {
		if t.id == id {
			return t, nil
		}
	}
	if id == "" {
		return nil, refuse(http.StatusBadRequest, "Volume Type id must not be None.")
	}
	return nil, noVolumeType(id)
}

func joinQoS(c *call, q *qosSpec) (*reply, error) {
	t, err := c.qosType()
	if err != nil {
		return nil, err
	}
	if t.qos != nil && t.qos != q {
		return nil, refuse(http.StatusBadRequest, "%s", fmt.Sprintf("Invalid volume type: Type %s is already associated with another qos specs: %s", t.id, t.qos.id))
	}
	t.qos = q
	return c.bare(http.StatusAccepted), nil
}

func partQoS(c *call, q *qosSpec) (*reply, error) {
	t, err := c.qosType()
	if err != nil {
		return nil, err
	}
	if t.qos == q {
		t.qos = nil
	}
	return c.bare(http.StatusAccepted), nil
}

func partAllQoS(c *call, q *qosSpec) (*reply, error) {
	for _, t := range c.typesWith(q) {
		t.qos = nil
	}
	return c.bare(http.StatusAccepted), nil
}
