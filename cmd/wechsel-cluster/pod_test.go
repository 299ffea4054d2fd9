package main

import (
	"context"
	"fmt"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func template(volumes ...corev1.Volume) corev1.PodTemplateSpec {
	return corev1.PodTemplateSpec{
		ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"app": "web"}},
		Spec:       corev1.PodSpec{Volumes: volumes, Containers: []corev1.Container{{Name: "web", Image: "nginx:1.29"}}},
	}
}

// pod creates one; change makes it special.
func (c running) pod(t *testing.T, name string, change func(*corev1.PodSpec)) error {
	t.Helper()
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: template().Spec}
	change(&pod.Spec)
	_, err := c.CoreV1().Pods("default").Create(t.Context(), pod, metav1.CreateOptions{})
	return err
}

func three(name string) *appsv1.Deployment {
	replicas := int32(3)
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       appsv1.DeploymentSpec{Replicas: &replicas, Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}}, Template: template()},
	}
}

func (c running) available(t testing.TB, name string) {
	t.Helper()
	until(t, "available", func(ctx context.Context) (bool, error) {
		d, err := c.AppsV1().Deployments("default").Get(ctx, name, metav1.GetOptions{})
		return err == nil && d.Status.AvailableReplicas == 3, err
	})
}

func (c running) deployment(t *testing.T) {
	if _, err := c.AppsV1().Deployments("default").Create(t.Context(), three("web"), metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	c.available(t, "web")
	pods, err := c.CoreV1().Pods("default").List(t.Context(), metav1.ListOptions{LabelSelector: "app=web"})
	if err != nil || len(pods.Items) != 3 {
		t.Fatalf("%d pods, %v", len(pods.Items), err)
	}
	p := pods.Items[0]
	if id := p.Status.ContainerStatuses[0].ImageID; !strings.HasPrefix(id, "docker.io/library/nginx@sha256:") {
		t.Errorf("image is %s", id)
	}
	if p.Spec.NodeName != "one" {
		t.Errorf("runs on %s, which is tainted", p.Spec.NodeName)
	}
	if cpu := p.Spec.Containers[0].Resources.Requests.Cpu().String(); cpu != "50m" {
		t.Errorf("requests %s: the limits of the namespace say 50m", cpu)
	}
	var writers []string
	for _, f := range p.ManagedFields {
		writers = append(writers, f.Manager)
	}
	if got := strings.Join(writers, " "); !strings.Contains(got, "kube-controller-manager") || !strings.Contains(got, "kubelet") {
		t.Errorf("written by %s", got)
	}
}

func (c running) job(t *testing.T) {
	work := template()
	work.Spec.RestartPolicy = corev1.RestartPolicyNever
	_, err := c.BatchV1().Jobs("default").Create(t.Context(), &batchv1.Job{ObjectMeta: metav1.ObjectMeta{Name: "once"}, Spec: batchv1.JobSpec{Template: work}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	until(t, "complete", func(ctx context.Context) (bool, error) {
		j, err := c.BatchV1().Jobs("default").Get(ctx, "once", metav1.GetOptions{})
		return err == nil && j.Status.Succeeded == 1 && j.Status.CompletionTime != nil, err
	})
}

// held are pods that lack something; what is created ends the wait.
func (c running) held(t *testing.T) {
	mount := func(s *corev1.PodSpec) {
		s.Volumes = []corev1.Volume{{Name: "s", VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: "absent"}}}}
	}
	environment := func(s *corev1.PodSpec) {
		s.Containers[0].EnvFrom = []corev1.EnvFromSource{{ConfigMapRef: &corev1.ConfigMapEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: "later"}}}}
	}
	key := func(s *corev1.PodSpec) {
		s.Containers[0].Env = []corev1.EnvVar{{Name: "A", ValueFrom: &corev1.EnvVarSource{ConfigMapKeyRef: &corev1.ConfigMapKeySelector{
			LocalObjectReference: corev1.LocalObjectReference{Name: "kube-root-ca.crt"}, Key: "none"}}}}
	}
	image := func(s *corev1.PodSpec) { s.Containers[0].Image = "registry.elsewhere.example/web:1" }
	for _, one := range []struct {
		name, state, reason, words string
		change                     func(*corev1.PodSpec)
	}{
		{"mount", "ContainerCreating", "FailedMount", `MountVolume.SetUp failed for volume "s" : secret "absent" not found`, mount},
		{"environment", "CreateContainerConfigError", "Failed", `Error: configmap "later" not found`, environment},
		{"key", "CreateContainerConfigError", "Failed", "couldn't find key none in ConfigMap default/kube-root-ca.crt", key},
		{"image", "ImagePullBackOff", "Failed", "lookup registry.elsewhere.example: no such host", image},
	} {
		if err := c.pod(t, one.name, one.change); err != nil {
			t.Fatal(err)
		}
		c.said(t, one.name, one.reason, one.words)
		until(t, one.state, func(ctx context.Context) (bool, error) {
			p, err := c.CoreV1().Pods("default").Get(ctx, one.name, metav1.GetOptions{})
			if err != nil || len(p.Status.ContainerStatuses) == 0 {
				return false, err
			}
			w := p.Status.ContainerStatuses[0].State.Waiting
			return p.Status.Phase == corev1.PodPending && w != nil && w.Reason == one.state, nil
		})
	}
	_, err := c.CoreV1().ConfigMaps("default").Create(t.Context(), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "later"}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	c.runs(t, "environment")
}

func (c running) runs(t *testing.T, name string) {
	t.Helper()
	until(t, name+" runs", func(ctx context.Context) (bool, error) {
		p, err := c.CoreV1().Pods("default").Get(ctx, name, metav1.GetOptions{})
		return err == nil && p.Status.Phase == corev1.PodRunning, err
	})
}

// unscheduled is the real scheduler's work.
func (c running) unscheduled(t *testing.T) {
	if err := c.pod(t, "nowhere", func(s *corev1.PodSpec) { s.NodeSelector = map[string]string{"zone": "z"} }); err != nil {
		t.Fatal(err)
	}
	c.said(t, "nowhere", "FailedScheduling", "0/2 nodes are available")
	err := c.pod(t, "tolerant", func(s *corev1.PodSpec) {
		s.NodeSelector = map[string]string{corev1.LabelHostname: "two"}
		s.Tolerations = []corev1.Toleration{{Key: "gpu", Operator: corev1.TolerationOpExists}}
	})
	if err != nil {
		t.Fatal(err)
	}
	c.runs(t, "tolerant")
}

func (c running) secured(t *testing.T) {
	err := c.pod(t, "privileged", func(s *corev1.PodSpec) { s.HostNetwork = true })
	if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), `violates PodSecurity "baseline:latest"`) {
		t.Errorf("error is %v", err)
	}
}

// removed also tells that the provider's limits are there before.
func (c running) removed(t *testing.T) {
	if _, err := c.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "gone"}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	until(t, "limited", func(ctx context.Context) (bool, error) {
		_, err := c.CoreV1().LimitRanges("gone").Get(ctx, "provider", metav1.GetOptions{})
		return err == nil, known(err)
	})
	d := three("web")
	if _, err := c.AppsV1().Deployments("gone").Create(t.Context(), d, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	until(t, "pods", func(ctx context.Context) (bool, error) {
		pods, err := c.CoreV1().Pods("gone").List(ctx, metav1.ListOptions{})
		return err == nil && len(pods.Items) == 3, err
	})
	if err := c.CoreV1().Namespaces().Delete(t.Context(), "gone", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	until(t, "gone", func(ctx context.Context) (bool, error) {
		_, err := c.CoreV1().Namespaces().Get(ctx, "gone", metav1.GetOptions{})
		return apierrors.IsNotFound(err), nil
	})
}

// A Deployment of three, from its creation to its last pod's being ready.
func BenchmarkDeployment(b *testing.B) {
	c, end := begin(b)
	for n := 0; b.Loop(); n++ {
		name := fmt.Sprint("bench-", n)
		if _, err := c.AppsV1().Deployments("default").Create(b.Context(), three(name), metav1.CreateOptions{}); err != nil {
			b.Fatal(err)
		}
		c.available(b, name)
		b.StopTimer() // the node has room for some only
		now := metav1.DeletePropagationBackground
		if err := c.AppsV1().Deployments("default").Delete(b.Context(), name, metav1.DeleteOptions{PropagationPolicy: &now}); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
	if code := end(); code != 0 {
		b.Errorf("ended with %d", code)
	}
}
