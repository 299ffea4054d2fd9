package openstack

import (
	"net/http"
	"slices"
	"strconv"
)

// novaPage cuts a sorted list as limit and marker say; next is the link to the
// page behind it, or nil.
func novaPage[T any](c *call, list []T, id func(T) string, path string, detail bool) (page []T, next any, err error) {
	q := c.URL.Query()
	limit := c.cloud.pageLimit("compute")
	if s := q.Get("limit"); s != "" {
		n, err := strconv.Atoi(s)
		if err == nil && n < limit {
			limit = n
		}
	}
	if marker := q.Get("marker"); marker != "" {
		i := slices.IndexFunc(list, func(v T) bool { return id(v) == marker })
		if i < 0 {
			return nil, nil, refuse(http.StatusBadRequest, "marker [%s] not found", marker)
		}
		list = list[i+1:]
	}
	if len(list) < limit || limit == 0 {
		return list[:min(limit, len(list))], nil, nil
	}
	list = list[:limit]
	q.Set("marker", id(list[limit-1]))
	if detail {
		path += "/detail"
	}
	return list, []any{map[string]any{"rel": "next", "href": c.url("/v2.1"+path) + "?" + q.Encode()}}, nil
}
