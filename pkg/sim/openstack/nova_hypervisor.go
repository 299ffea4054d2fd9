package openstack

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/profile"
)

const hypervisorRule = "os_compute_api:os-hypervisors:"

func hypervisorRoutes(on func(string, handler)) {
	on("GET /os-hypervisors", listHypervisors(false))
	on("GET /os-hypervisors/detail", listHypervisors(true))
	on("GET /os-hypervisors/statistics", hypervisorStatistics)
	on("GET /os-hypervisors/{id}", showHypervisor)
	on("GET /os-hypervisors/{id}/uptime", func(c *call) (*reply, error) {
		if _, err := c.oneHypervisor("uptime"); err != nil {
			return nil, err
		}
		return nil, refuse(http.StatusNotImplemented, "The requested functionality is not supported.")
	})
	on("GET /os-hypervisors/{id}/search", searchHypervisors(false))
	on("GET /os-hypervisors/{id}/servers", searchHypervisors(true))
}

// load is what of some hosts is taken, and by how many servers.
func (c *Cloud) load(hosts ...*computeHost) (use room, running int) {
	taken := c.taken()
	for _, h := range hosts {
		use = use.plus(taken[h.name]).plus(room{ram: profile.ReservedRAM})
		running += len(c.serversOn(h.name))
	}
	return use, running
}

// capacity are the numbers of some hosts together.
func (c *Cloud) capacity(hosts ...*computeHost) map[string]any {
	have := c.hostRoom().times(int64(len(hosts)))
	use, running := c.load(hosts...)
	return map[string]any{"vcpus": have.vcpus, "memory_mb": have.ram, "local_gb": have.disk, "vcpus_used": use.vcpus, "memory_mb_used": use.ram,
		"local_gb_used": use.disk, "free_ram_mb": have.ram - use.ram, "free_disk_gb": have.disk - use.disk, "current_workload": 0,
		"running_vms": running, "disk_available_least": 0}
}

// hostNumber is the id of a node or a service in this microversion.
func (c *call) hostNumber(number int, uuid string) any {
	if c.version.since(2, 53) {
		return uuid
	}
	return number
}

func (h *computeHost) status() string {
	if h.disabled {
		return "disabled"
	}
	return "enabled"
}

func (h *computeHost) state() string {
	if h.down {
		return "down"
	}
	return "up"
}

func (c *call) hypervisorBody(h *computeHost, detail bool) map[string]any {
	body := map[string]any{"id": c.hostNumber(h.number-2, h.node), "hypervisor_hostname": h.name, "state": h.state(), "status": h.status()}
	if !detail {
		return body
	}
	body["hypervisor_type"], body["hypervisor_version"], body["host_ip"] = "QEMU", 7002000, "127.0.0.1"
	body["service"] = map[string]any{"id": c.hostNumber(h.number, h.service), "host": h.name, "disabled_reason": h.reason}
	if c.version.since(2, 88) {
		body["uptime"] = nil
		return body
	}
	for k, v := range c.cloud.capacity(h) {
		body[k] = v
	}
	body["cpu_info"] = `{"arch": "x86_64", "model": "Nehalem", "vendor": "Intel", "features": ["pge", "clflush"], "topology": {"cores": 1, "threads": 1, "sockets": 4}}`
	if c.version.since(2, 28) {
		body["cpu_info"] = map[string]any{"arch": "x86_64", "model": "Nehalem", "vendor": "Intel", "features": []any{"pge", "clflush"},
			"topology": map[string]any{"cores": 1, "threads": 1, "sockets": 4}}
	}
	return body
}

// serversOfHypervisor are the servers of a host by the names that libvirt knows.
func (c *call) serversOfHypervisor(h *computeHost) []any {
	list := []any{}
	for _, s := range c.cloud.serversOn(h.name) {
		list = append(list, map[string]any{"name": s.instanceName(), "uuid": s.id})
	}
	return list
}

// withServersOf adds the servers where they are asked for; one without any
// shows that since 2.75 only.
func (c *call) withServersOf(h *computeHost, body map[string]any) map[string]any {
	wants, _ := asBool(c.URL.Query().Get("with_servers"))
	list := c.serversOfHypervisor(h)
	if wants && c.version.since(2, 53) && (len(list) > 0 || c.version.since(2, 75)) {
		body["servers"] = list
	}
	return body
}

func (c *call) hypervisorsLike(pattern string) ([]*computeHost, error) {
	list := slices.DeleteFunc(slices.Collect(c.cloud.compute.hosts.All()), func(h *computeHost) bool { return !strings.Contains(h.name, pattern) })
	if len(list) == 0 && pattern != "" {
		return nil, refuse(http.StatusNotFound, "No hypervisor matching '%s' could be found.", pattern)
	}
	return list, nil
}

func listHypervisors(detail bool) handler {
	return func(c *call) (*reply, error) {
		if err := c.permit(hypervisorRule + map[bool]string{false: "list", true: "list-detail"}[detail]); err != nil {
			return nil, err
		}
		q := c.URL.Query()
		pattern := ""
		if c.version.since(2, 53) {
			pattern = q.Get("hypervisor_hostname_pattern")
		}
		if pattern != "" && (q.Has("limit") || q.Has("marker")) {
			return nil, refuse(http.StatusBadRequest, "Paging over hypervisors with the hypervisor_hostname_pattern query parameter is not supported.")
		}
		list, err := c.hypervisorsLike(pattern)
		var next any
		if err == nil && c.version.since(2, 33) && pattern == "" {
			list, next, err = novaPage(c, list, func(h *computeHost) string { return pyStr(c.hostNumber(h.number-2, h.node)) }, "/os-hypervisors", detail)
		}
		if err != nil {
			return nil, err
		}
		out := []any{}
		for _, h := range list {
			out = append(out, c.withServersOf(h, c.hypervisorBody(h, detail)))
		}
		body := map[string]any{"hypervisors": out}
		if next != nil && q.Has("limit") {
			body["hypervisors_links"] = next
		}
		return ok(body), nil
	}
}

// oneHypervisor asks the policy and finds the node in the path.
func (c *call) oneHypervisor(rule string) (*computeHost, error) {
	if err := c.permit(hypervisorRule + rule); err != nil {
		return nil, err
	}
	id := c.PathValue("id")
	if c.version.since(2, 53) && !isUUIDLike(id) {
		return nil, refuse(http.StatusBadRequest, "Invalid uuid %s", id)
	}
	for h := range c.cloud.compute.hosts.All() {
		if pyStr(c.hostNumber(h.number-2, h.node)) == id {
			return h, nil
		}
	}
	return nil, refuse(http.StatusNotFound, "Hypervisor with ID '%s' could not be found.", id)
}

func showHypervisor(c *call) (*reply, error) {
	h, err := c.oneHypervisor("show")
	if err != nil {
		return nil, err
	}
	return ok(map[string]any{"hypervisor": c.withServersOf(h, c.hypervisorBody(h, true))}), nil
}

func hypervisorStatistics(c *call) (*reply, error) {
	if err := c.permit(hypervisorRule + "statistics"); err != nil {
		return nil, err
	}
	hosts := slices.DeleteFunc(slices.Collect(c.cloud.compute.hosts.All()), func(h *computeHost) bool { return h.disabled })
	body := c.cloud.capacity(hosts...)
	body["count"] = len(hosts)
	return ok(map[string]any{"hypervisor_statistics": body}), nil
}

func searchHypervisors(servers bool) handler {
	return func(c *call) (*reply, error) {
		if err := c.permit(hypervisorRule + map[bool]string{false: "search", true: "servers"}[servers]); err != nil {
			return nil, err
		}
		list, err := c.hypervisorsLike(c.PathValue("id"))
		if err != nil {
			return nil, err
		}
		out := []any{}
		for _, h := range list {
			body := c.hypervisorBody(h, false)
			if on := c.serversOfHypervisor(h); servers && len(on) > 0 {
				body["servers"] = on
			}
			out = append(out, body)
		}
		return ok(map[string]any{"hypervisors": out}), nil
	}
}

// instanceName is what the hypervisor calls a server.
func (s *server) instanceName() string {
	hex := strconv.FormatInt(int64(s.number), 16)
	return "instance-" + strings.Repeat("0", max(0, 8-len(hex))) + hex
}
