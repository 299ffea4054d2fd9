package plan

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

const aVolume = clusterVolume

// boundClaim is a claim as a cloud with both layers shows it.
func boundClaim(content *resource.Content, storage specs) *resource.Resource {
	r := claimOf(ref(storageClass, "standard"), "ReadWriteOnce")
	r.State, r.Content, r.Attrs = resource.Ready, content, specs{"volume": "pvc-1"}
	if storage != nil {
		r.Attrs["storage"] = storage
	}
	return r
}

// storing is a catalogue of both layers.
func storing(w world) profile.Catalogue {
	return profile.Catalogue{Cluster: w.target, Services: map[string]profile.Service{"block-storage": {}, "image": {}},
		VolumeTypes: []profile.VolumeType{{ID: "t1", Name: "ssd"}}, Zones: map[string][]string{"block-storage": {"z1", "z2"}}}
}

func buildOn(t *testing.T, w world, c profile.Catalogue) *Plan {
	t.Helper()
	p, err := Build(w.set, target(c), Options{Drill: "d1", Cloud: "b", Source: &profile.Catalogue{Cluster: w.source}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var held = resource.Content{Size: 6 << 30, Length: 1 << 20, SHA256: "00", File: "claims/shop-data.img", Format: "qcow2"}

// The bytes go through an image into a volume of the target's class and zone, and
// that one is promised to the claim before it is made.
func TestBytesOfClaimsArriveThroughCinder(t *testing.T) {
	w := kube()
	content := held
	w.set.Put(boundClaim(&content, nil))
	facts := givenBy(w.target, storageClass).Facts
	facts["parameters"], facts["reclaimPolicy"] = map[string]any{"type": "ssd"}, "Retain"
	for i, zone := range []string{"z1", "z2"} {
		w.target.Nodes[i].Labels[cinderZone] = zone
	}
	p := buildOn(t, w, storing(w))
	v, pv := p.Set.Get(ref(volume, "shop-data")), p.Set.Get(ref(aVolume, "shop-data"))
	if v == nil || pv == nil {
		t.Fatalf("steps are %v", ids(p))
	}
	want := specs{"size": int64(6), "volume_type": ref(volumeType, "ssd"), "availability_zone": "z1", "image": ref(image, "shop-data-image")}
	if d := cmp.Diff(want, v.Spec); d != "" || v.Name != "pvc-d1-shop-data" || pv.Name != v.Name {
		t.Errorf("%s, %s: %s", v.Name, pv.Name, d)
	}
	wantPV := specs{"accessModes": []resource.Value{"ReadWriteOnce"}, "capacity": specs{"storage": "6Gi"}, "persistentVolumeReclaimPolicy": "Retain", "storageClassName": ref(storageClass, "standard"),
		"claimRef":     specs{"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": "shop", "name": "data"},
		"csi":          specs{"driver": cinderDriver, "volumeHandle": v.Ref, "fsType": "ext4"},
		"nodeAffinity": inZone("z1")}
	if d := cmp.Diff(wantPV, pv.Spec["spec"]); d != "" {
		t.Error(d)
	}
	chain := []string{"create:OS::Glance::Image/shop-data-image", "upload:OS::Glance::Image/shop-data-image", "create:OS::Cinder::Volume/shop-data", "create:core/PersistentVolume/shop-data", "create:core/PersistentVolumeClaim/shop-data"}
	got, last := ids(p), -1
	for _, id := range chain {
		i := slices.Index(got, id)
		if i <= last {
			t.Errorf("%s stands at %d, after %d", id, i, last)
		}
		last = i
	}
	if !slices.Contains(got, "delete:OS::Glance::Image/shop-data-image") || p.Needs["block-storage.gigabytes"] != 6 {
		t.Errorf("steps are %v, needs %v", got, p.Needs)
	}
	if f := foretold(t, p); slices.Contains(f, "degraded storage/claim-data-not-moved core/PersistentVolumeClaim/shop-data") || slices.Contains(f, "degraded storage/claim-data-not-written core/PersistentVolumeClaim/shop-data") {
		t.Errorf("foretold is %v", f)
	}
}

// What a StatefulSet claims is promised before the set is there, and in the zone
// of its pod's other claims.
func TestBytesOfStatefulSets(t *testing.T) {
	w := kube()
	set := in("shop", statefulSet, "apps/v1", "db", specs{"spec": specs{}})
	w.set.Put(set)
	content := resource.Content{Seed: 7, Length: 1 << 20}
	for _, name := range []string{"data-db-1", "log-db-1", "data-db-0"} {
		r := in("shop", claim, "v1", name, specs{"spec": specs{"accessModes": []resource.Value{"ReadWriteOnce"}, "volumeMode": "Block", "resources": specs{"requests": specs{"storage": "1500Mi"}}}})
		r.Tenure, r.Parent, r.Content, r.State = resource.Implied, set.Ref, &content, ""
		w.set.Put(r)
	}
	for i, zone := range []string{"z1", "z2"} {
		w.target.Nodes[i].Labels[cinderZone] = zone
	}
	p := buildOn(t, w, storing(w))
	for name, zone := range map[string]string{"shop-data-db-1": "z2", "shop-log-db-1": "z2", "shop-data-db-0": "z1"} {
		v, pv := p.Set.Get(ref(volume, name)), p.Set.Get(ref(aVolume, name))
		if v.Spec["availability_zone"] != zone || v.Spec["size"] != int64(2) {
			t.Errorf("%s is %v", name, v.Spec)
		}
		if spec := pv.Spec["spec"].(specs); spec["volumeMode"] != "Block" || spec["csi"].(specs)["fsType"] != nil {
			t.Errorf("%s is %v", name, spec)
		}
		if !slices.Contains(p.Set.Get(set.Ref).After, pv.Ref) {
			t.Errorf("the set does not come after %s", pv.Ref)
		}
	}
}

func TestBytesThatStayBehind(t *testing.T) {
	content := held
	const data = " core/PersistentVolumeClaim/shop-data"
	for name, c := range map[string]struct {
		of     *resource.Resource
		change func(*world, *profile.Catalogue)
		want   string
	}{
		"not read":                 {boundClaim(nil, nil), func(*world, *profile.Catalogue) {}, "degraded storage/claim-data-not-moved"},
		"encrypted":                {boundClaim(nil, specs{"encrypted": true}), func(*world, *profile.Catalogue) {}, "degraded storage/encrypted-content"},
		"no volumes on the target": {boundClaim(&content, nil), func(_ *world, c *profile.Catalogue) { c.Services = map[string]profile.Service{"compute": {}} }, "degraded storage/claim-data-not-written"},
		"another driver's class": {boundClaim(&content, nil), func(w *world, _ *profile.Catalogue) {
			givenBy(w.target, storageClass).Facts["provisioner"] = "csi.hetzner.cloud"
		}, "degraded storage/claim-data-not-written"},
		"no class of that name": {boundClaim(&content, nil), func(w *world, _ *profile.Catalogue) { w.target.Given = w.target.Given[1:] }, "degraded storage/claim-data-not-written"},
	} {
		t.Run(name, func(t *testing.T) {
			w := kube()
			w.set.Put(c.of.Clone())
			catalogue := storing(w)
			c.change(&w, &catalogue)
			p := buildOn(t, w, catalogue)
			lost := slices.Contains(foretold(t, p), "blocker storage/class-absent"+data) // then nothing else is told of it
			if !slices.Contains(foretold(t, p), c.want+data) && !lost || p.Set.Get(ref(aVolume, "shop-data")) != nil {
				t.Errorf("foretold is %v", foretold(t, p))
			}
		})
	}
}

// A claim's bytes are read from the volume behind it: as they are while nothing
// mounts it, else from a snapshot.
func TestReadsOfClaims(t *testing.T) {
	read := func(status string, encrypted bool) *Plan {
		w := kube()
		w.set.Put(boundClaim(nil, specs{"id": "v1", "status": status, "size": int64(6), "encrypted": encrypted}))
		p, err := Reads(w.set, target(storing(w)), Options{Drill: "d1", Cloud: "a"})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	p := read("in-use", false)
	want := []string{"create:OS::Cinder::Snapshot/shop-data-snap", "create:OS::Cinder::Volume/shop-data-copy", "create:OS::Glance::Image/shop-data-image", "download:OS::Glance::Image/shop-data-image",
		"delete:OS::Glance::Image/shop-data-image", "delete:OS::Cinder::Volume/shop-data-copy", "delete:OS::Cinder::Snapshot/shop-data-snap"}
	if d := cmp.Diff(want, ids(p)); d != "" || p.Needs["block-storage.gigabytes"] != 12 {
		t.Errorf("%s, needs %v", d, p.Needs)
	}
	snap := p.Set.Get(ref(snapshot, "shop-data-snap"))
	if snap.Spec["force"] != true || snap.Spec["volume"] != resource.Value(ref(volume, "shop-data")) || p.Set.Get(ref(volume, "shop-data")).ID != "v1" || snap.DerivedFrom[0] != ref(claim, "shop-data") {
		t.Errorf("the snapshot is %+v", snap)
	}
	if p.Steps[3].Content != ref(claim, "shop-data") {
		t.Errorf("the bytes are those of %s", p.Steps[3].Content)
	}
	if got := ids(read("available", false)); len(got) != 3 {
		t.Errorf("a volume that nothing mounts is read by %v", got)
	}
	if got := ids(read("in-use", true)); len(got) != 0 {
		t.Errorf("ciphertext is read by %v", got)
	}
}
