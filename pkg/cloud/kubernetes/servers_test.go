//go:build servers

package kubernetes_test

import (
	"os"
	"testing"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/cloud/cloudtest"
	"github.com/wechsel-project/wechsel/pkg/cloud/kubernetes"
)

// TestServers: the driver on API servers that somebody else has started.
func TestServers(t *testing.T) {
	config, err := os.ReadFile(os.Getenv("WECHSEL_SERVERS"))
	if err != nil {
		t.Fatal(err)
	}
	c := open(t, kubernetes.Options{Config: config})
	t.Logf("the server is %s", c.Version())
	cloudtest.RunCluster(t, cloudtest.ClusterSuite{
		Open: func(t testing.TB) cloud.Cloud { return open(t, kubernetes.Options{Config: config}) },
		Member: func(t testing.TB, namespace, account string) cloud.Cloud {
			return open(t, kubernetes.Options{Config: memberConfig(t, config, namespace, account), Namespaces: []string{namespace}})
		},
	})
}
