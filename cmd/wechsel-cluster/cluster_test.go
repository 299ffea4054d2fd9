package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"
)

// What the stand-in can do, each once.
const configuration = `{"name": "test", "version": "1.34",
 "podSecurity": {"enforce": "baseline", "exempt": ["kube-system"]},
 "nodes": [{"name": "one", "labels": {"zone": "a"}, "osImage": "Flatcar"}, {"name": "two", "taints": [{"key": "gpu", "effect": "NoSchedule"}]}],
 "drivers": [{"name": "block.example", "accessModes": ["ReadWriteOnce"], "maxSize": "10Gi", "topology": "zone", "snapshots": true},
  {"name": "file.example", "accessModes": ["ReadWriteMany"]}],
 "balancers": [{"pool": "203.0.113.0/24", "internal": "10.0.0.0/24", "internalBy": ["example/internal"]},
  {"class": "named.example", "pool": "192.0.2.0/30", "protocols": ["TCP"], "hostname": "lb.example"},
  {"controller": "example/ingress", "pool": "198.51.100.0/30"}, {"controller": "example/gateway", "pool": "198.51.100.8/30"}],
 "unreachable": ["registry.elsewhere.example"],
 "kinds": [{"group": "snapshot.storage.k8s.io", "kind": "VolumeSnapshotClass", "versions": ["v1"], "cluster": true},
  {"group": "snapshot.storage.k8s.io", "kind": "VolumeSnapshotContent", "versions": ["v1"], "cluster": true},
  {"group": "snapshot.storage.k8s.io", "kind": "VolumeSnapshot", "versions": ["v1"]},
  {"group": "gateway.networking.k8s.io", "kind": "GatewayClass", "versions": ["v1"], "cluster": true},
  {"group": "gateway.networking.k8s.io", "kind": "Gateway", "versions": ["v1"]}],
 "namespaced": [{"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "provider"}, "spec": {"limits": [{"type": "Container", "defaultRequest": {"cpu": "50m"}}]}}],
 "objects": [
  {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "block"}, "provisioner": "block.example", "volumeBindingMode": "WaitForFirstConsumer", "allowVolumeExpansion": true},
  {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "file"}, "provisioner": "file.example"},
  {"apiVersion": "snapshot.storage.k8s.io/v1", "kind": "VolumeSnapshotClass", "metadata": {"name": "block", "annotations": {"snapshot.storage.kubernetes.io/is-default-class": "true"}}, "driver": "block.example", "deletionPolicy": "Delete"},
  {"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": {"name": "web"}, "spec": {"controller": "example/ingress"}},
  {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "GatewayClass", "metadata": {"name": "front"}, "spec": {"controllerName": "example/gateway"}}]}`

// One cluster serves all cases: the control plane is one for each process.
func TestCluster(t *testing.T) {
	c, end := begin(t)
	t.Run("version", c.version)
	t.Run("a deployment becomes available", c.deployment)
	t.Run("a job is complete", c.job)
	t.Run("a pod waits and says for what", c.held)
	t.Run("a pod waits for a node that takes it", c.unscheduled)
	t.Run("pod security is the provider's", c.secured)
	t.Run("a claim is bound when a pod wants it, and grows", c.claimed)
	t.Run("a claim is bound at once", c.bound)
	t.Run("a claim for more than the driver can stays pending", c.unclaimed)
	t.Run("a snapshot becomes ready and goes", c.snapshot)
	t.Run("a load balancer gets an address", c.balanced)
	t.Run("a load balancer cannot do all", c.unbalanced)
	t.Run("an ingress and a gateway get an address", c.fronted)
	t.Run("a namespace gets the provider's limits and goes with what is in it", c.removed)
	if code := end(); code != 0 {
		t.Errorf("ended with %d", code)
	}
}

func TestBadConfigurationIsRefused(t *testing.T) {
	for _, in := range []string{`{`, `{"name":"x"}`, `{"name":"x","nodes":[{"name":"n"}],"colour":1}`, `{"name":"x","nodes":[{"name":"n"}],"balancers":[{}]}`} {
		out := &strings.Builder{}
		if code := serve(t.Context(), strings.NewReader(in), out); code != 2 || !strings.Contains(out.String(), `"error"`) {
			t.Errorf("%s: exit code %d, %s", in, code, out)
		}
	}
}

// A running cluster, as its administrator sees it.
type running struct {
	kubernetes.Interface
	custom dynamic.Interface
}

// begin starts the cluster; end closes its input and returns its exit code.
func begin(t testing.TB) (running, func() int) {
	t.Helper()
	in, keep := io.Pipe()
	out, answer := io.Pipe()
	code := make(chan int, 1)
	go func() { code <- serve(context.Background(), in, answer) }()
	if _, err := io.WriteString(keep, configuration); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	var r Ready
	if err := json.Unmarshal(line, &r); err != nil || r.Error != "" {
		t.Fatalf("not ready: %v %s", err, line)
	}
	config := &rest.Config{Host: r.Server, BearerToken: r.Token, QPS: 500, Burst: 1000, TLSClientConfig: rest.TLSClientConfig{CAData: []byte(r.CertificateAuthority)}}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	custom, err := dynamic.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return running{client, custom}, func() int { _ = keep.Close(); return <-code }
}

// until waits for a condition of the cluster, which changes by itself.
func until(t testing.TB, what string, reached func(context.Context) (bool, error)) {
	t.Helper()
	if err := wait.PollUntilContextTimeout(t.Context(), 20*time.Millisecond, time.Minute, true, reached); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// said waits for an event about an object that has the reason and the words.
func (c running) said(t *testing.T, name, reason, words string) {
	t.Helper()
	last := ""
	err := wait.PollUntilContextTimeout(t.Context(), 20*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
		events, err := c.CoreV1().Events("default").List(ctx, metav1.ListOptions{FieldSelector: "involvedObject.name=" + name})
		if err != nil {
			return false, err
		}
		for _, e := range events.Items {
			last = e.Reason + ": " + e.Message
			if e.Reason == reason && strings.Contains(e.Message, words) {
				return true, nil
			}
		}
		return false, nil
	})
	if err != nil {
		t.Fatalf("%s: %v; last event: %s", name, err, last)
	}
}

// applied brings an object given as YAML into the namespace default.
func (c running) applied(t *testing.T, plural schema.GroupVersionResource, text string) dynamic.ResourceInterface {
	t.Helper()
	o := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(text), &o.Object); err != nil {
		t.Fatal(err)
	}
	all := c.custom.Resource(plural).Namespace("default")
	if _, err := all.Create(t.Context(), o, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	return all
}

func (c running) version(t *testing.T) {
	v, err := c.Discovery().ServerVersion()
	if err != nil || v.Minor != "34" || !strings.HasPrefix(v.GitVersion, "v1.34.0+emulated.by.v1.") {
		t.Errorf("version is %v, %v", v, err)
	}
}
