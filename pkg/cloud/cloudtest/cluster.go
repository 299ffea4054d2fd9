package cloudtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// A ClusterSuite is one Kubernetes cluster under test. It needs a default
// storage class whose volumes only one node mounts, a load balancer and a
// default ingress class.
type ClusterSuite struct {
	// Open connects with the rights to make namespaces and definitions.
	Open func(t testing.TB) cloud.Cloud
	// Member connects as the account of that name in the namespace, and sees
	// the namespace as its project.
	Member func(t testing.TB, namespace, account string) cloud.Cloud
	// Ticks and Patience are as in Suite.
	Ticks    func() (<-chan time.Time, func())
	Patience int
}

// RunCluster runs all cases as subtests.
func RunCluster(t *testing.T, s ClusterSuite) {
	if s.Ticks == nil {
		s.Ticks = every(100 * time.Millisecond)
	}
	if s.Patience == 0 {
		s.Patience = 600
	}
	t.Run("catalogue", s.catalogue)
	t.Run("workload", s.workload)
	t.Run("refusals", s.refusals)
	t.Run("rehearsal", s.rehearsal)
	t.Run("states", s.states)
	t.Run("definitions", s.definitions)
	t.Run("strangers", s.strangers)
	t.Run("pages", s.pages)
	t.Run("member", s.member)
	t.Run("cancelled", s.cancelled)
}

// A tenancy is one use of the cluster, with a drill and a namespace of its own.
type tenancy struct {
	*testing.T
	suite ClusterSuite
	cloud cloud.Cloud
	drill string
}

// begin connects and promises to delete what the case will make.
func (s ClusterSuite) begin(t *testing.T, drill string) *tenancy {
	t.Helper()
	r := &tenancy{T: t, suite: s, cloud: s.Open(t), drill: drill}
	r.sweep()
	t.Cleanup(r.sweep)
	return r
}

// until looks at each tick until done says so.
func (r *tenancy) until(what string, done func() bool) {
	r.Helper()
	ticks, stop := r.suite.Ticks()
	defer stop()
	for range r.suite.Patience {
		if done() {
			return
		}
		<-ticks
	}
	r.Fatalf("gave up waiting for %s", what)
}

// sweep deletes all that carries the drill's mark, and the claims that a
// StatefulSet leaves behind: namespaces last, for they do not go with anything
// that they hold.
func (r *tenancy) sweep() {
	r.Helper()
	ctx := context.WithoutCancel(r.Context())
	held, orphans := map[string]string{}, map[string]*resource.Resource{}
	defer func() {
		if r.Failed() && len(held) > 0 {
			r.Logf("left are %v", held)
		}
	}()
	r.until("all to be gone", func() bool {
		left, err := collect(ctx, r.cloud, cloud.Selector{Drill: r.drill})
		if err != nil {
			r.Fatal(err)
		}
		clear(held)
		for _, x := range left {
			if x.Tenure == resource.Implied && x.Type == "core/PersistentVolumeClaim" {
				orphans[name(x)] = x
			}
		}
		for id, x := range orphans { // not before its StatefulSet is gone, or that would make it anew
			if !slices.ContainsFunc(left, func(y *resource.Resource) bool { return y.Type == x.Parent.Type && y.ID == string(x.Parent.Key) }) {
				if err := r.cloud.Delete(ctx, x); err != nil {
					r.Errorf("delete: %v", err)
				}
				delete(orphans, id)
			}
		}
		for _, x := range left {
			held[name(x)] = string(x.State) + ": " + x.Why
			if x.Tenure == resource.Implied || x.Type == cloud.Namespace && slices.ContainsFunc(left, func(y *resource.Resource) bool { return y.Scope == x.Name && y.Tenure == resource.Own }) {
				continue
			}
			if err := r.cloud.Delete(ctx, x); errors.Is(err, cloud.ErrConflict) {
				held[name(x)] = err.Error()
			} else if err != nil {
				r.Errorf("delete: %v", err)
			}
		}
		return len(left) == 0
	})
}

// object is a resource in the case's namespace, which has the drill's name.
func (r *tenancy) object(t resource.Type, apiVersion, name string, s spec) *resource.Resource {
	c := resource.RewriteSpec(s, func(v resource.Value) resource.Value { return v })
	if c == nil {
		c = spec{}
	}
	c["apiVersion"], c["metadata"] = apiVersion, spec{"namespace": r.drill}
	return &resource.Resource{Ref: resource.Ref{Type: t, Key: resource.NewKey(name)}, Name: name, Scope: r.drill, Tenure: resource.Own, Spec: c}
}

func (r *tenancy) namespace() *resource.Resource {
	return &resource.Resource{Ref: resource.Ref{Type: cloud.Namespace, Key: resource.NewKey(r.drill)}, Name: r.drill, Tenure: resource.Own, Spec: spec{"apiVersion": "v1"}}
}

func (r *tenancy) create(x *resource.Resource) *resource.Resource {
	r.Helper()
	made, err := r.cloud.Create(r.Context(), x, resource.Owner{Drill: r.drill, Key: x.Key})
	if err != nil {
		r.Fatalf("create: %v", err)
	}
	return made
}

// rests waits until x has come to rest, and returns how.
func (r *tenancy) rests(x *resource.Resource) *resource.Resource {
	r.Helper()
	var shown *resource.Resource
	r.until(fmt.Sprintf("%s to come to rest", x.Ref), func() bool {
		list, err := collect(r.Context(), r.cloud, cloud.Selector{Types: []resource.Type{x.Type}, Drill: r.drill, States: true})
		if err != nil {
			r.Fatal(err)
		}
		if shown = byID(list, x); shown == nil {
			r.Fatalf("%s %s is not listed", x.Ref, x.ID)
		}
		return shown.State != resource.Pending
	})
	return shown
}

// ready creates x and waits until it is Ready.
func (r *tenancy) ready(x *resource.Resource) *resource.Resource {
	r.Helper()
	made := r.create(x)
	if shown := r.rests(made); shown.State != resource.Ready {
		r.Fatalf("%s is %s: %s", x.Ref, shown.State, shown.Why)
	}
	return made
}

// all lists what the drill has, by type and id.
func (r *tenancy) all() map[string]*resource.Resource {
	r.Helper()
	list, err := collect(r.Context(), r.cloud, cloud.Selector{Drill: r.drill})
	if err != nil {
		r.Fatal(err)
	}
	out := map[string]*resource.Resource{}
	for _, x := range list {
		if out[name(x)] != nil {
			r.Errorf("%s is listed twice", name(x))
		}
		out[name(x)] = x
	}
	return out
}

func name(x *resource.Resource) string { return string(x.Type) + " " + x.ID }

// refuses asserts that creating x is refused in that way, for these properties.
func (r *tenancy) refuses(what string, kind error, x *resource.Resource, paths ...resource.Path) {
	r.Helper()
	_, err := r.cloud.Create(r.Context(), x, resource.Owner{Drill: r.drill, Key: x.Key})
	op := &cloud.OpError{}
	if !errors.Is(err, kind) || !errors.As(err, &op) || op.Message == "" || op.Ref != x.Ref {
		r.Errorf("%s: %v, and not %v", what, err, kind)
		return
	}
	for _, p := range paths {
		if !slices.Contains(op.Paths, p) {
			r.Errorf("%s: the paths are %v, without %s: %s", what, op.Paths, p, op.Message)
		}
	}
}

func (s ClusterSuite) catalogue(t *testing.T) {
	offer, err := s.Open(t).Catalogue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c := offer.Cluster
	if c == nil || !strings.HasPrefix(c.Version, "v1.") || len(c.Nodes) == 0 || !slices.Contains(c.Namespaces, "default") || len(c.Unread) != 0 {
		t.Fatalf("the catalogue is %+v", c)
	}
	if !slices.ContainsFunc(c.Kinds, func(k profile.Kind) bool {
		return k.Group == "apps" && k.Kind == "Deployment" && k.Namespaced && !k.Custom && k.Plural == "deployments" && slices.Equal(k.Versions, []string{"v1"})
	}) {
		t.Errorf("the kinds are %v", c.Kinds)
	}
	given := cloud.Given(offer)
	if !slices.ContainsFunc(given, func(r *resource.Resource) bool {
		return r.Type == "storage.k8s.io/StorageClass" && r.Spec["default"] == true && r.Spec["provisioner"] != nil
	}) {
		t.Errorf("no default storage class is given: %v", given)
	}
}

func (s ClusterSuite) refusals(t *testing.T) {
	r := s.begin(t, "ctrefuse")
	r.refuses("no namespace", cloud.ErrNotFound, r.object("core/ConfigMap", "v1", "early", nil))
	r.ready(r.namespace())
	settings := r.object("core/ConfigMap", "v1", "settings", spec{"data": spec{"a": "b"}})
	r.create(settings)
	r.refuses("made twice", cloud.ErrConflict, settings, "metadata.name")
	r.refuses("an unknown property", cloud.ErrInvalid, r.object("core/ConfigMap", "v1", "unknown", spec{"datum": "x"}), "datum")
	r.refuses("a bad value", cloud.ErrInvalid, r.object("core/Service", "v1", "bad", spec{"spec": spec{"ports": []any{spec{"port": int64(99999)}}}}), "spec.ports[0].port")
	r.refuses("no such kind", cloud.ErrUnsupported, r.object("example.com/Widget", "example.com/v1", "none", nil))
	r.create(r.object("core/ResourceQuota", "v1", "few", spec{"spec": spec{"hard": spec{"count/configmaps": "1"}}}))
	r.until("the quota to count", func() bool {
		_, err := r.cloud.Create(r.Context(), r.object("core/ConfigMap", "v1", "many", nil), resource.Owner{Drill: r.drill, Key: "many"})
		if err == nil { // the controller has not counted yet
			return r.cloud.Delete(r.Context(), &resource.Resource{Ref: resource.Ref{Type: "core/ConfigMap"}, ID: r.drill + "/many"}) != nil
		}
		if !errors.Is(err, cloud.ErrQuota) && !errors.Is(err, cloud.ErrForbidden) {
			t.Fatalf("over the quota: %v", err)
		}
		return errors.Is(err, cloud.ErrQuota)
	})
}

// rehearsal: what would be refused is told before, and nothing is made.
func (s ClusterSuite) rehearsal(t *testing.T) {
	r := s.begin(t, "ctrehearse")
	stage, ok := r.cloud.(cloud.Rehearser)
	if !ok {
		t.Fatal("the driver cannot rehearse")
	}
	finds := func(what string, kind error, x *resource.Resource, path resource.Path) {
		t.Helper()
		err := stage.Rehearse(t.Context(), x)
		op := &cloud.OpError{}
		if kind == nil && err == nil {
			return
		}
		if kind == nil || !errors.Is(err, kind) || !errors.As(err, &op) || op.Ref != x.Ref || path != "" && !slices.Contains(op.Paths, path) {
			t.Errorf("%s: %v, %v", what, err, op.Paths)
		}
	}
	odd := template()
	odd["spec"].(spec)["containers"] = []any{spec{"name": "main", "image": "x", "ports": []any{spec{"containerPort": int64(0)}}}}
	all := func() {
		t.Helper()
		finds("a good one", nil, r.object("apps/Deployment", "apps/v1", "web", deployment(template())), "")
		finds("a bad value", cloud.ErrInvalid, r.object("apps/Deployment", "apps/v1", "odd", deployment(odd)), "spec.template.spec.containers[0].ports[0].containerPort")
		finds("an unknown property", cloud.ErrInvalid, r.object("core/ConfigMap", "v1", "unknown", spec{"datum": "x"}), "datum")
		finds("no such kind", cloud.ErrUnsupported, r.object("example.com/Widget", "example.com/v1", "none", nil), "")
	}
	all() // in a namespace that is not there
	home := r.namespace()
	home.Spec["metadata"] = spec{"labels": spec{"pod-security.kubernetes.io/enforce": "restricted"}}
	finds("a namespace", nil, home, "")
	r.ready(home)
	finds("a pod that policy refuses", cloud.ErrForbidden, r.object("apps/Deployment", "apps/v1", "web", deployment(template())), "")
	finds("an unknown property", cloud.ErrInvalid, r.object("core/ConfigMap", "v1", "unknown", spec{"datum": "x"}), "datum")
	if n := len(r.all()); n != 2 { // the namespace and its account
		t.Errorf("a rehearsal leaves %d", n)
	}
}

// template is a pod's, with these volumes.
func template(volumes ...any) spec {
	pod := spec{"containers": []any{spec{"name": "main", "image": "registry.example/ct:1"}}}
	if len(volumes) > 0 {
		pod["volumes"] = volumes
	}
	return spec{"metadata": spec{"labels": spec{"app": "ct"}}, "spec": pod}
}

func deployment(t spec) spec {
	return spec{"spec": spec{"replicas": int64(1), "selector": spec{"matchLabels": spec{"app": "ct"}}, "template": t}}
}

func claim(mode string) spec {
	return spec{"spec": spec{"accessModes": []any{mode}, "resources": spec{"requests": spec{"storage": "1Gi"}}}}
}

// states: what will never be ready has failed, and says why.
func (s ClusterSuite) states(t *testing.T) {
	r := s.begin(t, "ctstates")
	home := r.namespace()
	r.ready(home)
	fails := func(x *resource.Resource, words string) {
		t.Helper()
		if shown := r.rests(r.create(x)); shown.State != resource.Failed || !strings.Contains(shown.Why, words) {
			t.Errorf("%s is %s: %s", x.Ref, shown.State, shown.Why)
		}
	}
	if shown := r.rests(r.create(r.object("core/PersistentVolumeClaim", "v1", "unused", claim("ReadWriteOnce")))); shown.State != resource.Ready || !strings.Contains(shown.Why, "WaitForFirstConsumer") {
		t.Errorf("an unused claim is %s: %s", shown.State, shown.Why)
	}
	r.create(r.object("core/PersistentVolumeClaim", "v1", "shared", claim("ReadWriteMany")))
	fails(r.object("apps/Deployment", "apps/v1", "unmounted", deployment(template(spec{"name": "data", "persistentVolumeClaim": spec{"claimName": r.drill + "/shared"}}))), "ProvisioningFailed")
	lost := template()
	lost["spec"].(spec)["nodeSelector"] = spec{"example.com/nowhere": "true"}
	fails(r.object("apps/Deployment", "apps/v1", "unplaced", deployment(lost)), "FailedScheduling")
	without := template(spec{"name": "all", "secret": spec{"secretName": r.drill + "/missing"}})
	fails(r.object("apps/Deployment", "apps/v1", "untold", deployment(without)), "missing")
}

// definitions: what a CustomResourceDefinition brings can be made once that is
// Ready.
func (s ClusterSuite) definitions(t *testing.T) {
	r := s.begin(t, "ctdefine")
	r.ready(r.namespace())
	definition := r.object("apiextensions.k8s.io/CustomResourceDefinition", "apiextensions.k8s.io/v1", "widgets.ct.example", spec{"spec": spec{"group": "ct.example", "scope": "Namespaced",
		"names": spec{"plural": "widgets", "singular": "widget", "kind": "Widget", "listKind": "WidgetList"},
		"versions": []any{spec{"name": "v1", "served": true, "storage": true, "schema": spec{"openAPIV3Schema": spec{"type": "object", "properties": spec{
			"spec": spec{"type": "object", "properties": spec{"tags": spec{"type": "array", "items": spec{"type": "string"}, "x-kubernetes-list-type": "set"}}}}}}}}}})
	definition.Scope, definition.Spec["metadata"] = "", spec{}
	r.ready(definition)
	widget := r.object("ct.example/Widget", "ct.example/v1", "first", spec{"spec": spec{"tags": []any{"b", "a"}}})
	r.ready(widget)
	f, known := r.cloud.Schemas()[widget.Type].Field("spec.tags")
	if !known || f.List != resource.Unique {
		t.Errorf("the schema says %+v", f)
	}
	if shown := r.all()["ct.example/Widget ctdefine/first"]; shown == nil || fmt.Sprint(shown.Spec["spec"]) != "map[tags:[a b]]" {
		t.Errorf("listed is %+v", shown)
	}
}

// strangers: what others have made looks like ours, and stays.
func (s ClusterSuite) strangers(t *testing.T) {
	r := s.begin(t, "ctstrange")
	home := r.ready(r.namespace())
	mine := r.create(r.object("core/ConfigMap", "v1", "mine", nil))
	theirs := r.object("core/ConfigMap", "v1", "theirs", nil)
	theirs.Spec["metadata"] = spec{"namespace": r.drill, "annotations": spec{"wechsel/key": "mine"}, "labels": spec{"drill": r.drill}}
	made, err := r.cloud.Create(t.Context(), theirs, resource.Owner{})
	if err != nil {
		t.Fatal(err)
	}
	if r.all()[name(made)] != nil {
		t.Error("what carries no mark is listed by it")
	}
	if err := r.cloud.Delete(t.Context(), mine); err != nil {
		t.Fatal(err)
	}
	r.until("it to be gone", func() bool { return r.all()[name(mine)] == nil })
	other, err := r.cloud.Create(t.Context(), r.object("core/ConfigMap", "v1", "mine", nil), resource.Owner{})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.cloud.Delete(t.Context(), mine); err != nil { // mine is gone; this one is somebody's of the same name
		t.Error(err)
	}
	if err := r.cloud.Delete(t.Context(), home); !errors.Is(err, cloud.ErrConflict) || !strings.Contains(err.Error(), "ConfigMap") {
		t.Errorf("a namespace with strangers: %v", err)
	}
	list, err := collect(t.Context(), r.cloud, cloud.Selector{Types: []resource.Type{"core/ConfigMap"}})
	if err != nil || byID(list, made) == nil || byID(list, other) == nil {
		t.Errorf("strangers are gone: %v", err)
	}
	for _, x := range []*resource.Resource{made, other} {
		if err := r.cloud.Delete(t.Context(), x); err != nil {
			t.Error(err)
		}
	}
}

// pages: a kind with more objects than a page has.
func (s ClusterSuite) pages(t *testing.T) {
	r := s.begin(t, "ctpages")
	r.ready(r.namespace())
	const count = 1100
	g, ctx := errgroup.WithContext(t.Context())
	g.SetLimit(16)
	for i := range count {
		x := r.object("core/ConfigMap", "v1", fmt.Sprintf("c%04d", i), nil)
		g.Go(func() error {
			_, err := r.cloud.Create(ctx, x, resource.Owner{Drill: r.drill, Key: x.Key})
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	if n := len(r.all()); n != count+2 { // with the namespace and its account
		t.Errorf("%d are listed", n)
	}
	n := 0
	for _, err := range r.cloud.List(t.Context(), cloud.Selector{Types: []resource.Type{"core/ConfigMap"}}) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n == 3 {
			break // nothing is read on
		}
	}
}

// member: rights in one namespace suffice for what is in it.
func (s ClusterSuite) member(t *testing.T) {
	r := s.begin(t, "ctmember")
	r.ready(r.namespace())
	r.create(r.object("core/ServiceAccount", "v1", "jane", nil))
	rules := []any{spec{"apiGroups": []any{"", "apps"}, "resources": []any{"configmaps", "deployments", "events", "persistentvolumeclaims", "statefulsets"}, "verbs": []any{"*"}}}
	r.create(r.object("rbac.authorization.k8s.io/Role", "rbac.authorization.k8s.io/v1", "jane", spec{"rules": rules}))
	r.create(r.object("rbac.authorization.k8s.io/RoleBinding", "rbac.authorization.k8s.io/v1", "jane", spec{
		"roleRef":  spec{"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": r.drill + "/jane"},
		"subjects": []any{spec{"kind": "ServiceAccount", "name": r.drill + "/jane", "namespace": r.drill}}}))
	admin := r.cloud
	r.cloud = s.Member(t, r.drill, "jane")
	defer func() { r.cloud = admin }()
	offer, err := r.cloud.Catalogue(t.Context())
	if err != nil || len(offer.Cluster.Unread) == 0 || offer.Cluster.Unread[0].Message == "" || !slices.Equal(offer.Cluster.Namespaces, []string{r.drill}) {
		t.Fatalf("%v: %+v", err, offer.Cluster)
	}
	r.ready(r.object("apps/Deployment", "apps/v1", "web", deployment(template())))
	r.create(r.object("core/ConfigMap", "v1", "settings", nil))
	r.refuses("a right that is missing", cloud.ErrForbidden, r.object("core/Secret", "v1", "s", spec{"data": spec{}}))
	list, err := collect(t.Context(), r.cloud, cloud.Selector{})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []resource.Type{"apps/Deployment", "core/ConfigMap"} {
		if !slices.ContainsFunc(list, func(x *resource.Resource) bool { return x.Type == want && x.Scope == r.drill }) {
			t.Errorf("no %s is listed", want)
		}
	}
	if slices.ContainsFunc(list, func(x *resource.Resource) bool { return x.Scope != r.drill && x.Type != cloud.Namespace }) {
		t.Errorf("others' are listed: %v", list)
	}
}

func (s ClusterSuite) cancelled(t *testing.T) {
	r := s.begin(t, "ctcancel")
	r.ready(r.namespace())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.cloud.Create(ctx, r.object("core/ConfigMap", "v1", "late", nil), resource.Owner{Drill: r.drill, Key: "late"}); !errors.Is(err, context.Canceled) {
		t.Errorf("create: %v", err)
	}
	if _, err := collect(ctx, r.cloud, cloud.Selector{}); !errors.Is(err, context.Canceled) {
		t.Errorf("list: %v", err)
	}
	if r.all()["core/ConfigMap ctcancel/late"] != nil {
		t.Error("it was made all the same")
	}
}
