package openstack

import (
	"cmp"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// serverFilters are the query parameters of a list of servers by the
// microversion that brought them.
var serverFilters = map[string]int{"user_id": 1, "project_id": 1, "tenant_id": 1, "launch_index": 1, "image_ref": 1, "image": 1, "kernel_id": 1, "ramdisk_id": 1,
	"hostname": 1, "key_name": 1, "instance_type_id": 1, "locked_by": 1, "node": 1, "power_state": 1, "progress": 1, "launched_at": 1, "terminated_at": 1,
	"uuid": 1, "reservation_id": 1, "root_device_name": 1, "availability_zone": 1, "config_drive": 1, "access_ip_v4": 1, "access_ip_v6": 1,
	"auto_disk_config": 1, "host": 1, "vm_state": 1, "task_state": 1, "created_at": 1, "updated_at": 1, "deleted": 1, "description": 1, "flavor": 1, "ip": 1,
	"ip6": 1, "name": 1, "not-tags": 26, "not-tags-any": 26, "tags": 26, "tags-any": 26, "status": 1, "changes-since": 1, "changes-before": 66,
	"all_tenants": 1, "soft_deleted": 1, "locked": 73}

func listServers(detail bool) handler {
	return func(c *call) (*reply, error) {
		q := c.URL.Query()
		list, err := c.serversFor(q, detail)
		if err != nil {
			return nil, err
		}
		page, next, err := novaPage(c, list, func(s *server) string { return s.id }, "/servers", detail)
		if err != nil {
			return nil, err
		}
		out := []any{}
		for _, s := range page {
			if detail {
				out = append(out, c.serverBody(s, false))
			} else {
				out = append(out, map[string]any{"id": s.id, "name": s.name, "links": selfLinks(c, "/servers/"+s.id)})
			}
		}
		body := map[string]any{"servers": out}
		if next != nil {
			body["servers_links"] = next
		}
		return ok(body), nil
	}
}

// serversFor returns what the caller asks for, newest first unless he wants
// another order.
func (c *call) serversFor(q url.Values, detail bool) ([]*server, error) {
	all, err := c.allTenants(q, detail)
	if err != nil {
		return nil, err
	}
	test, err := c.serverTest(q)
	if err != nil {
		return nil, err
	}
	var list []*server
	for s := range c.cloud.compute.servers.All() {
		if (all || s.project == c.project()) && test(s) {
			list = append(list, s)
		}
	}
	slices.Reverse(list)
	key, up := q.Get("sort_key"), q.Get("sort_dir") == "asc"
	if key == "" {
		key = "created_at"
	}
	slices.SortStableFunc(list, func(a, b *server) int {
		order := compareServers(key, a, b)
		if !up {
			order = -order
		}
		return order
	})
	return list, nil
}

func (c *call) allTenants(q url.Values, detail bool) (bool, error) {
	word := q.Get("all_tenants")
	if !q.Has("all_tenants") {
		return false, nil
	}
	all, valid := asBool(word)
	if word == "" {
		all, valid = true, true
	}
	if !valid {
		return false, refuse(http.StatusBadRequest, "Unrecognized value '%s', acceptable values are: '0', '1', 'f', 'false', 'n', 'no', 'off', 'on', 't', 'true', 'y', 'yes'", word)
	}
	rule := "os_compute_api:servers:index:get_all_tenants"
	if detail {
		rule = "os_compute_api:servers:detail:get_all_tenants"
	}
	if all && !c.admin() {
		return false, notAllowed(rule)
	}
	return all, nil
}

func compareServers(key string, a, b *server) int {
	switch key {
	case "display_name":
		return strings.Compare(a.name, b.name)
	case "uuid":
		return strings.Compare(a.id, b.id)
	case "hostname":
		return strings.Compare(a.hostname, b.hostname)
	case "launched_at":
		return a.launched.Compare(b.launched)
	}
	return cmp.Or(a.created.Compare(b.created), cmp.Compare(a.number, b.number))
}

// serverTest makes one test of all filters that a member may use; others are
// ignored, as Nova does.
func (c *call) serverTest(q url.Values) (func(*server) bool, error) {
	var tests []func(*server) bool
	for name, match := range c.serverTests() {
		if values := q[name]; len(values) > 0 && c.version.since(2, max(1, serverFilters[name])) {
			want := values[len(values)-1]
			tests = append(tests, func(s *server) bool { return match(s, want) })
		}
	}
	for _, name := range []string{"tags", "tags-any", "not-tags", "not-tags-any"} {
		if values := q[name]; len(values) > 0 && c.version.since(2, 26) {
			match := tagFilter(name, values)
			tests = append(tests, func(s *server) bool {
				list := []any{}
				for _, t := range s.tags {
					list = append(list, t)
				}
				return match(map[string]any{"tags": list})
			})
		}
	}
	for _, name := range []string{"name", "ip"} {
		if _, err := regexp.Compile(q.Get(name)); err != nil {
			return nil, refuse(http.StatusBadRequest, "Invalid filter field: %s.", name)
		}
	}
	return func(s *server) bool {
		return !slices.ContainsFunc(tests, func(t func(*server) bool) bool { return !t(s) })
	}, nil
}

func (c *call) serverTests() map[string]func(*server, string) bool {
	return map[string]func(*server, string) bool{
		"name":   func(s *server, want string) bool { return matches("(?i)"+want, s.name) },
		"status": func(s *server, want string) bool { return strings.EqualFold(s.status(c.now), want) },
		"flavor": func(s *server, want string) bool { return s.flavor.ID == want },
		"image":  func(s *server, want string) bool { return s.image == want },
		"ip": func(s *server, want string) bool {
			for _, p := range c.portsOf(s) {
				for _, f := range p.list("fixed_ips") {
					if matches(want, text(f.(map[string]any)["ip_address"])) {
						return true
					}
				}
			}
			return false
		},
		"uuid":     func(s *server, want string) bool { return s.id == want || !c.version.since(2, 83) && !c.admin() },
		"key_name": func(s *server, want string) bool { return s.key == want || !c.version.since(2, 83) && !c.admin() },
		"locked":   func(s *server, want string) bool { b, _ := asBool(want); return s.locked == b },
		"changes-since": func(s *server, want string) bool {
			t, err := time.Parse(time.RFC3339, want)
			return err != nil || !s.updated(c.now).Before(t)
		},
	}
}
