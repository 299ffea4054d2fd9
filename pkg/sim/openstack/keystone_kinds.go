package openstack

import (
	"regexp"
	"strings"
)

// Words of Keystone's parameter types.
var (
	longName    = schema{types: []string{"string"}, minLen: 1, maxLen: 255, pattern: regexp.MustCompile(`\S+`)}
	projectName = schema{types: []string{"string"}, minLen: 1, maxLen: 64, pattern: regexp.MustCompile(`\S+`)}
	idText      = schema{types: []string{"string"}, minLen: 1, maxLen: 64, pattern: regexp.MustCompile("^[a-zA-Z0-9-]+$")}
	nullableID  = schema{types: []string{"string", "null"}, pattern: regexp.MustCompile("^[a-zA-Z0-9-]*$")}
	plainText   = schema{types: []string{"string"}}
	truth       = schema{types: []string{"boolean"}}
	endpointURL = schema{types: []string{"string"}, maxLen: 225, pattern: regexp.MustCompile("^[a-zA-Z0-9+.-]+:.+")}
	projectTags = schema{types: []string{"array"}, maxItems: 80, unique: true,
		items: &schema{types: []string{"string"}, minLen: 1, maxLen: 255, pattern: regexp.MustCompile("^[^,/]*$")}}
	wholeLimit = schema{types: []string{"integer"}, min: limit(-1), max: limit(0x7fffffff)}
	roleChoice = schema{types: []string{"array"}, items: &schema{types: []string{"object"}, minProps: 1, maxProps: 1, closed: true,
		props: map[string]schema{"id": idText, "name": longName}}}
)

// object is the schema of an object with those attributes.
func object(props map[string]schema, required ...string) schema {
	return schema{types: []string{"object"}, props: props, required: required}
}

func closedObject(props map[string]schema, required ...string) schema {
	s := object(props, required...)
	s.closed = true
	return s
}

// inDomain makes names unique within a domain.
func inDomain(r *record) string { return r.ref("domain_id") + "\x00" + strings.ToLower(r.name) }

// keystoneKinds are the kinds of records with the common API.
func keystoneKinds() []*kind {
	return append(peopleKinds(), append(catalogKinds(), append(grantKinds(), federationKinds()...)...)...)
}

func peopleKinds() []*kind {
	return []*kind{
		{one: "user", many: "users", filters: []string{"domain_id", "enabled", "name"},
			fresh: map[string]any{"enabled": true, "options": map[string]any{}},
			form: object(map[string]schema{"default_project_id": nullableID, "description": anyText, "domain_id": idText, "enabled": truth,
				"name": longName, "password": anyText, "options": {types: []string{"object"}}}, "name"),
			mayRead: func(c *call, id string, _ *record) bool { return id == c.token.user.id },
			twin:    inDomain, check: checkInDomain, changed: userChanged, drop: dropUser, show: showPasswordAge},
		{one: "group", many: "groups", filters: []string{"domain_id", "name"}, fresh: map[string]any{"description": ""},
			form: object(map[string]schema{"description": anyText, "domain_id": idText, "name": longName}, "name"), twin: inDomain, check: checkInDomain},
		{one: "project", many: "projects", listed: listProjects, filters: []string{"domain_id", "enabled", "name", "parent_id", "is_domain"},
			fresh: map[string]any{"description": "", "enabled": true, "is_domain": false, "tags": []any{}, "options": map[string]any{}},
			form: object(map[string]schema{"description": anyText, "domain_id": nullableID, "enabled": truth, "is_domain": truth,
				"parent_id": nullableID, "name": projectName, "tags": projectTags, "options": {types: []string{"object"}}}, "name"),
			mayRead: func(c *call, id string, r *record) bool { return r != nil && id == c.project() },
			twin:    inDomain, check: checkProject, drop: dropProject, show: showFamily},
		{one: "domain", many: "domains", table: "projects", filters: []string{"name", "enabled"},
			fresh: map[string]any{"description": "", "enabled": true, "is_domain": true, "tags": []any{}, "options": map[string]any{},
				"domain_id": nil, "parent_id": nil},
			form: object(map[string]schema{"description": anyText, "enabled": truth, "name": projectName, "tags": projectTags,
				"options": {types: []string{"object"}}}, "name"),
			holds:   isDomain,
			mayRead: func(c *call, _ string, r *record) bool { return r != nil && c.ownDomain() == r.id },
			twin:    inDomain, check: checkDomain, drop: dropDomain,
			show: func(_ *call, _ *record, b map[string]any) {
				delete(b, "is_domain")
				delete(b, "domain_id")
				delete(b, "parent_id")
			}},
	}
}

func catalogKinds() []*kind {
	return []*kind{
		{one: "region", many: "regions", nameless: true, free: true, filters: []string{"parent_region_id"},
			fresh: map[string]any{"description": "", "parent_region_id": nil},
			form:  object(map[string]schema{"description": anyText, "id": plainText, "parent_region_id": anyText}), check: checkRegion, drop: dropRegion},
		{one: "service", many: "services", filters: []string{"type", "name"}, fresh: map[string]any{"enabled": true, "name": ""},
			form: object(map[string]schema{"enabled": truth, "name": longName, "type": {types: []string{"string"}, minLen: 1, maxLen: 255}}, "type"),
			drop: dropService},
		{one: "endpoint", many: "endpoints", nameless: true, revealing: true, filters: []string{"interface", "service_id", "region_id"},
			fresh: map[string]any{"enabled": true, "region_id": nil},
			form: object(map[string]schema{"enabled": truth, "interface": {types: []string{"string"}, enum: []any{"admin", "internal", "public"}},
				"region_id": plainText, "region": plainText, "service_id": plainText, "url": endpointURL}, "interface", "service_id", "url"),
			check: checkEndpoint, drop: dropEndpoint, show: showEndpointURL},
		{one: "endpoint_group", many: "endpoint_groups", path: "/OS-EP-FILTER/endpoint_groups", what: "Endpoint Group", filters: []string{"name"},
			fresh: map[string]any{"description": ""},
			form:  object(map[string]schema{"description": anyText, "filters": {types: []string{"object"}}, "name": longName}, "name", "filters")},
		{one: "policy", many: "policies", nameless: true, filters: []string{"type"},
			form: object(map[string]schema{"blob": plainText, "type": {types: []string{"string"}, maxLen: 255}}, "blob", "type")},
		{one: "registered_limit", many: "registered_limits", nameless: true, free: true, silent: true, missing: "Could not find registered limit for %s.",
			filters: []string{"service_id", "region_id", "resource_name"}, form: registeredLimitForm, check: checkRegisteredLimit, drop: dropRegisteredLimit},
		{one: "limit", many: "limits", nameless: true, silent: true, missing: "Could not find limit for %s.",
			filters: []string{"service_id", "region_id", "resource_name", "project_id", "domain_id"},
			form:    closedObject(map[string]schema{"resource_limit": wholeLimit, "description": anyText}),
			mayRead: func(c *call, id string, r *record) bool {
				return id == "" || r != nil && r.ref("project_id") == c.project()
			}},
	}
}

func grantKinds() []*kind {
	return []*kind{
		{one: "role", many: "roles", listed: listRoles, revealing: true, filters: []string{"name", "domain_id"},
			fresh: map[string]any{"description": nil, "domain_id": nil, "options": map[string]any{}},
			form: object(map[string]schema{"name": longName, "description": anyText, "domain_id": nullableID,
				"options": {types: []string{"object"}}}, "name"), twin: inDomain, check: checkRole, drop: dropRole},
		{one: "credential", many: "credentials", nameless: true, filters: []string{"user_id", "type"}, fresh: map[string]any{"project_id": nil},
			form: credentialForm,
			mayRead: func(c *call, id string, r *record) bool {
				return id == "" && r == nil || r != nil && r.ref("user_id") == c.token.user.id
			},
			owned: ownsCredential, check: checkCredential},
		{one: "trust", many: "trusts", path: "/OS-TRUST/trusts", nameless: true, revealing: true, noPatch: true, listed: listTrusts,
			fresh: map[string]any{"project_id": nil, "expires_at": nil, "remaining_uses": nil, "deleted_at": nil, "redelegated_trust_id": nil, "redelegation_count": int64(0),
				"roles": []any{}},
			form: trustForm, mayRead: readsTrust, owned: ownsTrust, check: checkTrust, show: showTrustRoles},
		{one: "consumer", many: "consumers", path: "/OS-OAUTH1/consumers", nameless: true, missing: "Consumer not found",
			fresh: map[string]any{"description": nil}, form: object(map[string]schema{"description": anyText}),
			changed: consumerChanged, drop: dropConsumer, show: showConsumerSecret},
	}
}

func federationKinds() []*kind {
	remotes := schema{types: []string{"array", "null"}, items: &plainText, unique: true}
	seconds := schema{types: []string{"integer", "null"}, min: limit(0)}
	return []*kind{
		{one: "mapping", many: "mappings", path: "/OS-FEDERATION/mappings", nameless: true, byPut: true,
			form: object(map[string]schema{"rules": {types: []string{"array"}, minItems: 1, items: &schema{types: []string{"object"}, required: []string{"local", "remote"}}}}, "rules")},
		{one: "identity_provider", many: "identity_providers", path: "/OS-FEDERATION/identity_providers", what: "Identity Provider", nameless: true, byPut: true,
			filters: []string{"id", "enabled"},
			fresh:   map[string]any{"enabled": false, "description": nil, "authorization_ttl": nil, "remote_ids": []any{}},
			form: closedObject(map[string]schema{"enabled": truth, "description": anyText, "domain_id": nullableID, "authorization_ttl": seconds,
				"remote_ids": remotes}), check: checkProvider, drop: dropProvider, show: showProviderLinks},
		{one: "service_provider", many: "service_providers", path: "/OS-FEDERATION/service_providers", what: "Service Provider", nameless: true, byPut: true,
			filters: []string{"id", "enabled"}, fresh: map[string]any{"enabled": false, "description": nil, "relay_state_prefix": "ss:mem:"},
			form: closedObject(map[string]schema{"auth_url": endpointURL, "sp_url": endpointURL, "description": anyText, "enabled": truth,
				"relay_state_prefix": anyText}, "auth_url", "sp_url")},
	}
}
