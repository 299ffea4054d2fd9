package kubernetes

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/yaml"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// kindFor is a kind as a cluster would serve it, without OpenAPI.
func kindFor(t resource.Type, version string, namespaced bool) *kind {
	group, name, _ := strings.Cut(string(t), "/")
	if group == "core" {
		group = ""
	}
	k := &kind{Type: t, group: group, name: name, versions: []string{version}, namespaced: namespaced, rule: ruleOf(t)}
	k.schema = k.describe(nil)
	return k
}

// parse reads an object as a cluster tells it.
func parse(t *testing.T, text string) object {
	t.Helper()
	data, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var o object
	if err := utiljson.Unmarshal(data, &o); err != nil {
		t.Fatal(err)
	}
	return o
}

const deployment = `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
  uid: 3f0d
  resourceVersion: "7"
  generation: 2
  creationTimestamp: "2026-01-01T00:00:00Z"
  labels: {app: web, wechsel/drill: d1}
  annotations: {wechsel/key: shop-web, deployment.kubernetes.io/revision: "1", note: keep}
  managedFields: []
spec:
  replicas: 2
  template:
    metadata: {labels: {app: web}, creationTimestamp: null}
    spec:
      serviceAccount: runner
      serviceAccountName: runner
      priorityClassName: high
      imagePullSecrets: [{name: pull}]
      volumes:
      - {name: data, persistentVolumeClaim: {claimName: data}}
      - {name: tmp, emptyDir: {}}
      - {name: all, projected: {sources: [{secret: {name: tls}}, {configMap: {name: settings}}]}}
      initContainers: [{name: first, envFrom: [{secretRef: {name: db}}]}]
      containers:
      - name: web
        env: [{name: P, valueFrom: {secretKeyRef: {name: db, key: p}}}]
        envFrom: [{configMapRef: {name: settings}}]
status: {observedGeneration: 2, replicas: 2, availableReplicas: 2, updatedReplicas: 2}
`

func TestObjectBecomesResourceAndObjectAgain(t *testing.T) {
	k := kindFor(deploymentType, "v1", true)
	r, reason := k.resource(parse(t, deployment))
	if reason != "" {
		t.Fatal(reason)
	}
	if r.ID != "shop/web" || r.Name != "web" || r.Scope != "shop" || r.Owner != (resource.Owner{Drill: "d1", Key: "shop-web"}) || r.State != resource.Ready || r.Attrs["uid"] != "3f0d" {
		t.Errorf("%+v", r)
	}
	want := parse(t, `
apiVersion: apps/v1
metadata: {namespace: shop, labels: {app: web}, annotations: {note: keep}}
spec:
  replicas: 2
  template:
    metadata: {labels: {app: web}}
    spec:
      serviceAccountName: shop/runner
      priorityClassName: high
      imagePullSecrets: [{name: shop/pull}]
      volumes:
      - {name: data, persistentVolumeClaim: {claimName: shop/data}}
      - {name: tmp, emptyDir: {}}
      - {name: all, projected: {sources: [{secret: {name: shop/tls}}, {configMap: {name: shop/settings}}]}}
      initContainers: [{name: first, envFrom: [{secretRef: {name: shop/db}}]}]
      containers:
      - name: web
        env: [{name: P, valueFrom: {secretKeyRef: {name: shop/db, key: p}}}]
        envFrom: [{configMapRef: {name: shop/settings}}]`)
	if d := cmp.Diff(want, r.Spec); d != "" {
		t.Error(d)
	}
	o, version := k.object(r, resource.Owner{Drill: "d2", Key: "shop-web"})
	sent := parse(t, deployment)
	delete(sent, "status")
	metadata, _ := sent["metadata"].(object)
	for _, key := range []string{"uid", "resourceVersion", "generation", "creationTimestamp", "managedFields"} {
		delete(metadata, key)
	}
	metadata["labels"] = object{"app": "web", "wechsel/drill": "d2"}
	metadata["annotations"] = object{"note": "keep", "wechsel/key": "shop-web"}
	template, _ := value(sent, "spec", "template").(object)
	template["metadata"] = object{"labels": object{"app": "web"}}
	delete(template["spec"].(object), "serviceAccount")
	if d := cmp.Diff(sent, o); d != "" || version != "v1" {
		t.Errorf("version %s: %s", version, d)
	}
	if again := parse(t, deployment); !cmp.Equal(r.Spec["spec"], mustResource(t, k, again).Spec["spec"]) {
		t.Error("sending has changed the resource")
	}
}

func mustResource(t *testing.T, k *kind, o object) *resource.Resource {
	t.Helper()
	r, reason := k.resource(o)
	if reason != "" {
		t.Fatal(reason)
	}
	return r
}

// Where the kind beside a name says what it is of, the Spec has a reference of
// that type, and the name of a user stays one.
func TestReferencesByKind(t *testing.T) {
	k := kindFor("rbac.authorization.k8s.io/RoleBinding", "v1", true)
	r := mustResource(t, k, parse(t, `
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: b, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
subjects:
- {kind: ServiceAccount, name: runner, namespace: tools}
- {apiGroup: rbac.authorization.k8s.io, kind: User, name: https://id/jane}`))
	for p, want := range map[resource.Path]resource.Value{
		"roleRef.name": resource.Ref{Type: clusterRoleType, Key: "view"}, "subjects[0].name": resource.Ref{Type: accountType, Key: "tools/runner"},
		"subjects[0].namespace": "tools", "subjects[1].name": "https://id/jane"} {
		if got, _ := resource.Lookup(r.Spec, p); got != want {
			t.Errorf("%s is %v, not %v", p, got, want)
		}
	}
	resolved := r.Clone() // as a deployment gives it
	resolved.Spec = resource.RewriteSpec(r.Spec, func(v resource.Value) resource.Value {
		if ref, ok := v.(resource.Ref); ok {
			return string(ref.Key)
		}
		return v
	})
	o, _ := k.object(resolved, resource.Owner{})
	if subjects := objects(o, "subjects"); text(subjects[0], "name") != "runner" || text(subjects[1], "name") != "https://id/jane" || text(o, "roleRef", "name") != "view" {
		t.Errorf("sent is %v", o)
	}
}

// What the cluster has chosen for a Service goes, what the tenant has stays.
func TestServiceKeepsWhatItsTenantHasSet(t *testing.T) {
	k := kindFor(serviceType, "v1", true)
	r := mustResource(t, k, parse(t, `
apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: shop
  managedFields:
  - manager: kubectl
    fieldsV1: {"f:spec": {"f:ports": {'k:{"port":80,"protocol":"TCP"}': {"f:port": {}, "f:nodePort": {}}, 'k:{"port":81,"protocol":"TCP"}': {"f:port": {}}}}}
  - manager: kube-controller-manager
    fieldsV1: {"f:spec": {"f:clusterIP": {}}}
spec:
  clusterIP: 10.96.0.7
  clusterIPs: [10.96.0.7]
  ipFamilies: [IPv4]
  ports: [{port: 80, protocol: TCP, nodePort: 30080}, {port: 81, protocol: TCP, nodePort: 31234}]`))
	want := parse(t, `{ports: [{port: 80, protocol: TCP, nodePort: 30080}, {port: 81, protocol: TCP}]}`)
	if d := cmp.Diff(want, r.Spec["spec"]); d != "" || r.Attrs["cluster_ip"] != "10.96.0.7" {
		t.Errorf("%v: %s", r.Attrs, d)
	}
}

func TestLeftOut(t *testing.T) {
	for _, c := range []struct {
		t    resource.Type
		o    string
		want string
	}{
		{"apps/ReplicaSet", `{metadata: {name: web-1, ownerReferences: [{controller: true, kind: Deployment, name: web}]}}`, "made by Deployment web"},
		{"core/PersistentVolumeClaim", `{metadata: {name: data-db-0, ownerReferences: [{controller: true, kind: StatefulSet, name: db}]}}`, ""},
		{"core/PersistentVolumeClaim", `{metadata: {name: web-1-scratch, ownerReferences: [{controller: true, kind: Pod, name: web-1}]}}`, "made by Pod web-1"},
		{"core/ConfigMap", `{metadata: {name: kube-root-ca.crt}}`, "the cluster's certificate, which every namespace gets"},
		{"core/Secret", `{metadata: {name: keeper-token-x4b2z, annotations: {kubernetes.io/service-account.name: keeper}}, type: kubernetes.io/service-account-token}`, "made for a ServiceAccount"},
		{"core/Secret", `{metadata: {name: keeper-token-robot, annotations: {kubernetes.io/service-account.name: keeper}}, type: kubernetes.io/service-account-token}`, ""},
		{"core/Secret", `{metadata: {name: keeper-token-x4b2z}, type: Opaque}`, ""},
		{"core/Secret", `{metadata: {name: t}, type: Opaque}`, ""},
		{"core/Event", `{metadata: {name: e}}`, "tells what has happened, and is forgotten after an hour"},
		{"core/Namespace", `{metadata: {name: kube-system}}`, "the system's"},
		{"core/Namespace", `{metadata: {name: shop}}`, ""},
		{"core/PersistentVolume", `{metadata: {name: pvc-1, annotations: {pv.kubernetes.io/provisioned-by: csi}}}`, "made for a claim"},
		{"storage.k8s.io/StorageClass", `{metadata: {name: fast}}`, "the provider's"},
		{"storage.k8s.io/StorageClass", `{metadata: {name: fast, labels: {wechsel/drill: d1}}}`, ""},
		{"example.com/Widget", `{metadata: {name: w}}`, "the provider's"},
		{"rbac.authorization.k8s.io/ClusterRole", `{metadata: {name: admin, labels: {kubernetes.io/bootstrapping: rbac-defaults}}}`, "part of every cluster"},
	} {
		k, o := kindFor(c.t, "v1", false), parse(t, c.o)
		if got := k.leftOut(o, ownerOf(o)); got != c.want {
			t.Errorf("%s %s: %q, not %q", c.t, c.o, got, c.want)
		}
	}
}

// A Secret's values are never in a Spec, and what is made without knowing them
// compares as equal.
func TestSecretsAreHashed(t *testing.T) {
	c := &Cloud{secret: []byte("key")}
	k := kindFor(secretType, "v1", true)
	encode := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	r := mustResource(t, k, object{"apiVersion": "v1", "metadata": object{"name": "s", "namespace": "n"}, "data": object{"a": encode("hunter2"), dockerConfig: encode(`{"auths":{}}`)}})
	c.hideSecret(r)
	if data, _ := json.Marshal(r.Spec); strings.Contains(string(data), encode("hunter2")) || !strings.Contains(string(data), hashed) || len(r.Unread) != 1 {
		t.Errorf("%s, unread %v", data, r.Unread)
	}
	o, _ := k.object(r, resource.Owner{})
	if config, _ := base64.StdEncoding.DecodeString(text(o, "data", dockerConfig)); !json.Valid(config) {
		t.Errorf("no JSON: %s", config)
	}
	copied := mustResource(t, k, o)
	(&Cloud{secret: []byte("another")}).hideSecret(copied)
	if d := cmp.Diff(r.Spec["data"], copied.Spec["data"]); d != "" || len(copied.Unread) > 0 {
		t.Errorf("unread is %v: %s", copied.Unread, d)
	}
	data, _ := o["data"].(object) // somebody fills in one value, and another one in a cluster with another key
	data["a"] = encode("hunter2")
	filled := mustResource(t, k, o)
	(&Cloud{secret: []byte("another")}).hideSecret(filled)
	if fmt.Sprint(filled.Unread) != "[data.a]" || resource.Comparable(r.Spec["data"].(object)["a"], filled.Spec["data"].(object)["a"]) || !resource.Comparable(r.Spec["data"].(object)[dockerConfig], filled.Spec["data"].(object)[dockerConfig]) {
		t.Errorf("%v, unread is %v", filled.Spec["data"], filled.Unread)
	}
}
