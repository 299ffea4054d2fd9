//go:build cluster || servers

package kubernetes_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"strings"
	"testing"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/wechsel-project/wechsel/fixtures"
	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/cloud/cloudtest"
	"github.com/wechsel-project/wechsel/pkg/cloud/kubernetes"
	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/resource"
	"github.com/wechsel-project/wechsel/pkg/sim/cluster"
)

// start runs the cluster of a profile and returns a kubeconfig for it.
func start(t testing.TB, name string) []byte {
	t.Helper()
	program, err := cluster.Find(os.Getenv("WECHSEL_CLUSTER"))
	if err != nil {
		t.Fatal(err)
	}
	files, err := fs.Sub(fixtures.FS, "clouds")
	if err != nil {
		t.Fatal(err)
	}
	p, err := profile.Load(files, name)
	if err != nil {
		t.Fatal(err)
	}
	c, err := cluster.Start(t.Context(), program, p)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	config, err := json.Marshal(cluster.Kubeconfig([]string{name}, map[string]*cluster.Cluster{name: c}))
	if err != nil {
		t.Fatal(err)
	}
	return config
}

func open(t testing.TB, o kubernetes.Options) *kubernetes.Cloud {
	t.Helper()
	o.Cloud = "test"
	c, err := kubernetes.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestClusterSuite(t *testing.T) {
	config := start(t, "alster")
	cloudtest.RunCluster(t, cloudtest.ClusterSuite{
		Open: func(t testing.TB) cloud.Cloud { return open(t, kubernetes.Options{Config: config}) },
		Member: func(t testing.TB, namespace, account string) cloud.Cloud {
			return open(t, kubernetes.Options{Config: memberConfig(t, config, namespace, account), Namespaces: []string{namespace}})
		},
	})
}

// memberConfig is the kubeconfig with a token of the account instead of the
// administrator's.
func memberConfig(t testing.TB, config []byte, namespace, account string) []byte {
	t.Helper()
	admin, err := clientcmd.RESTConfigFromKubeConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	client, err := rest.HTTPClientFor(admin)
	if err != nil {
		t.Fatal(err)
	}
	body := strings.NewReader(`{"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}`)
	answer, err := client.Post(admin.Host+"/api/v1/namespaces/"+namespace+"/serviceaccounts/"+account+"/token", "application/json", body)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var token struct{ Status struct{ Token string } }
	if err := json.NewDecoder(answer.Body).Decode(&token); err != nil || token.Status.Token == "" {
		t.Fatalf("no token: %s, %v", answer.Status, err)
	}
	return bytes.ReplaceAll(config, []byte(admin.BearerToken), []byte(token.Status.Token))
}

// listed returns what is listed, by type and id.
func listed(t *testing.T, c cloud.Reader, s cloud.Selector) map[string]*resource.Resource {
	t.Helper()
	out := map[string]*resource.Resource{}
	for r, err := range c.List(t.Context(), s) {
		if err != nil {
			t.Fatal(err)
		}
		out[string(r.Type)+" "+r.ID] = r
	}
	return out
}

// ready looks until what the drill d1 has made has come to rest, and returns
// how.
func ready(t *testing.T, c cloud.Reader, made *resource.Resource) *resource.Resource {
	t.Helper()
	for range 1000 {
		r := listed(t, c, cloud.Selector{Types: []resource.Type{made.Type}, Drill: "d1", States: true})[string(made.Type)+" "+made.ID]
		if r == nil {
			t.Fatalf("%s is not listed", made.Ref)
		}
		if r.State != resource.Pending {
			return r
		}
	}
	t.Fatalf("%s does not come to rest", made.Ref)
	return nil
}

func id(r *resource.Resource) string {
	if r.Scope == "" {
		return r.Name
	}
	return r.Scope + "/" + r.Name
}
