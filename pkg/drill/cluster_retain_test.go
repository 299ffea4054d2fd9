//go:build cluster

package drill

import (
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// retaining are claims of a class whose volumes stay when they go: one of their
// own, and one that a StatefulSet leaves behind.
const retaining = `
apiVersion: v1
kind: Namespace
metadata: {name: archive}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: files, namespace: archive}
spec: {storageClassName: csi-cinder-retain, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: v1
kind: Service
metadata: {name: db, namespace: archive}
spec: {clusterIP: None, selector: {app: db}, ports: [{port: 5432}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: archive}
spec:
  serviceName: db
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: db, image: "postgres:17", volumeMounts: [{name: data, mountPath: /data}]}]}
  volumeClaimTemplates: [{metadata: {name: data}, spec: {storageClassName: csi-cinder-retain, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}]
`

// volumes are the PersistentVolumes that an administrator sees, in order.
func (s *served) volumes(t *testing.T) []string {
	t.Helper()
	all, err := s.ask(t, http.MethodGet, s.url(t, "core/PersistentVolume", ""), nil)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, item := range all["items"].([]any) {
		spec := item.(map[string]any)["spec"].(map[string]any)
		claim := spec["claimRef"].(map[string]any)
		out = append(out, item.(map[string]any)["metadata"].(map[string]any)["name"].(string)+" of "+claim["namespace"].(string)+"/"+claim["name"].(string))
	}
	slices.Sort(out)
	return out
}

// foreignVolumes makes somebody else's claims of the same class, of the same
// name as ours: one that stays, and one that goes and leaves its volume.
func (s *served) foreignVolumes(t *testing.T) {
	t.Helper()
	wish := func(name string) map[string]any {
		return map[string]any{"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": map[string]any{"name": name, "namespace": "archive"},
			"spec": map[string]any{"storageClassName": "csi-cinder-retain", "accessModes": []string{"ReadWriteOnce"}, "resources": map[string]any{"requests": map[string]any{"storage": "1Gi"}}}}
	}
	home := map[string]any{"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": "archive"}}
	if _, err := s.ask(t, http.MethodPost, s.url(t, "core/Namespace", ""), home); err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"files", "data-db-0"} {
		if _, err := s.ask(t, http.MethodPost, s.url(t, "core/PersistentVolumeClaim", "archive/"), wish(name)); err != nil {
			t.Fatal(err)
		}
		s.until(t, "a volume for "+name, func() bool { return len(s.volumes(t)) == i+1 })
	}
	for _, url := range []string{s.url(t, "core/PersistentVolumeClaim", "archive/files"), s.url(t, "core/PersistentVolumeClaim", "archive/data-db-0"), s.url(t, "core/Namespace", "archive")} {
		if _, err := s.ask(t, http.MethodDelete, url, nil); err != nil {
			t.Fatal(err)
		}
	}
	s.until(t, "the namespace to go", func() bool { return !slices.Contains(s.namespaces(t), "archive") })
}

// until waits for two minutes at most.
func (s *served) until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	look := time.NewTicker(100 * time.Millisecond)
	defer look.Stop()
	for range 1200 {
		if holds() {
			return
		}
		<-look.C
	}
	t.Fatalf("waited for two minutes for %s", what)
}

// TestClusterRetainedVolumes: volumes that outlive their claims go with the
// drill, also when its cleaning was killed, and nobody else's do.
func TestClusterRetainedVolumes(t *testing.T) {
	clusters := clustersOf(t, carriedProfile(t, "isar"), carriedProfile(t, "isar"))
	clusters[0].side.Name = "sim:isar-before" // the journal knows clouds by their names
	loaded := manifests(t, retaining)
	var before [2][]string
	for i, c := range clusters {
		c.foreignVolumes(t)
		before[i] = c.volumes(t)
	}
	same := func(t *testing.T) {
		t.Helper()
		for i, c := range clusters {
			if d := cmp.Diff(before[i], c.volumes(t)); d != "" {
				t.Errorf("volumes on cluster %d: %s", i, d)
			}
		}
	}
	result, _ := move(t, clusters[0], clusters[1], loaded, "retain", false)
	if len(result.Left) > 0 {
		t.Errorf("left: %v", result.Left)
	}
	same(t)

	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	cut := &killable{Cloud: clusters[1].driver, at: 1, after: true, counted: "core/PersistentVolume"}
	o := Options{ID: "killed", Dir: t.TempDir(), Workload: clusters[0].workload(t, loaded), From: clusters[0].side, To: Side{Name: clusters[1].side.Name, Cloud: cut, Simulated: true}, Now: time.Now, Tick: tick.C}
	if _, err := Run(t.Context(), o); !errors.Is(err, errKilled) {
		t.Fatalf("it was not killed: %v", err)
	}
	for _, side := range []Side{clusters[1].side, clusters[0].side} {
		left, err := CleanUp(t.Context(), side, o.ID, o.Dir, time.Now, tick.C)
		if err != nil || len(left) > 0 {
			t.Errorf("left %v, %v", left, err)
		}
	}
	same(t)
}
