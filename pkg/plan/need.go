package plan

import (
	"maps"
	"slices"

	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// defaultRules is how many rules Neutron puts into a new group; they count
// until the group is settled.
const defaultRules = 2

// count sums up the quota that the steps take, and foretells which resources
// do not fit into what is left, in the order of the steps. It returns the quotas
// that do not suffice.
func (b *builder) count(p *Plan) []string {
	var short []string
	taken := map[string]int64{}
	rules, members := map[resource.Ref]int64{}, map[resource.Ref]int64{}
	for r := range b.out.OfType(secRule) {
		if r.Tenure == resource.Own {
			rules[r.Parent]++
		}
	}
	for _, s := range p.Steps {
		if s.Action != Create {
			continue
		}
		r := b.out.Get(s.Ref)
		need := b.needs(r)
		if r.Type == secGroup {
			need["network.security_group_rule"] = max(0, defaultRules-rules[r.Ref])
		}
		for name, n := range need {
			p.Needs[name] += n
		}
		name := exceeded(b.cat.Quota, taken, need)
		if name == "" {
			name = b.single(r, members, need)
		}
		if name != "" {
			b.foretell(quotaSignal(b.opts, r.Ref, b.cat.Quota, name, need[name], taken[name]))
			short = append(short, name)
			continue
		}
		for name, n := range need {
			taken[name] += n
		}
	}
	maps.DeleteFunc(p.Needs, func(_ string, n int64) bool { return n == 0 })
	slices.Sort(short)
	return slices.Compact(short)
}

// queue lets the steps that take of a quota come one after the other, in their
// order. Where not all fit, chance would decide otherwise which of them do, and
// two drills would have two verdicts.
func (b *builder) queue(p *Plan, quota string) {
	last := ""
	for i := range p.Steps {
		s := &p.Steps[i]
		if s.Action != Create || b.needs(b.out.Get(s.Ref))[quota] == 0 {
			continue
		}
		if last != "" && !slices.Contains(s.After, last) {
			s.After = append(s.After, last)
			slices.Sort(s.After)
		}
		last = s.ID
	}
}

// single names the limit of one resource that r goes beyond: of a volume's
// size, of a server group's members. It adds that to need.
func (b *builder) single(r *resource.Resource, members map[resource.Ref]int64, need map[string]int64) string {
	alone := map[string]int64{}
	if hint, ok := resource.Lookup(r.Spec, "scheduler_hints.group"); ok && r.Type == server {
		if g, ok := hint.(resource.Ref); ok {
			members[g]++
			alone["compute.server_group_members"] = members[g]
		}
	}
	if r.Type == volume {
		alone["block-storage.per_volume_gigabytes"] = number(r, "size")
	}
	name := exceeded(b.cat.Quota, nil, alone)
	if name != "" {
		need[name] = alone[name]
	}
	return name
}

// exceeded names the first quota that does not hold what is needed.
func exceeded(quota map[string]profile.Quota, taken, need map[string]int64) string {
	for _, name := range slices.Sorted(maps.Keys(need)) {
		q, known := quota[name]
		if left, limited := q.Left(); known && limited && need[name] > 0 && taken[name]+need[name] > left {
			return name
		}
	}
	return ""
}

// needs says what creating r takes, by the catalogue's names of quotas. What
// the cloud makes with it counts too.
func (b *builder) needs(r *resource.Resource) map[string]int64 {
	one := map[resource.Type]string{keyPair: "compute.key_pairs", group: "compute.server_groups", network: "network.network", subnet: "network.subnet",
		router: "network.router", iface: "network.port", port: "network.port", floatingIP: "network.floatingip", secGroup: "network.security_group",
		secRule: "network.security_group_rule", snapshot: "block-storage.snapshots"}
	need := b.needsInCluster(r)
	if name, ok := one[r.Type]; ok {
		need[name] = 1
	}
	switch r.Type {
	case server:
		b.needsOfServer(r, need)
	case volume:
		b.needsOfVolume(r, number(r, "size"), need)
	case snapshot:
		if v, ok := r.Spec["volume"].(resource.Ref); ok && b.out.Get(v) != nil {
			need["block-storage.gigabytes"] = number(b.out.Get(v), "size")
		}
	case iface:
		if r.Spec["port"] != nil { // the port is there already
			need["network.port"] = 0
		}
	}
	return need
}

func (b *builder) needsOfServer(r *resource.Resource, need map[string]int64) {
	need["compute.instances"] = 1
	if f, ok := r.Spec["flavor"].(resource.Ref); ok && b.out.Get(f) != nil {
		s, _ := sizeOf(b.out.Get(f))
		need["compute.cores"], need["compute.ram"] = s.cpus, s.ram
	}
	networks, _ := r.Spec["networks"].([]resource.Value)
	for _, n := range networks {
		if entry, ok := n.(map[string]resource.Value); ok && entry["port"] == nil {
			need["network.port"]++
		}
	}
	if device := rootDevice(r.Spec); device["image"] != nil {
		size, _ := device["volume_size"].(int64)
		b.needsOfVolume(r, size, need)
	}
}

// needsOfVolume: a volume counts in all, and in its type.
func (b *builder) needsOfVolume(r *resource.Resource, gib int64, need map[string]int64) {
	need["block-storage.volumes"]++
	need["block-storage.gigabytes"] += gib
	if t, ok := r.Spec["volume_type"].(resource.Ref); ok && b.out.Get(t) != nil {
		name := b.out.Get(t).Name
		need["block-storage.volumes_"+name]++
		need["block-storage.gigabytes_"+name] += gib
	}
}
