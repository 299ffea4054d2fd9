//go:build cluster

package kubernetes_test

import (
	"cmp"
	"io/fs"
	"slices"
	"testing"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/cloud/kubernetes"
	"github.com/wechsel-project/wechsel/pkg/resource"
	"github.com/wechsel-project/wechsel/pkg/scenario"
	"github.com/wechsel-project/wechsel/scenarios"
)

// TestClusterWorkloads: a real API server takes what the scenarios ask for as
// it stands, and has all of it.
func TestClusterWorkloads(t *testing.T) {
	c := open(t, kubernetes.Options{Config: start(t, "alster")})
	entries, err := fs.ReadDir(scenarios.FS(), ".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		s, err := scenario.Load(scenarios.FS(), e.Name(), scenario.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if len(s.Kubernetes) > 0 {
			t.Run(s.Name, func(t *testing.T) { take(t, c, s) })
		}
	}
}

func take(t *testing.T, c *kubernetes.Cloud, s *scenario.Scenario) {
	var sources []kubernetes.Source
	for _, source := range s.Kubernetes {
		sources = append(sources, kubernetes.Source(source))
	}
	w, err := kubernetes.Workload(sources, c)
	if err != nil {
		t.Fatal(err)
	}
	var all []*resource.Resource
	for r, err := range w.List(t.Context(), cloud.Selector{}) {
		if err != nil {
			t.Fatal(err)
		}
		r.Key = resource.NewKey(id(r))
		if r.Type != "cert-manager.io/Certificate" { // the provider's operator would bring the kind
			all = append(all, r)
		}
	}
	first := []resource.Type{"apiextensions.k8s.io/CustomResourceDefinition", "core/Namespace", "scheduling.k8s.io/PriorityClass", "node.k8s.io/RuntimeClass", "core/ServiceAccount"}
	rank := func(r *resource.Resource) int {
		if i := slices.Index(first, r.Type); i >= 0 {
			return i
		}
		return len(first)
	}
	slices.SortStableFunc(all, func(a, b *resource.Resource) int { return cmp.Compare(rank(a), rank(b)) })
	for _, r := range all {
		made, err := c.Create(t.Context(), r, resource.Owner{Drill: "d1", Key: r.Key})
		if err != nil {
			t.Error(err)
			continue
		}
		if rank(r) == 0 {
			ready(t, c, made)
		}
	}
	have := listed(t, c, cloud.Selector{Drill: "d1"})
	for _, want := range all {
		got := have[string(want.Type)+" "+want.ID]
		if got == nil {
			t.Errorf("%s %s is not listed", want.Type, want.ID)
			continue
		}
		for p, v := range resource.Leaves(want.Spec) {
			if have, _ := resource.Lookup(got.Spec, p); want.Type != "core/Secret" && !resource.Equal(have, v) {
				t.Errorf("%s %s: %s is %v, not %v", want.Type, want.ID, p, have, v)
			}
		}
	}
}
