package openstack

import (
	"net/http"
	"time"

	"github.com/wechsel-project/wechsel/pkg/profile"
)

// controlHost is where the scheduler and the conductor are.
const controlHost = "controller"

// A novaDaemon is one process of Nova's, as os-services tells of it.
type novaDaemon struct {
	binary, host, zone, uuid string
	number                   int
	compute                  *computeHost // nil: one of the control plane
	since                    time.Time
}

func serviceRoutes(on func(string, handler)) {
	on("GET /os-services", listComputeServices)
	on("PUT /os-services/{id}", updateComputeService)
	on("DELETE /os-services/{id}", deleteComputeService)
	on("GET /os-hosts", listHosts)
	on("GET /os-hosts/{id}", showHost)
	on("PUT /os-hosts/{id}", updateHost)
	for what, rule := range map[string]string{"startup": "start", "shutdown": "shutdown", "reboot": "reboot"} {
		on("GET /os-hosts/{id}/"+what, func(c *call) (*reply, error) {
			if err := c.permit("os_compute_api:os-hosts:" + rule); err != nil {
				return nil, err
			}
			return nil, refuse(http.StatusNotImplemented, "The requested functionality is not supported.")
		})
	}
}

func (c *call) daemons() []novaDaemon {
	list := []novaDaemon{}
	for i, name := range []string{"nova-scheduler", "nova-conductor"} {
		list = append(list, novaDaemon{binary: name, host: controlHost, zone: "internal", uuid: c.cloud.id("", "compute-service", name), number: i + 1, since: c.now})
	}
	for h := range c.cloud.compute.hosts.All() {
		list = append(list, novaDaemon{"nova-compute", h.name, c.cloud.zoneOf(h.name), h.service, h.number, h, c.now})
	}
	return list
}

func (c *call) daemonBody(d novaDaemon) map[string]any {
	h := d.compute
	if h == nil {
		h = &computeHost{}
	}
	body := map[string]any{"binary": d.binary, "host": d.host, "id": c.hostNumber(d.number, d.uuid), "zone": d.zone, "status": h.status(), "state": h.state(),
		"updated_at": moment(d.since, novaLong), "disabled_reason": h.reason}
	if c.version.since(2, 11) {
		body["forced_down"] = h.down
	}
	return body
}

func listComputeServices(c *call) (*reply, error) {
	if err := c.permit("os_compute_api:os-services:list"); err != nil {
		return nil, err
	}
	q, list := c.URL.Query(), []any{}
	for _, d := range c.daemons() {
		if binary := q.Get("binary"); binary != "" && binary != d.binary {
			continue
		}
		if host := q.Get("host"); host != "" && host != d.host {
			continue
		}
		list = append(list, c.daemonBody(d))
	}
	return ok(map[string]any{"services": list}), nil
}

// updateComputeService enables, disables or forces down: by the id of the
// service, and before 2.53 by a word in the path.
func updateComputeService(c *call) (*reply, error) {
	if err := c.permit("os_compute_api:os-services:update"); err != nil {
		return nil, err
	}
	doc, _ := c.body.(map[string]any)
	if !c.version.since(2, 53) {
		return c.oldServiceAction(doc)
	}
	d, err := c.oneDaemon()
	if err != nil {
		return nil, err
	}
	if d.compute == nil {
		return nil, refuse(http.StatusBadRequest, "Updating a %s service is not supported. Only nova-compute services can be updated.", d.binary)
	}
	status, hasStatus := doc["status"].(string)
	down, hasDown := asBool(doc["forced_down"])
	switch {
	case !hasStatus && !hasDown && doc["disabled_reason"] == nil:
		return nil, refuse(http.StatusBadRequest, "No updates were requested. Fields 'status' or 'forced_down' should be specified.")
	case doc["disabled_reason"] != nil && status != "disabled":
		return nil, refuse(http.StatusBadRequest, "Specifying 'disabled_reason' requires that status is 'disabled'.")
	}
	if hasStatus {
		d.compute.disabled, d.compute.reason = status == "disabled", doc["disabled_reason"]
	}
	if hasDown {
		d.compute.down = down
	}
	return ok(map[string]any{"service": c.daemonBody(d)}), nil
}

func (c *call) oldServiceAction(doc map[string]any) (*reply, error) {
	h, there := c.cloud.compute.hosts.Get(text(doc["host"]))
	if !there || text(doc["binary"]) != "nova-compute" {
		return nil, refuse(http.StatusNotFound, "Host '%s' is not mapped to any cell", text(doc["host"]))
	}
	body := map[string]any{"host": h.name, "binary": "nova-compute"}
	switch action := c.PathValue("id"); {
	case action == "enable":
		h.disabled, h.reason, body["status"] = false, nil, "enabled"
	case action == "disable":
		h.disabled, h.reason, body["status"] = true, nil, "disabled"
	case action == "disable-log-reason" && text(doc["disabled_reason"]) != "":
		h.disabled, h.reason, body["status"] = true, doc["disabled_reason"], "disabled"
		body["disabled_reason"] = h.reason
	case action == "disable-log-reason":
		return nil, refuse(http.StatusBadRequest, "Missing disabled reason field")
	case action == "force-down" && c.version.since(2, 11):
		h.down, _ = asBool(doc["forced_down"])
		body["forced_down"] = h.down
	default:
		return nil, refuse(http.StatusNotFound, "Unknown action")
	}
	return ok(map[string]any{"service": body}), nil
}

func (c *call) oneDaemon() (novaDaemon, error) {
	id := c.PathValue("id")
	if c.version.since(2, 53) && !isUUIDLike(id) {
		return novaDaemon{}, refuse(http.StatusBadRequest, "Invalid uuid %s", id)
	}
	for _, d := range c.daemons() {
		if pyStr(c.hostNumber(d.number, d.uuid)) == id {
			return d, nil
		}
	}
	return novaDaemon{}, refuse(http.StatusNotFound, "Service %s not found.", id)
}

func deleteComputeService(c *call) (*reply, error) {
	if err := c.permit("os_compute_api:os-services:delete"); err != nil {
		return nil, err
	}
	d, err := c.oneDaemon()
	switch {
	case err != nil:
		return nil, err
	case d.compute == nil: // it would come back by itself
	case len(c.cloud.serversOn(d.host)) > 0:
		return nil, refuse(http.StatusConflict, "Unable to delete compute service that is hosting instances. Migrate or delete the instances first.")
	default:
		c.cloud.compute.hosts.Delete(d.host)
	}
	return empty(http.StatusNoContent), nil
}

func listHosts(c *call) (*reply, error) {
	if err := c.permit("os_compute_api:os-hosts:list"); err != nil {
		return nil, err
	}
	list := []any{}
	for _, d := range c.daemons() {
		if zone := c.URL.Query().Get("zone"); zone == "" || zone == d.zone {
			list = append(list, map[string]any{"host_name": d.host, "service": d.binary[len("nova-"):], "zone": d.zone})
		}
	}
	return ok(map[string]any{"hosts": list}), nil
}

func (c *call) oneHost(rule string) (*computeHost, error) {
	if err := c.permit("os_compute_api:os-hosts:" + rule); err != nil {
		return nil, err
	}
	h, there := c.cloud.compute.hosts.Get(c.PathValue("id"))
	if !there {
		return nil, refuse(http.StatusNotFound, "Host '%s' is not mapped to any cell", c.PathValue("id"))
	}
	return h, nil
}

func showHost(c *call) (*reply, error) {
	h, err := c.oneHost("show")
	if err != nil {
		return nil, err
	}
	have := c.cloud.hostRoom()
	use, _ := c.cloud.load(h)
	entry := func(project string, cpu, ram, disk int64) map[string]any {
		return map[string]any{"resource": map[string]any{"host": h.name, "project": project, "cpu": cpu, "memory_mb": ram, "disk_gb": disk}}
	}
	list := []any{entry("(total)", have.vcpus, have.ram, have.disk), entry("(used_now)", use.vcpus, use.ram, use.disk),
		entry("(used_max)", use.vcpus, use.ram-profile.ReservedRAM, use.disk)}
	projects := map[string][3]int64{}
	for _, s := range c.cloud.serversOn(h.name) {
		p := projects[s.project]
		projects[s.project] = [3]int64{p[0] + s.flavor.VCPUs, p[1] + s.flavor.RAM, p[2] + s.flavor.Disk + s.flavor.Ephemeral}
	}
	for _, id := range sortedKeys(projects) {
		list = append(list, entry(id, projects[id][0], projects[id][1], projects[id][2]))
	}
	return ok(map[string]any{"host": list}), nil
}

func updateHost(c *call) (*reply, error) {
	h, err := c.oneHost("update")
	if err != nil {
		return nil, err
	}
	doc, _ := c.body.(map[string]any)
	body := map[string]any{"host": h.name}
	if status := text(doc["status"]); status != "" {
		h.disabled = status == "disable"
		body["status"] = h.status()
	}
	if doc["maintenance_mode"] != nil {
		return nil, refuse(http.StatusNotImplemented, "The requested functionality is not supported.")
	}
	return ok(body), nil
}
