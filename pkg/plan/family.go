package plan

import (
	"slices"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// A family is a controller that takes orders from annotations, which all others
// ignore without a word.
type family struct {
	name     string
	prefixes []string // of its annotations
	internal []string // the annotations that keep what it makes from the internet
	// What a tenant can read of a cluster and only this family leaves there.
	provisioners, groups, labels, controllers []string
}

// balancers are those that give addresses to Services. Sources: the
// documentation of cloud-provider-openstack (expose-applications-using-loadbalancer-type-service.md),
// hcloud-cloud-controller-manager (load_balancers.md), MetalLB (usage), Cilium
// (network/lb-ipam), kube-vip (usage/cloud-provider), and the hyperscalers' own.
func balancers() []family {
	return []family{
		{name: "OpenStack", prefixes: []string{"loadbalancer.openstack.org/", "service.beta.kubernetes.io/openstack-"}, internal: []string{"service.beta.kubernetes.io/openstack-internal-load-balancer"},
			provisioners: []string{"cinder.csi.openstack.org", "manila.csi.openstack.org", "kubernetes.io/cinder"}, labels: []string{"topology.cinder.csi.openstack.org/"}},
		{name: "Hetzner", prefixes: []string{"load-balancer.hetzner.cloud/"}, internal: []string{"load-balancer.hetzner.cloud/disable-public-network"},
			provisioners: []string{"csi.hetzner.cloud"}, labels: []string{"csi.hetzner.cloud/", "instance.hetzner.cloud/"}},
		{name: "MetalLB", prefixes: []string{"metallb.io/", "metallb.universe.tf/"}, groups: []string{"metallb.io"}},
		{name: "Cilium", prefixes: []string{"io.cilium/", "lbipam.cilium.io/"}, groups: []string{"cilium.io"}},
		{name: "kube-vip", prefixes: []string{"kube-vip.io/"}},
		{name: "yawol", prefixes: []string{"yawol.stackit.cloud/"}, internal: []string{"yawol.stackit.cloud/internalLB"}, groups: []string{"yawol.stackit.cloud"}},
		{name: "AWS", prefixes: []string{"service.beta.kubernetes.io/aws-"}, internal: []string{"service.beta.kubernetes.io/aws-load-balancer-internal"}, provisioners: []string{"ebs.csi.aws.com"}},
		{name: "Azure", prefixes: []string{"service.beta.kubernetes.io/azure-"}, internal: []string{"service.beta.kubernetes.io/azure-load-balancer-internal"}, provisioners: []string{"disk.csi.azure.com"}},
		{name: "Google", prefixes: []string{"networking.gke.io/", "cloud.google.com/"}, internal: []string{"networking.gke.io/load-balancer-type"}, provisioners: []string{"pd.csi.storage.gke.io"}},
	}
}

// proxies are those that serve Ingresses; their classes name their controller.
func proxies() []family {
	return []family{
		{name: "ingress-nginx", prefixes: []string{"nginx.ingress.kubernetes.io/"}, controllers: []string{"k8s.io/ingress-nginx"}},
		{name: "F5 NGINX", prefixes: []string{"nginx.org/", "nginx.com/"}, controllers: []string{"nginx.org/ingress-controller"}},
		{name: "Traefik", prefixes: []string{"traefik.ingress.kubernetes.io/"}, controllers: []string{"traefik.io/ingress-controller"}},
		{name: "HAProxy", prefixes: []string{"haproxy.org/", "haproxy-ingress.github.io/"}, controllers: []string{"haproxy.org/ingress-controller/haproxy", "haproxy-ingress.github.io/controller"}},
		{name: "Cilium", prefixes: []string{"ingress.cilium.io/"}, controllers: []string{"cilium.io/ingress-controller"}},
		{name: "Contour", prefixes: []string{"projectcontour.io/"}, controllers: []string{"projectcontour.io/ingress-controller"}},
	}
}

// enforcers are the groups of kinds that networks leave which hold NetworkPolicies.
func enforcers() []string {
	return []string{"cilium.io", "crd.projectcalico.org", "projectcalico.org", "crd.antrea.io", "kubeovn.io"}
}

// in reports whether a cluster shows the family.
func (f family) in(c *profile.Cluster) bool {
	if c == nil {
		return false
	}
	for _, o := range c.Given {
		driver, _ := o.Facts["provisioner"].(string)
		if o.Type == string(storageClass) && slices.Contains(f.provisioners, driver) {
			return true
		}
	}
	for _, n := range c.Nodes {
		for name := range n.Labels {
			if hasPrefix(name, f.labels) {
				return true
			}
		}
	}
	return slices.ContainsFunc(f.groups, func(g string) bool { return serves(c, g) })
}

// namesOf lists the families that a cluster shows.
func namesOf(list []family, c *profile.Cluster) string {
	var out []string
	for _, f := range list {
		if f.in(c) {
			out = append(out, f.name)
		}
	}
	return strings.Join(out, ", ")
}

func hasPrefix(text string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(text, p) })
}

// foretellAnnotations tells which orders the target's controllers do not take.
// What the source did not take either is no loss, where that is known.
func (b *builder) foretellAnnotations() {
	if b.cat.Cluster == nil {
		return
	}
	for _, src := range b.all {
		r := b.out.Get(src.Ref) // as the user's rules have left it
		switch {
		case r == nil || r.Tenure != resource.Own || !wasRead(src):
		case r.Type == service && text(r, "spec.type") == "LoadBalancer":
			b.ignored(r, balancers(), "balancer", func(f family) bool { return f.in(b.cat.Cluster) }, func(f family) bool { return b.opts.Source == nil || f.in(b.opts.Source.Cluster) })
		case r.Type == ingress:
			b.ignoredByProxy(src, r)
		}
	}
}

func (b *builder) ignored(r *resource.Resource, families []family, rule string, taken, had func(family) bool) {
	metadata, _ := r.Spec["metadata"].(map[string]resource.Value)
	annotations, _ := metadata["annotations"].(map[string]resource.Value)
	for _, f := range families {
		if taken(f) || !had(f) {
			continue
		}
		for name, value := range annotations {
			if !hasPrefix(name, f.prefixes) {
				continue
			}
			s := gap.Signal{Code: rule + "/annotation-ignored", Ref: r.Ref, Path: resource.Path("metadata.annotations").Field(name), Source: value, Effect: resource.Degraded,
				Args: map[string]string{"annotation": name, "family": f.name}}
			if rule == "balancer" {
				s.Args["shows"] = namesOf(families, b.cat.Cluster)
			}
			if slices.Contains(f.internal, name) && value != "false" {
				s.Code = rule + "/internal-ignored"
			}
			b.foretell(s)
		}
	}
}

// ignoredByProxy compares an Ingress's annotations with the controller of the
// class that it gets on the target. Without a known class nothing can be said.
func (b *builder) ignoredByProxy(src, r *resource.Resource) {
	controllerOf := func(set *resource.Set, of *resource.Resource) string {
		class, _ := resource.Lookup(of.Spec, "spec.ingressClassName")
		ref, _ := class.(resource.Ref)
		if c := set.Get(ref); c != nil {
			return text(c, "spec.controller")
		}
		return ""
	}
	before, now := controllerOf(b.set, src), controllerOf(b.out, r)
	if now == "" || before == now {
		return
	}
	b.ignored(r, proxies(), "ingress", func(f family) bool { return slices.Contains(f.controllers, now) },
		func(f family) bool { return before == "" || slices.Contains(f.controllers, before) })
}

// foretellPolicies: every API server takes a NetworkPolicy, and only the network
// can hold it. Where the source shows a network that does and the target shows
// none, nothing promises that traffic stays apart.
func (b *builder) foretellPolicies() {
	holds := func(c *profile.Cluster) bool {
		return slices.ContainsFunc(enforcers(), func(g string) bool { return serves(c, g) })
	}
	if b.cat.Cluster == nil || holds(b.cat.Cluster) || b.opts.Source == nil || !holds(b.opts.Source.Cluster) {
		return
	}
	for r := range b.out.OfType(networkPolicy) {
		b.foretell(gap.Signal{Code: "network-policy/unproven", Ref: r.Ref, Effect: resource.Degraded})
	}
}

// foretellMetrics: without the metrics API an autoscaler does not scale.
func (b *builder) foretellMetrics() {
	const group = "metrics.k8s.io"
	if b.cat.Cluster == nil || serves(b.cat.Cluster, group) || b.opts.Source == nil || !serves(b.opts.Source.Cluster, group) {
		return
	}
	for r := range b.out.OfType(autoscaler) {
		b.foretell(gap.Signal{Code: "metrics/absent", Ref: r.Ref, Path: "spec.metrics", Effect: resource.Degraded})
	}
}
