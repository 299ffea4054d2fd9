package openstack

import (
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"
)

func serverMetadataRoutes(on func(string, handler)) {
	const path = "/servers/{id}/metadata"
	on("GET "+path, withServer(func(c *call, s *server) (*reply, error) {
		return ok(map[string]any{"metadata": words(s.metadata)}), nil
	}))
	on("POST "+path, withServer(setServerMetadata(false)))
	on("PUT "+path, withServer(setServerMetadata(true)))
	on("GET "+path+"/{key}", withServer(showServerMeta))
	on("PUT "+path+"/{key}", withServer(setServerMeta))
	on("DELETE "+path+"/{key}", withServer(deleteServerMeta))
}

func setServerMetadata(replace bool) func(*call, *server) (*reply, error) {
	return func(c *call, s *server) (*reply, error) {
		doc, _ := c.document("metadata")
		next := map[string]string{}
		if !replace {
			for k, v := range s.metadata {
				next[k] = v
			}
		}
		for k, v := range doc {
			next[k] = text(v)
		}
		if err := c.keepMetadata(s, next); err != nil {
			return nil, err
		}
		return ok(map[string]any{"metadata": words(s.metadata)}), nil
	}
}

func (c *call) keepMetadata(s *server, next map[string]string) error {
	if most := c.cloud.limit(s.project, "compute.metadata_items"); most >= 0 && int64(len(next)) > most {
		return refuse(http.StatusForbidden, "Maximum number of metadata items exceeds %d", most)
	}
	s.metadata, s.changed = next, c.now
	return nil
}

var errNoMeta = refuse(http.StatusNotFound, "Metadata item was not found")

func showServerMeta(c *call, s *server) (*reply, error) {
	key := c.PathValue("key")
	v, there := s.metadata[key]
	if !there {
		return nil, errNoMeta
	}
	return ok(map[string]any{"meta": map[string]any{key: v}}), nil
}

func setServerMeta(c *call, s *server) (*reply, error) {
	doc, _ := c.document("meta")
	v, there := doc[c.PathValue("key")]
	if !there || len(doc) != 1 {
		return nil, refuse(http.StatusBadRequest, "Request body and URI mismatch")
	}
	next := map[string]string{c.PathValue("key"): text(v)}
	for k, old := range s.metadata {
		if _, set := next[k]; !set {
			next[k] = old
		}
	}
	if err := c.keepMetadata(s, next); err != nil {
		return nil, err
	}
	return ok(map[string]any{"meta": doc}), nil
}

func deleteServerMeta(c *call, s *server) (*reply, error) {
	if _, there := s.metadata[c.PathValue("key")]; !there {
		return nil, errNoMeta
	}
	delete(s.metadata, c.PathValue("key"))
	s.changed = c.now
	return empty(http.StatusNoContent), nil
}

func serverTagRoutes(on func(string, handler)) {
	const path = "/servers/{id}/tags"
	tags := func(s *server) *reply {
		list := []any{}
		for _, t := range s.tags {
			list = append(list, t)
		}
		return ok(map[string]any{"tags": list})
	}
	on("GET "+path, withServer(func(c *call, s *server) (*reply, error) { return tags(s), nil }))
	on("PUT "+path, withServer(func(c *call, s *server) (*reply, error) {
		list, _ := c.body.(map[string]any)["tags"].([]any)
		s.tags = nil
		for _, t := range list {
			s.tags = append(s.tags, text(t))
		}
		slices.Sort(s.tags)
		s.tags = slices.Compact(s.tags)
		return tags(s), nil
	}))
	on("DELETE "+path, withServer(func(c *call, s *server) (*reply, error) {
		s.tags = nil
		return empty(http.StatusNoContent), nil
	}))
	on("GET "+path+"/{tag}", withServer(func(c *call, s *server) (*reply, error) {
		if !slices.Contains(s.tags, c.PathValue("tag")) {
			return nil, refuse(http.StatusNotFound, "Server %s has no tag '%s'", s.id, c.PathValue("tag"))
		}
		return empty(http.StatusNoContent), nil
	}))
	on("PUT "+path+"/{tag}", withServer(addServerTag))
	on("DELETE "+path+"/{tag}", withServer(dropServerTag))
}

// wrongTag tells what is wrong with a tag, in jsonschema's words.
func wrongTag(tag string) string {
	switch {
	case utf8.RuneCountInString(tag) > 60:
		return pyRepr(tag) + " is too long"
	case strings.ContainsAny(tag, ",/"):
		return pyRepr(tag) + " does not match '^[^,/]*$'"
	}
	return ""
}

func addServerTag(c *call, s *server) (*reply, error) {
	tag := c.PathValue("tag")
	if m := wrongTag(tag); m != "" {
		return nil, refuse(http.StatusBadRequest, "Tag '%s' is invalid. It must be a non empty string without characters '/' and ','. Validation error message: %s", tag, m)
	}
	const html = "text/html; charset=UTF-8" // though empty
	if slices.Contains(s.tags, tag) {
		return empty(http.StatusNoContent).set("Content-Type", html), nil
	}
	if len(s.tags) >= 50 {
		return nil, refuse(http.StatusBadRequest, "The number of tags exceeded the per-server limit 50")
	}
	s.tags = append(s.tags, tag)
	slices.SortFunc(s.tags, strings.Compare)
	return empty(http.StatusCreated).set("Content-Type", html).set("Location", c.url("/v2.1/servers/"+s.id+"/tags/"+tag)), nil
}

func dropServerTag(c *call, s *server) (*reply, error) {
	tag := c.PathValue("tag")
	if !slices.Contains(s.tags, tag) {
		return nil, refuse(http.StatusNotFound, "Instance %s has no tag '%s'", s.id, tag)
	}
	s.tags = slices.DeleteFunc(s.tags, func(t string) bool { return t == tag })
	return empty(http.StatusNoContent), nil
}
