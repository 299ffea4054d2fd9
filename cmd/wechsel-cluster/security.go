package main

import (
	"cmp"
	"encoding/json"
	"os"
	"path/filepath"
)

// writePodSecurity writes the file in which the API server is told what pods may
// do in namespaces without labels of their own, and returns its path.
func writePodSecurity(folder string, s PodSecurity) (string, error) {
	level := func(l string) string { return cmp.Or(l, "privileged") }
	path := filepath.Join(folder, "admission.json")
	content, err := json.Marshal(map[string]any{
		"apiVersion": "apiserver.config.k8s.io/v1", "kind": "AdmissionConfiguration",
		"plugins": []any{map[string]any{
			"name": "PodSecurity",
			"configuration": map[string]any{
				"apiVersion": "pod-security.admission.config.k8s.io/v1", "kind": "PodSecurityConfiguration",
				"defaults": map[string]any{
					"enforce": level(s.Enforce), "enforce-version": "latest",
					"warn": level(s.Warn), "warn-version": "latest",
					"audit": level(s.Audit), "audit-version": "latest",
				},
				"exemptions": map[string]any{"usernames": []string{}, "runtimeClasses": []string{}, "namespaces": append([]string{}, s.Exempt...)},
			},
		}},
	})
	if err != nil {
		return "", err
	}
	return path, os.WriteFile(path, content, 0o600)
}
