package openstack

import (
	"net/http"
	"slices"
)

func aggregateRoutes(on func(string, handler)) {
	const rule = "os_compute_api:os-aggregates:"
	on("GET /os-aggregates", listAggregates)
	on("POST /os-aggregates", createAggregate)
	on("GET /os-aggregates/{id}", withAggregate(rule+"show", func(c *call, a *aggregate) (*reply, error) { return c.oneAggregate(a) }))
	on("PUT /os-aggregates/{id}", withAggregate(rule+"update", updateAggregate))
	on("DELETE /os-aggregates/{id}", withAggregate(rule+"delete", deleteAggregate))
	on("POST /os-aggregates/{id}/action", changeAggregate)
	on("POST /os-aggregates/{id}/images", withAggregate("compute:aggregates:images", func(*call, *aggregate) (*reply, error) { return empty(http.StatusAccepted), nil }))
}

// withAggregate asks the policy and finds the aggregate in the path.
func withAggregate(rule string, h func(*call, *aggregate) (*reply, error)) handler {
	return func(c *call) (*reply, error) {
		if err := c.permit(rule); err != nil {
			return nil, err
		}
		id := c.PathValue("id")
		if _, isNumber := asInt(id); !isNumber {
			return nil, refuse(http.StatusBadRequest, "id must be an integer")
		}
		a, there := c.cloud.compute.aggregates.Get(id)
		if !there {
			return nil, refuse(http.StatusNotFound, "Aggregate %s could not be found.", id)
		}
		return h(c, a)
	}
}

func (c *call) aggregateBody(a *aggregate, full bool) map[string]any {
	body := map[string]any{"id": a.number, "name": a.name, "created_at": moment(a.created, novaLong), "updated_at": nil,
		"deleted_at": nil, "deleted": false, zoneKey: orNull(a.metadata[zoneKey])}
	if !a.changed.IsZero() {
		body["updated_at"] = moment(a.changed, novaLong)
	}
	if c.version.since(2, 41) {
		body["uuid"] = a.uuid
	}
	if full {
		hosts := []any{}
		for _, h := range a.hosts {
			hosts = append(hosts, h)
		}
		body["hosts"], body["metadata"] = hosts, words(a.metadata)
	}
	return body
}

func (c *call) oneAggregate(a *aggregate) (*reply, error) {
	return ok(map[string]any{"aggregate": c.aggregateBody(a, true)}), nil
}

func listAggregates(c *call) (*reply, error) {
	if err := c.permit("os_compute_api:os-aggregates:index"); err != nil {
		return nil, err
	}
	list := []any{}
	for a := range c.cloud.compute.aggregates.All() {
		list = append(list, c.aggregateBody(a, true))
	}
	return ok(map[string]any{"aggregates": list}), nil
}

func createAggregate(c *call) (*reply, error) {
	if err := c.permit("os_compute_api:os-aggregates:create"); err != nil {
		return nil, err
	}
	doc, _ := c.document("aggregate")
	a := &aggregate{uuid: c.cloud.Objects.UUID(), name: text(doc["name"]), metadata: map[string]string{}, created: c.now}
	if zone := text(doc[zoneKey]); zone != "" {
		a.metadata[zoneKey] = zone
	}
	if err := c.freeAggregateName(a); err != nil {
		return nil, err
	}
	c.cloud.compute.addAggregate(a)
	return ok(map[string]any{"aggregate": c.aggregateBody(a, false)}), nil
}

func (c *call) freeAggregateName(a *aggregate) error {
	for other := range c.cloud.compute.aggregates.All() {
		if other != a && other.name == a.name {
			return refuse(http.StatusConflict, "Aggregate %s already exists.", a.name)
		}
	}
	return nil
}

func updateAggregate(c *call, a *aggregate) (*reply, error) {
	doc, _ := c.document("aggregate")
	next := *a
	if name, given := doc["name"].(string); given {
		next.name = name
	}
	if err := c.freeAggregateName(&aggregate{number: a.number, name: next.name}); err != nil && next.name != a.name {
		return nil, err
	}
	if zone, given := doc[zoneKey]; given {
		if err := c.keepsZone(a, text(zone), "update"); err != nil {
			return nil, err
		}
		next.metadata = withKey(a.metadata, zoneKey, zone)
	}
	next.changed = c.now
	*a = next
	return c.oneAggregate(a)
}

// withKey is a map with one more key, or with one less when it is null.
func withKey(m map[string]string, key string, value any) map[string]string {
	next := copied(m)
	if delete(next, key); value != nil {
		next[key] = text(value)
	}
	return next
}

// otherZones are those that other aggregates than a have put the hosts into.
func (c *call) otherZones(a *aggregate, zone string, hosts ...string) []any {
	var list []any
	for other := range c.cloud.compute.aggregates.All() {
		z := other.metadata[zoneKey]
		if z != "" && z != zone && other.number != a.number && slices.ContainsFunc(hosts, func(h string) bool { return slices.Contains(other.hosts, h) }) {
			list = append(list, z)
		}
	}
	return list
}

// keepsZone refuses to give hosts a second zone, or servers another one.
func (c *call) keepsZone(a *aggregate, zone, action string) error {
	if others := c.otherZones(a, zone, a.hosts...); len(others) > 0 {
		return refuse(http.StatusBadRequest, "Cannot %s aggregate %d. Reason: One or more hosts already in availability zone(s) %s.", action, a.number, pyRepr(others))
	}
	if zone == a.metadata[zoneKey] {
		return nil
	}
	for _, h := range a.hosts {
		if len(c.cloud.serversOn(h)) > 0 {
			return refuse(http.StatusBadRequest, "Cannot %s aggregate %d. Reason: One or more hosts contain instances in this zone.", action, a.number)
		}
	}
	return nil
}

func deleteAggregate(c *call, a *aggregate) (*reply, error) {
	if len(a.hosts) > 0 {
		return nil, refuse(http.StatusBadRequest, "Cannot remove host from aggregate %d. Reason: Host aggregate is not empty.", a.number)
	}
	c.cloud.compute.aggregates.Delete(c.PathValue("id"))
	return empty(http.StatusOK), nil
}

func changeAggregate(c *call) (*reply, error) {
	action, err := c.novaAction()
	if err != nil {
		return nil, err
	}
	doc, _ := c.document(action)
	return withAggregate("os_compute_api:os-aggregates:"+action, func(c *call, a *aggregate) (*reply, error) {
		switch action {
		case "add_host":
			err = c.addToAggregate(a, text(doc["host"]))
		case "remove_host":
			err = c.dropFromAggregate(a, text(doc["host"]))
		default:
			err = c.describeAggregate(a, doc)
		}
		if err != nil {
			return nil, err
		}
		a.changed = c.now
		return c.oneAggregate(a)
	})(c)
}

func (c *call) addToAggregate(a *aggregate, host string) error {
	if _, there := c.cloud.compute.hosts.Get(host); !there {
		return refuse(http.StatusNotFound, "Compute host %s could not be found.", host)
	}
	if slices.Contains(a.hosts, host) {
		return refuse(http.StatusConflict, "Aggregate %d already has host %s.", a.number, host)
	}
	zone := a.metadata[zoneKey]
	if others := c.otherZones(a, zone, host); zone != "" && len(others) > 0 {
		return refuse(http.StatusConflict, "Cannot add host to aggregate %d. Reason: One or more hosts already in availability zone(s) %s.", a.number, pyRepr(others))
	}
	if zone != "" && zone != c.cloud.zoneOf(host) && len(c.cloud.serversOn(host)) > 0 {
		return refuse(http.StatusConflict, "Cannot add host to aggregate %d. Reason: One or more hosts contain instances in this zone.", a.number)
	}
	a.hosts = append(a.hosts, host)
	return nil
}

func (c *call) dropFromAggregate(a *aggregate, host string) error {
	if _, there := c.cloud.compute.hosts.Get(host); !there {
		return refuse(http.StatusNotFound, "Compute host %s could not be found.", host)
	}
	if !slices.Contains(a.hosts, host) {
		return refuse(http.StatusNotFound, "Aggregate %d has no host %s.", a.number, host)
	}
	if a.metadata[zoneKey] != "" && len(c.cloud.serversOn(host)) > 0 {
		return refuse(http.StatusConflict, "Cannot remove host from aggregate %d. Reason: One or more hosts contain instances in this zone.", a.number)
	}
	a.hosts = slices.DeleteFunc(slices.Clone(a.hosts), func(h string) bool { return h == host })
	return nil
}

func (c *call) describeAggregate(a *aggregate, doc map[string]any) error {
	values, _ := doc["metadata"].(map[string]any)
	if zone, given := values[zoneKey]; given {
		if err := c.keepsZone(a, text(zone), "update"); err != nil {
			return err
		}
	}
	for k, v := range values {
		a.metadata = withKey(a.metadata, k, v)
	}
	return nil
}
