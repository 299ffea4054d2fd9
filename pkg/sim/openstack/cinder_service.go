package openstack

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// What an administrator sees behind a simulated block storage: one host with
// one backend of one pool. There is no service for backups.
const (
	volumeHost    = "simulated"
	volumeBackend = volumeHost + "@disk"
	volumePool    = volumeBackend + "#disk"
)

// A volumeService is one of Cinder's own processes.
type volumeService struct {
	binary, host, zone string
	disabled           bool
	reason             any // string or nil
}

func volumeServiceRoutes(on func(string, handler)) {
	on("GET /os-services", listVolumeServices)
	on("PUT /os-services/{action}", changeVolumeService)
	on("GET /os-hosts", listVolumeHosts)
	on("GET /os-hosts/{host}", showVolumeHost)
	on("GET /scheduler-stats/get_pools", listPools)
	on("GET /capabilities/{host}", showCapabilities)
	on("GET /clusters", sinceMinor(7, func(c *call) (*reply, error) {
		if !c.may("clusters:get_all", "admin") {
			return nil, notAllowed("clusters:get_all")
		}
		return ok(map[string]any{"clusters": []any{}}), nil
	}))
	manageRoutes(on)
}

// sinceMinor lets a path be there from a microversion 3.minor on.
func sinceMinor(minor int, h handler) handler {
	return func(c *call) (*reply, error) {
		if !c.version.since(3, minor) {
			return nil, refuse(http.StatusNotFound, "The resource could not be found.")
		}
		return h(c)
	}
}

func (v *volumes) startServices(zone string) {
	v.services = []*volumeService{{binary: "cinder-volume", host: volumeBackend, zone: zone}, {binary: "cinder-scheduler", host: volumeHost, zone: zone}}
}

func listVolumeServices(c *call) (*reply, error) {
	if !c.may("volume_extension:services:index", "admin") {
		return nil, notAllowed("volume_extension:services:index")
	}
	q, list := c.URL.Query(), []any{}
	for _, s := range c.cloud.volume.services {
		if q.Has("binary") && q.Get("binary") != s.binary || q.Has("host") && q.Get("host") != s.host {
			continue
		}
		b := map[string]any{"binary": s.binary, "host": s.host, "zone": s.zone, "status": "enabled", "state": "up", "updated_at": seconds(c.now),
			"disabled_reason": s.reason}
		if s.disabled {
			b["status"] = "disabled"
		}
		if c.version.since(3, 7) {
			b["cluster"] = nil
		}
		if s.binary == "cinder-volume" {
			b["replication_status"], b["active_backend_id"], b["frozen"] = "disabled", nil, false
			if c.version.since(3, 49) {
				b["backend_state"] = "up"
			}
		}
		list = append(list, b)
	}
	return ok(map[string]any{"services": list}), nil
}

// changeVolumeService enables or disables one.
func changeVolumeService(c *call) (*reply, error) {
	if !c.may("volume_extension:services:update", "admin") {
		return nil, notAllowed("volume_extension:services:update")
	}
	action := c.PathValue("action")
	if !slices.Contains([]string{"enable", "disable", "disable-log-reason"}, action) {
		return nil, refuse(http.StatusNotFound, "Unknown action")
	}
	body, _ := c.body.(map[string]any)
	host, binary := text(body["host"]), text(firstOf(body, "binary", "service"))
	if binary == "" {
		return nil, refuse(http.StatusBadRequest, "Missing required element 'binary' or 'service' in request body.")
	}
	for _, s := range c.cloud.volume.services {
		if s.host != host || s.binary != binary {
			continue
		}
		s.disabled, s.reason = action != "enable", nil
		status := map[bool]string{true: "disabled", false: "enabled"}[s.disabled]
		out := map[string]any{"host": host, "service": text(body["service"]), "disabled": s.disabled, "binary": binary, "status": status}
		if action == "disable-log-reason" {
			s.reason = body["disabled_reason"]
			out["disabled_reason"] = s.reason
		}
		return ok(out), nil
	}
	return nil, refuse(http.StatusNotFound, "Service %s could not be found on host %s.", binary, host)
}

func noVolumeHost(host string) error {
	return refuse(http.StatusNotFound, "Service cinder-volume could not be found on host %s.", host)
}

func listVolumeHosts(c *call) (*reply, error) {
	if !c.may("volume_extension:hosts", "admin") {
		return nil, notAllowed("volume_extension:hosts")
	}
	list := []any{}
	for _, s := range c.cloud.volume.services {
		state := map[bool]string{true: "disabled", false: "enabled"}[s.disabled]
		list = append(list, map[string]any{"host_name": s.host, "service": s.binary, "zone": s.zone, "service-status": "available",
			"service-state": state, "last-update": seconds(c.now)})
	}
	return ok(map[string]any{"hosts": list}), nil
}

// showVolumeHost adds up what is stored on a host, in all and by project.
func showVolumeHost(c *call) (*reply, error) {
	if !c.may("volume_extension:hosts", "admin") {
		return nil, notAllowed("volume_extension:hosts")
	}
	host := c.PathValue("host")
	if host != volumeBackend {
		return nil, noVolumeHost(host)
	}
	total, projects, order := &volumeUse{}, map[string]*volumeUse{}, []string{}
	use := func(project string) []*volumeUse {
		if projects[project] == nil {
			projects[project], order = &volumeUse{}, append(order, project)
		}
		return []*volumeUse{total, projects[project]}
	}
	for v := range c.cloud.volume.table.All() {
		for _, u := range use(v.project) {
			u.volumes, u.gigabytes = u.volumes+1, u.gigabytes+v.size
		}
	}
	for s := range c.cloud.volume.snapshots.All() {
		for _, u := range use(s.project) {
			u.snapshots, u.snapshotSpace = u.snapshots+1, u.snapshotSpace+s.size
		}
	}
	resource := func(project string, u *volumeUse) any {
		return map[string]any{"resource": map[string]any{"host": host, "project": project, "volume_count": strconv.FormatInt(u.volumes, 10),
			"total_volume_gb": strconv.FormatInt(u.gigabytes, 10), "snapshot_count": strconv.FormatInt(u.snapshots, 10),
			"total_snapshot_gb": strconv.FormatInt(u.snapshotSpace, 10)}}
	}
	list := []any{resource("(total)", total)}
	for _, p := range order {
		list = append(list, resource(p, projects[p]))
	}
	return ok(map[string]any{"host": list}), nil
}

func listPools(c *call) (*reply, error) {
	if !c.may("scheduler_extension:scheduler_stats:get_pools", "admin") {
		return nil, notAllowed("scheduler_extension:scheduler_stats:get_pools")
	}
	q := c.URL.Query()
	if q.Has("name") && q.Get("name") != volumePool && c.version.since(3, 28) {
		return ok(map[string]any{"pools": []any{}}), nil
	}
	pool := map[string]any{"name": volumePool}
	if detail, _ := asBool(q.Get("detail")); detail {
		const capacity = 20480
		used := int64(0)
		for v := range c.cloud.volume.table.All() {
			used += v.size
		}
		pool["capabilities"] = map[string]any{"volume_backend_name": "disk", "vendor_name": "wechsel", "driver_version": "1.0", "storage_protocol": "file",
			"total_capacity_gb": capacity, "free_capacity_gb": max(0, capacity-used), "reserved_percentage": 0, "thin_provisioning_support": true,
			"thick_provisioning_support": false, "max_over_subscription_ratio": "20.0", "provisioned_capacity_gb": used, "QoS_support": false,
			"multiattach": true, "online_extend_support": true, "allocated_capacity_gb": used, "filter_function": nil, "goodness_function": nil,
			"timestamp": c.now.Format(cinderTime)}
	}
	return ok(map[string]any{"pools": []any{pool}}), nil
}

func showCapabilities(c *call) (*reply, error) {
	if !c.may("volume_extension:capabilities", "admin") {
		return nil, notAllowed("volume_extension:capabilities")
	}
	host := c.PathValue("host")
	if strings.TrimSuffix(host, "#disk") != volumeBackend {
		return nil, refuse(http.StatusNotFound, "Can't find service: %s", host)
	}
	property := func(title, what string) any {
		return map[string]any{"title": title, "description": what, "type": "boolean"}
	}
	return ok(map[string]any{"namespace": "OS::Storage::Capabilities::" + host, "vendor_name": "wechsel", "volume_backend_name": "disk",
		"pool_name": nil, "driver_version": "1.0", "storage_protocol": "file", "display_name": nil, "description": nil, "visibility": nil,
		"replication_targets": []any{}, "properties": map[string]any{"thin_provisioning": property("Thin Provisioning", "Sets thin provisioning."),
			"compression": property("Compression", "Enables compression."), "qos": property("QoS", "Enables QoS."),
			"replication_enabled": property("Replication", "Enables replication.")}}), nil
}
