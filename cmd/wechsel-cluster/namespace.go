package main

import (
	"context"
	"errors"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kubernetes/pkg/controller/namespace/deletion"
)

func (p *provider) watchNamespaces(ctx context.Context) error {
	return reconcile(ctx, p.shared.Core().V1().Namespaces().Informer(), p.namespace)
}

// empty deletes what is in a namespace that shall go, and lets it go, by the real
// namespace controller's own means. The controller itself waits five seconds
// before it begins, for the other API servers, and longer for pods to end: here is
// one API server, and pods end at once.
func (p *provider) empty(ctx context.Context, n *corev1.Namespace) (time.Duration, error) {
	var remaining *deletion.ResourcesRemainingError
	err := p.deleter.Delete(ctx, n.Name)
	if errors.As(err, &remaining) {
		return retry, nil
	}
	return 0, known(err)
}

// namespace puts into a namespace what the provider puts into each one.
func (p *provider) namespace(ctx context.Context, n *corev1.Namespace) (time.Duration, error) {
	if n.DeletionTimestamp != nil {
		return p.empty(ctx, n)
	}
	if strings.HasPrefix(n.Name, "kube-") {
		return 0, nil
	}
	for _, o := range p.Namespaced {
		// The kinds are the server's own, whose plurals can be guessed.
		plural, _ := meta.UnsafeGuessKindToResource(o.GroupVersionKind())
		_, err := p.operator.Resource(plural).Namespace(n.Name).Create(ctx, o.DeepCopy(), metav1.CreateOptions{})
		if err != nil && !apierrors.IsAlreadyExists(err) && !apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause) {
			return 0, err
		}
	}
	return 0, nil
}
