package openstack

import (
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"time"
)

// status returns the volume's state, for the API and for Nova.
func (v *volume) status(now time.Time) string { return v.life.At(now) }

// seconds cuts a moment as Cinder's database does.
func seconds(t time.Time) string { return t.Truncate(time.Second).Format(cinderTime) }

// updatedAt is when an object changed last; nil: it was just made. The scheduler
// or the driver writes to it at once, long before it is ready.
func updatedAt(created, changed, state, now time.Time) any {
	last := changed
	if state.After(last) && !state.After(now) {
		last = state
	}
	if !last.After(created) && !now.After(created) {
		return nil
	}
	return seconds(last)
}

func (c *call) volumeLinks(id string) []any {
	path := c.project() + "/volumes/" + id
	return []any{map[string]any{"rel": "self", "href": c.url("/v3/" + path)}, map[string]any{"rel": "bookmark", "href": c.url("/" + path)}}
}

// volumeBody is a volume as the API shows it when it is made or changed.
func (c *call) volumeBody(v *volume) map[string]any {
	ready := !c.now.Before(v.filled)
	b := map[string]any{
		"id": v.id, "status": v.status(c.now), "size": v.size, "availability_zone": v.zone, "created_at": seconds(v.created),
		"updated_at": updatedAt(v.created, v.changed, v.life.Since(c.now), c.now), "name": v.name, "description": v.description,
		"volume_type": v.kind.name, "snapshot_id": orNull(v.snapshotID), "source_volid": orNull(v.sourceID), "metadata": v.metadata,
		"links": c.volumeLinks(v.id), "user_id": v.user, "bootable": boolText(v.bootable && (ready || !v.fromImage)),
		"encrypted": v.kind.encrypted, "replication_status": nil, "consistencygroup_id": nil, "multiattach": v.kind.multiattach(), "attachments": c.attachmentBodies(v),
	}
	c.addVersioned(b, v, ready)
	return b
}

func boolText(b bool) string {
	if b {
		return "true"
	}
	return "false"
}

// addVersioned adds what came with later microversions.
func (c *call) addVersioned(b map[string]any, v *volume, ready bool) {
	if c.version.since(3, 13) {
		b["group_id"] = orNull(v.group)
	}
	if c.version.since(3, 48) {
		b["shared_targets"], b["service_uuid"] = !ready, nil
		if ready {
			b["service_uuid"] = c.cloud.volume.service
		}
	}
	if c.version.since(3, 61) {
		delete(b, "cluster_name")
		if c.admin() {
			b["cluster_name"] = nil
		}
	}
	if c.version.since(3, 63) {
		b["volume_type_id"] = v.kind.id
	}
	if c.version.since(3, 65) {
		b["consumes_quota"] = true
	}
}

// fullVolume is a volume as show and the detailed list have it.
func (c *call) fullVolume(v *volume) map[string]any {
	b := c.volumeBody(v)
	b["os-vol-tenant-attr:tenant_id"] = v.project
	if len(v.imageMeta) > 0 && !c.now.Before(v.filled) {
		b["volume_image_metadata"] = v.imageMeta
	}
	if c.admin() {
		b["os-vol-host-attr:host"], b["os-vol-mig-status-attr:migstat"], b["os-vol-mig-status-attr:name_id"] = volumePool, nil, nil
		b["migration_status"] = nil
	}
	return b
}

func (c *call) attachmentBodies(v *volume) []any {
	list := []any{}
	for _, a := range v.attachments {
		if a.since.IsZero() || a.since.After(c.now) {
			continue
		}
		host := any(nil)
		if c.admin() {
			host = orNull(a.host)
		}
		list = append(list, map[string]any{"id": v.id, "attachment_id": a.id, "volume_id": v.id, "server_id": a.server, "host_name": host,
			"device": a.device, "attached_at": seconds(a.since)})
	}
	return list
}

// oneVolume returns the volume of that id if the caller may see it.
func (c *call) oneVolume(id string) (*volume, error) {
	return owned(c, &c.cloud.volume.table, id, func(v *volume) string { return v.project }, noVolume)
}

var (
	metadataForm = schema{types: []string{"object", "null"}, closed: true, keys: regexp.MustCompile("^[a-zA-Z0-9-_:. /]{1,255}$"),
		values: &schema{types: []string{"string"}, maxLen: 255}}
	optionalUUID = schema{anyOf: []schema{{types: []string{"string"}, format: "uuid", check: isUUID}, {types: []string{"null"}}}}
	optionalName = schema{types: []string{"string", "null"}, maxLen: 255}
	volumeSize   = schema{types: []string{"integer", "string"}, pattern: regexp.MustCompile("^[0-9]+$"), min: limit(1), max: limit(0x7fffffff)}
	nullableSize = schema{types: []string{"integer", "string", "null"}, pattern: regexp.MustCompile("^[0-9]+$"), min: limit(1), max: limit(0x7fffffff)}
	anyText      = schema{types: []string{"string", "null"}}
	flag         = schema{types: []string{"boolean", "string"}, enum: []any{true, "True", "TRUE", "true", "1", "ON", "On", "on", "YES", "Yes", "yes",
		"y", "t", false, "False", "FALSE", "false", "0", "OFF", "Off", "off", "NO", "No", "no", "n", "f"}}
	imageRef = schema{types: []string{"string", "null"}, maxLen: 255}
)

// volumeForm is the body of a new volume; from 3.53 nothing else may be in it.
func volumeForm(v version) schema {
	volume := schema{types: []string{"object"}, props: map[string]schema{
		"name": anyText, "description": anyText, "display_name": anyText, "display_description": anyText, "volume_type": optionalName,
		"metadata": metadataForm, "snapshot_id": optionalUUID, "source_volid": optionalUUID, "consistencygroup_id": optionalUUID,
		"size": nullableSize, "availability_zone": {types: []string{"string", "null"}, minLen: 1, maxLen: 255}, "multiattach": {},
		"image_id": imageRef, "imageRef": imageRef}, closed: v.since(3, 53)}
	if v.since(3, 13) {
		volume.props["group_id"] = imageRef
	}
	if v.since(3, 47) {
		volume.props["backup_id"] = optionalUUID
	}
	return schema{types: []string{"object"}, props: map[string]schema{"volume": volume, "OS-SCH-HNT:scheduler_hints": {types: []string{"object", "null"}}},
		required: []string{"volume"}, closed: true}
}

func createVolume(c *call) (*reply, error) {
	if err := c.conform(volumeForm(c.version)); err != nil {
		return nil, err
	}
	doc, _ := c.document("volume")
	for _, k := range []string{"name", "display_name", "description", "display_description"} {
		if n := len([]rune(text(doc[k]))); n > 255 {
			return nil, badInput("%s has %d characters, more than 255.", k, n)
		}
	}
	if multi, _ := asBool(doc["multiattach"]); multi {
		return nil, refuse(http.StatusBadRequest, "multiattach parameter has been removed. The default behavior is to use multiattach enabled "+
			"volume types. Contact your administrator to create a multiattach enabled volume type and use it to create multiattach volumes.")
	}
	size, _ := asInt(doc["size"])
	wish := volumeWish{name: firstOf(doc, "name", "display_name"), description: firstOf(doc, "description", "display_description"), size: size,
		kind: text(doc["volume_type"]), zone: text(doc["availability_zone"]), metadata: texts(doc["metadata"]),
		image: text(firstOf(doc, "imageRef", "image_id")), group: text(doc["group_id"]), snapshot: text(doc["snapshot_id"]), source: text(doc["source_volid"])}
	if size == 0 && wish.snapshot == "" && wish.source == "" {
		return nil, refuse(http.StatusBadRequest, "The server could not comply with the request since it is either malformed or otherwise incorrect.")
	}
	if several(wish.image, wish.snapshot, wish.source) {
		return nil, badInput("May specify only one of backup, imageRef, snapshot, source volume")
	}
	v, err := c.makeVolume(wish)
	if err != nil {
		return nil, err
	}
	body := c.volumeBody(v)
	body["created_at"] = v.created.Format(cinderTime)
	return with(http.StatusAccepted, map[string]any{"volume": body}), nil
}

// several tells whether more than one is given.
func several(ids ...string) bool {
	return len(slices.DeleteFunc(ids, func(id string) bool { return id == "" })) > 1
}

// firstOf returns the value of the first key that there is: Cinder still takes
// the names of its first version.
func firstOf(doc map[string]any, keys ...string) any {
	for _, k := range keys {
		if v, there := doc[k]; there {
			return v
		}
	}
	return nil
}

// texts reads an object of strings.
func texts(v any) map[string]string {
	out := map[string]string{}
	m, _ := v.(map[string]any)
	for k, s := range m {
		out[k] = text(s)
	}
	return out
}

func updateVolume(c *call) (*reply, error) {
	form := schema{types: []string{"object"}, props: map[string]schema{"name": anyText, "description": anyText, "display_name": anyText,
		"display_description": anyText, "metadata": metadataForm}, closed: true}
	if c.version.since(3, 53) {
		for _, k := range []string{"name", "description", "display_name", "display_description", "metadata"} {
			form.anyOf = append(form.anyOf, schema{required: []string{k}})
		}
	}
	if err := c.conform(schema{types: []string{"object"}, props: map[string]schema{"volume": form}, required: []string{"volume"}, closed: true}); err != nil {
		return nil, err
	}
	v, err := c.oneVolume(c.PathValue("id"))
	if err != nil {
		return nil, err
	}
	if !c.may("volume:update", "member") {
		return nil, notAllowed("volume:update")
	}
	doc, _ := c.document("volume")
	for k, value := range doc {
		switch k {
		case "name", "display_name":
			v.name = value
		case "description", "display_description":
			v.description = value
		case "metadata":
			v.metadata = texts(value)
		}
	}
	v.changed = c.now
	return ok(map[string]any{"volume": c.volumeBody(v)}), nil
}

// cannotDelete is what Cinder says whatever the reason is.
const cannotDelete = "Volume status must be available or error or error_restoring or error_extending or error_managing and must not be migrating, " +
	"attached, belong to a group, have snapshots, awaiting a transfer, or be disassociated from snapshots after volume transfer."

func deleteVolume(c *call) (*reply, error) {
	v, err := c.oneVolume(c.PathValue("id"))
	if err != nil {
		return nil, err
	}
	if !c.may("volume:delete", "member") {
		return nil, notAllowed("volume:delete")
	}
	snapshots := c.cloud.snapshotsOf(v)
	cascade := c.URL.Query().Get("cascade") == "true"
	free := slices.Contains([]string{"available", "error", "error_restoring", "error_extending", "error_managing"}, v.status(c.now))
	if !free || len(v.attachments) > 0 || v.group != "" || len(snapshots) > 0 && !cascade {
		return nil, badVolume(cannotDelete)
	}
	for _, s := range snapshots {
		c.cloud.dropSnapshot(s, c.now)
	}
	c.cloud.dropVolume(v, c.now)
	return c.bare(http.StatusAccepted), nil
}

func listVolumes(c *call) (*reply, error) {
	return c.listOfVolumes("/volumes", func(v *volume) map[string]any {
		return map[string]any{"id": v.id, "name": v.name, "links": c.volumeLinks(v.id)}
	})
}

func listVolumesInDetail(c *call) (*reply, error) {
	return c.listOfVolumes("/volumes/detail", c.fullVolume)
}

func (c *call) listOfVolumes(path string, body func(*volume) map[string]any) (*reply, error) {
	q := c.URL.Query()
	if err := c.knownFilters("volume", q, "display_name", "id", "volume_type_id"); err != nil {
		return nil, err
	}
	var list []*volume
	for v := range c.cloud.volume.table.All() {
		if c.inProject(v.project, q) && v.matches(q, c.now) {
			list = append(list, v)
		}
	}
	slices.Reverse(list)
	return listing(c, "volumes", path, list, func(v *volume) (string, map[string]any) { return v.id, body(v) }, compareVolumes, noVolume)
}

func (v *volume) matches(q url.Values, now time.Time) bool {
	have := map[string]string{"name": text(v.name), "display_name": text(v.name), "status": v.status(now), "bootable": boolText(v.bootable),
		"availability_zone": v.zone, "size": pyStr(v.size), "id": v.id, "volume_type_id": v.kind.id}
	return matchesAll(q, have) && matchesMetadata(q["metadata"], v.metadata)
}

// matchesMetadata reads a filter as Python writes a dictionary: {'a': 'b'}.
func matchesMetadata(asked []string, have map[string]string) bool {
	for _, a := range asked {
		for k, v := range pyDict(a) {
			if got, there := have[k]; !there || got != v {
				return false
			}
		}
	}
	return true
}

func compareVolumes(key string, a, b *volume) (int, bool) {
	switch key {
	case "created_at":
		return a.created.Compare(b.created), true
	case "updated_at":
		return a.changed.Compare(b.changed), true
	case "id":
		return compareText(a.id, b.id), true
	case "name", "display_name":
		return compareText(text(a.name), text(b.name)), true
	case "size":
		return int(a.size - b.size), true
	case "status":
		return compareText(a.life.Last(), b.life.Last()), true
	case "availability_zone":
		return compareText(a.zone, b.zone), true
	case "bootable":
		return compareText(boolText(a.bootable), boolText(b.bootable)), true
	}
	return 0, false
}

func summarizeVolumes(c *call) (*reply, error) {
	count, size, all := 0, int64(0), map[string]map[string]bool{}
	for v := range c.cloud.volume.table.All() {
		if !c.inProject(v.project, c.URL.Query()) {
			continue
		}
		count, size = count+1, size+v.size
		for k, val := range v.metadata {
			if all[k] == nil {
				all[k] = map[string]bool{}
			}
			all[k][val] = true
		}
	}
	metadata := map[string]any{}
	for k, vals := range all {
		metadata[k] = slices.Sorted(maps.Keys(vals))
	}
	summary := map[string]any{"total_count": count, "total_size": size}
	if c.version.since(3, 36) {
		summary["metadata"] = metadata
	}
	return ok(map[string]any{"volume-summary": summary}), nil
}
