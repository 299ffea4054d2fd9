//go:build cinder

package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"sigs.k8s.io/yaml"
)

// The scripts of testdata/cinder need bin/wechsel-cluster, the lab's clouds, and
// the controller of Cinder's storage driver for Kubernetes: cinder-csi-plugin and
// csi-provisioner on PATH (make proof-cinder).
func TestCinderScript(t *testing.T) {
	runScripts(t, "testdata/cinder", map[string]scriptCommand{"storage": startStorage})
}

// startStorage CONTEXT CLOUD: lets the driver serve a cluster of $KUBECONFIG, with
// volumes in a project of $OS_CLIENT_CONFIG_FILE, until the script's end.
func startStorage(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: storage CONTEXT CLOUD")
	}
	dir := ts.MkAbs("storage-" + args[0])
	ts.Check(os.Mkdir(dir, 0o700))
	config, socket, kubeconfig := filepath.Join(dir, "cloud.conf"), filepath.Join(dir, "csi.sock"), filepath.Join(dir, "kubeconfig")
	ts.Check(os.WriteFile(config, fmt.Appendf(nil, "[Global]\nuse-clouds=true\nclouds-file=%q\ncloud=%q\n", ts.Getenv("OS_CLIENT_CONFIG_FILE"), args[1]), 0o600))
	ts.Check(os.WriteFile(kubeconfig, oneContext(ts, args[0]), 0o600))
	keep(ts, dir, "cinder-csi-plugin", "--endpoint=unix://"+socket, "--cloud-config="+config, "--cluster="+args[0],
		"--provide-controller-service=true", "--provide-node-service=false", "--with-topology=false")
	keep(ts, dir, "csi-provisioner", "--csi-address="+socket, "--kubeconfig="+kubeconfig, "--leader-election=false",
		"--feature-gates=Topology=false", "--default-fstype=ext4", "--extra-create-metadata", "--retry-interval-start=200ms")
}

// keep runs a program until the script's end; its words are told if the script fails.
func keep(ts *testscript.TestScript, dir, name string, args ...string) {
	var words bytes.Buffer
	ctx, stop := context.WithCancel(context.Background())
	c := exec.CommandContext(ctx, name, args...)
	c.Dir, c.Stdout, c.Stderr = dir, &words, &words
	ts.Check(c.Start())
	ts.Defer(func() {
		stop()
		_ = c.Wait()
		ts.Logf("%s in %s:\n%s", name, filepath.Base(dir), lastOf(words.Bytes(), 4000))
	})
}

func lastOf(b []byte, n int) []byte { return b[max(0, len(b)-n):] }

// oneContext is $KUBECONFIG with another context as its current one: the
// provisioner has no flag for that.
func oneContext(ts *testscript.TestScript, name string) []byte {
	data, err := os.ReadFile(ts.Getenv("KUBECONFIG"))
	ts.Check(err)
	var config map[string]any
	ts.Check(yaml.Unmarshal(data, &config))
	config["current-context"] = name
	data, err = yaml.Marshal(config)
	ts.Check(err)
	return data
}
