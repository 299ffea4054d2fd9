package main

import (
	"cmp"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// definition is the CustomResourceDefinition of a kind: any spec and status goes.
func (k Kind) definition() unstructured.Unstructured {
	name := strings.ToLower(k.Kind)
	guessed, _ := meta.UnsafeGuessKindToResource(schema.GroupVersionKind{Group: k.Group, Kind: k.Kind})
	if strings.HasSuffix(name, "way") { // the guess is gatewaies
		guessed.Resource = name + "s"
	}
	plural := cmp.Or(k.Plural, guessed.Resource)
	scope := "Namespaced"
	if k.Cluster {
		scope = "Cluster"
	}
	anything := map[string]any{"type": "object", "x-kubernetes-preserve-unknown-fields": true}
	var versions []any
	for i, v := range k.Versions {
		versions = append(versions, map[string]any{
			"name": v, "served": true, "storage": i == 0,
			"schema":       map[string]any{"openAPIV3Schema": anything},
			"subresources": map[string]any{"status": map[string]any{}},
		})
	}
	return unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
		"metadata": map[string]any{
			"name": plural + "." + k.Group,
			// Groups below k8s.io need one; it says that this is not the original.
			"annotations": map[string]any{"api-approved.kubernetes.io": "unapproved, simulated"},
		},
		"spec": map[string]any{
			"group": k.Group, "scope": scope, "versions": versions,
			"names": map[string]any{"kind": k.Kind, "plural": plural, "singular": name, "listKind": k.Kind + "List"},
		},
	}}
}
