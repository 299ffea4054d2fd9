//go:build clients

package main

import "testing"

// The scripts of testdata/clients need bin/wechsel-cluster, and kubectl, helm and
// kustomize on PATH (make proof-clients).
func TestClientsScript(t *testing.T) { runScripts(t, "testdata/clients") }
