//go:build kubectl

package main

import "testing"

// The scripts of testdata/kubectl need bin/wechsel-cluster and bin/kubectl, on
// PATH (make proof-kubectl).
func TestKubectlScript(t *testing.T) { runScripts(t, "testdata/kubectl") }
