package profile_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/wechsel-project/wechsel/pkg/profile"
)

const onlyKubernetes = `name: x
title: {en: X, de: X}
description: {en: X, de: X}
region: r
kubernetes:
  version: "1.35"
  nodes:
    - {name: one, labels: {zone: a}, taints: [{key: k, effect: NoSchedule}], capacity: {cpu: "4"}}
    - {name: two}
  drivers:
    - {name: block, accessModes: [ReadWriteOnce], maxSize: 2Ti, topology: zone}
  balancers:
    - {pool: 203.0.113.0/24, internal: 10.0.0.0/24, internalBy: [a/b], protocols: [TCP], octavia: ovn}
  podSecurity: {enforce: baseline}
  declared: {secretsEncrypted: true, etcdGiB: 8}
  kinds: [{group: cert-manager.io, kind: Issuer, versions: [v1]}]
  objects: [{apiVersion: v1, kind: Namespace, metadata: {name: shop}}]
  namespaced: [{apiVersion: v1, kind: LimitRange, metadata: {name: default}}]
`

func TestAProviderOfKubernetesAlone(t *testing.T) {
	p, err := profile.Parse("x.yaml", []byte(onlyKubernetes))
	if err != nil {
		t.Fatal(err)
	}
	if p.OpenStack() || !p.Kubernetes.Serves() {
		t.Errorf("it offers OpenStack: %v, Kubernetes: %v", p.OpenStack(), p.Kubernetes.Serves())
	}
	if p.Kubernetes.Octavia() != profile.OVN || (profile.Kubernetes{Balancers: []profile.Balancer{{Class: "other", Octavia: profile.OVN}}}).Octavia() != "" {
		t.Errorf("the provider of load balancers is %q", p.Kubernetes.Octavia())
	}
	text, err := json.Marshal(p.Kubernetes)
	if err != nil {
		t.Fatal(err)
	}
	var back profile.Kubernetes
	if err := json.Unmarshal(text, &back); err != nil || back.Balancers[0].Pool != p.Kubernetes.Balancers[0].Pool {
		t.Errorf("%s read back is %+v, %v", text, back, err)
	}
}

func TestKubernetesIsValidated(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{`"1.35"`, `"1.20"`, `x.yaml:6:12: kubernetes.version: "1.20" is none of 1.33, 1.34, 1.35, 1.36`},
		{"name: two", "name: one", `x.yaml:9:14: kubernetes.nodes.1.name: "one" is there twice`},
		{"effect: NoSchedule", "effect: Never", `x.yaml:8:64: kubernetes.nodes.0.taints.0.effect: "Never" is none of`},
		{`cpu: "4"`, `cpu: four`, `x.yaml:8:94: kubernetes.nodes.0.capacity.cpu: "four" is no quantity`},
		{"[ReadWriteOnce]", "[ReadSometimes]", `x.yaml:11:35: kubernetes.drivers.0.accessModes.0: "ReadSometimes" is none of`},
		{"[ReadWriteOnce]", "[]", "kubernetes.drivers.0: needs accessModes"},
		{"2Ti", "big", `kubernetes.drivers.0.maxSize: "big" is no quantity`},
		{"topology: zone", "topology: rack", "x.yaml:11:75: kubernetes.drivers.0.topology: no node has the label rack"},
		{"203.0.113.0/24", "203.0.113.0/31", "x.yaml:13:14: kubernetes.balancers.0.pool: want an IPv4 range"},
		{"203.0.113.0/24", "here", "x.yaml:13:14: "},
		{"internal: 10.0.0.0/24, ", "", "kubernetes.balancers.0.internalBy: needs a range in internal"},
		{"{pool:", "{class: a, controller: b, pool:", "kubernetes.balancers.0: is either for Services"},
		{"[TCP]", "[HTTP]", `kubernetes.balancers.0.protocols.0: "HTTP" is none of TCP, UDP, SCTP`},
		{"octavia: ovn", "octavia: haproxy", `kubernetes.balancers.0.octavia: "haproxy" is none of amphora, ovn`},
		{"enforce: baseline", "enforce: high", `x.yaml:14:26: kubernetes.podSecurity.enforce: "high" is none of`},
		{"etcdGiB: 8", "etcdGiB: -1", "x.yaml:15:47: kubernetes.declared.etcdGiB: -1 is no size"},
		{"kind: Issuer, ", "", "x.yaml:16:11: kubernetes.kinds.0: needs group, kind and versions"},
		{"kind: Namespace, ", "", "x.yaml:17:13: kubernetes.objects.0: has no kind"},
		{"{name: default}", "{name: default, namespace: shop}", "x.yaml:18:16: kubernetes.namespaced.0: is for every namespace"},
		{"region: r\n", "region: r\nflavors: [{name: a}]\n", "x.yaml:5:10: flavors: a profile without services has none"},
		{"  nodes:\n    - {name: one, labels: {zone: a}, taints: [{key: k, effect: NoSchedule}], capacity: {cpu: \"4\"}}\n    - {name: two}\n", "", "kubernetes: has no nodes"},
	} {
		text := strings.Replace(onlyKubernetes, c.old, c.new, 1)
		if text == onlyKubernetes {
			t.Errorf("%q is not in the file", c.old)
		}
		_, err := profile.Parse("x.yaml", []byte(text))
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "x.yaml:") {
			t.Errorf("%s: got %v, want %s", c.new, err, c.want)
		}
	}
}
