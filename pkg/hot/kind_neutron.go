package hot

import (
	"maps"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

const (
	network         resource.Type = "OS::Neutron::Net"
	subnet          resource.Type = "OS::Neutron::Subnet"
	router          resource.Type = "OS::Neutron::Router"
	routerInterface resource.Type = "OS::Neutron::RouterInterface"
	routerGateway   resource.Type = "OS::Neutron::RouterGateway"
	port            resource.Type = "OS::Neutron::Port"
	floatingIP      resource.Type = "OS::Neutron::FloatingIP"
	association     resource.Type = "OS::Neutron::FloatingIPAssociation"
	securityGroup   resource.Type = "OS::Neutron::SecurityGroup"
	groupRule       resource.Type = "OS::Neutron::SecurityGroupRule"
	extraRoute      resource.Type = "OS::Neutron::ExtraRoute"
	extraRouteSet   resource.Type = "OS::Neutron::ExtraRouteSet"
	qosPolicy       resource.Type = "OS::Neutron::QoSPolicy" // the provider's, named by text
)

func neutronKinds() map[resource.Type]kind {
	return map[resource.Type]kind{
		network: {build: (*builder).plain, properties: networkProperties(),
			attributes: []string{"admin_state_up", "l2_adjacency", "mtu", "name", "port_security_enabled", "qos_policy_id", "segments", "show",
				"status", "subnets", "tenant_id"}},
		subnet: {build: (*builder).subnet, properties: subnetProperties(),
			attributes: []string{"allocation_pools", "cidr", "dns_nameservers", "enable_dhcp", "gateway_ip", "host_routes", "ip_version", "name",
				"network_id", "show", "tenant_id"}},
		router: {build: (*builder).plain, properties: routerProperties(),
			attributes: []string{"admin_state_up", "external_gateway_info", "name", "show", "status", "tenant_id"}},
		routerInterface: {build: (*builder).routerInterface, properties: map[string]property{
			"router": made(router).must(), "router_id": made(router).aka("router"),
			"subnet": made(subnet), "subnet_id": made(subnet).aka("subnet"),
			"port": made(port), "port_id": made(port).aka("port"),
		}, attributes: []string{"show"}},
		routerGateway: {build: (*builder).routerGateway, folded: true, legacy: true, properties: map[string]property{
			"router_id": made(router).must(), "network": madeOrNamed(network).must(), "network_id": madeOrNamed(network).aka("network"),
		}, attributes: []string{"show"}},
		port: {build: (*builder).port, properties: portProperties(),
			attributes: []string{"admin_state_up", "allowed_address_pairs", "device_id", "device_owner", "dns_assignment", "fixed_ips", "mac_address",
				"name", "network", "network_id", "port_security_enabled", "propagate_uplink_status", "qos_policy_id", "security_groups", "show",
				"status", "subnets", "tenant_id"}},
		floatingIP: {build: (*builder).floatingIP, properties: map[string]property{
			"floating_network":    madeOrNamed(network).must(),
			"floating_network_id": madeOrNamed(network).aka("floating_network"),
			"port_id":             made(port),
			"fixed_ip_address":    of(anAddress),
			"floating_ip_address": of(anAddress),
			"floating_subnet":     not("members do not see the subnets of external networks; the cloud chooses one"),
			"dns_name":            {blank: true},
			"dns_domain":          {blank: true},
			"value_specs":         mapOf(map[string]property{"description": of(aText), "qos_policy_id": madeOrNamed(qosPolicy)}),
		}, attributes: []string{"fixed_ip_address", "floating_ip_address", "floating_network_id", "port_id", "router_id", "show", "tenant_id"}},
		association: {build: (*builder).association, folded: true, properties: map[string]property{
			"floatingip_id": made(floatingIP).must(), "port_id": made(port).must(), "fixed_ip_address": of(anAddress),
		}, attributes: []string{"show"}},
		securityGroup: {build: (*builder).securityGroup, properties: map[string]property{
			"name": of(aText), "description": of(aText), "rules": listOf(mapOf(inlineRule())),
		}, attributes: []string{"show"}},
		extraRoute: {build: (*builder).extraRoute, properties: map[string]property{
			"router_id": made(router).must(), "destination": of(aNetwork).must(), "nexthop": of(anAddress).must(),
		}, attributes: []string{"show"}},
		extraRouteSet: {build: (*builder).extraRouteSet, folded: true, properties: map[string]property{
			"router": made(router).must(),
			"routes": listOf(mapOf(map[string]property{"destination": of(aNetwork).must(), "nexthop": of(anAddress).must()})),
		}, attributes: []string{"show"}},
		groupRule: {build: (*builder).groupRule, properties: ruleProperties(), attributes: []string{"show"}},
	}
}

func networkProperties() map[string]property {
	return map[string]property{
		"name": of(aText), "admin_state_up": of(aBoolean), "port_security_enabled": of(aBoolean), "dns_domain": {blank: true},
		"availability_zone_hints": listOf(of(aText)), "tags": listOf(of(aText)),
		"shared":         not("only administrators may set it"),
		"tenant_id":      not("only administrators may set it"),
		"dhcp_agent_ids": not("only administrators may set it"),
		"qos_policy":     madeOrNamed(qosPolicy),
		"value_specs": mapOf(map[string]property{"description": of(aText), "mtu": integerIn(68, 0), "vlan_transparent": of(aBoolean),
			"availability_zone_hints": listOf(of(aText)).old(), "port_security_enabled": of(aBoolean).old(),
			"provider:network_type":     not("only administrators may set it"),
			"provider:physical_network": not("only administrators may set it"),
			"provider:segmentation_id":  not("only administrators may set it"),
			"router:external":           not("only administrators may set it"),
		}),
	}
}

func subnetProperties() map[string]property {
	return map[string]property{
		"network": madeOrNamed(network).must(), "network_id": madeOrNamed(network).aka("network"),
		"name": of(aText), "cidr": of(aNetwork).must(), "ip_version": integerIn(4, 6), "gateway_ip": of(aText), "enable_dhcp": of(aBoolean),
		"dns_nameservers":   listOf(of(anAddress)),
		"allocation_pools":  listOf(mapOf(map[string]property{"start": of(anAddress).must(), "end": of(anAddress).must()})),
		"host_routes":       listOf(mapOf(map[string]property{"destination": of(aNetwork).must(), "nexthop": of(anAddress).must()})),
		"ipv6_ra_mode":      one("dhcpv6-stateful", "dhcpv6-stateless", "slaac"),
		"ipv6_address_mode": one("dhcpv6-stateful", "dhcpv6-stateless", "slaac"),
		"tags":              listOf(of(aText)),
		"subnetpool":        not("a pool of addresses is each cloud's own: write the cidr"),
		"prefixlen":         not("a pool of addresses is each cloud's own: write the cidr"),
		"tenant_id":         not("only administrators may set it"),
		"segment":           not("only administrators may set it"),
		"value_specs":       mapOf(map[string]property{"description": of(aText), "service_types": listOf(of(aText)), "dns_publish_fixed_ip": of(aBoolean)}),
	}
}

func routerProperties() map[string]property {
	return map[string]property{
		"name": of(aText), "admin_state_up": of(aBoolean),
		"external_gateway_info": mapOf(map[string]property{
			"network": madeOrNamed(network).must(), "enable_snat": of(aBoolean),
			"external_fixed_ips": listOf(mapOf(map[string]property{"ip_address": of(anAddress), "subnet": madeOrNamed(subnet)})),
		}),
		"availability_zone_hints": listOf(of(aText)),
		"tags":                    listOf(of(aText)),
		"l3_agent_id":             not("only administrators may set it"),
		"l3_agent_ids":            not("only administrators may set it"),
		"distributed":             not("only administrators may set it"),
		"ha":                      not("only administrators may set it"),
		"value_specs":             mapOf(map[string]property{"description": of(aText), "availability_zone_hints": listOf(of(aText)).old()}),
	}
}

func portProperties() map[string]property {
	return map[string]property{
		"network": madeOrNamed(network).must(), "network_id": madeOrNamed(network).aka("network"),
		"name": of(aText), "admin_state_up": of(aBoolean), "port_security_enabled": of(aBoolean), "mac_address": of(aMAC),
		"tags": listOf(of(aText)), "security_groups": listOf(madeOrNamed(securityGroup)),
		"fixed_ips": listOf(mapOf(map[string]property{
			"subnet": madeOrNamed(subnet), "subnet_id": madeOrNamed(subnet).aka("subnet"), "ip_address": of(anAddress)})),
		"allowed_address_pairs":   listOf(mapOf(map[string]property{"mac_address": of(aMAC), "ip_address": of(aNetwork).must()})),
		"binding:vnic_type":       one("normal", "direct", "macvtap", "direct-physical", "baremetal", "virtio-forwarder", "smart-nic"),
		"device_id":               not("name the port in the server's networks"),
		"device_owner":            not("name the port in the server's networks"),
		"replacement_policy":      idle("nothing is updated"),
		"dns_name":                {blank: true},
		"qos_policy":              madeOrNamed(qosPolicy),
		"propagate_uplink_status": of(aBoolean),
		"no_fixed_ips":            of(aBoolean),
		"value_specs": mapOf(map[string]property{"description": of(aText), "dns_domain": {blank: true}, "port_security_enabled": of(aBoolean).old(),
			"extra_dhcp_opts": listOf(mapOf(map[string]property{"opt_name": of(aText).must(), "opt_value": of(aText).must(), "ip_version": integerIn(4, 6)}))}),
	}
}

// extraPort has the properties that Heat gives to a port that it makes for an
// entry of a server's networks.
func extraPort() map[string]property {
	all := portProperties()
	out := map[string]property{}
	for _, name := range []string{"admin_state_up", "allowed_address_pairs", "binding:vnic_type", "mac_address", "no_fixed_ips",
		"port_security_enabled", "propagate_uplink_status", "qos_policy", "value_specs"} {
		out[name] = all[name]
	}
	return out
}

// inlineRule has the properties of an entry of a group's rules.
func inlineRule() map[string]property {
	return map[string]property{
		"direction": one("ingress", "egress"), "ethertype": one("IPv4", "IPv6"), "protocol": of(aText),
		"port_range_min": integerIn(0, 65535), "port_range_max": integerIn(0, 65535),
		"remote_mode":      one("remote_ip_prefix", "remote_group_id"),
		"remote_group_id":  madeOrNamed(securityGroup),
		"remote_ip_prefix": of(aNetwork),
	}
}

func ruleProperties() map[string]property {
	return map[string]property{
		"security_group": made(securityGroup).must(), "description": of(aText),
		"direction": one("ingress", "egress"), "ethertype": one("IPv4", "IPv6"), "protocol": of(aText),
		"port_range_min": integerIn(0, 65535), "port_range_max": integerIn(0, 65535),
		"remote_group": madeOrNamed(securityGroup), "remote_ip_prefix": of(aNetwork),
	}
}

// plain makes a resource that has just its properties.
func (b *builder) plain() {
	b.valueSpecs()
	b.put()
}

// valueSpecs takes out of value_specs, where Heat lets everything pass that
// Neutron knows and HOT does not, what wechsel knows too.
func (b *builder) valueSpecs() {
	more, _ := b.spec["value_specs"].(map[string]resource.Value)
	delete(b.spec, "value_specs")
	maps.Copy(b.spec, more)
}

func (b *builder) port() {
	b.completePort(b.spec, b.where["security_groups"] != nil)
	if b.spec["no_fixed_ips"] == true && b.where["fixed_ips"] != nil {
		b.wrong("no_fixed_ips", "a port has either fixed_ips or no_fixed_ips: true")
	}
	b.plain()
}

// completePort tells a port that shall be in no group from one that names
// none, which gets into the default group.
func (b *builder) completePort(spec map[string]resource.Value, named bool) {
	if named && len(items(spec["security_groups"])) == 0 && spec["port_security_enabled"] != false {
		delete(spec, "security_groups")
		spec["no_security_groups"] = true
	}
}

// extraRoute is a route of a router.
func (b *builder) extraRoute() {
	r := b.putNamed("")
	r.Parent, _ = b.spec["router_id"].(resource.Ref)
}

// extraRouteSet makes a resource of each route.
func (b *builder) extraRouteSet() {
	on, _ := b.spec["router"].(resource.Ref)
	for _, route := range objects(b.spec["routes"]) {
		spec := map[string]resource.Value{"router_id": on, "destination": route["destination"], "nexthop": route["nexthop"]}
		r := &resource.Resource{Ref: resource.Ref{Type: extraRoute}, Tenure: resource.Own, Parent: on, Spec: spec}
		schema := b.set.Schema(extraRoute)
		if schema == nil {
			schema = routeSchema()
		}
		r.Key = schema.ChildKey(r)
		b.set.Put(r)
	}
}

// routeSchema tells two routes apart where no schemas are given.
func routeSchema() *resource.Schema {
	return &resource.Schema{Type: extraRoute, Natural: []resource.Path{"destination", "nexthop"},
		Fields: []resource.Field{{Path: "destination", Form: resource.CIDR}, {Path: "nexthop", Form: resource.IP}}}
}

func (b *builder) subnet() {
	b.valueSpecs()
	if n := b.where["gateway_ip"]; n != nil {
		if n.value == nil {
			b.spec["gateway_ip"] = "" // null is Heat's other way to say: no gateway
		} else if ip, ok := b.spec["gateway_ip"].(string); ok && ip != "" && !of(anAddress).formed(ip) {
			b.wrong("gateway_ip", "%q is no IP address", ip)
		}
	}
	b.put()
}

func (b *builder) routerInterface() {
	if (b.where["subnet"] == nil) == (b.where["port"] == nil) {
		b.wrong("subnet", "wants either subnet or port")
	}
	r := b.putNamed("")
	r.Parent, _ = b.spec["router"].(resource.Ref)
}

// routerGateway folds itself into its router.
func (b *builder) routerGateway() {
	b.later = append(b.later, func() {
		ref, _ := b.spec["router_id"].(resource.Ref)
		r := b.set.Get(ref)
		switch {
		case r == nil:
		case r.Spec["external_gateway_info"] != nil:
			b.wrong("router_id", "the router %q has a gateway already", ref.Key)
		default:
			r.Spec["external_gateway_info"] = map[string]resource.Value{"network": b.spec["network"]}
		}
	})
}

func (b *builder) floatingIP() {
	b.valueSpecs()
	b.putNamed("")
}

// association folds itself into its floating IP.
func (b *builder) association() {
	b.later = append(b.later, func() {
		ref, _ := b.spec["floatingip_id"].(resource.Ref)
		ip := b.set.Get(ref)
		if ip == nil {
			return
		}
		if ip.Spec["port_id"] != nil {
			b.wrong("floatingip_id", "the floating IP %q has a port already", ref.Key)
		}
		ip.Spec["port_id"] = b.spec["port_id"]
		if fixed := b.spec["fixed_ip_address"]; fixed != nil {
			ip.Spec["fixed_ip_address"] = fixed
		}
	})
}

// securityGroup makes the group and a resource of each of its rules. Neutron
// gives a new group two rules that let all traffic out; Heat takes them away
// if the list has a rule for egress.
func (b *builder) securityGroup() {
	rules := objects(b.spec["rules"])
	delete(b.spec, "rules")
	name := b.takeName()
	if name == "default" {
		b.wrong("name", "only the project's own group can have the name \"default\"")
	}
	b.putNamed(name)
	egress := false
	for i, r := range rules {
		b.putRule(b.inlineRule(i, r))
		egress = egress || r["direction"] == "egress"
	}
	if !egress {
		for _, r := range defaultEgress() {
			b.putRule(r)
		}
	}
}

// defaultEgress are the rules that Neutron gives to each new group.
func defaultEgress() []map[string]resource.Value {
	return []map[string]resource.Value{
		{"direction": "egress", "ethertype": "IPv4"},
		{"direction": "egress", "ethertype": "IPv6"},
	}
}

// inlineRule brings a rule of the list into the form of a rule of its own.
func (b *builder) inlineRule(i int, r map[string]resource.Value) map[string]resource.Value {
	mode, group := r["remote_mode"], r["remote_group_id"]
	delete(r, "remote_mode")
	delete(r, "remote_group_id")
	switch {
	case mode == "remote_group_id" && r["remote_ip_prefix"] != nil:
		b.wrongItem("rules", i, "rules[%d]: with remote_mode remote_group_id there is no remote_ip_prefix", i)
	case mode == "remote_group_id" && group == nil:
		r["remote_group"] = b.ref // Heat: the group itself
	case mode == "remote_group_id":
		r["remote_group"] = group
	case group != nil:
		b.wrongItem("rules", i, "rules[%d]: remote_group_id wants remote_mode: remote_group_id", i)
	}
	b.completeRule(r, nil)
	return r
}

// completeRule writes Heat's defaults.
func (b *builder) completeRule(r map[string]resource.Value, protocol resource.Value) {
	for name, v := range map[string]resource.Value{"direction": "ingress", "ethertype": "IPv4", "protocol": protocol} {
		if r[name] == nil && v != nil {
			r[name] = v
		}
	}
}

func (b *builder) putRule(spec map[string]resource.Value) {
	spec["security_group"] = b.ref
	r := &resource.Resource{Ref: resource.Ref{Type: groupRule}, Tenure: resource.Own, Parent: b.ref, Spec: spec}
	schema := b.set.Schema(groupRule)
	if schema == nil {
		schema = ruleSchema()
	}
	r.Key = schema.ChildKey(r)
	b.set.Put(r)
}

// ruleSchema tells two rules apart where no schemas are given: a rule is all
// that it says but its description.
func ruleSchema() *resource.Schema {
	return &resource.Schema{Type: groupRule,
		Fields:  []resource.Field{{Path: "direction", Default: "ingress"}, {Path: "ethertype", Default: "IPv4"}, {Path: "protocol", Form: resource.Protocol}},
		Natural: []resource.Path{"direction", "ethertype", "protocol", "port_range_min", "port_range_max", "remote_ip_prefix", "remote_group"}}
}

func (b *builder) groupRule() {
	if b.where["remote_group"] != nil && b.where["remote_ip_prefix"] != nil {
		b.wrong("remote_group", "write either remote_group or remote_ip_prefix")
	}
	b.completeRule(b.spec, "tcp") // Heat's default, here and only here
	r := b.putNamed("")
	r.Parent, _ = b.spec["security_group"].(resource.Ref)
}
