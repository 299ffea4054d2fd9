package plan

import (
	"slices"
	"strconv"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// cinderDriver is the storage driver whose volumes are Cinder's.
const cinderDriver = "cinder.csi.openstack.org"

// cinderZone is the label by which it tells the zone of a node; a volume is in
// the zone of the node that mounts it
// (cloud-provider-openstack, docs/cinder-csi-plugin/features.md).
const cinderZone = "topology.cinder.csi.openstack.org/zone"

// storageOf is what a cloud with both layers tells of the Cinder volume behind a
// claim (cloud.Storage); nil: nothing.
func storageOf(r *resource.Resource) map[string]resource.Value {
	s, _ := r.Attrs["storage"].(map[string]resource.Value)
	return s
}

// carryClaims plans how the bytes of claims arrive, where the target's class is
// Cinder's and the project can make volumes: a volume is made from the bytes, and
// a PersistentVolume of it that is promised to the claim. Kubernetes binds the
// claim to it and to no other, whoever makes the claim.
func (b *builder) carryClaims() {
	if _, ok := b.cat.Services["block-storage"]; !ok || b.cat.Cluster == nil {
		return
	}
	for _, r := range slices.Collect(b.out.OfType(claim)) {
		if r.Tenure == resource.Given || !carried(r.Content) {
			continue
		}
		for _, d := range claimedBy(r) {
			if class := b.classOf(d); class != nil && text(class, "provisioner") == cinderDriver {
				b.carryClaim(r, class, d.modes)
			}
		}
	}
}

func (b *builder) carryClaim(r, class *resource.Resource, modes []string) {
	name := "pvc-" + b.opts.Drill + "-" + strings.ToLower(strings.ReplaceAll(string(r.Key), "_", "-"))
	size := max(r.Content.Size, r.Content.Length, int64(quantity(text(r, "spec.resources.requests.storage"))))
	gib := (size + 1<<30 - 1) >> 30
	zones := b.zonesOf(class)
	v := &resource.Resource{Ref: resource.Ref{Type: volume, Key: b.freeKey(volume, string(r.Key))}, Name: name, Tenure: resource.Own,
		DerivedFrom: []resource.Ref{r.Ref}, Spec: map[string]resource.Value{"size": gib}}
	zone := ""
	if len(zones) > 0 {
		zone = zones[ordinal(r.Name)%len(zones)]
		v.Spec["availability_zone"] = zone
	}
	if kind := b.typeOf(class); kind != nil {
		v.Spec["volume_type"] = b.adopt(kind)
	}
	b.out.Put(v)
	b.through(v, r.Ref, *r.Content)
	pv := b.promised(r, class, v, name)
	spec, _ := pv.Spec["spec"].(map[string]resource.Value)
	for _, m := range modes {
		list, _ := spec["accessModes"].([]resource.Value)
		spec["accessModes"] = append(list, m)
	}
	if b.cinderZones() != nil {
		spec["nodeAffinity"] = inZone(zone)
	}
	b.out.Put(pv)
	holder := r
	if parent := b.out.Get(r.Parent); r.Tenure == resource.Implied && parent != nil {
		holder = parent
	}
	holder.After = append(holder.After, pv.Ref)
	b.carries[r.Ref] = true
}

// promised is the PersistentVolume of a volume, for one claim alone. With the
// provisioner's annotation it is as one that the driver has made, so that the
// class's reclaim policy holds.
func (b *builder) promised(r, class, v *resource.Resource, name string) *resource.Resource {
	policy := text(class, "reclaimPolicy")
	if policy == "" {
		policy = "Delete"
	}
	csi := map[string]resource.Value{"driver": cinderDriver, "volumeHandle": v.Ref}
	spec := map[string]resource.Value{
		"capacity": map[string]resource.Value{"storage": strconv.FormatInt(number(v, "size"), 10) + "Gi"}, "storageClassName": b.adopt(class), "persistentVolumeReclaimPolicy": policy, "csi": csi,
		"claimRef": map[string]resource.Value{"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": b.namespaceOf(r), "name": r.Name}}
	if mode := text(r, "spec.volumeMode"); mode == "Block" {
		spec["volumeMode"] = mode
	} else {
		csi["fsType"] = b.fileSystem(r)
	}
	return &resource.Resource{Ref: resource.Ref{Type: clusterVolume, Key: b.freeKey(clusterVolume, string(r.Key))}, Name: name, Tenure: resource.Own, DerivedFrom: []resource.Ref{r.Ref},
		Spec: map[string]resource.Value{"apiVersion": "v1", "spec": spec,
			"metadata": map[string]resource.Value{"annotations": map[string]resource.Value{"pv.kubernetes.io/provisioned-by": cinderDriver}}}}
}

// fileSystem is the one that the source's driver has put on the volume, as its
// class says.
func (b *builder) fileSystem(r *resource.Resource) string {
	if src := b.set.Get(r.Ref); src != nil {
		if ref, ok := resource.Lookup(src.Spec, "spec.storageClassName"); ok {
			if ref, ok := ref.(resource.Ref); ok && b.set.Get(ref) != nil {
				if kind := parameter(b.set.Get(ref), "csi.storage.k8s.io/fstype"); kind != "" {
					return kind
				}
			}
		}
	}
	return "ext4"
}

func parameter(class *resource.Resource, name string) string {
	m, _ := class.Spec["parameters"].(map[string]resource.Value)
	v, _ := m[name].(string)
	return v
}

// typeOf is the volume type that the class asks for; nil: it leaves that to Cinder.
func (b *builder) typeOf(class *resource.Resource) *resource.Resource {
	name := parameter(class, "type")
	for _, t := range b.offers[volumeType] {
		if name != "" && (t.Name == name || t.ID == name) {
			return t
		}
	}
	return nil
}

// zonesOf are the zones in which a volume of the class can be mounted: its own,
// or those of nodes that tell theirs; none: it makes no difference.
func (b *builder) zonesOf(class *resource.Resource) []string {
	if zone := parameter(class, "availability"); zone != "" {
		return []string{zone}
	}
	return b.cinderZones()
}

func (b *builder) cinderZones() []string {
	var out []string
	for _, n := range b.cat.Cluster.Nodes {
		if zone := n.Labels[cinderZone]; zone != "" && !slices.Contains(out, zone) {
			out = append(out, zone)
		}
	}
	slices.Sort(out)
	return out
}

// ordinal is the number at the end of a StatefulSet's claim: those of one pod
// have the same one, and have to be in the same zone.
func ordinal(name string) int {
	n, err := strconv.Atoi(name[strings.LastIndexByte(name, '-')+1:])
	if err != nil || n < 0 {
		return 0
	}
	return n
}

func inZone(zone string) resource.Value {
	expression := map[string]resource.Value{"key": cinderZone, "operator": "In", "values": []resource.Value{zone}}
	return map[string]resource.Value{"required": map[string]resource.Value{"nodeSelectorTerms": []resource.Value{
		map[string]resource.Value{"matchExpressions": []resource.Value{expression}}}}}
}

// namespaceOf is the namespace in which an object will be on the target.
func (b *builder) namespaceOf(r *resource.Resource) string {
	v, _ := resource.Lookup(r.Spec, "metadata.namespace")
	if ref, ok := v.(resource.Ref); ok {
		if ns := b.out.Get(ref); ns != nil {
			return ns.Name
		}
	}
	return r.Scope
}

// staysBehind names the rule by which the bytes of a claim that was read do not
// arrive; "": they do, or there are none, because the claim has no volume yet.
func (b *builder) staysBehind(src *resource.Resource) string {
	switch {
	case b.carries[src.Ref], src.Content.Empty():
		return ""
	case carried(src.Content):
		return "claim/data-not-written"
	case storageOf(src)["encrypted"] == true:
		return "content/sealed"
	}
	return "claim/data-not-moved"
}
