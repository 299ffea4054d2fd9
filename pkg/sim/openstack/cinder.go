package openstack

import (
	"net/http"
	"strings"
	"time"

	"github.com/wechsel-project/wechsel/pkg/sim"
)

// volumes is the state of Cinder.
type volumes struct {
	table     sim.Table[*volume]
	snapshots sim.Table[*snapshot]
	types     []*volumeType // oldest first
	service   string        // UUID of the backend's service
}

type volumeType struct {
	id, name, description string
	specs                 map[string]string
	isDefault, encrypted  bool
	created               time.Time
}

// A volume. Its bytes come from an image, a snapshot or another volume and
// never change: no server in here writes. None are zeros.
type volume struct {
	id, project, user    string
	name, description    any // string or nil
	size                 int64
	kind                 *volumeType
	zone                 string
	snapshotID, sourceID string
	metadata             map[string]string
	imageMeta            map[string]string // shown once filled
	bootable             bool
	fromImage            bool      // bootable only once filled
	filled               time.Time // when the bytes are there
	life                 sim.Life[string]
	created, changed     time.Time
	attachments          []*attachment
	disk                 *sim.Blob
}

// An attachment is a volume's place at a server.
type attachment struct {
	id, volume, server, device, host string
	since                            time.Time // attached_at
}

// A snapshot is a volume as it was.
type snapshot struct {
	id, project, user, volume string
	name, description         any
	size                      int64
	kind                      *volumeType
	metadata, imageMeta       map[string]string
	bootable                  bool
	life                      sim.Life[string]
	created, changed          time.Time
	disk                      *sim.Blob
}

// cinderTime is the form of moments read from the database, which has seconds.
const cinderTime = "2006-01-02T15:04:05.000000"

// cinderDialect adds to the common dialect that the project is in the path.
type cinderDialect struct{ versioned }

func (d cinderDialect) version(c *call) error {
	if err := d.versioned.version(c); err != nil {
		return err
	}
	if c.token == nil {
		return nil
	}
	switch p := c.PathValue("project"); {
	case p == "" || p == c.project() || c.admin():
		return nil
	case isUUID(p):
		return refuse(http.StatusBadRequest, "Malformed request url")
	}
	return errNoRoute
}

func startCinder(c *Cloud) error {
	offer := c.profile.Services["block-storage"]
	s := c.addService("block-storage", "cinder", "/volume", cinderDialect{newVersioned("volume", "", offer, version{3, 0})})
	s.onPublic("GET /{$}", cinderVersions)
	s.on("GET /v3/{$}", cinderVersion)
	s.on("GET /v3", func(c *call) (*reply, error) {
		c.version, c.outside = version{}, true
		return empty(http.StatusFound).set("Location", c.url("/v3/")).set("Content-Type", "text/plain; charset=utf8"), nil
	})
	cinderRoutes(s)
	c.volume.service = sim.NamedUUID(c.profile.Name, "service", "cinder-volume")
	for i, t := range c.profile.VolumeTypes {
		c.volume.types = append(c.volume.types, &volumeType{id: c.id(t.ID, "volume type", t.Name), name: t.Name, description: t.Description,
			specs: t.Specs, isDefault: t.Default, encrypted: t.Encrypted, created: c.Now().Add(time.Duration(i) * time.Second)})
	}
	return nil
}

func cinderRoutes(s *service) {
	on := func(pattern string, h handler) {
		method, path, _ := strings.Cut(pattern, " ")
		s.on(method+" /v3/{project}"+path, h)
	}
	on("GET /volumes", listVolumes)
	on("GET /volumes/detail", listVolumesInDetail)
	on("GET /volumes/summary", summarizeVolumes)
	on("POST /volumes", createVolume)
	on("GET /volumes/{id}", showVolume)
	on("PUT /volumes/{id}", updateVolume)
	on("DELETE /volumes/{id}", deleteVolume)
	on("POST /volumes/{id}/action", actOnVolume)
	volumeMetadata(on)
	on("GET /snapshots", listSnapshots)
	on("GET /snapshots/detail", listSnapshotsInDetail)
	on("POST /snapshots", createSnapshot)
	on("GET /snapshots/{id}", showSnapshot)
	on("PUT /snapshots/{id}", updateSnapshot)
	on("DELETE /snapshots/{id}", deleteSnapshot)
	on("POST /snapshots/{id}/action", actOnSnapshot)
	snapshotMetadata(on)
	on("GET /types", listVolumeTypes)
	on("GET /types/{id}", showVolumeType)
	on("GET /types/{id}/extra_specs", showVolumeTypeSpecs)
	on("POST /types", denyVolume("volume_extension:type_create"))
	on("GET /limits", showVolumeLimits)
	on("GET /os-quota-sets/{id}", showVolumeQuota)
	on("GET /os-quota-sets/{id}/defaults", showVolumeQuotaDefaults)
	on("PUT /os-quota-sets/{id}", updateVolumeQuota)
	on("GET /os-availability-zone", listVolumeZones)
	on("GET /attachments", listAttachments)
	on("GET /attachments/detail", listAttachments)
	on("POST /attachments", createAttachment)
	on("GET /attachments/{id}", showAttachment)
	on("DELETE /attachments/{id}", deleteAttachment)
	on("GET /qos-specs", denyVolume("volume_extension:qos_specs_manage:get_all"))
	on("GET /capabilities/{host}", denyVolume("volume_extension:capabilities"))
	on("GET /os-services", denyVolume("volume_extension:services:index"))
	on("GET /scheduler-stats/get_pools", denyVolume("scheduler_extension:scheduler_stats:get_pools"))
	for path, key := range map[string]string{"/backups": "backups", "/backups/detail": "backups", "/groups": "groups", "/groups/detail": "groups",
		"/volume-transfers": "transfers", "/os-volume-transfer": "transfers", "/os-volume-transfer/detail": "transfers", "/messages": "messages"} {
		on("GET "+path, func(*call) (*reply, error) { return ok(map[string]any{key: []any{}}), nil })
	}
}

// denyVolume answers to what only an administrator may, and what the simulator
// does not need to do for one.
func denyVolume(rule string) handler {
	return func(*call) (*reply, error) { return nil, notAllowed(rule) }
}

// notAllowed is how Nova and Cinder tell about the policy.
func notAllowed(rule string) error {
	return refuse(http.StatusForbidden, "Policy doesn't allow %s to be performed.", rule)
}

func noVolume(id string) error {
	return refuse(http.StatusNotFound, "Volume %s could not be found.", id)
}
func noSnapshot(id string) error {
	return refuse(http.StatusNotFound, "Snapshot %s could not be found.", id)
}

func badVolume(format string, args ...any) error {
	return refuse(http.StatusBadRequest, "Invalid volume: "+format, args...)
}

func badInput(format string, args ...any) error {
	return refuse(http.StatusBadRequest, "Invalid input received: "+format, args...)
}

func cinderVersions(c *call) (*reply, error) {
	return with(http.StatusMultipleChoices, c.cinderVersionBody()), nil
}
func cinderVersion(c *call) (*reply, error) { return ok(c.cinderVersionBody()), nil }

func (c *call) cinderVersionBody() map[string]any {
	d := c.service.dialect.(cinderDialect)
	return map[string]any{"versions": []any{map[string]any{"id": "v3.0", "status": "CURRENT", "version": d.max.String(), "min_version": d.min.String(),
		"updated": "2022-08-31T00:00:00Z",
		"links": []any{map[string]any{"rel": "describedby", "type": "text/html", "href": "https://docs.openstack.org/"},
			map[string]any{"rel": "self", "href": c.url("/v3/")}},
		"media-types": []any{map[string]any{"base": "application/json", "type": "application/vnd.openstack.volume+json;version=3"}}}}}
}

func listVolumeZones(c *call) (*reply, error) {
	list := []any{}
	for _, z := range c.cloud.volumeZones() {
		list = append(list, map[string]any{"zoneName": z, "zoneState": map[string]any{"available": true}})
	}
	return ok(map[string]any{"availabilityZoneInfo": list}), nil
}

func (c *Cloud) volumeZones() []string {
	if z := c.profile.Zones["block-storage"]; len(z) > 0 {
		return z
	}
	return []string{"nova"}
}
