package openstack

import (
	"net/http"
	"strings"
)

var registeredLimitForm = closedObject(map[string]schema{"service_id": idText, "region_id": anyText, "default_limit": wholeLimit,
	"resource_name": {types: []string{"string"}, minLen: 1, maxLen: 255}, "description": anyText})

// limitForm is one of a list of new limits, for a project or for a domain.
func limitForm() schema {
	form := closedObject(map[string]schema{"project_id": idText, "domain_id": idText, "service_id": idText, "region_id": plainText,
		"resource_name": {types: []string{"string"}, minLen: 1, maxLen: 255}, "resource_limit": wholeLimit, "description": anyText},
		"service_id", "resource_name", "resource_limit")
	form.anyOf = []schema{{required: []string{"project_id"}}, {required: []string{"domain_id"}}}
	return form
}

func keystoneLimits(s *service) {
	s.on("GET /v3/limits/model", func(*call) (*reply, error) {
		return ok(map[string]any{"model": map[string]any{"name": "flat",
			"description": "Limit enforcement and validation does not take project hierarchy into consideration."}}), nil
	})
	s.on("POST /v3/limits", createLimits("limits", "identity:create_limits", limitForm(), nil, checkLimit))
	registered := registeredLimitForm
	registered.required = []string{"service_id", "resource_name", "default_limit"}
	s.on("POST /v3/registered_limits", createLimits("registered_limits", "identity:create_registered_limits", registered,
		map[string]any{"region_id": nil, "description": nil}, checkRegisteredLimit))
}

// createLimits makes all of a list, or none.
func createLimits(many, rule string, form schema, fresh map[string]any, check func(*call, *record, map[string]any) error) handler {
	return func(c *call) (*reply, error) {
		if !c.may(rule, "admin") {
			return nil, forbidden(rule)
		}
		body, _ := c.body.(map[string]any)
		list, _ := body[many].([]any)
		if err := conformLimits(form, list); err != nil {
			return nil, err
		}
		i := &c.cloud.identity
		var made []*record
		for _, item := range list {
			wish := map[string]any{"region_id": nil, "description": nil}
			if many == "limits" {
				wish["project_id"], wish["domain_id"] = nil, nil
			}
			for k, v := range fresh {
				wish[k] = v
			}
			for k, v := range item.(map[string]any) {
				wish[k] = v
			}
			if err := check(c, nil, wish); err != nil {
				return nil, err
			}
			r := &record{id: strings.ReplaceAll(c.cloud.Objects.UUID(), "-", "")}
			r.set(wish)
			made = append(made, r)
		}
		bodies := []any{}
		for _, r := range made {
			i.rows(many).Put(r.id, "", r)
			bodies = append(bodies, i.kind(many).body(c, r))
		}
		return with(http.StatusCreated, c.keystoneList(many, bodies)), nil
	}
}

func conformLimits(form schema, list []any) error {
	if len(list) == 0 {
		return refuse(http.StatusBadRequest, "[] is too short")
	}
	whole := schema{types: []string{"array"}, items: &form}
	if path, _, wrong := whole.violation("", list); wrong != "" {
		return refuse(http.StatusBadRequest, "Invalid input for field '%s': %s", path, wrong)
	}
	return nil
}

// about tells whether two limits are about the same resource.
func (r *record) about(wish map[string]any) bool {
	return r.doc["service_id"] == wish["service_id"] && r.doc["region_id"] == wish["region_id"] && r.doc["resource_name"] == wish["resource_name"]
}

// checkRegisteredLimit looks at what a default is about: it must exist, be the
// only one, and not move away under limits that rest on it.
func checkRegisteredLimit(c *call, r *record, wish map[string]any) error {
	i := &c.cloud.identity
	if id, given := wish["service_id"].(string); given && i.look("services", id) == nil {
		return badKeystone("Could not find service: " + id + ".")
	}
	if id, given := wish["region_id"].(string); given && i.look("regions", id) == nil {
		return badKeystone("Could not find region: " + id + ".")
	}
	if r != nil {
		return dropRegisteredLimit(c, r)
	}
	for other := range i.rows("registered_limits").All() {
		if other.about(wish) {
			return conflict("registered_limit", "Duplicate entry")
		}
	}
	return nil
}

func dropRegisteredLimit(c *call, r *record) error {
	for l := range c.cloud.identity.rows("limits").All() {
		if l.about(r.doc) {
			return refuse(http.StatusForbidden, "Unable to update or delete registered limit %s because there are project limits associated with it.", r.id)
		}
	}
	return nil
}

// checkLimit needs a default that it differs from.
func checkLimit(c *call, _ *record, wish map[string]any) error {
	i, found := &c.cloud.identity, false
	for r := range i.rows("registered_limits").All() {
		found = found || r.about(wish)
	}
	if !found {
		return refuse(http.StatusForbidden, "Unable to create a limit that has no corresponding registered limit.")
	}
	if id, given := wish["project_id"].(string); given && i.look("projects", id) == nil {
		return badKeystone("Could not find project: " + id + ".")
	}
	for l := range i.rows("limits").All() {
		if l.about(wish) && l.doc["project_id"] == wish["project_id"] && l.doc["domain_id"] == wish["domain_id"] {
			return conflict("limit", "Duplicate entry")
		}
	}
	return nil
}
