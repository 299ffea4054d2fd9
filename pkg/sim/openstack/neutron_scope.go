package openstack

import (
	"net/netip"
)

func (n *network) scopeAttributes() []attribute {
	return []attribute{
		{name: "id", may: "vfs"},
		{name: "name", may: "cuvfs", def: "", conv: toText(255)},
		{name: "tenant_id", may: "cvfs", def: unset, conv: asItIs},
		{name: "project_id", may: "cvfs", ext: "project-id", def: unset, conv: asItIs},
		{name: "shared", may: "cuvfsp", def: false, conv: toBool, role: "admin"},
		{name: "ip_version", may: "cvfsr", conv: toVersion},
	}
}

func (n *network) updateScope(c *call, o *netObject, change map[string]any) error {
	if v, given := change["shared"].(bool); given && !v && o.sharedWith("", asShared) {
		return refuseAs(400, "AddressScopeUpdateError", "Unable to update address scope %s : Shared address scope can't be unshared.", o.id)
	}
	return nil
}

func (n *network) removeScope(_ *call, o *netObject) error {
	for p := range n.pools.objects.All() {
		if p.text("address_scope_id") == o.id {
			return netConflict("AddressScopeInUse", "Unable to complete operation on address scope %s. There are one or more subnet pools in use on the address scope.", o.id)
		}
	}
	return nil
}

// joinScope checks whether a pool may be in an address scope.
func (n *network) joinScope(c *call, pool *netObject, id string, prefixes prefixSet, version int64) error {
	if id == "" {
		return nil
	}
	scope, err := n.find(c, n.scopes, id)
	if err != nil {
		return err
	}
	if !c.admin() && scope.project != c.project() && !scope.sharedWith(c.project(), asShared) {
		return refuseAs(400, "IllegalSubnetPoolAssociationToAddressScope",
			"Illegal subnetpool association: subnetpool %s cannot be associated with address scope %s.", pool.id, id)
	}
	if v := scope.attrs["ip_version"].(int64); v != version {
		return refuseAs(400, "IllegalSubnetPoolIpVersionAssociationToAddressScope", "Illegal subnetpool association: subnetpool %s cannot associate "+
			"with address scope %s because subnetpool ip_version is not %d.", pool.id, id, v)
	}
	for other := range n.pools.objects.All() {
		if other.id != pool.id && other.text("address_scope_id") == id && other.prefixes().overlaps(prefixes) {
			return netConflict("AddressScopePrefixConflict", "Failed to associate address scope: subnetpools within an address scope must have unique prefixes.")
		}
	}
	return nil
}

// scopesOf returns the address scopes that a network is in, by version.
func (n *network) scopesOf(net *netObject) (v4, v6 any) {
	for _, s := range n.subnets.inside[net.id] {
		pool, there := n.pools.objects.Get(s.text("subnetpool_id"))
		if !there || pool.text("address_scope_id") == "" {
			continue
		}
		if s.attrs["ip_version"] == int64(4) {
			v4 = pool.text("address_scope_id")
		} else {
			v6 = pool.text("address_scope_id")
		}
	}
	return v4, v6
}

func versionOf(p netip.Prefix) int64 {
	if p.Addr().Is4() {
		return 4
	}
	return 6
}
