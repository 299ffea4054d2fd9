package plan

import (
	"slices"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// claimed is what one claim, or a template of claims, asks of its class.
type claimed struct {
	of    *resource.Resource
	path  resource.Path // of the claim's spec
	class resource.Value
	modes []string
}

// claimedBy returns what a resource claims.
func claimedBy(r *resource.Resource) []claimed {
	patterns := map[resource.Type]resource.Path{claim: "spec", statefulSet: "spec.volumeClaimTemplates[].spec"}
	pattern, ok := patterns[r.Type]
	if !ok {
		return nil
	}
	var out []claimed
	for _, f := range find(nil, r.Spec, pattern) {
		d := claimed{of: r, path: f.path}
		spec, _ := f.value.(map[string]resource.Value)
		d.class = spec["storageClassName"]
		modes, _ := spec["accessModes"].([]resource.Value)
		for _, m := range modes {
			if name, ok := m.(string); ok {
				d.modes = append(d.modes, name)
			}
		}
		out = append(out, d)
	}
	return out
}

// foretellClaims tells which claims get no volume on the target, or another's.
func (b *builder) foretellClaims() {
	if b.cat.Cluster == nil || b.unreadable(storageClass) {
		return
	}
	for r := range b.out.All() {
		if r.Tenure != resource.Own {
			continue
		}
		for _, d := range claimedBy(r) {
			b.foretellClaim(d)
		}
	}
}

func (b *builder) foretellClaim(d claimed) {
	class := b.classOf(d)
	if d.class == nil && len(b.defaults()) != 1 {
		rule, effect := "class/no-default", resource.Lost
		if len(b.defaults()) > 1 { // the server takes the newest, whichever that is
			rule, effect = "class/two-defaults", resource.Degraded
		}
		b.foretell(gap.Signal{Code: rule, Ref: d.of.Ref, Path: d.path.Field("storageClassName"), Effect: effect, Args: map[string]string{"candidates": strings.Join(b.defaults(), ", ")}})
		return
	}
	for _, mode := range d.modes {
		if class != nil && !driverGives(text(class, "provisioner"), mode) {
			b.foretell(gap.Signal{Code: "claim/access-mode", Ref: d.of.Ref, Path: d.path.Field("accessModes"), Source: mode, Effect: resource.Lost,
				Args: map[string]string{"mode": mode, "driver": text(class, "provisioner"), "name": label(class)}})
		}
	}
}

// classOf returns the target's class of a claim: the one that it names, or the
// default; nil if there is none, or if it names an empty one, for then it wants a
// volume that somebody has made.
func (b *builder) classOf(d claimed) *resource.Resource {
	if ref, ok := d.class.(resource.Ref); ok {
		return b.out.Get(ref)
	}
	if d.class != nil {
		return nil
	}
	if names := b.defaults(); len(names) == 1 {
		return b.offered(storageClass, names[0])
	}
	return nil
}

// defaults are the names of the target's default classes.
func (b *builder) defaults() []string {
	var out []string
	for _, c := range b.offers[storageClass] {
		if yes(c, "default") {
			out = append(out, c.Name)
		}
	}
	return out
}

// unreadable reports whether these rights cannot list a type on the target.
func (b *builder) unreadable(t resource.Type) bool {
	for _, u := range b.cat.Cluster.Unread {
		if resource.Type(u.Type) == t {
			return true
		}
	}
	return false
}

// driverServes reports whether the class's driver gives all access modes that
// the claims of the source's class ask for.
func (b *builder) driverServes(from, to *resource.Resource) bool {
	if from.Type != storageClass {
		return true
	}
	for _, u := range b.uses[from.Ref] {
		for _, d := range claimedBy(u.by) {
			if d.class == resource.Value(from.Ref) && slices.ContainsFunc(d.modes, func(m string) bool { return !driverGives(text(to, "provisioner"), m) }) {
				return false
			}
		}
	}
	return true
}

// driverGives says whether a driver gives file systems in an access mode. No API
// tells that; these are what the drivers' own documentation says of what they do
// without further ado. Of any other driver nothing is known, and nothing is
// foretold: a claim that stays Pending is the proof.
//
//   - cinder.csi.openstack.org: cloud-provider-openstack docs/cinder-csi-plugin/features.md (volumes with several servers need a type with multiattach)
//   - csi.hetzner.cloud: hetznercloud/csi-driver docs/kubernetes (ReadWriteOnce)
//   - rbd.csi.ceph.com, topolvm.io, rancher.io/local-path, local.csi.openebs.io: one node at a time
func driverGives(driver, mode string) bool {
	single := []string{"cinder.csi.openstack.org", "csi.hetzner.cloud", "rbd.csi.ceph.com", "rook-ceph.rbd.csi.ceph.com", "topolvm.io", "rancher.io/local-path", "local.csi.openebs.io"}
	return mode != "ReadWriteMany" && mode != "ReadOnlyMany" || !slices.Contains(single, driver)
}
