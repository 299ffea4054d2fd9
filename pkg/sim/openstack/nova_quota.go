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
	on("DELETE /os-quota-sets/{project}", dropComputeQuota)
	on("GET /os-quota-class-sets/{id}", showQuotaClass)
	on("PUT /os-quota-class-sets/{id}", setQuotaClass)
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
// In the refusal the number is told as it was asked for.
func (c *call) checkComputeQuota(count int64, asked string, vcpus, ram int64) error {
	use := c.cloud.computeUse(c.project())
	want := map[string]int64{"cores": vcpus * count, "instances": count, "ram": ram * count}
	var over, wanted, used, most []string
	for _, name := range []string{"cores", "instances", "ram"} {
		if l := c.cloud.limit(c.project(), "compute."+name); l >= 0 && use[name]+want[name] > l {
			over, wanted = append(over, name), append(wanted, pyStr(want[name]))
			if name == "instances" {
				wanted[len(wanted)-1] = asked
			}
			used, most = append(used, pyStr(use[name])), append(most, pyStr(l))
		}
	}
	return overComputeQuota(over, wanted, used, most)
}

// checkGrowth refuses a flavor that takes too much more; one that takes less
// never is.
func (c *call) checkGrowth(vcpus, ram int64) error {
	use := c.cloud.computeUse(c.project())
	var over, wanted, used, most []string
	for _, r := range []struct {
		name string
		more int64
	}{{"cores", vcpus}, {"ram", ram}} {
		if l := c.cloud.limit(c.project(), "compute."+r.name); l >= 0 && r.more > 0 && use[r.name]+r.more > l {
			over, wanted, used, most = append(over, r.name), append(wanted, pyStr(r.more)), append(used, pyStr(use[r.name])), append(most, pyStr(l))
		}
	}
	return overComputeQuota(over, wanted, used, most)
}

// overComputeQuota says which resources there would be too many of.
func overComputeQuota(over, wanted, used, most []string) error {
	if len(over) == 0 {
		return nil
	}
	list := func(words []string) string { return strings.Join(words, ", ") }
	return refuse(http.StatusForbidden, "Quota exceeded for %s: Requested %s, but already used %s of %s %s", list(over), list(wanted), list(used), list(most), list(over))
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
		if err := c.validProject(project); err != nil {
			return nil, err
		}
		use, out := c.cloud.computeUse(project), map[string]any{"id": project}
		for _, name := range c.computeQuotas() {
			limit := c.cloud.limit(project, "compute."+name)
			switch what {
			case "detail":
				out[name] = map[string]any{"limit": limit, "in_use": use[name], "reserved": 0} // key pairs are the user's: none
			case "defaults":
				out[name] = c.cloud.defaultLimit("compute." + name)
			default:
				out[name] = limit
			}
		}
		return ok(map[string]any{"quota_set": out}), nil
	}
}

// validProject asks Keystone, which tells a member nothing about others.
func (c *call) validProject(project string) error {
	if c.admin() && c.cloud.identity.projectName(project) == "" {
		return refuse(http.StatusBadRequest, "Project ID %s is not a valid project.", project)
	}
	return nil
}

func setComputeQuota(c *call) (*reply, error) {
	if err := c.permit("os_compute_api:os-quota-sets:update"); err != nil {
		return nil, err
	}
	project := c.PathValue("project")
	if err := c.validProject(project); err != nil {
		return nil, err
	}
	doc, _ := c.document("quota_set")
	force, _ := asBool(doc["force"])
	use := c.cloud.computeUse(project)
	for _, name := range c.computeQuotas() {
		if n, given := asInt(doc[name]); given && !force && n >= 0 && n < use[name] {
			return nil, refuse(http.StatusBadRequest, "Quota limit %d for %s must be greater than or equal to already used and reserved %d.", n, name, use[name])
		}
	}
	out := map[string]any{}
	for _, name := range c.computeQuotas() {
		if n, given := asInt(doc[name]); given {
			c.cloud.setLimit(project, "compute."+name, n)
		}
		out[name] = c.cloud.limit(project, "compute."+name)
	}
	return ok(map[string]any{"quota_set": out}), nil
}

// dropComputeQuota gives a project what every project has.
func dropComputeQuota(c *call) (*reply, error) {
	if err := c.permit("os_compute_api:os-quota-sets:delete"); err != nil {
		return nil, err
	}
	for name := range c.cloud.quotas[c.PathValue("project")] {
		if strings.HasPrefix(name, "compute.") {
			delete(c.cloud.quotas[c.PathValue("project")], name)
		}
	}
	return empty(http.StatusAccepted), nil
}

// showQuotaClass tells the defaults; there is but one class.
func showQuotaClass(c *call) (*reply, error) {
	if err := c.permit("os_compute_api:os-quota-class-sets:show"); err != nil {
		return nil, err
	}
	body := c.quotaClass()
	body["id"] = c.PathValue("id")
	return ok(map[string]any{"quota_class_set": body}), nil
}

func (c *call) quotaClass() map[string]any {
	body := map[string]any{}
	for _, name := range c.computeQuotas() {
		old := strings.HasPrefix(name, "server_group") // these came with 2.50, and what the network counts went
		gone := slices.Contains([]string{"fixed_ips", "floating_ips", "security_group_rules", "security_groups"}, name)
		if since := c.version.since(2, 50); old && !since || gone && since {
			continue
		}
		body[name] = c.cloud.defaultLimit("compute." + name)
	}
	return body
}

// setQuotaClass changes the defaults.
func setQuotaClass(c *call) (*reply, error) {
	if err := c.permit("os_compute_api:os-quota-class-sets:update"); err != nil {
		return nil, err
	}
	doc, _ := c.document("quota_class_set")
	for _, name := range sortedKeys(c.quotaClass()) {
		if n, given := asInt(doc[name]); given && c.PathValue("id") == "default" { // no project is of another class
			c.cloud.setLimit(everyProject, "compute."+name, n)
		}
	}
	return ok(map[string]any{"quota_class_set": c.quotaClass()}), nil
}
