package hot

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	yaml "go.yaml.in/yaml/v4"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// A Left is something that a rendered template does not say, because HOT, or
// Heat, cannot.
type Left struct {
	Ref    resource.Ref  `json:"ref"`
	Path   resource.Path `json:"path,omitempty"` // empty: the resource itself
	Reason string        `json:"reason"`
}

// A Rendering is a Set as a template.
type Rendering struct {
	Template []byte
	Left     []Left                  // sorted
	Names    map[resource.Ref]string // the names in the template of the resources that it makes
}

// Render writes the Set as a template that Heat accepts. Each thing that the
// provider gives, and each zone, is a parameter whose default is its name;
// what a cloud does not let its tenant read back (user data) is a parameter
// NAME_user_data whose default is empty. Values that the provider chooses
// (Chooser in the Set's schemas) are left to the target.
//
// Parse makes the same Set of it, but for what is Left.
func Render(set *resource.Set, description string) (*Rendering, error) {
	r := &renderer{set: set, names: map[resource.Ref]string{}, taken: map[string]bool{}, asked: map[string]string{},
		implied: map[resource.Ref]impliedPlace{}, kinds: kinds(), subnets: findSubnets(set)}
	r.index()
	r.nameAll()
	r.placeImplied()
	resources := r.resources()
	root := mapping(
		"heat_template_version", textNode("2021-04-16"),
		"description", textNode(description),
		"parameters", mapping(r.parameters...),
		"resources", resources)
	data, err := write(root)
	if err != nil {
		return nil, fmt.Errorf("write template: %w", err)
	}
	slices.SortFunc(r.left, func(a, b Left) int {
		return cmp.Or(a.Ref.Compare(b.Ref), strings.Compare(string(a.Path), string(b.Path)))
	})
	return &Rendering{Template: data, Left: slices.Compact(r.left), Names: r.names}, nil
}

type renderer struct {
	set        *resource.Set
	byType     map[resource.Type][]*resource.Resource
	children   map[resource.Ref][]*resource.Resource
	users      map[resource.Ref]int // how many refer to it
	subnets    subnetsOf
	kinds      map[resource.Type]kind
	names      map[resource.Ref]string
	taken      map[string]bool // names of resources and parameters, which Heat wants all different
	asked      map[string]string
	parameters []any // names and nodes, in the order of their first use
	implied    map[resource.Ref]impliedPlace
	inline     map[resource.Ref][]*resource.Resource // the rules inside their groups
	left       []Left
}

// An impliedPlace is how a template reaches a port that Nova makes.
type impliedPlace struct {
	server  resource.Ref
	network resource.Value
	index   int // among the server's ports on that network
}

func (r *renderer) leave(ref resource.Ref, path resource.Path, format string, args ...any) {
	r.left = append(r.left, Left{ref, path, fmt.Sprintf(format, args...)})
}

// index sorts the Set once: a Set may be large.
func (r *renderer) index() {
	r.byType, r.children, r.users = map[resource.Type][]*resource.Resource{}, map[resource.Ref][]*resource.Resource{}, map[resource.Ref]int{}
	for x := range r.set.All() {
		r.byType[x.Type] = append(r.byType[x.Type], x)
		if !x.Parent.IsZero() {
			r.children[x.Parent] = append(r.children[x.Parent], x)
		}
		for _, ref := range x.Refs() {
			r.users[ref]++
		}
	}
}

// nameAll gives a name to each resource that the template makes: its key, and
// the type with it where resources of several types have the same key.
func (r *renderer) nameAll() {
	count := map[resource.Key]int{}
	var all []*resource.Resource
	for x := range r.set.All() {
		if _, known := r.kinds[x.Type]; known && x.Tenure == resource.Own && x.Type != groupRule {
			all = append(all, x)
			count[x.Key]++
		}
	}
	for _, x := range all {
		name := string(x.Key)
		if count[x.Key] > 1 {
			name += "-" + noun(x.Type)
		}
		r.names[x.Ref] = r.free(name)
	}
}

// noun is the last word of a type's name.
func noun(t resource.Type) string {
	name := string(t)
	return strings.ToLower(name[strings.LastIndexByte(name, ':')+1:])
}

// free returns name, or name with a number if it is taken, and takes it.
func (r *renderer) free(name string) string {
	out := name
	for n := 2; r.taken[out]; n++ {
		out = fmt.Sprintf("%s-%d", name, n)
	}
	r.taken[out] = true
	return out
}

// ask returns a get_param of the parameter for that purpose, which it declares
// at first use.
func (r *renderer) ask(purpose, name, value, about string) *yaml.Node {
	if r.asked[purpose] == "" {
		r.asked[purpose] = r.free(name)
		r.parameters = append(r.parameters, r.asked[purpose], mapping("type", textNode("string"), "default", textNode(value), "description", textNode(about)))
	}
	return call("get_param", textNode(r.asked[purpose]))
}

// askGiven asks for the name of what the provider gives.
func (r *renderer) askGiven(x *resource.Resource) *yaml.Node {
	names := map[resource.Type]string{flavor: "flavor", image: "image", volumeType: "volume_type", network: "network", subnet: "subnet",
		snapshot: "snapshot", qosPolicy: "qos_policy", keyPair: "key", securityGroup: "security_group"}
	what := cmp.Or(names[x.Type], noun(x.Type))
	return r.ask(x.Ref.String(), what+"_"+string(x.Key), cmp.Or(x.Name, string(x.Key)), "What the cloud calls this "+strings.ReplaceAll(what, "_", " "))
}

// askZone asks for an availability zone, which servers, volumes and networks
// have each of their own. Only Heat's server takes the empty text for any.
func (r *renderer) askZone(t resource.Type, zone string) *yaml.Node {
	name, about := "network_zone_", "What the cloud calls this availability zone of networks"
	switch t {
	case server:
		name, about = "zone_", "What the cloud calls this availability zone of servers; empty for any"
	case volume:
		name, about = "volume_zone_", "What the cloud calls this availability zone of volumes"
	}
	return r.ask(name+zone, name+string(resource.NewKey(zone)), zone, about)
}

// resources renders all, in an order for readers: networks, groups, volumes,
// servers, and what ties them together.
func (r *renderer) resources() *yaml.Node {
	r.sortRules()
	order := []resource.Type{keyPair, network, subnet, router, routerInterface, extraRoute, securityGroup, groupRule, port, volume, serverGroup, server,
		attachment, floatingIP}
	var out []any
	for _, t := range order {
		for _, x := range r.byType[t] {
			out = append(out, r.resource(x)...)
		}
	}
	for x := range r.set.All() {
		switch {
		case x.Tenure == resource.Given, slices.Contains(order, x.Type):
		default:
			r.leave(x.Ref, "", "HOT has no resource that makes it; what uses it asks for its name")
		}
	}
	return mapping(out...)
}

// resource renders one resource as a name and a node, or more of them; none if
// it is no resource of a template.
func (r *renderer) resource(x *resource.Resource) []any {
	switch {
	case x.Tenure == resource.Given:
		return nil
	case x.Tenure == resource.Implied:
		r.impliedResource(x)
		return nil
	case x.Type == groupRule:
		return r.separateRule(x)
	}
	spec := r.canonical(x)
	var more []any
	props := []any{}
	if _, named := r.kinds[x.Type].properties["name"]; named {
		props = append(props, "name", textNode(x.Name))
		if x.Type == volume && x.Name == "" {
			r.leave(x.Ref, "name", "Heat gives a name to each volume")
		}
	} else if x.Name != "" {
		r.leave(x.Ref, "name", "this type has no name in HOT")
	}
	switch x.Type {
	case server:
		props = append(props, r.serverProperties(x, spec)...)
	case securityGroup:
		props = append(props, r.groupRules(x)...)
	case floatingIP:
		more = r.associate(x, spec)
	case port:
		r.portSecurity(spec)
	}
	props = append(props, r.properties(x.Ref, "", spec, r.kinds[x.Type].properties)...)
	r.leaveContent(x)
	node := mapping("type", textNode(string(x.Type)), "properties", mapping(props...))
	if first := r.dependsOn(x); len(first.Content) > 0 {
		node.Content = append(node.Content, textNode("depends_on"), first)
	}
	return append([]any{r.names[x.Ref], node}, more...)
}

// leaveContent tells what becomes of bytes, of which HOT has none.
func (r *renderer) leaveContent(x *resource.Resource) {
	switch unread := slices.Contains(x.Unread, resource.Path("content")); {
	case unread && x.Type == server:
		r.leave(x.Ref, "content", "the bytes of its local root disk were not read, and it starts afresh from its image; copy what shall survive from server to server")
	case unread:
		r.leave(x.Ref, "content", "its bytes are ciphertext to all but its cloud, and it is empty; copy them from a server to a server that has it attached")
	case x.Content != nil:
		r.leave(x.Ref, "content", "HOT has no bytes; write them into the volume afterwards")
	}
}

// dependsOn lists what comes before x though nothing shows it.
func (r *renderer) dependsOn(x *resource.Resource) *yaml.Node {
	out := sequence()
	for _, ref := range append(slices.Clone(x.After), r.routeBefore(x)...) {
		if name := r.names[ref]; name != "" {
			out.Content = append(out.Content, textNode(name))
		}
	}
	return out
}

// routeBefore puts the routes of one router into a row. Heat reads and writes all
// of them for each one, so that of two at a time, made or deleted, one is lost
// (heat/engine/resources/openstack/neutron/extraroute.py).
func (r *renderer) routeBefore(x *resource.Resource) []resource.Ref {
	if x.Type != extraRoute {
		return nil
	}
	var last *resource.Resource
	for _, o := range r.byType[extraRoute] {
		if o == x {
			break
		}
		if resource.Equal(o.Spec["router_id"], x.Spec["router_id"]) && o.Tenure == resource.Own {
			last = o
		}
	}
	if last == nil || slices.Contains(x.After, last.Ref) || r.needs(last, x.Ref, map[resource.Ref]bool{}) {
		return nil
	}
	return []resource.Ref{last.Ref}
}

// needs reports whether a comes after b already, in whatever way.
func (r *renderer) needs(a *resource.Resource, b resource.Ref, seen map[resource.Ref]bool) bool {
	if a == nil || seen[a.Ref] {
		return false
	}
	seen[a.Ref] = true
	return slices.ContainsFunc(append(a.Refs(), a.After...), func(ref resource.Ref) bool { return ref == b || r.needs(r.set.Get(ref), b, seen) })
}

// canonical returns the Spec without what says nothing.
func (r *renderer) canonical(x *resource.Resource) map[string]resource.Value {
	s := r.set.Schema(x.Type)
	if s == nil {
		s = &resource.Schema{Type: x.Type}
	}
	return s.Canonical(x.Spec)
}

// chooser says who chooses the value at a path.
func (r *renderer) chooser(t resource.Type, path resource.Path) resource.Chooser {
	f, _ := r.set.Schema(t).Field(path)
	return f.Chooser
}

// properties renders a map as fields allow, and leaves the rest.
func (r *renderer) properties(ref resource.Ref, path resource.Path, spec map[string]resource.Value, fields map[string]property) []any {
	var out, more []any
	for _, name := range slices.Sorted(maps.Keys(spec)) {
		p, known := fields[name]
		at := path.Field(name)
		list := &out
		if extra, ok := fields["value_specs"].fields[name]; ok && !known { // what Heat lets pass
			p, known, list = extra, true, &more
		}
		switch {
		case r.chooser(ref.Type, at) == resource.Provider:
		case !known || p.as != "":
			r.leave(ref, at, "HOT has no such property")
		case p.refuse != "":
			r.leave(ref, at, "not rendered: %s", p.refuse)
		default:
			if n := r.property(ref, at, spec[name], p); n != nil {
				*list = append(*list, name, n)
			}
		}
	}
	if len(more) > 0 {
		out = append(out, "value_specs", mapping(more...))
	}
	return out
}

func (r *renderer) property(ref resource.Ref, path resource.Path, v resource.Value, p property) *yaml.Node {
	zone := path == "availability_zone" || strings.HasPrefix(string(path), "availability_zone_hints[")
	switch w := v.(type) {
	case map[string]resource.Value:
		if p.shape == aMap && p.fields != nil {
			return mapping(r.properties(ref, path, w, p.fields)...)
		}
	case []resource.Value:
		if p.shape != aList {
			break
		}
		out := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
		for i, item := range w {
			if n := r.property(ref, path.Index(i), item, *p.item); n != nil {
				out.Content = append(out.Content, n)
			}
		}
		return out
	case string:
		if zone && w != "" {
			return r.askZone(ref.Type, w)
		}
		if p.oneOf != nil && !slices.Contains(p.oneOf, w) {
			r.leave(ref, path, "Heat allows only %s", strings.Join(p.oneOf, ", "))
			return nil
		}
	}
	n, why := r.value(v)
	if why != "" {
		r.leave(ref, path, "%s", why)
		return nil
	}
	return n
}

// portSecurity writes what Neutron would otherwise take from the network.
func (r *renderer) portSecurity(spec map[string]resource.Value) {
	ref, _ := spec["network"].(resource.Ref)
	if net := r.set.Get(ref); net != nil && net.Spec["port_security_enabled"] == false && spec["port_security_enabled"] == nil {
		spec["port_security_enabled"] = true
	}
	if spec["no_security_groups"] == true {
		delete(spec, "no_security_groups")
		spec["security_groups"] = []resource.Value{}
	}
}

// associate takes the port out of a floating IP that others refer to, and ties
// the two by a resource of its own: a server may know its own address.
func (r *renderer) associate(x *resource.Resource, spec map[string]resource.Value) []any {
	p, _ := spec["port_id"].(resource.Ref)
	if net := r.networkOf(p); net == nil || net.Tenure != resource.Own {
		delete(spec, "fixed_ip_address") // the provider's choice
	}
	if r.users[x.Ref] == 0 || spec["port_id"] == nil {
		return nil
	}
	props := map[string]resource.Value{"floatingip_id": x.Ref}
	for _, name := range []string{"port_id", "fixed_ip_address"} {
		if spec[name] != nil {
			props[name] = spec[name]
		}
		delete(spec, name)
	}
	node := mapping("type", textNode(string(association)), "properties", mapping(r.properties(x.Ref, "", props, r.kinds[association].properties)...))
	return []any{r.free(r.names[x.Ref] + "-association"), node}
}

func (r *renderer) networkOf(p resource.Ref) *resource.Resource {
	x := r.set.Get(p)
	if x == nil {
		return nil
	}
	ref, _ := x.Spec["network"].(resource.Ref)
	return r.set.Get(ref)
}
