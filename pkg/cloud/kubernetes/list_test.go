package kubernetes

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wechsel-project/wechsel/pkg/bundle"
	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/cloud/cloudtest"
	"github.com/wechsel-project/wechsel/pkg/drill"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// A server answers as an API server does, with as many objects as it is told:
// in each namespace a Deployment with a ReplicaSet and two Pods, and else
// ConfigMaps, Secrets and Services.
type server struct {
	namespaces, each int
	forbids          func(path string) bool
	expires          string // the token of a page; another one leads to the same page
	breaks           string // this path has an answer that makes no sense
	requests         atomic.Int64
	whole            atomic.Int64 // pages of Pods with more than metadata
}

type served struct {
	group, version, plural, kind string
	namespaced                   bool
}

func (s *server) kinds() []served {
	return []served{{"", "v1", "namespaces", "Namespace", false}, {"", "v1", "configmaps", "ConfigMap", true}, {"", "v1", "secrets", "Secret", true},
		{"", "v1", "services", "Service", true}, {"", "v1", "pods", "Pod", true}, {"", "v1", "serviceaccounts", "ServiceAccount", true},
		{"apps", "v1", "deployments", "Deployment", true}, {"apps", "v1", "replicasets", "ReplicaSet", true}}
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.requests.Add(1)
	w.Header().Set("Content-Type", "application/json")
	switch path := r.URL.Path; {
	case s.forbids != nil && s.forbids(path):
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `{"kind":"Status","reason":"Forbidden","message":"jane cannot list that"}`)
	case r.URL.Query().Get("continue") == s.expires && s.expires != "":
		w.WriteHeader(http.StatusGone)
		fmt.Fprintf(w, `{"kind":"Status","reason":"Expired","message":"The provided continue parameter is too old","metadata":{"continue":%q}}`, "0"+s.expires)
	case path == s.breaks:
		fmt.Fprint(w, "<html>")
	case path == "/version":
		fmt.Fprint(w, `{"gitVersion": "v1.36.3"}`)
	case path == "/api" || path == "/apis":
		s.discovery(w, path == "/api")
	case path == "/openapi/v3":
		fmt.Fprint(w, `{"paths": {}}`)
	default:
		s.list(w, r)
	}
}

func (s *server) discovery(w http.ResponseWriter, core bool) {
	w.Header().Set("Content-Type", "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList")
	group := ""
	if !core {
		group = "apps"
	}
	var resources []any
	for _, k := range s.kinds() {
		if k.group == group {
			scope := map[bool]string{true: "Namespaced", false: "Cluster"}[k.namespaced]
			resources = append(resources, object{"resource": k.plural, "scope": scope, "verbs": []string{"list", "create", "delete", "get"},
				"responseKind": object{"group": k.group, "version": k.version, "kind": k.kind}})
		}
	}
	_ = json.NewEncoder(w).Encode(object{"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "items": []any{
		object{"metadata": object{"name": group}, "versions": []any{object{"version": "v1", "freshness": "Current", "resources": resources}}}}})
}

// list answers with a page.
func (s *server) list(w http.ResponseWriter, r *http.Request) {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	plural, only := parts[len(parts)-1], -1
	if len(parts) >= 4 && parts[len(parts)-3] == "namespaces" {
		only, _ = strconv.Atoi(strings.TrimPrefix(parts[len(parts)-2], "n"))
	}
	count := map[string]int{"namespaces": 1, "deployments": 1, "replicasets": 1, "pods": 2, "serviceaccounts": 1}[plural]
	if count == 0 {
		count = (s.each - 1) / 3
	}
	total, first := s.namespaces*count, 0
	if only >= 0 {
		first, total = only*count, (only+1)*count
	}
	limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
	from, _ := strconv.Atoi(r.URL.Query().Get("continue"))
	from = max(from, first)
	if limit == 0 {
		limit = total
	}
	var items []any
	for i := from; i < min(from+limit, total); i++ {
		items = append(items, s.object(plural, i/count, i%count))
	}
	metadata := object{}
	if from+limit < total {
		metadata["continue"] = strconv.Itoa(from + limit)
	}
	if plural == "pods" && !strings.Contains(r.Header.Get("Accept"), "PartialObjectMetadataList") {
		s.whole.Add(1)
	}
	kind := ""
	for _, k := range s.kinds() {
		if k.plural == plural {
			kind = k.kind + "List"
		}
	}
	_ = json.NewEncoder(w).Encode(object{"apiVersion": "v1", "kind": kind, "metadata": metadata, "items": items})
}

func (s *server) object(plural string, namespace, i int) object {
	ns := fmt.Sprintf("n%d", namespace)
	metadata := object{"namespace": ns, "name": fmt.Sprintf("%s-%d", plural, i), "uid": "u", "labels": object{"app": "web"},
		"managedFields": []any{object{"manager": "kubectl", "fieldsV1": object{"f:spec": object{"f:replicas": object{}}}}}}
	o := object{"metadata": metadata}
	switch plural {
	case "namespaces":
		o["metadata"], o["status"] = object{"name": ns}, object{"phase": "Active"}
	case "serviceaccounts":
		metadata["name"] = "default"
	case "pods", "replicasets":
		metadata["ownerReferences"] = []any{object{"kind": "Deployment", "name": "deployments-0", "controller": true}}
	case "deployments":
		o["spec"] = object{"replicas": 0, "template": object{"spec": object{"containers": []any{object{"name": "web", "image": "web:1", "env": []any{object{"name": "A", "value": "b"}},
			"envFrom": []any{object{"configMapRef": object{"name": "configmaps-0"}}}}}}}}
		o["status"] = object{"observedGeneration": 1}
	case "services":
		o["spec"] = object{"clusterIP": "10.0.0.1", "ports": []any{object{"port": 80, "protocol": "TCP", "nodePort": 30080}}, "selector": object{"app": "web"}}
	default:
		o["data"] = object{"a": "YQ==", "b": "Yg=="}
	}
	return o
}

// open connects to the server.
func (s *server) open(t testing.TB, o Options) *Cloud {
	t.Helper()
	c := openAt(t, s, o)
	s.requests.Store(0)
	return c
}

func openAt(t testing.TB, s http.Handler, o Options) *Cloud {
	t.Helper()
	h := httptest.NewServer(s)
	t.Cleanup(h.Close)
	o.Cloud = "test"
	o.Config = []byte(`{"apiVersion": "v1", "kind": "Config", "current-context": "x", "clusters": [{"name": "x", "cluster": {"server": "` + h.URL + `"}}], "contexts": [{"name": "x", "context": {"cluster": "x", "namespace": "n1"}}]}`)
	c, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// count returns how many are listed, by type, and the most memory in use.
func count(t testing.TB, c *Cloud, selector cloud.Selector) (map[resource.Type]int, uint64) {
	t.Helper()
	out, n, peak := map[resource.Type]int{}, 0, uint64(0)
	for r, err := range c.List(t.Context(), selector) {
		if err != nil {
			t.Fatal(err)
		}
		out[r.Type]++
		if n++; n%5000 == 0 {
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapAlloc)
		}
	}
	return out, peak
}

// The cost of a listing is a request for each page of each kind, whatever the
// number of namespaces; what controllers have made is not read whole; and what
// is in memory does not grow with what is there.
func TestListingIsCheap(t *testing.T) {
	s := &server{namespaces: 300, each: 40}
	c := s.open(t, Options{})
	have, few := count(t, c, cloud.Selector{})
	want := map[resource.Type]int{"core/Namespace": 300, "core/ConfigMap": 3900, "core/Secret": 3900, "core/Service": 3900, "core/ServiceAccount": 300, "apps/Deployment": 300}
	if fmt.Sprint(have) != fmt.Sprint(want) {
		t.Errorf("listed are %v, not %v", have, want)
	}
	// 8 pages each of three kinds, 2 of pods' metadata, and one each of replica
	// sets' metadata, deployments, namespaces (twice: whose account is whose) and accounts
	if n := s.requests.Load(); n > 31 || s.whole.Load() != 0 {
		t.Errorf("%d requests, %d of them for whole pods", n, s.whole.Load())
	}
	large := &server{namespaces: 1000, each: 40}
	if _, many := count(t, large.open(t, Options{}), cloud.Selector{}); many > few+60<<20 { // all of them take 100
		t.Errorf("three times the objects take %d MiB and not %d", many>>20, few>>20)
	}
}

// What an export holds in memory does not grow with what is exported, nor does
// what it asks for, but for the pages.
func TestExportInLittleMemory(t *testing.T) {
	export := func(namespaces int, bytes bool) (dir string, n int, live uint64) {
		c := (&server{namespaces: namespaces, each: 7}).open(t, Options{Secret: []byte("key")})
		dir = t.TempDir()
		stop := cloudtest.WatchLive()
		n, err := drill.Export(t.Context(), drill.Options{ID: "d", Dir: t.TempDir(), From: drill.Side{Name: "test", Cloud: c}, Bytes: bytes, Now: time.Now}, dir)
		if live = stop(); err != nil || n != 9*namespaces {
			t.Fatalf("%d resources: %v", n, err)
		}
		t.Logf("%d resources in %d KiB", n, live>>10)
		return dir, n, live
	}
	dir, n, few := export(300, false)
	b, err := bundle.Open(dir)
	if err != nil || b.Set.Len() != n || len(b.Manifest.Files) != 8*300+5 { // but the accounts; and kustomization, images, resources, what is left out, RESTORE.md
		t.Fatalf("%v: %d resources in %d files, and %d were written", err, b.Set.Len(), len(b.Manifest.Files), n)
	}
	if _, _, many := export(1000, false); many > few+10<<20 { // all of them take 33
		t.Errorf("three times the objects take %d MiB and not %d", many>>20, few>>20)
	}
}

func TestListingEndsEarly(t *testing.T) {
	c := (&server{namespaces: 300, each: 40}).open(t, Options{})
	n := 0
	for _, err := range c.List(t.Context(), cloud.Selector{}) {
		if n++; err != nil || n == 10 {
			break
		}
	}
	if n != 10 {
		t.Errorf("ended after %d", n)
	}
}

// Where rights do not suffice for the whole cluster, namespaces are listed one
// by one; where they do not suffice to list these, that of the context is.
func TestListingWithFewRights(t *testing.T) {
	s := &server{namespaces: 30, each: 4, forbids: func(path string) bool {
		return strings.HasPrefix(path, "/api/v1/") && !strings.HasPrefix(path, "/api/v1/namespaces/n1/") || strings.HasSuffix(path, "/secrets") || strings.HasPrefix(path, "/apis/apps/v1/replicasets")
	}}
	have, _ := count(t, s.open(t, Options{}), cloud.Selector{})
	if want := map[resource.Type]int{"core/ConfigMap": 1, "core/Service": 1, "core/ServiceAccount": 1, "apps/Deployment": 30}; fmt.Sprint(have) != fmt.Sprint(want) {
		t.Errorf("listed are %v, not %v", have, want)
	}
	have, _ = count(t, s.open(t, Options{Namespaces: []string{"n1", "n2"}}), cloud.Selector{})
	if want := map[resource.Type]int{"core/ConfigMap": 1, "core/Service": 1, "core/ServiceAccount": 1, "apps/Deployment": 2}; fmt.Sprint(have) != fmt.Sprint(want) {
		t.Errorf("in two namespaces are %v, not %v", have, want)
	}
	offer, err := s.open(t, Options{}).Catalogue(t.Context())
	if err != nil || len(offer.Cluster.Unread) == 0 || fmt.Sprint(offer.Cluster.Namespaces) != "[n1]" {
		t.Errorf("%v: %+v", err, offer.Cluster)
	}
}

// A page that the server has forgotten is read as it is now, and only once.
func TestListingThatExpires(t *testing.T) {
	have, _ := count(t, (&server{namespaces: 300, each: 40, expires: "1000"}).open(t, Options{}), cloud.Selector{Types: []resource.Type{"core/ConfigMap"}})
	if have["core/ConfigMap"] != 3900 {
		t.Errorf("listed are %v", have)
	}
}

func TestListingFails(t *testing.T) {
	c := (&server{namespaces: 3, each: 4, breaks: "/api/v1/secrets"}).open(t, Options{})
	var last error
	n := 0
	for _, err := range c.List(t.Context(), cloud.Selector{Types: []resource.Type{"core/ConfigMap", "core/Secret"}}) {
		if last != nil {
			t.Error("it goes on after the error")
		}
		last = err
		n++
	}
	if op, ok := errors.AsType[*cloud.OpError](last); !ok || !errors.Is(last, cloud.ErrProtocol) || op.Op != "list core/Secret" || n > 4 {
		t.Errorf("after %d, the error is %v", n, last)
	}
}

// BenchmarkList reads 300 namespaces with 40 objects each.
func BenchmarkList(b *testing.B) {
	s := &server{namespaces: 300, each: 40}
	c := s.open(b, Options{})
	b.ReportAllocs()
	for b.Loop() {
		have, _ := count(b, c, cloud.Selector{})
		if have["core/ConfigMap"] != 3900 {
			b.Fatal(have)
		}
	}
	b.ReportMetric(float64(s.requests.Load())/float64(b.N), "requests/op")
}
