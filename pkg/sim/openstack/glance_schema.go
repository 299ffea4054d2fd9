package openstack

import (
	_ "embed"
	"encoding/json"
	"maps"
	"net/http"
	"strings"
)

// imageSchemas are what Glance says of itself: by name, the JSON schema of an
// image, a member and a task.
//
//go:embed glance_schemas.json
var imageSchemas []byte

func schemaRoutes(s *service) {
	for _, name := range []string{"image", "member", "task", "images", "members", "tasks"} {
		s.on("GET /v2/schemas/"+name, showSchema(name))
	}
}

// showSchema shows a schema, or that of a list of such things.
func showSchema(name string) handler {
	return func(*call) (*reply, error) {
		var all map[string]map[string]any
		if err := json.Unmarshal(imageSchemas, &all); err != nil {
			return nil, err
		}
		one, many := strings.CutSuffix(name, "s")
		if !many {
			return ok(all[name]), nil
		}
		item := all[one]
		props := map[string]any{"schema": map[string]any{"type": "string"}}
		links := []any{map[string]any{"rel": "describedby", "href": "{schema}"}}
		switch one {
		case "image":
			props["first"], props["next"] = map[string]any{"type": "string"}, map[string]any{"type": "string"}
			links = append([]any{map[string]any{"rel": "first", "href": "{first}"}, map[string]any{"rel": "next", "href": "{next}"}}, links...)
		case "task":
			item = listedTask(item)
		}
		props[name] = map[string]any{"type": "array", "items": item}
		return ok(map[string]any{"name": name, "properties": props, "links": links}), nil
	}
}

// listedTask is a task without what a list leaves out.
func listedTask(task map[string]any) map[string]any {
	props, _ := task["properties"].(map[string]any)
	few := maps.Clone(props)
	for _, k := range []string{"input", "result", "message"} {
		delete(few, k)
	}
	out := maps.Clone(task)
	out["properties"] = few
	return out
}

// metadefRoutes registers the catalogue of property names, which is empty.
func metadefRoutes(s *service) {
	s.on("GET /v2/metadefs/namespaces", func(c *call) (*reply, error) {
		q := c.URL.Query()
		return ok(map[string]any{"namespaces": []any{}, "schema": "/v2/schemas/metadefs/namespaces", "first": withQuery("/v2/metadefs/namespaces", q)}), nil
	})
	s.on("GET /v2/metadefs/resource_types", func(*call) (*reply, error) { return ok(map[string]any{"resource_types": []any{}}), nil })
	s.on("GET /v2/metadefs/namespaces/{name}", func(c *call) (*reply, error) {
		return nil, refuse(http.StatusNotFound, "Metadata definition namespace=%s was not found.", c.PathValue("name"))
	})
}
