package openstack

import (
	"net/http"
)

// otherKinds are what only an administrator makes and few use: meters, and the
// flavors of routers. They have no behaviour of their own.
func (n *network) otherKinds() []*netKind {
	n.labels = &netKind{one: "metering_label", many: "metering_labels", path: "metering/metering-labels", ext: "metering", writer: "admin", attrs: []attribute{
		{name: "id", may: "vfs"},
		{name: "name", may: "cvfs", def: "", conv: toText(255)},
		{name: "description", may: "cvfs", def: "", conv: toText(1024)},
		{name: "tenant_id", may: "cvfs", def: unset, conv: asItIs},
		{name: "project_id", may: "cvfs", ext: "project-id", def: unset, conv: asItIs},
		{name: "shared", may: "cvfs", def: false, conv: toBool},
	}}
	n.labelRules = &netKind{one: "metering_label_rule", many: "metering_label_rules", path: "metering/metering-label-rules", ext: "metering", writer: "admin", attrs: []attribute{
		{name: "id", may: "vfs"},
		{name: "metering_label_id", may: "cvfsr", conv: toUUID},
		{name: "direction", may: "cvfsr", conv: oneOf("ingress", "egress")},
		{name: "excluded", may: "cvfs", def: false, conv: toBool},
		{name: "remote_ip_prefix", may: "cvfs", conv: orNone(toSubnet)},
		{name: "source_ip_prefix", may: "cvfs", ext: "metering_source_and_destination_fields", conv: orNone(toSubnet)},
		{name: "destination_ip_prefix", may: "cvfs", ext: "metering_source_and_destination_fields", conv: orNone(toSubnet)},
		{name: "tenant_id", may: "c", def: unset, conv: asItIs},
		{name: "project_id", may: "c", def: unset, conv: asItIs},
	}}
	n.labelRules.hooks.create = func(c *call, o *netObject) error {
		_, err := n.find(c, n.labels, o.text("metering_label_id"))
		return err
	}
	n.flavors = &netKind{one: "flavor", many: "flavors", ext: "flavors", writer: "admin", attrs: []attribute{
		{name: "id", may: "vfs"},
		{name: "name", may: "cuvfs", def: "", conv: toText(255)},
		{name: "description", may: "cuvfs", def: "", conv: orNone(toText(1024))},
		{name: "service_type", may: "cvfsr", conv: toServiceType},
		{name: "tenant_id", may: "c", def: unset, conv: asItIs},
		{name: "project_id", may: "c", def: unset, conv: asItIs},
		{name: "service_profiles", may: "cuv", def: []any{}, conv: uuidList},
		{name: "enabled", may: "cuvfs", def: true, conv: toBool},
	}}
	n.profiles = &netKind{one: "service_profile", many: "service_profiles", ext: "flavors", writer: "admin", reader: "admin", attrs: []attribute{
		{name: "id", may: "vfs"},
		{name: "description", may: "cuvfs", def: "", conv: orNone(toText(1024))},
		{name: "driver", may: "cuvfs", def: "", conv: toText(1024)},
		{name: "metainfo", may: "cuvs", def: "", conv: asItIs},
		{name: "tenant_id", may: "c", def: unset, conv: asItIs},
		{name: "project_id", may: "c", def: unset, conv: asItIs},
		{name: "enabled", may: "cuvfs", def: true, conv: toBool},
	}}
	helpers := &netKind{one: "conntrack_helper", many: "conntrack_helpers", ext: "l3-conntrack-helper", parent: n.routers, attrs: []attribute{
		{name: "id", may: "vfs"},
		{name: "project_id", may: "c", def: unset, conv: asItIs},
		{name: "tenant_id", may: "c", def: unset, conv: asItIs},
		{name: "protocol", may: "cuvfsr", conv: toForwardProtocol},
		{name: "port", may: "cuvfsr", conv: toPortBetween},
		{name: "helper", may: "cuvfsr", conv: toText(64)},
	}}
	for _, k := range []*netKind{n.flavors, n.profiles} { // nobody's, for everybody
		k.hooks.create = func(_ *call, o *netObject) error {
			o.project = ""
			return nil
		}
	}
	for kind, words := range map[*netKind][2]string{
		n.labels: {"MeteringLabelNotFound", "Metering label %s does not exist"}, n.labelRules: {"MeteringLabelRuleNotFound", "Metering label rule %s does not exist"},
		n.flavors: {"FlavorNotFound", "Flavor %s could not be found."}, n.profiles: {"ServiceProfileNotFound", "Service Profile %s could not be found."},
		helpers: {"ConntrackHelperNotFound", "Conntrack Helper %s could not be found."},
	} {
		kind.missing = func(_, id string) error { return refuseAs(http.StatusNotFound, words[0], words[1], id) }
	}
	return []*netKind{n.labels, n.labelRules, n.flavors, n.profiles, helpers}
}

func toServiceType(name string, v any) (any, error) {
	switch v {
	case "L3_ROUTER_NAT", "QOS", "METERING", "TRUNK", "DUMMY", "CORE":
		return v, nil
	}
	return nil, badRequest("Invalid input for %s. Reason: Invalid service type %s.", name, pyStr(v))
}
