package openstack

import (
	"net/http"
	"slices"
	"time"
)

// A message tells a tenant why something went wrong after its request was
// accepted.
type message struct {
	id, project, request string
	event, kind, about   string // code, VOLUME or so, and which one
	text                 string
	created              time.Time
}

// noBackend is what Cinder's scheduler says when nobody can make a volume.
const noBackend = "schedule allocate volume:Could not find any available weighted backend."

// tell leaves a message to the caller's project, from that moment on.
func (c *call) tell(m message, moment time.Time) {
	m.id, m.project, m.request, m.created = c.cloud.Objects.UUID(), c.project(), c.id, moment
	c.cloud.At(moment, func(time.Time) { c.cloud.volume.messages.Put(m.id, m.project, &m) })
}

func messageRoutes(on func(string, handler)) {
	on("GET /messages", sinceMinor(3, listMessages))
	on("GET /messages/{id}", sinceMinor(3, showMessage))
	on("DELETE /messages/{id}", sinceMinor(3, deleteMessage))
}

func (c *call) messageBody(m *message) map[string]any {
	path := c.project() + "/messages/" + m.id
	return map[string]any{"id": m.id, "event_id": m.event, "user_message": m.text, "message_level": "ERROR", "created_at": seconds(m.created),
		"guaranteed_until": seconds(m.created.Add(30 * 24 * time.Hour)), "request_id": m.request, "resource_type": m.kind, "resource_uuid": m.about,
		"links": []any{map[string]any{"rel": "self", "href": c.url("/v3/" + path)}, map[string]any{"rel": "bookmark", "href": c.url("/" + path)}}}
}

func noMessage(id string) error {
	return refuse(http.StatusNotFound, "Message %s could not be found.", id)
}

func listMessages(c *call) (*reply, error) {
	q := c.URL.Query()
	if err := c.knownFilters("message", q); err != nil {
		return nil, err
	}
	list := slices.DeleteFunc(slices.Collect(c.cloud.volume.messages.Of(c.project())), func(m *message) bool {
		return !matchesAll(q, map[string]string{"resource_uuid": m.about, "resource_type": m.kind, "event_id": m.event, "request_id": m.request,
			"message_level": "ERROR"})
	})
	slices.Reverse(list)
	return listing(c, "messages", "/messages", list, func(m *message) (string, map[string]any) { return m.id, c.messageBody(m) },
		func(key string, a, b *message) (int, bool) { return a.created.Compare(b.created), key == "created_at" }, noMessage)
}

func (c *call) oneMessage() (*message, error) {
	m, there := c.cloud.volume.messages.In(c.project(), c.PathValue("id"))
	if !there {
		return nil, noMessage(c.PathValue("id"))
	}
	return m, nil
}

func showMessage(c *call) (*reply, error) {
	m, err := c.oneMessage()
	if err != nil {
		return nil, err
	}
	return ok(map[string]any{"message": c.messageBody(m)}), nil
}

func deleteMessage(c *call) (*reply, error) {
	m, err := c.oneMessage()
	if err != nil {
		return nil, err
	}
	c.cloud.volume.messages.Delete(m.id)
	return c.bare(http.StatusNoContent), nil
}
