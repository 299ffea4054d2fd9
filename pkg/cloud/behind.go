package cloud

import (
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// The types of which one layer keeps what the other's are made of.
const (
	Volume   resource.Type = "OS::Cinder::Volume"
	Snapshot resource.Type = "OS::Cinder::Snapshot"
	Claim    resource.Type = "core/PersistentVolumeClaim"
)

// CinderDriver is the storage driver of Kubernetes whose volumes are Cinder's.
const CinderDriver = "cinder.csi.openstack.org"

// Storage is the attribute of a claim that tells of the Cinder volume behind it:
// its id, status, size in GiB, and whether it is encrypted. A claim whose volume
// the project cannot see has none.
const Storage = "storage"

// JoinStorage makes one cloud of a cluster and of the OpenStack project in which
// its volumes lie. Of the project nothing else is seen than what carries a mark:
// it may be full of things that are none of the workload.
func JoinStorage(project, cluster Cloud) Cloud {
	return &joined{layers: []Cloud{project, cluster}, storage: project}
}

// kept are the types of the project that the bytes of claims go through.
func kept() []resource.Type { return []resource.Type{Volume, Snapshot, Image} }

// A behind finds in a listing of everything the volumes behind claims. They go
// with their claims, as PersistentVolumes do, and are not listed.
//
// Cinder's driver gives a volume the name of the PersistentVolume, which the claim
// tells, and notes the cluster in its metadata (cloud-provider-openstack,
// docs/cinder-csi-plugin); what we have made has our mark for that.
type behind struct {
	volumes map[string]*resource.Resource // by name
	claims  []*resource.Resource
}

// hold takes what has to wait until all is listed.
func (b *behind) hold(r *resource.Resource) bool {
	switch {
	case b == nil:
		return false
	case r.Type == Claim:
		b.claims = append(b.claims, r)
		return true
	case r.Type == Volume && r.Name != "" && b.volumes[r.Name] == nil && ofDriver(r):
		b.volumes[r.Name] = r
		return true
	case r.Type == Snapshot && isNoted(r): // a VolumeSnapshot is what tells of it
		return true
	}
	return false
}

func ofDriver(r *resource.Resource) bool { return isNoted(r) || !r.Owner.IsZero() }

func isNoted(r *resource.Resource) bool {
	metadata, _ := r.Spec["metadata"].(map[string]resource.Value)
	return metadata[CinderDriver+"/cluster"] != nil
}

// rest returns what was held: claims with the volumes behind them, and volumes
// that are behind none.
func (b *behind) rest() []*resource.Resource {
	if b == nil {
		return nil
	}
	for _, claim := range b.claims {
		name, _ := claim.Attrs["volume"].(string)
		if v := b.volumes[name]; v != nil {
			claim.Attrs[Storage] = map[string]resource.Value{"id": v.ID, "status": v.Attrs["status"], "size": v.Spec["size"], "encrypted": v.Spec["encrypted"] == true}
			delete(b.volumes, name)
		}
	}
	for _, v := range b.volumes {
		b.claims = append(b.claims, v)
	}
	return b.claims
}
