package hot

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// TestOldTemplates: what Heat still takes of templates that were written long
// ago.
func TestOldTemplates(t *testing.T) {
	s := mustParse(t, `
  net: {type: OS::Neutron::Net, properties: {value_specs: {availability_zone_hints: [north], port_security_enabled: false}}}
  way: {type: OS::Neutron::Router, properties: {value_specs: {availability_zone_hints: [north]}}}
  out: {type: OS::Neutron::RouterGateway, properties: {router_id: {get_resource: way}, network_id: world}}
  root: {type: OS::Cinder::Volume, properties: {size: 5, image: Debian}}
  more: {type: OS::Cinder::Volume, properties: {size: 1}}
  from-disk:
    type: OS::Nova::Server
    properties:
      flavor: small
      block_device_mapping:
        - {device_name: vda, volume_id: {get_resource: root}, delete_on_termination: true}
        - {device_name: vdb, volume_id: {get_resource: more}}
  from-image:
    type: OS::Nova::Server
    properties:
      flavor: small
      image: Debian
      block_device_mapping: [{device_name: vdb, snapshot_id: backup, volume_size: 3}]
`)
	ref := func(typ resource.Type, key resource.Key) resource.Ref { return resource.Ref{Type: typ, Key: key} }
	type spec = map[string]resource.Value
	for _, c := range []struct {
		ref  resource.Ref
		want spec
	}{
		{ref(network, "net"), spec{"availability_zone_hints": []resource.Value{"north"}, "port_security_enabled": false}},
		{ref(router, "way"), spec{"availability_zone_hints": []resource.Value{"north"}, "external_gateway_info": spec{"network": ref(network, "world")}}},
		{ref(server, "from-disk"), spec{"flavor": ref(flavor, "small"), "block_device_mapping_v2": []resource.Value{
			spec{"boot_index": int64(0), "volume_id": ref(volume, "root"), "delete_on_termination": true}}}},
		{ref(attachment, "from-disk-more"), spec{"instance_uuid": ref(server, "from-disk"), "volume_id": ref(volume, "more")}},
		{ref(server, "from-image"), spec{"flavor": ref(flavor, "small"), "image": ref(image, "Debian")}},
		{ref(volume, "from-image-disk-0"), spec{"snapshot_id": ref(snapshot, "backup"), "size": int64(3)}},
	} {
		r := s.Get(c.ref)
		if r == nil {
			t.Errorf("no %s", c.ref)
			continue
		}
		if d := cmp.Diff(c.want, r.Spec); d != "" {
			t.Errorf("%s: %s", c.ref, d)
		}
	}
	if s.Get(ref("OS::Neutron::RouterGateway", "out")) != nil {
		t.Error("the gateway became a resource of its own")
	}
}

// TestStackName: a stack has the name that the caller gives it.
func TestStackName(t *testing.T) {
	const text = "heat_template_version: rocky\noutputs: {n: {value: {list_join: [_, [{get_param: 'OS::stack_name'}, web]]}}}"
	out, err := Parse("x", []byte(text), Options{Stack: "shop"})
	if err != nil || out.Outputs["n"] != "shop_web" {
		t.Errorf("%v, %v", out, err)
	}
}

// TestOneMistakeOnce: what refers to what is refused is no mistake of its own.
func TestOneMistakeOnce(t *testing.T) {
	for typ, want := range map[string]string{
		"OS::Octavia::LoadBalancer":          "only those of Nova, Neutron and Cinder are moved; take it out, and what refers to it",
		"OS::Neutron::Trunk":                 "are not supported: take it out, and what refers to it",
		"OS::Neutron::Nett":                  `did you mean "OS::Neutron::Net"?`,
		"OS::Cinder::VolumeType":             "only administrators may make one; name one that is there as volume_type",
		"OS::Heat::RandomString":             "make it a parameter, with hidden: true if it is a secret",
		"AWS::EC2::Instance":                 "is of CloudFormation",
		"lib/node.yaml":                      "a template inside another is not supported: write its resources into this one",
		"https://example.org/node.template":  "a template inside another is not supported",
		"Mine::Node":                         "if a resource_registry says which template it is",
		"OS::Heat::SoftwareDeployment":       "write what it does into user_data",
		"OS::Heat::WaitCondition":            "no Heat is there to receive it",
		"OS::Neutron::LBaaS::LoadBalancer":   "take it out",
		"OS::Nova::FloatingIPAssociation":    "write OS::Neutron::FloatingIPAssociation",
		"OS::Heat::ResourceGroupOfSomething": "take it out",
	} {
		text := strings.ReplaceAll(`heat_template_version: rocky
resources:
  odd: {type: "TYPE", properties: {x: y}}
  many: {type: OS::Heat::ResourceGroup, properties: {count: 2, resource_def: {type: OS::Nova::Server, properties: {flavor: {get_resource: odd}, image: i}}}}
  box:
    type: OS::Nova::Server
    depends_on: odd
    properties:
      name: {list_join: [_, [a, {get_attr: [odd, name]}]]}
      flavor: s
      image: i
      networks: [{port: {get_attr: [odd, port]}}]
outputs:
  x: {value: {get_attr: [odd, x]}}
`, "TYPE", typ)
		_, err := Parse("x", []byte(text), Options{})
		if errs := all(t, err); len(errs) != 1 || errs[0].Line != 3 || !strings.Contains(errs[0].Message, want) {
			t.Errorf("%s: %v, want one with %q", typ, errs, want)
		}
	}
}

// TestIdle: what does nothing here is taken, and told.
func TestIdle(t *testing.T) {
	const text = `heat_template_version: rocky
parameter_groups: [{dscription: x, parameters: [p]}]
parameters: {p: {type: string, default: x}}
resources:
  disk: {type: OS::Cinder::Volume, deletion_policy: Retain, update_policy: {}, metadata: {a: b}, properties: {size: 1}}
  key: {type: OS::Nova::KeyPair, properties: {name: k, public_key: x, save_private_key: true}}
  box:
    type: OS::Nova::Server
    properties: {flavor: s, image: i, user_data_format: SOFTWARE_CONFIG, flavor_update_policy: REPLACE, software_config_transport: ZAQAR_MESSAGE}
outputs:
  nowhere: {value: {get_attr: [box, first_address]}}
`
	out, err := Parse("x", []byte(text), Options{})
	if err != nil {
		t.Fatal(err)
	}
	var notes []string
	for _, n := range out.Notes {
		notes = append(notes, n.Message)
	}
	told := strings.Join(notes, "\n")
	for _, want := range []string{"deletion_policy does nothing here: what a drill creates it deletes", "update_policy does nothing here", "metadata does nothing here",
		"save_private_key does nothing here", "flavor_update_policy does nothing here: nothing is updated", "software_config_transport does nothing here",
		"Heat adds what its own agents read to this user_data", `the server "box" has no port 0`} {
		if !strings.Contains(told, want) {
			t.Errorf("not told: %s", want)
		}
	}
}

// TestPrivateKey: nobody has one but the user; in an output it does no harm.
func TestPrivateKey(t *testing.T) {
	const text = `heat_template_version: rocky
resources:
  key: {type: OS::Nova::KeyPair, properties: {name: k, public_key: x}}
  box: {type: OS::Nova::Server, properties: {flavor: s, image: i, user_data_format: RAW, user_data: {get_attr: [key, private_key]}}}
outputs:
  private: {value: {get_attr: [key, private_key]}}
`
	_, err := Parse("x", []byte(text), Options{})
	if errs := all(t, err); len(errs) != 1 || errs[0].Line != 4 || !strings.Contains(errs[0].Message, `"key" has no private key`) {
		t.Error(errs)
	}
}
