package openstack

import (
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// protocols are the names that Neutron knows, with their numbers.
var protocols = map[string]int{"ah": 51, "dccp": 33, "egp": 8, "esp": 50, "gre": 47, "hopopt": 0, "icmp": 1, "igmp": 2, "ip": 0, "ipip": 4,
	"ipv6-encap": 41, "ipv6-frag": 44, "ipv6-icmp": 58, "icmpv6": 58, "ipv6-nonxt": 59, "ipv6-opts": 60, "ipv6-route": 43, "ospf": 89,
	"pgm": 113, "rsvp": 46, "sctp": 132, "tcp": 6, "udp": 17, "udplite": 136, "vrrp": 112}

// protocolNames is the order in which a refusal lists them.
const protocolNames = "[None, 'ah', 'dccp', 'egp', 'esp', 'gre', 'hopopt', 'icmp', 'igmp', 'ip', 'ipip', 'ipv6-encap', 'ipv6-frag', 'ipv6-icmp', " +
	"'icmpv6', 'ipv6-nonxt', 'ipv6-opts', 'ipv6-route', 'ospf', 'pgm', 'rsvp', 'sctp', 'tcp', 'udp', 'udplite', 'vrrp']"

func toProtocol(_ string, v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	word := strings.ToLower(pyStr(v))
	if _, known := protocols[word]; known {
		return word, nil
	}
	if num, err := strconv.Atoi(word); err == nil && num >= 0 && num <= 255 {
		return word, nil
	}
	return nil, refuseAs(http.StatusBadRequest, "SecurityGroupRuleInvalidProtocol", "Security group rule protocol %s not supported. "+
		"Only protocol values %s and integer representations [0 to 255] are supported.", pyStr(v), protocolNames)
}

func toPortNumber(_ string, v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	num, ok := asInt(v)
	if !ok || num < 0 || num > 65535 {
		return nil, refuseAs(http.StatusBadRequest, "SecurityGroupInvalidPortValue", "Invalid value for port %s", pyStr(v))
	}
	return num, nil
}

func toEtherType(_ string, v any) (any, error) {
	for _, e := range []string{"IPv4", "IPv6"} {
		if strings.EqualFold(text(v), e) {
			return e, nil
		}
	}
	return nil, refuseAs(http.StatusBadRequest, "SecurityGroupRuleInvalidEtherType", "Security group rule for ethertype '%s' not supported. "+
		"Allowed values are ['IPv4', 'IPv6'].", pyStr(v))
}

// toPrefix makes a prefix of a bare address; host bits stay.
func toPrefix(_ string, v any) (any, error) {
	if v == nil || v == "" {
		return nil, nil
	}
	s := text(v)
	if a, err := netip.ParseAddr(s); err == nil {
		return netip.PrefixFrom(a, a.BitLen()).String(), nil
	}
	if _, err := netip.ParsePrefix(s); err != nil {
		return nil, refuseAs(http.StatusBadRequest, "InvalidCIDR", "Invalid CIDR %s given as IP prefix.", pyStr(v))
	}
	return s, nil
}

// number of a protocol; -1: any.
func protocolNumber(o *netObject) int {
	word := o.text("protocol")
	if num, known := protocols[word]; known {
		return num
	}
	if num, err := strconv.Atoi(word); err == nil {
		return num
	}
	return -1
}

func (n *network) createRule(c *call, o *netObject) error {
	if _, err := n.find(c, n.groups, o.text("security_group_id")); err != nil {
		return err
	}
	if err := n.checkRemote(c, o); err != nil {
		return err
	}
	canonicalProtocol(o)
	for _, check := range []func(*netObject) error{checkPorts, checkRuleFamily} {
		if err := check(o); err != nil {
			return err
		}
	}
	o.attrs["normalized_cidr"] = nil
	if p, err := netip.ParsePrefix(o.text("remote_ip_prefix")); err == nil {
		o.attrs["normalized_cidr"] = p.Masked().String()
	}
	for _, r := range n.rules.in(o.text("security_group_id")) {
		if sameRule(r, o) {
			return netConflict("SecurityGroupRuleExists", "Security group rule already exists. Rule id is %s.", r.id)
		}
	}
	o.revision = 0
	n.touchGroup(c, o)
	return nil
}

func (n *network) touchGroup(c *call, rule *netObject) {
	if g, there := n.groups.objects.Get(rule.text("security_group_id")); there {
		g.touch(c.now)
	}
}

func (n *network) checkRemote(c *call, o *netObject) error {
	remotes := 0
	for _, name := range []string{"remote_ip_prefix", "remote_group_id", "remote_address_group_id"} {
		if o.text(name) != "" {
			remotes++
		}
	}
	if remotes > 1 {
		return refuseAs(http.StatusBadRequest, "SecurityGroupMultipleRemoteEntites",
			"Only one of remote_ip_prefix or remote_group_id or remote_address_group_id may be provided.")
	}
	if g := o.text("remote_group_id"); g != "" {
		if _, err := n.find(c, n.groups, g); err != nil {
			return err
		}
	}
	if g := o.text("remote_address_group_id"); g != "" {
		if _, err := n.find(c, n.addresses, g); err != nil {
			return err
		}
	}
	return nil
}

// canonicalProtocol: ICMP in IPv6 has one name, whatever the rule calls it.
func canonicalProtocol(o *netObject) {
	if o.text("ethertype") == "IPv6" && slices.Contains([]string{"icmp", "icmpv6"}, o.text("protocol")) {
		o.attrs["protocol"] = "ipv6-icmp"
	}
}

func checkPorts(o *netObject) error {
	low, hasLow := o.attrs["port_range_min"].(int64)
	high, hasHigh := o.attrs["port_range_max"].(int64)
	if !hasLow && !hasHigh {
		return nil
	}
	num := protocolNumber(o)
	switch {
	case num < 0:
		return refuseAs(http.StatusBadRequest, "SecurityGroupProtocolRequiredWithPorts", "Must also specify protocol if port range is given.")
	case num == 1 || num == 58:
		return checkICMP(low, high, hasLow, hasHigh)
	case !slices.Contains([]int{33, 132, 6, 17, 136}, num):
		return refuseAs(http.StatusBadRequest, "SecurityGroupInvalidProtocolForPort", "Ports cannot be specified for protocol %d. "+
			"Ports are only supported for DCCP, SCTP, TCP, UDP, UDPLITE.", num)
	case hasLow && low == 0 || hasHigh && high == 0:
		return refuseAs(http.StatusBadRequest, "SecurityGroupInvalidPortValue", "Invalid value for port 0")
	case !hasLow || !hasHigh || low > high:
		return refuseAs(http.StatusBadRequest, "SecurityGroupInvalidPortRange", "For TCP/UDP protocols, port_range_min must be <= port_range_max")
	}
	return nil
}

// checkICMP: the range holds type and code.
func checkICMP(kind, code int64, hasKind, hasCode bool) error {
	wrong := func(what, field string, v int64) error {
		return refuseAs(http.StatusBadRequest, "SecurityGroupInvalidIcmpValue", "Invalid value for ICMP %s (%s) %d. It must be 0 to 255.", what, field, v)
	}
	switch {
	case hasKind && kind > 255:
		return wrong("type", "port_range_min", kind)
	case hasCode && code > 255:
		return wrong("code", "port_range_max", code)
	case !hasKind:
		return refuseAs(http.StatusBadRequest, "SecurityGroupMissingIcmpType", "ICMP code (port-range-max) %d is provided but ICMP type (port-range-min) is missing.", code)
	}
	return nil
}

func checkRuleFamily(o *netObject) error {
	family := o.text("ethertype")
	if p, err := netip.ParsePrefix(o.text("remote_ip_prefix")); err == nil && p.Addr().Is4() != (family == "IPv4") {
		return refuseAs(http.StatusBadRequest, "SecurityGroupRuleParameterConflict", "Conflicting value ethertype %s for CIDR %s", family, p)
	}
	six := slices.Contains([]string{"icmpv6", "ipv6-encap", "ipv6-frag", "ipv6-icmp", "ipv6-nonxt", "ipv6-opts", "ipv6-route"}, o.text("protocol"))
	if six && family == "IPv4" {
		return refuseAs(http.StatusBadRequest, "SecurityGroupEthertypeConflictWithProtocol", "Invalid ethertype %s for protocol %s.", family, o.text("protocol"))
	}
	return nil
}

// sameRule compares all but descriptions.
func sameRule(a, b *netObject) bool {
	if protocolNumber(a) != protocolNumber(b) {
		return false
	}
	for _, name := range []string{"security_group_id", "direction", "ethertype", "port_range_min", "port_range_max", "remote_group_id", "remote_address_group_id"} {
		if a.attrs[name] != b.attrs[name] {
			return false
		}
	}
	return anyPrefix(a) == anyPrefix(b)
}

// anyPrefix: all addresses are the same as no prefix.
func anyPrefix(o *netObject) string {
	if p := o.text("remote_ip_prefix"); p != "0.0.0.0/0" && p != "::/0" {
		return p
	}
	return ""
}

// checkRules checks what goes only for all the rules of a request together.
func (n *network) checkRules(k *netKind, docs []map[string]any) error {
	if k != n.rules || len(docs) < 2 {
		return nil
	}
	for i, doc := range docs {
		if doc["security_group_id"] != docs[0]["security_group_id"] {
			return refuseAs(http.StatusBadRequest, "SecurityGroupNotSingleGroupRules", "Only allowed to update rules for one security profile at a time")
		}
		if slices.ContainsFunc(docs[:i], func(other map[string]any) bool { return sameRule(&netObject{attrs: other}, &netObject{attrs: doc}) }) {
			return netConflict("DuplicateSecurityGroupRuleInPost", "Duplicate Security Group Rule in POST.")
		}
	}
	return nil
}

func (n *network) removeRule(c *call, o *netObject) error {
	n.touchGroup(c, o)
	return nil
}
