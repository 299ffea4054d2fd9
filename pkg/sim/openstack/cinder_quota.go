package openstack

import (
	"net/http"
	"slices"
	"strings"
)

// A volumeUse is what a project has of Cinder's resources. Volumes and
// snapshots that are about to go count until they are gone.
type volumeUse struct {
	volumes, snapshots, gigabytes int64
	kinds                         map[string]*volumeUse // by name of the volume type
}

func (u *volumeUse) of(kind string) *volumeUse {
	if u.kinds[kind] == nil {
		u.kinds[kind] = &volumeUse{}
	}
	return u.kinds[kind]
}

func (c *Cloud) volumeUse(project string) *volumeUse {
	use := &volumeUse{kinds: map[string]*volumeUse{}}
	for v := range c.volume.table.Of(project) {
		for _, u := range []*volumeUse{use, use.of(v.kind.name)} {
			u.volumes, u.gigabytes = u.volumes+1, u.gigabytes+v.size
		}
	}
	for s := range c.volume.snapshots.Of(project) {
		for _, u := range []*volumeUse{use, use.of(s.kind.name)} {
			u.snapshots, u.gigabytes = u.snapshots+1, u.gigabytes+s.size
		}
	}
	return use
}

func (c *call) volumeLimit(resource string) int64 {
	return c.cloud.limit(c.project(), "block-storage."+resource)
}

// volumeQuota refuses what would be too much, gigabytes first, as Cinder does.
func (c *call) volumeQuota(kind *volumeType, count, size int64) error {
	if most := c.volumeLimit("per_volume_gigabytes"); count > 0 && most >= 0 && size > most {
		return tooLarge("VolumeSizeExceedsLimit: Requested volume size %dG is larger than maximum allowed limit %dG.", size, most)
	}
	use := c.cloud.volumeUse(c.project())
	for _, part := range []struct {
		name string
		used int64
	}{{"gigabytes", use.gigabytes}, {"gigabytes_" + kind.name, use.of(kind.name).gigabytes}} {
		if most := c.volumeLimit(part.name); most >= 0 && part.used+size > most {
			return tooMuchSpace(part.name, size, most, part.used)
		}
	}
	for _, part := range []struct {
		name string
		used int64
	}{{"volumes", use.volumes}, {"volumes_" + kind.name, use.of(kind.name).volumes}} {
		if most := c.volumeLimit(part.name); most >= 0 && part.used+count > most {
			return tooLarge("VolumeLimitExceeded: Maximum number of volumes allowed (%d) exceeded for quota '%s'.", most, part.name)
		}
	}
	return nil
}

func (c *call) snapshotQuota(v *volume) error {
	use := c.cloud.volumeUse(c.project())
	if most := c.volumeLimit("gigabytes"); most >= 0 && use.gigabytes+v.size > most {
		return tooMuchSpace("gigabytes", v.size, most, use.gigabytes)
	}
	if most := c.volumeLimit("snapshots"); most >= 0 && use.snapshots+1 > most {
		return tooLarge("SnapshotLimitExceeded: Maximum number of snapshots allowed (%d) exceeded", most)
	}
	return nil
}

func tooLarge(format string, args ...any) error {
	return refuse(http.StatusRequestEntityTooLarge, format, args...)
}

func tooMuchSpace(name string, size, most, used int64) error {
	return tooLarge("VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed %s quota. Requested %dG, quota is %dG and %dG has been consumed.",
		name, size, most, used)
}

func showVolumeLimits(c *call) (*reply, error) {
	use := c.cloud.volumeUse(c.project())
	absolute := map[string]any{"maxTotalVolumes": c.volumeLimit("volumes"), "maxTotalSnapshots": c.volumeLimit("snapshots"),
		"maxTotalVolumeGigabytes": c.volumeLimit("gigabytes"), "maxTotalBackups": c.volumeLimit("backups"),
		"maxTotalBackupGigabytes": c.volumeLimit("backup_gigabytes"), "totalVolumesUsed": use.volumes, "totalGigabytesUsed": use.gigabytes,
		"totalSnapshotsUsed": use.snapshots, "totalBackupsUsed": 0, "totalBackupGigabytesUsed": 0}
	return ok(map[string]any{"limits": map[string]any{"rate": []any{}, "absolute": absolute}}), nil
}

// volumeResources lists what a quota set has, with its use.
func (c *Cloud) volumeResources(project string) map[string]int64 {
	use := c.volumeUse(project)
	all := map[string]int64{"volumes": use.volumes, "snapshots": use.snapshots, "gigabytes": use.gigabytes, "per_volume_gigabytes": 0, "backups": 0,
		"backup_gigabytes": 0, "groups": 0}
	for _, t := range c.volume.types {
		u := use.of(t.name)
		all["volumes_"+t.name], all["snapshots_"+t.name], all["gigabytes_"+t.name] = u.volumes, u.snapshots, u.gigabytes
	}
	return all
}

func showVolumeQuota(c *call) (*reply, error) {
	project := c.PathValue("id")
	if project != c.project() && !c.admin() {
		return nil, notAllowed("volume_extension:quotas:show")
	}
	usage, _ := asBool(c.URL.Query().Get("usage"))
	set := map[string]any{"id": project}
	for name, used := range c.cloud.volumeResources(project) {
		most := c.cloud.limit(project, "block-storage."+name)
		set[name] = most
		if usage {
			set[name] = map[string]any{"limit": most, "in_use": used, "reserved": 0}
		}
	}
	return ok(map[string]any{"quota_set": set}), nil
}

func showVolumeQuotaDefaults(c *call) (*reply, error) {
	set := map[string]any{"id": c.PathValue("id")}
	for name := range c.cloud.volumeResources(c.PathValue("id")) {
		set[name] = c.cloud.defaultLimit("block-storage." + name)
	}
	return ok(map[string]any{"quota_set": set}), nil
}

func updateVolumeQuota(c *call) (*reply, error) {
	if !c.may("volume_extension:quotas:update", "admin") {
		return nil, notAllowed("volume_extension:quotas:update")
	}
	project := c.PathValue("id")
	doc, _ := c.document("quota_set")
	known := sortedKeys(c.cloud.volumeResources(project))
	for name, v := range doc {
		if n, isInt := asInt(v); isInt && slices.Contains(known, name) {
			c.cloud.setLimit(project, "block-storage."+name, n)
		}
	}
	set := map[string]any{}
	for _, name := range known {
		set[name] = c.cloud.limit(project, "block-storage."+name)
	}
	return ok(map[string]any{"quota_set": set}), nil
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

func (c *call) volumeTypeBody(t *volumeType) map[string]any {
	b := map[string]any{"id": t.id, "name": t.name, "is_public": true, "description": orNull(t.description), "extra_specs": t.shown(c),
		"os-volume-type-access:is_public": true}
	if c.admin() {
		b["qos_specs_id"] = nil
	}
	return b
}

func listVolumeTypes(c *call) (*reply, error) {
	list := slices.Clone(c.cloud.volume.types)
	slices.Reverse(list)
	body := func(t *volumeType) (string, map[string]any) { return t.id, c.volumeTypeBody(t) }
	byName := func(key string, a, b *volumeType) (int, bool) { return compareText(a.name, b.name), key == "name" }
	return listing(c, "volume_types", "/types", list, body, byName, func(id string) error {
		return refuse(http.StatusNotFound, "Volume type %s could not be found.", id)
	})
}

func showVolumeType(c *call) (*reply, error) {
	id := c.PathValue("id")
	for _, t := range c.cloud.volume.types {
		if t.id == id || id == "default" && t.isDefault {
			b := c.volumeTypeBody(t)
			if id == "default" {
				delete(b, "os-volume-type-access:is_public")
			}
			return ok(map[string]any{"volume_type": b}), nil
		}
	}
	if id == "default" {
		return nil, refuse(http.StatusNotFound, "Default volume type can not be found.")
	}
	return nil, refuse(http.StatusNotFound, "Volume type %s could not be found.", id)
}

func showVolumeTypeSpecs(c *call) (*reply, error) {
	for _, t := range c.cloud.volume.types {
		if t.id == c.PathValue("id") {
			return ok(map[string]any{"extra_specs": t.shown(c)}), nil
		}
	}
	return nil, refuse(http.StatusNotFound, "Volume type %s could not be found.", c.PathValue("id"))
}

// listAttachments lists where the project's volumes are, as the API for
// attachments (3.27) has it.
func listAttachments(c *call) (*reply, error) {
	if !c.version.since(3, 27) {
		return nil, refuse(http.StatusNotFound, "The resource could not be found.")
	}
	list := []any{}
	for v := range c.cloud.volume.table.Of(c.project()) {
		for _, a := range v.attachments {
			status := "reserved"
			if !a.since.After(c.now) {
				status = "attached"
			}
			b := map[string]any{"id": a.id, "status": status, "instance": a.server, "volume_id": v.id}
			if strings.HasSuffix(c.URL.Path, "/detail") {
				b = c.cinderAttachment(a)
			}
			if want := c.URL.Query().Get("volume_id"); want == "" || want == v.id {
				list = append(list, b)
			}
		}
	}
	return ok(map[string]any{"attachments": list}), nil
}

func (c *call) cinderAttachment(a *attachment) map[string]any {
	status := "reserved"
	if !a.since.After(c.now) {
		status = "attached"
	}
	return map[string]any{"id": a.id, "status": status, "instance": a.server, "volume_id": a.volume, "attached_at": seconds(a.since),
		"detached_at": "", "attach_mode": "rw", "connection_info": map[string]any{"driver_volume_type": "local", "attachment_id": a.id,
			"access_mode": "rw", "encrypted": false, "cacheable": false, "qos_specs": nil, "device_path": "/dev/simulated/" + a.volume}}
}

// oneAttachment finds an attachment by its id among the project's volumes.
func (c *call) oneAttachment() (*attachment, error) {
	id := c.PathValue("id")
	for v := range c.cloud.volume.table.Of(c.project()) {
		for _, a := range v.attachments {
			if a.id == id {
				return a, nil
			}
		}
	}
	return nil, refuse(http.StatusNotFound, "Volume attachment could not be found with filter: attachment_id = %s.", id)
}

func showAttachment(c *call) (*reply, error) {
	a, err := c.oneAttachment()
	if err != nil {
		return nil, err
	}
	return ok(map[string]any{"attachment": c.cinderAttachment(a)}), nil
}

// deleteAttachment refuses: all attachments are Nova's.
func deleteAttachment(c *call) (*reply, error) {
	a, err := c.oneAttachment()
	if err != nil {
		return nil, err
	}
	return nil, refuse(http.StatusConflict, "ConflictNovaUsingAttachment: Detach volume from instance %s using the Compute API", a.server)
}
