package inventory_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/inventory"
	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

const (
	tNet    = cloud.Network
	tSubnet = cloud.Subnet
	tImage  = cloud.Image
	tFlavor = cloud.Flavor
	tGroup  = resource.Type("OS::Neutron::SecurityGroup")
	tRule   = resource.Type("OS::Neutron::SecurityGroupRule")
	tPort   = resource.Type("OS::Neutron::Port")
	tServer = resource.Type("OS::Nova::Server")
	tIface  = resource.Type("OS::Neutron::RouterInterface")
	tRouter = resource.Type("OS::Neutron::Router")
)

type spec = map[string]resource.Value

func schemas() resource.Schemas {
	text := func(p resource.Path, refers ...resource.Type) resource.Field {
		return resource.Field{Path: p, Form: resource.Text, Refers: refers}
	}
	out := resource.Schemas{}
	for _, s := range []*resource.Schema{
		{Type: tNet, Mark: resource.MarkDescription, Fields: []resource.Field{{Path: "admin_state_up", Form: resource.Bool, Default: true}}},
		{Type: tSubnet, Mark: resource.MarkDescription, Fields: []resource.Field{text("network", tNet), {Path: "cidr", Form: resource.CIDR}}},
		{Type: tRouter, Mark: resource.MarkDescription, Fields: []resource.Field{text("external_gateway_info.network", tNet)}},
		{Type: tIface, Mark: resource.MarkParent, Natural: []resource.Path{"subnet"}, Fields: []resource.Field{text("subnet", tSubnet)}},
		{Type: tGroup, Mark: resource.MarkDescription},
		{Type: tRule, Mark: resource.MarkParent, Natural: []resource.Path{""}, Fields: []resource.Field{text("remote_group", tGroup), {Path: "port", Form: resource.Int}}},
		{Type: "OS::Neutron::FloatingIP", Mark: resource.MarkDescription, Fields: []resource.Field{text("port_id", tPort)},
			After: []resource.Edge{{Type: tIface, Via: "port_id.network", Of: "subnet.network"}}},
		{Type: tPort, Mark: resource.MarkDescription, After: []resource.Edge{{Type: tSubnet, Via: "network", Of: "network"}}, Natural: []resource.Path{"network", "fixed_ips"}, Fields: []resource.Field{
			text("network", tNet), text("security_groups[]", tGroup), {Path: "security_groups", Form: resource.List, List: resource.Unique}}},
		{Type: tServer, Mark: resource.MarkTags, Fields: []resource.Field{
			text("flavor", tFlavor), text("image", tImage), text("networks[].port", tPort), text("networks[].network", tNet),
			{Path: "user_data", Form: resource.Text, Hidden: true}}},
	} {
		out[s.Type] = s
	}
	return out
}

// A listing is a cloud that lists these, each time in another order.
type listing struct {
	list []*resource.Resource
	rand *rand.Rand
	err  error
}

func (l *listing) Schemas() resource.Schemas { return schemas() }

func (l *listing) Catalogue(context.Context) (profile.Catalogue, error) {
	return profile.Catalogue{}, nil
}

func (l *listing) List(context.Context, cloud.Selector) iter.Seq2[*resource.Resource, error] {
	return func(yield func(*resource.Resource, error) bool) {
		list := slices.Clone(l.list)
		l.rand.Shuffle(len(list), func(i, k int) { list[i], list[k] = list[k], list[i] })
		for _, r := range list {
			if !yield(r, nil) {
				return
			}
		}
		if l.err != nil {
			yield(nil, l.err)
		}
	}
}

func own(t resource.Type, id, name string, s spec) *resource.Resource {
	return &resource.Resource{Ref: resource.Ref{Type: t}, ID: id, Name: name, Tenure: resource.Own, Spec: s, State: resource.Ready}
}

func marked(r *resource.Resource, key string) *resource.Resource {
	r.Owner = resource.Owner{Drill: "d1", Key: resource.Key(key)}
	return r
}

func child(r *resource.Resource, t resource.Type, parent string) *resource.Resource {
	r.Parent = resource.Ref{Type: t, Key: resource.Key(parent)}
	return r
}

func implied(r *resource.Resource) *resource.Resource {
	r.Tenure = resource.Implied
	return r
}

func catalogue() *profile.Catalogue {
	return &profile.Catalogue{
		Flavors:  []profile.Flavor{{ID: "f1", Name: "SCS-1V-2", VCPUs: 1, RAM: 2048}, {ID: "f2", Name: "SCS-2V-4", VCPUs: 2, RAM: 4096}},
		Images:   []profile.Image{{ID: "i1", Name: "Debian 12", Visibility: "public"}},
		Networks: []profile.Network{{ID: "ext", Name: "public", External: true, Subnets: []profile.Subnet{{ID: "ext-s", Name: "public-s", CIDR: "192.0.2.0/24"}}}},
	}
}

// project is a project with what a drill has made, and with others' things.
func project() []*resource.Resource {
	return []*resource.Resource{
		marked(own(tNet, "n1", "net", spec{"admin_state_up": true}), "net"),
		marked(own(tSubnet, "s1", "sub", spec{"network": "n1", "cidr": "10.0.0.5/24"}), "sub"),
		marked(own(tRouter, "r1", "", spec{"external_gateway_info": spec{"network": "ext"}}), "router"),
		child(own(tIface, "p-if", "", spec{"subnet": "s1"}), tRouter, "r1"),
		marked(own(tGroup, "g1", "web", nil), "web"),
		child(own(tRule, "rule1", "", spec{"port": "80"}), tGroup, "g1"),
		child(own(tRule, "rule2", "", spec{"remote_group": "g1"}), tGroup, "g1"),
		implied(own(tGroup, "g0", "default", nil)),
		child(own(tRule, "rule0", "", spec{"remote_group": "g0"}), tGroup, "g0"),
		marked(own(tServer, "v1", "same", spec{"flavor": "f1", "image": "i1", "networks": []resource.Value{spec{"network": "n1"}}}), "srv"),
		implied(child(own(tPort, "p2", "", spec{"network": "n1", "security_groups": []resource.Value{"g0"}}), tServer, "v1")),
		implied(child(own(tPort, "p1", "", spec{"network": "ext", "security_groups": []resource.Value{"g1", "g0"}}), tServer, "v1")),
		own(tNet, "n9", "net", nil),
		own(tServer, "v9", "same", spec{"flavor": "gone", "image": "", "networks": []resource.Value{spec{"port": "p9"}}}),
		own(tPort, "p9", "", spec{"network": "n9", "security_groups": []resource.Value{"g0"}}),
		own(tPort, "p8", "intruder", spec{"network": "n1"}),
	}
}

func take(t *testing.T, list []*resource.Resource, seed uint64, o inventory.Options) *resource.Set {
	t.Helper()
	set, err := inventory.Take(t.Context(), &listing{list: list, rand: rand.New(rand.NewPCG(seed, 1))}, o)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func refs(set *resource.Set) []string {
	var out []string
	for r := range set.All() {
		out = append(out, strings.TrimPrefix(r.Ref.String(), "OS::"))
	}
	return out
}

func TestDrill(t *testing.T) {
	set := take(t, project(), 1, inventory.Options{Drill: "d1", Catalogue: catalogue(), Keys: map[string]resource.Ref{
		"p2": {Type: tPort, Key: "srv-port"}, "v1": {Type: tServer, Key: "not-this"}, "f1": {Type: tFlavor, Key: "nor-this"}}})
	want := []string{
		"Glance::Image/Debian-12",
		"Neutron::Net/net", "Neutron::Net/public",
		"Neutron::Port/intruder", "Neutron::Port/srv-port", "Neutron::Port/srv-port-2",
		"Neutron::Router/router", "Neutron::RouterInterface/router-sub",
		"Neutron::SecurityGroup/default", "Neutron::SecurityGroup/web",
		"Neutron::SecurityGroupRule/default-rule-93be4ac3", "Neutron::SecurityGroupRule/web-rule-64626bc2", "Neutron::SecurityGroupRule/web-rule-9b00d41a",
		"Neutron::Subnet/sub",
		"Nova::Flavor/SCS-1V-2", "Nova::Server/srv",
	}
	if diff := cmp.Diff(want, refs(set)); diff != "" {
		t.Error(diff)
	}
	srv := set.Get(resource.Ref{Type: tServer, Key: "srv"})
	if diff := cmp.Diff(spec{
		"flavor": resource.Ref{Type: tFlavor, Key: "SCS-1V-2"}, "image": resource.Ref{Type: tImage, Key: "Debian-12"},
		"networks": []resource.Value{spec{"network": resource.Ref{Type: tNet, Key: "net"}}}}, srv.Spec); diff != "" {
		t.Error(diff)
	}
	if srv.ID != "v1" || !slices.Equal(srv.Unread, []resource.Path{"user_data"}) {
		t.Errorf("id %q, unread %v", srv.ID, srv.Unread)
	}
	if sub := set.Get(resource.Ref{Type: tSubnet, Key: "sub"}); sub.Spec["cidr"] != "10.0.0.0/24" {
		t.Errorf("not canonical: %v", sub.Spec)
	}
	if f := set.Get(resource.Ref{Type: tFlavor, Key: "SCS-1V-2"}); f.Tenure != resource.Given || f.Spec["ram"] != int64(2048) {
		t.Errorf("flavor without its facts: %+v", f)
	}
	data, err := json.Marshal(set)
	if err != nil || strings.Contains(string(data), `"v1"`) || strings.Contains(string(data), "d1") {
		t.Errorf("an id or a mark is written to the file: %v", err)
	}
}

// A drill that only uses a network of the project takes its subnets along, and
// the router that its floating address needs, but not what others have there.
func TestWayOut(t *testing.T) {
	const tAddress = resource.Type("OS::Neutron::FloatingIP")
	list := []*resource.Resource{
		own(tNet, "n1", "lan", nil), own(tSubnet, "s1", "lan", spec{"network": "n1"}), own(tPort, "p9", "others", spec{"network": "n1"}),
		own(tRouter, "r1", "out", spec{"external_gateway_info": spec{"network": "ext"}}), child(own(tIface, "i1", "", spec{"subnet": "s1"}), tRouter, "r1"),
		own(tNet, "n2", "other", nil), own(tSubnet, "s2", "other", spec{"network": "n2"}), own(tRouter, "r2", "", nil), child(own(tIface, "i2", "", spec{"subnet": "s2"}), tRouter, "r2"),
		marked(own(tPort, "p1", "", spec{"network": "n1"}), "nic"),
		marked(own(tAddress, "f1", "", spec{"port_id": "p1"}), "address"),
	}
	for _, c := range []struct {
		list []*resource.Resource
		want []string
	}{
		{list, []string{"Neutron::FloatingIP/address", "Neutron::Net/lan", "Neutron::Net/public", "Neutron::Port/nic", "Neutron::Router/out", "Neutron::RouterInterface/out-lan", "Neutron::Subnet/lan"}},
		{list[:len(list)-1], []string{"Neutron::Net/lan", "Neutron::Port/nic", "Neutron::Subnet/lan"}},
	} {
		if diff := cmp.Diff(c.want, refs(take(t, c.list, 1, inventory.Options{Drill: "d1", Catalogue: catalogue()}))); diff != "" {
			t.Error(diff)
		}
	}
}

func TestWholeProject(t *testing.T) {
	set := take(t, project(), 1, inventory.Options{Catalogue: catalogue()})
	for _, ref := range []resource.Ref{
		{Type: tNet, Key: "net"}, {Type: tNet, Key: "net-2"}, {Type: tServer, Key: "same"}, {Type: tServer, Key: "same-2"},
		{Type: tPort, Key: "unnamed"}, {Type: tRouter, Key: "unnamed"}, {Type: tFlavor, Key: "unknown"},
	} {
		if set.Get(ref) == nil {
			t.Errorf("%s is missing in %v", ref, refs(set))
		}
	}
	if u := set.Get(resource.Ref{Type: tFlavor, Key: "unknown"}); u == nil || u.Tenure != resource.Given || u.Why == "" {
		t.Errorf("%+v", u)
	}
}

func TestOrderOfListingDoesNotMatter(t *testing.T) {
	list := project()
	for i := range 6 { // equal but for what they are made of
		list = append(list, own(tServer, fmt.Sprintf("x%d", i), "", spec{"flavor": "f2", "networks": []resource.Value{spec{"port": fmt.Sprintf("xp%d", i)}}}),
			own(tPort, fmt.Sprintf("xp%d", i), "", spec{"network": "n1", "fixed_ips": fmt.Sprintf("10.0.0.%d", i)}))
	}
	for _, o := range []inventory.Options{{}, {Drill: "d1"}, {Drill: "d1", Whole: true, Catalogue: catalogue()}} {
		var first []byte
		for seed := range uint64(20) {
			data, err := json.Marshal(take(t, list, seed, o))
			if err != nil {
				t.Fatal(err)
			}
			if first == nil {
				first = data
			}
			if diff := cmp.Diff(string(first), string(data)); diff != "" {
				t.Fatalf("seed %d: %s", seed, diff)
			}
		}
	}
}

// What tells equal names apart is the graph: another cloud's ids change
// nothing.
func TestIDsDoNotMatter(t *testing.T) {
	build := func(id func(int) string) []*resource.Resource {
		list := []*resource.Resource{own(tNet, "net", "net", nil)}
		for i := range 10 {
			list = append(list,
				own(tPort, "p"+id(i), "", spec{"network": "net", "fixed_ips": fmt.Sprintf("10.0.0.%d", i)}),
				own(tServer, "s"+id(i), "", spec{"networks": []resource.Value{spec{"port": "p" + id(i)}}}))
		}
		return list
	}
	a := take(t, build(func(i int) string { return fmt.Sprint(i) }), 1, inventory.Options{})
	b := take(t, build(func(i int) string { return fmt.Sprint(i*7%10 + 100) }), 2, inventory.Options{})
	if diff := cmp.Diff(dump(t, a), dump(t, b)); diff != "" {
		t.Error(diff)
	}
}

func dump(t *testing.T, set *resource.Set) string {
	t.Helper()
	data, err := json.MarshalIndent(set, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestErrorOfTheListing(t *testing.T) {
	broken := errors.New("broken")
	_, err := inventory.Take(t.Context(), &listing{rand: rand.New(rand.NewPCG(1, 1)), err: broken}, inventory.Options{})
	if !errors.Is(err, broken) {
		t.Errorf("error is %v", err)
	}
}
