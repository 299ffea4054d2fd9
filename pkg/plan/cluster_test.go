package plan

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wechsel-project/wechsel/fixtures"
	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// Two clusters that are alike, and a shop on one of them, in the shape that the
// driver gives. A case changes one thing, and that is what has to be foretold.

const (
	deployed    resource.Type = "apps/Deployment"
	roleBinding resource.Type = "rbac.authorization.k8s.io/RoleBinding"
	webhooks    resource.Type = "admissionregistration.k8s.io/ValidatingWebhookConfiguration"
	anOrder     resource.Type = "shop.example/Order"
)

// A world is what a case changes.
type world struct {
	set            *resource.Set
	source, target *profile.Cluster
	rules          []Rule
}

func cluster() *profile.Cluster {
	c := &profile.Cluster{Version: "v1.34.2", Namespaces: []string{"default", "kube-system"},
		Given: []profile.Offered{
			{Type: string(storageClass), Name: "standard", Default: true, Facts: map[string]any{"provisioner": "cinder.csi.openstack.org", "volumeBindingMode": "WaitForFirstConsumer", "allowVolumeExpansion": true}},
			{Type: string(ingressClass), Name: "nginx", Facts: map[string]any{"spec": map[string]any{"controller": "k8s.io/ingress-nginx"}}},
			{Type: string(priorityClass), Name: "high", Facts: map[string]any{"value": int64(1000)}},
			{Type: string(runtimeClass), Name: "sandbox", Facts: map[string]any{"handler": "gvisor"}},
		},
		Nodes: []profile.Machine{{Count: 2, Labels: map[string]string{archLabel: "amd64", "zone": "a", "disk": "nvme"}, Capacity: map[string]string{"cpu": "4", "memory": "8Gi", "pods": "110", "gpu.example/one": "1"}},
			{Count: 1, Labels: map[string]string{archLabel: "amd64", "zone": "b"}, Capacity: map[string]string{"cpu": "3500m", "memory": "8Gi", "pods": "110"}}},
	}
	for kind, versions := range map[string][]string{"/Namespace": {"v1"}, "/ConfigMap": {"v1"}, "/Secret": {"v1"}, "/Service": {"v1"}, "/PersistentVolumeClaim": {"v1"}, "/PersistentVolume": {"v1"}, "apps/Deployment": {"v1"}, "apps/StatefulSet": {"v1"},
		"batch/Job": {"v1"}, "networking.k8s.io/Ingress": {"v1"}, "networking.k8s.io/NetworkPolicy": {"v1"}, "autoscaling/HorizontalPodAutoscaler": {"v2", "v1"}, "rbac.authorization.k8s.io/RoleBinding": {"v1"},
		"metrics.k8s.io/PodMetrics": {"v1beta1"}, "cilium.io/CiliumNetworkPolicy": {"v2"}, "scheduling.k8s.io/PriorityClass": {"v1"},
		"apiextensions.k8s.io/CustomResourceDefinition": {"v1"}, "admissionregistration.k8s.io/ValidatingWebhookConfiguration": {"v1"}} {
		group, name, _ := strings.Cut(kind, "/")
		c.Kinds = append(c.Kinds, profile.Kind{Group: group, Kind: name, Versions: versions})
	}
	return c
}

// given finds what the cluster gives.
func givenBy(c *profile.Cluster, t resource.Type) *profile.Offered {
	return &c.Given[slices.IndexFunc(c.Given, func(o profile.Offered) bool { return o.Type == string(t) })]
}

// dropKind takes a kind, or with "" all of its group, from the cluster.
func dropKind(c *profile.Cluster, group, kind string) {
	c.Kinds = slices.DeleteFunc(c.Kinds, func(k profile.Kind) bool { return k.Group == group && (kind == "" || k.Kind == kind) })
}

func in(namespaceName string, t resource.Type, apiVersion, name string, spec specs) *resource.Resource {
	metadata := specs{"namespace": ref(namespace, namespaceName), "labels": specs{"app": name}}
	if a := spec["annotations"]; a != nil {
		metadata["annotations"] = a
		delete(spec, "annotations")
	}
	spec["apiVersion"], spec["metadata"] = apiVersion, metadata
	return &resource.Resource{Ref: ref(t, namespaceName+"-"+name), Name: name, Scope: namespaceName, ID: namespaceName + "/" + name, Tenure: resource.Own, Spec: spec, State: resource.Ready}
}

func offeredAs(t resource.Type, name string, facts specs) *resource.Resource {
	return &resource.Resource{Ref: ref(t, name), Name: name, Tenure: resource.Given, Spec: facts, State: resource.Ready}
}

// unseenAs is what the project refers to and nobody can see.
func unseenAs(t resource.Type, scope, name string) *resource.Resource {
	r := &resource.Resource{Ref: ref(t, strings.TrimPrefix(scope+"-"+name, "-")), Name: name, Scope: scope, Tenure: resource.Given, State: resource.Ready, Why: "not seen"}
	return r
}

func pods(spec specs) specs {
	spec["containers"] = []resource.Value{specs{"name": "web", "image": "web:1", "resources": specs{"requests": specs{"cpu": "500m", "memory": "1Gi"}}}}
	return specs{"replicas": int64(2), "template": specs{"spec": spec}}
}

func kube() world {
	c := cluster()
	facts := func(t resource.Type) specs { return resource.Clone(givenBy(c, t).Facts).(specs) }
	set := resource.NewSet(kubeSchemas(),
		&resource.Resource{Ref: ref(namespace, "shop"), Name: "shop", Tenure: resource.Own, Spec: specs{"apiVersion": "v1", "metadata": specs{}}, State: resource.Ready},
		offeredAs(storageClass, "standard", facts(storageClass)), offeredAs(ingressClass, "nginx", facts(ingressClass)),
		offeredAs(priorityClass, "high", facts(priorityClass)), offeredAs(runtimeClass, "sandbox", facts(runtimeClass)),
		in("shop", configMap, "v1", "settings", specs{"data": specs{"mode": "fast"}}),
		in("shop", deployed, "apps/v1", "web", specs{"spec": pods(specs{"priorityClassName": ref(priorityClass, "high"), "runtimeClassName": ref(runtimeClass, "sandbox"),
			"volumes": []resource.Value{specs{"name": "settings", "configMap": specs{"name": ref(configMap, "shop-settings")}}}})}),
		in("shop", service, "v1", "web", specs{"spec": specs{"type": "LoadBalancer", "clusterIP": "10.96.0.7"}, "annotations": specs{"loadbalancer.openstack.org/proxy-protocol": "true"}}),
		in("shop", ingress, "networking.k8s.io/v1", "web", specs{"spec": specs{"ingressClassName": ref(ingressClass, "nginx")}, "annotations": specs{"nginx.ingress.kubernetes.io/rewrite-target": "/"}}),
		in("shop", networkPolicy, "networking.k8s.io/v1", "web", specs{"spec": specs{}}),
		in("shop", autoscaler, "autoscaling/v2", "web", specs{"spec": specs{"scaleTargetRef": specs{"kind": "Deployment", "name": ref(deployed, "shop-web")}}}))
	return world{set: set, source: c, target: cluster()}
}

// of returns the resource's spec, to be changed.
func (w world) of(t resource.Type, name string) specs {
	return w.set.Get(ref(t, "shop-"+name)).Spec
}

func (w world) pods() specs {
	return w.of(deployed, "web")["spec"].(specs)["template"].(specs)["spec"].(specs)
}

func kubeSchemas() resource.Schemas {
	out := schemas()
	for _, t := range []resource.Type{namespace, configMap, secret, service, claim, clusterVolume, deployed, statefulSet, job, ingress, networkPolicy, autoscaler, roleBinding, webhooks, definition, anOrder,
		storageClass, ingressClass, priorityClass, runtimeClass, snapshotClass, gatewayClass} {
		out[t] = &resource.Schema{Type: t, Named: true, Mark: resource.MarkMetadata}
	}
	out[service].Fields = []resource.Field{{Path: "spec.clusterIP", Chooser: resource.Provider}}
	return out
}

func (w world) build(t *testing.T) *Plan {
	t.Helper()
	p, err := Build(w.set, target(profile.Catalogue{Cluster: w.target}), Options{Drill: "d", Cloud: "b", Rules: w.rules, Source: &profile.Catalogue{Cluster: w.source}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// foretold are the kinds of gaps that a plan expects, with whose they are.
func foretold(t *testing.T, p *Plan) []string {
	t.Helper()
	c, err := gap.Load(fixtures.FS)
	if err != nil {
		t.Fatal(err)
	}
	out := []string{}
	for _, g := range c.Classify(p.Forecast, "en") {
		for _, r := range g.Resources {
			out = append(out, fmt.Sprintf("%s %s %s", g.Severity, g.Kind, r))
		}
	}
	slices.Sort(out)
	return out
}

// A claim of a class that a case changes.
func claimOf(class resource.Value, modes ...resource.Value) *resource.Resource {
	r := in("shop", claim, "v1", "data", specs{"spec": specs{"accessModes": modes, "resources": specs{"requests": specs{"storage": "5Gi"}}}})
	if class != nil {
		r.Spec["spec"].(specs)["storageClassName"] = class
	}
	r.State = "" // as a scenario asks for it, so that it has no data yet
	return r
}

func TestNothingIsForetoldOfTwins(t *testing.T) {
	w := kube()
	w.set.Put(claimOf(ref(storageClass, "standard"), "ReadWriteOnce"))
	p := w.build(t)
	if got := foretold(t, p); len(got) > 0 {
		t.Errorf("foretold is %v", got)
	}
	for _, d := range p.Mapping.Decisions {
		if d.Effect != resource.Same {
			t.Errorf("decided is %+v", d)
		}
	}
	if p := w.build(t); len(p.Steps) != 8 {
		t.Errorf("steps are %v", ids(p))
	}
}

func TestForetoldInClusters(t *testing.T) {
	web, svc := " apps/Deployment/shop-web", " core/Service/shop-web"
	data := " core/PersistentVolumeClaim/shop-data"
	standard := resource.Value(ref(storageClass, "standard"))
	for name, c := range map[string]struct {
		change func(*world)
		want   []string
	}{
		"kind absent":              {func(w *world) { dropKind(w.target, "apps", "Deployment") }, []string{"blocker cluster/kind-absent" + web}},
		"other version":            {func(w *world) { w.of(autoscaler, "web")["apiVersion"] = "autoscaling/v2beta2" }, []string{"adapted cluster/api-version-converted autoscaling/HorizontalPodAutoscaler/shop-web"}},
		"older version, served":    {func(w *world) { w.of(autoscaler, "web")["apiVersion"] = "autoscaling/v1" }, nil},
		"no metrics":               {func(w *world) { dropKind(w.target, "metrics.k8s.io", "") }, []string{"degraded workload/metrics-absent autoscaling/HorizontalPodAutoscaler/shop-web"}},
		"no network with policies": {func(w *world) { dropKind(w.target, "cilium.io", "") }, []string{"degraded network/policy-unproven networking.k8s.io/NetworkPolicy/shop-web"}},
		"no metrics on either":     {func(w *world) { dropKind(w.target, "metrics.k8s.io", ""); dropKind(w.source, "metrics.k8s.io", "") }, nil},
		"other ingress class":      {func(w *world) { givenBy(w.target, ingressClass).Name = "public" }, []string{"adapted network/ingress-class-replaced networking.k8s.io/Ingress/shop-web"}},
		"other class, other controller": {func(w *world) {
			*givenBy(w.target, ingressClass) = profile.Offered{Type: string(ingressClass), Name: "public", Facts: map[string]any{"spec": map[string]any{"controller": "traefik.io/ingress-controller"}}}
		}, []string{"adapted network/ingress-class-replaced networking.k8s.io/Ingress/shop-web", "degraded network/ingress-annotation-ignored networking.k8s.io/Ingress/shop-web"}},
		"no ingress class": {func(w *world) { givenBy(w.target, ingressClass).Type = "x/y" }, []string{"blocker network/ingress-class-absent networking.k8s.io/Ingress/shop-web"}},
		"other controller": {func(w *world) {
			givenBy(w.target, ingressClass).Facts["spec"] = map[string]any{"controller": "traefik.io/ingress-controller"}
		}, []string{"adapted network/ingress-class-replaced networking.k8s.io/IngressClass/nginx", "degraded network/ingress-annotation-ignored networking.k8s.io/Ingress/shop-web"}},
		"no priority class":        {func(w *world) { givenBy(w.target, priorityClass).Type = "x/y" }, []string{"blocker workload/priority-class-absent" + web}},
		"priority of another name": {func(w *world) { givenBy(w.target, priorityClass).Name = "urgent" }, []string{"adapted workload/priority-class-replaced" + web}},
		"priority is lower":        {func(w *world) { givenBy(w.target, priorityClass).Facts["value"] = int64(10) }, []string{"degraded workload/priority-class-replaced scheduling.k8s.io/PriorityClass/high"}},
		"no runtime class":         {func(w *world) { givenBy(w.target, runtimeClass).Type = "x/y" }, []string{"blocker workload/runtime-class-absent" + web}},
		"runtime of another name":  {func(w *world) { givenBy(w.target, runtimeClass).Name = "gvisor" }, []string{"adapted workload/runtime-class-replaced" + web}},
		"another runtime":          {func(w *world) { givenBy(w.target, runtimeClass).Facts["handler"] = "runc" }, []string{"degraded workload/runtime-class-replaced node.k8s.io/RuntimeClass/sandbox"}},
		"other load balancers":     {func(w *world) { givenBy(w.target, storageClass).Facts["provisioner"] = "csi.hetzner.cloud" }, []string{"degraded network/lb-annotation-ignored" + svc}},
		"annotation of nobody":     {func(w *world) { annotate(w, "metallb.io/address-pool", "public") }, nil}, // the source has ignored it too
		"internal becomes public": {func(w *world) {
			givenBy(w.target, storageClass).Facts["provisioner"] = "csi.hetzner.cloud"
			annotate(w, "service.beta.kubernetes.io/openstack-internal-load-balancer", "true")
		}, []string{"degraded network/internal-becomes-public" + svc}},
		"selected node":            {func(w *world) { w.pods()["nodeSelector"] = specs{"disk": "ssd"} }, []string{"blocker workload/node-label-absent" + web}},
		"selected node, there":     {func(w *world) { w.pods()["nodeSelector"] = specs{"disk": "nvme", "zone": "a"} }, nil},
		"required affinity":        {func(w *world) { w.pods()["affinity"] = affinity("zone", "In", "c") }, []string{"blocker workload/node-label-absent" + web}},
		"required affinity, there": {func(w *world) { w.pods()["affinity"] = affinity("zone", "NotIn", "a") }, nil},
		"tainted":                  {func(w *world) { w.taint("NoSchedule") }, []string{"blocker workload/node-tainted" + web}},
		"tainted a little":         {func(w *world) { w.taint("PreferNoSchedule") }, nil},
		"tolerated": {func(w *world) {
			w.taint("NoSchedule")
			w.pods()["tolerations"] = []resource.Value{specs{"key": "gpu", "operator": "Exists"}}
		}, nil},
		"spread over one zone": {func(w *world) { w.target.Nodes = w.target.Nodes[:1]; w.spread("zone", "DoNotSchedule") }, []string{"degraded workload/too-few-places" + web}},
		"spread over one zone twice": {func(w *world) {
			w.target.Nodes, w.source.Nodes = w.target.Nodes[:1], w.source.Nodes[:1]
			w.spread("zone", "DoNotSchedule")
		}, nil},
		"spread over nothing":  {func(w *world) { w.spread("rack", "DoNotSchedule") }, []string{"blocker workload/node-label-absent" + web}},
		"apart on one node":    {func(w *world) { w.target.Nodes = w.target.Nodes[1:]; w.pods()["affinity"] = apart(hostLabel) }, []string{"blocker workload/too-few-places" + web}},
		"apart on three nodes": {func(w *world) { w.pods()["affinity"] = apart(hostLabel) }, nil},
		"too large":            {func(w *world) { w.request("cpu", "6") }, []string{"blocker workload/node-too-small" + web}},
		"as large as a node":   {func(w *world) { w.request("cpu", "4000m") }, nil},
		"device":               {func(w *world) { w.request("gpu.example/two", int64(1)) }, []string{"blocker workload/device-absent" + web}},
		"device, there":        {func(w *world) { w.request("gpu.example/one", "1") }, nil},
		"other architecture":   {func(w *world) { w.architecture("arm64", 0, 1) }, []string{"blocker workload/architecture" + web}},
		"mixed architectures":  {func(w *world) { w.architecture("arm64", 0) }, []string{"degraded workload/architecture" + web}},
		"nodes not visible":    {func(w *world) { w.target.Nodes = nil; w.pods()["nodeSelector"] = specs{"disk": "ssd"} }, nil},

		"class of another name": {func(w *world) {
			w.set.Put(claimOf(standard, "ReadWriteOnce"))
			givenBy(w.target, storageClass).Name = "csi-cinder"
		}, []string{"adapted storage/class-replaced" + data}},
		"no class": {func(w *world) {
			w.set.Put(claimOf(standard, "ReadWriteOnce"))
			o := givenBy(w.target, storageClass)
			o.Type = "x/y"
			w.keepLabels()
		}, []string{"blocker storage/class-absent" + data}},
		"no default class": {func(w *world) {
			w.set.Put(claimOf(nil, "ReadWriteOnce"))
			givenBy(w.target, storageClass).Default = false
		}, []string{"blocker storage/no-default-class" + data}},
		"empty class": { // it asks for a volume that is there, and for no class's driver
			func(w *world) {
				w.set.Put(claimOf("", "ReadWriteMany"))
				givenBy(w.target, storageClass).Default = false
			}, nil},
		"empty class beside a default": {func(w *world) { w.set.Put(claimOf("", "ReadWriteMany")) }, nil},
		"two default classes":          {func(w *world) { w.set.Put(claimOf(nil, "ReadWriteOnce")); w.offer("second", true) }, []string{"degraded storage/two-default-classes" + data}},
		"classes not readable": {func(w *world) {
			w.set.Put(claimOf(nil, "ReadWriteOnce"))
			w.target.Given[0].Default = false
			w.target.Unread = []profile.Unreadable{{Type: string(storageClass)}}
		}, nil},
		"bound at once": {func(w *world) {
			w.set.Put(claimOf(standard, "ReadWriteOnce"))
			delete(givenBy(w.target, storageClass).Facts, "volumeBindingMode")
		}, []string{"degraded storage/binding-mode storage.k8s.io/StorageClass/standard"}},
		"cannot grow": {func(w *world) {
			w.set.Put(claimOf(standard, "ReadWriteOnce"))
			givenBy(w.target, storageClass).Facts["allowVolumeExpansion"] = false
		}, []string{"degraded storage/expansion-lost storage.k8s.io/StorageClass/standard"}},
		"is retained": {func(w *world) {
			w.set.Put(claimOf(standard, "ReadWriteOnce"))
			givenBy(w.target, storageClass).Facts["reclaimPolicy"] = "Retain"
		}, []string{"adapted storage/reclaim-policy storage.k8s.io/StorageClass/standard"}},
		"does not encrypt": {func(w *world) {
			w.set.Put(claimOf(standard, "ReadWriteOnce"))
			w.set.Get(standard.(resource.Ref)).Spec["parameters"] = specs{"encrypted": "true"}
		}, []string{"degraded storage/class-encryption-lost storage.k8s.io/StorageClass/standard"}},
		"other parameters": {func(w *world) {
			w.set.Put(claimOf(standard, "ReadWriteOnce"))
			givenBy(w.target, storageClass).Facts["parameters"] = map[string]any{"type": "hdd"}
		}, []string{"adapted storage/class-parameters storage.k8s.io/StorageClass/standard"}},
		"other driver": {func(w *world) {
			w.set.Put(claimOf(standard, "ReadWriteOnce"))
			givenBy(w.target, storageClass).Facts["provisioner"] = "driver.example"
			w.keepLabels()
		}, []string{"adapted storage/driver-differs storage.k8s.io/StorageClass/standard"}},
		"shared": {func(w *world) { w.set.Put(claimOf(standard, "ReadWriteMany")) }, []string{"blocker storage/access-mode" + data}},
		"shared, by nobody knows": {func(w *world) {
			w.set.Put(claimOf(standard, "ReadWriteMany"))
			w.set.Get(standard.(resource.Ref)).Spec["provisioner"] = "driver.example"
			w.target.Given[0].Facts["provisioner"] = "driver.example"
			w.keepLabels()
		}, nil},
		"template without class": {func(w *world) {
			w.set.Put(in("shop", statefulSet, "apps/v1", "db", specs{"spec": specs{"volumeClaimTemplates": []resource.Value{specs{"spec": specs{}}}}}))
			givenBy(w.target, storageClass).Default = false
		}, []string{"blocker storage/no-default-class apps/StatefulSet/shop-db"}},

		"claim with data": {func(w *world) {
			c := claimOf(standard, "ReadWriteOnce")
			c.State = resource.Ready
			w.set.Put(c)
		}, []string{"degraded storage/claim-data-not-moved" + data}},
		"claim without bytes": {func(w *world) {
			c := claimOf(standard, "ReadWriteOnce")
			c.State, c.Content = resource.Ready, &resource.Content{SHA256: "e3b0"}
			w.set.Put(c)
		}, nil},
		"secret": {func(w *world) {
			s := in("shop", secret, "v1", "login", specs{"data": specs{"password": "wechsel-hmac-sha256:00"}})
			s.Unread = []resource.Path{"data"}
			w.set.Put(s)
		}, []string{"degraded workload/secret-unread core/Secret/shop-login"}},
		"finished job": {func(w *world) { w.set.Put(in("shop", job, "batch/v1", "migrate", specs{"spec": specs{}})) }, []string{"adapted workload/job-finished batch/Job/shop-migrate"}},
		"Helm release": {func(w *world) {
			w.of(configMap, "settings")["metadata"].(specs)["annotations"] = specs{"meta.helm.sh/release-name": "front", "meta.helm.sh/release-namespace": "shop"}
		}, []string{"adapted workload/release-lost core/ConfigMap/shop-settings"}},
		"another release":           {func(w *world) { w.target.Version = "v1.33.0+emulated.by.v1.36.3" }, []string{"info cluster/release-differs core/Namespace/shop"}},
		"another patch release":     {func(w *world) { w.target.Version = "v1.34.9" }, nil},
		"release that nobody knows": {func(w *world) { w.target.Version = "" }, nil},
		"token for somebody outside": {func(w *world) {
			w.pods()["volumes"] = []resource.Value{specs{"name": "t", "projected": specs{"sources": []resource.Value{specs{"serviceAccountToken": specs{"path": "t", "audience": "vault.example"}}, specs{"serviceAccountToken": specs{"path": "own"}}}}}}
		}, []string{"degraded identity/token-issuer" + web}},
		"another domain": {func(w *world) {
			w.source.Domain, w.target.Domain = "cluster.local", "corp.example"
			w.env("URL", "http://db.shop.svc.cluster.local:80")
		}, []string{"degraded network/cluster-domain" + web}},
		"the same domain": {func(w *world) {
			w.source.Domain, w.target.Domain = "cluster.local", "cluster.local"
			w.env("URL", "http://db.shop.svc.cluster.local:80")
		}, nil},
		"domain that nobody knows": {func(w *world) {
			w.source.Domain = "cluster.local"
			w.env("URL", "http://db.shop.svc.cluster.local:80")
		}, nil},
		"metadata of machines": {func(w *world) { w.env("URL", "http://169.254.169.254/openstack") }, []string{"degraded workload/provider-service" + web}},
		"API of the cloud":     {func(w *world) { w.env("OS_AUTH_URL", "https://a.example:5000/v3") }, []string{"degraded workload/provider-service" + web}},
		"login to the cloud": {func(w *world) {
			w.of(configMap, "settings")["data"].(specs)["clouds.yaml"] = "clouds: {}"
		}, []string{"degraded workload/provider-service core/ConfigMap/shop-settings"}},
		"waiting job": {func(w *world) {
			w.set.Put(in("shop", job, "batch/v1", "migrate", specs{"spec": specs{"suspend": true}}))
		}, nil},
		"baked address": {func(w *world) {
			w.set.Get(ref(service, "shop-web")).Attrs = specs{"cluster_ip": "10.96.0.7"}
			w.of(configMap, "settings")["data"].(specs)["url"] = "http://10.96.0.7:80/"
		}, []string{"degraded network/baked-in-address core/ConfigMap/shop-settings"}},
		"asked-for address": {func(w *world) { w.of(service, "web")["spec"].(specs)["loadBalancerIP"] = "203.0.113.9" }, []string{"adapted network/address-not-kept" + svc}},
		"user": {func(w *world) {
			w.set.Put(in("shop", roleBinding, "rbac.authorization.k8s.io/v1", "admins", specs{"subjects": []resource.Value{specs{"kind": "User", "name": "anna"}, specs{"kind": "Group", "name": "system:masters"}}}))
		}, []string{"degraded identity/subject-of-source rbac.authorization.k8s.io/RoleBinding/shop-admins"}},

		"config that nobody has": {func(w *world) { w.mount("configMap", unseenAs(configMap, "shop", "more"), false) }, []string{"blocker workload/reference-dangling" + web}},
		"optional config":        {func(w *world) { w.mount("configMap", unseenAs(configMap, "shop", "more"), true) }, nil},
		"pull secret": {func(w *world) {
			s := unseenAs(secret, "shop", "registry")
			w.set.Put(s)
			w.pods()["imagePullSecrets"] = []resource.Value{specs{"name": s.Ref}}
		}, []string{"degraded workload/reference-dangling" + web}},
		"issued secret": {func(w *world) {
			w.target.Kinds = append(w.target.Kinds, profile.Kind{Group: "cert-manager.io", Kind: "Certificate", Plural: "certificates", Versions: []string{"v1"}, Namespaced: true, Custom: true})
			w.set.Put(in("shop", certificate, "cert-manager.io/v1", "web", specs{"spec": specs{"secretName": "issued"}}))
			w.mount("secret", unseenAs(secret, "shop", "issued"), false)
		}, nil},
		"secret issued for an entrance": {func(w *world) {
			s := unseenAs(secret, "shop", "issued")
			w.set.Put(s)
			w.set.Put(in("shop", ingress, "networking.k8s.io/v1", "asking", specs{
				"annotations": specs{"cert-manager.io/cluster-issuer": "acme"}, "spec": specs{"tls": []resource.Value{specs{"secretName": s.Ref}}}}))
		}, nil},
		"secret for an entrance": {func(w *world) {
			s := unseenAs(secret, "shop", "bought")
			w.set.Put(s)
			w.set.Put(in("shop", ingress, "networking.k8s.io/v1", "asking", specs{"spec": specs{"tls": []resource.Value{specs{"secretName": s.Ref}}}}))
		}, []string{"degraded workload/reference-dangling networking.k8s.io/Ingress/shop-asking"}},
		"limits everywhere": {func(w *world) {
			w.target.Everywhere = []profile.Offered{{Type: "core/LimitRange", Name: "usual", Facts: map[string]any{"spec": map[string]any{"limits": []any{map[string]any{"type": "Container", "default": map[string]any{"cpu": "1"}}}}}},
				{Type: "core/ResourceQuota", Name: "usual", Facts: map[string]any{"spec": map[string]any{"hard": map[string]any{"pods": "0", "requests.cpu": "500m"}}}}}
			w.set.Put(&resource.Resource{Ref: ref(namespace, "shop"), Name: "shop", Tenure: resource.Own, Spec: specs{"apiVersion": "v1"}})
		}, []string{"blocker cluster/quota-exceeded" + web, "degraded workload/limits-added core/Namespace/shop", "info workload/quota-added core/Namespace/shop"}},
		"limits that the source has too": {func(w *world) {
			w.target.Everywhere = []profile.Offered{{Type: "core/LimitRange", Name: "usual", Facts: map[string]any{"spec": "x"}}}
			w.source.Everywhere = []profile.Offered{{Type: "core/LimitRange", Name: "theirs", Facts: map[string]any{"spec": "x"}}}
			w.set.Put(&resource.Resource{Ref: ref(namespace, "shop"), Name: "shop", Tenure: resource.Own, Spec: specs{"apiVersion": "v1"}})
		}, nil},
		"everybody's account": {func(w *world) {
			a := unseenAs(serviceAccount, "shop", "default")
			w.set.Put(a)
			w.pods()["serviceAccountName"] = a.Ref
		}, nil},
		"issuer": {func(w *world) {
			i := unseenAs("cert-manager.io/ClusterIssuer", "", "letsencrypt")
			w.set.Put(i)
			w.set.Put(in("shop", "shop.example/Certificate", "shop.example/v1", "web", specs{"spec": specs{"issuerRef": specs{"name": i.Ref}}}))
			w.target.Kinds = append(w.target.Kinds, profile.Kind{Group: "shop.example", Kind: "Certificate", Versions: []string{"v1"}})
		}, []string{"degraded workload/issuer-absent shop.example/Certificate/shop-web"}},
		"foreign namespace": {func(w *world) {
			n := unseenAs(namespace, "", "tools")
			w.set.Put(n)
			w.set.Put(in("tools", configMap, "v1", "x", specs{}))
		}, []string{"blocker workload/reference-dangling core/ConfigMap/tools-x"}},
		"default namespace": {func(w *world) {
			n := unseenAs(namespace, "", "default")
			w.set.Put(n)
			w.set.Put(in("default", configMap, "v1", "x", specs{}))
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			w := kube()
			c.change(&w)
			got := foretold(t, w.build(t))
			if c.want == nil {
				c.want = []string{}
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func annotate(w *world, name, value string) {
	w.of(service, "web")["metadata"].(specs)["annotations"] = specs{name: value}
}

func affinity(key, operator, value string) specs {
	return specs{"nodeAffinity": specs{"requiredDuringSchedulingIgnoredDuringExecution": specs{"nodeSelectorTerms": []resource.Value{
		specs{"matchExpressions": []resource.Value{specs{"key": key, "operator": operator, "values": []resource.Value{value}}}}}}}}
}

func apart(key string) specs {
	return specs{"podAntiAffinity": specs{"requiredDuringSchedulingIgnoredDuringExecution": []resource.Value{specs{"topologyKey": key}}}}
}

func (w world) taint(effect string) {
	for i := range w.target.Nodes {
		w.target.Nodes[i].Taints = []profile.Taint{{Key: "gpu", Effect: effect}}
	}
}

func (w world) spread(key, hard string) {
	w.pods()["topologySpreadConstraints"] = []resource.Value{specs{"topologyKey": key, "whenUnsatisfiable": hard, "maxSkew": int64(1)}}
}

func (w world) request(name string, v resource.Value) {
	w.pods()["containers"].([]resource.Value)[0].(specs)["resources"] = specs{"limits": specs{name: v}}
}

func (w world) env(name, v string) {
	w.pods()["containers"].([]resource.Value)[0].(specs)["env"] = []resource.Value{specs{"name": name, "value": v}}
}

func (w world) architecture(arch string, nodes ...int) {
	for _, i := range nodes {
		w.target.Nodes[i].Labels[archLabel] = arch
	}
}

// keepLabels lets the target still be seen to be on OpenStack.
func (w world) keepLabels() {
	w.target.Nodes[0].Labels["topology.cinder.csi.openstack.org/zone"] = "a"
	w.source.Nodes[0].Labels["topology.cinder.csi.openstack.org/zone"] = "a"
}

func (w world) offer(name string, standard bool) {
	w.target.Given = append(w.target.Given, profile.Offered{Type: string(storageClass), Name: name, Default: standard, Facts: map[string]any{"provisioner": "cinder.csi.openstack.org"}})
}

func (w world) mount(kind string, of *resource.Resource, optional bool) {
	w.set.Put(of)
	source := specs{"name": of.Ref}
	if optional {
		source["optional"] = true
	}
	w.pods()["volumes"] = []resource.Value{specs{"name": "more", kind: source}}
}
