package openstack

import (
	"net/http"
	"time"

	"github.com/wechsel-project/wechsel/pkg/sim"
)

// A backup is the wish for one: as in many a cloud there is no service here
// that would make it.
type backup struct {
	id, project, user, volume string
	name, description         any // string or nil
	snapshot                  any
	container                 any
	size                      int64
	metadata                  map[string]string
	life                      sim.Life[string]
	created, changed          time.Time
}

const backupFailed = "Service not found for creating backup."

func backupRoutes(on func(string, handler)) {
	on("GET /backups", listBackups("/backups", backupSummary))
	on("GET /backups/detail", listBackups("/backups/detail", backupBody))
	on("POST /backups", createBackup)
	on("GET /backups/{id}", showing("backup", (*call).oneBackup, backupBody))
	on("PUT /backups/{id}", sinceMinor(9, updateBackup))
	on("DELETE /backups/{id}", deleteBackup)
	on("POST /backups/{id}/restore", restoreBackup)
	on("POST /backups/{id}/action", actOnBackup)
	on("GET /backups/{id}/export_record", exportBackup)
	on("POST /backups/{id}/import_record", exportBackup)
}

func backupSummary(c *call, b *backup) map[string]any {
	path := c.project() + "/backups/" + b.id
	return map[string]any{"id": b.id, "name": b.name, "links": []any{map[string]any{"rel": "self", "href": c.url("/v3/" + path)},
		map[string]any{"rel": "bookmark", "href": c.url("/" + path)}}}
}

func backupBody(c *call, b *backup) map[string]any {
	out := backupSummary(c, b)
	out["status"], out["size"], out["object_count"], out["availability_zone"], out["container"] = b.life.At(c.now), b.size, 0, nil, b.container
	out["created_at"], out["updated_at"] = seconds(b.created), updatedAt(b.created, b.changed, b.life.Since(c.now), c.now)
	out["description"], out["fail_reason"], out["volume_id"] = b.description, nil, b.volume
	if b.life.At(c.now) == "error" {
		out["fail_reason"] = backupFailed
	}
	out["is_incremental"], out["has_dependent_backups"], out["snapshot_id"], out["data_timestamp"] = false, false, b.snapshot, seconds(b.created)
	if c.version.since(3, 43) {
		out["metadata"] = b.metadata
	}
	if c.admin() && c.version.since(3, 18) {
		out["os-backup-project-attr:project_id"] = b.project
	}
	if c.version.since(3, 56) && c.admin() {
		out["user_id"] = b.user
	}
	return out
}

func noBackup(id string) error {
	return refuse(http.StatusNotFound, "Backup %s could not be found.", id)
}

func listBackups(path string, body func(*call, *backup) map[string]any) handler {
	return func(c *call) (*reply, error) {
		q := c.URL.Query()
		if err := c.knownFilters("backup", q, "id"); err != nil {
			return nil, err
		}
		var list []*backup
		for b := range c.cloud.volume.backups.All() {
			have := map[string]string{"name": text(b.name), "status": b.life.At(c.now), "volume_id": b.volume}
			if c.inProject(b.project, q) && matchesAll(q, have) {
				list = append([]*backup{b}, list...)
			}
		}
		return listing(c, "backups", path, list, func(b *backup) (string, map[string]any) { return b.id, body(c, b) },
			func(key string, a, b *backup) (int, bool) {
				return compareText(text(a.name), text(b.name)), key == "name"
			}, noBackup)
	}
}

func (c *call) oneBackup(id string) (*backup, error) {
	return owned(c, &c.cloud.volume.backups, id, func(b *backup) string { return b.project }, noBackup)
}

func createBackup(c *call) (*reply, error) {
	form := schema{types: []string{"object"}, required: []string{"volume_id"}, closed: true, props: map[string]schema{
		"volume_id": {types: []string{"string"}, format: "uuid", check: isUUID}, "container": optionalName, "description": optionalName,
		"incremental": flag, "force": flag, "name": optionalName, "snapshot_id": optionalUUID}}
	if c.version.since(3, 43) {
		form.props["metadata"] = metadataForm
	}
	if c.version.since(3, 51) {
		form.props["availability_zone"] = optionalName
	}
	if err := c.conform(schema{types: []string{"object"}, props: map[string]schema{"backup": form}, required: []string{"backup"}, closed: true}); err != nil {
		return nil, err
	}
	doc, _ := c.document("backup")
	v, err := c.oneVolume(text(doc["volume_id"]))
	if err != nil {
		return nil, err
	}
	if !c.may("backup:create", "member") {
		return nil, notAllowed("backup:create")
	}
	force, _ := asBool(doc["force"])
	switch status := v.status(c.now); {
	case status == "in-use" && !force && doc["snapshot_id"] == nil:
		return nil, badVolume("Backing up an in-use volume must use the force flag.")
	case status != "available" && status != "in-use":
		return nil, badVolume("Volume to be backed up must be available or in-use, but the current status is \"%s\".", status)
	}
	if err := c.backupQuota(v.size); err != nil {
		return nil, err
	}
	b := &backup{id: c.cloud.Objects.UUID(), project: v.project, user: c.token.user.id, volume: v.id, name: doc["name"], description: doc["description"],
		snapshot: doc["snapshot_id"], container: doc["container"], size: v.size, metadata: texts(doc["metadata"]), created: c.now, changed: c.now}
	d := c.cloud.takes(c.cloud.profile.Behaviour.Durations.VolumeCreate, b.id)
	b.life = sim.Begin(c.now, "creating", d).Then("error")
	v.life = sim.Begin(c.now, "backing-up", d).Then(v.status(c.now))
	c.cloud.volume.backups.Put(b.id, b.project, b)
	c.tell(message{event: "VOLUME_VOLUME_BACKUP_013_024", kind: "VOLUME_BACKUP", about: b.id,
		text: "create backup:Backup failed to schedule. " + backupFailed}, b.life.End())
	return with(http.StatusAccepted, map[string]any{"backup": backupSummary(c, b)}), nil
}

func (c *call) backupQuota(size int64) error {
	count, used := c.cloud.backupUse(c.project())
	if most := c.volumeLimit("backups"); most >= 0 && count+1 > most {
		return tooLarge("BackupLimitExceeded: Maximum number of backups allowed (%d) exceeded", most)
	}
	if most := c.volumeLimit("backup_gigabytes"); most >= 0 && used+size > most {
		return tooLarge("VolumeBackupSizeExceedsAvailableQuota: Requested backup exceeds allowed Backup gigabytes quota. Requested %dG, quota is %dG and %dG has been consumed.",
			size, most, used)
	}
	return nil
}

func (c *Cloud) backupUse(project string) (count, gigabytes int64) {
	for b := range c.volume.backups.Of(project) {
		count, gigabytes = count+1, gigabytes+b.size
	}
	return count, gigabytes
}

func updateBackup(c *call) (*reply, error) {
	form := schema{types: []string{"object"}, closed: true, props: map[string]schema{"name": optionalName, "description": optionalName}}
	if c.version.since(3, 43) {
		form.props["metadata"] = metadataForm
	}
	if err := c.conform(schema{types: []string{"object"}, props: map[string]schema{"backup": form}, required: []string{"backup"}, closed: true}); err != nil {
		return nil, err
	}
	b, err := c.oneBackup(c.PathValue("id"))
	if err != nil {
		return nil, err
	}
	doc, _ := c.document("backup")
	if len(doc) == 0 {
		return nil, badInput("Must specify at least one of name, description or metadata")
	}
	if name, given := doc["name"]; given {
		b.name = name
	}
	if said, given := doc["description"]; given {
		b.description = said
	}
	if metadata, given := doc["metadata"]; given {
		b.metadata = texts(metadata)
	}
	b.changed = c.now
	return ok(map[string]any{"backup": backupSummary(c, b)}), nil
}

// deleteBackup finds nobody who could: the service that has to is not there.
func deleteBackup(c *call) (*reply, error) {
	b, err := c.oneBackup(c.PathValue("id"))
	if err != nil {
		return nil, err
	}
	if status := b.life.At(c.now); status != "available" && status != "error" {
		return nil, refuse(http.StatusBadRequest, "Invalid backup: Backup status must be available or error")
	}
	return nil, refuse(http.StatusNotFound, "Service cinder-backup could not be found.")
}

func restoreBackup(c *call) (*reply, error) {
	b, err := c.oneBackup(c.PathValue("id"))
	if err != nil {
		return nil, err
	}
	if b.life.At(c.now) != "available" {
		return nil, refuse(http.StatusBadRequest, "Invalid backup: Backup status must be available")
	}
	return nil, refuse(http.StatusNotFound, "Service cinder-backup could not be found.")
}

func actOnBackup(c *call) (*reply, error) {
	name, args := c.action()
	rules := map[string]string{"os-reset_status": "volume_extension:backup_admin_actions:reset_status",
		"os-force_delete": "volume_extension:backup_admin_actions:force_delete"}
	rule, known := rules[name]
	if !known {
		return nil, noAction(name)
	}
	b, err := c.oneBackup(c.PathValue("id"))
	if err != nil {
		return nil, err
	}
	if !c.may(rule, "admin") {
		return nil, notAllowed(rule)
	}
	if name == "os-force_delete" {
		return nil, refuse(http.StatusNotFound, "Service cinder-backup could not be found.")
	}
	b.life, b.changed = sim.Steady(c.now, text(args["status"])), c.now
	return acted(http.StatusAccepted), nil
}

func exportBackup(c *call) (*reply, error) {
	if !c.may("backup:export-import", "admin") {
		return nil, notAllowed("backup:export-import")
	}
	if _, err := c.oneBackup(c.PathValue("id")); err != nil {
		return nil, err
	}
	return nil, refuse(http.StatusNotFound, "Service cinder-backup could not be found.")
}
