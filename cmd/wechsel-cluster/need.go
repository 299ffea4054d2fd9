package main

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// A hindrance is why a pod's containers do not start, in the kubelet's words.
type hindrance struct {
	state, detail  string // of its containers
	event, message string
}

// told tells whether the pod's status says so already.
func (h *hindrance) told(pod *corev1.Pod) bool {
	for _, s := range pod.Status.ContainerStatuses {
		if s.State.Waiting != nil && s.State.Waiting.Reason == h.state && s.State.Waiting.Message == h.detail {
			return true
		}
	}
	return false
}

// hindrance returns what keeps the pod from starting; nil: nothing.
func (p *provider) hindrance(ctx context.Context, pod *corev1.Pod) (*hindrance, error) {
	for _, n := range needs(pod) {
		why, err := p.lacks(ctx, pod.Namespace, n)
		if err != nil {
			return nil, err
		}
		switch {
		case why == "" || n.optional:
		case n.volume != "":
			return &hindrance{"ContainerCreating", "", "FailedMount", fmt.Sprintf("MountVolume.SetUp failed for volume %q : %s", n.volume, why)}, nil
		default:
			return &hindrance{"CreateContainerConfigError", why, "Failed", "Error: " + why}, nil
		}
	}
	for _, c := range containers(pod) {
		if host, reached := p.reaches(c.Image); !reached {
			return &hindrance{
				"ImagePullBackOff", fmt.Sprintf("Back-off pulling image %q", c.Image),
				"Failed", fmt.Sprintf("Failed to pull image %q: failed to resolve reference %q: dial tcp: lookup %s: no such host", c.Image, c.Image, host),
			}, nil
		}
	}
	return nil, nil
}

// lacks says what of a need is not there; empty: nothing.
func (p *provider) lacks(ctx context.Context, namespace string, n need) (string, error) {
	has, err := p.keys(ctx, namespace, n)
	switch {
	case apierrors.IsNotFound(err):
		return fmt.Sprintf("%s %q not found", n.kind, n.name), nil
	case err != nil:
		return "", err
	}
	for _, key := range n.keys {
		if has[key] {
			continue
		}
		if n.volume != "" {
			return fmt.Sprintf("references non-existent %s key: %s", map[string]string{"secret": "secret", "configmap": "config"}[n.kind], key), nil
		}
		return fmt.Sprintf("couldn't find key %s in %s %s/%s", key, map[string]string{"secret": "Secret", "configmap": "ConfigMap"}[n.kind], namespace, n.name), nil
	}
	return "", nil
}

// keys are those that a Secret or ConfigMap has.
func (p *provider) keys(ctx context.Context, namespace string, n need) (map[string]bool, error) {
	has := map[string]bool{}
	if n.kind == "secret" {
		s, err := p.kubelet.CoreV1().Secrets(namespace).Get(ctx, n.name, metav1.GetOptions{})
		if err != nil {
			return nil, err
		}
		for key := range s.Data {
			has[key] = true
		}
		return has, nil
	}
	c, err := p.kubelet.CoreV1().ConfigMaps(namespace).Get(ctx, n.name, metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	for key := range c.Data {
		has[key] = true
	}
	for key := range c.BinaryData {
		has[key] = true
	}
	return has, nil
}

// A need is an object without which a pod's containers do not start.
type need struct {
	kind, name string   // secret or configmap
	volume     string   // that mounts it; empty: it is for the environment
	keys       []string // that must be in it
	optional   bool
}

func containers(pod *corev1.Pod) []corev1.Container {
	return append(append([]corev1.Container{}, pod.Spec.InitContainers...), pod.Spec.Containers...)
}

func needs(pod *corev1.Pod) []need {
	var all []need
	add := func(kind, name, volume string, keys []string, optional *bool) {
		all = append(all, need{kind, name, volume, keys, optional != nil && *optional})
	}
	for _, v := range pod.Spec.Volumes {
		if s := v.Secret; s != nil {
			add("secret", s.SecretName, v.Name, itemKeys(s.Items), s.Optional)
		}
		if m := v.ConfigMap; m != nil {
			add("configmap", m.Name, v.Name, itemKeys(m.Items), m.Optional)
		}
		if v.Projected == nil {
			continue
		}
		for _, source := range v.Projected.Sources {
			if s := source.Secret; s != nil {
				add("secret", s.Name, v.Name, itemKeys(s.Items), s.Optional)
			}
			if m := source.ConfigMap; m != nil {
				add("configmap", m.Name, v.Name, itemKeys(m.Items), m.Optional)
			}
		}
	}
	for _, c := range containers(pod) {
		for _, e := range c.EnvFrom {
			if r := e.SecretRef; r != nil {
				add("secret", r.Name, "", nil, r.Optional)
			}
			if r := e.ConfigMapRef; r != nil {
				add("configmap", r.Name, "", nil, r.Optional)
			}
		}
		for _, e := range c.Env {
			if e.ValueFrom == nil {
				continue
			}
			if r := e.ValueFrom.SecretKeyRef; r != nil {
				add("secret", r.Name, "", []string{r.Key}, r.Optional)
			}
			if r := e.ValueFrom.ConfigMapKeyRef; r != nil {
				add("configmap", r.Name, "", []string{r.Key}, r.Optional)
			}
		}
	}
	return all
}

func itemKeys(items []corev1.KeyToPath) []string {
	var keys []string
	for _, i := range items {
		keys = append(keys, i.Key)
	}
	return keys
}
