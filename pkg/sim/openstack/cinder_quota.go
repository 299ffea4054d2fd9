package openstack

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// A volumeUse is what a project has of Cinder's resources. Volumes and
// snapshots that are about to go count until they are gone.
type volumeUse struct {
	volumes, snapshots, gigabytes int64
	snapshotSpace                 int64                 // part of gigabytes; only where it is asked for
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
	backups, backupSpace := c.cloud.backupUse(c.project())
	absolute := map[string]any{"maxTotalVolumes": c.volumeLimit("volumes"), "maxTotalSnapshots": c.volumeLimit("snapshots"),
		"maxTotalVolumeGigabytes": c.volumeLimit("gigabytes"), "maxTotalBackups": c.volumeLimit("backups"),
		"maxTotalBackupGigabytes": c.volumeLimit("backup_gigabytes"), "totalVolumesUsed": use.volumes, "totalGigabytesUsed": use.gigabytes,
		"totalSnapshotsUsed": use.snapshots, "totalBackupsUsed": backups, "totalBackupGigabytesUsed": backupSpace}
	return ok(map[string]any{"limits": map[string]any{"rate": []any{}, "absolute": absolute}}), nil
}

// volumeResources lists what a quota set has, with its use.
func (c *Cloud) volumeResources(project string) map[string]int64 {
	use := c.volumeUse(project)
	all := map[string]int64{"volumes": use.volumes, "snapshots": use.snapshots, "gigabytes": use.gigabytes, "per_volume_gigabytes": 0}
	all["backups"], all["backup_gigabytes"] = c.backupUse(project)
	all["groups"] = 0
	for range c.volume.groups.Of(project) {
		all["groups"]++
	}
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
	known := sortedKeys(c.cloud.volumeResources(project))
	limits, err := c.newVolumeLimits("quota_set", known)
	if err != nil {
		return nil, err
	}
	for name, n := range limits {
		c.cloud.setLimit(project, "block-storage."+name, n)
	}
	set := map[string]any{}
	for _, name := range known {
		set[name] = c.cloud.limit(project, "block-storage."+name)
	}
	return ok(map[string]any{"quota_set": set}), nil
}

// newVolumeLimits reads limits; a word that is no resource is refused.
func (c *call) newVolumeLimits(key string, known []string) (map[string]int64, error) {
	number := schema{types: []string{"string", "integer", "null"}, pattern: regexp.MustCompile(`^-?[0-9]*$`), min: limit(-1), max: limit(0x7fffffff)}
	form := schema{types: []string{"object"}, keys: regexp.MustCompile(`^[a-zA-Z0-9-_:. ]{1,300}$`), values: &number, closed: true}
	if err := c.conform(schema{types: []string{"object"}, props: map[string]schema{key: form}, required: []string{key}}); err != nil {
		return nil, err
	}
	doc, _ := c.document(key)
	limits := map[string]int64{}
	var unknown []string
	for _, name := range sortedKeys(doc) {
		n, isInt := asInt(doc[name])
		switch {
		case name == "tenant_id" || name == "force":
		case !slices.Contains(known, name):
			unknown = append(unknown, name)
		case isInt:
			limits[name] = n
		}
	}
	if len(unknown) > 0 {
		return nil, refuse(http.StatusBadRequest, "Bad key(s) in quota set: %s", strings.Join(unknown, ", "))
	}
	return limits, nil
}

// deleteVolumeQuota goes back to the defaults.
func deleteVolumeQuota(c *call) (*reply, error) {
	if !c.may("volume_extension:quotas:delete", "admin") {
		return nil, notAllowed("volume_extension:quotas:delete")
	}
	for name := range c.cloud.volumeResources(c.PathValue("id")) {
		c.cloud.setLimit(c.PathValue("id"), "block-storage."+name, c.cloud.defaultLimit("block-storage."+name))
	}
	return c.bare(http.StatusOK), nil
}

// showVolumeQuotaClass shows the defaults; every class has the same ones.
func showVolumeQuotaClass(c *call) (*reply, error) {
	if !c.may("volume_extension:quota_classes:get", "admin") {
		return nil, notAllowed("volume_extension:quota_classes:get")
	}
	set := map[string]any{"id": c.PathValue("id")}
	for name := range c.cloud.volumeResources("") {
		set[name] = c.cloud.defaultLimit("block-storage." + name)
	}
	return ok(map[string]any{"quota_class_set": set}), nil
}

// updateVolumeQuotaClass says what it would change; the defaults of a
// simulated cloud stay those of its profile.
func updateVolumeQuotaClass(c *call) (*reply, error) {
	if !c.may("volume_extension:quota_classes:update", "admin") {
		return nil, notAllowed("volume_extension:quota_classes:update")
	}
	known := sortedKeys(c.cloud.volumeResources(""))
	limits, err := c.newVolumeLimits("quota_class_set", known)
	if err != nil {
		return nil, err
	}
	set := map[string]any{}
	for _, name := range known {
		set[name] = c.cloud.defaultLimit("block-storage." + name)
		if n, given := limits[name]; given {
			set[name] = n
		}
	}
	return ok(map[string]any{"quota_class_set": set}), nil
}
