package profile

import (
	"fmt"
	"net/netip"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// A checker tells about values that have the right type but make no sense, at
// the place in the file where they are.
type checker struct {
	*decoder
	root *yaml.Node
}

// bad tells about the value at a path like "flavors.2.name". When it is not
// there, its nearest parent that is there takes the blame.
func (c *checker) bad(where, format string, args ...any) {
	n := c.root
	for _, step := range strings.Split(where, ".") {
		next := child(n, step)
		if next == nil {
			break
		}
		n = next
	}
	c.fail(n, "%s: %s", where, fmt.Sprintf(format, args...))
}

func child(n *yaml.Node, step string) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if i, err := strconv.Atoi(step); err == nil && n.Kind == yaml.SequenceNode && i < len(n.Content) {
		return n.Content[i]
	}
	for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == step {
			return n.Content[i+1]
		}
	}
	return nil
}

func (c *checker) oneOf(where, value string, known ...string) {
	if !slices.Contains(known, value) {
		c.bad(where, "%q is none of %s", value, strings.Join(known, ", "))
	}
}

var serviceTypes = []string{"identity", "compute", "network", "image", "block-storage"}

func (p *Profile) validate(c *checker) {
	if p.Region == "" {
		c.bad("region", "is missing")
	}
	for _, lang := range []string{"en", "de"} {
		if p.Title[lang] == "" {
			c.bad("title", "has no text in %q", lang)
		}
		if p.Description[lang] == "" {
			c.bad("description", "has no text in %q", lang)
		}
	}
	p.validateKubernetes(c)
	if p.Kubernetes.Serves() && !p.OpenStack() {
		p.validateNoOpenStack(c)
		return
	}
	p.validateServices(c)
	p.validateFlavors(c)
	p.validateImages(c)
	p.validateVolumeTypes(c)
	p.validateNetworks(c)
	p.validateQuota(c)
	p.validateBehaviour(c)
}

// validateNoOpenStack tells about parts of a cloud that nobody would serve.
func (p *Profile) validateNoOpenStack(c *checker) {
	for part, n := range map[string]int{
		"extensions": len(p.Extensions), "flavors": len(p.Flavors), "images": len(p.Images), "volumeTypes": len(p.VolumeTypes),
		"networks": len(p.Networks), "zones": len(p.Zones), "quota": len(p.Quota), "users": len(p.Users),
	} {
		if n > 0 {
			c.bad(part, "a profile without services has none of its own")
		}
	}
}

var microversion = regexp.MustCompile(`^\d+\.\d+$`)

func (p *Profile) validateServices(c *checker) {
	for name, s := range p.Services {
		where := "services." + name
		if !slices.Contains(serviceTypes, name) {
			c.bad(where, "is no service that can be simulated; those are %s", strings.Join(serviceTypes, ", "))
		}
		for _, v := range []string{s.Min, s.Max} {
			if v != "" && !microversion.MatchString(v) {
				c.bad(where, "%q is no version", v)
			}
		}
	}
	for _, name := range serviceTypes {
		if _, there := p.Services[name]; !there {
			c.bad("services", "has no %s", name)
		}
	}
	for name, zones := range p.Zones {
		c.oneOf("zones", name, "compute", "network", "block-storage")
		if len(zones) == 0 {
			c.bad("zones."+name, "is empty")
		}
	}
}

// unique tells about names that are missing or there twice.
func (c *checker) unique(list string, names []string) {
	for i, name := range names {
		where := fmt.Sprintf("%s.%d.name", list, i)
		if name == "" {
			c.bad(where, "is missing")
		} else if slices.Index(names, name) < i {
			c.bad(where, "%q is there twice", name)
		}
	}
}

func (p *Profile) validateFlavors(c *checker) {
	var names []string
	for i, f := range p.Flavors {
		names = append(names, f.Name)
		if f.VCPUs < 1 || f.RAM < 1 || f.Disk < 0 {
			c.bad(fmt.Sprintf("flavors.%d", i), "a flavor needs vcpus and ram, and a disk of 0 or more")
		}
	}
	c.unique("flavors", names)
	if len(names) == 0 {
		c.bad("flavors", "there must be one")
	}
}

func (p *Profile) validateImages(c *checker) {
	for i, im := range p.Images {
		where := fmt.Sprintf("images.%d.", i)
		if im.Name == "" {
			c.bad(where+"name", "is missing")
		}
		c.oneOf(where+"diskFormat", im.DiskFormat, "raw", "qcow2")
		c.oneOf(where+"containerFormat", im.ContainerFormat, "bare")
		c.oneOf(where+"visibility", im.Visibility, "public", "community", "shared", "private")
		if im.Content.Size < 512 || im.Content.Size > 1<<30 {
			c.bad(where+"content.size", "%d bytes: it must be between 512 and 1 GiB", im.Content.Size)
		}
		if im.Size != 0 || im.VirtualSize != 0 || im.Hash != "" || im.Status != "" || im.HashAlgorithm != "" {
			c.bad(where+"name", "size, virtualSize, hash, hashAlgorithm and status come from the content, not from the profile")
		}
	}
}

func (p *Profile) validateVolumeTypes(c *checker) {
	var names []string
	defaults := 0
	for _, t := range p.VolumeTypes {
		names = append(names, t.Name)
		if t.Default {
			defaults++
		}
	}
	c.unique("volumeTypes", names)
	if defaults != 1 {
		c.bad("volumeTypes", "exactly one must be the default, not %d", defaults)
	}
}

func (p *Profile) validateNetworks(c *checker) {
	var names []string
	for i, n := range p.Networks {
		names = append(names, n.Name)
		for k, s := range n.Subnets {
			c.subnet(fmt.Sprintf("networks.%d.subnets.%d", i, k), s)
		}
	}
	c.unique("networks", names)
}

func (c *checker) subnet(where string, s PublicSubnet) {
	prefix, err := netip.ParsePrefix(s.CIDR)
	if err != nil || prefix != prefix.Masked() {
		c.bad(where+".cidr", "%q is no network", s.CIDR)
		return
	}
	if version := map[bool]int64{true: 4, false: 6}[prefix.Addr().Is4()]; s.IPVersion != version {
		c.bad(where+".ipVersion", "must be %d", version)
	}
	inside := func(at, address string) {
		if a, err := netip.ParseAddr(address); err != nil || !prefix.Contains(a) {
			c.bad(where+at, "%q is no address in %s", address, s.CIDR)
		}
	}
	if s.Gateway != "" {
		inside(".gateway", s.Gateway)
	}
	for i, pool := range s.Pools {
		at := fmt.Sprintf(".pools.%d", i)
		inside(at+".start", pool.Start)
		inside(at+".end", pool.End)
	}
}

func (p *Profile) validateQuota(c *checker) {
	for name := range p.Quota {
		service, resource, _ := strings.Cut(name, ".")
		base := name
		if kind, perType := volumeTypeQuota(service, resource); perType {
			if !slices.ContainsFunc(p.VolumeTypes, func(t VolumeType) bool { return t.Name == kind }) {
				c.bad("quota", "%s: there is no volume type %q", name, kind)
			}
			continue
		}
		if _, known := defaultQuota()[base]; !known {
			c.bad("quota", "%s is no quota that is known", name)
		}
	}
}

// volumeTypeQuota recognises block-storage.volumes_TYPE and its like.
func volumeTypeQuota(service, resource string) (kind string, perType bool) {
	if service != "block-storage" || resource == "per_volume_gigabytes" || resource == "backup_gigabytes" {
		return "", false
	}
	_, kind, perType = strings.Cut(resource, "_")
	return kind, perType
}

func (p *Profile) validateBehaviour(c *checker) {
	b := p.Behaviour
	c.oneOf("behaviour.network.type", b.Network.Type, "geneve", "vxlan", "vlan")
	if b.Network.MTU < 576 {
		c.bad("behaviour.network.mtu", "%d is too small", b.Network.MTU)
	}
	for i, owner := range b.Network.HelperPorts {
		c.oneOf(fmt.Sprintf("behaviour.network.helperPorts.%d", i), owner, "network:dhcp", "network:distributed")
	}
	if b.HashAlgorithm != "" {
		c.oneOf("behaviour.hashAlgorithm", b.HashAlgorithm, "sha512", "sha256")
	}
	for service := range b.PageLimits {
		c.oneOf("behaviour.pageLimits", service, serviceTypes...)
	}
	for list, rules := range map[string][]GroupRule{"defaultRules": b.Network.DefaultRules, "newRules": b.Network.NewRules} {
		for i, r := range rules {
			where := fmt.Sprintf("behaviour.network.%s.%d.", list, i)
			c.oneOf(where+"direction", r.Direction, "ingress", "egress")
			c.oneOf(where+"etherType", r.EtherType, "IPv4", "IPv6")
		}
	}
	for name, limit := range map[string]int64{"imageSizeCap": b.ImageSizeCap, "userStorageQuota": b.UserStorageQuota} {
		if limit < 0 {
			c.bad("behaviour."+name, "%d bytes: it must be above 0, or not there", limit)
		}
	}
	if h := b.Host; h != (Host{}) && (h.VCPUs < 1 || h.RAM <= ReservedRAM || h.Disk < 1) {
		c.bad("behaviour.host", "a host needs vcpus, disk and more ram than the %d MiB that it keeps for itself", ReservedRAM)
	}
	for i, f := range b.Faults {
		c.fault(fmt.Sprintf("behaviour.faults.%d", i), f)
	}
	for i, u := range p.Users {
		if u.Name == "" || u.Password == "" || len(u.Roles) == 0 {
			c.bad(fmt.Sprintf("users.%d", i), "a user needs a name, a password and roles")
		}
	}
}

func (c *checker) fault(where string, f Fault) {
	if (f.Kind == "") == (f.Path == "" && f.Service == "" && f.Method == "") {
		c.bad(where, "a fault strikes either requests (service, method, path) or objects (kind, name)")
	}
	if f.Kind != "" {
		c.oneOf(where+".kind", f.Kind, "server", "volume", "snapshot", "image")
	}
	if f.Service != "" {
		c.oneOf(where+".service", f.Service, serviceTypes...)
	}
	for _, pattern := range []string{f.Path, f.Name} {
		if _, err := path.Match(pattern, ""); err != nil {
			c.bad(where, "%q is no pattern", pattern)
		}
	}
	if f.Status != 0 && (f.Status < 400 || f.Status > 599) {
		c.bad(where+".status", "%d is no error", f.Status)
	}
}
