package openstack

import (
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/wechsel-project/wechsel/pkg/sim"
)

// volumes is the state of Cinder.
type volumes struct {
	table          sim.Table[*volume]
	snapshots      sim.Table[*snapshot]
	types          []*volumeType // oldest first
	qos            sim.Table[*qosSpec]
	groups         sim.Table[*volumeGroup]
	groupTypes     sim.Table[*groupType]
	groupSnapshots sim.Table[*groupSnapshot]
	transfers      sim.Table[*transfer]
	backups        sim.Table[*backup]
	messages       sim.Table[*message]
	services       []*volumeService
	orphans        map[string]*orphan // by name on the backend
	service        string             // UUID of the backend's service
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
	group                string // id; empty: none
	disk                 *sim.Blob
}

// An attachment is a volume's place at a server.
type attachment struct {
	id, volume, server, device, host string
	mode                             string    // rw or ro; empty: ro, which is what Cinder takes an unknown one for
	since                            time.Time // attached_at
	connected                        bool      // a connector is known
	byNova                           bool
}

// A snapshot is a volume as it was.
type snapshot struct {
	id, project, user, volume string
	name, description         any
	size                      int64
	kind                      *volumeType
	metadata, imageMeta       map[string]string
	bootable                  bool
	group                     string // id of the group snapshot that it is a part of; empty: none
	life                      sim.Life[string]
	created, changed          time.Time
	disk                      *sim.Blob
}

// cinderTime is the form of moments read from the database, which has seconds.
const cinderTime = "2006-01-02T15:04:05.000000"

// cinderDialect adds to the common dialect that the project is in the path.
type cinderDialect struct{ versioned }

func (d cinderDialect) version(c *call) error {
	if asked := c.Header.Values("OpenStack-API-Version"); len(asked) > 0 && d.asked(c.Header) == "" {
		return d.misled(strings.Join(asked, ","))
	}
	if err := d.versioned.version(c); err != nil {
		return err
	}
	if c.token == nil {
		return nil
	}
	switch p := c.PathValue("project"); {
	case p == "" || p == noProject || p == c.project() || c.admin():
		return nil
	case isUUID(p):
		return refuse(http.StatusBadRequest, "Malformed request url")
	}
	return errNoRoute
}

// misled refuses a header about microversions that says none for volumes:
// Cinder does not take it for somebody else's.
func (d cinderDialect) misled(header string) error {
	if strings.Contains(header, d.word) { // and no number behind it
		return refuse(http.StatusInternalServerError, "The server has either erred or is incapable of performing the requested operation.")
	}
	return refuse(http.StatusBadRequest, "The server could not comply with the request since it is either malformed or otherwise incorrect.")
}

// noProject stands in paths that leave the project out, which is then that of
// the token (3.67).
const noProject = "-"

var projectForm = regexp.MustCompile(`^[0-9a-f-]+$`) // project_id_regex

// whole puts noProject into the path of a request to Cinder that needs it.
func whole(r *http.Request) *http.Request {
	rest, ours := strings.CutPrefix(r.URL.Path, "/volume/v3/")
	first, _, _ := strings.Cut(rest, "/")
	if !ours || first == "" || projectForm.MatchString(first) {
		return r
	}
	r = r.Clone(r.Context())
	r.URL.Path, r.URL.RawPath = "/volume/v3/"+noProject+"/"+rest, ""
	return r
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
	c.volume.orphans = map[string]*orphan{}
	c.volume.startServices(c.volumeZones()[0])
	reserved := &groupType{id: sim.NamedUUID(c.profile.Name, "group type", reservedGroupType), name: reservedGroupType,
		description: "Default group type for migrating cgsnapshot", specs: map[string]string{"consistent_group_snapshot_enabled": "<is> True"}}
	c.volume.groupTypes.Put(reserved.id, "", reserved)
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
	on("GET /volumes/{id}", showing("volume", (*call).oneVolume, (*call).fullVolume))
	on("PUT /volumes/{id}", updateVolume)
	on("DELETE /volumes/{id}", deleteVolume)
	on("POST /volumes/{id}/action", actOnVolume)
	volumeMetadata(on)
	on("GET /snapshots", listSnapshots)
	on("GET /snapshots/detail", listSnapshotsInDetail)
	on("POST /snapshots", createSnapshot)
	on("GET /snapshots/{id}", showing("snapshot", (*call).oneSnapshot, (*call).fullSnapshot))
	on("PUT /snapshots/{id}", updateSnapshot)
	on("DELETE /snapshots/{id}", deleteSnapshot)
	on("POST /snapshots/{id}/action", actOnSnapshot)
	snapshotMetadata(on)
	on("GET /volumes/{id}/encryption", showVolumeEncryption)
	on("GET /volumes/{id}/encryption/{key}", showVolumeEncryptionKey)
	volumeTypeRoutes(on)
	on("GET /limits", showVolumeLimits)
	on("GET /os-quota-sets/{id}", showVolumeQuota)
	on("GET /os-quota-sets/{id}/defaults", showVolumeQuotaDefaults)
	on("PUT /os-quota-sets/{id}", updateVolumeQuota)
	on("DELETE /os-quota-sets/{id}", deleteVolumeQuota)
	on("GET /os-quota-class-sets/{id}", showVolumeQuotaClass)
	on("PUT /os-quota-class-sets/{id}", updateVolumeQuotaClass)
	on("GET /os-availability-zone", listVolumeZones)
	on("GET /extensions", listVolumeExtensions)
	on("GET /resource_filters", sinceMinor(33, listResourceFilters))
	attachmentRoutes(on)
	qosRoutes(on)
	volumeServiceRoutes(on)
	transferRoutes(on)
	backupRoutes(on)
	groupRoutes(on)
	consistencyRoutes(on)
	messageRoutes(on)
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
