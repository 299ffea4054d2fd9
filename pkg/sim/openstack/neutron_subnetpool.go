package openstack

import (
	"cmp"
	"math"
	"net/http"
	"net/netip"
	"slices"
)

func (n *network) poolAttributes() []attribute {
	return append([]attribute{
		{name: "id", may: "vfs"},
		{name: "name", may: "cuvfsr", conv: notBlank},
		{name: "tenant_id", may: "cvfs", def: unset, conv: asItIs},
		{name: "project_id", may: "cvfs", ext: "project-id", def: unset, conv: asItIs},
		{name: "prefixes", may: "cuvr", conv: each(toSubnet)},
		{name: "default_quota", may: "cuvfs", def: unset, conv: wholeNotNegative},
		{name: "ip_version", may: "vfs"},
		{name: "default_prefixlen", may: "cuvfs", def: unset, conv: wholeNotNegative},
		{name: "min_prefixlen", may: "cuvfs", def: unset, conv: wholeNotNegative},
		{name: "max_prefixlen", may: "cuvfs", def: unset, conv: wholeNotNegative},
		{name: "is_default", may: "cuvfsp", def: false, conv: toBool, role: "admin"},
		{name: "shared", may: "cvfsp", def: false, conv: toBool, role: "admin"},
		{name: "address_scope_id", may: "cuvfs", ext: "address-scope", def: unset, conv: orNone(toUUID)},
	}, common()...)
}

// prefixes are the addresses of a subnet pool.
func (o *netObject) prefixes() prefixSet {
	list, _ := readPrefixes(o.list("prefixes"))
	return newPrefixSet(list...)
}

func (n *network) createPool(c *call, o *netObject) error {
	if err := n.completePool(c, o, o.attrs); err != nil {
		return err
	}
	if err := n.checkDefaultPool(o, o.attrs); err != nil {
		return err
	}
	o.revision = 0
	return nil
}

func (n *network) updatePool(c *call, o *netObject, change map[string]any) error {
	whole := merged(o.attrs, change)
	if list, given := change["prefixes"].([]any); given {
		prefixes, _ := readPrefixes(list)
		if more := newPrefixSet(prefixes...); slices.ContainsFunc(o.prefixes(), func(p netip.Prefix) bool {
			return len(more) > 0 && versionOf(more[0]) == versionOf(p) && !more.contains(p)
		}) {
			return refuseAs(http.StatusBadRequest, "IllegalSubnetPoolPrefixUpdate", "Illegal update to prefixes: Existing prefixes must be a subset of the new prefixes.")
		}
	}
	if err := n.completePool(c, o, whole); err != nil {
		return err
	}
	if err := n.checkDefaultPool(o, whole); err != nil {
		return err
	}
	for name, v := range whole {
		change[name] = v
	}
	return nil
}

// completePool fills in what follows from the prefixes, and checks the bounds.
func (n *network) completePool(c *call, o *netObject, doc map[string]any) error {
	list, _ := doc["prefixes"].([]any)
	if len(list) == 0 {
		return refuseAs(http.StatusBadRequest, "EmptySubnetPoolPrefixList", "Empty subnet pool prefix list.")
	}
	prefixes, wrong := readPrefixes(list)
	if wrong != nil {
		return refuseAs(http.StatusBadRequest, "AddrFormatError", "invalid IPNetwork %s", pyStr(wrong))
	}
	version := versionOf(prefixes[0])
	if slices.ContainsFunc(prefixes, func(p netip.Prefix) bool { return versionOf(p) != version }) {
		return refuseAs(http.StatusBadRequest, "PrefixVersionMismatch", "Cannot mix IPv4 and IPv6 prefixes in a subnet pool.")
	}
	set := newPrefixSet(prefixes...)
	doc["prefixes"], doc["ip_version"] = set.texts(), version
	if err := poolBounds(doc, version); err != nil {
		return err
	}
	for _, name := range []string{"default_quota", "address_scope_id"} {
		if _, set := doc[name]; !set {
			doc[name] = nil
		}
	}
	return n.joinScope(c, o, text(doc["address_scope_id"]), set, version)
}

func poolBounds(doc map[string]any, version int64) error {
	low, most := int64(8), int64(32)
	if version == 6 {
		low, most = 64, 128
	}
	bound := func(name string, def int64) int64 {
		if v, set := doc[name].(int64); set {
			return v
		}
		doc[name] = def
		return def
	}
	low, high := bound("min_prefixlen", low), bound("max_prefixlen", most)
	usual := bound("default_prefixlen", low)
	for _, b := range []struct {
		wrong       bool
		one, other  string
		left, right int64
	}{
		{low > high, "min_prefixlen", "max_prefixlen", low, high},
		{high > most, "max_prefixlen", "ip_version_max", high, most},
		{usual < low, "default_prefixlen", "min_prefixlen", usual, low},
		{usual > high, "default_prefixlen", "max_prefixlen", usual, high},
	} {
		if b.wrong {
			return refuseAs(http.StatusBadRequest, "IllegalSubnetPoolPrefixBounds", "Illegal prefix bounds: %s=%d, %s=%d.", b.one, b.left, b.other, b.right)
		}
	}
	return nil
}

func (n *network) checkDefaultPool(o *netObject, doc map[string]any) error {
	if doc["is_default"] != true {
		return nil
	}
	for other := range n.pools.objects.All() {
		if other.id != o.id && other.flag("is_default") && other.attrs["ip_version"] == doc["ip_version"] {
			return invalidInput("A default subnetpool for this IP family has already been set. Only one default may exist per IP family")
		}
	}
	return nil
}

func (n *network) removePool(_ *call, o *netObject) error {
	if len(n.allocated(o)) > 0 {
		return refuseAs(http.StatusBadRequest, "SubnetPoolDeleteError", "Unable to delete subnet pool: Subnet pool has existing allocations.")
	}
	return nil
}

// viewPool shows lengths as texts, but for an update, which also shows null
// only where it was asked for: as the service does.
func (n *network) viewPool(c *call, _ *netObject, v map[string]any) {
	updated := c.Request != nil && c.Method == http.MethodPut
	for _, name := range []string{"default_prefixlen", "min_prefixlen", "max_prefixlen"} {
		if !updated {
			v[name] = pyRepr(v[name])
		}
	}
	doc, _ := c.document("subnetpool")
	for _, name := range []string{"default_quota", "address_scope_id"} {
		if _, given := doc[name]; updated && !given && v[name] == nil {
			v[name] = unset
		}
	}
}

// allocated are the prefixes of the subnets that were taken from a pool.
func (n *network) allocated(pool *netObject) (list []netip.Prefix) {
	for s := range n.subnets.objects.All() {
		if p, err := netip.ParsePrefix(s.text("cidr")); err == nil && s.text("subnetpool_id") == pool.id {
			list = append(list, p)
		}
	}
	return list
}

func allocationError(format string, args ...any) error {
	return refuseAs(http.StatusInternalServerError, "SubnetAllocationError", "Failed to allocate subnet: "+format+".", args...)
}

// allocateSubnet takes a prefix out of a pool: the one that is asked for, or
// any of a length.
func (n *network) allocateSubnet(pool *netObject, project string, want netip.Prefix, length int64) (netip.Prefix, error) {
	if most := pool.attrs["max_prefixlen"].(int64); length > most {
		return want, refuseAs(http.StatusBadRequest, "MaxPrefixSubnetAllocationError", "Unable to allocate subnet with prefix length %d, maximum allowed prefix is %d.", length, most)
	}
	if least := pool.attrs["min_prefixlen"].(int64); length < least {
		return want, refuseAs(http.StatusBadRequest, "MinPrefixSubnetAllocationError", "Unable to allocate subnet with prefix length %d, minimum allowed prefix is %d.", length, least)
	}
	if err := n.checkPoolQuota(pool, project, length); err != nil {
		return want, err
	}
	free := pool.prefixes().without(newPrefixSet(n.allocated(pool)...))
	if want.IsValid() {
		if !free.contains(want) {
			return want, allocationError("Cannot allocate requested subnet from the available set of prefixes")
		}
		return want, nil
	}
	slices.SortStableFunc(free, func(a, b netip.Prefix) int { return cmp.Compare(b.Bits(), a.Bits()) }) // the tightest first
	for _, p := range free {
		if int64(p.Bits()) <= length {
			return netip.PrefixFrom(p.Addr(), int(length)), nil
		}
	}
	return want, allocationError("Insufficient prefix space to allocate subnet size /%d", length)
}

// checkPoolQuota: a quota counts addresses, or /64s of IPv6.
func (n *network) checkPoolQuota(pool *netObject, project string, length int64) error {
	quota, limited := pool.attrs["default_quota"].(int64)
	if !limited || quota == 0 {
		return nil
	}
	unit := 32.0
	if pool.attrs["ip_version"] == int64(6) {
		unit = 64
	}
	used := math.Pow(2, unit-float64(length))
	for s := range n.subnets.objects.Of(project) {
		if p, err := netip.ParsePrefix(s.text("cidr")); err == nil && s.text("subnetpool_id") == pool.id {
			used += math.Pow(2, unit-float64(p.Bits()))
		}
	}
	if used > float64(quota) {
		return netConflict("SubnetPoolQuotaExceeded", "Per-tenant subnet pool prefix quota exceeded.")
	}
	return nil
}
