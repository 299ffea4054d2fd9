package openstack

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

func (n *network) createPort(c *call, o *netObject) error {
	if err := n.checkPortQoS(c, o, o.attrs["qos_policy_id"]); err != nil {
		return err
	}
	net, there := n.networks.objects.Get(o.text("network_id"))
	if !there {
		return n.networks.missing("", o.text("network_id"))
	}
	if err := n.giveMAC(o); err != nil {
		return err
	}
	if _, set := o.attrs["port_security_enabled"]; !set {
		o.attrs["port_security_enabled"] = net.flag("port_security_enabled") && !strings.HasPrefix(o.text("device_owner"), "network:")
	}
	if err := n.guard(c, o, o.attrs); err != nil {
		return err
	}
	ips, err := n.firstAddresses(o)
	if err != nil {
		return err
	}
	o.attrs["fixed_ips"], o.attrs["status"] = ips, "DOWN"
	o.attrs["extra_dhcp_opts"] = mergeOptions(nil, o.list("extra_dhcp_opts"))
	if o.text("binding:host_id") != "" {
		o.attrs["status"] = "ACTIVE"
	}
	for name, v := range map[string]any{"extra_dhcp_opts": []any{}, "binding:host_id": "", "binding:profile": map[string]any{}} {
		if o.attrs[name] == nil {
			o.attrs[name] = v
		}
	}
	return nil
}

// unaddressed is where a port keeps that it was made to have no address.
const unaddressed = "\x00unaddressed"

func (n *network) firstAddresses(o *netObject) ([]any, error) {
	if wishes, given := o.attrs["fixed_ips"].([]any); given {
		o.attrs[unaddressed] = len(wishes) == 0
		return n.allocate(o, wishes)
	}
	return n.anyAddress(o)
}

// giveMAC draws a hardware address unless the body has one, which must be free.
func (n *network) giveMAC(o *netObject) error {
	inUse := func(mac string) bool {
		return slices.ContainsFunc(n.ports.inside[o.text("network_id")], func(p *netObject) bool {
			return p.id != o.id && strings.EqualFold(p.text("mac_address"), mac)
		})
	}
	if mac := o.text("mac_address"); mac != "" {
		if inUse(mac) {
			return netConflict("MacAddressInUse", "Unable to complete operation for network %s. The mac address %s is in use.", o.text("network_id"), mac)
		}
		return nil
	}
	for o.text("mac_address") == "" || inUse(o.text("mac_address")) {
		o.attrs["mac_address"] = n.drawMAC()
	}
	return nil
}

func (n *network) drawMAC() string {
	r := uint32(n.cloud.Objects.Fraction() * (1 << 24))
	return fmt.Sprintf("fa:16:3e:%02x:%02x:%02x", byte(r>>16), byte(r>>8), byte(r))
}

// guard checks and completes what protects a port: its groups and address
// pairs, which go only with port security.
func (n *network) guard(c *call, o *netObject, doc map[string]any) error {
	secure := o.flag("port_security_enabled")
	if v, set := doc["port_security_enabled"].(bool); set {
		secure = v
	}
	groups, named := doc["security_groups"].([]any)
	if pairs, _ := doc["allowed_address_pairs"].([]any); len(pairs) > 0 && !secure {
		return netConflict("AddressPairAndPortSecurityRequired", "Port Security must be enabled in order to have allowed address pairs on a port.")
	}
	if len(groups) > 0 && !secure {
		return refuseAs(http.StatusBadRequest, "PortSecurityAndIPRequiredForSecurityGroups",
			"Port security must be enabled and port must have an IP address in order to use security groups.")
	}
	if !named && !secure && len(o.list("security_groups")) > 0 {
		return netConflict("PortSecurityPortHasSecurityGroup", "Port has security group associated. Cannot disable port security or IP address until security group is removed.")
	}
	for _, g := range groups {
		if group, there := n.groups.objects.Get(text(g)); !there || c.token != nil && !c.admin() && group.project != c.project() {
			return n.groups.missing("", text(g))
		}
	}
	if _, had := o.attrs["status"]; !had && !named {
		o.attrs["security_groups"] = []any{}
		if secure && !strings.HasPrefix(o.text("device_owner"), "network:") {
			o.attrs["security_groups"] = []any{n.defaultGroup(c, o.project).id}
		}
	}
	n.completePairs(o, doc)
	return nil
}

// completePairs gives pairs without a MAC address the port's own.
func (n *network) completePairs(o *netObject, doc map[string]any) {
	pairs, given := doc["allowed_address_pairs"].([]any)
	if !given {
		if o.attrs["allowed_address_pairs"] == nil {
			o.attrs["allowed_address_pairs"] = []any{}
		}
		return
	}
	for _, p := range pairs {
		if pair := p.(map[string]any); pair["mac_address"] == nil {
			pair["mac_address"] = o.text("mac_address")
		}
	}
	slices.SortFunc(pairs, func(a, b any) int { // as the database gives them
		x, y := a.(map[string]any), b.(map[string]any)
		return cmp.Or(strings.Compare(text(x["mac_address"]), text(y["mac_address"])), strings.Compare(text(x["ip_address"]), text(y["ip_address"])))
	})
}

func (n *network) updatePort(c *call, o *netObject, change map[string]any) error {
	if err := n.checkPortQoS(c, o, change["qos_policy_id"]); err != nil {
		return err
	}
	if err := n.guard(c, o, change); err != nil {
		return err
	}
	if more, given := change["extra_dhcp_opts"].([]any); given {
		change["extra_dhcp_opts"] = mergeOptions(o.list("extra_dhcp_opts"), more)
	}
	if host, given := change["binding:host_id"]; given {
		change["status"] = map[bool]string{true: "ACTIVE", false: "DOWN"}[text(host) != ""]
	}
	wishes, moved := change["fixed_ips"].([]any)
	if !moved {
		return nil
	}
	if o.text("device_owner") == "network:router_interface" && n.extensions["l3-port-ip-change-not-allowed"] && pyRepr(wishes) != pyRepr(o.attrs["fixed_ips"]) {
		return badResource("ports", "IP updates for port %s are not allowed", o.id)
	}
	ips, err := n.allocate(o, n.keepAddresses(o, wishes))
	if err != nil {
		return err
	}
	change["fixed_ips"], change[unaddressed] = ips, false
	n.loseForwards(c, o, ips)
	n.releaseFloatingIPs(c, o, ips)
	return nil
}

// mergeOptions changes DHCP options by name and version; a value of null takes
// one away.
func mergeOptions(have, more []any) []any {
	have = slices.Clone(have)
	for _, item := range more {
		o := item.(map[string]any)
		i := slices.IndexFunc(have, func(h any) bool {
			old := h.(map[string]any)
			return old["opt_name"] == o["opt_name"] && old["ip_version"] == o["ip_version"]
		})
		switch {
		case o["opt_value"] == nil && i >= 0:
			have = slices.Delete(have, i, i+1)
		case o["opt_value"] == nil:
		case i >= 0:
			have[i] = o
		default:
			have = append(have, o)
		}
	}
	return append([]any{}, have...)
}

// keepAddresses: a wish for a subnet that the port has an address in is one
// for that address.
func (n *network) keepAddresses(o *netObject, wishes []any) []any {
	out := []any{}
	for _, w := range wishes {
		wish := w.(map[string]any)
		if wish["ip_address"] == nil {
			for _, f := range o.list("fixed_ips") {
				if fixed := f.(map[string]any); fixed["subnet_id"] == wish["subnet_id"] && !slices.ContainsFunc(wishes, func(v any) bool {
					return v.(map[string]any)["ip_address"] == fixed["ip_address"]
				}) {
					wish = fixed
				}
			}
		}
		out = append(out, wish)
	}
	return out
}

func (n *network) removePort(c *call, o *netObject) error {
	owner := o.text("device_owner")
	if slices.Contains([]string{"network:router_interface", "network:router_gateway", "network:floatingip"}, owner) {
		_, there := n.routers.objects.Get(o.text("device_id"))
		if there || owner == "network:floatingip" {
			return netConflict("ServicePortInUse", "Port %s cannot be deleted directly via the port API: has device owner %s.", o.id, owner)
		}
	}
	if t, sub := n.trunkOf(o.id); t != nil && sub {
		return netConflict("PortInUseAsSubPort", "Port %s is currently a subport for trunk %s.", o.id, t.id)
	} else if t != nil {
		return netConflict("PortInUseAsTrunkParent", "Port %s is currently a parent port for trunk %s.", o.id, t.id)
	}
	return nil
}

func (n *network) viewPort(_ *call, o *netObject, v map[string]any) {
	v["ip_allocation"], v["qos_network_policy_id"], v["resource_request"] = "immediate", nil, nil
	if o.flag(unaddressed) {
		v["ip_allocation"] = "none"
	}
	v["binding:vif_type"], v["binding:vif_details"] = "unbound", map[string]any{}
	if o.text("binding:host_id") != "" {
		v["binding:vif_type"] = "ovs"
		v["binding:vif_details"] = map[string]any{"port_filter": true, "ovs_hybrid_plug": false, "connectivity": "l2"}
	}
	if net, there := n.networks.objects.Get(o.text("network_id")); there {
		v["qos_network_policy_id"] = net.attrs["qos_policy_id"]
	}
	if d := n.trunkDetails(o); d != nil {
		v["trunk_details"] = d
	}
	fixed := slices.SortedFunc(slices.Values(o.list("fixed_ips")), func(a, b any) int { // as the database gives them
		return strings.Compare(text(a.(map[string]any)["ip_address"]), text(b.(map[string]any)["ip_address"]))
	})
	v["fixed_ips"] = append([]any{}, fixed...)
	domain := "cloud.example."
	assignment := []any{}
	for _, f := range fixed {
		ip := text(f.(map[string]any)["ip_address"])
		host := o.text("dns_name")
		if host == "" {
			host = "host-" + strings.NewReplacer(".", "-", ":", "-").Replace(ip)
		}
		assignment = append(assignment, map[string]any{"ip_address": ip, "hostname": host, "fqdn": host + "." + domain})
	}
	v["dns_assignment"] = assignment
}
