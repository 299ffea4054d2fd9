package openstack

import (
	"net/http"
	"net/url"
	"strings"
)

// neutronPath brings the path of a request into the one form under which its
// route is registered: Neutron takes a collection with dashes or underscores,
// a format as suffix, and a slash at the end.
func neutronPath(path string) string {
	rest, ours := strings.CutPrefix(path, "/network/v2.0/")
	if !ours || rest == "" {
		return path
	}
	rest = strings.TrimSuffix(strings.TrimSuffix(rest, "/"), ".json")
	collection, more, deeper := strings.Cut(rest, "/")
	collection = strings.ReplaceAll(collection, "_", "-")
	if deeper {
		collection += "/" + more
	}
	return "/network/v2.0/" + collection
}

// inOneForm is the request with such a path.
func inOneForm(r *http.Request) *http.Request {
	path := neutronPath(r.URL.Path)
	if path == r.URL.Path {
		return r
	}
	out := *r
	out.URL = &url.URL{Path: path, RawQuery: r.URL.RawQuery}
	return &out
}
