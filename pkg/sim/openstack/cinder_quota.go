package openstack

import (
	"net/http"
	"slices"
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
