//go:build cluster

package cluster

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io/fs"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
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

// Every profile that wechsel brings along and that offers Kubernetes starts, two
// at a time, and has what the profile says.
func TestClusterOfEveryProfile(t *testing.T) {
	path, err := Find(os.Getenv("WECHSEL_CLUSTER"))
	if err != nil {
		t.Fatal(err)
	}
	files, err := fs.Sub(fixtures.FS, "clouds")
	if err != nil {
		t.Fatal(err)
	}
	names, err := fs.Glob(files, "*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var serving []*profile.Profile
	for _, name := range names {
		p, err := profile.Load(files, strings.TrimSuffix(name, ".yaml"))
		if err != nil {
			t.Fatal(err)
		}
		if p.Kubernetes.Serves() {
			serving = append(serving, p)
		}
	}
	if len(serving) < 2 {
		t.Fatalf("%d profiles offer Kubernetes", len(serving))
	}
	for two := range slices.Chunk(serving, 2) {
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
}
