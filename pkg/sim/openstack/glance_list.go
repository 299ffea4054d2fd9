package openstack

import (
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// defaultImages is how many images a list has when nobody says a number
// (limit_param_default).
const defaultImages = 25

// body is an image as the API shows it.
func (im *image) body(now time.Time) map[string]any {
	b := map[string]any{}
	for k, v := range im.props {
		b[k] = v
	}
	path := "/v2/images/" + im.id
	maps.Copy(b, map[string]any{
		"id": im.id, "name": im.name, "status": im.life.At(now), "visibility": im.visibility, "owner": im.owner,
		"protected": im.protected, "os_hidden": im.hidden, "disk_format": im.diskFormat, "container_format": im.containerFormat,
		"min_disk": im.minDisk, "min_ram": im.minRAM, "tags": append([]string{}, im.tags...),
		"created_at": im.created.Format(glanceTime), "updated_at": im.updated.Format(glanceTime),
		"size": nil, "virtual_size": nil, "checksum": nil, "os_hash_algo": nil, "os_hash_value": nil,
		"self": path, "file": path + "/file", "schema": "/v2/schemas/image",
	})
	status := im.life.At(now)
	if im.staged != nil {
		b["size"] = im.staged.blob.Size()
	}
	if im.blob == nil || status != "active" && status != "deactivated" {
		return b
	}
	b["size"], b["checksum"], b["os_hash_algo"], b["os_hash_value"] = im.blob.Size(), im.checksum, im.algorithm, im.hash
	if im.virtualSize >= 0 {
		b["virtual_size"] = im.virtualSize
	}
	if status == "active" {
		b["stores"] = "file"
	}
	return b
}

// sees tells whether the caller may use an image at all.
func (c *call) sees(im *image) bool {
	return im.visibility == "public" || im.visibility == "community" || c.admin() || im.owner == c.project() ||
		im.visibility == "shared" && im.members[c.project()] != nil
}

// oneImage returns the image in the path.
func (c *call) oneImage() (*image, error) {
	id := c.PathValue("id")
	im, there := c.cloud.image.table.Get(id)
	if !there || !c.sees(im) {
		return nil, noImage(http.StatusNotFound, id)
	}
	return im, nil
}

func noImage(status int, id string) error { return refuse(status, "No image found with ID %s", id) }

func showImage(c *call) (*reply, error) {
	im, err := c.oneImage()
	if err != nil {
		return nil, err
	}
	return ok(im.body(c.now)), nil
}

func listImages(c *call) (*reply, error) {
	q := c.URL.Query()
	limit, err := c.imageLimit(q)
	if err != nil {
		return nil, err
	}
	keep, err := c.imageFilter(q)
	if err != nil {
		return nil, err
	}
	order, err := imageOrder(q)
	if err != nil {
		return nil, err
	}
	var list []*image
	for im := range c.cloud.image.table.All() {
		if keep(im) {
			list = append(list, im)
		}
	}
	slices.SortStableFunc(list, order)
	if list, err = afterImage(list, q); err != nil {
		return nil, err
	}
	more := len(list) >= limit && limit > 0 // also when nothing follows: Glance does not look
	list = list[:min(limit, len(list))]
	return ok(c.imagePage(list, q, more)), nil
}

func (c *call) imagePage(list []*image, q url.Values, more bool) map[string]any {
	bodies := make([]any, len(list))
	for i, im := range list {
		bodies[i] = im.body(c.now)
	}
	q.Del("marker")
	for k, v := range q { // Glance keeps the last of several
		q[k] = v[len(v)-1:]
	}
	page := map[string]any{"images": bodies, "schema": "/v2/schemas/images", "first": withQuery("/v2/images", q)}
	if more {
		q.Set("marker", list[len(list)-1].id)
		page["next"] = withQuery("/v2/images", q)
	}
	return page
}

func withQuery(path string, q url.Values) string {
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

func (c *call) imageLimit(q url.Values) (int, error) {
	most := c.cloud.pageLimit("image")
	if !q.Has("limit") {
		return min(defaultImages, most), nil
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

func afterImage(list []*image, q url.Values) ([]*image, error) {
	marker := q.Get("marker")
	if marker == "" {
		return list, nil
	}
	for i, im := range list {
		if im.id == marker {
			return list[i+1:], nil
		}
	}
	return nil, noImage(http.StatusBadRequest, marker)
}

var imageSortKeys = []string{"name", "status", "container_format", "disk_format", "size", "id", "created_at", "updated_at"}

// imageOrder reads sort=name:asc,size or sort_key=name&sort_dir=asc. What is
// equal otherwise is ordered by creation and id.
func imageOrder(q url.Values) (func(a, b *image) int, error) {
	keys, dirs := q["sort_key"], q["sort_dir"]
	if q.Has("sort") {
		if len(keys)+len(dirs) > 0 {
			return nil, refuse(http.StatusBadRequest, "Old and new sorting syntax cannot be combined")
		}
		for _, part := range strings.Split(strings.TrimSpace(q.Get("sort")), ",") {
			key, dir, _ := strings.Cut(part, ":")
			keys, dirs = append(keys, strings.TrimSpace(key)), append(dirs, cmp.Or(strings.TrimSpace(dir), "desc"))
		}
	} else if len(dirs) > 1 && len(dirs) != len(keys) {
		return nil, refuse(http.StatusBadRequest, "Number of sort dirs does not match the number of sort keys")
	}
	for _, k := range keys {
		if !slices.Contains(imageSortKeys, k) {
			return nil, refuse(http.StatusBadRequest, "Invalid sort key: %s. It must be one of the following: %s.", k, strings.Join(imageSortKeys, ", "))
		}
	}
	for _, d := range dirs {
		if d != "asc" && d != "desc" {
			return nil, refuse(http.StatusBadRequest, "Invalid sort direction: %s", d)
		}
	}
	return compareImages(keys, dirs), nil
}

func compareImages(keys, dirs []string) func(a, b *image) int {
	dir := func(i int) int {
		if len(dirs) > 0 && dirs[min(i, len(dirs)-1)] == "asc" {
			return 1
		}
		return -1
	}
	return func(a, b *image) int {
		for i, k := range append(slices.Clone(keys), "created_at", "id") {
			if n := compareBy(k, a, b); n != 0 {
				return n * dir(i)
			}
		}
		return 0
	}
}

func compareBy(key string, a, b *image) int {
	switch key {
	case "created_at":
		return a.created.Compare(b.created)
	case "updated_at":
		return a.updated.Compare(b.updated)
	case "id":
		return strings.Compare(a.id, b.id)
	case "name":
		return strings.Compare(text(a.name), text(b.name))
	case "disk_format":
		return strings.Compare(text(a.diskFormat), text(b.diskFormat))
	case "container_format":
		return strings.Compare(text(a.containerFormat), text(b.containerFormat))
	case "status":
		return strings.Compare(a.life.Last(), b.life.Last())
	case "size":
		return cmp.Compare(a.size(), b.size())
	}
	return 0
}

func (im *image) size() int64 {
	if im.blob == nil {
		return 0
	}
	return im.blob.Size()
}

// imageFilter reads what a list asks for. Whatever is no parameter of Glance's
// own is the name of a property.
func (c *call) imageFilter(q url.Values) (func(*image) bool, error) {
	visibility := q.Get("visibility")
	if !slices.Contains([]string{"", "community", "public", "private", "shared", "all"}, visibility) {
		return nil, refuse(http.StatusBadRequest, "Invalid visibility value: %s", visibility)
	}
	for _, k := range []string{"protected", "os_hidden"} {
		if v := strings.ToLower(q.Get(k)); v != "" && v != "true" && v != "false" {
			return nil, refuse(http.StatusBadRequest, "Invalid value '%s' for '%s' filter. Valid values are 'true' or 'false'.", v, k)
		}
	}
	if status := q.Get("member_status"); !slices.Contains([]string{"", "pending", "accepted", "rejected", "all"}, status) {
		return nil, refuse(http.StatusBadRequest, "Invalid status: %s", status)
	}
	if q.Has("changes-since") {
		return nil, refuse(http.StatusBadRequest, "The \"changes-since\" filter is no longer available on v2.")
	}
	for _, k := range []string{"size_min", "size_max"} {
		if _, isInt := asInt(q.Get(k)); q.Has(k) && !isInt {
			return nil, refuse(http.StatusBadRequest, "Unable to filter on a range with a non-numeric value.")
		}
	}
	moments, err := momentFilters(q)
	if err != nil {
		return nil, err
	}
	return func(im *image) bool {
		if !c.lists(im, visibility, q.Get("member_status")) || im.hidden != strings.EqualFold(q.Get("os_hidden"), "true") {
			return false
		}
		for k := range q {
			if !im.matches(k, q, c.now) {
				return false
			}
		}
		return !slices.ContainsFunc(moments, func(m momentFilter) bool { return !m(im) })
	}, nil
}

// lists tells whether an image is in the caller's list: one may use a
// community image without being bothered by it.
func (c *call) lists(im *image, visibility, status string) bool {
	switch visibility {
	case "all":
	case "":
		if im.visibility == "community" && im.owner != c.project() {
			return false
		}
	default:
		if im.visibility != visibility {
			return false
		}
	}
	if im.owner == c.project() || c.admin() || im.visibility == "public" || im.visibility == "community" {
		return true
	}
	m := im.members[c.project()]
	return im.visibility == "shared" && m != nil && (status == "all" || m.status == cmp.Or(status, "accepted"))
}

func (im *image) matches(key string, q url.Values, now time.Time) bool {
	want := q.Get(key)
	switch key {
	case "limit", "marker", "sort", "sort_key", "sort_dir", "visibility", "member_status", "os_hidden", "created_at", "updated_at":
		return true
	case "tag":
		return !slices.ContainsFunc(q["tag"], func(t string) bool { return !slices.Contains(im.tags, t) })
	case "name", "status", "id", "container_format", "disk_format":
		have := map[string]string{"name": text(im.name), "status": im.life.At(now), "id": im.id,
			"container_format": text(im.containerFormat), "disk_format": text(im.diskFormat)}[key]
		return slices.Contains(anyOf(want), have)
	case "owner":
		return im.owner == want
	case "protected":
		return strconv.FormatBool(im.protected) == strings.ToLower(want)
	case "min_disk":
		return strconv.FormatInt(im.minDisk, 10) == want
	case "min_ram":
		return strconv.FormatInt(im.minRAM, 10) == want
	case "size_min", "size_max":
		n, err := strconv.ParseInt(want, 10, 64)
		return err == nil && (key == "size_min" && im.size() >= n || key == "size_max" && im.size() <= n)
	}
	return im.props[key] == want
}

// anyOf reads in:a,"b,c" or a single value.
func anyOf(want string) []string {
	list, several := strings.CutPrefix(want, "in:")
	if !several {
		return []string{want}
	}
	var out []string
	for list != "" {
		var item string
		if rest, quoted := strings.CutPrefix(list, `"`); quoted {
			item, list, _ = strings.Cut(rest, `"`)
			list = strings.TrimPrefix(list, ",")
		} else {
			item, list, _ = strings.Cut(list, ",")
		}
		out = append(out, item)
	}
	return out
}

func isMoment(s string) bool {
	_, err := time.Parse(time.RFC3339, s)
	return err == nil
}

type momentFilter func(*image) bool

// momentFilters reads created_at=gt:2026-01-01T00:00:00Z.
func momentFilters(q url.Values) ([]momentFilter, error) {
	var list []momentFilter
	for _, key := range []string{"created_at", "updated_at"} {
		if !q.Has(key) {
			continue
		}
		op, when, found := strings.Cut(q.Get(key), ":")
		if !found || !slices.Contains([]string{"eq", "neq", "gt", "gte", "lt", "lte"}, op) {
			op, when = "eq", q.Get(key)
		}
		if word, _, found := strings.Cut(q.Get(key), ":"); found && op == "eq" && word != "eq" && !isMoment(q.Get(key)) {
			return nil, refuse(http.StatusBadRequest, "Unable to filter on a unknown operator.")
		}
		t, err := time.Parse(time.RFC3339, when)
		if err != nil {
			return nil, refuse(http.StatusBadRequest, "Bad \"%s\" query filter format. Use ISO 8601 DateTime notation.", key)
		}
		list = append(list, func(im *image) bool {
			n := im.created.Compare(t)
			if key == "updated_at" {
				n = im.updated.Compare(t)
			}
			return map[string]bool{"eq": n == 0, "neq": n != 0, "gt": n > 0, "gte": n >= 0, "lt": n < 0, "lte": n <= 0}[op]
		})
	}
	return list, nil
}
