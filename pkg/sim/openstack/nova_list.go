package openstack

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

func listServers(detail bool) handler {
	return func(c *call) (*reply, error) {
		q := c.URL.Query()
		if err := c.permit("os_compute_api:servers:" + map[bool]string{false: "index", true: "detail"}[detail]); err != nil {
			return nil, err
		}
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
	f, err := c.serverFilter(q)
	if err != nil {
		return nil, err
	}
	all, err := c.allTenants(q, detail)
	if err != nil {
		return nil, err
	}
	order, err := c.serverOrder(q)
	if err != nil {
		return nil, err
	}
	var list []*server
	take := func(s *server) {
		if (all || s.project == c.project()) && f.match(s) {
			list = append(list, s)
		}
	}
	if f.past {
		for s := range c.cloud.compute.past.All() {
			take(s)
		}
	}
	if f.present {
		for s := range c.cloud.compute.servers.All() {
			take(s)
		}
	}
	slices.SortStableFunc(list, order)
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
	if !all {
		return false, nil
	}
	return all, c.permit(rule)
}

// serverColumns are what Nova's table of servers can be sorted and filtered by.
func (c *call) serverColumns() map[string]func(*server) string {
	at := func(t time.Time) string {
		if t.IsZero() || t.After(c.now) {
			return ""
		}
		return t.UTC().Format("2006-01-02 15:04:05")
	}
	return map[string]func(*server) string{
		"display_name": func(s *server) string { return s.name }, "uuid": func(s *server) string { return s.id },
		"hostname": func(s *server) string { return s.hostname }, "user_id": func(s *server) string { return s.user },
		"project_id": func(s *server) string { return s.project }, "image_ref": func(s *server) string { return s.image },
		"key_name": func(s *server) string { return text(s.key) }, "availability_zone": func(s *server) string { return s.zone },
		"config_drive": func(s *server) string { return s.drive }, "host": func(s *server) string { return s.host }, "node": func(s *server) string { return s.host },
		"vm_state": func(s *server) string { return s.state(c.now).vm }, "task_state": func(s *server) string { return s.state(c.now).task },
		"power_state":  func(s *server) string { return pyStr(int64(s.state(c.now).power)) },
		"launch_index": func(s *server) string { return pyStr(int64(s.launchIndex)) }, "reservation_id": func(s *server) string { return s.reservation },
		"display_description": func(s *server) string { return text(s.description) }, "access_ip_v4": func(s *server) string { return s.access4 },
		"access_ip_v6": func(s *server) string { return s.access6 }, "progress": func(*server) string { return "0" },
		"locked_by": func(s *server) string { return s.lockedBy }, "locked": func(s *server) string { return pyStr(s.locked) },
		"root_device_name": func(s *server) string { return "/dev/" + s.bus + "a" }, "instance_type_id": c.flavorNumber,
		"created_at": func(s *server) string { return at(s.created) }, "updated_at": func(s *server) string { return at(s.updated(c.now)) },
		"launched_at": func(s *server) string { return at(s.launched) }, "terminated_at": func(s *server) string { return at(s.ended) },
		"auto_disk_config": func(s *server) string { return s.diskConfig }, "kernel_id": func(*server) string { return "" }, "ramdisk_id": func(*server) string { return "" },
	}
}

func (c *call) flavorNumber(s *server) string {
	if f, there := c.cloud.compute.flavors.Get(s.flavor.ID); there {
		return pyStr(int64(f.number))
	}
	return ""
}

// serverOrder makes the order of a list; keys that mean nothing are left out.
func (c *call) serverOrder(q url.Values) (func(a, b *server) int, error) {
	keys, dirs := q["sort_key"], q["sort_dir"]
	columns := c.serverColumns()
	type part struct {
		value func(*server) string
		down  bool
	}
	var parts []part
	for i, key := range keys {
		if (key == "host" || key == "node") && !c.admin() {
			return nil, refuse(http.StatusForbidden, "Only administrators can sort servers by %s", key)
		}
		value, known := columns[key]
		if !known || key == "reservation_id" || key == "locked" && !c.version.since(2, 73) {
			continue
		}
		dir := "desc"
		if len(dirs) > 0 {
			dir = dirs[min(i, len(dirs)-1)]
		}
		if key == "created_at" { // finer than seconds
			value = func(s *server) string { return s.created.UTC().Format(time.RFC3339Nano) + pyStr(int64(1e9+s.number)) }
		}
		parts = append(parts, part{value, dir == "desc"})
	}
	up := len(keys) == 0 && len(dirs) > 0 && dirs[0] == "asc"
	return func(a, b *server) int {
		for _, p := range parts {
			order := strings.Compare(p.value(a), p.value(b))
			if p.down {
				order = -order
			}
			if order != 0 {
				return order
			}
		}
		newest := cmp.Or(b.created.Compare(a.created), cmp.Compare(b.number, a.number))
		if up {
			return -newest
		}
		return newest
	}, nil
}
