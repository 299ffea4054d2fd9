package kubernetes

import (
	"strings"
	"testing"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// A chart is rendered for the cluster that it is installed on: for its version
// and what it serves, and lookup sees what is there.
func TestChartSeesItsCluster(t *testing.T) {
	c := (&server{namespaces: 2, each: 4}).open(t, Options{})
	chart := func(template string) Source {
		return Source{Form: "helm", Path: "c", Release: "r", Namespace: "n1", Files: map[string][]byte{
			"c/Chart.yaml": []byte("apiVersion: v2\nname: c\nversion: 1.0.0\n"), "c/templates/a.yaml": []byte(template)}}
	}
	w, err := Workload([]Source{chart(`apiVersion: v1
kind: ConfigMap
metadata: {name: seen}
data:
  version: {{ .Capabilities.KubeVersion }}
  served: {{ .Capabilities.APIVersions.Has "apps/v1/Deployment" | quote }}
  absent: {{ .Capabilities.APIVersions.Has "batch/v1" | quote }}
  services: {{ len (lookup "v1" "Service" "n1" "").items | quote }}
  one: {{ (index (lookup "v1" "Service" "n1" "").items 0).spec.clusterIP }}
`)}, c)
	if err != nil {
		t.Fatal(err)
	}
	var got object
	for r := range w.List(t.Context(), cloud.Selector{Types: []resource.Type{configMapType}}) {
		got, _ = r.Spec["data"].(object)
	}
	for name, want := range map[string]string{"version": "v1.36.3", "served": "true", "absent": "false", "services": "1", "one": "10.0.0.1"} {
		if got[name] != want {
			t.Errorf("%s is %v, want %s", name, got[name], want)
		}
	}
	_, err = Workload([]Source{chart(`{{ lookup "example.org/v1" "Thing" "" "x" }}`)}, c)
	if err == nil || !strings.Contains(err.Error(), "does not serve example.org/v1 Thing") {
		t.Error(err)
	}
}
