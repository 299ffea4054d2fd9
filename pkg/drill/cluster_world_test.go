//go:build cluster

package drill

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/wechsel-project/wechsel/pkg/bundle"
	"github.com/wechsel-project/wechsel/pkg/cloud/kubernetes"
	"github.com/wechsel-project/wechsel/pkg/diff"
	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/inventory"
	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/resource"
	"github.com/wechsel-project/wechsel/pkg/scenario"
	"github.com/wechsel-project/wechsel/pkg/sim/cluster"
)

// served is a simulated cluster as its administrator has it.
type served struct {
	*cluster.Cluster
	side   Side
	driver *kubernetes.Cloud
	client *http.Client
	kinds  map[resource.Type]profile.Kind
}

// clustersOf starts the clusters of these profiles, all at once. Hashes of
// secrets can be compared between them.
func clustersOf(t testing.TB, profiles ...*profile.Profile) []*served {
	t.Helper()
	program, err := cluster.Find(os.Getenv("WECHSEL_CLUSTER"))
	if err != nil {
		t.Fatal(err)
	}
	out := make([]*served, len(profiles))
	errs := make([]error, len(profiles))
	var wait sync.WaitGroup
	for i, p := range profiles {
		wait.Go(func() {
			out[i] = &served{}
			if out[i].Cluster, errs[i] = cluster.Start(t.Context(), program, p); errs[i] == nil {
				errs[i] = out[i].connect(t, p.Name)
			}
		})
	}
	wait.Wait()
	for i, s := range out {
		if s.Cluster != nil {
			t.Cleanup(func() { _ = s.Close() })
		}
		if errs[i] != nil {
			t.Fatal(errs[i])
		}
	}
	return out
}

func (s *served) connect(t testing.TB, name string) error {
	config, err := json.Marshal(cluster.Kubeconfig([]string{name}, map[string]*cluster.Cluster{name: s.Cluster}))
	if err != nil {
		return err
	}
	if s.driver, err = kubernetes.Open(t.Context(), kubernetes.Options{Cloud: "sim:" + name, Config: config, Secret: []byte("of this test")}); err != nil {
		return err
	}
	s.side = Side{Name: "sim:" + name, Cloud: s.driver, Simulated: true}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(s.CertificateAuthority))
	s.client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	return s.discover(t)
}

// discover learns what is served now.
func (s *served) discover(t testing.TB) error {
	catalogue, err := s.driver.Catalogue(t.Context())
	if err != nil {
		return err
	}
	s.kinds = map[resource.Type]profile.Kind{}
	for _, k := range catalogue.Cluster.Kinds {
		group := k.Group
		if group == "" {
			group = "core"
		}
		s.kinds[resource.Type(group+"/"+k.Kind)] = k
	}
	return nil
}

// url is where the cluster has the object, or, with an id that ends in a
// slash, all of the kind in that namespace.
func (s *served) url(t testing.TB, kind resource.Type, id string) string {
	t.Helper()
	k, ok := s.kinds[kind]
	if !ok {
		t.Fatalf("%s is not served", kind)
	}
	parts := []string{s.Server, "api", k.Versions[0]}
	if k.Group != "" {
		parts = []string{s.Server, "apis", k.Group, k.Versions[0]}
	}
	if namespace, name, in := strings.Cut(id, "/"); in {
		parts, id = append(parts, "namespaces", namespace), name
	}
	return strings.TrimSuffix(strings.Join(append(parts, k.Plural, id), "/"), "/")
}

// ask is what an administrator does without us; the answer is an object.
func (s *served) ask(t testing.TB, method, url string, body any) (map[string]any, error) {
	t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	q, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Authorization", "Bearer "+s.Token)
	q.Header.Set("Content-Type", "application/json")
	q.Header.Set("User-Agent", "someone/1")
	answer, err := s.client.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var o map[string]any
	if err := json.NewDecoder(answer.Body).Decode(&o); err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode >= http.StatusMultipleChoices {
		return nil, fmt.Errorf("%s %s: %s: %v", method, url, answer.Status, o["message"])
	}
	return o, nil
}

// put makes the object what it shall be, whatever it is now.
func (s *served) put(t testing.TB, kind resource.Type, id string, shall map[string]any) {
	t.Helper()
	for range 100 { // a controller may write in between
		now, err := s.ask(t, http.MethodGet, s.url(t, kind, id), nil)
		if err != nil {
			t.Fatal(err)
		}
		shall["metadata"].(map[string]any)["resourceVersion"] = now["metadata"].(map[string]any)["resourceVersion"]
		_, err = s.ask(t, http.MethodPut, s.url(t, kind, id), shall)
		if err == nil {
			return
		}
		if !strings.Contains(err.Error(), "409 ") {
			t.Fatal(err)
		}
	}
	t.Fatalf("%s %s changes all the time", kind, id)
}

// replace puts another object in the place of the one that is there.
func (s *served) replace(t testing.TB, kind resource.Type, id string, shall map[string]any) {
	t.Helper()
	url := s.url(t, kind, id)
	body := map[string]any{"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Background", "gracePeriodSeconds": 0}
	if _, err := s.ask(t, http.MethodDelete, url, body); err != nil {
		t.Fatal(err)
	}
	shall = maps.Clone(shall)
	metadata := maps.Clone(shall["metadata"].(map[string]any))
	for _, kept := range []string{"uid", "resourceVersion", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation", "managedFields", "finalizers"} {
		delete(metadata, kept)
	}
	shall["metadata"] = metadata
	delete(shall, "status")
	err := errors.New("never tried")
	for range 1000 { // until the first is gone
		if _, err = s.ask(t, http.MethodPost, url[:strings.LastIndexByte(url, '/')], shall); err == nil || !strings.Contains(err.Error(), "already exists") && !strings.Contains(err.Error(), "being deleted") {
			break
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}

// manifests is a scenario of these alone.
func manifests(t testing.TB, text string) *scenario.Scenario {
	t.Helper()
	const head = "apiVersion: wechsel/v1\nkind: Scenario\nmetadata: {name: made, title: {en: Made, de: Gemacht}}\nspec:\n  kubernetes: [{manifests: all.yaml}]\n"
	dir := fstest.MapFS{"made/scenario.yaml": {Data: []byte(head)}, "made/all.yaml": {Data: []byte(text)}}
	loaded, err := scenario.Load(dir, "made", scenario.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return loaded
}

// workload is what the scenario asks for, as it would be on the cluster.
func (s *served) workload(t testing.TB, loaded *scenario.Scenario) *resource.Set {
	t.Helper()
	var sources []kubernetes.Source
	for _, source := range loaded.Kubernetes {
		sources = append(sources, kubernetes.Source(source))
	}
	reader, err := kubernetes.Workload(sources, s.driver)
	if err != nil {
		t.Fatal(err)
	}
	set, err := inventory.Take(t.Context(), reader, inventory.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// move runs a drill of the scenario between two clusters.
func move(t testing.TB, from, to *served, loaded *scenario.Scenario, id string, keep bool) (*Result, Options) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	o := Options{ID: id, Dir: t.TempDir(), Workload: from.workload(t, loaded), From: from.side, To: to.side, Keep: keep, Now: time.Now, Tick: tick.C}
	result, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return result, o
}

// kept is a drill that has been run and left where it is.
type kept struct {
	*Result
	Options
	export *resource.Set
	on     *served
}

// observe compares what was exported with what is on the target now.
func (k *kept) observe(t testing.TB) []gap.Signal {
	t.Helper()
	set, err := inventory.Take(t.Context(), k.on.driver, inventory.Options{Drill: k.ID, Catalogue: &k.Offers[1]})
	if err != nil {
		t.Fatal(err)
	}
	return diff.Compare(k.export, set, k.Plan.Mapping, diff.Options{Joined: true, Forecast: k.Plan.Forecast}).Signals
}

func keep(t testing.TB, from, to *served, loaded *scenario.Scenario) *kept {
	t.Helper()
	result, o := move(t, from, to, loaded, "kept", true)
	b, err := bundle.Open(path(o.Dir, BundleDir))
	if err != nil {
		t.Fatal(err)
	}
	if err := to.discover(t); err != nil { // a workload may bring kinds
		t.Fatal(err)
	}
	return &kept{result, o, b.Set, to}
}
