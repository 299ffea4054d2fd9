//go:build cluster

package cluster

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/wechsel-project/wechsel/fixtures"
	"github.com/wechsel-project/wechsel/pkg/profile"
)

// get asks the cluster as its administrator.
func get(t *testing.T, c *Cluster, path string, into any) {
	t.Helper()
	authority := x509.NewCertPool()
	authority.AppendCertsFromPEM([]byte(c.CertificateAuthority))
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: authority}}}
	defer client.CloseIdleConnections()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.Server+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+c.Token)
	answer, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if err := json.NewDecoder(answer.Body).Decode(into); err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", path, answer.Status, err)
	}
}

func built(t testing.TB) string {
	t.Helper()
	path, err := Find(os.Getenv("WECHSEL_CLUSTER"))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// serving are the profiles that wechsel brings along and that offer Kubernetes.
func serving(t testing.TB) []*profile.Profile {
	t.Helper()
	files, err := fs.Sub(fixtures.FS, "clouds")
	if err != nil {
		t.Fatal(err)
	}
	names, err := profile.Names(files)
	if err != nil {
		t.Fatal(err)
	}
	var all []*profile.Profile
	for _, name := range names {
		p, err := profile.Load(files, name)
		if err != nil {
			t.Fatal(err)
		}
		if p.Kubernetes.Serves() {
			all = append(all, p)
		}
	}
	if len(all) < 2 {
		t.Fatalf("%d profiles offer Kubernetes", len(all))
	}
	return all
}

// Every profile starts, two at a time, and has what it says.
func TestClusterOfEveryProfile(t *testing.T) {
	path := built(t)
	for two := range slices.Chunk(serving(t), 2) {
		var wait sync.WaitGroup
		for _, p := range two {
			wait.Go(func() { t.Run(p.Name, func(t *testing.T) { starts(t, path, p) }) })
		}
		wait.Wait()
	}
}

func starts(t *testing.T, path string, p *profile.Profile) {
	c, err := Start(t.Context(), path, p)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}()
	var version struct{ GitVersion string }
	get(t, c, "/version", &version)
	if want := "v" + p.Kubernetes.Version + "."; !strings.HasPrefix(version.GitVersion, want) {
		t.Errorf("version is %s, want %s", version.GitVersion, want)
	}
	var nodes struct{ Items []any }
	get(t, c, "/api/v1/nodes", &nodes)
	if len(nodes.Items) != len(p.Kubernetes.Nodes) {
		t.Errorf("%d nodes, want %d", len(nodes.Items), len(p.Kubernetes.Nodes))
	}
	for _, o := range p.Kubernetes.Objects {
		if o["kind"] == "StorageClass" {
			name := o["metadata"].(map[string]any)["name"].(string)
			get(t, c, "/apis/storage.k8s.io/v1/storageclasses/"+name, &struct{}{})
		}
	}
	for _, k := range p.Kubernetes.Kinds {
		get(t, c, "/apis/"+k.Group+"/"+k.Versions[0], &struct{}{})
	}
}

// What only the servers find out is told as well.
func TestClusterThatCannotBe(t *testing.T) {
	path := built(t)
	for _, c := range []struct {
		want   string
		change func(*profile.Kubernetes)
	}{
		{"emulation version 1.20", func(k *profile.Kubernetes) { k.Version = "1.20" }},
		{"objects[0] (StorageClass x)", func(k *profile.Kubernetes) {
			k.Objects = []profile.Object{{"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": map[string]any{"name": "x"}}}
		}},
		{"balancers[0]", func(k *profile.Kubernetes) { k.Balancers = make([]profile.Balancer, 1) }},
	} {
		p := offering()
		c.change(&p.Kubernetes)
		started, err := Start(t.Context(), path, p)
		if err == nil {
			err = started.Close()
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error is %v, want %s", err, c.want)
		}
	}
}

// parent, when it is set, makes a run of this program one that starts a cluster,
// says where, and stays.
const parent = "WECHSEL_TEST_PARENT"

func TestMain(m *testing.M) {
	if os.Getenv(parent) == "" {
		os.Exit(m.Run())
	}
	c, err := Start(context.Background(), os.Getenv("WECHSEL_CLUSTER"), offering())
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(c.Server)
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// The cluster ends with whoever started it, also when that had no time to say so.
func TestClusterEndsWithItsParent(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	killed := exec.CommandContext(t.Context(), self)
	killed.Env = append(os.Environ(), parent+"=1", "WECHSEL_CLUSTER="+built(t))
	stay, err := killed.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stay.Close()
	out, err := killed.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := killed.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	address, serves := strings.CutPrefix(strings.TrimSpace(line), "https://")
	if err != nil || !serves {
		t.Fatalf("not started: %s, %v", line, err)
	}
	if err := killed.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = killed.Wait()
	for { // until nobody listens; meanwhile a connection ends when the process does
		connection, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
		if errors.Is(err, syscall.ECONNREFUSED) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, connection)
		_ = connection.Close()
	}
}

// Two clusters at once, from nothing to ready.
func BenchmarkTwoClustersReady(b *testing.B) {
	path, two := built(b), serving(b)[:2]
	memory := 0.0
	for b.Loop() {
		clusters := make([]*Cluster, len(two))
		var wait sync.WaitGroup
		for i, p := range two {
			wait.Go(func() {
				c, err := Start(b.Context(), path, p)
				if err != nil {
					b.Error(err)
				}
				clusters[i] = c
			})
		}
		wait.Wait()
		b.StopTimer()
		if b.Failed() {
			b.FailNow()
		}
		memory = 0
		for _, c := range clusters {
			memory += resident(b, c)
			if err := c.Close(); err != nil {
				b.Error(err)
			}
		}
		b.StartTimer()
	}
	b.ReportMetric(memory, "MB-RSS")
}

// resident is how much memory the process has now.
func resident(b *testing.B, c *Cluster) float64 {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.command.Process.Pid))
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		kilobytes := 0.0
		if n, _ := fmt.Sscanf(line, "VmRSS: %f kB", &kilobytes); n == 1 {
			return kilobytes / 1000
		}
	}
	b.Fatal("the system does not tell")
	return 0
}
