package cloud

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// The types of what providers give, which workloads only know by name.
const (
	Flavor     resource.Type = "OS::Nova::Flavor"
	Image      resource.Type = "OS::Glance::Image"
	VolumeType resource.Type = "OS::Cinder::VolumeType"
	Network    resource.Type = "OS::Neutron::Net"
	Subnet     resource.Type = "OS::Neutron::Subnet"
	QoSPolicy  resource.Type = "OS::Neutron::QoSPolicy"
	Namespace  resource.Type = "core/Namespace"
)

// Given returns what the catalogue holds as Given resources, with facts as
// Spec, so that a mapping can compare capabilities and not names. Keys are
// made of names; equal names are told apart by a number in order of their ids.
func Given(c profile.Catalogue) []*resource.Resource {
	var out []*resource.Resource
	for _, f := range c.Flavors {
		out = append(out, given(Flavor, f.ID, f.Name, map[string]resource.Value{
			"vcpus": f.VCPUs, "ram": f.RAM, "disk": f.Disk, "ephemeral": f.Ephemeral, "swap": f.Swap, "extra_specs": texts(f.Specs)}))
	}
	for _, i := range c.Images {
		out = append(out, given(Image, i.ID, i.Name, map[string]resource.Value{
			"status": i.Status, "visibility": i.Visibility, "hidden": i.Hidden, "size": i.Size, "min_disk": i.MinDisk, "min_ram": i.MinRAM,
			"disk_format": i.DiskFormat, "container_format": i.ContainerFormat, "created": i.Created, "properties": texts(i.Properties)}))
	}
	for _, t := range c.VolumeTypes {
		out = append(out, given(VolumeType, t.ID, t.Name, map[string]resource.Value{
			"description": t.Description, "default": t.Default, "extra_specs": texts(t.Specs)}))
	}
	for _, n := range c.Networks {
		net := given(Network, n.ID, n.Name, map[string]resource.Value{
			"external": n.External, "shared": n.Shared, "default": n.Default, "mtu": n.MTU, "ranges": n.Ranges})
		out = append(out, net)
		for _, s := range n.Subnets {
			out = append(out, given(Subnet, s.ID, s.Name, map[string]resource.Value{"cidr": s.CIDR, "ip_version": s.IPVersion, "network": n.ID}))
		}
	}
	for _, p := range c.QoSPolicies {
		out = append(out, given(QoSPolicy, p.ID, p.Name, map[string]resource.Value{}))
	}
	out = append(out, inCluster(c.Cluster)...)
	number(out)
	return out
}

// inCluster is what a Kubernetes provider gives. There, ids are names.
func inCluster(c *profile.Cluster) []*resource.Resource {
	if c == nil {
		return nil
	}
	var out []*resource.Resource
	for _, o := range c.Given {
		facts, _ := resource.Clone(o.Facts).(map[string]resource.Value)
		if facts == nil {
			facts = map[string]resource.Value{}
		}
		facts["default"] = o.Default
		out = append(out, named(resource.Type(o.Type), o.Name, facts))
	}
	for _, n := range c.Namespaces {
		out = append(out, named(Namespace, n, map[string]resource.Value{}))
	}
	return out
}

// named is a Given resource whose id is its name.
func named(t resource.Type, name string, facts map[string]resource.Value) *resource.Resource {
	r := given(t, name, name, facts)
	r.Key = resource.NameKey("", name)
	return r
}

func given(t resource.Type, id, name string, facts map[string]resource.Value) *resource.Resource {
	return &resource.Resource{Ref: resource.Ref{Type: t, Key: resource.NewKey(name)}, Name: name, Tenure: resource.Given, Spec: facts, ID: id, State: resource.Ready}
}

func texts(m map[string]string) map[string]resource.Value {
	out := make(map[string]resource.Value, len(m))
	for k, v := range m {
		out[k] = v
	}
	return out
}

func number(list []*resource.Resource) {
	slices.SortFunc(list, func(a, b *resource.Resource) int { return cmp.Or(a.Compare(b.Ref), cmp.Compare(a.ID, b.ID)) })
	seen := map[resource.Ref]int{}
	for _, r := range list {
		seen[r.Ref]++
		if n := seen[r.Ref]; n > 1 {
			r.Key = resource.NewKey(fmt.Sprintf("%s-%d", r.Key, n))
		}
	}
}
