//go:build cluster

package kubernetes_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"testing"

	"github.com/wechsel-project/wechsel/fixtures"
	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/cloud/kubernetes"
	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/resource"
	"github.com/wechsel-project/wechsel/pkg/sim/cluster"
)

// start runs the cluster of a profile and returns a kubeconfig for it.
func start(t *testing.T, name string) []byte {
	t.Helper()
	program, err := cluster.Find(os.Getenv("WECHSEL_CLUSTER"))
	if err != nil {
		t.Fatal(err)
	}
	files, err := fs.Sub(fixtures.FS, "clouds")
	if err != nil {
		t.Fatal(err)
	}
	p, err := profile.Load(files, name)
	if err != nil {
		t.Fatal(err)
	}
	c, err := cluster.Start(t.Context(), program, p)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	config, err := json.Marshal(cluster.Kubeconfig([]string{name}, map[string]*cluster.Cluster{name: c}))
	if err != nil {
		t.Fatal(err)
	}
	return config
}

func open(t *testing.T, o kubernetes.Options) *kubernetes.Cloud {
	t.Helper()
	o.Cloud = "test"
	c, err := kubernetes.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// thin is the smallest workload that a cluster is for.
func thin() []*resource.Resource {
	const ns = "thin"
	labels := spec{"app": "web"}
	return []*resource.Resource{
		own("core/Namespace", "", ns, spec{"apiVersion": "v1"}),
		own("core/ConfigMap", ns, "settings", spec{"apiVersion": "v1", "data": spec{"mode": "fast"}}),
		own("core/Secret", ns, "password", spec{"apiVersion": "v1", "type": "Opaque", "data": spec{"password": "aHVudGVyMg=="}}),
		own("core/PersistentVolumeClaim", ns, "data", spec{"apiVersion": "v1", "spec": spec{"accessModes": []any{"ReadWriteOnce"},
			"storageClassName": "default", "resources": spec{"requests": spec{"storage": "1Gi"}}}}),
		own("apps/Deployment", ns, "web", spec{"apiVersion": "apps/v1", "spec": spec{"replicas": int64(2), "selector": spec{"matchLabels": labels},
			"template": spec{"metadata": spec{"labels": labels}, "spec": spec{
				"volumes": []any{spec{"name": "data", "persistentVolumeClaim": spec{"claimName": "thin/data"}}, spec{"name": "scratch", "emptyDir": spec{}}},
				"containers": []any{spec{"name": "web", "image": "registry.example/web:1", "envFrom": []any{spec{"configMapRef": spec{"name": "thin/settings"}}},
					"env":          []any{spec{"name": "PASSWORD", "valueFrom": spec{"secretKeyRef": spec{"name": "thin/password", "key": "password"}}}},
					"volumeMounts": []any{spec{"name": "data", "mountPath": "/data"}, spec{"name": "scratch", "mountPath": "/tmp"}}}}}}}}),
		own("core/Service", ns, "web", spec{"apiVersion": "v1", "spec": spec{"type": "LoadBalancer", "selector": labels, "ports": []any{spec{"port": int64(80)}}}}),
	}
}

type spec = map[string]resource.Value

func own(t resource.Type, namespace, name string, s spec) *resource.Resource {
	if namespace != "" {
		s["metadata"] = spec{"namespace": namespace}
	}
	return &resource.Resource{Ref: resource.Ref{Type: t, Key: resource.NewKey(namespace + "-" + name)}, Name: name, Scope: namespace, Tenure: resource.Own, Spec: s}
}

// listed returns what is listed, by type and id.
func listed(t *testing.T, c cloud.Reader, s cloud.Selector) map[string]*resource.Resource {
	t.Helper()
	out := map[string]*resource.Resource{}
	for r, err := range c.List(t.Context(), s) {
		if err != nil {
			t.Fatal(err)
		}
		out[string(r.Type)+" "+r.ID] = r
	}
	return out
}

// ready looks until the cluster has come to rest, and returns how.
func ready(t *testing.T, c cloud.Reader, made *resource.Resource) *resource.Resource {
	t.Helper()
	for range 1000 {
		r := listed(t, c, cloud.Selector{Types: []resource.Type{made.Type}, Drill: "d1", States: true})[string(made.Type)+" "+made.ID]
		if r == nil {
			t.Fatalf("%s is not listed", made.Ref)
		}
		if r.State != resource.Pending {
			return r
		}
	}
	t.Fatalf("%s does not come to rest", made.Ref)
	return nil
}

func TestClusterThinPath(t *testing.T) {
	c := open(t, kubernetes.Options{Config: start(t, "alster")})
	offer, err := c.Catalogue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if offer.Cluster == nil || len(offer.Cluster.Kinds) < 50 || len(offer.Cluster.Given) < 3 || len(offer.Cluster.Nodes) == 0 || len(offer.Cluster.Unread) != 0 {
		t.Errorf("the catalogue is %+v", offer.Cluster)
	}
	for _, r := range thin() {
		made, err := c.Create(t.Context(), r, resource.Owner{Drill: "d1", Key: r.Key})
		if err != nil {
			t.Fatal(err)
		}
		if r := ready(t, c, made); r.State != resource.Ready {
			t.Errorf("%s is %s: %s", made.Ref, r.State, r.Why)
		}
	}
	have := listed(t, c, cloud.Selector{Drill: "d1"})
	for _, want := range thin() {
		got := have[string(want.Type)+" "+id(want)]
		if got == nil {
			t.Errorf("%s is not listed", want.Ref)
			continue
		}
		for p, v := range resource.Leaves(want.Spec) {
			if have, _ := resource.Lookup(got.Spec, p); want.Type != "core/Secret" && !resource.Equal(have, v) {
				t.Errorf("%s: %s is %v, not %v", want.Ref, p, have, v)
			}
		}
		if got.Owner != (resource.Owner{Drill: "d1", Key: want.Key}) || got.State != resource.Ready {
			t.Errorf("%s is of %v and %s: %s", want.Ref, got.Owner, got.State, got.Why)
		}
	}
	if len(have) != 7 { // and the account of the namespace
		t.Errorf("%d are listed", len(have))
	}
	_, err = c.Create(t.Context(), thin()[1], resource.Owner{})
	if !errors.Is(err, cloud.ErrConflict) {
		t.Errorf("made twice: %v", err)
	}
	for _, r := range thin() {
		if err := c.Delete(t.Context(), have[string(r.Type)+" "+id(r)]); err != nil {
			t.Error(err)
		}
	}
	for range 1000 {
		if have = listed(t, c, cloud.Selector{Drill: "d1"}); len(have) == 0 {
			return
		}
	}
	t.Errorf("left are %v", have)
}

func id(r *resource.Resource) string {
	if r.Scope == "" {
		return r.Name
	}
	return r.Scope + "/" + r.Name
}
