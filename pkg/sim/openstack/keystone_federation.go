package openstack

import (
	"maps"
	"net/http"
	"regexp"
	"strings"
)

// checkProvider gives an identity provider the domain that its users will be
// in, as Keystone does for who names none.
func checkProvider(c *call, r *record, wish map[string]any) error {
	if r != nil {
		return nil
	}
	if wish["remote_ids"] == nil {
		wish["remote_ids"] = []any{}
	}
	if domain := text(wish["domain_id"]); domain != "" {
		return c.oneDomain(domain)
	}
	i := &c.cloud.identity
	if i.look("identity_providers", text(wish["id"])) != nil {
		return nil // a conflict, and no reason for another domain
	}
	d := &record{id: strings.ReplaceAll(c.cloud.Objects.UUID(), "-", ""), doc: maps.Clone(i.kind("domains").fresh)}
	d.name = d.id
	d.set(map[string]any{"description": "Auto generated federated domain for Identity Provider: " + text(wish["id"])})
	i.rows("projects").Put(d.id, "", d)
	wish["domain_id"] = d.id
	return nil
}

func dropProvider(c *call, r *record) error {
	for p := range c.cloud.identity.rows("protocols").All() {
		if p.ref("idp_id") == r.id {
			c.cloud.identity.rows("protocols").Delete(p.id)
		}
	}
	return nil
}

func showProviderLinks(_ *call, _ *record, b map[string]any) {
	links := b["links"].(map[string]any)
	links["protocols"] = text(links["self"]) + "/protocols"
}

// keystoneFederation registers the protocols that an identity provider speaks.
func keystoneFederation(s *service) {
	const path = "/v3/OS-FEDERATION/identity_providers/{id}/protocols"
	s.on("GET "+path, listProtocols)
	for method, action := range map[string]string{"GET": "get", "PUT": "create", "PATCH": "update", "DELETE": "delete"} {
		s.on(method+" "+path+"/{protocol}", protocolHandler(action))
	}
	s.on("GET /v3/OS-FEDERATION/projects", listOwnProjects)
	s.on("GET /v3/OS-FEDERATION/domains", listOwnDomains)
}

func (c *call) protocolBody(p *record) map[string]any {
	provider := c.url("/v3/OS-FEDERATION/identity_providers/" + p.ref("idp_id"))
	return map[string]any{"id": p.name, "mapping_id": p.doc["mapping_id"], "remote_id_attribute": p.doc["remote_id_attribute"],
		"links": map[string]any{"identity_provider": provider, "self": provider + "/protocols/" + p.name}}
}

func listProtocols(c *call) (*reply, error) {
	if !c.may("identity:list_protocols", "admin") {
		return nil, forbidden("identity:list_protocols")
	}
	i := &c.cloud.identity
	provider, err := i.kind("identity_providers").find(i, c.PathValue("id"))
	if err != nil {
		return nil, err
	}
	list := []any{}
	for p := range i.rows("protocols").All() {
		if p.ref("idp_id") == provider.id {
			list = append(list, c.protocolBody(p))
		}
	}
	return ok(c.keystoneList("protocols", list)), nil
}

func protocolHandler(action string) handler {
	form := closedObject(map[string]schema{"mapping_id": {types: []string{"string"}, minLen: 1, maxLen: 64, pattern: regexp.MustCompile("^[a-zA-Z0-9-_]+$")},
		"remote_id_attribute": {types: []string{"string"}, maxLen: 64}})
	if action == "create" {
		form.required = []string{"mapping_id"}
	}
	return func(c *call) (*reply, error) {
		rule := "identity:" + action + "_protocol"
		if !c.may(rule, "admin") {
			return nil, forbidden(rule)
		}
		i, provider, name := &c.cloud.identity, c.PathValue("id"), c.PathValue("protocol")
		id := provider + "/" + name
		p := i.look("protocols", id)
		if p == nil && action != "create" {
			return nil, refuse(http.StatusNotFound, "Could not find federated protocol %s for Identity Provider: %s.", name, provider)
		}
		doc, _ := c.document("protocol")
		if action == "create" || action == "update" {
			if err := conformKeystone(form, doc); err != nil {
				return nil, err
			}
		}
		status := http.StatusOK
		switch action {
		case "create":
			if _, err := i.kind("identity_providers").find(i, provider); err != nil {
				return nil, err
			}
			if p != nil {
				return nil, conflict("federation_protocol", "Duplicate entry found with ID "+name)
			}
			p = &record{id: id, name: name, doc: map[string]any{"idp_id": provider, "remote_id_attribute": nil}}
			p.set(doc)
			i.rows("protocols").Put(id, "", p)
			status = http.StatusCreated
		case "update":
			p.set(doc)
		case "delete":
			i.rows("protocols").Delete(id)
			return empty(http.StatusNoContent), nil
		}
		return with(status, map[string]any{"protocol": c.protocolBody(p)}), nil
	}
}
