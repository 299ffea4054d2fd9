package openstack

import (
	"net/http"
	"strings"
	"time"

	"github.com/wechsel-project/wechsel/pkg/sim"
)

// An orphan lies on the backend, and Cinder does not know of it any more.
type orphan struct {
	size int64
	disk *sim.Blob
}

func manageRoutes(on func(string, handler)) {
	for _, what := range []string{"volume", "snapshot"} {
		on("GET /manageable_"+what+"s", sinceMinor(8, listManageable(what)))
		on("GET /manageable_"+what+"s/detail", sinceMinor(8, listManageable(what)))
		on("GET /os-"+what+"-manage", listManageable(what))
		on("GET /os-"+what+"-manage/detail", listManageable(what))
	}
	on("POST /manageable_volumes", sinceMinor(8, manageVolume))
	on("POST /os-volume-manage", manageVolume)
}

// listManageable tells what lies on a backend that Cinder does not know of.
func listManageable(what string) handler {
	rule := map[string]string{"volume": "volume_extension:list_manageable", "snapshot": "snapshot_extension:list_manageable"}[what]
	return func(c *call) (*reply, error) {
		if !c.may(rule, "admin") {
			return nil, notAllowed(rule)
		}
		host := c.URL.Query().Get("host")
		if host == "" {
			return nil, badInput("One and only one of cluster and host must be set.")
		}
		if !isBackend(host) {
			return nil, noVolumeHost(host)
		}
		list := []any{}
		for _, name := range sortedKeys(c.cloud.volume.orphans) {
			if b := map[string]any{"reference": map[string]any{"source-name": name}, "size": c.cloud.volume.orphans[name].size, "safe_to_manage": true}; what == "volume" {
				if strings.HasSuffix(c.URL.Path, "/detail") {
					b["reason_not_safe"], b["cinder_id"], b["extra_info"] = nil, nil, nil
				}
				list = append(list, b)
			}
		}
		return ok(map[string]any{"manageable-" + what + "s": list}), nil
	}
}

func isBackend(host string) bool {
	backend, _, _ := strings.Cut(host, "#")
	return backend == volumeBackend
}

// unmanageVolume forgets a volume and leaves its bytes where they are.
func unmanageVolume(c *call, v *volume, _ map[string]any) error {
	if status := v.status(c.now); status != "available" || v.kind.encrypted || len(c.cloud.snapshotsOf(v)) > 0 {
		return badVolume("Unmanaging of volume %s is not possible in its state: %s.", v.id, status)
	}
	left := &orphan{size: v.size, disk: v.disk.Retain()}
	c.cloud.dropVolume(v, c.now)
	v.life = sim.Steady(c.now, "unmanaging")
	c.cloud.At(c.now, func(time.Time) { c.cloud.volume.orphans["volume-"+v.id] = left })
	return nil
}

// manageVolume takes over what lies on the backend; when there is no such
// thing, the volume ends in an error.
func manageVolume(c *call) (*reply, error) {
	if !c.may("volume_extension:volume_manage", "admin") {
		return nil, notAllowed("volume_extension:volume_manage")
	}
	form := schema{types: []string{"object"}, required: []string{"ref"}, props: map[string]schema{"ref": {types: []string{"object", "string"}},
		"host": anyText, "name": optionalName, "description": anyText, "metadata": metadataForm}}
	if err := c.conform(schema{types: []string{"object"}, props: map[string]schema{"volume": form}, required: []string{"volume"}}); err != nil {
		return nil, err
	}
	doc, _ := c.document("volume")
	host := text(doc["host"])
	if !isBackend(host) {
		return nil, noVolumeHost(host)
	}
	ref, _ := doc["ref"].(map[string]any)
	name := text(ref["source-name"])
	found := c.cloud.volume.orphans[name]
	wish := volumeWish{name: doc["name"], description: doc["description"], kind: text(doc["volume_type"]), zone: text(doc["availability_zone"]),
		metadata: texts(doc["metadata"])}
	if found != nil {
		wish.size = found.size
	}
	v, err := c.makeVolume(wish)
	if err != nil {
		return nil, err
	}
	v.bootable, _ = asBool(doc["bootable"])
	v.life = steadyAfter(c, v, "managing", "error_managing")
	if found != nil {
		v.life, v.disk = steadyAfter(c, v, "managing", "available"), found.disk
		delete(c.cloud.volume.orphans, name)
	}
	return with(http.StatusAccepted, map[string]any{"volume": c.volumeBody(v)}), nil
}
