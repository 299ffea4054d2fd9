//go:build cluster

package drill

import (
	"encoding/json"
	"net/http/httptest"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/sim"
	"github.com/wechsel-project/wechsel/pkg/sim/cluster"
	simulator "github.com/wechsel-project/wechsel/pkg/sim/openstack"
)

// copied is a claim, a snapshot of it, and a claim that is made from that.
const copied = `
apiVersion: v1
kind: Namespace
metadata: {name: archive}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: files, namespace: archive}
spec: {storageClassName: csi-cinder, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: snapshot.storage.k8s.io/v1
kind: VolumeSnapshot
metadata: {name: before, namespace: archive}
spec: {volumeSnapshotClassName: csi-cinder-snapshots, source: {persistentVolumeClaimName: files}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: copy, namespace: archive}
spec:
  storageClassName: csi-cinder
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 1Gi}}
  dataSource: {apiGroup: snapshot.storage.k8s.io, kind: VolumeSnapshot, name: before}
`

// twoLayers is a provider with OpenStack and a cluster whose volumes lie in it.
type twoLayers struct {
	*served
	user *user
}

func startTwoLayers(t *testing.T, p *profile.Profile, name string) twoLayers {
	t.Helper()
	machines, err := simulator.New(p, sim.WithSeed(1))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(machines)
	t.Cleanup(func() { server.Close(); _ = machines.Close() })
	s := &simulated{name: name, login: "demo", cloud: machines, url: server.URL}
	program, err := cluster.Find(os.Getenv("WECHSEL_CLUSTER"))
	if err != nil {
		t.Fatal(err)
	}
	out := &served{}
	out.Cluster, err = cluster.StartIn(t.Context(), program, p, &cluster.OpenStack{AuthURL: server.URL + "/identity/v3", User: "demo", Password: "password", Project: "demo", Domain: "Default", Region: p.Region})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = out.Close() })
	if err := out.connect(t, name); err != nil {
		t.Fatal(err)
	}
	out.side.Cloud = cloud.Join(s.open(t), out.driver)
	return twoLayers{out, s.user(t, "demo", "demo")}
}

// stored counts the volumes and snapshots that the project's user sees.
func (s twoLayers) stored() (volumes, snapshots int) {
	return len(s.user.do("GET", "/volume/v3/{project}/volumes", "")["volumes"].([]any)), len(s.user.do("GET", "/volume/v3/{project}/snapshots", "")["snapshots"].([]any))
}

// TestClusterSnapshotsInCinder: what a cluster keeps at Cinder's is there, in both
// layers' eyes once, and gone with the drill, also where the class says Retain.
func TestClusterSnapshotsInCinder(t *testing.T) {
	from, to := startTwoLayers(t, carriedProfile(t, "isar"), "before"), startTwoLayers(t, carriedProfile(t, "isar"), "after")
	loaded := manifests(t, copied)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	o := Options{ID: "copied", Dir: t.TempDir(), Workload: from.workload(t, loaded), From: from.side, To: to.side, Now: time.Now, Tick: tick.C}
	compared := false
	o.Progress = func(e Event) {
		if e.Stage != "compare" || e.Done {
			return
		}
		compared = true
		for _, side := range []twoLayers{from, to} {
			if volumes, snapshots := side.stored(); volumes != 2 || snapshots != 1 {
				t.Errorf("%s has %d volumes and %d snapshots", side.side.Name, volumes, snapshots)
			}
			for r, err := range side.side.Cloud.List(t.Context(), cloud.Selector{}) {
				if err != nil {
					t.Error(err)
				} else if slices.Contains([]string{"OS::Cinder::Volume", "OS::Cinder::Snapshot"}, string(r.Type)) {
					t.Errorf("%s is shown beside what it is behind", r.Ref)
				}
			}
		}
	}
	result, err := Run(t.Context(), o)
	if err != nil || !compared || len(result.Left) > 0 || len(result.Unfit) > 0 {
		t.Fatalf("%v, left %v, unfit %v", err, result.Left, result.Unfit)
	}
	for _, s := range result.Signals {
		if s.Seen == "refusal" || s.Seen == "change" {
			text, _ := json.Marshal(s)
			t.Errorf("between equal clouds: %s", text)
		}
	}
	for _, side := range []twoLayers{from, to} {
		side.until(t, side.side.Name+" to forget", func() bool {
			volumes, snapshots := side.stored()
			return volumes+snapshots == 0
		})
	}
}
