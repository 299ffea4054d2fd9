package openstack

import (
	"net/http"
	"slices"
	"strings"
)

func computeQuotaRoutes(on func(string, handler)) {
	on("GET /limits", showComputeLimits)
	on("GET /os-quota-sets/{project}", showComputeQuota("show"))
	on("GET /os-quota-sets/{project}/detail", showComputeQuota("detail"))
	on("GET /os-quota-sets/{project}/defaults", showComputeQuota("defaults"))
	on("PUT /os-quota-sets/{project}", setComputeQuota)
	on("GET /os-availability-zone", listComputeZones)
	on("GET /os-availability-zone/detail", denied("os_compute_api:os-availability-zone:detail"))
}

// computeUse counts what a project has.
func (c *Cloud) computeUse(project string) map[string]int64 {
	use := map[string]int64{}
	for s := range c.compute.servers.Of(project) {
		use["instances"]++
		use["cores"] += s.flavor.VCPUs
		use["ram"] += s.flavor.RAM
	}
	for range c.compute.groups.Of(project) {
		use["server_groups"]++
	}
	return use
}

// checkComputeQuota refuses servers that would be too many.
func (c *call) checkComputeQuota(count int64, vcpus, ram int64) error {
	use := c.cloud.computeUse(c.project())
	want := map[string]int64{"cores": vcpus * count, "instances": count, "ram": ram * count}
	var over, asked, used, most []string
	for _, name := range []string{"cores", "instances", "ram"} {
		if l := c.cloud.limit(c.project(), "compute."+name); l >= 0 && use[name]+want[name] > l {
			over, asked = append(over, name), append(asked, pyStr(want[name]))
			used, most = append(used, pyStr(use[name])), append(most, pyStr(l))
		}
	}
	if len(over) == 0 {
		return nil
	}
	names := strings.Join(over, ", ")
	return refuse(http.StatusForbidden, "Quota exceeded for %s: Requested %s, but already used %s of %s %s", names, strings.Join(asked, ", "),
		strings.Join(used, ", "), strings.Join(most, ", "), names)
}

func showComputeLimits(c *call) (*reply, error) {
	q := c.URL.Query()
	project := c.project()
	if t := q.Get("tenant_id"); t != "" && t != project {
		if !c.admin() {
			return nil, notAllowed("os_compute_api:limits:other_project")
		}
		project = t
	}
	limits, use := map[string]any{}, c.cloud.computeUse(project)
	for key, name := range map[string]string{"maxTotalInstances": "instances", "maxTotalCores": "cores", "maxTotalRAMSize": "ram", "maxServerMeta": "metadata_items",
		"maxTotalKeypairs": "key_pairs", "maxServerGroups": "server_groups", "maxServerGroupMembers": "server_group_members"} {
		limits[key] = c.cloud.limit(project, "compute."+name)
	}
	for key, name := range map[string]string{"totalRAMUsed": "ram", "totalCoresUsed": "cores", "totalInstancesUsed": "instances", "totalServerGroupsUsed": "server_groups"} {
		limits[key] = use[name]
	}
	if !c.version.since(2, 36) {
		for _, key := range []string{"maxTotalFloatingIps", "maxSecurityGroups", "maxSecurityGroupRules"} {
			limits[key] = -1
		}
		limits["totalFloatingIpsUsed"], limits["totalSecurityGroupsUsed"] = 0, 0
	}
	if !c.version.since(2, 39) {
		limits["maxImageMeta"] = limits["maxServerMeta"]
	}
	if !c.version.since(2, 57) {
		limits["maxPersonality"] = c.cloud.limit(project, "compute.injected_files")
		limits["maxPersonalitySize"] = c.cloud.limit(project, "compute.injected_file_content_bytes")
	}
	return ok(map[string]any{"limits": map[string]any{"rate": []any{}, "absolute": limits}}), nil
}

// computeQuotas are the resources of a quota set in this microversion.
func (c *call) computeQuotas() []string {
	names := []string{"cores", "instances", "key_pairs", "metadata_items", "ram", "server_group_members", "server_groups"}
	if !c.version.since(2, 57) {
		names = append(names, "injected_file_content_bytes", "injected_file_path_bytes", "injected_files")
	}
	if !c.version.since(2, 36) {
		names = append(names, "fixed_ips", "floating_ips", "security_group_rules", "security_groups")
	}
	return names
}

func showComputeQuota(what string) handler {
	return func(c *call) (*reply, error) {
		project := c.PathValue("project")
		if project != c.project() && !c.admin() && what != "defaults" {
			return nil, notAllowed("os_compute_api:os-quota-sets:" + what)
		}
		use, out := c.cloud.computeUse(project), map[string]any{"id": project}
		for _, name := range c.computeQuotas() {
			limit := c.cloud.limit(project, "compute."+name)
			switch what {
			case "detail":
				used := use[name]
				if name == "key_pairs" {
					used = 0 // they are the user's, not the project's
				}
				out[name] = map[string]any{"limit": limit, "in_use": used, "reserved": 0}
			case "defaults":
				out[name] = c.cloud.defaultLimit("compute." + name)
			default:
				out[name] = limit
			}
		}
		return ok(map[string]any{"quota_set": out}), nil
	}
}

func setComputeQuota(c *call) (*reply, error) {
	if !c.admin() {
		return nil, notAllowed("os_compute_api:os-quota-sets:update")
	}
	doc, _ := c.document("quota_set")
	out := map[string]any{}
	for _, name := range c.computeQuotas() {
		if n, given := asInt(doc[name]); given {
			c.cloud.setLimit(c.PathValue("project"), "compute."+name, n)
		}
		out[name] = c.cloud.limit(c.PathValue("project"), "compute."+name)
	}
	return ok(map[string]any{"quota_set": out}), nil
}

// zones are the compute zones; the first is the default.
func (c *Cloud) zones() []string {
	if z := c.profile.Zones["compute"]; len(z) > 0 {
		return z
	}
	return []string{"nova"}
}

func listComputeZones(c *call) (*reply, error) {
	list := []any{}
	for _, z := range slices.Sorted(slices.Values(c.cloud.zones())) {
		list = append(list, map[string]any{"zoneName": z, "zoneState": map[string]any{"available": true}, "hosts": nil})
	}
	return ok(map[string]any{"availabilityZoneInfo": list}), nil
}
