package profile

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

var accessModes = []string{"ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"}

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
	if k.Version != "" && !microversion.MatchString(k.Version) {
		c.bad("kubernetes.version", "%q is no minor release such as 1.34", k.Version)
	}
	var names []string
	for i, n := range k.Nodes {
		if n.Name == "" || slices.Contains(names, n.Name) {
			c.bad(fmt.Sprintf("kubernetes.nodes.%d.name", i), "is missing or there twice")
		}
		names = append(names, n.Name)
	}
	for i, d := range k.Drivers {
		at := fmt.Sprintf("kubernetes.drivers.%d", i)
		if d.Name == "" || len(d.AccessModes) == 0 {
			c.bad(at, "needs name and accessModes")
		}
		for j, mode := range d.AccessModes {
			c.oneOf(fmt.Sprintf("%s.accessModes.%d", at, j), mode, accessModes...)
		}
	}
	for i, b := range k.Balancers {
		checkPool(c, fmt.Sprintf("kubernetes.balancers.%d.pool", i), b.Pool)
	}
	for i, o := range k.Objects {
		checkObject(c, fmt.Sprintf("kubernetes.objects.%d", i), o)
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
