package openstack

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// A serverFilter tells which servers a list has.
type serverFilter struct {
	present, past bool // servers that are there; that were deleted
	tests         []func(*server) bool
}

func (f *serverFilter) match(s *server) bool {
	return !slices.ContainsFunc(f.tests, func(t func(*server) bool) bool { return !t(s) })
}

// memberFilters are the filters that everybody may use, by the microversion
// that brought them; others are an administrator's, and otherwise ignored.
var memberFilters = map[string]int{"reservation_id": 1, "name": 1, "status": 1, "image": 1, "flavor": 1, "ip": 1, "changes-since": 1, "ip6": 5, "tags": 26,
	"tags-any": 26, "not-tags": 26, "not-tags-any": 26, "changes-before": 66, "locked": 73, "availability_zone": 83, "config_drive": 83, "key_name": 83,
	"created_at": 83, "launched_at": 83, "terminated_at": 83, "power_state": 83, "task_state": 83, "vm_state": 83, "progress": 83, "user_id": 83, "hostname": 90}

// exactColumns are compared as they are; in all others a pattern is looked for.
var exactColumns = []string{"project_id", "user_id", "image_ref", "vm_state", "instance_type_id", "uuid", "host", "task_state", "locked"}

// columnOf are the filters with another name than their column.
var columnOf = map[string]string{"image": "image_ref", "name": "display_name", "tenant_id": "project_id", "description": "display_description"}

// joined are filters that would need more than the table.
var joined = []string{"block_device_mapping", "services", "metadata", "system_metadata", "info_cache", "security_groups", "pci_devices"}

func (c *call) mayFilter(name string) bool {
	minor, everybody := memberFilters[name]
	return c.permit("os_compute_api:servers:allow_all_filters") == nil || everybody && c.version.since(2, minor)
}

func (c *call) serverFilter(q url.Values) (*serverFilter, error) {
	f := &serverFilter{present: true}
	for _, name := range sortedKeys(q) {
		if !c.mayFilter(name) {
			continue
		}
		if slices.Contains(joined, name) || strings.HasPrefix(name, "_") {
			return nil, refuse(http.StatusBadRequest, "Invalid filter field: %s.", name)
		}
		if err := c.addFilter(f, name, q); err != nil {
			return nil, err
		}
	}
	if err := c.filterTime(f, q); err != nil {
		return nil, err
	}
	return f, nil
}

// addFilter adds the test of one filter.
func (c *call) addFilter(f *serverFilter, name string, q url.Values) error {
	want := q[name][len(q[name])-1]
	add := func(test func(*server) bool) { f.tests = append(f.tests, test) }
	switch name {
	case "status":
		return c.filterStatus(f, q["status"])
	case "flavor":
		add(func(s *server) bool { return s.flavor.ID == want })
	case "ip", "ip6":
		return c.filterAddress(f, name, want)
	case "tags", "tags-any", "not-tags", "not-tags-any":
		match := tagFilter(name, []string{want})
		add(func(s *server) bool { return match(map[string]any{"tags": anyList(s.tags)}) })
	case "locked":
		on, valid := asBool(want)
		if !valid {
			return refuse(http.StatusBadRequest, "Unrecognized value '%s', acceptable values are: '0', '1', 'f', 'false', 'n', 'no', 'off', 'on', 't', 'true', 'y', 'yes'", want)
		}
		add(func(s *server) bool { return s.locked == on })
	case "deleted":
		f.past, _ = asBool(want)
		f.present = !f.past
	case "changes-since", "changes-before", "all_tenants", "tenant_id", "project_id", "limit", "marker", "sort_key", "sort_dir":
		if project := want; (name == "tenant_id" || name == "project_id") && q.Has("all_tenants") {
			add(func(s *server) bool { return s.project == project })
		}
	default:
		return c.filterColumn(f, name, want)
	}
	return nil
}

func (c *call) filterColumn(f *serverFilter, name, want string) error {
	column := name
	if other, renamed := columnOf[name]; renamed {
		column = other
	}
	value, known := c.serverColumns()[column]
	if !known {
		return nil
	}
	if slices.Contains(exactColumns, column) {
		f.tests = append(f.tests, func(s *server) bool { return value(s) == want })
		return nil
	}
	re, err := regexp.Compile("(?i)" + want)
	if err != nil {
		return refuse(http.StatusBadRequest, "Invalid filter field: %s.", name)
	}
	f.tests = append(f.tests, func(s *server) bool { return re.MatchString(value(s)) })
	return nil
}

// filterStatus compares with the words that users see; one that there is not
// finds nothing, and is refused since 2.38.
func (c *call) filterStatus(f *serverFilter, words []string) error {
	known := false
	for _, w := range words {
		for _, have := range []map[string]string{serverStatus, taskStatus} {
			for _, word := range have {
				known = known || strings.EqualFold(w, word)
			}
		}
		if strings.EqualFold(w, "DELETED") && len(words) == 1 {
			if !c.admin() {
				return refuse(http.StatusForbidden, "Only administrators may list deleted instances")
			}
			f.past, f.present = true, false
		}
	}
	if !known && c.version.since(2, 38) {
		return refuse(http.StatusBadRequest, "Invalid status value")
	}
	f.tests = append(f.tests, func(s *server) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.EqualFold(s.status(c.now), w) })
	})
	return nil
}

// filterAddress finds part of an address where Neutron can, else a pattern.
func (c *call) filterAddress(f *serverFilter, name, want string) error {
	find := func(ip string) bool { return strings.Contains(ip, want) }
	if !c.cloud.network.extensions["ip-substring-filtering"] {
		re, err := regexp.Compile(want)
		if err != nil {
			return refuse(http.StatusBadRequest, "Invalid filter field: %s.", name)
		}
		find = re.MatchString
	}
	f.tests = append(f.tests, func(s *server) bool {
		for _, p := range c.portsOf(s) {
			for _, fixed := range p.list("fixed_ips") {
				ip := text(fixed.(map[string]any)["ip_address"])
				if strings.Contains(ip, ":") == (name == "ip6") && find(ip) {
					return true
				}
			}
		}
		return false
	})
	return nil
}

// filterTime adds the interval in which a server changed; with one, deleted
// servers are told too.
func (c *call) filterTime(f *serverFilter, q url.Values) error {
	since, before := q.Get("changes-since"), ""
	if c.mayFilter("changes-before") {
		before = q.Get("changes-before")
	}
	if since == "" && before == "" {
		return nil
	}
	if err := changesInOrder(since, before); err != nil {
		return err
	}
	if !q.Has("deleted") || !c.mayFilter("deleted") {
		f.past = true
	}
	f.tests = append(f.tests, func(s *server) bool { return within(s.updated(c.now).Truncate(time.Second), since, before) })
	return nil
}

func anyList(words []string) []any {
	list := []any{}
	for _, w := range words {
		list = append(list, w)
	}
	return list
}
