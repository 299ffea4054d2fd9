package plan

import (
	"cmp"
	"net/netip"
	"slices"
	"strconv"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

const rootDevices = "block_device_mapping_v2"

// rootDevice returns the server's root volume as it is asked for, or nil: then
// its root disk is the flavor's.
func rootDevice(spec map[string]resource.Value) map[string]resource.Value {
	list, _ := spec[rootDevices].([]resource.Value)
	for _, item := range list {
		device, _ := item.(map[string]resource.Value)
		if index, ok := device["boot_index"]; ok && resource.Equal(index, int64(0)) || len(list) == 1 && device != nil {
			return device
		}
	}
	return nil
}

// HasRootVolume reports whether a server with this Spec starts from a volume, and
// not from a local disk.
func HasRootVolume(spec map[string]resource.Value) bool { return rootDevice(spec) != nil }

// unroll turns what the cloud made for a server back into what was asked for:
// its ports into networks, its root volume into an image. Where the volume's
// bytes travel, it is made first and becomes Own.
func (b *builder) unroll() {
	for v := range b.out.OfType(volume) {
		if v.Tenure == resource.Implied {
			b.roots[v.Parent] = v
		}
	}
	for _, r := range slices.Collect(b.out.OfType(server)) {
		b.unrollPorts(r)
		b.unrollRoot(r)
	}
	b.unrollGroups()
}

func (b *builder) unrollPorts(r *resource.Resource) {
	list, _ := r.Spec["networks"].([]resource.Value)
	for i, item := range list {
		entry, _ := item.(map[string]resource.Value)
		p := b.implied(entry["port"], r.Ref)
		if p == nil {
			continue
		}
		asked := map[string]resource.Value{"network": p.Spec["network"]}
		if ip := firstAddress(p.Spec); ip != "" && !b.isGiven(p.Spec["network"]) {
			asked["fixed_ip"] = ip
		}
		list[i] = asked
	}
}

// firstAddress returns the port's IPv4 address, which is the one that a server
// can ask for beside the others; or else its first.
func firstAddress(spec map[string]resource.Value) string {
	var first string
	for _, f := range find(nil, spec, "fixed_ips[].ip_address") {
		ip, _ := f.value.(string)
		if addr, err := netip.ParseAddr(ip); err == nil && addr.Is4() {
			return ip
		}
		first = cmp.Or(first, ip)
	}
	return first
}

// unrollGroups asks for the security groups that the ports have which the
// cloud made for a server that names none.
func (b *builder) unrollGroups() {
	for _, p := range slices.Collect(b.out.OfType(port)) {
		s := b.out.Get(p.Parent)
		if p.Tenure != resource.Implied || s == nil || s.Type != server || b.set.Get(s.Ref).Spec["security_groups"] != nil {
			continue
		}
		have, _ := s.Spec["security_groups"].([]resource.Value)
		groups, _ := p.Spec["security_groups"].([]resource.Value)
		for _, g := range groups {
			if !slices.ContainsFunc(have, func(h resource.Value) bool { return resource.Equal(h, g) }) {
				have = append(have, g)
			}
		}
		if len(have) > 0 {
			s.Spec["security_groups"] = have
		}
	}
}

// unrollRoot asks for the root volume that Nova has made as it was asked for;
// but if its bytes travel, it becomes a volume of the project.
func (b *builder) unrollRoot(r *resource.Resource) {
	device := rootDevice(r.Spec)
	v := b.implied(device["volume_id"], r.Ref)
	if v == nil && device["image"] != nil {
		v = b.roots[r.Ref]
	}
	switch {
	case v == nil:
	case carried(v.Content) || v.Spec["image"] == nil && device["image"] == nil:
		v.Tenure, v.Parent = resource.Own, resource.Ref{}
		before := resource.Clone(r.Spec[rootDevices])
		delete(device, "image")
		delete(device, "volume_size")
		device["volume_id"] = v.Ref
		b.decide(resource.Decision{Ref: r.Ref, Path: rootDevices, From: before, To: resource.Clone(r.Spec[rootDevices]), Effect: resource.Same, Rule: fromBytes})
		b.decide(resource.Decision{Ref: v.Ref, To: v.Ref, Effect: resource.Same, Rule: fromBytes})
	case device["image"] == nil:
		delete(device, "volume_id")
		device["image"], device["volume_size"] = v.Spec["image"], v.Spec["size"]
	}
}

// implied returns what ref refers to if the cloud made it for that parent.
func (b *builder) implied(v resource.Value, of resource.Ref) *resource.Resource {
	ref, ok := v.(resource.Ref)
	if !ok {
		return nil
	}
	if r := b.out.Get(ref); r != nil && r.Tenure == resource.Implied && r.Parent == of {
		return r
	}
	return nil
}

func (b *builder) isGiven(v resource.Value) bool {
	ref, ok := v.(resource.Ref)
	return ok && b.out.Get(ref) == nil
}

// addRootVolumes gives a volume to every server whose flavor has no disk on
// the target, and which would boot from one.
func (b *builder) addRootVolumes() {
	for _, r := range slices.Collect(b.out.OfType(server)) {
		f, ok := r.Spec["flavor"].(resource.Ref)
		if img := b.imageOf(r.Spec); ok && img != nil && !HasRootVolume(r.Spec) {
			if have := b.out.Get(f); have.Tenure == resource.Given && have.ID != "" && known(have) && number(have, "disk") == 0 {
				b.addRootVolume(r, img)
			}
		}
	}
}

func (b *builder) addRootVolume(r, img *resource.Resource) {
	src := b.sourceSize(r.Ref)
	gib := max(src.disk, number(img, "min_disk"), (number(img, "size")+1<<30-1)>>30, 1)
	from := r.Spec["image"]
	effect := resource.Adapted
	if src.disk > 0 && src.q.medium != 'n' && src.q.medium != 0 {
		effect = resource.Degraded // the volume is in the network, the disk was in the host
	}
	root := &resource.Resource{Ref: resource.Ref{Type: volume, Key: b.freeKey(volume, string(r.Key)+"-root")}, Tenure: resource.Implied, Parent: r.Ref,
		DerivedFrom: []resource.Ref{r.Ref}, Spec: map[string]resource.Value{"size": gib, "image": from}}
	b.out.Put(root)
	device := map[string]resource.Value{"boot_index": int64(0), "image": from, "volume_size": gib, "delete_on_termination": true}
	r.Spec[rootDevices] = []resource.Value{device}
	delete(r.Spec, "image")
	args := map[string]string{"size": strconv.FormatInt(gib, 10)}
	b.decide(resource.Decision{Ref: r.Ref, Path: rootDevices, To: resource.Clone(r.Spec[rootDevices]), Effect: effect, Rule: "root-volume/added", Args: args})
	b.mapping.Decisions = append(b.mapping.Decisions,
		resource.Decision{Ref: r.Ref, Path: "image", From: b.set.Get(r.Ref).Spec["image"], Effect: effect, Rule: "root-volume/added", Args: args},
		resource.Decision{Ref: r.Ref, Path: rootDevices + "[0].volume_id", To: root.Ref, Effect: resource.Same, Rule: "root-volume/added", Args: args})
}

// sourceSize is the size of the flavor that a server has on the source.
func (b *builder) sourceSize(of resource.Ref) size {
	r := b.set.Get(of)
	ref, ok := r.Spec["flavor"].(resource.Ref)
	if !ok || b.set.Get(ref) == nil {
		return size{}
	}
	s, _ := sizeOf(b.set.Get(ref))
	return s
}

// freeKey returns a key like this one that no resource of the type has yet.
func (b *builder) freeKey(t resource.Type, like string) resource.Key {
	key := resource.NewKey(like)
	for n := 2; b.out.Get(resource.Ref{Type: t, Key: key}) != nil; n++ {
		key = resource.NewKey(like + "-" + strconv.Itoa(n))
	}
	return key
}
