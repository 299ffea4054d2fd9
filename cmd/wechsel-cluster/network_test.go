package main

import (
	"context"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// balance creates a Service of type LoadBalancer; change makes it special.
func (c running) balance(t *testing.T, name string, change func(*corev1.Service)) {
	t.Helper()
	s := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: corev1.ServiceSpec{Type: corev1.ServiceTypeLoadBalancer, Ports: []corev1.ServicePort{{Port: 80}}}}
	change(s)
	if _, err := c.CoreV1().Services("default").Create(t.Context(), s, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

func (c running) balanced(t *testing.T) {
	class := "named.example"
	seen := map[string]bool{}
	for _, one := range []struct {
		name, want string
		change     func(*corev1.Service)
	}{
		{"public", "203.0.113.", func(*corev1.Service) {}},
		{"second", "203.0.113.", func(*corev1.Service) {}},
		{"private", "10.0.0.", func(s *corev1.Service) { s.Annotations = map[string]string{"example/internal": "true"} }},
		{"foreign", "203.0.113.", func(s *corev1.Service) { s.Annotations = map[string]string{"other/internal": "true"} }},
		{"named", "named.default.lb.example", func(s *corev1.Service) { s.Spec.LoadBalancerClass = &class }},
	} {
		c.balance(t, one.name, one.change)
		until(t, one.name, func(ctx context.Context) (bool, error) {
			s, err := c.CoreV1().Services("default").Get(ctx, one.name, metav1.GetOptions{})
			if err != nil || len(s.Status.LoadBalancer.Ingress) == 0 {
				return false, err
			}
			address := s.Status.LoadBalancer.Ingress[0].IP + s.Status.LoadBalancer.Ingress[0].Hostname
			if !strings.HasPrefix(address, one.want) || seen[address] {
				t.Errorf("%s has %s, want one in %s that nobody else has", one.name, address, one.want)
			}
			seen[address] = true
			return true, nil
		})
	}
}

func (c running) unbalanced(t *testing.T) {
	c.balance(t, "sctp", func(s *corev1.Service) { s.Spec.Ports[0].Protocol = corev1.ProtocolSCTP })
	c.said(t, "sctp", "SyncLoadBalancerFailed", "protocol SCTP of port 80 is not supported")
	s, err := c.CoreV1().Services("default").Get(t.Context(), "sctp", metav1.GetOptions{})
	if err != nil || len(s.Status.LoadBalancer.Ingress) != 0 {
		t.Errorf("it has %v, %v", s.Status.LoadBalancer.Ingress, err)
	}
}

func (c running) fronted(t *testing.T) {
	ingresses := schema.GroupVersionResource{Group: "networking.k8s.io", Version: "v1", Resource: "ingresses"}
	all := c.applied(t, ingresses, `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec: {ingressClassName: web, defaultBackend: {service: {name: public, port: {number: 80}}}}`)
	until(t, "ingress", func(ctx context.Context) (bool, error) {
		in, err := all.Get(ctx, "web", metav1.GetOptions{})
		if err != nil {
			return false, err
		}
		list, _, _ := unstructured.NestedSlice(in.Object, "status", "loadBalancer", "ingress")
		return len(list) == 1 && list[0].(map[string]any)["ip"] == "198.51.100.1", nil
	})
	all = c.applied(t, gatewayKind("gateways"), `
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: front}
spec: {gatewayClassName: front, listeners: [{name: http, port: 80, protocol: HTTP}]}`)
	until(t, "gateway", func(ctx context.Context) (bool, error) {
		g, err := all.Get(ctx, "front", metav1.GetOptions{})
		if err != nil {
			return false, err
		}
		list, _, _ := unstructured.NestedSlice(g.Object, "status", "addresses")
		return len(list) == 1 && list[0].(map[string]any)["value"] == "198.51.100.9", nil
	})
}
