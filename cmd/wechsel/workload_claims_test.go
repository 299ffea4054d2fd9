package main

import (
	"strings"
	"testing"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/resource"
	"github.com/wechsel-project/wechsel/pkg/scenario"
)

// Bytes are for a claim of the workload, or for one that a StatefulSet will have.
func TestClaimsAreFilled(t *testing.T) {
	type values = map[string]resource.Value
	ns := resource.Ref{Type: cloud.Namespace, Key: "shop"}
	spec := values{"storageClassName": "fast"}
	set := resource.NewSet(resource.Schemas{},
		&resource.Resource{Ref: resource.Ref{Type: cloud.Claim, Key: "shop-files"}, Name: "files", Scope: "shop", Tenure: resource.Own},
		&resource.Resource{Ref: resource.Ref{Type: statefulSet, Key: "shop-db"}, Name: "db", Scope: "shop", Tenure: resource.Own, Spec: values{"metadata": values{"namespace": ns},
			"spec": values{"volumeClaimTemplates": []resource.Value{values{"metadata": values{"name": "data"}, "spec": spec}}}}})
	of := func(name string) scenario.Claim {
		return scenario.Claim{Namespace: "shop", Name: name, Content: resource.Content{Seed: 3}}
	}
	if err := fillClaims(set, []scenario.Claim{of("files"), of("data-db-1")}); err != nil {
		t.Fatal(err)
	}
	if r := set.Get(resource.Ref{Type: cloud.Claim, Key: "shop-files"}); r.Content == nil || r.Content.Seed != 3 {
		t.Errorf("the claim is %+v", r)
	}
	made := set.Get(resource.Ref{Type: cloud.Claim, Key: "shop-data-db-1"})
	if made == nil || made.Tenure != resource.Implied || made.Parent.Key != "shop-db" || made.Content.Seed != 3 || made.Spec["spec"].(values)["storageClassName"] != "fast" || made.Spec["metadata"].(values)["namespace"] != resource.Value(ns) {
		t.Errorf("the set's claim is %+v", made)
	}
	for _, name := range []string{"other", "data-db-", "data-db-x", "data-web-0"} {
		if err := fillClaims(set, []scenario.Claim{of(name)}); err == nil || !strings.Contains(err.Error(), "no claim shop/"+name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
