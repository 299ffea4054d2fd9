//go:build cluster

package kubernetes_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/cloud/kubernetes"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// TestClusterConverts: a real API server tells what it has in the version that
// another cluster would take, of its own kinds and of those that a definition
// brings; what is made keeps the version that it names.
func TestClusterConverts(t *testing.T) {
	const scaler, thing resource.Type = "autoscaling/HorizontalPodAutoscaler", "skew.example/Thing"
	c := open(t, kubernetes.Options{Config: start(t, "alster")})
	version := func(name string, stored bool) any {
		return dict{"name": name, "served": true, "storage": stored, "schema": dict{"openAPIV3Schema": dict{"type": "object", "properties": dict{"spec": dict{"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}}}
	}
	create := func(t *testing.T, kind resource.Type, namespace, name string, spec dict) *resource.Resource {
		t.Helper()
		spec["metadata"] = dict{}
		r, err := c.Create(t.Context(), &resource.Resource{Ref: resource.Ref{Type: kind, Key: resource.Key(name[:4])}, Name: name, Scope: namespace, Spec: spec}, resource.Owner{Drill: "d1", Key: "x"})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	definition := create(t, "apiextensions.k8s.io/CustomResourceDefinition", "", "things.skew.example", dict{"apiVersion": "apiextensions.k8s.io/v1", "spec": dict{
		"group": "skew.example", "scope": "Namespaced", "names": dict{"kind": "Thing", "plural": "things"}, "versions": []any{version("v1", true), version("v1beta1", false)}}})
	create(t, "core/Namespace", "", "skew", dict{"apiVersion": "v1"})
	create(t, scaler, "skew", "front", dict{"apiVersion": "autoscaling/v2", "spec": dict{"maxReplicas": int64(3), "scaleTargetRef": dict{"apiVersion": "apps/v1", "kind": "Deployment", "name": "front"},
		"metrics": []any{dict{"type": "Resource", "resource": dict{"name": "cpu", "target": dict{"type": "Utilization", "averageUtilization": int64(60)}}}}}})
	if r := ready(t, c, definition); r.State != resource.Ready {
		t.Fatal(r.Why)
	}
	create(t, thing, "skew", "thing", dict{"apiVersion": "skew.example/v1", "spec": dict{"size": int64(3)}})

	if err := cloud.Speak(t.Context(), c, map[resource.Type][]string{scaler: {"v1"}, thing: {"v1beta1"}}); err != nil {
		t.Fatal(err)
	}
	all := listed(t, c, cloud.Selector{Types: []resource.Type{scaler, thing}})
	front, one := all[string(scaler)+" skew/front"], all[string(thing)+" skew/thing"]
	if percent, _ := resource.Lookup(front.Spec, "spec.targetCPUUtilizationPercentage"); front.Spec["apiVersion"] != "autoscaling/v1" || percent != int64(60) {
		t.Errorf("%v", front.Spec)
	}
	if d := cmp.Diff(dict{"apiVersion": "skew.example/v1beta1", "metadata": dict{"namespace": "skew"}, "spec": dict{"size": int64(3)}}, one.Spec); d != "" {
		t.Error(d)
	}
	if r := create(t, thing, "skew", "later", dict{"apiVersion": "skew.example/v1", "spec": dict{}}); r.ID != "skew/later" {
		t.Error(r.ID)
	}
}
