package hot

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

func mustParse(t *testing.T, resources string) *resource.Set {
	t.Helper()
	out, err := Parse("test.hot.yaml", []byte("heat_template_version: 2021-04-16\nresources:\n"+resources), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := out.Set.Check(); err != nil {
		t.Fatal(err)
	}
	return out.Set
}

func rulesOf(s *resource.Set, group resource.Key) []string {
	var out []string
	for r := range s.Children(resource.Ref{Type: securityGroup, Key: group}) {
		out = append(out, ruleText(r.Spec))
	}
	slices.Sort(out)
	return out
}

// TestEgress: Heat takes Neutron's two rules for egress away if and only if
// the list has one.
func TestEgress(t *testing.T) {
	s := mustParse(t, `
  none: {type: OS::Neutron::SecurityGroup}
  ingress: {type: OS::Neutron::SecurityGroup, properties: {rules: [{protocol: tcp}]}}
  egress: {type: OS::Neutron::SecurityGroup, properties: {rules: [{direction: egress, ethertype: IPv6}]}}
  apart: {type: OS::Neutron::SecurityGroup}
  rule: {type: OS::Neutron::SecurityGroupRule, properties: {security_group: {get_resource: apart}, direction: egress}}
`)
	both := []string{`["egress","IPv4",null,null,null,null,null]`, `["egress","IPv6",null,null,null,null,null]`}
	for group, want := range map[resource.Key][]string{
		"none":    both,
		"ingress": {both[0], both[1], `["ingress","IPv4","tcp",null,null,null,null]`},
		"egress":  {both[1]},
		"apart":   {`["egress","IPv4","tcp",null,null,null,null]`, both[0], both[1]},
	} {
		if d := cmp.Diff(want, rulesOf(s, group)); d != "" {
			t.Errorf("%s: %s", group, d)
		}
	}
}

// TestGroupsOfEachOther: two groups that refer to each other, and to
// themselves, with rules inside and outside.
func TestGroupsOfEachOther(t *testing.T) {
	s := mustParse(t, `
  a: {type: OS::Neutron::SecurityGroup, properties: {rules: [{remote_mode: remote_group_id}, {remote_mode: remote_group_id, remote_group_id: {get_resource: b}}]}}
  b: {type: OS::Neutron::SecurityGroup}
  back: {type: OS::Neutron::SecurityGroupRule, properties: {security_group: {get_resource: b}, protocol: udp, remote_group: {get_resource: a}}}
  all: {type: OS::Neutron::SecurityGroupRule, properties: {security_group: {get_resource: b}, protocol: icmp, remote_group: default}}
`)
	remote := map[string]bool{}
	for r := range s.OfType(groupRule) {
		if ref, ok := r.Spec["remote_group"].(resource.Ref); ok {
			remote[string(r.Parent.Key+"←"+ref.Key)] = true
		}
	}
	want := map[string]bool{"a←a": true, "a←b": true, "b←a": true, "b←default": true}
	if d := cmp.Diff(want, remote); d != "" {
		t.Error(d)
	}
	if g := s.Get(resource.Ref{Type: securityGroup, Key: "default"}); g == nil || g.Tenure != resource.Implied {
		t.Errorf("the default group: %+v", g)
	}
}

// TestNames: what stays unnamed and what does not, and keys that would clash.
func TestNames(t *testing.T) {
	s := mustParse(t, `
  net: {type: OS::Neutron::Net}
  public: {type: OS::Neutron::Net, properties: {name: ''}}
  port: {type: OS::Neutron::Port, properties: {network: public}}
  port2: {type: OS::Neutron::Port, properties: {network: pub lic}}
  port3: {type: OS::Neutron::Port, properties: {network: pub-lic}}
  disk: {type: OS::Cinder::Volume, properties: {size: 1}}
  box: {type: OS::Nova::Server, properties: {flavor: small, image: Debian 12}}
  spread: {type: OS::Nova::ServerGroup}
  many: {type: OS::Heat::ResourceGroup, properties: {count: 2, resource_def: {type: OS::Nova::Server, properties: {flavor: small, image: Debian 12}}}}
`)
	var got []string
	for r := range s.All() {
		got = append(got, strings.TrimPrefix(r.Ref.String(), "OS::")+" "+r.Name+" "+string(r.Tenure))
	}
	want := []string{"Cinder::Volume/disk  own", "Glance::Image/Debian-12 Debian 12 given", "Neutron::Net/net  own", "Neutron::Net/pub-lic pub lic given",
		"Neutron::Net/pub-lic-2 pub-lic given", "Neutron::Net/public  own", "Neutron::Net/public-2 public given", "Neutron::Port/port  own",
		"Neutron::Port/port2  own", "Neutron::Port/port3  own", "Nova::Flavor/small small given", "Nova::Server/box box own",
		"Nova::Server/many-0 many-0 own", "Nova::Server/many-1 many-1 own", "Nova::ServerGroup/spread spread own"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// TestWhatTheCloudMakes: ports and volumes that come with servers, a volume
// named in block_device_mapping_v2, and a port that Heat makes for a subnet.
func TestWhatTheCloudMakes(t *testing.T) {
	s := mustParse(t, `
  net: {type: OS::Neutron::Net}
  subnet: {type: OS::Neutron::Subnet, properties: {network_id: {get_resource: net}, cidr: 10.0.0.0/24, gateway_ip: null}}
  disk: {type: OS::Cinder::Volume, properties: {size: 1}}
  box:
    type: OS::Nova::Server
    properties:
      flavor: small
      block_device_mapping_v2: [{image: Debian, volume_size: 5}, {boot_index: -1, volume_id: {get_resource: disk}}]
      networks: [{uuid: {get_resource: net}, fixed_ip: 10.0.0.7}, {network: public}]
  box2: {type: OS::Nova::Server, properties: {flavor: small, image: Debian, networks: [{subnet: {get_resource: subnet}, fixed_ip: 10.0.0.8}]}}
  ip: {type: OS::Neutron::FloatingIP, properties: {floating_network_id: public}}
  tie: {type: OS::Neutron::FloatingIPAssociation, properties: {floatingip_id: {get_resource: ip}, port_id: {get_attr: [box, addresses, {get_resource: net}, 0, port]}}}
`)
	get := func(typ resource.Type, key resource.Key) *resource.Resource {
		r := s.Get(resource.Ref{Type: typ, Key: key})
		if r == nil {
			t.Fatalf("no %s %s", typ, key)
		}
		return r
	}
	net, sub := get(network, "net").Ref, get(subnet, "subnet").Ref
	if gateway := get(subnet, "subnet").Spec["gateway_ip"]; gateway != "" {
		t.Errorf("gateway_ip: null is no gateway, have %q", gateway)
	}
	for _, c := range []struct {
		r    *resource.Resource
		want map[string]resource.Value
	}{
		{get(port, "box-port"), map[string]resource.Value{"network": net, "fixed_ips": []resource.Value{map[string]resource.Value{"subnet": sub, "ip_address": "10.0.0.7"}}}},
		{get(port, "box-port-2"), map[string]resource.Value{"network": get(network, "public").Ref}},
		{get(volume, "box-root"), map[string]resource.Value{"size": int64(5), "image": get(image, "Debian").Ref}},
		{get(port, "box2-port-0"), map[string]resource.Value{"network": net, "fixed_ips": []resource.Value{map[string]resource.Value{"subnet": sub, "ip_address": "10.0.0.8"}}}},
		{get(attachment, "box-disk"), map[string]resource.Value{"instance_uuid": get(server, "box").Ref, "volume_id": get(volume, "disk").Ref}},
		{get(floatingIP, "ip"), map[string]resource.Value{"floating_network": get(network, "public").Ref, "port_id": get(port, "box-port").Ref}},
	} {
		if d := cmp.Diff(c.want, c.r.Spec); d != "" {
			t.Errorf("%s: %s", c.r.Ref, d)
		}
		if implied := c.r.Tenure == resource.Implied; implied != (c.r.Key == "box-port" || c.r.Key == "box-port-2" || c.r.Key == "box-root") {
			t.Errorf("%s is %s", c.r.Ref, c.r.Tenure)
		}
	}
}

// TestNotes: what is done otherwise than in Heat is told.
func TestNotes(t *testing.T) {
	out, err := Parse("x", []byte(`heat_template_version: rocky
resources:
  box: {type: OS::Nova::Server, properties: {flavor: s, image: i, user_data: hello}}`), Options{})
	if err != nil || len(out.Notes) != 1 || !strings.Contains(out.Notes[0].Message, "user_data_format: RAW") {
		t.Errorf("%v, notes %v", err, out.Notes)
	}
}
