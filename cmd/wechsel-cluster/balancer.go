package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

var errFull = errors.New("no address is left")

func (p *provider) watchServices(ctx context.Context) error {
	return reconcile(ctx, p.shared.Core().V1().Services().Informer(), p.service)
}

// service is the cloud controller: it gives a Service of type LoadBalancer an
// address of the balancer that its class names.
func (p *provider) service(ctx context.Context, s *corev1.Service) (time.Duration, error) {
	if s.Spec.Type != corev1.ServiceTypeLoadBalancer || s.DeletionTimestamp != nil || len(s.Status.LoadBalancer.Ingress) > 0 {
		return 0, nil
	}
	class := ""
	if s.Spec.LoadBalancerClass != nil {
		class = *s.Spec.LoadBalancerClass
	}
	i := slices.IndexFunc(p.Balancers, func(b Balancer) bool { return b.Controller == "" && b.Class == class })
	if i < 0 {
		return 0, nil // nobody answers: the address stays pending
	}
	b := p.Balancers[i]
	why := b.refuses(s)
	if why == "" && b.Octavia == ovn {
		why = ovnRefuses(p.Name, s)
	}
	if why != "" {
		p.tell("service-controller", s, "SyncLoadBalancerFailed", "Error syncing load balancer: "+why)
		return 0, nil
	}
	if wait := time.Duration(b.Delay) - p.now().Sub(s.CreationTimestamp.Time); wait > 0 {
		return wait, nil
	}
	address, err := p.free(b.pool(s))
	if err != nil {
		p.tell("service-controller", s, "SyncLoadBalancerFailed", "Error syncing load balancer: "+err.Error())
		return 0, nil
	}
	next := s.DeepCopy()
	next.Status.LoadBalancer.Ingress = []corev1.LoadBalancerIngress{{IP: address.String()}}
	if b.Hostname != "" {
		next.Status.LoadBalancer.Ingress = []corev1.LoadBalancerIngress{{Hostname: s.Name + "." + s.Namespace + "." + b.Hostname}}
	}
	_, err = p.balancer.CoreV1().Services(s.Namespace).UpdateStatus(ctx, next, metav1.UpdateOptions{})
	return 0, known(err)
}

// refuses says what the balancer cannot do; empty: it can do all.
func (b Balancer) refuses(s *corev1.Service) string {
	protocols := b.Protocols
	if len(protocols) == 0 {
		protocols = []string{"TCP", "UDP"}
	}
	for _, port := range s.Spec.Ports {
		if !slices.Contains(protocols, string(port.Protocol)) {
			return fmt.Sprintf("failed to ensure load balancer: protocol %s of port %d is not supported", port.Protocol, port.Port)
		}
	}
	return ""
}

// pool is the range that the Service's annotations ask for. Annotations of
// another provider mean nothing here, as on the real one.
func (b Balancer) pool(s *corev1.Service) netip.Prefix {
	for _, key := range b.InternalBy {
		if s.Annotations[key] == "true" && b.Internal != nil {
			return *b.Internal
		}
	}
	return b.Pool
}

// free returns the first address of the pool that nobody has.
func (p *provider) free(pool netip.Prefix) (netip.Addr, error) {
	taken := map[string]bool{}
	services, err := p.shared.Core().V1().Services().Lister().List(labels.Everything())
	if err != nil {
		return netip.Addr{}, err
	}
	for _, s := range services {
		for _, in := range s.Status.LoadBalancer.Ingress {
			taken[in.IP] = true
		}
	}
	for i := uint64(0); ; i++ {
		a, err := nth(pool, i)
		if err != nil || !taken[a.String()] {
			return a, err
		}
	}
}

// hosts is how many addresses a prefix has for hosts.
func hosts(prefix netip.Prefix) uint64 {
	if !prefix.Addr().Is4() || prefix.Bits() > 30 {
		return 0
	}
	return uint64(1)<<(32-prefix.Bits()) - 2
}

// nth is the address number i (from 0) of those that a prefix has for hosts.
func nth(prefix netip.Prefix, i uint64) (netip.Addr, error) {
	if i >= hosts(prefix) {
		return netip.Addr{}, fmt.Errorf("%s: %w", prefix, errFull)
	}
	b := prefix.Masked().Addr().As4()
	binary.BigEndian.PutUint32(b[:], binary.BigEndian.Uint32(b[:])+1+uint32(i))
	return netip.AddrFrom4(b), nil
}
