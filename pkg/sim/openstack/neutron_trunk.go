package openstack

import (
	"net/http"
	"slices"
)

func (n *network) trunkAttributes() []attribute {
	return append([]attribute{
		{name: "admin_state_up", may: "cuvfs", def: true, conv: toBool},
		{name: "id", may: "vfs"},
		{name: "name", may: "cuvfs", def: "", conv: toText(255)},
		{name: "tenant_id", may: "cvfs", def: unset, conv: asItIs},
		{name: "project_id", may: "cvfs", ext: "project-id", def: unset, conv: asItIs},
		{name: "port_id", may: "cvfsr", conv: toUUID},
		{name: "status", may: "vs"},
		{name: "sub_ports", may: "cv", def: []any{}, conv: toSubports},
	}, common()...)
}

// toSubports checks the form of subports, as the API does for a new trunk.
func toSubports(name string, v any) (any, error) {
	if m := subportTrouble(v); m != "" {
		return nil, invalidValue(name, "%s", m)
	}
	return v, nil
}

func subportTrouble(v any) string {
	list, ok := v.([]any)
	if !ok {
		return "Invalid data format for subports: '" + pyStr(v) + "' is not a list"
	}
	seenPorts, seenIDs := map[string]bool{}, map[string]bool{}
	for _, item := range list {
		sub, ok := item.(map[string]any)
		if !ok {
			return "Invalid data format for subport: '" + pyStr(item) + "' is not a dict"
		}
		port, there := sub["port_id"]
		if !there {
			return "A valid port UUID must be specified"
		}
		if _, err := toUUID("", port); err != nil {
			return "Invalid UUID for subport: '" + pyStr(port) + "'"
		}
		if seenPorts[text(port)] {
			return "Non unique UUID for subport: '" + text(port) + "'"
		}
		seenPorts[text(port)] = true
		if sub["segmentation_type"] == "inherit" {
			return ""
		}
		id := sub["segmentation_id"]
		if (text(sub["segmentation_type"]) == "" || id == nil) && len(sub) > 1 {
			return noSegmentation(sub)
		}
		if key := pyStr(sub["segmentation_type"]) + pyStr(id); id != nil && seenIDs[key] {
			return "Segmentation ID '" + pyStr(id) + "' for '" + pyStr(port) + "' is not unique"
		} else if id != nil {
			seenIDs[key] = true
		}
	}
	return ""
}

func noSegmentation(sub map[string]any) string {
	return "Invalid subport details '" + pyRepr(sub) + "': missing segmentation information. Must specify both segmentation_id and segmentation_type"
}

func (n *network) createTrunk(c *call, o *netObject) error {
	if err := n.checkParentPort(c, o.text("port_id")); err != nil {
		return err
	}
	subs, err := n.checkSubports(c, o, o.list("sub_ports"))
	if err != nil {
		return err
	}
	o.attrs["sub_ports"], o.attrs["status"], o.revision = subs, "DOWN", 0
	return nil
}

// checkParentPort: a port is in one trunk only, and no server has it yet.
func (n *network) checkParentPort(c *call, id string) error {
	if trunk, sub := n.trunkOf(id); trunk != nil && sub {
		return netConflict("TrunkPortInUse", "Port %s is in use by another trunk.", id)
	} else if trunk != nil {
		return netConflict("ParentPortInUse", "Port %s is currently in use and is not eligible for use as a parent port.", id)
	}
	p, err := n.find(c, n.ports, id)
	if err != nil {
		return err
	}
	if p.text("binding:host_id") != "" {
		return netConflict("ParentPortInUse", "Port %s is currently in use and is not eligible for use as a parent port.", id)
	}
	return nil
}

// trunkOf returns the trunk that a port is in, and whether as a subport.
func (n *network) trunkOf(port string) (trunk *netObject, sub bool) {
	for t := range n.trunks.objects.All() {
		if t.text("port_id") == port {
			return t, false
		}
		if slices.ContainsFunc(t.list("sub_ports"), func(s any) bool { return s.(map[string]any)["port_id"] == port }) {
			return t, true
		}
	}
	return nil, false
}

// checkSubports completes subports, or says what is wrong with one.
func (n *network) checkSubports(c *call, trunk *netObject, list []any) ([]any, error) {
	out := []any{}
	for _, item := range list {
		sub := item.(map[string]any)
		id := text(sub["port_id"])
		p, err := n.find(c, n.ports, id)
		if sub["segmentation_type"] == "inherit" && err == nil {
			sub = map[string]any{"port_id": id}
			for _, s := range n.segments.in(p.text("network_id"))[:1] {
				sub["segmentation_type"], sub["segmentation_id"] = s.attrs["network_type"], s.attrs["segmentation_id"]
			}
		}
		if id == trunk.text("port_id") {
			return nil, netConflict("ParentPortInUse", "Port %s is currently in use and is not eligible for use as a parent port.", id)
		}
		if err := n.checkSubportMTU(trunk, p); err != nil {
			return nil, err
		}
		number, isNumber := asInt(sub["segmentation_id"])
		switch {
		case sub["segmentation_type"] == nil || sub["segmentation_id"] == nil:
			return nil, invalidInput("%s", noSegmentation(sub))
		case !isNumber:
			return nil, invalidInput("Invalid subport details: segmentation_id '%s' is not an integer", pyStr(sub["segmentation_id"]))
		case sub["segmentation_type"] != "vlan":
			return nil, invalidInput("Unknown segmentation_type '%s'", pyStr(sub["segmentation_type"]))
		case number < 1 || number > 4094:
			return nil, invalidInput("Segmentation ID '%d' is not in range", number)
		}
		if used, asSub := n.trunkOf(id); used != nil && asSub {
			return nil, netConflict("TrunkPortInUse", "Port %s is in use by another trunk.", id)
		} else if used != nil {
			return nil, netConflict("ParentPortInUse", "Port %s is currently in use and is not eligible for use as a parent port.", id)
		}
		if err != nil {
			return nil, err
		}
		if p.text("device_id") != "" {
			return nil, netConflict("PortInUse", "Unable to complete operation on port %s for network %s. Port already has an attached device %s.",
				p.id, p.text("network_id"), p.text("device_id"))
		}
		out = append(out, map[string]any{"port_id": id, "segmentation_type": "vlan", "segmentation_id": number})
	}
	return out, nil
}

func (n *network) checkSubportMTU(trunk, sub *netObject) error {
	parent, there := n.ports.objects.Get(trunk.text("port_id"))
	if !there || sub == nil {
		return nil
	}
	mtu := func(p *netObject) int64 {
		net, _ := n.networks.objects.Get(p.text("network_id"))
		m, _ := net.attrs["mtu"].(int64)
		return m
	}
	if most, have := mtu(parent), mtu(sub); have > most {
		return netConflict("SubPortMtuGreaterThanTrunkPortMtu", "MTU %d of subport %s cannot be greater than MTU %d of trunk %s.", have, sub.id, most, parent.id)
	}
	return nil
}

func (n *network) removeTrunk(c *call, o *netObject) error {
	if !o.flag("admin_state_up") {
		return trunkDisabled(o)
	}
	if p, there := n.ports.objects.Get(o.text("port_id")); there && p.text("binding:host_id") != "" {
		return netConflict("TrunkInUse", "Trunk %s is currently in use.", o.id)
	}
	return nil
}

func trunkDisabled(o *netObject) error {
	return netConflict("TrunkDisabled", "Trunk %s is currently disabled.", o.id)
}

// subportAction answers what changes the subports of a trunk.
func (n *network) subportAction(action string, change func(*call, *netObject, []any) error) handler {
	return func(c *call) (*reply, error) {
		o, err := n.find(c, n.trunks, c.PathValue("id"))
		if err != nil {
			return nil, err
		}
		if !n.owns(c, o) || !c.may(action, "member") {
			return nil, refuseAs(http.StatusForbidden, "PolicyNotAuthorized", "rule:%s is disallowed by policy", action)
		}
		body, _ := c.body.(map[string]any)
		list, given := body["sub_ports"]
		if !given {
			return nil, serverError()
		}
		subs, _ := list.([]any)
		if err := change(c, o, subs); err != nil {
			return nil, err
		}
		o.attrs["status"] = "DOWN"
		o.touch(c.now)
		return ok(n.view(c, o)), nil
	}
}

func serverError() error {
	return refuseAs(http.StatusInternalServerError, "HTTPInternalServerError", "Request Failed: internal server error while processing your request.")
}

func (n *network) addSubports(c *call, o *netObject, list []any) error {
	if m := subportTrouble(any(list)); m != "" {
		return invalidInput("%s", m)
	}
	subs, err := n.checkSubports(c, o, list)
	if err != nil {
		return err
	}
	if !o.flag("admin_state_up") {
		return trunkDisabled(o)
	}
	have := o.list("sub_ports")
	for _, s := range subs {
		if slices.ContainsFunc(have, func(h any) bool {
			return h.(map[string]any)["segmentation_id"] == s.(map[string]any)["segmentation_id"]
		}) {
			sub := s.(map[string]any)
			return netConflict("DuplicateSubPort", "segmentation_type %s and segmentation_id %d already in use on trunk %s.", sub["segmentation_type"], sub["segmentation_id"], o.id)
		}
	}
	o.attrs["sub_ports"] = append(slices.Clone(have), subs...)
	return nil
}

func (n *network) removeSubports(c *call, o *netObject, list []any) error {
	if !o.flag("admin_state_up") {
		return trunkDisabled(o)
	}
	have := slices.Clone(o.list("sub_ports"))
	for _, item := range list {
		sub, _ := item.(map[string]any)
		id, given := sub["port_id"]
		if !given {
			return invalidInput("A valid port UUID must be specified")
		}
		i := slices.IndexFunc(have, func(s any) bool { return s.(map[string]any)["port_id"] == id })
		if i < 0 {
			return refuseAs(http.StatusNotFound, "SubPortNotFound", "SubPort %s on trunk %s could not be found.", pyStr(id), o.id)
		}
		have = slices.Delete(have, i, i+1)
	}
	o.attrs["sub_ports"] = have
	return nil
}

func (n *network) listSubports(c *call) (*reply, error) {
	o, err := n.find(c, n.trunks, c.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return ok(map[string]any{"sub_ports": o.list("sub_ports")}), nil
}

// trunkDetails is what a trunk's parent port shows.
func (n *network) trunkDetails(port *netObject) any {
	t, sub := n.trunkOf(port.id)
	if t == nil || sub {
		return nil
	}
	subs := []any{}
	for _, s := range t.list("sub_ports") {
		v := merged(s.(map[string]any), nil)
		if p, there := n.ports.objects.Get(text(v["port_id"])); there {
			v["mac_address"] = p.text("mac_address")
		}
		subs = append(subs, v)
	}
	return map[string]any{"trunk_id": t.id, "sub_ports": subs}
}
