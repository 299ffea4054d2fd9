//go:build cluster

package main

import "testing"

// The scripts of testdata/cluster need bin/wechsel-cluster (make test-cluster).
func TestClusterScript(t *testing.T) { runScripts(t, "testdata/cluster") }
