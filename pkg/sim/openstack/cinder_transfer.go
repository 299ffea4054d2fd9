package openstack

import (
	"net/http"
	"slices"
	"time"

	"github.com/wechsel-project/wechsel/pkg/sim"
)

// A transfer offers a volume to whoever knows its key.
type transfer struct {
	id, project, volume, key string
	name                     any  // string or nil
	bare                     bool // its snapshots stay behind
	created                  time.Time
}

func transferRoutes(on func(string, handler)) {
	for _, path := range []string{"/os-volume-transfer", "/volume-transfers"} {
		on("GET "+path, listTransfers(path, transferSummary))
		on("GET "+path+"/detail", listTransfers(path+"/detail", transferBody))
		on("POST "+path, createTransfer)
		on("GET "+path+"/{id}", showTransfer)
		on("DELETE "+path+"/{id}", deleteTransfer)
		on("POST "+path+"/{id}/accept", acceptTransfer)
	}
}

func transferSummary(c *call, t *transfer) map[string]any {
	path := c.project() + "/os-volume-transfer/" + t.id
	return map[string]any{"id": t.id, "volume_id": t.volume, "name": t.name, "links": []any{
		map[string]any{"rel": "self", "href": c.url("/v3/" + path)}, map[string]any{"rel": "bookmark", "href": c.url("/" + path)}}}
}

func transferBody(c *call, t *transfer) map[string]any {
	b := transferSummary(c, t)
	b["created_at"] = seconds(t.created)
	if c.version.since(3, 55) {
		b["no_snapshots"] = t.bare
	}
	if c.version.since(3, 57) {
		b["destination_project_id"], b["source_project_id"], b["accepted"] = nil, t.project, false
	}
	return b
}

func noTransfer(id string) error {
	return refuse(http.StatusNotFound, "Transfer %s could not be found.", id)
}

func listTransfers(path string, body func(*call, *transfer) map[string]any) handler {
	return func(c *call) (*reply, error) {
		var list []*transfer
		for t := range c.cloud.volume.transfers.All() {
			if c.inProject(t.project, c.URL.Query()) {
				list = append(list, t)
			}
		}
		return listing(c, "transfers", path, list, func(t *transfer) (string, map[string]any) { return t.id, body(c, t) },
			func(key string, a, b *transfer) (int, bool) {
				return compareText(text(a.name), text(b.name)), key == "name"
			}, noTransfer)
	}
}

func (c *call) oneTransfer() (*transfer, error) {
	t, there := c.cloud.volume.transfers.Get(c.PathValue("id"))
	if !there {
		return nil, noTransfer(c.PathValue("id"))
	}
	return t, nil
}

// createTransfer offers a volume; the key is said once.
func createTransfer(c *call) (*reply, error) {
	form := schema{types: []string{"object"}, required: []string{"volume_id"}, closed: true, props: map[string]schema{
		"volume_id": {types: []string{"string"}, format: "uuid", check: isUUID}, "name": optionalName, "no_snapshots": flag}}
	if err := c.conform(schema{types: []string{"object"}, props: map[string]schema{"transfer": form}, required: []string{"transfer"}, closed: true}); err != nil {
		return nil, err
	}
	doc, _ := c.document("transfer")
	v, err := c.oneVolume(text(doc["volume_id"]))
	if err != nil {
		return nil, err
	}
	switch {
	case !c.may("volume:create_transfer", "member"):
		return nil, notAllowed("volume:create_transfer")
	case v.status(c.now) != "available":
		return nil, badVolume("status must be available")
	case v.kind.encrypted && !c.version.since(3, 70):
		return nil, badVolume("transferring encrypted volume is not supported")
	case v.group != "":
		return nil, badVolume("Volume status must be available and must not be part of a group")
	}
	t := &transfer{id: c.cloud.Objects.UUID(), project: v.project, volume: v.id, key: c.cloud.identity.secrets.Hex()[:16], name: doc["name"], created: c.now}
	t.bare, _ = asBool(doc["no_snapshots"])
	v.life, v.changed = sim.Steady(c.now, "awaiting-transfer"), c.now
	c.cloud.volume.transfers.Put(t.id, t.project, t)
	b := transferBody(c, t)
	b["auth_key"], b["created_at"] = t.key, t.created.Format(cinderTime)
	return with(http.StatusAccepted, map[string]any{"transfer": b}), nil
}

func showTransfer(c *call) (*reply, error) {
	t, err := c.oneTransfer()
	if err != nil {
		return nil, err
	}
	if t.project != c.project() && !c.admin() {
		return nil, noTransfer(t.id)
	}
	return ok(map[string]any{"transfer": transferBody(c, t)}), nil
}

// deleteTransfer takes the offer back.
func deleteTransfer(c *call) (*reply, error) {
	t, err := c.oneTransfer()
	if err != nil {
		return nil, err
	}
	if t.project != c.project() && !c.admin() {
		return nil, noTransfer(t.id)
	}
	c.endTransfer(t)
	return c.bare(http.StatusAccepted), nil
}

func (c *call) endTransfer(t *transfer) {
	c.cloud.volume.transfers.Delete(t.id)
	if v, there := c.cloud.volume.table.Get(t.volume); there {
		v.life, v.changed = sim.Steady(c.now, "available"), c.now
	}
}

// acceptTransfer moves the volume, and its snapshots unless they stay behind,
// into the caller's project, as far as there is room.
func acceptTransfer(c *call) (*reply, error) {
	form := schema{types: []string{"object"}, required: []string{"auth_key"}, closed: true, props: map[string]schema{
		"auth_key": {types: []string{"string", "integer"}, minLen: 1, maxLen: 255}}}
	if err := c.conform(schema{types: []string{"object"}, props: map[string]schema{"accept": form}, required: []string{"accept"}, closed: true}); err != nil {
		return nil, err
	}
	t, err := c.oneTransfer()
	if err != nil {
		return nil, err
	}
	doc, _ := c.document("accept")
	v, there := c.cloud.volume.table.Get(t.volume)
	switch {
	case !c.may("volume:accept_transfer", "member"):
		return nil, notAllowed("volume:accept_transfer")
	case pyStr(doc["auth_key"]) != t.key:
		return nil, refuse(http.StatusBadRequest, "Invalid auth key: Attempt to transfer %s with invalid auth key.", t.id)
	case !there:
		return nil, noVolume(t.volume)
	}
	if err := c.volumeQuota(v.kind, 1, v.size); err != nil {
		return nil, err
	}
	c.endTransfer(t)
	v.project, v.user = c.project(), c.token.user.id
	c.cloud.volume.table.Put(v.id, v.project, v)
	for _, s := range slices.Collect(c.cloud.volume.snapshots.All()) {
		if s.volume == v.id && !t.bare {
			s.project, s.user = v.project, v.user
			c.cloud.volume.snapshots.Put(s.id, s.project, s)
		}
	}
	return with(http.StatusAccepted, map[string]any{"transfer": transferSummary(c, t)}), nil
}
