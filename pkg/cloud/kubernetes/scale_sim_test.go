//go:build cluster

package kubernetes_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/yaml"

	"github.com/wechsel-project/wechsel/pkg/cloud/cloudtest"
	"github.com/wechsel-project/wechsel/pkg/cloud/kubernetes"
	"github.com/wechsel-project/wechsel/pkg/diff"
	"github.com/wechsel-project/wechsel/pkg/drill"
	"github.com/wechsel-project/wechsel/pkg/inventory"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// BenchmarkEstate measures the inventory of many namespaces with 40 objects
// each, the export of them, and the diff of two such inventories: seconds,
// requests and the most memory that the process has taken.
//
// "real" is a cluster that holds them all (fewer). The others are one namespace of a
// real cluster, with all that the server and the controllers have made of it,
// which a process of its own multiplies: no API server holds 120,000 objects
// within the minutes that a benchmark may take.
func BenchmarkEstate(b *testing.B) {
	config := start(b, "alster")
	admin := administrator(b, config)
	admin.fill(b, 0)
	b.Run("namespaces=300", func(b *testing.B) {
		benchmarkEstate(b, multiplied(b, config, 300, 0), multiplied(b, config, 300, 1))
	})
	b.Run("namespaces=3000", func(b *testing.B) { benchmarkEstate(b, multiplied(b, config, 3000, 0), multiplied(b, config, 3000, 1)) })
	b.Run("real=30", func(b *testing.B) {
		var g errgroup.Group
		g.SetLimit(4)
		for i := 1; i < 30; i++ {
			g.Go(func() error { admin.fill(b, i); return nil })
		}
		_ = g.Wait()
		benchmarkEstate(b, config, config)
	})
}

func benchmarkEstate(b *testing.B, from, to []byte) {
	dir := b.TempDir()
	names := [2]string{filepath.Join(dir, "a"), filepath.Join(dir, "b")}
	inventoryOf(b, to, names[1])
	b.Run("inventory", func(b *testing.B) {
		objects, requests := 0, 0
		w := begin()
		for b.Loop() {
			objects, requests = inventoryOf(b, from, names[0])
		}
		w.report(b)
		b.ReportMetric(float64(objects), "resources")
		b.ReportMetric(float64(requests), "requests/op")
	})
	b.Run("export", func(b *testing.B) { benchmarkExport(b, from) })
	b.Run("diff", func(b *testing.B) {
		changes := 0
		w := begin()
		for b.Loop() {
			changes = compare(b, names)
		}
		w.report(b)
		b.ReportMetric(float64(changes), "changes")
	})
}

// benchmarkExport measures an export, with a file for each object and the digests
// of all of them.
func benchmarkExport(b *testing.B, config []byte) {
	n, objects, requests := 0, 0, 0
	w := begin()
	for b.Loop() {
		c := open(b, kubernetes.Options{Config: config, Secret: []byte("key")})
		o := drill.Options{ID: "bench", From: drill.Side{Name: "test", Cloud: c}, Now: time.Now}
		var err error
		if objects, err = drill.Export(b.Context(), o, filepath.Join(b.TempDir(), strconv.Itoa(n))); err != nil {
			b.Fatal(err)
		}
		n, requests = n+1, requestsOf(c)
	}
	w.report(b)
	b.ReportMetric(float64(objects), "resources")
	b.ReportMetric(float64(requests), "requests/op")
}

func inventoryOf(b *testing.B, config []byte, name string) (objects, requests int) {
	b.Helper()
	c := open(b, kubernetes.Options{Config: config, Secret: []byte("key")})
	catalogue, err := c.Catalogue(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	if objects, err = inventory.Write(b.Context(), c, inventory.Options{Catalogue: &catalogue}, name); err != nil {
		b.Fatal(err)
	}
	return objects, requestsOf(c)
}

// requestsOf counts what was sent to the server.
func requestsOf(c *kubernetes.Cloud) (n int) {
	for _, calls := range c.Transport().Calls() {
		n += calls.Requests
	}
	return n
}

func compare(b *testing.B, names [2]string) int {
	b.Helper()
	var streams [2]resource.Stream
	for i, name := range names {
		var err error
		if streams[i], err = inventory.Open(name); err != nil {
			b.Fatal(err)
		}
	}
	x, y, _, err := diff.Reduce(streams[0], streams[1])
	if err != nil {
		b.Fatal(err)
	}
	return len(diff.Compare(x, y, resource.Mapping{}, diff.Options{}).Changes)
}

// A watch measures what an operation takes beside time.
type watch struct {
	peak func() uint64
	busy time.Duration
}

func begin() watch { return watch{cloudtest.WatchMemory(), busy()} }

// busy is how long this process has computed, on all processors.
func busy() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func (w watch) report(b *testing.B) {
	b.ReportMetric(float64(w.peak())/(1<<20), "MiB-peak")
	b.ReportMetric((busy()-w.busy).Seconds()/float64(b.N), "cpu-s/op")
}

// An admin speaks to an API server without the driver.
type admin struct {
	server string
	client *http.Client
}

func administrator(t testing.TB, config []byte) admin {
	t.Helper()
	r, err := clientcmd.RESTConfigFromKubeConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	r.QPS = -1
	client, err := rest.HTTPClientFor(r)
	if err != nil {
		t.Fatal(err)
	}
	return admin{r.Host, client}
}

// fill makes the namespace with that number.
func (a admin) fill(t testing.TB, number int) {
	for _, o := range estate(t, number) {
		data, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := a.client.Post(a.server+o.path(), "application/json", bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		if answer.StatusCode != http.StatusCreated {
			t.Fatalf("%s: %s", o.path(), text)
		}
	}
	for { // until the controllers have done their work
		var list struct {
			Items []struct {
				Status struct{ AvailableReplicas int }
			}
		}
		answer, err := a.client.Get(a.server + "/apis/apps/v1/namespaces/" + space(number) + "/deployments")
		if err != nil {
			t.Fatal(err)
		}
		err = json.NewDecoder(answer.Body).Decode(&list)
		answer.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(list.Items, func(i struct {
			Status struct{ AvailableReplicas int }
		}) bool {
			return i.Status.AvailableReplicas == 0
		}) {
			return
		}
	}
}

// space is the name of a namespace.
func space(number int) string { return fmt.Sprintf("shop-%04d", number) }

// A made is an object that is made.
type made map[string]any

func (o made) path() string {
	version, _ := o["apiVersion"].(string)
	kind, _ := o["kind"].(string)
	metadata, _ := o["metadata"].(map[string]any)
	base := "/apis/" + version
	if version == "v1" {
		base = "/api/v1"
	}
	plural := strings.ToLower(kind) + "s"
	plural = strings.ReplaceAll(strings.ReplaceAll(plural, "ys", "ies"), "ingresss", "ingresses")
	if namespace, ok := metadata["namespace"].(string); ok {
		base += "/namespaces/" + namespace
	}
	return base + "/" + plural
}

// estate is a namespace with 39 objects in it, as shops have them.
func estate(t testing.TB, number int) []made {
	t.Helper()
	var b strings.Builder
	add := func(times int, manifest string) {
		for i := range times {
			b.WriteString(strings.NewReplacer("NS", space(number), "NUMBER", strconv.Itoa(i)).Replace(manifest) + "\n---\n")
		}
	}
	add(1, `{apiVersion: v1, kind: Namespace, metadata: {name: NS, labels: {team: web}}}`)
	add(1, `{apiVersion: v1, kind: ServiceAccount, metadata: {name: web, namespace: NS}}`)
	add(1, `{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: web, namespace: NS}, rules: [{apiGroups: [""], resources: [configmaps, secrets], verbs: [get, list, watch]}]}`)
	add(1, `{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: web, namespace: NS}, roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: web}, subjects: [{kind: ServiceAccount, name: web}]}`)
	add(10, `{apiVersion: v1, kind: ConfigMap, metadata: {name: settings-NUMBER, namespace: NS, labels: {app.kubernetes.io/part-of: shop}}, data: {application.yaml: "`+
		strings.Repeat(`server: {port: 8080, host: web.NS.example}\n`, 12)+`"}}`)
	add(6, `{apiVersion: v1, kind: Secret, metadata: {name: access-NUMBER, namespace: NS}, stringData: {user: shop, password: secret-of-NS-NUMBER}}`)
	add(2, `{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: data-NUMBER, namespace: NS}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}`)
	add(6, `{apiVersion: v1, kind: Service, metadata: {name: web-NUMBER, namespace: NS}, spec: {selector: {app: web-NUMBER}, ports: [{name: http, port: 80, targetPort: http}, {name: metrics, port: 9090}]}}`)
	web := `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web-NUMBER, namespace: NS, labels: {app: web-NUMBER, app.kubernetes.io/part-of: shop}, annotations: {example.org/owner: team-web}}
spec:
  replicas: 1
  selector: {matchLabels: {app: web-NUMBER}}
  template:
    metadata: {labels: {app: web-NUMBER}}
    spec:
      serviceAccountName: web
      securityContext: {runAsNonRoot: true, runAsUser: 1000, seccompProfile: {type: RuntimeDefault}}
      containers:
        - name: main
          image: registry.example/shop/web:1
          ports: [{name: http, containerPort: 8080}, {name: metrics, containerPort: 9090}]
          env:
            - {name: PASSWORD, valueFrom: {secretKeyRef: {name: access-NUMBER, key: password}}}
            - {name: MODE, value: fast}
          envFrom: [{configMapRef: {name: settings-NUMBER}}]
          resources: {requests: {cpu: 1m, memory: 1Mi}, limits: {memory: 256Mi}}
          readinessProbe: {httpGet: {path: /ready, port: http}, periodSeconds: 5}
          volumeMounts: [{name: settings, mountPath: /etc/shop}, {name: scratch, mountPath: /tmp}]
        - {name: proxy, image: "registry.example/proxy:3", ports: [{containerPort: 15001}], resources: {requests: {cpu: 1m, memory: 1Mi}}}
      volumes: [{name: settings, configMap: {name: settings-9}}, {name: scratch, emptyDir: {}}]`
	add(4, web)
	db := strings.NewReplacer("web-NUMBER", "db-NUMBER", "emptyDir: {}", "persistentVolumeClaim: {claimName: data-NUMBER}")
	add(2, db.Replace(web))
	add(2, `{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: web-NUMBER, namespace: NS}, spec: {tls: [{hosts: [NS.example], secretName: access-0}], rules: [{host: NS.example, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web-NUMBER, port: {name: http}}}}]}}]}}`)
	add(1, `{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: front, namespace: NS}, spec: {podSelector: {matchLabels: {app: web-0}}, policyTypes: [Ingress], ingress: [{ports: [{port: 8080}]}]}}`)
	add(2, `{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: web-NUMBER, namespace: NS}, spec: {minReplicas: 1, maxReplicas: 3, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web-NUMBER}}}`)
	add(1, `{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: web, namespace: NS}, spec: {minAvailable: 1, selector: {matchLabels: {app: web-0}}}}`)
	var out []made
	for part := range strings.SplitSeq(b.String(), "\n---\n") {
		var o made
		if err := yaml.Unmarshal([]byte(part), &o); err != nil {
			t.Fatal(err)
		}
		if o != nil {
			out = append(out, o)
		}
	}
	if len(out) != 40 {
		t.Fatalf("%d objects", len(out))
	}
	return out
}

// A copier answers as the server behind it does, but for lists: what these have
// of the namespace number 0, they have of as many as are asked for.
type copier struct {
	Config     []byte
	Namespaces int
	Changed    int // in every 100th namespace the images are others; how many of them (0: none)

	admin admin
	mu    sync.Mutex
	lists map[string]*copied // by path and what is accepted
}

// copied is a list: its items in namespace 0, and the others.
type copied struct {
	Kind       string            `json:"kind"`
	APIVersion string            `json:"apiVersion"`
	Items      []json.RawMessage `json:"items"`
	ours       [][]byte
	others     []json.RawMessage
}

// estateVariable tells the test's program that it shall be a copier.
const estateVariable = "WECHSEL_TEST_COPIER"

func TestMain(m *testing.M) {
	if text := os.Getenv(estateVariable); text != "" {
		if err := serveCopies(text); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// serveCopies prints its address and serves until its input ends.
func serveCopies(text string) error {
	c := &copier{lists: map[string]*copied{}}
	if err := json.Unmarshal([]byte(text), c); err != nil {
		return err
	}
	r, err := clientcmd.RESTConfigFromKubeConfig(c.Config)
	if err != nil {
		return err
	}
	r.QPS = -1
	client, err := rest.HTTPClientFor(r)
	if err != nil {
		return err
	}
	c.admin = admin{r.Host, client}
	s := httptest.NewServer(c)
	defer s.Close()
	fmt.Println(s.URL)
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// multiplied starts a copier and returns a kubeconfig for it.
func multiplied(b *testing.B, config []byte, namespaces, changed int) []byte {
	b.Helper()
	text, err := json.Marshal(copier{Config: config, Namespaces: namespaces, Changed: changed})
	if err != nil {
		b.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.CommandContext(b.Context(), self)
	cmd.Env = append(os.Environ(), estateVariable+"="+string(text))
	cmd.Stderr = os.Stderr
	input, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { input.Close(); _ = cmd.Wait() })
	var address string
	if _, err := fmt.Fscanln(output, &address); err != nil {
		b.Fatal(err)
	}
	return []byte(`{"apiVersion": "v1", "kind": "Config", "current-context": "x", "clusters": [{"name": "x", "cluster": {"server": "` + address + `"}}], "contexts": [{"name": "x", "context": {"cluster": "x"}}]}`)
}

func (c *copier) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	limit, _ := strconv.Atoi(query.Get("limit"))
	if limit == 0 || strings.Contains(r.URL.Path, "/namespaces/") {
		_, header, data := c.ask(r, r.URL.RequestURI())
		w.Header().Set("Content-Type", header)
		w.Write(data)
		return
	}
	list := c.list(r)
	from, _ := strconv.Atoi(query.Get("continue"))
	total := len(list.ours) * c.Namespaces
	fmt.Fprintf(w, `{"kind":%q,"apiVersion":%q,"metadata":{`, list.Kind, list.APIVersion)
	if from+limit < total {
		fmt.Fprintf(w, `"continue":"%d"`, from+limit)
	}
	io.WriteString(w, `},"items":[`)
	comma := ""
	for i := from; i < min(from+limit, total); i++ {
		number := i / len(list.ours)
		item := bytes.ReplaceAll(list.ours[i%len(list.ours)], []byte(space(0)), []byte(space(number)))
		if c.Changed > 0 && number%100 == 7 {
			item = bytes.ReplaceAll(item, []byte("shop/web:1"), []byte("shop/web:2"))
		}
		io.WriteString(w, comma)
		w.Write(item)
		comma = ","
	}
	for _, item := range list.others {
		if from+limit >= total {
			io.WriteString(w, comma)
			w.Write(item)
			comma = ","
		}
	}
	io.WriteString(w, `]}`)
}

// list asks for a list once.
func (c *copier) list(r *http.Request) *copied {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := r.URL.Path + " " + r.Header.Get("Accept") + " " + r.URL.Query().Get("fieldSelector")
	if c.lists[key] != nil {
		return c.lists[key]
	}
	_, _, data := c.ask(r, r.URL.Path+"?"+url.Values{"fieldSelector": r.URL.Query()["fieldSelector"]}.Encode())
	l := &copied{}
	if err := json.Unmarshal(data, l); err != nil {
		panic(err)
	}
	for _, item := range l.Items {
		if bytes.Contains(item, []byte(`"`+space(0)+`"`)) {
			l.ours = append(l.ours, item)
		} else {
			l.others = append(l.others, item)
		}
	}
	c.lists[key] = l
	return l
}

func (c *copier) ask(r *http.Request, uri string) (int, string, []byte) {
	request, err := http.NewRequestWithContext(r.Context(), http.MethodGet, c.admin.server+uri, nil)
	if err != nil {
		panic(err)
	}
	request.Header.Set("Accept", cmp.Or(r.Header.Get("Accept"), "application/json"))
	answer, err := c.admin.client.Do(request)
	if err != nil {
		panic(err)
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		panic(err)
	}
	return answer.StatusCode, answer.Header.Get("Content-Type"), data
}
