package diff_test

import (
	"fmt"

	"pgregory.net/rapid"

	. "github.com/wechsel-project/wechsel/pkg/diff"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

type (
	spec = map[string]resource.Value
	list = []resource.Value
)

const (
	server     resource.Type = "Server"
	volume     resource.Type = "Volume"
	attachment resource.Type = "Attachment"
	network    resource.Type = "Network"
	port       resource.Type = "Port"
	group      resource.Type = "Group"
	rule       resource.Type = "Rule"
	flavor     resource.Type = "Flavor"
)

// schemas are a small cloud: everything that a schema can say is in them once.
func schemas() resource.Schemas {
	text := func(p resource.Path) resource.Field { return resource.Field{Path: p, Form: resource.Text} }
	return resource.Schemas{
		server: {Type: server, Fields: []resource.Field{
			{Path: "flavor", Refers: []resource.Type{flavor}}, {Path: "networks", Form: resource.List}, {Path: "networks[]", Form: resource.Object},
			{Path: "networks[].network", Refers: []resource.Type{network}}, {Path: "networks[].fixed_ip", Form: resource.IP},
			{Path: "security_groups", Form: resource.List, List: resource.Unique, Refers: []resource.Type{group}},
			{Path: "user_data", Form: resource.Text, Hidden: true}, {Path: "metadata", Form: resource.Object}, text("metadata.*"),
			{Path: "zone", Form: resource.Zone, Chooser: resource.Either}, {Path: "config_drive", Form: resource.Bool, Default: false}}},
		volume:     {Type: volume, Fields: []resource.Field{{Path: "size", Form: resource.Int}, text("description"), text("zone")}},
		attachment: {Type: attachment, Fields: []resource.Field{{Path: "volume", Refers: []resource.Type{volume}}}, Natural: []resource.Path{"volume"}, Mark: resource.MarkParent},
		network:    {Type: network, Fields: []resource.Field{{Path: "mtu", Form: resource.Int, Chooser: resource.Provider}, text("domain")}},
		port: {Type: port, Fields: []resource.Field{{Path: "network", Refers: []resource.Type{network}},
			{Path: "fixed_ips", Form: resource.List, List: resource.Unique}, {Path: "fixed_ips[]", Form: resource.Object}, {Path: "fixed_ips[].ip_address", Form: resource.IP},
			{Path: "mac", Form: resource.MAC, Chooser: resource.Provider}}, Natural: []resource.Path{"network", "fixed_ips"}},
		group: {Type: group, Fields: []resource.Field{text("description")}},
		rule: {Type: rule, Fields: []resource.Field{text("direction"), {Path: "protocol", Form: resource.Protocol}, {Path: "remote_group", Refers: []resource.Type{group}}},
			Natural: []resource.Path{""}, Mark: resource.MarkParent},
		flavor: {Type: flavor, Fields: []resource.Field{{Path: "vcpus", Form: resource.Int}}},
	}
}

func ref(t resource.Type, key string) resource.Ref {
	return resource.Ref{Type: t, Key: resource.Key(key)}
}

func own(t resource.Type, key string, s spec) *resource.Resource {
	return &resource.Resource{Ref: ref(t, key), Tenure: resource.Own, Spec: s, State: resource.Ready}
}

func child(t resource.Type, key string, parent resource.Ref, s spec) *resource.Resource {
	r := own(t, key, s)
	r.Parent = parent
	return r
}

func implied(r *resource.Resource) *resource.Resource { r.Tenure = resource.Implied; return r }

func given(t resource.Type, name string, facts spec) *resource.Resource {
	return &resource.Resource{Ref: ref(t, name), Name: name, Tenure: resource.Given, Spec: facts}
}

// shop is a Set with everything in it, made by hand.
func shop() *resource.Set {
	web, db := ref(group, "web"), ref(group, "db")
	s := resource.NewSet(schemas(), given(flavor, "small", spec{"vcpus": int64(1)}),
		own(network, "net", spec{"mtu": int64(1500), "domain": "shop."}),
		own(volume, "data", spec{"size": int64(5), "description": "rows"}),
		own(group, "web", spec{"description": "from outside"}), own(group, "db", spec{"description": "from web"}),
		child(rule, "web-rule-1", web, spec{"direction": "ingress", "protocol": "tcp"}),
		child(rule, "web-rule-2", web, spec{"direction": "ingress", "remote_group": web}),
		child(rule, "db-rule-1", db, spec{"direction": "ingress", "remote_group": web}),
		own(server, "app", spec{"flavor": ref(flavor, "small"), "networks": list{spec{"network": ref(network, "net"), "fixed_ip": "10.0.0.5"}},
			"security_groups": list{web, db}, "metadata": spec{"role": "app"}, "zone": "a", "config_drive": true}),
		implied(child(port, "app-port", ref(server, "app"), spec{"network": ref(network, "net"), "fixed_ips": list{spec{"ip_address": "10.0.0.5"}}, "mac": "aa:00:00:00:00:01"})),
		child(attachment, "app-data", ref(server, "app"), spec{"volume": ref(volume, "data")}))
	return s
}

// servers are n servers that are equal but for a volume each.
func servers(n int) *resource.Set {
	s := resource.NewSet(schemas(), given(flavor, "small", nil), own(network, "net", spec{"domain": "x."}))
	for i := range n {
		app := ref(server, fmt.Sprintf("s%d", i))
		s.Put(own(server, string(app.Key), spec{"flavor": ref(flavor, "small"), "networks": list{spec{"network": ref(network, "net")}}}))
		s.Put(own(volume, fmt.Sprintf("v%d", i), spec{"size": int64(i + 1)}))
		s.Put(child(attachment, fmt.Sprintf("a%d", i), app, spec{"volume": ref(volume, fmt.Sprintf("v%d", i))}))
		s.Put(implied(child(port, fmt.Sprintf("p%d", i), app, spec{"network": ref(network, "net"), "mac": fmt.Sprint(i)})))
	}
	return s
}

// someShop draws a Set with unnamed and equally named things.
var someShop = rapid.Custom(func(t *rapid.T) *resource.Set {
	s := resource.NewSet(schemas(), given(flavor, "small", nil), given(flavor, "large", nil))
	pick := func(label string, t2 resource.Type, n int) *rapid.Generator[resource.Value] {
		return rapid.Custom(func(t *rapid.T) resource.Value {
			return ref(t2, fmt.Sprint(t2, rapid.IntRange(0, n-1).Draw(t, label)))
		})
	}
	name := rapid.SampledFrom([]string{"", "", "app", "db"})
	nets, groups, volumes := rapid.IntRange(1, 3).Draw(t, "nets"), rapid.IntRange(1, 4).Draw(t, "groups"), rapid.IntRange(1, 5).Draw(t, "volumes")
	add := func(r *resource.Resource) *resource.Resource { r.Name = name.Draw(t, "name"); s.Put(r); return r }
	for i := range nets {
		add(own(network, fmt.Sprint(network, i), spec{"mtu": int64(1500), "domain": rapid.SampledFrom([]string{"x.", "y."}).Draw(t, "domain")}))
	}
	for i := range groups {
		add(own(group, fmt.Sprint(group, i), spec{"description": "d"}))
	}
	for i := range groups {
		for j := range rapid.IntRange(0, 3).Draw(t, "rules") {
			r := child(rule, fmt.Sprint("r", i, "-", j), ref(group, fmt.Sprint(group, i)), spec{"direction": rapid.SampledFrom([]string{"ingress", "egress"}).Draw(t, "direction")})
			if rapid.Bool().Draw(t, "remote") {
				r.Spec["remote_group"] = pick("group", group, groups).Draw(t, "remote group")
			}
			if !hasRule(s, r) {
				s.Put(r)
			}
		}
	}
	for i := range volumes {
		add(own(volume, fmt.Sprint(volume, i), spec{"size": int64(rapid.IntRange(1, 2).Draw(t, "size"))}))
	}
	for i := range rapid.IntRange(1, 6).Draw(t, "servers") {
		app := add(own(server, fmt.Sprint(server, i), spec{"flavor": ref(flavor, rapid.SampledFrom([]string{"small", "large"}).Draw(t, "flavor")),
			"security_groups": rapid.SliceOfN(pick("group", group, groups), 0, 2).Draw(t, "in groups")}))
		for j := range rapid.IntRange(0, 2).Draw(t, "ports") {
			s.Put(implied(child(port, fmt.Sprint("p", i, "-", j), app.Ref, spec{"network": pick("net", network, nets).Draw(t, "on"), "mac": fmt.Sprint(i, j)})))
		}
		if v := rapid.IntRange(0, volumes).Draw(t, "volume"); v < volumes {
			s.Put(child(attachment, fmt.Sprint("a", i), app.Ref, spec{"volume": ref(volume, fmt.Sprint(volume, v))}))
		}
	}
	return s
})

func hasRule(s *resource.Set, r *resource.Resource) bool {
	for o := range s.Children(r.Parent) {
		if resource.Equal(o.Spec, r.Spec) {
			return true
		}
	}
	return false
}

// rekeyed returns the Set as another cloud would show it: other keys, ids and
// addresses of hardware, in another order.
func rekeyed(s *resource.Set, order []int) (*resource.Set, map[resource.Ref]resource.Ref) {
	to, i := map[resource.Ref]resource.Ref{}, 0
	for r := range s.All() {
		to[r.Ref] = r.Ref
		if r.Tenure != resource.Given {
			to[r.Ref] = ref(r.Type, fmt.Sprintf("x%03d", order[i]))
		}
		i++
	}
	out := resource.NewSet(s.Schemas)
	for r := range s.All() {
		c := r.Clone()
		c.Ref, c.ID = to[r.Ref], "id-"+string(to[r.Ref].Key)
		if !c.Parent.IsZero() {
			c.Parent = to[c.Parent]
		}
		c.Spec = resource.RewriteSpec(c.Spec, func(v resource.Value) resource.Value {
			if r, ok := v.(resource.Ref); ok {
				return to[r]
			}
			return v
		})
		out.Put(c)
	}
	return out, to
}

func shuffled(t *rapid.T, n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return rapid.Permutation(all).Draw(t, "order")
}

// changes are those that somebody has to look at.
func changes(r Result) []Change {
	var out []Change
	for _, c := range r.Changes {
		if c.Verdict == Changed || c.Verdict == Missing || c.Verdict == Extra {
			out = append(out, c)
		}
	}
	return out
}
