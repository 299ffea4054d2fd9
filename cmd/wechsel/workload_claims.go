package main

import (
	"fmt"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/resource"
	"github.com/wechsel-project/wechsel/pkg/scenario"
)

const statefulSet resource.Type = "apps/StatefulSet"

// fillClaims puts the bytes that the scenario wants into its claims. The claims
// of a StatefulSet, which its controller makes, become part of the workload for
// that.
func fillClaims(set *resource.Set, claims []scenario.Claim) error {
	for _, c := range claims {
		r := claimOf(set, c)
		if r == nil {
			return &usage{fmt.Errorf("%sdata: the workload has no claim %s/%s; it has %s", place(c.Where), c.Namespace, c.Name, firstOf(strings.Join(claimsIn(set), ", "), "none"))}
		}
		content := c.Content
		r.Content = &content
		set.Put(r)
	}
	return nil
}

// claimOf finds a claim, or makes the one that a StatefulSet will have.
func claimOf(set *resource.Set, c scenario.Claim) *resource.Resource {
	for r := range set.OfType(cloud.Claim) {
		if r.Scope == c.Namespace && r.Name == c.Name {
			return r
		}
	}
	for s := range set.OfType(statefulSet) {
		if s.Scope != c.Namespace {
			continue
		}
		templates, _ := resource.Lookup(s.Spec, "spec.volumeClaimTemplates")
		list, _ := templates.([]resource.Value)
		for _, item := range list {
			template, _ := resource.Clone(item).(map[string]resource.Value)
			name, _ := resource.Lookup(template, "metadata.name")
			number, ok := strings.CutPrefix(c.Name, fmt.Sprintf("%v-%s-", name, s.Name))
			if !ok || number == "" || strings.Trim(number, "0123456789") != "" {
				continue
			}
			metadata, _ := s.Spec["metadata"].(map[string]resource.Value)
			return &resource.Resource{Ref: resource.Ref{Type: cloud.Claim, Key: resource.NewKey(c.Namespace + "-" + c.Name)}, Name: c.Name, Scope: c.Namespace,
				Tenure: resource.Implied, Parent: s.Ref, Spec: map[string]resource.Value{
					"apiVersion": "v1", "spec": template["spec"], "metadata": map[string]resource.Value{"namespace": metadata["namespace"]}}}
		}
	}
	return nil
}

// place is where a mistake is, in front of what is wrong.
func place(where string) string {
	if where == "" {
		return ""
	}
	return where + ": "
}

// claimsIn are the claims that can be filled: NAMESPACE/NAME, of a StatefulSet those
// of its first pod.
func claimsIn(set *resource.Set) []string {
	var out []string
	for r := range set.OfType(cloud.Claim) {
		out = append(out, r.Scope+"/"+r.Name)
	}
	for s := range set.OfType(statefulSet) {
		templates, _ := resource.Lookup(s.Spec, "spec.volumeClaimTemplates")
		list, _ := templates.([]resource.Value)
		for _, template := range list {
			name, _ := resource.Lookup(template, "metadata.name")
			out = append(out, fmt.Sprintf("%s/%v-%s-0", s.Scope, name, s.Name))
		}
	}
	return out
}
