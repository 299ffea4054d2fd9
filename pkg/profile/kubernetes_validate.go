package profile

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

var (
	accessModes = []string{"ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"}
	emulatable  = []string{"1.33", "1.34", "1.35", "1.36"} // what the program of 1.36 can be
	quantity    = regexp.MustCompile(`^\d+(\.\d+)?(m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?$`)
)

// validateKubernetes checks what would make the cluster refuse to start, so that
// the error has a line.
func (p *Profile) validateKubernetes(c *checker) {
	k := p.Kubernetes
	if !k.Serves() {
		if k.Version != "" || len(k.Drivers)+len(k.Balancers)+len(k.Objects) > 0 {
			c.bad("kubernetes", "has no nodes")
		}
		return
	}
	if k.Version != "" {
		c.oneOf("kubernetes.version", k.Version, emulatable...)
	}
	k.validateNodes(c)
	k.validateDrivers(c)
	k.validateBalancers(c)
	k.validateObjects(c)
	if size := k.Declared.EtcdGiB; size < 0 {
		c.bad("kubernetes.declared.etcdGiB", "%d is no size", size)
	}
	for _, level := range []struct{ at, value string }{{"enforce", k.PodSecurity.Enforce}, {"warn", k.PodSecurity.Warn}, {"audit", k.PodSecurity.Audit}} {
		if level.value != "" {
			c.oneOf("kubernetes.podSecurity."+level.at, level.value, "privileged", "baseline", "restricted")
		}
	}
}

func (k Kubernetes) validateNodes(c *checker) {
	var names []string
	for i, n := range k.Nodes {
		at := fmt.Sprintf("kubernetes.nodes.%d", i)
		names = append(names, n.Name)
		for j, t := range n.Taints {
			c.oneOf(fmt.Sprintf("%s.taints.%d.effect", at, j), t.Effect, "NoSchedule", "PreferNoSchedule", "NoExecute")
		}
		for what, amount := range n.Capacity {
			c.quantity(at+".capacity."+what, amount)
		}
	}
	c.unique("kubernetes.nodes", names)
}

func (k Kubernetes) validateDrivers(c *checker) {
	var names []string
	for i, d := range k.Drivers {
		at := fmt.Sprintf("kubernetes.drivers.%d", i)
		names = append(names, d.Name)
		if len(d.AccessModes) == 0 {
			c.bad(at, "needs accessModes")
		}
		for j, mode := range d.AccessModes {
			c.oneOf(fmt.Sprintf("%s.accessModes.%d", at, j), mode, accessModes...)
		}
		if d.MaxSize != "" {
			c.quantity(at+".maxSize", d.MaxSize)
		}
		labelled := func(n Node) bool { return n.Labels[d.Topology] != "" }
		if d.Topology != "" && !slices.ContainsFunc(k.Nodes, labelled) {
			c.bad(at+".topology", "no node has the label %s", d.Topology)
		}
	}
	c.unique("kubernetes.drivers", names)
}

func (k Kubernetes) validateBalancers(c *checker) {
	for i, b := range k.Balancers {
		at := fmt.Sprintf("kubernetes.balancers.%d", i)
		checkPool(c, at+".pool", b.Pool)
		if b.Internal.IsValid() {
			checkPool(c, at+".internal", b.Internal)
		} else if len(b.InternalBy) > 0 {
			c.bad(at+".internalBy", "needs a range in internal")
		}
		if b.Class != "" && b.Controller != "" {
			c.bad(at, "is either for Services (class) or for a controller")
		}
		if b.Octavia != "" {
			c.oneOf(at+".octavia", b.Octavia, Amphora, OVN)
		}
		for j, protocol := range b.Protocols {
			c.oneOf(fmt.Sprintf("%s.protocols.%d", at, j), protocol, "TCP", "UDP", "SCTP")
		}
	}
}

func (k Kubernetes) validateObjects(c *checker) {
	for i, kind := range k.Kinds {
		if kind.Group == "" || kind.Kind == "" || len(kind.Versions) == 0 {
			c.bad(fmt.Sprintf("kubernetes.kinds.%d", i), "needs group, kind and versions")
		}
	}
	for i, o := range k.Objects {
		checkObject(c, fmt.Sprintf("kubernetes.objects.%d", i), o)
	}
	for i, o := range k.Namespaced {
		at := fmt.Sprintf("kubernetes.namespaced.%d", i)
		checkObject(c, at, o)
		if meta, _ := o["metadata"].(map[string]any); meta["namespace"] != nil {
			c.bad(at, "is for every namespace: it has none of its own")
		}
	}
}

func (c *checker) quantity(at, value string) {
	if !quantity.MatchString(value) {
		c.bad(at, "%q is no quantity such as 500m or 16Gi", value)
	}
}

func checkPool(c *checker, at string, pool netip.Prefix) {
	if !pool.IsValid() || !pool.Addr().Is4() || pool.Bits() > 30 {
		c.bad(at, "want an IPv4 range with room for hosts, such as 203.0.113.0/24")
	}
}

func checkObject(c *checker, at string, o Object) {
	for _, field := range []string{"apiVersion", "kind"} {
		if s, _ := o[field].(string); s == "" {
			c.bad(at, "has no %s", field)
		}
	}
	meta, _ := o["metadata"].(map[string]any)
	if name, _ := meta["name"].(string); strings.TrimSpace(name) == "" {
		c.bad(at, "has no metadata.name")
	}
}
