package openstack

import (
	"net/http"
	"net/netip"
	"slices"
)

func (n *network) addressAttributes() []attribute {
	return []attribute{
		{name: "id", may: "vfs"},
		{name: "name", may: "cuvfs", def: "", conv: toText(255)},
		{name: "description", may: "cuvfs", def: "", conv: toText(1024)},
		{name: "tenant_id", may: "cvfs", def: unset, conv: asItIs},
		{name: "project_id", may: "cvfs", ext: "project-id", def: unset, conv: asItIs},
		{name: "addresses", may: "cv", def: unset, conv: noneIsEmpty(toAddressList)},
		{name: "shared", may: "f"},
	}
}

func (n *network) createAddresses(_ *call, o *netObject) error {
	list, err := joinAddresses(o.id, nil, o.list("addresses"))
	o.attrs["addresses"] = list
	return err
}

// joinAddresses adds addresses to a group's, each of which must be new.
func joinAddresses(group string, have, more []any) ([]any, error) {
	have = slices.Clone(have)
	var twice []string
	for _, v := range more {
		p, ok := loosePrefix(text(v))
		if !ok {
			return nil, refuseAs(http.StatusBadRequest, "AddrFormatError", "invalid IPNetwork %s", pyStr(v))
		}
		if s := any(p.Masked().String()); slices.Contains(have, s) {
			twice = append(twice, p.Masked().String())
		} else {
			have = append(have, s)
		}
	}
	if len(twice) > 0 {
		return nil, refuseAs(http.StatusBadRequest, "AddressesAlreadyExist", "Addresses %s already exist in the address group %s.", pyRepr(twice), group)
	}
	slices.SortFunc(have, func(a, b any) int {
		x, _ := netip.ParsePrefix(text(a))
		y, _ := netip.ParsePrefix(text(b))
		return x.Addr().Compare(y.Addr())
	})
	return append([]any{}, have...), nil
}

func dropAddresses(have, less []any, group string) ([]any, error) {
	have = slices.Clone(have)
	var missing []string
	for _, v := range less {
		p, _ := loosePrefix(text(v))
		if i := slices.Index(have, any(p.Masked().String())); i >= 0 {
			have = slices.Delete(have, i, i+1)
		} else {
			missing = append(missing, p.Masked().String())
		}
	}
	if len(missing) > 0 {
		return nil, refuseAs(http.StatusNotFound, "AddressesNotFound", "Addresses %s not found in the address group %s.", pyRepr(missing), group)
	}
	return append([]any{}, have...), nil
}

// changeAddresses answers add_addresses and remove_addresses.
func (n *network) changeAddresses(add bool) handler {
	return func(c *call) (*reply, error) {
		o, err := n.find(c, n.addresses, c.PathValue("id"))
		if err != nil {
			return nil, err
		}
		if !n.owns(c, o) || !c.may("update_address_group", "member") {
			return nil, refuseAs(http.StatusForbidden, "PolicyNotAuthorized", "rule:update_address_group is disallowed by policy")
		}
		list, err := addressBody(c)
		if err != nil {
			return nil, err
		}
		if add {
			list, err = joinAddresses(o.id, o.list("addresses"), list)
		} else {
			list, err = dropAddresses(o.list("addresses"), list, o.id)
		}
		if err != nil {
			return nil, err
		}
		o.attrs["addresses"] = list
		o.touch(c.now)
		all := n.whole(c, o)
		delete(all, "tags")
		return ok(map[string]any{"address_group": all}), nil
	}
}

func addressBody(c *call) ([]any, error) {
	body, _ := c.body.(map[string]any)
	list, given := body["addresses"].([]any)
	if !given {
		return nil, serverError()
	}
	return list, nil
}

// toAddressList checks the addresses of a new group.
func toAddressList(name string, v any) (any, error) {
	list, err := each(toStrictSubnet)(name, v)
	if err != nil {
		return nil, err
	}
	for i, item := range list.([]any) {
		if slices.Contains(list.([]any)[:i], item) {
			return nil, invalidValue(name, "Duplicate items in the list: '%s'", item)
		}
	}
	return list, nil
}

func (n *network) removeAddresses(_ *call, o *netObject) error {
	for r := range n.rules.objects.All() {
		if r.text("remote_address_group_id") == o.id {
			return netConflict("AddressGroupInUse", "Address group %s is in use on one or more security group rules.", o.id)
		}
	}
	return nil
}
