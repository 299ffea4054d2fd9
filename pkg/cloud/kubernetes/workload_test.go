package kubernetes_test

import (
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/wechsel-project/wechsel/pkg/cloud/kubernetes"
	"github.com/wechsel-project/wechsel/pkg/inventory"
	"github.com/wechsel-project/wechsel/pkg/plan"
	"github.com/wechsel-project/wechsel/pkg/resource"
	"github.com/wechsel-project/wechsel/pkg/scenario"
	"github.com/wechsel-project/wechsel/scenarios"
)

type dict = map[string]resource.Value

// read takes the inventory of a workload without a cluster.
func read(t *testing.T, sources ...kubernetes.Source) *resource.Set {
	t.Helper()
	w, err := kubernetes.Workload(sources, nil)
	if err != nil {
		t.Fatal(err)
	}
	set, err := inventory.Take(t.Context(), w, inventory.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func file(text string) kubernetes.Source {
	return kubernetes.Source{Form: "manifests", Path: "x.yaml", Files: map[string][]byte{"x.yaml": []byte(text)}}
}

// TestHello: each name of another object is a reference, and a namespace that
// nobody defines is there.
func TestHello(t *testing.T) {
	source := file(`
apiVersion: v1
kind: ConfigMap
metadata: {name: page}
data: {index.html: "<h1>Hello</h1>"}
---
# a comment, and nothing else
---
apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: data}
    spec: {accessModes: [ReadWriteOnce], storageClassName: fast, resources: {requests: {storage: 1Gi}}}
  - apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, annotations: {kubectl.kubernetes.io/last-applied-configuration: "{}"}}
    spec:
      template:
        spec:
          volumes: [{name: data, persistentVolumeClaim: {claimName: data}}, {name: page, configMap: {name: page}}]
          containers: [{name: web, image: nginx, envFrom: [{secretRef: {name: elsewhere}}]}]
    status: {replicas: 3}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: NodePort, ports: [{port: 80, nodePort: 30080}]}
`)
	source.Namespace = "hello"
	set := read(t, source)
	var got []string
	for r := range set.All() {
		got = append(got, r.String()+" "+string(r.Tenure)+" "+r.Scope+" "+r.Name)
		if r.State != "" && r.Tenure == resource.Own {
			t.Errorf("%s: nobody has read it, and it is %s", r.Ref, r.State)
		}
	}
	want := []string{
		"apps/Deployment/hello-web own hello web",
		"core/ConfigMap/hello-page own hello page",
		"core/Namespace/hello own  hello",
		"core/PersistentVolumeClaim/hello-data own hello data",
		"core/Secret/hello-elsewhere given hello elsewhere",
		"core/Service/hello-web own hello web",
		"storage.k8s.io/StorageClass/fast given  fast",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	web := set.Get(resource.Ref{Type: "apps/Deployment", Key: "hello-web"})
	if d := cmp.Diff(dict{
		"apiVersion": "apps/v1",
		"metadata":   dict{"namespace": resource.Ref{Type: "core/Namespace", Key: "hello"}},
		"spec": dict{"template": dict{"spec": dict{
			"volumes": []any{dict{"name": "data", "persistentVolumeClaim": dict{"claimName": resource.Ref{Type: "core/PersistentVolumeClaim", Key: "hello-data"}}},
				dict{"name": "page", "configMap": dict{"name": resource.Ref{Type: "core/ConfigMap", Key: "hello-page"}}}},
			"containers": []any{dict{"name": "web", "image": "nginx", "envFrom": []any{dict{"secretRef": dict{"name": resource.Ref{Type: "core/Secret", Key: "hello-elsewhere"}}}}}},
		}}},
	}, web.Spec); d != "" {
		t.Error(d)
	}
	service := set.Get(resource.Ref{Type: "core/Service", Key: "hello-web"})
	if port, ok := resource.Lookup(service.Spec, "spec.ports[0].nodePort"); !ok || port != int64(30080) {
		t.Errorf("what a manifest asks for is taken out: %v", service.Spec)
	}
}

// TestKinds: what is in no namespace, by the table and by a definition in the
// workload.
func TestKinds(t *testing.T) {
	set := read(t, file(`
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: shops.example.org}
spec:
  group: example.org
  scope: Cluster
  names: {kind: Shop, plural: shops}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              properties:
                tags: {type: array, items: {type: string}, x-kubernetes-list-type: set}
---
apiVersion: example.org/v1
kind: Shop
metadata: {name: one, namespace: ignored}
spec: {tags: [b, a, b]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: readers}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
subjects: [{kind: ServiceAccount, name: reader, namespace: apps}]
---
apiVersion: v1
kind: Secret
metadata: {name: password, namespace: apps}
stringData: {password: secret}
data: {user: cm9vdA==}
---
apiVersion: unknown.example.com/v1
kind: Thing
metadata: {name: thing}
`))
	shop := set.Get(resource.Ref{Type: "example.org/Shop", Key: "one"})
	if shop == nil || shop.Scope != "" || !cmp.Equal(shop.Spec["spec"], dict{"tags": []any{"a", "b"}}) {
		t.Errorf("a kind that the workload defines: %+v", shop)
	}
	binding := set.Get(resource.Ref{Type: "rbac.authorization.k8s.io/ClusterRoleBinding", Key: "readers"})
	if binding == nil || binding.Scope != "" || !slices.ContainsFunc(binding.Refs(), func(r resource.Ref) bool { return r.Key == "apps-reader" }) {
		t.Errorf("a binding: %+v", binding)
	}
	secret := set.Get(resource.Ref{Type: "core/Secret", Key: "apps-password"})
	if secret == nil || !cmp.Equal(secret.Spec["data"], dict{"user": "cm9vdA==", "password": "c2VjcmV0"}) || secret.Spec["stringData"] != nil {
		t.Errorf("a Secret as the server keeps it: %+v", secret)
	}
	if set.Get(resource.Ref{Type: "unknown.example.com/Thing", Key: "default-thing"}) == nil {
		t.Error("a kind that nobody knows is lost")
	}
	if set.Get(resource.Ref{Type: "core/Namespace", Key: "apps"}).Tenure != resource.Own || set.Get(resource.Ref{Type: "core/Namespace", Key: "default"}).Tenure != resource.Given {
		t.Error("a namespace that is used is made, and the default one is there")
	}
}

func TestKustomization(t *testing.T) {
	set := read(t, kubernetes.Source{Form: "kustomization", Path: "overlays/test", Files: map[string][]byte{
		"base/kustomization.yaml":          []byte("resources: [app.yaml]\nconfigMapGenerator: [{name: settings, files: [text=s.txt]}]\ngeneratorOptions: {disableNameSuffixHash: true}\n"),
		"base/s.txt":                       []byte("on"),
		"base/app.yaml":                    []byte("apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}]}\n"),
		"overlays/test/kustomization.yaml": []byte("namespace: test\nnamePrefix: a-\nresources: [../../base]\npatches: [{target: {kind: Service}, patch: '[{\"op\": \"add\", \"path\": \"/metadata/labels\", \"value\": {\"on\": \"y\"}}]'}]\n"),
	}})
	service := set.Get(resource.Ref{Type: "core/Service", Key: "test-a-web"})
	if service == nil || !cmp.Equal(service.Spec["metadata"].(dict)["labels"], dict{"on": "y"}) {
		t.Errorf("%+v", service)
	}
	if settings := set.Get(resource.Ref{Type: "core/ConfigMap", Key: "test-a-settings"}); settings == nil || !cmp.Equal(settings.Spec["data"], dict{"text": "on"}) {
		t.Errorf("%+v", settings)
	}
}

func chart() kubernetes.Source {
	return kubernetes.Source{Form: "helm", Path: "chart", Namespace: "apps", Release: "front", Values: []byte("replicas: 5\n"), Files: map[string][]byte{
		"chart/Chart.yaml":             []byte("apiVersion: v2\nname: demo\nversion: 1.2.3\nkubeVersion: '>=1.20.0-0'\n"),
		"chart/values.yaml":            []byte("replicas: 1\nname: web\n"),
		"chart/crds/thing.yaml":        []byte("apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: things.example.org}\nspec: {group: example.org, scope: Cluster, names: {kind: Thing, plural: things}, versions: [{name: v1}]}\n"),
		"chart/templates/_helpers.tpl": []byte(`{{ define "full" }}{{ .Release.Name }}-{{ .Values.name }}{{ end }}`),
		"chart/templates/NOTES.txt":    []byte("Thank you: this is no YAML\n"),
		"chart/templates/thing.yaml":   []byte("apiVersion: example.org/v1\nkind: Thing\nmetadata: {name: it}\n"),
		"chart/templates/app.yaml": []byte(`{{ if .Capabilities.APIVersions.Has "apps/v1" }}apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ include "full" . }}}
spec: {replicas: {{ .Values.replicas }}}
{{ end }}`),
		"chart/templates/hooks.yaml": []byte(`apiVersion: batch/v1
kind: Job
metadata: {name: migrate, annotations: {helm.sh/hook: "pre-install, pre-upgrade"}}
---
apiVersion: v1
kind: Pod
metadata: {name: check, annotations: {helm.sh/hook: test}}
`),
	}}
}

// TestChart: what an installation makes, and who says so.
func TestChart(t *testing.T) {
	set := read(t, chart())
	var own []string
	for r := range set.All() {
		if r.Tenure == resource.Own {
			own = append(own, r.String())
		}
	}
	if d := cmp.Diff([]string{"apiextensions.k8s.io/CustomResourceDefinition/things-example-org-c9b305860fcc", "apps/Deployment/apps-front-web", "batch/Job/apps-migrate",
		"core/Namespace/apps", "example.org/Thing/it"}, own); d != "" {
		t.Error(d)
	}
	web := set.Get(resource.Ref{Type: "apps/Deployment", Key: "apps-front-web"})
	if d := cmp.Diff(dict{"apiVersion": "apps/v1", "spec": dict{"replicas": int64(5)}, "metadata": dict{
		"namespace": resource.Ref{Type: "core/Namespace", Key: "apps"}, "labels": dict{"app.kubernetes.io/managed-by": "Helm"},
		"annotations": dict{"meta.helm.sh/release-name": "front", "meta.helm.sh/release-namespace": "apps"}}}, web.Spec); d != "" {
		t.Error(d)
	}
	hook := set.Get(resource.Ref{Type: "batch/Job", Key: "apps-migrate"})
	if d := cmp.Diff(dict{"helm.sh/hook": "pre-install, pre-upgrade"}, hook.Spec["metadata"].(dict)["annotations"]); d != "" {
		t.Error(d)
	}
}

// TestHooks: what runs before an installation comes first, by weight, and what
// runs after it last; a test is no part of one, and that is said.
func TestHooks(t *testing.T) {
	source := chart()
	job := func(name, annotations, spec string) string {
		return "---\napiVersion: batch/v1\nkind: Job\nmetadata: {name: " + name + ", annotations: {" + annotations + "}}\nspec: {template: {spec: {" + spec + "}}}\n"
	}
	source.Files["chart/templates/hooks.yaml"] = []byte("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n" +
		job("second", `helm.sh/hook: "pre-install, pre-upgrade", helm.sh/hook-weight: "5"`, "") +
		job("first", `helm.sh/hook: pre-install, helm.sh/hook-weight: "-5"`, "volumes: [{name: a, configMap: {name: settings}}]") +
		job("last", "helm.sh/hook: post-install", "") +
		job("check", "helm.sh/hook: test", "") + job("undo", "helm.sh/hook: pre-rollback", ""))
	w, err := kubernetes.Workload([]kubernetes.Source{source}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	set, err := inventory.Take(t.Context(), w, inventory.Options{Omit: func(r *resource.Resource) {
		left = append(left, r.Scope+"/"+r.Name+": "+r.Why)
	}})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"apps/check: a hook for test, which is no part of an installation", "apps/undo: a hook for pre-rollback, which is no part of an installation"}, left); d != "" {
		t.Error(d)
	}
	got := map[string][]string{}
	for r := range set.All() {
		for _, after := range r.After {
			got[string(r.Key)] = append(got[string(r.Key)], string(after.Key))
		}
		slices.Sort(got[string(r.Key)])
	}
	want := map[string][]string{
		"apps-second":                     {"apps-first"},
		"apps-front-web":                  {"apps-first", "apps-second"},
		"it":                              {"apps-first", "apps-second"},
		"things-example-org-c9b305860fcc": {"apps-first", "apps-second"},
		"apps-last":                       {"apps-first", "apps-second", "apps-settings", "it", "things-example-org-c9b305860fcc"},
	} // and the settings, which the first hook needs, do not wait for it
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.IgnoreMapEntries(func(_ string, after []string) bool { return len(after) == 0 })); d != "" {
		t.Error(d)
	}
	p, err := plan.Build(set, plan.Target{}, plan.Options{Drill: "d", Cloud: "c"})
	if err != nil {
		t.Fatal(err)
	}
	at := func(key string) int {
		return slices.IndexFunc(p.Steps, func(s plan.Step) bool { return string(s.Ref.Key) == key })
	}
	if !slices.IsSorted([]int{at("apps-settings"), at("apps-first"), at("apps-second"), at("apps-front-web")}) || at("apps-last") < at("it") {
		t.Errorf("%v", p.Steps)
	}
}

// TestMistakes: all that is wrong is told.
func TestWorkloadMistakes(t *testing.T) {
	old, missing, broken := chart(), chart(), chart()
	old.Files["chart/Chart.yaml"] = []byte("apiVersion: v2\nname: demo\nversion: 1.2.3\nkubeVersion: '<1.20.0'\n")
	missing.Files["chart/Chart.yaml"] = []byte("apiVersion: v2\nname: demo\nversion: 1.2.3\ndependencies: [{name: db, version: 1.0.0}]\n")
	broken.Files["chart/templates/app.yaml"] = []byte("{{ required \"give it a name\" .Values.none }}")
	for _, test := range []struct {
		source kubernetes.Source
		want   string
	}{
		{file("a: ["), "x.yaml: "},
		{file("a: b: c"), "x.yaml: "},
		{file("[]"), "an object wants a map"},
		{file("apiVersion: v1\nkind: List\nitems: [5]"), "a List wants objects"},
		{file("apiVersion: v1\nkind: Pod\nmetadata: {}"), "an object wants apiVersion, kind and metadata.name"},
		{file("apiVersion: v1\nkind: Pod\nmetadata: {name: a, name: b}"), "already"},
		{file("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: default}"), "Pod default/a is there twice"},
		{kubernetes.Source{Form: "kustomization", Path: "k", Files: map[string][]byte{"k/kustomization.yaml": []byte("resources: [none.yaml]")}}, "none.yaml"},
		{kubernetes.Source{Form: "jsonnet", Path: "k"}, `"jsonnet" is no form`},
		{old, "it wants Kubernetes <1.20.0"}, {missing, "it depends on db"}, {broken, "give it a name"},
	} {
		_, err := kubernetes.Workload([]kubernetes.Source{test.source}, nil)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("error is %v, want %q", err, test.want)
		}
	}
	if _, err := kubernetes.Workload([]kubernetes.Source{old, missing}, nil); err == nil || strings.Count(err.Error(), "\n") != 1 {
		t.Errorf("not all is told: %v", err)
	}
}

// TestScenarios: what the program carries refers to nothing that is not there,
// but for what is the provider's.
func TestScenarios(t *testing.T) {
	entries, err := fs.ReadDir(scenarios.FS(), ".")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]int{}
	for _, e := range entries {
		s, err := scenario.Load(scenarios.FS(), e.Name(), scenario.Options{})
		if err != nil {
			t.Fatal(err)
		}
		var sources []kubernetes.Source
		for _, source := range s.Kubernetes {
			sources = append(sources, kubernetes.Source(source))
		}
		for r := range read(t, sources...).All() {
			found[s.Name]++
			if r.Tenure == resource.Given && r.Scope != "" && r.Name != "suite-tls" { // which cert-manager makes
				t.Errorf("%s: %s is referred to, and not there", s.Name, r.Ref)
			}
		}
	}
	if found["hello"] == 0 || found["web-shop"] == 0 || found["tiny"] != 0 {
		t.Errorf("found %v", found)
	}
}

// FuzzWorkload: whatever the manifests are, they are read or refused.
func FuzzWorkload(f *testing.F) {
	for _, seed := range []string{"apiVersion: v1\nkind: Pod\nmetadata: {name: a}", "kind: List\nitems: [[]]", "--- x", "\xff", "apiVersion: v1\nkind: Service\nmetadata: {name: a, labels: 5}\nspec: 7",
		"apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: a}\nsubjects: {x: [y]}\nroleRef: [a]", "a: &a {b: *a}",
		"apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: x}\nspec: {versions: [{schema: {openAPIV3Schema: {properties: []}}}]}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		w, err := kubernetes.Workload([]kubernetes.Source{file(string(data))}, nil)
		if err != nil {
			return
		}
		if _, err := inventory.Take(t.Context(), w, inventory.Options{}); err != nil {
			t.Errorf("%q: %v", data, err)
		}
	})
}
