package openstack

import (
	"net/http"
	"net/url"
	"slices"
	"time"
)

const novaMicro = "2006-01-02T15:04:05.000000"

func usageRoutes(on func(string, handler)) {
	on("GET /os-simple-tenant-usage", listUsage)
	on("GET /os-simple-tenant-usage/{id}", showUsage)
	on("GET /os-instance_usage_audit_log", showAuditLog("instance_usage_audit_logs", "list"))
	on("GET /os-instance_usage_audit_log/{id}", showAuditLog("instance_usage_audit_log", "show"))
}

// A usagePeriod is the time that a report of use is about.
type usagePeriod struct{ start, stop time.Time }

// usagePeriod reads it from a query; the default is the moment.
func (c *call) usagePeriod(q url.Values) (usagePeriod, error) {
	p := usagePeriod{c.now, c.now.Add(time.Microsecond)}
	for name, field := range map[string]*time.Time{"start": &p.start, "end": &p.stop} {
		word := q.Get(name)
		if word == "" {
			continue
		}
		read := false
		for _, form := range []string{"2006-01-02T15:04:05.999999", "2006-01-02 15:04:05.999999"} {
			if t, err := time.Parse(form, word); err == nil && (form[10] == 'T' || len(word) > 19) {
				*field, read = t, true
			}
		}
		if !read {
			return p, refuse(http.StatusBadRequest, "Invalid date and time: Datetime is in invalid format")
		}
	}
	if !p.start.Before(p.stop) {
		return p, refuse(http.StatusBadRequest, "Invalid start time. The start time cannot occur after the end time.")
	}
	if now := c.now.Add(time.Microsecond); p.stop.After(now) {
		p.stop = now
	}
	return p, nil
}

// serversIn are the servers that ran in a period, also deleted ones.
func (c *call) serversIn(p usagePeriod, project string) []*server {
	var list []*server
	for _, table := range []func(func(*server) bool){c.cloud.compute.past.All(), c.cloud.compute.servers.All()} {
		for s := range table {
			began := !s.launched.IsZero() && s.launched.Before(p.stop) && !s.launched.After(c.now)
			if (project == "" || s.project == project) && began && (s.ended.IsZero() || s.ended.After(p.start)) {
				list = append(list, s)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b *server) int { return a.number - b.number })
	return list
}

func (c *call) serverUsage(s *server, p usagePeriod) map[string]any {
	start, stop := p.start, p.stop
	if s.launched.After(start) {
		start = s.launched
	}
	if !s.ended.IsZero() && s.ended.Before(stop) {
		stop = s.ended
	}
	body := map[string]any{"hours": max(0, stop.Sub(start).Hours()), "flavor": s.flavor.Name, "instance_id": s.id, "name": s.name, "tenant_id": s.project,
		"memory_mb": s.flavor.RAM, "local_gb": s.flavor.Disk + s.flavor.Ephemeral, "vcpus": s.flavor.VCPUs, "started_at": moment(s.launched, novaLong),
		"ended_at": nil, "state": s.state(c.now).vm, "uptime": int64(c.now.Sub(s.launched).Seconds())}
	if !s.ended.IsZero() {
		body["ended_at"], body["state"], body["uptime"] = moment(s.ended, novaLong), "terminated", int64(s.ended.Sub(s.launched).Seconds())
	}
	return body
}

// usages sums servers up by project, in the order in which they appear.
func (c *call) usages(list []*server, p usagePeriod, detailed bool) []any {
	out, byProject := []any{}, map[string]map[string]any{}
	for _, s := range list {
		sum, there := byProject[s.project]
		if !there {
			sum = map[string]any{"tenant_id": s.project, "total_local_gb_usage": 0.0, "total_vcpus_usage": 0.0, "total_memory_mb_usage": 0.0, "total_hours": 0.0,
				"start": p.start.UTC().Format(novaMicro), "stop": p.stop.UTC().Format(novaMicro)}
			if detailed {
				sum["server_usages"] = []any{}
			}
			byProject[s.project] = sum
			out = append(out, sum)
		}
		u := c.serverUsage(s, p)
		hours := u["hours"].(float64)
		for name, by := range map[string]int64{"total_local_gb_usage": s.flavor.Disk + s.flavor.Ephemeral, "total_vcpus_usage": s.flavor.VCPUs,
			"total_memory_mb_usage": s.flavor.RAM, "total_hours": 1} {
			sum[name] = sum[name].(float64) + hours*float64(by)
		}
		if detailed {
			sum["server_usages"] = append(sum["server_usages"].([]any), u)
		}
	}
	return out
}

// usagePage cuts the servers of a report since 2.40.
func (c *call) usagePage(list []*server, path string) ([]*server, any, error) {
	if !c.version.since(2, 40) {
		return list, nil, nil
	}
	if m := c.URL.Query().Get("marker"); m != "" && !slices.ContainsFunc(list, func(s *server) bool { return s.id == m }) {
		return nil, nil, refuse(http.StatusBadRequest, "Marker %s could not be found.", m)
	}
	page, next, err := novaPage(c, list, func(s *server) string { return s.id }, path, false)
	if !c.URL.Query().Has("limit") {
		next = nil
	}
	return page, next, err
}

func listUsage(c *call) (*reply, error) {
	if err := c.permit("os_compute_api:os-simple-tenant-usage:list"); err != nil {
		return nil, err
	}
	q := c.URL.Query()
	p, err := c.usagePeriod(q)
	if err != nil {
		return nil, err
	}
	list, next, err := c.usagePage(c.serversIn(p, ""), "/os-simple-tenant-usage")
	if err != nil {
		return nil, err
	}
	body := map[string]any{"tenant_usages": c.usages(list, p, q.Get("detailed") == "1")}
	if next != nil {
		body["tenant_usages_links"] = next
	}
	return ok(body), nil
}

func showUsage(c *call) (*reply, error) {
	project := c.PathValue("id")
	if project != c.project() && !c.admin() {
		return nil, notAllowed("os_compute_api:os-simple-tenant-usage:show")
	}
	p, err := c.usagePeriod(c.URL.Query())
	if err != nil {
		return nil, err
	}
	list, next, err := c.usagePage(c.serversIn(p, project), "/os-simple-tenant-usage/"+project)
	if err != nil {
		return nil, err
	}
	body := map[string]any{"tenant_usage": map[string]any{}}
	if sums := c.usages(list, p, true); len(sums) > 0 {
		body["tenant_usage"] = sums[0]
	}
	if next != nil {
		body["tenant_usage_links"] = next
	}
	return ok(body), nil
}

// showAuditLog: nobody runs the audit that this would tell of.
func showAuditLog(key, rule string) handler {
	return func(c *call) (*reply, error) {
		if err := c.permit("os_compute_api:os-instance-usage-audit-log:" + rule); err != nil {
			return nil, err
		}
		before := c.now
		if id := c.PathValue("id"); id != "" {
			t, err := time.Parse("2006-01-02 15:04:05", id)
			if err != nil {
				return nil, refuse(http.StatusBadRequest, "Invalid timestamp for date %s", id)
			}
			before = t
		}
		end := time.Date(before.Year(), before.Month(), 1, 0, 0, 0, 0, time.UTC)
		hosts := []any{}
		for h := range c.cloud.compute.hosts.All() {
			hosts = append(hosts, h.name)
		}
		return ok(map[string]any{key: map[string]any{"period_beginning": end.AddDate(0, -1, 0).Format(time.DateTime), "period_ending": end.Format(time.DateTime),
			"num_hosts": len(hosts), "num_hosts_done": 0, "num_hosts_running": 0, "num_hosts_not_run": len(hosts), "hosts_not_run": hosts, "total_instances": 0,
			"total_errors": 0, "overall_status": "0 of " + pyStr(int64(len(hosts))) + " hosts done. 0 errors.", "log": map[string]any{}}}), nil
	}
}
