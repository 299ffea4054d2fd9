package kubernetes

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

// What no API server takes is told with its place, and nothing that one may take.
func TestMistakesInManifests(t *testing.T) {
	const head = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n"
	for name, c := range map[string]struct{ text, want string }{
		"nothing":                   {head + "spec: {replicas: 2}\n", ""},
		"a field":                   {head + "spec:\n  replica: 2\n", "d/x.yaml:5:3: Deployment has no field spec.replica"},
		"in a list":                 {head + "spec: {template: {spec: {containers: [{name: a}, {nome: b}]}}}\n", "d/x.yaml:4:51: Deployment has no field spec.template.spec.containers[1].nome"},
		"two":                       {head + "spec: {a: 1, b: 2}\n", "d/x.yaml:4:8: Deployment has no field spec.a\nd/x.yaml:4:14: Deployment has no field spec.b"},
		"below an anchor":           {head + "spec: {template: &t {spec: {nome: b}}}\n", "d/x.yaml:4:29: Deployment has no field spec.template.spec.nome"},
		"a kind":                    {"# a note\n---\napiVersion: v1\nkind: Secrets\nmetadata: {name: a}\n", `d/x.yaml:4:1: Kubernetes has no Secrets in v1 (did you mean "Secret"?)`},
		"a kind like no other":      {"apiVersion: v1\nkind: Qqq\nmetadata: {name: a}\n", "d/x.yaml:2:1: Kubernetes has no Qqq in v1"},
		"another group":             {"apiVersion: v1\nkind: Ingress\nmetadata: {name: a}\n", "d/x.yaml:2:1: there is no Ingress in v1: it is in networking.k8s.io/v1"},
		"a group cut short":         {"apiVersion: networking/v1\nkind: Ingress\nmetadata: {name: a}\n", "d/x.yaml:2:1: there is no Ingress in networking/v1: it is in networking.k8s.io/v1"},
		"a version that is none":    {"apiVersion: batch/v7\nkind: Jobb\nmetadata: {name: a}\n", "d/x.yaml:2:1: Kubernetes has no Jobb in batch/v7"},
		"a version that is no more": {"apiVersion: policy/v1beta1\nkind: PodSecurityPolicy\nmetadata: {name: a}\n", ""},
		"of somebody else":          {"apiVersion: example.org/v1\nkind: Deploymnet\nmetadata: {name: a}\nspec: {x: 1}\n", ""},
		"a number for a text":       {"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  a: b\n  c: 1\n", "d/x.yaml:6:6: ConfigMap: data wants text, not a number: put it in quotes"},
		"yes for a text":            {"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: b, c: yes}\n", "d/x.yaml:4:17: ConfigMap: data wants text, not true or false: put it in quotes"},
		"a text for a number":       {head + "spec:\n  template: {spec: {containers: [{ports: [{containerPort: 80}]}, {ports: [{containerPort: http}]}]}}\n", "d/x.yaml:5:91: Deployment: spec.template.spec.containers.ports.containerPort wants a number, not text"},
		"a map for a list":          {head + "spec: {template: {spec: {containers: {name: a}}}}\n", "d/x.yaml:4:38: Deployment: spec.template.spec.containers wants a list, not a map"},
		"an amount":                 {"apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: a}\nspec: {resources: {requests: {storage: 1Gb}}}\n", "d/x.yaml:2:1: PersistentVolumeClaim: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"},
		"in a list of objects":      {"apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Service, metadata: {name: a}, spec: {prots: []}}\n", "d/x.yaml:4:63: Service has no field spec.prots"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Workload([]Source{{Form: "manifests", Path: "x.yaml", Folder: "d", Files: map[string][]byte{"x.yaml": []byte(c.text)}}}, nil)
			if got := fmt.Sprint(err); c.want != got && (c.want != "" || err != nil) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

// Of a kustomization its resources are looked at, and not what is data or a patch.
func TestMistakesInKustomizations(t *testing.T) {
	files := map[string][]byte{
		"app/kustomization.yaml": []byte("resources: [web.yaml, ../base]\nconfigMapGenerator: [{name: c, files: [data.yaml]}]\npatches: [{path: patch.yaml}]\n"),
		"app/web.yaml":           []byte("apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {prots: []}\n"),
		"app/data.yaml":          []byte("apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {data: []}\n"),
		"app/patch.yaml":         []byte("apiVersion: v1\nkind: Service\nmetadata: {name: api}\nspec: {ports: [{port: 80, $patch: delete}]}\n"),
		"base/Kustomization":     []byte("resources: [api.yaml]\n"),
		"base/api.yaml":          []byte("apiVersion: v1\nkind: Service\nmetadata: {name: api}\nspec: {portts: []}\n"),
	}
	_, err := Workload([]Source{{Form: "kustomization", Path: "app", Files: files}}, nil)
	if want := "app/web.yaml:4:8: Service has no field spec.prots\nbase/api.yaml:4:8: Service has no field spec.portts"; fmt.Sprint(err) != want {
		t.Errorf("got %v", err)
	}
}

// A cluster that is newer than what is known here judges for itself.
func TestNewerClusterJudges(t *testing.T) {
	source := []Source{{Form: "manifests", Path: "x", Files: map[string][]byte{"x": []byte("apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {new: 1}\n")}}}
	for version, refused := range map[string]bool{"v1.36.3": true, fmt.Sprintf("v1.%d.0", knownMinor+1): false, "": true} {
		if _, err := Workload(source, &Cloud{version: version}); (err != nil) != refused {
			t.Errorf("on %s: %v", version, err)
		}
	}
	mod, err := os.ReadFile("../../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	if m := regexp.MustCompile(`k8s.io/api v0\.(\d+)\.`).FindStringSubmatch(string(mod)); m == nil || strings.TrimSpace(m[1]) != fmt.Sprint(knownMinor) {
		t.Errorf("go.mod has %v, and %d is known", m, knownMinor)
	}
}
