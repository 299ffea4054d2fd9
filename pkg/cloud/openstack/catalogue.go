package openstack

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// Schemas implements cloud.Reader.
func (c *Cloud) Schemas() resource.Schemas { return Schemas() }

// Catalogue implements cloud.Reader. A service that is not there is missing
// in Services, and what it would offer is empty; that is no error.
func (c *Cloud) Catalogue(ctx context.Context) (profile.Catalogue, error) {
	out := profile.Catalogue{Cloud: c.name, Region: c.region, Services: map[string]profile.Service{}, Zones: map[string][]string{}, Quota: map[string]profile.Quota{}}
	var mu sync.Mutex
	g, ctx := errgroup.WithContext(ctx)
	read := func(s service, op string, f func(context.Context, *profile.Catalogue, sync.Locker) error) {
		g.Go(func() error {
			if !c.has(s) {
				return nil
			}
			err := f(ctx, &out, &mu)
			var e *cloud.OpError
			if errors.As(err, &e) {
				e.Op = "catalogue: " + op
			}
			return err
		})
	}
	for _, s := range []service{identity, compute, network, image, blockStorage, orchestration} {
		read(s, "versions of "+string(s), c.readService(s))
	}
	read(network, "extensions", c.readExtensions)
	read(network, "networks", c.readNetworks)
	read(network, "default group", c.readDefaultGroup)
	read(network, "zones", c.readNetworkZones)
	read(network, "QoS policies", c.readQoSPolicies)
	read(network, "quota", c.readQuota(network, "quotas/"+c.project+"/details.json", "quota", "used"))
	read(compute, "flavors", c.readFlavors)
	read(compute, "zones", c.readZones(compute))
	read(compute, "quota", c.readQuota(compute, "os-quota-sets/"+c.project+"/detail", "quota_set", "in_use"))
	read(image, "images", c.readImages)
	read(blockStorage, "volume types", c.readVolumeTypes)
	read(blockStorage, "zones", c.readZones(blockStorage))
	read(blockStorage, "quota", c.readQuota(blockStorage, "os-quota-sets/"+c.project+"?usage=true", "quota_set", "in_use"))
	err := g.Wait()
	return out, err
}

// readService notes that the service is there and, where it has them, its
// microversions.
func (c *Cloud) readService(s service) func(context.Context, *profile.Catalogue, sync.Locker) error {
	return func(ctx context.Context, out *profile.Catalogue, mu sync.Locker) error {
		var v profile.Service
		if s == compute || s == blockStorage {
			var err error
			if v, err = c.version(ctx, s); err != nil {
				return err
			}
		}
		mu.Lock()
		defer mu.Unlock()
		out.Services[string(s)] = v
		return nil
	}
}

func (c *Cloud) readExtensions(ctx context.Context, out *profile.Catalogue, _ sync.Locker) error {
	items, err := c.all(ctx, call{service: network, path: "extensions"}, "extensions")
	for _, b := range items {
		out.Extensions = append(out.Extensions, b.text("alias"))
	}
	slices.Sort(out.Extensions)
	return err
}

// readNetworks reads what is external or shared and not the project's own.
func (c *Cloud) readNetworks(ctx context.Context, out *profile.Catalogue, _ sync.Locker) error {
	p, err := c.fetch(ctx, []collection{networkList, subnetList})
	if err != nil {
		return err
	}
	for _, b := range p.lists[networkList] {
		if p.owns(b) || !b.flag("router:external") && !b.flag("shared") {
			continue
		}
		n := profile.Network{ID: b.text("id"), Name: b.text("name"), External: b.flag("router:external"), Shared: b.flag("shared"), Default: b.flag("is_default"), MTU: b.number("mtu"),
			Ranges: int64(len(b.texts("subnets")))}
		for _, s := range p.lists[subnetList] {
			if s.text("network_id") == n.ID {
				n.Subnets = append(n.Subnets, profile.Subnet{ID: s.text("id"), Name: s.text("name"), CIDR: s.text("cidr"), IPVersion: s.number("ip_version")})
			}
		}
		byName(n.Subnets, func(s profile.Subnet) (string, string) { return s.Name, s.ID })
		out.Networks = append(out.Networks, n)
	}
	byName(out.Networks, func(n profile.Network) (string, string) { return n.Name, n.ID })
	return nil
}

func (c *Cloud) readDefaultGroup(ctx context.Context, out *profile.Catalogue, _ sync.Locker) error {
	p, err := c.fetch(ctx, []collection{groupList})
	if err != nil {
		return err
	}
	for _, b := range p.lists[groupList] {
		if b.text("name") != defaultGroup || !p.owns(b) {
			continue
		}
		out.DefaultGroup = profile.Group{ID: b.text("id"), Name: defaultGroup}
		for _, r := range b.objects("security_group_rules") {
			out.DefaultGroup.Rules = append(out.DefaultGroup.Rules, rule(r))
		}
		slices.SortFunc(out.DefaultGroup.Rules, compareRules)
	}
	return nil
}

func rule(b body) profile.Rule {
	port := func(key string) int64 {
		if b[key] == nil {
			return -1
		}
		return b.number(key)
	}
	return profile.Rule{Direction: b.text("direction"), EtherType: b.text("ethertype"), Protocol: b.text("protocol"), PortMin: port("port_range_min"),
		PortMax: port("port_range_max"), RemoteIP: b.text("remote_ip_prefix"), RemoteGroup: b.text("remote_group_id")}
}

func compareRules(a, b profile.Rule) int {
	return cmp.Or(cmp.Compare(a.Direction, b.Direction), cmp.Compare(a.EtherType, b.EtherType), cmp.Compare(a.Protocol, b.Protocol),
		cmp.Compare(a.PortMin, b.PortMin), cmp.Compare(a.PortMax, b.PortMax), cmp.Compare(a.RemoteIP, b.RemoteIP), cmp.Compare(a.RemoteGroup, b.RemoteGroup))
}

// readQoSPolicies reads the policies that the project may use and does not
// own.
func (c *Cloud) readQoSPolicies(ctx context.Context, out *profile.Catalogue, _ sync.Locker) error {
	items, err := c.all(ctx, call{service: network, path: "qos/policies"}, "policies")
	if errors.Is(err, cloud.ErrUnsupported) { // the extension is not there
		return nil
	}
	for _, b := range items {
		out.QoSPolicies = append(out.QoSPolicies, profile.QoSPolicy{ID: b.text("id"), Name: b.text("name")})
	}
	byName(out.QoSPolicies, func(p profile.QoSPolicy) (string, string) { return p.Name, p.ID })
	return err
}

// readNetworkZones reads the zones of networks and routers, which are hosts of
// the same service.
func (c *Cloud) readNetworkZones(ctx context.Context, out *profile.Catalogue, mu sync.Locker) error {
	items, err := c.all(ctx, call{service: network, path: "availability_zones"}, "availability_zones")
	if errors.Is(err, cloud.ErrUnsupported) { // the extension is not there
		return nil
	}
	var zones []string
	for _, b := range items {
		if b.text("state") == "available" {
			zones = append(zones, b.text("name"))
		}
	}
	mu.Lock()
	defer mu.Unlock()
	out.Zones[string(network)] = sorted(zones)
	return err
}

func (c *Cloud) readZones(s service) func(context.Context, *profile.Catalogue, sync.Locker) error {
	return func(ctx context.Context, out *profile.Catalogue, mu sync.Locker) error {
		items, err := c.all(ctx, call{service: s, path: "os-availability-zone"}, "availabilityZoneInfo")
		var zones []string
		for _, b := range items {
			if b.object("zoneState").flag("available") {
				zones = append(zones, b.text("zoneName"))
			}
		}
		mu.Lock()
		defer mu.Unlock()
		out.Zones[string(s)] = sorted(zones)
		return err
	}
}

func sorted(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}

// readQuota reads limits with their use. Where policy hides them from a
// member, the service's limits tell the most important of them.
func (c *Cloud) readQuota(s service, path, key, used string) func(context.Context, *profile.Catalogue, sync.Locker) error {
	return func(ctx context.Context, out *profile.Catalogue, mu sync.Locker) error {
		b, err := c.get(ctx, call{service: s, path: path})
		if errors.Is(err, cloud.ErrForbidden) || errors.Is(err, cloud.ErrNotFound) || errors.Is(err, cloud.ErrUnsupported) {
			return c.readLimits(ctx, s, out, mu)
		}
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		set := b.object(key)
		for name := range set {
			if q := set.object(name); q != nil {
				out.Quota[string(s)+"."+name] = profile.Quota{Limit: q.number("limit"), Used: q.number(used) + q.number("reserved")}
			}
		}
		return nil
	}
}

// readLimits reads what Nova and Cinder show to everybody.
func (c *Cloud) readLimits(ctx context.Context, s service, out *profile.Catalogue, mu sync.Locker) error {
	names := map[service]map[string][2]string{
		compute: {"instances": {"maxTotalInstances", "totalInstancesUsed"}, "cores": {"maxTotalCores", "totalCoresUsed"}, "ram": {"maxTotalRAMSize", "totalRAMUsed"},
			"key_pairs": {"maxTotalKeypairs", ""}, "server_groups": {"maxServerGroups", "totalServerGroupsUsed"}},
		blockStorage: {"volumes": {"maxTotalVolumes", "totalVolumesUsed"}, "gigabytes": {"maxTotalVolumeGigabytes", "totalGigabytesUsed"},
			"snapshots": {"maxTotalSnapshots", "totalSnapshotsUsed"}},
	}[s]
	if names == nil {
		return nil
	}
	b, err := c.get(ctx, call{service: s, path: "limits"})
	if err != nil {
		return err
	}
	mu.Lock()
	defer mu.Unlock()
	absolute := b.object("limits").object("absolute")
	for name, keys := range names {
		if _, ok := absolute[keys[0]]; ok {
			out.Quota[string(s)+"."+name] = profile.Quota{Limit: absolute.number(keys[0]), Used: absolute.number(keys[1])}
		}
	}
	return nil
}

func (c *Cloud) readFlavors(ctx context.Context, out *profile.Catalogue, _ sync.Locker) error {
	version, _, err := c.atMost(ctx, compute, "2.61") // extra specs in the list
	if err != nil {
		return err
	}
	items, err := c.all(ctx, call{service: compute, path: "flavors/detail", microversion: version}, "flavors")
	for _, b := range items {
		out.Flavors = append(out.Flavors, profile.Flavor{ID: b.text("id"), Name: b.text("name"), VCPUs: b.number("vcpus"), RAM: b.number("ram"), Disk: b.number("disk"),
			Ephemeral: b.number("OS-FLV-EXT-DATA:ephemeral"), Swap: b.number("swap"), Specs: stringMap(b.object("extra_specs"))})
	}
	byName(out.Flavors, func(f profile.Flavor) (string, string) { return f.Name, f.ID })
	return err
}

func (c *Cloud) readImages(ctx context.Context, out *profile.Catalogue, _ sync.Locker) error {
	p, err := c.fetch(ctx, []collection{imageList, hiddenImageList})
	if err != nil {
		return err
	}
	k := images()
	for _, b := range append(slices.Clone(p.lists[imageList]), p.lists[hiddenImageList]...) {
		if p.owns(b) && b.text("visibility") != "public" {
			continue
		}
		out.Images = append(out.Images, profile.Image{ID: b.text("id"), Name: b.text("name"), Status: b.text("status"), Visibility: b.text("visibility"),
			Owner: b.text("owner"), Hidden: b.flag("os_hidden"), Size: b.number("size"), VirtualSize: b.number("virtual_size"), MinDisk: b.number("min_disk"),
			MinRAM: b.number("min_ram"), DiskFormat: b.text("disk_format"), ContainerFormat: b.text("container_format"), Created: b.text("created_at"),
			HashAlgorithm: b.text("os_hash_algo"), Hash: b.text("os_hash_value"), Properties: stringMap(k.properties(b))})
	}
	byName(out.Images, func(i profile.Image) (string, string) { return i.Name, i.ID })
	return nil
}

func (c *Cloud) readVolumeTypes(ctx context.Context, out *profile.Catalogue, _ sync.Locker) error {
	items, err := c.all(ctx, call{service: blockStorage, path: "types"}, "volume_types")
	if err != nil {
		return err
	}
	chosen, err := c.get(ctx, call{service: blockStorage, path: "types/default"})
	if err != nil && !errors.Is(err, cloud.ErrNotFound) {
		return err
	}
	for _, b := range items {
		out.VolumeTypes = append(out.VolumeTypes, profile.VolumeType{ID: b.text("id"), Name: b.text("name"), Description: b.text("description"),
			Default: b.text("id") == chosen.object("volume_type").text("id"), Specs: stringMap(b.object("extra_specs"))})
	}
	byName(out.VolumeTypes, func(t profile.VolumeType) (string, string) { return t.Name, t.ID })
	return nil
}

func stringMap(m map[string]any) map[string]string {
	out := make(map[string]string, len(m))
	for k := range m {
		out[k] = body(m).text(k)
		if b, ok := m[k].(bool); ok && b {
			out[k] = "true"
		}
	}
	return out
}

func byName[T any](list []T, key func(T) (name, id string)) {
	slices.SortFunc(list, func(a, b T) int {
		nameA, idA := key(a)
		nameB, idB := key(b)
		return cmp.Or(cmp.Compare(nameA, nameB), cmp.Compare(idA, idB))
	})
}
