package openstack

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/wechsel-project/wechsel/pkg/profile"
)

// A computeHost is a machine that servers run on. One service and one
// hypervisor node are on it.
type computeHost struct {
	name, zone     string // zone: the one that the profile puts it into
	number         int    // id of its service and its node before 2.53
	service, node  string // and since: uuids
	disabled, down bool   // by an administrator
	reason         any
}

// An aggregate is a set of hosts with properties; one of them makes it a zone.
type aggregate struct {
	number           int64
	uuid, name       string
	hosts            []string
	metadata         map[string]string
	created, changed time.Time
}

const zoneKey = "availability_zone"

// firstZone is the zone of hosts that are in none.
const firstZone = "nova"

// rack makes the hosts that the profile tells of, so many in each zone. A zone
// with a name is an aggregate; without one, hosts are in Nova's default.
func (n *compute) rack(c *Cloud) {
	per := max(1, c.profile.Behaviour.Hosts)
	for _, zone := range c.profileZones() {
		var names []string
		for i := range per {
			h := &computeHost{name: "compute-" + zone + "-" + strconv.FormatInt(i+1, 10), zone: zone, number: n.hosts.Len() + 3}
			h.service, h.node = c.id("", "compute-service", h.name), c.id("", "compute-node", h.name)
			n.hosts.Put(h.name, "", h)
			names = append(names, h.name)
		}
		if len(c.profile.Zones["compute"]) > 0 {
			n.addAggregate(&aggregate{uuid: c.id("", "aggregate", zone), name: zone, hosts: names, metadata: map[string]string{zoneKey: zone}, created: c.Now()})
		}
	}
}

func (n *compute) addAggregate(a *aggregate) {
	n.aggregatesMade++
	a.number = n.aggregatesMade
	n.aggregates.Put(strconv.FormatInt(a.number, 10), "", a)
}

// profileZones are the zones that the profile names; the first is the default.
func (c *Cloud) profileZones() []string {
	if z := c.profile.Zones["compute"]; len(z) > 0 {
		return z
	}
	return []string{firstZone}
}

// zoneOf is the zone of a host: that of an aggregate, if one has it.
func (c *Cloud) zoneOf(host string) string {
	for a := range c.compute.aggregates.All() {
		if zone := a.metadata[zoneKey]; zone != "" && slices.Contains(a.hosts, host) {
			return zone
		}
	}
	return firstZone
}

// zones are the zones that have hosts, the default one first.
func (c *Cloud) zones() []string {
	have := map[string]bool{}
	for h := range c.compute.hosts.All() {
		have[c.zoneOf(h.name)] = true
	}
	list := slices.DeleteFunc(slices.Clone(c.profileZones()), func(z string) bool { return !have[z] })
	for _, z := range sortedKeys(have) {
		if !slices.Contains(list, z) {
			list = append(list, z)
		}
	}
	return list
}

// A scheduling tells what is asked of the host for a server; the zero value is
// content with every one.
type scheduling struct {
	zone, host string
	not        string // where it is now
}

// What the scheduler says: Placement offers no host, for they are full, disabled
// or in another zone; or none of those that it offers passes the filters.
var (
	errNoCandidate = refuse(http.StatusBadRequest, "No valid host was found. ")
	errNoValidHost = refuse(http.StatusBadRequest, "No valid host was found. There are not enough hosts available.")
)

// place finds a host with room for a server of this flavor: the least filled one
// that its group allows.
func (c *Cloud) place(s *server, f profile.Flavor, want scheduling) (string, error) {
	candidates := c.candidates(s.needs(f), want)
	if len(candidates) == 0 {
		return "", errNoCandidate
	}
	all, here := map[string]int{}, map[string]int64{}
	for other := range c.compute.servers.All() {
		if other.host != "" && other != s {
			all[other.host]++
			if s.group != nil && slices.Contains(s.group.members, other.id) {
				here[other.host]++
			}
		}
	}
	best := ""
	for _, h := range candidates {
		if h.down || h.name == want.not || !s.group.allows(h.name, here) {
			continue
		}
		if best == "" || s.group.better(here[h.name], here[best]) || here[h.name] == here[best] && all[h.name] < all[best] {
			best = h.name
		}
	}
	if best == "" {
		return "", errNoValidHost
	}
	return best, nil
}

// candidates are the hosts that Placement offers.
func (c *Cloud) candidates(needs room, want scheduling) []*computeHost {
	taken := c.taken()
	all, one := c.givenAway()
	var list []*computeHost
	for h := range c.compute.hosts.All() {
		if !h.disabled && (want.zone == "" || c.zoneOf(h.name) == want.zone) && (want.host == "" || h.name == want.host) &&
			needs.fits(one) && taken[h.name].plus(needs).fits(all) {
			list = append(list, h)
		}
	}
	return list
}

// serversOn are the servers of a host, oldest first.
func (c *Cloud) serversOn(host string) []*server {
	var list []*server
	for s := range c.compute.servers.All() {
		if s.host == host {
			list = append(list, s)
		}
	}
	return list
}

func zoneRoutes(on func(string, handler)) {
	on("GET /os-availability-zone", func(c *call) (*reply, error) {
		list := []any{}
		for _, z := range slices.Sorted(slices.Values(c.cloud.zones())) {
			list = append(list, c.zoneBody(z, nil))
		}
		return ok(map[string]any{"availabilityZoneInfo": list}), nil
	})
	on("GET /os-availability-zone/detail", listZonesWithHosts)
}

// zoneBody is a zone; one without a working host is not available.
func (c *call) zoneBody(zone string, hosts any) map[string]any {
	available := false
	for h := range c.cloud.compute.hosts.All() {
		available = available || c.cloud.zoneOf(h.name) == zone && !h.disabled
	}
	return map[string]any{"zoneName": zone, "zoneState": map[string]any{"available": available}, "hosts": hosts}
}

func listZonesWithHosts(c *call) (*reply, error) {
	if err := c.permit("os_compute_api:os-availability-zone:detail"); err != nil {
		return nil, err
	}
	seen := func(enabled, up bool) map[string]any {
		return map[string]any{"available": enabled, "active": up, "updated_at": moment(c.now, novaLong)}
	}
	inside := map[string]any{"zoneName": "internal", "zoneState": map[string]any{"available": true}, "hosts": map[string]any{
		controlHost: map[string]any{"nova-scheduler": seen(true, true), "nova-conductor": seen(true, true)}}}
	list := []any{}
	for _, z := range append([]string{"internal"}, c.cloud.zones()...) {
		if z == "internal" {
			list = append(list, inside)
			continue
		}
		hosts := map[string]any{}
		for h := range c.cloud.compute.hosts.All() {
			if c.cloud.zoneOf(h.name) == z {
				hosts[h.name] = map[string]any{"nova-compute": seen(!h.disabled, !h.down)}
			}
		}
		list = append(list, c.zoneBody(z, hosts))
	}
	slices.SortFunc(list, func(a, b any) int {
		return compareValues(a.(map[string]any)["zoneName"], b.(map[string]any)["zoneName"])
	})
	return ok(map[string]any{"availabilityZoneInfo": list}), nil
}
