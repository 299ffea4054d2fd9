package bundle_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
	"sigs.k8s.io/yaml"

	"github.com/wechsel-project/wechsel/pkg/bundle"
	"github.com/wechsel-project/wechsel/pkg/cloud/kubernetes"
	"github.com/wechsel-project/wechsel/pkg/inventory"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

const shop = `
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {tier: "y"}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: shop}
spec:
  serviceName: db
  template:
    spec:
      priorityClassName: important
      containers: [{name: db, image: "registry.example.org:5000/db@sha256:0123", envFrom: [{secretRef: {name: db}}, {configMapRef: {name: elsewhere}}]}]
      initContainers: [{name: wait, image: busybox}]
  volumeClaimTemplates: [{metadata: {name: data}, spec: {storageClassName: fast}}]
---
apiVersion: v1
kind: Secret
metadata: {name: db, namespace: shop}
data: {password: c2VjcmV0, user: cm9vdA==}
---
apiVersion: v1
kind: Secret
metadata: {name: pull, namespace: shop}
type: kubernetes.io/dockerconfigjson
data: {.dockerconfigjson: e30=}
---
apiVersion: v1
kind: Service
metadata: {name: db, namespace: shop}
spec: {clusterIP: None, ports: [{port: 5432}]}
---
apiVersion: batch/v1
kind: Job
metadata: {name: migrate, namespace: shop}
spec: {template: {spec: {containers: [{name: a, image: busybox}]}}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: uploads, namespace: shop}
spec: {storageClassName: fast}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: "shop:Admin"}
rules: [{apiGroups: [""], resources: [pods], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: "shop:admin"}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: carts.shop.example}
spec: {group: shop.example, scope: Namespaced, names: {kind: Cart, plural: carts}, versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}]}
---
apiVersion: shop.example/v1
kind: Cart
metadata: {name: one, namespace: shop}
spec: {text: "on"}
`

// take makes a Set of a workload as of a cluster, and hides its secrets as a
// cluster's driver does.
func take(t require, sources ...kubernetes.Source) *resource.Set {
	t.Helper()
	w, err := kubernetes.Workload(sources, nil)
	if err != nil {
		t.Fatal(err)
	}
	set, err := inventory.Take(t.Context(), w, inventory.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for r := range set.OfType("core/Secret") {
		data, _ := r.Spec["data"].(map[string]any)
		for name, v := range data {
			text, _ := base64.StdEncoding.DecodeString(fmt.Sprint(v))
			var told map[string]string
			if json.Unmarshal(text, &told) == nil && told["wechsel"] != "" {
				text = []byte(told["wechsel"])
			}
			if !strings.HasPrefix(string(text), "wechsel-hmac-sha256:") {
				text = fmt.Appendf(nil, "wechsel-hmac-sha256:%x", text)
			}
			data[name] = string(text)
		}
	}
	return set
}

// require is what tests and properties have.
type require interface {
	rapid.TB
	Context() context.Context
	Cleanup(func())
}

func write(t require, set *resource.Set) string {
	t.Helper()
	return writeWith(t, set, bundle.Omissions{})
}

func writeWith(t require, set *resource.Set, o bundle.Omissions) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "bundle")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	w, err := bundle.Create(filepath.Join(dir, "b"))
	if err != nil {
		t.Fatal(err)
	}
	w.Omit(o)
	if err := w.Close(resource.StreamOf(set), bundle.Manifest{Cloud: "my-cluster", Created: "2026-01-02T03:04:05Z"}); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "b")
}

// readBack takes the bundle's kustomization as a workload.
func readBack(t require, dir string) *resource.Set {
	t.Helper()
	files := map[string][]byte{}
	err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(name) != ".yaml" {
			return err
		}
		rel, _ := filepath.Rel(dir, name)
		files["b/"+filepath.ToSlash(rel)], err = os.ReadFile(name)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return take(t, kubernetes.Source{Form: "kustomization", Path: "b", Files: files})
}

// TestManifests: what is in the folder, and that it is what was exported.
func TestManifests(t *testing.T) {
	set := take(t, kubernetes.Source{Form: "manifests", Path: "s.yaml", Files: map[string][]byte{"s.yaml": []byte(shop)}})
	statefulSet := resource.Ref{Type: "apps/StatefulSet", Key: "shop-db"}
	namespace := resource.Ref{Type: "core/Namespace", Key: "shop"}
	set.Put(&resource.Resource{Ref: resource.Ref{Type: "core/PersistentVolumeClaim", Key: "shop-data-db-0"}, Name: "data-db-0", Scope: "shop",
		Tenure: resource.Implied, Parent: statefulSet, Spec: map[string]any{"metadata": map[string]any{"namespace": namespace}}})
	for r := range set.All() { // as the catalogue tells them
		if r.Type == "storage.k8s.io/StorageClass" || r.Type == "scheduling.k8s.io/PriorityClass" {
			r.Why = ""
		}
	}
	dir := writeWith(t, set, omissions())
	b, err := bundle.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, l := range b.Manifest.Left {
		left = append(left, strings.TrimPrefix(fmt.Sprintf("%s %s: %s", l.Ref, l.Path, l.Reason), " "))
	}
	if d := cmp.Diff([]string{
		"apps/StatefulSet/shop-db spec.template.spec.containers[0].envFrom[1].configMapRef.name: it names the ConfigMap shop/elsewhere, which is not there, or not to be seen",
		"core/PersistentVolumeClaim/shop-data-db-0 : the cluster makes it for apps/StatefulSet/shop-db",
	}, left); d != "" {
		t.Error(d)
	}
	golden(t, dir, bundle.RestoreFile, "RESTORE.kubernetes.md")
	golden(t, dir, bundle.OmittedFile, "omitted.jsonl")
	golden(t, dir, bundle.ImagesFile, "images.json")
	golden(t, dir, bundle.KustomizationFile, "kustomization.yaml")
	golden(t, dir, "kubernetes/shop/statefulset-db.yaml", "statefulset-db.yaml")
	golden(t, dir, "kubernetes/shop/secret-pull.yaml", "secret-pull.yaml")
	if _, err := os.Stat(filepath.Join(dir, bundle.TemplateFile)); err == nil {
		t.Error("a bundle without OpenStack has a Heat template")
	}
	set.Remove(resource.Ref{Type: "core/PersistentVolumeClaim", Key: "shop-data-db-0"})
	compare(t, set, readBack(t, dir))
}

// omissions are what a cluster has beside the shop.
func omissions() bundle.Omissions {
	digest := "sha256:" + strings.Repeat("ab", 32)
	var o bundle.Omissions
	for _, r := range []*resource.Resource{
		{Ref: resource.Ref{Type: "core/Event"}, Why: "tells what has happened, and is forgotten after an hour"},
		{Ref: resource.Ref{Type: "core/Pod"}, Scope: "shop", Name: "db-0", Why: "made by StatefulSet db", Attrs: map[string]any{"images": map[string]any{"busybox": digest, "elsewhere:1": ""}}},
		{Ref: resource.Ref{Type: "core/Pod"}, Scope: "elsewhere", Name: "x", Why: "made by ReplicaSet x"},
	} {
		o.Add(r)
	}
	return o
}

// TestOptional: what may be missing is not missed.
func TestOptional(t *testing.T) {
	set := take(t, kubernetes.Source{Form: "manifests", Path: "s.yaml", Files: map[string][]byte{"s.yaml": []byte(`
apiVersion: v1
kind: Pod
metadata: {name: a, namespace: shop}
spec:
  volumes: [{name: a, configMap: {name: none, optional: true}}, {name: b, secret: {secretName: none, optional: true}}, {name: c, projected: {sources: [{configMap: {name: kube-root-ca.crt}}]}}]
  containers:
    - {name: a, image: "a@sha256:00", envFrom: [{secretRef: {name: none, optional: true}}], env: [{name: a, valueFrom: {configMapKeyRef: {name: none, key: k, optional: true}}}]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: a, namespace: shop}
roleRef: {kind: ClusterRole, name: view}
subjects: [{kind: ServiceAccount, name: default}]
`)}})
	b, err := bundle.Open(write(t, set))
	if err != nil {
		t.Fatal(err)
	}
	if len(b.Manifest.Left) != 0 {
		t.Errorf("%+v", b.Manifest.Left)
	}
}

// compare: the Sets are the same but for what is given, which no manifest has.
func compare(t require, want, got *resource.Set) {
	t.Helper()
	dump := func(set *resource.Set) string {
		for r := range set.All() {
			if r.Tenure == resource.Given || r.Type == "core/Namespace" {
				r.Why = ""
			}
			r.Unread = nil
		}
		data, err := json.MarshalIndent(resource.NewSet(nil, all(set)...), "", " ")
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	if d := cmp.Diff(dump(want), dump(got)); d != "" {
		t.Fatal(d)
	}
}

func all(set *resource.Set) []*resource.Resource {
	var out []*resource.Resource
	for r := range set.All() {
		out = append(out, r)
	}
	return out
}

func golden(t *testing.T, dir, name, want string) {
	t.Helper()
	got, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("testdata", want)
	if *bundle.Update {
		if err := os.WriteFile(file, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(text), string(got)); d != "" {
		t.Errorf("%s (-want +got)\n%s", name, d)
	}
}

// TestNoValueTravels: whatever a Secret holds, no file of the bundle has it.
func TestNoValueTravels(t *testing.T) {
	w, err := kubernetes.Workload([]kubernetes.Source{{Form: "manifests", Path: "s.yaml", Files: map[string][]byte{"s.yaml": []byte(shop)}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	set, err := inventory.Take(t.Context(), w, inventory.Options{})
	if err != nil {
		t.Fatal(err)
	}
	dir := write(t, set)
	err = filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		if strings.Contains(string(data), "c2VjcmV0") || strings.Contains(string(data), "cm9vdA") {
			t.Errorf("%s has a value", name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestRoundTrip: parse(render(S)) = S, whatever the names and the values.
func TestRoundTrip(t *testing.T) {
	safe := regexp.MustCompile(`^kubernetes/(_cluster|[a-z0-9.-]+)/[a-z0-9.-]+\.yaml$`)
	rapid.Check(t, func(t *rapid.T) {
		set := take(t, kubernetes.Source{Form: "manifests", Path: "s.yaml", Files: map[string][]byte{"s.yaml": someManifests(t)}})
		dir := write(t, set)
		b, err := bundle.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		names := map[string]bool{}
		for _, f := range b.Manifest.Files {
			if strings.HasPrefix(f.Path, "kubernetes/") && (!safe.MatchString(f.Path) || names[strings.ToLower(f.Path)]) {
				t.Fatalf("the name %s", f.Path)
			}
			names[strings.ToLower(f.Path)] = true
		}
		compare(t, set, readBack(t, dir))
	})
}

var (
	someLabel = rapid.OneOf(rapid.StringMatching(`[a-z]([a-z0-9-]{0,12}[a-z0-9])?`), rapid.SampledFrom([]string{"con", "aux", "com1", "y", "on", "null", "default", "_cluster"[1:]}))
	someText  = rapid.OneOf(rapid.StringMatching(`[ -~]{0,20}`), rapid.SampledFrom([]string{"", "y", "no", "on", "null", "~", "1", "1.0", "1e3", "0x1f", "0777", "2026-01-02", "a\nb\n", "a\nb", " a ", "- x", "# x", "{{ x }}", "ü", "a: b", "$(VAR)", "'", "\"", "\t", "=", "<<", "!x", "*a", "&a", "|", "2001:db8::1", "12:30:45"}))
)

func someValue(t *rapid.T, depth int) any {
	switch kind := rapid.IntRange(0, 5).Draw(t, "kind"); {
	case kind == 0:
		return rapid.Bool().Draw(t, "bool")
	case kind == 1:
		return rapid.IntRange(-1<<40, 1<<40).Draw(t, "number")
	case kind == 2 && depth > 0:
		out := []any{}
		for range rapid.IntRange(1, 3).Draw(t, "items") {
			out = append(out, someValue(t, depth-1))
		}
		return out
	case kind == 3 && depth > 0:
		out := map[string]any{}
		for range rapid.IntRange(1, 3).Draw(t, "entries") {
			out[rapid.SampledFrom([]string{"a", "b", "y", "on", "1", "a.b/c", "~"}).Draw(t, "key")] = someValue(t, depth-1)
		}
		return out
	}
	return someText.Draw(t, "text")
}

// someManifests are objects of several kinds, each once, as a stream. What holds
// any values is of kinds that nobody knows: of others, a wrong field is told.
func someManifests(t *rapid.T) []byte {
	kinds := []struct{ apiVersion, kind, field string }{
		{"v1", "ConfigMap", "data"}, {"v1", "Secret", "stringData"}, {"apps.example/v1", "Deployment", "spec"}, {"networking.example/v1", "Ingress", "spec"},
		{"rbac.authorization.k8s.io/v1", "ClusterRole", "rules"}, {"custom.example/v1", "Thing", "spec"}, {"v1", "Namespace", "spec"}}
	seen := map[string]bool{}
	var out strings.Builder
	for range rapid.IntRange(1, 6).Draw(t, "objects") {
		k := rapid.SampledFrom(kinds).Draw(t, "kind")
		metadata := map[string]any{"name": someLabel.Draw(t, "name"), "namespace": someLabel.Draw(t, "namespace")}
		switch k.kind {
		case "ClusterRole":
			metadata["name"] = rapid.StringMatching(`[A-Za-z0-9:.-]{1,30}`).Filter(func(s string) bool { return strings.Trim(s, ".") != "" }).Draw(t, "name")
			delete(metadata, "namespace")
		case "Namespace":
			delete(metadata, "namespace")
		}
		o := map[string]any{"apiVersion": k.apiVersion, "kind": k.kind, "metadata": metadata}
		if k.field == "data" || k.field == "stringData" {
			o[k.field] = map[string]any{"k": someText.Draw(t, "text"), "on": someText.Draw(t, "text")}
		} else if k.kind == "ClusterRole" {
			o[k.field] = []any{map[string]any{"apiGroups": []any{someText.Draw(t, "text")}, "resources": []any{"pods"}, "verbs": []any{"get"}}}
		} else if k.kind != "Namespace" {
			o[k.field] = map[string]any{"x": someValue(t, 3)}
		}
		id := fmt.Sprint(k.kind, metadata["namespace"], metadata["name"])
		if seen[id] {
			continue
		}
		seen[id] = true
		text, err := yaml.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&out, "---\n%s", text)
	}
	return []byte(out.String())
}

// The disk of a claim is in the folder, and RESTORE.md says how it gets into a
// volume; of a claim whose disk is not there it says how to copy its files.
func TestDisksOfClaims(t *testing.T) {
	set := take(t, kubernetes.Source{Form: "manifests", Path: "s.yaml", Files: map[string][]byte{"s.yaml": []byte(`
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: files, namespace: shop}
spec: {accessModes: [ReadWriteOncePod], storageClassName: fast, resources: {requests: {storage: 2Gi}}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: cache, namespace: shop}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
`)}})
	set.Get(resource.Ref{Type: "core/PersistentVolumeClaim", Key: "shop-files"}).Content = &resource.Content{Size: 2 << 30, File: "claims/shop-files.img", Format: "qcow2"}
	text, err := os.ReadFile(filepath.Join(write(t, set), bundle.RestoreFile))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"\ndisk claims/shop-files.img qcow2 2 shop files fast ReadWriteOncePod\n", "\nsave shop cache\n"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	if strings.Contains(string(text), "save shop files") || strings.Contains(string(text), "disk claims/shop-cache") {
		t.Errorf("a claim is there twice:\n%s", text)
	}
}
