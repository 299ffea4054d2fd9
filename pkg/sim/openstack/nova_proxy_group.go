package openstack

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
)

func groupProxyRoutes(on func(string, handler)) {
	on("GET /os-security-groups", listProxiedGroups)
	on("POST /os-security-groups", createProxiedGroup)
	on("GET /os-security-groups/{id}", withProxiedGroup(func(c *call, g *netObject) (*reply, error) {
		return ok(map[string]any{"security_group": c.novaGroup(g)}), nil
	}))
	on("PUT /os-security-groups/{id}", withProxiedGroup(updateProxiedGroup))
	on("DELETE /os-security-groups/{id}", withProxiedGroup(func(c *call, g *netObject) (*reply, error) {
		if err := c.removeInside(g); err != nil {
			return nil, err
		}
		return empty(http.StatusAccepted), nil
	}))
	on("POST /os-security-group-rules", createProxiedRule)
	on("DELETE /os-security-group-rules/{id}", func(c *call) (*reply, error) {
		r, err := c.inside(c.cloud.network.rules, c.PathValue("id"))
		if err == nil {
			err = c.removeInside(r)
		}
		if err != nil {
			return nil, err
		}
		return empty(http.StatusAccepted), nil
	})
}

func listProxiedGroups(c *call) (*reply, error) {
	n := &c.cloud.network
	n.defaultGroup(c, c.project())
	groups := n.groups.all(func(o *netObject) bool { return o.project == c.project() })
	slices.SortStableFunc(groups, func(a, b *netObject) int { return strings.Compare(a.text("name"), b.text("name")) })
	list := []any{}
	for _, g := range groups {
		list = append(list, c.novaGroup(g))
	}
	return ok(map[string]any{"security_groups": list}), nil
}

func withProxiedGroup(h func(*call, *netObject) (*reply, error)) handler {
	return func(c *call) (*reply, error) {
		if id := c.PathValue("id"); !isUUIDLike(id) {
			return nil, refuse(http.StatusBadRequest, "Security group id should be uuid")
		}
		g, err := c.inside(c.cloud.network.groups, c.PathValue("id"))
		if err != nil {
			return nil, err
		}
		return h(c, g)
	}
}

// inBody is the object under a key of a body that no schema checks.
func (c *call) inBody(key string) (map[string]any, error) {
	body, _ := c.body.(map[string]any)
	doc, _ := body[key].(map[string]any)
	switch {
	case len(body) == 0:
		return nil, refuse(http.StatusBadRequest, "The request body can't be empty")
	case doc == nil:
		return nil, refuse(http.StatusBadRequest, "Missing parameter %s", key)
	}
	return doc, nil
}

// groupTexts reads name and description, which must both be texts.
func groupTexts(doc map[string]any) (name, description string, err error) {
	texts := map[string]string{}
	for _, k := range []string{"name", "description"} {
		s, isText := doc[k].(string)
		trimmed := strings.TrimSpace(s)
		switch {
		case k == "name" && isText && trimmed == "": // looked at later
			defer func() {
				if err == nil {
					err = refuse(http.StatusBadRequest, "name has a minimum character requirement of 1.")
				}
			}()
		case !isText:
			return "", "", refuse(http.StatusBadRequest, "%s is not a string or unicode", k)
		case len([]rune(trimmed)) > 255:
			return "", "", refuse(http.StatusBadRequest, "%s has %d characters, more than 255.", k, len([]rune(trimmed)))
		}
		texts[k] = trimmed
	}
	return texts["name"], texts["description"], nil
}

func createProxiedGroup(c *call) (*reply, error) {
	doc, err := c.inBody("security_group")
	if err != nil {
		return nil, err
	}
	name, description, err := groupTexts(doc)
	if err != nil {
		return nil, err
	}
	n := &c.cloud.network
	g, err := c.createInside(n.groups, map[string]any{"name": name, "description": description})
	switch {
	case err != nil && asRefusal(err).kind == "OverQuota":
		return nil, c.fromNeutron(err, http.StatusForbidden)
	case err != nil:
		return nil, c.fromNeutron(err, http.StatusBadRequest)
	}
	return ok(map[string]any{"security_group": c.novaGroup(g)}), nil
}

func updateProxiedGroup(c *call, g *netObject) (*reply, error) {
	doc, err := c.inBody("security_group")
	if err != nil {
		return nil, err
	}
	name, description, err := groupTexts(doc)
	if err != nil {
		return nil, err
	}
	change := map[string]any{"name": name, "description": description}
	if err := c.cloud.network.updateGroup(c, g, change); err != nil {
		return nil, c.fromNeutron(err, http.StatusBadRequest)
	}
	for k, v := range change {
		g.attrs[k] = v
	}
	g.touch(c.now)
	return ok(map[string]any{"security_group": c.novaGroup(g)}), nil
}

func createProxiedRule(c *call) (*reply, error) {
	doc, err := c.inBody("security_group_rule")
	if err != nil {
		return nil, err
	}
	n := &c.cloud.network
	parent := text(doc["parent_group_id"])
	if !isUUIDLike(parent) {
		return nil, refuse(http.StatusBadRequest, "Security group id should be uuid")
	}
	if _, err := c.inside(n.groups, parent); err != nil {
		return nil, err
	}
	attrs, err := ruleAttributes(doc)
	if err != nil {
		return nil, err
	}
	r, err := c.createInside(n.rules, attrs)
	switch {
	case err != nil && asRefusal(err).kind == "SecurityGroupRuleExists":
		return nil, refuse(http.StatusBadRequest, "This rule already exists in group %s", parent)
	case err != nil && asRefusal(err).kind == "OverQuota":
		return nil, c.fromNeutron(err, http.StatusForbidden)
	case err != nil:
		return nil, c.fromNeutron(err, http.StatusBadRequest)
	}
	return ok(map[string]any{"security_group_rule": c.novaRule(r)}), nil
}

// ruleAttributes are those of Neutron's rule for an ingress rule of Nova's.
func ruleAttributes(doc map[string]any) (map[string]any, error) {
	if err := checkProxiedRule(doc); err != nil {
		return nil, err
	}
	attrs := map[string]any{"security_group_id": doc["parent_group_id"], "direction": "ingress", "ethertype": "IPv4"}
	if protocol := strings.ToLower(text(doc["ip_protocol"])); protocol != "" {
		attrs["protocol"] = protocol
	}
	for name, to := range map[string]string{"from_port": "port_range_min", "to_port": "port_range_max"} {
		if n, given := asInt(doc[name]); given && n >= 0 {
			attrs[to] = doc[name]
		}
	}
	if doc["group_id"] != nil {
		attrs["remote_group_id"] = doc["group_id"]
		return attrs, nil
	}
	cidr := cmp.Or(text(doc["cidr"]), "0.0.0.0/0")
	if attrs["remote_ip_prefix"] = cidr; strings.Contains(cidr, ":") {
		attrs["ethertype"] = "IPv6"
	}
	return attrs, nil
}

func checkProxiedRule(doc map[string]any) error {
	protocol := strings.ToLower(text(doc["ip_protocol"]))
	from, hasFrom := asInt(doc["from_port"])
	to, hasTo := asInt(doc["to_port"])
	switch {
	case protocol == "" && doc["group_id"] == nil && (doc["cidr"] == nil || hasFrom || hasTo):
		return refuse(http.StatusBadRequest, "Not enough parameters to build a valid rule.")
	case protocol != "" && !slices.Contains([]string{"tcp", "udp", "icmp"}, protocol):
		return refuse(http.StatusBadRequest, "Invalid IP protocol %s.", protocol)
	case protocol == "" || protocol == "icmp":
		return nil
	case !hasFrom || !hasTo || from > to || from < 1 || to > 65535:
		return refuse(http.StatusBadRequest, "Invalid port range %s:%s. Valid TCP ports should be between 1-65535", pyStr(doc["from_port"]), pyStr(doc["to_port"]))
	}
	return nil
}
