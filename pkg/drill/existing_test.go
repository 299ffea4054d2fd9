package drill

import (
	"fmt"
	"strings"
	"testing"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// namesWhatIsThere is what most templates that people publish are like: they
// bring neither key pair nor network, and name those of the project.
const namesWhatIsThere = `
  nic: {type: OS::Neutron::Port, properties: {network: LAN, security_groups: [web]}}
  address: {type: OS::Neutron::FloatingIP, properties: {floating_network: public, port_id: {get_resource: nic}}}
  box: {type: OS::Nova::Server, properties: {flavor: SCS-2V-4-20s, image: IMAGE, key_name: ops, networks: [{port: {get_resource: nic}}]}}
`

const opsKey = `{"keypair": {"name": "ops", "public_key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJxY0n2dF1Yx0y6v1VQYh8m2x0yq7yqM2p0bq3y3s1aB ops"}}`

// TestWhatTheProjectHas: what a workload names of its project, by name or id, is
// used on the source, moved, and neither changed nor deleted there.
func TestWhatTheProjectHas(t *testing.T) {
	w := differentWorld(t, nil, nil)
	u := w.from.user(t, "demo", "demo")
	id := func(answer map[string]any, kind string) string {
		return fmt.Sprint(answer[kind].(map[string]any)["id"])
	}
	lan := id(u.do("POST", "/network/v2.0/networks", `{"network": {"name": "lan"}}`), "network")
	sub := id(u.do("POST", "/network/v2.0/subnets", `{"subnet": {"name": "lan", "network_id": "`+lan+`", "cidr": "10.7.0.0/24", "ip_version": 4}}`), "subnet")
	public := ""
	for _, n := range u.do("GET", "/network/v2.0/networks?router:external=true", "")["networks"].([]any) {
		public = fmt.Sprint(n.(map[string]any)["id"])
	}
	way := id(u.do("POST", "/network/v2.0/routers", `{"router": {"name": "way", "external_gateway_info": {"network_id": "`+public+`"}}}`), "router")
	u.do("PUT", "/network/v2.0/routers/"+way+"/add_router_interface", `{"subnet_id": "`+sub+`"}`)
	u.do("POST", "/network/v2.0/security-groups", `{"security_group": {"name": "web"}}`)
	u.do("POST", "/compute/v2.1/os-keypairs", opsKey)
	images := u.do("GET", "/image/v2/images", "")["images"].([]any)

	s := shown{workload: strings.NewReplacer("LAN", lan, "IMAGE", fmt.Sprint(images[0].(map[string]any)["id"])).Replace(namesWhatIsThere)}
	o := w.options(t, "tiny")
	loaded, _ := s.load(t)
	o.Workload, o.UserData, o.Shared = loaded.Set, loaded.UserData, true
	before := w.estates(t)[w.from.name]
	r := run(t, o)
	for _, g := range append(classify(t, r.Unfit), classify(t, r.Signals)...) {
		if g.Severity == "blocker" {
			t.Errorf("%s %s: %s", g.Kind, g.Severity, g.Cause)
		}
	}
	for _, typ := range []resource.Type{"OS::Nova::KeyPair", "OS::Neutron::Net", "OS::Neutron::Subnet", "OS::Neutron::Router", "OS::Neutron::SecurityGroup", "OS::Nova::Server", "OS::Neutron::FloatingIP"} {
		own := 0
		for x := range r.Target.OfType(typ) {
			if x.Tenure == resource.Own {
				own++
			}
		}
		if own != 1 {
			t.Errorf("%d %s arrived, want 1", own, typ)
		}
	}
	compareEstates(t, w.from.name, before, w.estates(t)[w.from.name])
}

// withKeyPair is a workload that names a key pair of its user.
func withKeyPair(t *testing.T, w *world) Options {
	t.Helper()
	s := shown{workload: "  box: {type: OS::Nova::Server, properties: {flavor: SCS-2V-4-20s, image: " + w.from.cloud.Profile().Images[0].Name + ", key_name: ops, networks: [{allocate_network: none}]}}\n"}
	o := w.options(t, "tiny")
	loaded, _ := s.load(t)
	o.Workload, o.UserData = loaded.Set, loaded.UserData
	return o
}

// TestUsersKeyPair: a project in which the user has nothing but a key pair is
// empty, and the server that names it arrives with it.
func TestUsersKeyPair(t *testing.T) {
	w := differentWorld(t, nil, nil)
	w.from.user(t, "demo", "demo").do("POST", "/compute/v2.1/os-keypairs", opsKey)
	r := run(t, withKeyPair(t, w))
	if len(r.Unfit) > 0 {
		t.Errorf("the source could not carry it: %+v", r.Unfit)
	}
	if x := r.Target.Get(resource.Ref{Type: "OS::Nova::Server", Key: "box"}); x == nil || x.Spec["key_name"] == nil {
		t.Errorf("the server arrived without its key pair: %+v", x)
	}
}

// TestNoSuchKeyPair: without it the source refuses the server, and the gap says
// what to do.
func TestNoSuchKeyPair(t *testing.T) {
	gaps := classify(t, run(t, withKeyPair(t, differentWorld(t, nil, nil))).Unfit)
	if len(gaps) != 1 || gaps[0].Kind != "compute/keypair-absent" || !strings.Contains(gaps[0].Cause, "ops") || gaps[0].Severity != "blocker" {
		t.Errorf("gaps %+v", gaps)
	}
}
