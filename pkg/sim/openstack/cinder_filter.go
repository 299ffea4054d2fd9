package openstack

import (
	"net/url"
	"slices"
	"strings"
)

// resourceFilters are what Cinder lets be asked of each list
// (resource_filters.json as it is shipped).
var resourceFilters = []struct {
	resource string
	filters  []string
}{
	{"volume", []string{"name", "status", "metadata", "bootable", "migration_status", "availability_zone", "group_id", "size", "created_at", "updated_at",
		"consumes_quota"}},
	{"backup", []string{"name", "status", "volume_id"}},
	{"snapshot", []string{"name", "status", "volume_id", "metadata", "availability_zone", "consumes_quota"}},
	{"group", []string{"name"}},
	{"group_snapshot", []string{"name", "status", "group_id"}},
	{"attachment", []string{"volume_id", "status", "instance_id", "attach_status"}},
	{"message", []string{"resource_uuid", "resource_type", "event_id", "request_id", "message_level"}},
	{"pool", []string{"name", "volume_type"}},
	{"volume_type", []string{"is_public", "extra_specs"}},
}

func listResourceFilters(c *call) (*reply, error) {
	asked, list := c.URL.Query().Get("resource"), []any{}
	for _, f := range resourceFilters {
		if asked == "" || asked == f.resource {
			list = append(list, map[string]any{"resource": f.resource, "filters": f.filters})
		}
	}
	return ok(map[string]any{"resource_filters": list}), nil
}

// knownFilters refuses a query that the resource's filters do not have. Cinder
// did not before microversion 3.31, and does not to an administrator.
func (c *call) knownFilters(resource string, q url.Values, more ...string) error {
	if !c.version.since(3, 31) || c.admin() {
		return nil
	}
	known := append(more, "limit", "marker", "offset", "sort", "sort_key", "sort_dir", "all_tenants", "project_id", "tenant_id", "with_count")
	for _, f := range resourceFilters {
		if f.resource == resource {
			known = append(known, f.filters...)
		}
	}
	var unknown []string
	for _, k := range sortedKeys(q) {
		if !slices.Contains(known, strings.TrimSuffix(k, "~")) {
			unknown = append(unknown, k)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	return badFilters(unknown)
}

// matchesAll compares attributes with what a query says of them; name~ is for
// a part of it.
func matchesAll(q url.Values, have map[string]string) bool {
	for k, is := range have {
		if asked := q[k]; len(asked) > 0 && asked[0] != is {
			return false
		}
		if like := q[k+"~"]; len(like) > 0 && !strings.Contains(is, like[0]) {
			return false
		}
	}
	return true
}
