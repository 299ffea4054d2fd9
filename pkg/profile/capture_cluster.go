package profile

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
)

// captureCluster makes the Kubernetes part of a profile of what a tenant reads of
// a cluster. What no API tells is guessed, and told: addresses are those that are
// kept for documentation (RFC 5737), and custom kinds take anything.
func captureCluster(c *Cluster, g *Guessed) Kubernetes {
	k := Kubernetes{Version: captureRelease(c.Version, g), Nodes: captureNodes(c.Nodes, g)}
	for _, u := range c.Unread {
		g.add("%s cannot be read with these rights: there are none (%s)", u.Type, u.Message)
	}
	k.captureKinds(c, g)
	k.captureObjects(c, g)
	k.captureDrivers(c, g)
	k.captureBalancers(c, g)
	for _, kind := range c.Kinds {
		k.NetworkPolicies = k.NetworkPolicies || kind.Group == "cilium.io" || kind.Group == "crd.projectcalico.org"
	}
	g.add("whether NetworkPolicies are enforced is not seen: %s", map[bool]string{true: "yes, for its network's kinds are those of one that does", false: "no"}[k.NetworkPolicies])
	if c.Domain != "" && c.Domain != "cluster.local" {
		g.add("Services have names below cluster.local, and not below %s", c.Domain)
	}
	g.add("nothing tells how long the cluster takes: as short as can be")
	g.add("the cluster's own level of Pod Security, the APIs that are switched off, its ranges of addresses and what it states of its control plane are not seen: the usual")
	return k
}

// captureRelease is the minor release, or the nearest one that can be simulated.
func captureRelease(version string, g *Guessed) string {
	var major, minor int
	if _, err := fmt.Sscanf(version, "v%d.%d", &major, &minor); err != nil {
		g.add("nothing tells the release: the newest")
		return ""
	}
	told := fmt.Sprintf("%d.%d", major, minor)
	if slices.Contains(emulatable, told) {
		return told
	}
	nearest := emulatable[0]
	var oldest int
	if _, err := fmt.Sscanf(nearest, "1.%d", &oldest); err == nil && minor > oldest {
		nearest = emulatable[len(emulatable)-1]
	}
	g.add("the release is %s, and %s is simulated", version, nearest)
	return nearest
}

// captureRegion is the one that nodes say they are in.
func captureRegion(c *Cluster, g *Guessed) string {
	for _, m := range c.Nodes {
		if region := m.Labels["topology.kubernetes.io/region"]; region != "" {
			return region
		}
	}
	g.add("nothing tells the region: unknown")
	return "unknown"
}

// captureNodes makes as many nodes as there are machines.
func captureNodes(machines []Machine, g *Guessed) []Node {
	var out []Node
	for _, m := range machines {
		for range m.Count {
			out = append(out, Node{Name: fmt.Sprintf("node-%d", len(out)+1), Labels: maps.Clone(m.Labels), Taints: m.Taints, Capacity: maps.Clone(m.Capacity)})
		}
	}
	if len(out) == 0 {
		g.add("nodes are not seen: one of the usual size")
		return []Node{{Name: "node-1"}}
	}
	g.add("what nodes are called is not told: node-1 and so on; they have what is allocatable for pods")
	return out
}

// isMachinery: servers beside the API server bring these, which are no definitions.
func isMachinery(group string) bool { return strings.HasSuffix(group, "metrics.k8s.io") }

func (k *Kubernetes) captureKinds(c *Cluster, g *Guessed) {
	for _, kind := range c.Kinds {
		switch {
		case !kind.Custom:
		case isMachinery(kind.Group):
			g.add("%s/%s is not simulated", kind.Group, kind.Kind)
		default:
			k.Kinds = append(k.Kinds, Custom{Group: kind.Group, Kind: kind.Kind, Plural: kind.Plural, Versions: kind.Versions, Cluster: !kind.Namespaced})
		}
	}
	if len(k.Kinds) > 0 {
		g.add("custom kinds take anything: their schemas are not captured, and which version is stored is not told")
	}
}

// captureObjects takes over what the provider has put there, but for definitions,
// which are kinds, for what belongs to volumes, and for what every cluster has.
func (k *Kubernetes) captureObjects(c *Cluster, g *Guessed) {
	for _, o := range c.Given {
		switch o.Type {
		case "apiextensions.k8s.io/CustomResourceDefinition", "snapshot.storage.k8s.io/VolumeSnapshotContent", "resource.k8s.io/ResourceSlice":
			continue
		}
		if made, ok := c.object(o); ok && !strings.HasPrefix(o.Name, "system-") {
			k.Objects = append(k.Objects, made)
		}
	}
	for _, o := range c.Everywhere {
		if made, ok := c.object(o); ok {
			k.Namespaced = append(k.Namespaced, made)
		}
	}
	if len(k.Namespaced) > 0 {
		g.add("what is in every namespace now is taken for what the provider puts into each")
	}
}

// object is what is offered as in a manifest; false if the cluster does not serve
// its kind any more.
func (c *Cluster) object(o Offered) (Object, bool) {
	group, kind, _ := strings.Cut(o.Type, "/")
	i := slices.IndexFunc(c.Kinds, func(k Kind) bool { return k.Kind == kind && (k.Group == group || k.Group == "" && group == "core") })
	if i < 0 || len(c.Kinds[i].Versions) == 0 {
		return nil, false
	}
	version := c.Kinds[i].Versions[0]
	if c.Kinds[i].Group != "" {
		version = c.Kinds[i].Group + "/" + version
	}
	metadata := map[string]any{"name": o.Name}
	if annotation, ok := defaultAnnotations()[o.Type]; ok && o.Default {
		metadata["annotations"] = map[string]any{annotation: "true"}
	}
	out := Object{"apiVersion": version, "kind": kind, "metadata": metadata}
	for name, v := range o.Facts {
		out[name] = v
	}
	return out, true
}

// defaultAnnotations say that a class is taken where none is named.
func defaultAnnotations() map[string]string {
	return map[string]string{
		"storage.k8s.io/StorageClass":                 "storageclass.kubernetes.io/is-default-class",
		"networking.k8s.io/IngressClass":              "ingressclass.kubernetes.io/is-default-class",
		"snapshot.storage.k8s.io/VolumeSnapshotClass": "snapshot.storage.kubernetes.io/is-default-class",
	}
}

// fact is the text at the path of an offered object's facts.
func (o Offered) fact(path ...string) string {
	var v any = o.Facts
	for _, name := range path {
		m, _ := v.(map[string]any)
		v = m[name]
	}
	text, _ := v.(string)
	return text
}

// captureDrivers are those that classes name. A file system that many nodes share is
// known by the driver's name alone.
func (k *Kubernetes) captureDrivers(c *Cluster, g *Guessed) {
	names, snapshots := map[string]bool{}, map[string]bool{}
	for _, o := range c.Given {
		switch o.Type {
		case "storage.k8s.io/StorageClass":
			names[o.fact("provisioner")] = true
		case "snapshot.storage.k8s.io/VolumeSnapshotClass":
			snapshots[o.fact("driver")] = true
		}
	}
	delete(names, "")
	delete(names, "kubernetes.io/no-provisioner") // volumes are made by hand
	for _, name := range slices.Sorted(maps.Keys(names)) {
		d := Driver{Name: name, AccessModes: []string{"ReadWriteOnce", "ReadWriteOncePod"}, Snapshots: snapshots[name]}
		if slices.ContainsFunc([]string{"nfs", "manila", "cephfs", "file"}, func(part string) bool { return strings.Contains(name, part) }) {
			d.AccessModes = []string{"ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany"}
		}
		k.Drivers = append(k.Drivers, d)
		g.add("which access modes %s gives is not told: %s", name, strings.Join(d.AccessModes, ", "))
	}
	if len(k.Drivers) > 0 {
		g.add("volumes are taken to be everywhere: their zones are not told")
	}
}

// captureBalancers gives addresses to Services and to each controller of a class.
func (k *Kubernetes) captureBalancers(c *Cluster, g *Guessed) {
	controllers := map[string]bool{}
	for _, o := range c.Given {
		switch o.Type {
		case "networking.k8s.io/IngressClass":
			controllers[o.fact("spec", "controller")] = true
		case "gateway.networking.k8s.io/GatewayClass":
			controllers[o.fact("spec", "controllerName")] = true
		}
	}
	delete(controllers, "")
	k.Balancers = []Balancer{{Pool: netip.MustParsePrefix("203.0.113.0/25")}}
	pool := netip.MustParsePrefix("203.0.113.128/30")
	for _, name := range slices.Sorted(maps.Keys(controllers)) {
		k.Balancers = append(k.Balancers, Balancer{Controller: name, Pool: pool})
		next := pool.Addr()
		for range 4 {
			next = next.Next()
		}
		pool = netip.PrefixFrom(next, pool.Bits())
	}
	g.add("who gives addresses to Services, Ingresses and Gateways, which and to what annotations, is not seen: addresses for documentation to all")
}
