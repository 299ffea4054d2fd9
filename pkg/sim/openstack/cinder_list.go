package openstack

import (
	"cmp"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/sim"
)

// inProject tells whether an object is in the caller's list: his project's, or
// all for an administrator who asks for all.
func (c *call) inProject(project string, q url.Values) bool {
	if c.admin() && slices.Contains([]string{"1", "true", "True"}, q.Get("all_tenants")) {
		asked := cmp.Or(q.Get("project_id"), q.Get("tenant_id"))
		return asked == "" || asked == project
	}
	return project == c.project()
}

func badFilters(unknown []string) error {
	return refuse(http.StatusBadRequest, "Invalid filters %s are found in query options.", strings.Join(unknown, ","))
}

// owned returns the object of that id if the caller may see it: the project's
// own, or for an administrator everybody's.
func owned[T any](c *call, table *sim.Table[T], id string, project func(T) string, missing func(string) error) (T, error) {
	found, there := table.Get(id)
	if !there || project(found) != c.project() && !c.admin() {
		var none T
		return none, missing(id)
	}
	return found, nil
}

// showing answers with the object in the path, under that key.
func showing[T any](key string, find func(*call, string) (T, error), body func(*call, T) map[string]any) handler {
	return func(c *call) (*reply, error) {
		found, err := find(c, c.PathValue("id"))
		if err != nil {
			return nil, err
		}
		return ok(map[string]any{key: body(c, found)}), nil
	}
}

func compareText(a, b string) int { return strings.Compare(a, b) }

// listing answers with one page. The list comes newest first, which is
// Cinder's order unless the query says another.
func listing[T any](c *call, key, path string, list []T, body func(T) (string, map[string]any), compare func(string, T, T) (int, bool),
	missing func(string) error) (*reply, error) {
	q := c.URL.Query()
	if err := order(list, q, compare); err != nil {
		return nil, err
	}
	limit, err := c.listLimit(q)
	if err != nil {
		return nil, err
	}
	count := len(list)
	bodies := make([]map[string]any, 0, len(list))
	last, found := "", q.Get("marker") == ""
	for _, item := range list {
		id, b := body(item)
		if found && len(bodies) < limit {
			bodies, last = append(bodies, b), id
		}
		found = found || id == q.Get("marker")
	}
	if !found {
		return nil, missing(q.Get("marker"))
	}
	page := map[string]any{key: bodies}
	if len(bodies) == limit && limit > 0 && last != "" && (q.Has("limit") || limit == c.cloud.pageLimit("block-storage")) {
		page[linksKey(key)] = []any{map[string]any{"rel": "next", "href": c.url("/v3/" + c.project() + path + "?" + nextQuery(c.URL.RawQuery, last))}}
	}
	if on, _ := asBool(q.Get("with_count")); on && c.version.since(3, 45) {
		page["count"] = count
	}
	return ok(page), nil
}

// nextQuery is a query with another marker.
func nextQuery(query, marker string) string {
	var parts []string
	for _, p := range strings.Split(query, "&") {
		if p != "" && !strings.HasPrefix(p, "marker=") {
			parts = append(parts, p)
		}
	}
	return strings.Join(append(parts, "marker="+marker), "&")
}

// linksKey is where the next page is named.
func linksKey(key string) string {
	if key == "volume_types" {
		return "volume_type_links" // unlike the others
	}
	return key + "_links"
}

func (c *call) listLimit(q url.Values) (int, error) {
	most := c.cloud.pageLimit("block-storage")
	if !q.Has("limit") {
		return most, nil
	}
	n, err := strconv.Atoi(q.Get("limit"))
	switch {
	case err != nil:
		return 0, refuse(http.StatusBadRequest, "limit param must be an integer")
	case n < 0:
		return 0, refuse(http.StatusBadRequest, "limit param must be positive")
	}
	return min(n, most), nil
}

// order sorts by sort=key:dir,… or sort_key and sort_dir.
func order[T any](list []T, q url.Values, compare func(string, T, T) (int, bool)) error {
	asked := q.Get("sort")
	if asked == "" && q.Has("sort_key") {
		asked = q.Get("sort_key") + ":" + cmp.Or(q.Get("sort_dir"), "desc")
	}
	if asked == "" {
		return nil
	}
	keys := strings.Split(asked, ",")
	for i := len(keys) - 1; i >= 0; i-- {
		key, dir, _ := strings.Cut(strings.TrimSpace(keys[i]), ":")
		if !slices.Contains(volumeSortKeys, key) {
			return badInput("Invalid sort key")
		}
		if dir != "" && dir != "asc" && dir != "desc" {
			return badInput("Unknown sort direction, must be 'desc' or 'asc'.")
		}
		slices.SortStableFunc(list, func(a, b T) int {
			n, _ := compare(key, a, b)
			if dir == "asc" {
				return n
			}
			return -n
		})
	}
	return nil
}

var volumeSortKeys = []string{"id", "name", "display_name", "status", "size", "created_at", "updated_at", "availability_zone", "bootable",
	"host", "volume_type_id", "volume_id", "attach_status", "consumes_quota"}

var pyPair = regexp.MustCompile(`u?['"]([^'"]*)['"]\s*:\s*u?['"]([^'"]*)['"]`)

// pyDict reads a dictionary of strings as Python writes it.
func pyDict(s string) map[string]string {
	out := map[string]string{}
	for _, m := range pyPair.FindAllStringSubmatch(s, -1) {
		out[m[1]] = m[2]
	}
	return out
}

var uuidForm = regexp.MustCompile(`^[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$`)

// isUUID takes what oslo's is_uuid_like takes.
func isUUID(s string) bool { return uuidForm.MatchString(s) }
