package profile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"sigs.k8s.io/yaml"
)

// Guessed is what a catalogue does not tell and a captured profile has to say:
// one line for each, for the user to look at.
type Guessed []string

// Capture makes a profile that offers what the catalogue says, under this name: of
// OpenStack, of Kubernetes, or of both. What no tenant sees is guessed, and told: how
// long things take is as short as can be, and an external network whose subnets
// are hidden has those that are kept for documentation (RFC 5737, RFC 3849).
func Capture(name string, c Catalogue) (*Profile, Guessed) {
	var g Guessed
	p := &Profile{
		Name: name, Region: c.Region,
		Title:       map[string]string{"en": "Captured from " + c.Cloud, "de": "Aufgenommen von " + c.Cloud},
		Description: map[string]string{"en": "What a tenant of " + c.Cloud + " sees.", "de": "Was ein Mandant von " + c.Cloud + " sieht."},
	}
	if c.Services != nil {
		p.captureOpenStack(c, &g)
	}
	if c.Cluster != nil {
		p.Kubernetes = captureCluster(c.Cluster, &g)
		if p.Region == "" {
			p.Region = captureRegion(c.Cluster, &g)
		}
	}
	return p, g
}

// captureOpenStack takes over what a project sees.
func (p *Profile) captureOpenStack(c Catalogue, g *Guessed) {
	p.Services, p.Extensions, p.Zones, p.Quota = map[string]Service{}, c.Extensions, maps.Clone(c.Zones), map[string]int64{}
	p.Behaviour = Behaviour{Durations: shortest(), Network: TenantNetwork{Type: "geneve", MTU: c.MTU, DefaultRules: defaultRules(c.DefaultGroup)}}
	g.add("the quota and the default security group are this project's")
	g.add("how long the cloud takes, which hosts it has, what its policies are and what carries tenants' networks is not seen: behaviour: says the usual")
	if c.MTU == 0 {
		p.Behaviour.Network.MTU = 1442
		g.add("nothing tells the MTU of tenants' networks: 1442, that of Geneve")
	}
	for _, service := range slices.Sorted(maps.Keys(c.Services)) {
		if slices.Contains(serviceTypes, service) {
			p.Services[service] = c.Services[service]
		} else {
			g.add("%s is not simulated", service)
		}
	}
	maps.DeleteFunc(p.Zones, func(_ string, zones []string) bool { return len(zones) == 0 })
	p.captureSizes(c, g)
	p.captureNetworks(c, g)
	for _, limit := range slices.Sorted(maps.Keys(c.Quota)) {
		service, resource, _ := strings.Cut(limit, ".")
		kind, perType := volumeTypeQuota(service, resource)
		_, known := defaultQuota()[limit]
		if known || perType && slices.ContainsFunc(p.VolumeTypes, func(t VolumeType) bool { return t.Name == kind }) {
			p.Quota[limit] = c.Quota[limit].Limit
		} else {
			g.add("the quota %s is not simulated", limit)
		}
	}
	if len(c.QoSPolicies) > 0 {
		g.add("%d QoS policies are left out: what they promise only their owner reads", len(c.QoSPolicies))
	}
}

func (g *Guessed) add(format string, args ...any) { *g = append(*g, fmt.Sprintf(format, args...)) }

// captureSizes takes over flavors, images and volume types, without their ids.
func (p *Profile) captureSizes(c Catalogue, g *Guessed) {
	taken := map[string]bool{}
	for _, f := range c.Flavors {
		if taken[f.Name] {
			g.add("a second flavor %s is left out", f.Name)
			continue
		}
		taken[f.Name] = true
		f.ID = ""
		p.Flavors = append(p.Flavors, f)
	}
	for _, im := range c.Images {
		if im.DiskFormat != "raw" && im.DiskFormat != "qcow2" || im.ContainerFormat != "bare" {
			g.add("the image %s is left out: its format is %s in %s", im.Name, im.DiskFormat, im.ContainerFormat)
			continue
		}
		if im.HashAlgorithm != "" {
			p.Behaviour.HashAlgorithm = im.HashAlgorithm
		}
		size := min(max(im.VirtualSize, im.Size, 512), largest)
		im.ID, im.Status, im.Owner, im.Created, im.HashAlgorithm, im.Hash, im.Size, im.VirtualSize = "", "", "", "", "", "", 0, 0
		p.Images = append(p.Images, PublicImage{Image: im, Content: ImageContent{Size: size}})
	}
	if len(p.Images) > 0 {
		g.add("the bytes of images are not those of the cloud, and at most %d MiB", largest>>20)
	}
	defaults := 0
	for _, t := range c.VolumeTypes {
		if t.Default = t.Default && defaults == 0; t.Default {
			defaults++
		}
		t.ID = ""
		p.VolumeTypes = append(p.VolumeTypes, t)
	}
	if defaults == 0 && len(p.VolumeTypes) > 0 {
		p.VolumeTypes[0].Default = true
		g.add("nothing tells the default volume type: %s", p.VolumeTypes[0].Name)
	}
	if len(p.VolumeTypes) > 0 {
		g.add("which volume types encrypt is seen on volumes only: encrypted: is as the cloud tells it")
	}
}

// largest is how many bytes an image of a simulated cloud has: its start, which
// makes them, shall not take long.
const largest = 16 << 20

func (p *Profile) captureNetworks(c Catalogue, g *Guessed) {
	hidden := []PublicSubnet{{Subnet: Subnet{Name: "v4", CIDR: "203.0.113.0/24", IPVersion: 4}}, {Subnet: Subnet{Name: "v6", CIDR: "2001:db8::/64", IPVersion: 6}}}
	for _, n := range c.Networks {
		network := PublicNetwork{Name: n.Name, External: n.External, Shared: n.Shared, Default: n.Default, MTU: n.MTU}
		for _, s := range n.Subnets {
			s.ID = ""
			network.Subnets = append(network.Subnets, PublicSubnet{Subnet: s})
		}
		if len(n.Subnets) == 0 && n.External {
			network.Subnets = hidden[:min(max(int(n.Ranges), 1), len(hidden))]
			g.add("the subnets of %s are hidden: it has those for documentation", n.Name)
		}
		p.Networks = append(p.Networks, network)
	}
}

// defaultRules are the rules of a new project's group, as the cloud makes them.
func defaultRules(group Group) []GroupRule {
	var out []GroupRule
	for _, r := range group.Rules {
		out = append(out, GroupRule{Direction: r.Direction, EtherType: r.EtherType, Protocol: r.Protocol, PortMin: max(r.PortMin, 0), PortMax: max(r.PortMax, 0),
			Prefix: r.RemoteIP, SameGroup: r.RemoteGroup != "" && r.RemoteGroup == group.ID})
	}
	return out
}

// shortest are durations in which every state can still be seen.
func shortest() Durations {
	long, short := Span{100 * time.Millisecond, 200 * time.Millisecond}, Span{20 * time.Millisecond, 40 * time.Millisecond}
	return Durations{ServerBuild: long, ServerAction: short, ServerDelete: short, VolumeCreate: short, VolumeAttach: short, VolumeDetach: short, VolumeDelete: short,
		SnapshotCreate: short, SnapshotDelete: short, ImageSave: short}
}

// YAML writes the profile as [Parse] reads it, less what has its default, below
// these lines of comment.
func (p *Profile) YAML(comments ...string) ([]byte, error) {
	data, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	var doc map[string]any
	if err := json.Unmarshal(data, &doc); err != nil {
		return nil, err
	}
	kubernetes, _ := doc["kubernetes"].(map[string]any)
	manifests := map[string]any{} // as they are: what is empty in them says something
	for _, name := range []string{"objects", "namespaced"} {
		if list, ok := kubernetes[name]; ok {
			manifests[name] = list
			delete(kubernetes, name)
		}
	}
	for key, v := range doc {
		if doc[key] = prune(v, key != "services"); doc[key] == nil {
			delete(doc, key)
		}
	}
	maps.Copy(kubernetes, manifests)
	text, err := yaml.Marshal(doc)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	for _, line := range comments {
		fmt.Fprintln(&b, "#", line)
	}
	b.Write(text)
	return b.Bytes(), nil
}

// prune leaves out of maps what says nothing; nil if nothing is left. A service
// is there by its name alone.
func prune(v any, empties bool) any {
	switch v := v.(type) {
	case map[string]any:
		for k, inner := range v {
			if inner = prune(inner, true); inner != nil {
				v[k] = inner
			} else if empties {
				delete(v, k)
			} else {
				v[k] = map[string]any{}
			}
		}
		if len(v) == 0 {
			return nil
		}
	case []any:
		for i := range v {
			v[i] = prune(v[i], true)
		}
		if len(v) == 0 {
			return nil
		}
	case nil:
		return nil
	default:
		if v == "" || v == false || v == 0.0 {
			return nil
		}
	}
	return v
}
