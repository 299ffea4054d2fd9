package cloudtest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// kinds is a workload with most kinds that workloads have, in an order in which
// it can be made.
func (r *tenancy) kinds() []*resource.Resource {
	at := func(name string) string { return r.drill + "/" + name }
	data := spec{"name": "data", "persistentVolumeClaim": spec{"claimName": at("data")}}
	scratch := spec{"name": "scratch", "emptyDir": spec{}}
	web := template(data, scratch, spec{"name": "all", "projected": spec{"sources": []any{spec{"secret": spec{"name": at("password")}}, spec{"configMap": spec{"name": at("settings")}}}}})
	pod, _ := web["spec"].(spec)
	pod["serviceAccountName"] = at("runner")
	pod["containers"] = []any{spec{"name": "main", "image": "registry.example/ct:1", "ports": []any{spec{"name": "http", "containerPort": int64(8080)}},
		"env":     []any{spec{"name": "PASSWORD", "valueFrom": spec{"secretKeyRef": spec{"name": at("password"), "key": "password"}}}, spec{"name": "MODE", "value": "fast"}},
		"envFrom": []any{spec{"configMapRef": spec{"name": at("settings")}}}, "volumeMounts": []any{spec{"name": "data", "mountPath": "/data"}},
		"resources": spec{"requests": spec{"cpu": "100m", "memory": "64Mi"}}}}
	set := deployment(template())
	in, _ := set["spec"].(spec)
	in["serviceName"] = at("db")
	in["volumeClaimTemplates"] = []any{spec{"metadata": spec{"name": "store"}, "spec": claim("ReadWriteOnce")["spec"]}}
	job := spec{"template": template()}
	jobPod, _ := job["template"].(spec)["spec"].(spec)
	jobPod["restartPolicy"] = "Never"
	port := []any{spec{"name": "http", "port": int64(80), "targetPort": "http"}}
	return []*resource.Resource{
		r.namespace(),
		r.object("core/ServiceAccount", "v1", "runner", nil),
		r.object("rbac.authorization.k8s.io/Role", "rbac.authorization.k8s.io/v1", "reader", spec{"rules": []any{spec{"apiGroups": []any{""}, "resources": []any{"configmaps"}, "verbs": []any{"get"}}}}),
		r.object("rbac.authorization.k8s.io/RoleBinding", "rbac.authorization.k8s.io/v1", "reader", spec{
			"roleRef":  spec{"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": at("reader")},
			"subjects": []any{spec{"kind": "ServiceAccount", "name": at("runner"), "namespace": r.drill}, spec{"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": "https://id.example/jane"}}}),
		r.object("core/ConfigMap", "v1", "settings", spec{"data": spec{"mode": "fast"}, "immutable": true}),
		r.object("core/Secret", "v1", "password", spec{"type": "Opaque", "data": spec{"password": "aHVudGVyMg=="}}),
		r.object("core/PersistentVolumeClaim", "v1", "data", claim("ReadWriteOnce")),
		r.object("apps/Deployment", "apps/v1", "web", deployment(web)),
		r.object("core/Service", "v1", "db", spec{"spec": spec{"clusterIP": "None", "selector": spec{"app": "ct"}, "ports": port}}),
		r.object("apps/StatefulSet", "apps/v1", "db", set),
		r.object("apps/DaemonSet", "apps/v1", "agent", spec{"spec": spec{"selector": spec{"matchLabels": spec{"app": "ct"}}, "template": template()}}),
		r.object("core/Service", "v1", "web", spec{"spec": spec{"type": "LoadBalancer", "selector": spec{"app": "ct"}, "ports": port}}),
		r.object("networking.k8s.io/Ingress", "networking.k8s.io/v1", "web", spec{"spec": spec{"rules": []any{spec{"host": "ct.example", "http": spec{"paths": []any{
			spec{"path": "/", "pathType": "Prefix", "backend": spec{"service": spec{"name": at("web"), "port": spec{"name": "http"}}}}}}}}}}),
		r.object("networking.k8s.io/NetworkPolicy", "networking.k8s.io/v1", "front", spec{"spec": spec{"podSelector": spec{}, "policyTypes": []any{"Ingress"}, "ingress": []any{spec{}}}}),
		r.object("policy/PodDisruptionBudget", "policy/v1", "web", spec{"spec": spec{"minAvailable": int64(1), "selector": spec{"matchLabels": spec{"app": "ct"}}}}),
		r.object("autoscaling/HorizontalPodAutoscaler", "autoscaling/v2", "web", spec{"spec": spec{"maxReplicas": int64(3), "scaleTargetRef": spec{"apiVersion": "apps/v1", "kind": "Deployment", "name": at("web")}}}),
		r.object("batch/CronJob", "batch/v1", "nightly", spec{"spec": spec{"schedule": "0 3 * * *", "jobTemplate": spec{"spec": job}}}),
		r.object("batch/Job", "batch/v1", "once", spec{"spec": spec{"suspend": true, "template": job["template"]}}),
	}
}

// workload makes it, looks at it, takes it down, and makes it again of what was
// read: it must come back as the same.
func (s ClusterSuite) workload(t *testing.T) {
	r := s.begin(t, "ctwork")
	for _, x := range r.kinds() {
		r.ready(x)
	}
	first := r.all()
	for _, want := range r.kinds() {
		r.compare(want, first)
	}
	if set := first["core/PersistentVolumeClaim ctwork/store-db-0"]; set == nil || set.Tenure != resource.Implied || set.Parent != (resource.Ref{Type: "apps/StatefulSet", Key: "ctwork/db"}) {
		t.Errorf("the StatefulSet's claim is %+v", set)
	}
	if account := first["core/ServiceAccount ctwork/default"]; account == nil || account.Tenure != resource.Implied {
		t.Errorf("the namespace's account is %+v", account)
	}
	if n := len(r.kinds()) + 2; len(first) != n {
		t.Errorf("%d are listed, not %d", len(first), n)
	}
	r.sweep()
	for _, x := range r.kinds() {
		r.ready(resolved(first[name(r.made(x))]))
	}
	for id, again := range r.all() {
		if first[id] == nil {
			t.Errorf("%s was not there before", id)
		} else if d := cmp.Diff(first[id].Spec, again.Spec); d != "" {
			t.Errorf("%s came back as another: %s", id, d)
		}
	}
}

// made is x with its id.
func (r *tenancy) made(x *resource.Resource) *resource.Resource {
	c := x.Clone()
	c.ID = x.Name
	if x.Scope != "" {
		c.ID = x.Scope + "/" + x.Name
	}
	return c
}

// compare looks for what was asked in what is listed.
func (r *tenancy) compare(want *resource.Resource, have map[string]*resource.Resource) {
	r.Helper()
	got, schema := have[name(r.made(want))], r.cloud.Schemas()[want.Type]
	if got == nil {
		r.Errorf("%s is not listed", want.Ref)
		return
	}
	if got.Owner != (resource.Owner{Drill: r.drill, Key: want.Key}) || got.Name != want.Name || got.Scope != want.Scope || got.State != resource.Ready {
		r.Errorf("%s is %+v", want.Ref, got)
	}
	for p, v := range resource.Leaves(schema.Canonical(want.Spec)) {
		have, _ := resource.Lookup(got.Spec, p)
		if ref, ok := have.(resource.Ref); ok {
			have = string(ref.Key)
		}
		isHashed := want.Type == "core/Secret" && p == "data.password"
		if isHashed == resource.Equal(v, have) {
			r.Errorf("%s: %s was asked to be %v and is %v", want.Ref, p, v, have)
		}
	}
	if d := cmp.Diff(schema.Canonical(got.Spec), got.Spec); d != "" {
		r.Errorf("%s is not in canonical form: %s", want.Ref, d)
	}
}

// resolved is a resource as a deployment gives it to Create: ids for references.
func resolved(x *resource.Resource) *resource.Resource {
	c := x.Clone()
	c.Key = x.Owner.Key
	c.Spec = resource.RewriteSpec(x.Spec, func(v resource.Value) resource.Value {
		if ref, ok := v.(resource.Ref); ok {
			return string(ref.Key)
		}
		return v
	})
	return c
}
