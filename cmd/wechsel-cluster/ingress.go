package main

import (
	"context"
	"slices"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

func (p *provider) watchIngresses(ctx context.Context) error {
	return reconcile(ctx, p.shared.Networking().V1().Ingresses().Informer(), p.ingress)
}

// ingress is an ingress controller: it answers for the classes that name it.
func (p *provider) ingress(ctx context.Context, in *networkingv1.Ingress) (time.Duration, error) {
	if in.DeletionTimestamp != nil || len(in.Status.LoadBalancer.Ingress) > 0 || in.Spec.IngressClassName == nil {
		return 0, nil
	}
	class, err := p.balancer.NetworkingV1().IngressClasses().Get(ctx, *in.Spec.IngressClassName, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	address, err := p.shareAddress(class.Spec.Controller)
	if address == "" || err != nil {
		return 0, err
	}
	next := in.DeepCopy()
	next.Status.LoadBalancer.Ingress = []networkingv1.IngressLoadBalancerIngress{{IP: address}}
	_, err = p.balancer.NetworkingV1().Ingresses(in.Namespace).UpdateStatus(ctx, next, metav1.UpdateOptions{})
	return 0, known(err)
}

// shareAddress is the one address of a controller, which all that it serves share;
// empty: nobody here is that controller.
func (p *provider) shareAddress(controller string) (string, error) {
	i := slices.IndexFunc(p.Balancers, func(b Balancer) bool { return b.Controller != "" && b.Controller == controller })
	if i < 0 {
		return "", nil
	}
	address, err := nth(p.Balancers[i].Pool, 0)
	return address.String(), err
}

func gatewayKind(plural string) schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: "gateway.networking.k8s.io", Version: "v1", Resource: plural}
}

// watchGateways stands in for controllers of the Gateway API, if the cluster has it.
func (p *provider) watchGateways(ctx context.Context) error {
	if !p.has("gateway.networking.k8s.io", "Gateway") {
		return nil
	}
	return reconcile(ctx, p.custom.ForResource(gatewayKind("gateways")).Informer(), p.gateway)
}

// gateway programs a Gateway whose class names a controller that is here.
func (p *provider) gateway(ctx context.Context, g *unstructured.Unstructured) (time.Duration, error) {
	if addresses, _, _ := unstructured.NestedSlice(g.Object, "status", "addresses"); len(addresses) > 0 || g.GetDeletionTimestamp() != nil {
		return 0, nil
	}
	name, _, _ := unstructured.NestedString(g.Object, "spec", "gatewayClassName")
	class, err := p.operator.Resource(gatewayKind("gatewayclasses")).Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	controller, _, _ := unstructured.NestedString(class.Object, "spec", "controllerName")
	address, err := p.shareAddress(controller)
	if address == "" || err != nil {
		return 0, err
	}
	now := p.now().UTC().Format(time.RFC3339)
	condition := func(kind string) any {
		return map[string]any{"type": kind, "status": "True", "reason": kind, "message": "", "lastTransitionTime": now, "observedGeneration": g.GetGeneration()}
	}
	next := g.DeepCopy()
	next.Object["status"] = map[string]any{
		"addresses":  []any{map[string]any{"type": "IPAddress", "value": address}},
		"conditions": []any{condition("Accepted"), condition("Programmed")},
	}
	_, err = p.operator.Resource(gatewayKind("gateways")).Namespace(g.GetNamespace()).UpdateStatus(ctx, next, metav1.UpdateOptions{})
	return 0, known(err)
}
