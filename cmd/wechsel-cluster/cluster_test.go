package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

const configuration = `{"name": "test", "version": "1.34",
 "nodes": [{"name": "one", "labels": {"topology.kubernetes.io/zone": "a"}}, {"name": "two"}],
 "drivers": [{"name": "block.example", "accessModes": ["ReadWriteOnce"]}],
 "balancers": [{"pool": "203.0.113.0/24", "internal": "10.0.0.0/24", "internalBy": ["example/internal"]}, {"controller": "example/ingress", "pool": "198.51.100.0/30"}],
 "objects": [
  {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "block"}, "provisioner": "block.example", "volumeBindingMode": "WaitForFirstConsumer", "allowVolumeExpansion": true},
  {"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": {"name": "web"}, "spec": {"controller": "example/ingress"}}]}`

// One cluster serves all cases: the control plane is one for each process.
func TestCluster(t *testing.T) {
	client, end := begin(t)
	t.Run("version", func(t *testing.T) {
		v, err := client.Discovery().ServerVersion()
		if err != nil || v.Minor != "34" || !strings.HasPrefix(v.GitVersion, "v1.34.0+emulated.by.v1.") {
			t.Errorf("version is %v, %v", v, err)
		}
	})
	t.Run("a deployment becomes available", func(t *testing.T) { deployment(t, client) })
	t.Run("a claim is bound when a pod wants it, and grows", func(t *testing.T) { claimed(t, client) })
	t.Run("a claim for more than the driver can stays pending", func(t *testing.T) { unclaimed(t, client) })
	t.Run("a load balancer gets an address", func(t *testing.T) { balanced(t, client) })
	t.Run("a pod without its secret waits and says so", func(t *testing.T) { held(t, client) })
	t.Run("a namespace goes with what is in it", func(t *testing.T) { removed(t, client) })
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

// begin starts the cluster; end closes its input and returns its exit code.
func begin(t *testing.T) (kubernetes.Interface, func() int) {
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
	client, err := kubernetes.NewForConfig(&rest.Config{Host: r.Server, BearerToken: r.Token, QPS: 500, Burst: 1000,
		TLSClientConfig: rest.TLSClientConfig{CAData: []byte(r.CertificateAuthority)}})
	if err != nil {
		t.Fatal(err)
	}
	return client, func() int { _ = keep.Close(); return <-code }
}

// until waits for a condition of the cluster, which changes by itself.
func until(t *testing.T, what string, reached func(context.Context) (bool, error)) {
	t.Helper()
	if err := wait.PollUntilContextTimeout(t.Context(), 20*time.Millisecond, time.Minute, true, reached); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

func template(volumes ...corev1.Volume) corev1.PodTemplateSpec {
	return corev1.PodTemplateSpec{
		ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"app": "web"}},
		Spec:       corev1.PodSpec{Volumes: volumes, Containers: []corev1.Container{{Name: "web", Image: "registry.example/web:1"}}},
	}
}

func deployment(t *testing.T, client kubernetes.Interface) {
	replicas := int32(3)
	_, err := client.AppsV1().Deployments("default").Create(t.Context(), &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "web"},
		Spec:       appsv1.DeploymentSpec{Replicas: &replicas, Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}}, Template: template()},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	until(t, "available", func(ctx context.Context) (bool, error) {
		d, err := client.AppsV1().Deployments("default").Get(ctx, "web", metav1.GetOptions{})
		return err == nil && d.Status.AvailableReplicas == 3, err
	})
}

func claim(name string, mode corev1.PersistentVolumeAccessMode) *corev1.PersistentVolumeClaim {
	class := "block"
	return &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: corev1.PersistentVolumeClaimSpec{
		StorageClassName: &class, AccessModes: []corev1.PersistentVolumeAccessMode{mode},
		Resources: corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Gi")}},
	}}
}

// using is a pod that mounts the claim.
func using(name string) *corev1.Pod {
	pod := template(corev1.Volume{Name: "data", VolumeSource: corev1.VolumeSource{PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: name}}})
	return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: pod.Spec}
}

func claimed(t *testing.T, client kubernetes.Interface) {
	claims := client.CoreV1().PersistentVolumeClaims("default")
	if _, err := claims.Create(t.Context(), claim("data", corev1.ReadWriteOnce), metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.CoreV1().Pods("default").Create(t.Context(), using("data"), metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	until(t, "running", func(ctx context.Context) (bool, error) {
		p, err := client.CoreV1().Pods("default").Get(ctx, "data", metav1.GetOptions{})
		return err == nil && p.Status.Phase == corev1.PodRunning, err
	})
	until(t, "asked for more", func(ctx context.Context) (bool, error) {
		c, err := claims.Get(ctx, "data", metav1.GetOptions{})
		if err != nil || c.Status.Phase != corev1.ClaimBound {
			return false, err
		}
		c.Spec.Resources.Requests[corev1.ResourceStorage] = resource.MustParse("2Gi")
		_, err = claims.Update(ctx, c, metav1.UpdateOptions{})
		return err == nil, known(err)
	})
	until(t, "grown", func(ctx context.Context) (bool, error) {
		c, err := claims.Get(ctx, "data", metav1.GetOptions{})
		return err == nil && c.Status.Capacity.Storage().String() == "2Gi", err
	})
}

func unclaimed(t *testing.T, client kubernetes.Interface) {
	if _, err := client.CoreV1().PersistentVolumeClaims("default").Create(t.Context(), claim("shared", corev1.ReadWriteMany), metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.CoreV1().Pods("default").Create(t.Context(), using("shared"), metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	until(t, "told", said(client, "ProvisioningFailed", "ReadWriteMany is not supported"))
}

func said(client kubernetes.Interface, reason, words string) func(context.Context) (bool, error) {
	return func(ctx context.Context) (bool, error) {
		events, err := client.CoreV1().Events("default").List(ctx, metav1.ListOptions{FieldSelector: "reason=" + reason})
		if err != nil {
			return false, err
		}
		for _, e := range events.Items {
			if strings.Contains(e.Message, words) {
				return true, nil
			}
		}
		return false, nil
	}
}

func balanced(t *testing.T, client kubernetes.Interface) {
	for name, want := range map[string]string{"public": "203.0.113.", "private": "10.0.0."} {
		s := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: corev1.ServiceSpec{Type: corev1.ServiceTypeLoadBalancer, Ports: []corev1.ServicePort{{Port: 80}}}}
		if name == "private" {
			s.Annotations = map[string]string{"example/internal": "true"}
		}
		if _, err := client.CoreV1().Services("default").Create(t.Context(), s, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		until(t, name, func(ctx context.Context) (bool, error) {
			s, err := client.CoreV1().Services("default").Get(ctx, name, metav1.GetOptions{})
			return err == nil && len(s.Status.LoadBalancer.Ingress) == 1 && strings.HasPrefix(s.Status.LoadBalancer.Ingress[0].IP, want), err
		})
	}
}

func held(t *testing.T, client kubernetes.Interface) {
	pod := template(corev1.Volume{Name: "s", VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: "absent"}}})
	if _, err := client.CoreV1().Pods("default").Create(t.Context(), &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "held"}, Spec: pod.Spec}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	until(t, "told", said(client, "Failed", `secret "absent" not found`))
}

func removed(t *testing.T, client kubernetes.Interface) {
	if _, err := client.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "gone"}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.CoreV1().Pods("gone").Create(t.Context(), &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "web"}, Spec: template().Spec}, metav1.CreateOptions{}); err != nil && !apierrors.IsForbidden(err) {
		t.Fatal(err)
	}
	if err := client.CoreV1().Namespaces().Delete(t.Context(), "gone", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	until(t, "gone", func(ctx context.Context) (bool, error) {
		_, err := client.CoreV1().Namespaces().Get(ctx, "gone", metav1.GetOptions{})
		return apierrors.IsNotFound(err), nil
	})
}
