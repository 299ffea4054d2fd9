//go:build servers

package kubernetes_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/wechsel-project/wechsel/fixtures"
	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/cloud/cloudtest"
	"github.com/wechsel-project/wechsel/pkg/cloud/kubernetes"
	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/sim/cluster"
)

// TestServers is the driver's suite on a control plane of processes of its own:
// those that WECHSEL_SERVERS names the folder of (make proof-servers). Nodes and
// storage are WECHSEL_CLUSTER's.
func TestServers(t *testing.T) {
	c := controlPlane(t, os.Getenv("WECHSEL_SERVERS"))
	standIn(t, c)
	config, err := json.Marshal(cluster.Kubeconfig([]string{"servers"}, map[string]*cluster.Cluster{"servers": c}))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("the server is %s", open(t, kubernetes.Options{Config: config}).Version())
	cloudtest.RunCluster(t, cloudtest.ClusterSuite{
		Open: func(t testing.TB) cloud.Cloud { return open(t, kubernetes.Options{Config: config}) },
		Member: func(t testing.TB, namespace, account string) cloud.Cloud {
			return open(t, kubernetes.Options{Config: memberConfig(t, config, namespace, account), Namespaces: []string{namespace}})
		},
	})
}

// controlPlane starts etcd, kube-apiserver, kube-controller-manager and
// kube-scheduler on loopback, which end with the test.
func controlPlane(t *testing.T, programs string) *cluster.Cluster {
	t.Helper()
	dir, database, secure := t.TempDir(), freePort(t), freePort(t)
	at := func(name string) string { return filepath.Join(dir, name) }
	c := &cluster.Cluster{Server: "https://127.0.0.1:" + secure, Token: "administrator"}
	write(t, at("tokens.csv"), []byte(c.Token+",admin,admin,system:masters\n"))
	write(t, at("account.key"), signingKey(t))
	run := func(name string, args ...string) {
		runs(t, at(name+".log"), nil, filepath.Join(programs, name), args...)
	}

	run("etcd", at("etcd"), database)
	run("kube-apiserver", "--etcd-servers=http://127.0.0.1:"+database, "--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", "--secure-port="+secure,
		"--cert-dir="+at("certs"), "--token-auth-file="+at("tokens.csv"), "--authorization-mode=RBAC", "--allow-privileged=true", "--endpoint-reconciler-type=none",
		"--service-cluster-ip-range=10.96.0.0/16", "--service-account-issuer=https://servers.test", "--service-account-key-file="+at("account.key"),
		"--service-account-signing-key-file="+at("account.key"))
	certificate := at("certs/apiserver.crt")
	until(t, "kube-apiserver's certificate", func() bool {
		data, err := os.ReadFile(certificate)
		c.CertificateAuthority = string(data)
		return err == nil && len(data) > 0
	})
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(c.CertificateAuthority))
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}}
	until(t, "kube-apiserver", func() bool {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.Server+"/readyz", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+c.Token)
		resp, err := client.Do(req)
		if err != nil {
			return false
		}
		return resp.Body.Close() == nil && resp.StatusCode == http.StatusOK
	})
	config, err := json.Marshal(cluster.Kubeconfig([]string{"servers"}, map[string]*cluster.Cluster{"servers": c}))
	if err != nil {
		t.Fatal(err)
	}
	write(t, at("kubeconfig"), config)
	run("kube-controller-manager", "--kubeconfig="+at("kubeconfig"), "--leader-elect=false", "--secure-port=0", "--service-account-private-key-file="+at("account.key"),
		"--root-ca-file="+certificate, "--use-service-account-credentials=true", "--kube-api-qps=500", "--kube-api-burst=1000",
		"--controllers=*,-persistentvolume-attach-detach-controller,-node-lifecycle-controller,-node-ipam-controller")
	run("kube-scheduler", "--kubeconfig="+at("kubeconfig"), "--leader-elect=false", "--secure-port=0")
	return c
}

// standIn lets wechsel-cluster be the provider of alster beside the control plane.
func standIn(t *testing.T, c *cluster.Cluster) {
	t.Helper()
	files, err := fs.Sub(fixtures.FS, "clouds")
	if err != nil {
		t.Fatal(err)
	}
	p, err := profile.Load(files, "alster")
	if err != nil {
		t.Fatal(err)
	}
	p.Kubernetes.Version = "" // it is the servers'
	told, err := json.Marshal(struct {
		Name string `json:"name"`
		profile.Kubernetes
		Beside *cluster.Cluster `json:"beside"`
	}{"servers", p.Kubernetes, c})
	if err != nil {
		t.Fatal(err)
	}
	program, err := cluster.Find(os.Getenv("WECHSEL_CLUSTER"))
	if err != nil {
		t.Fatal(err)
	}
	log := filepath.Join(t.TempDir(), "stand-in.log")
	runs(t, log, told, program)
	until(t, "the stand-in", func() bool {
		data, err := os.ReadFile(log)
		return err == nil && strings.Contains(string(data), c.Server)
	})
}

// runs starts a program that ends with the test. What it is told it reads from
// an input that stays open; what it says is in the log.
func runs(t *testing.T, log string, told []byte, program string, args ...string) {
	t.Helper()
	out, err := os.Create(log)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), program, args...)
	command.Stdout, command.Stderr = out, out
	input, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait() // killed
		if t.Failed() {
			said, _ := os.ReadFile(log)
			t.Logf("%s: …%s", filepath.Base(program), said[max(0, len(said)-2000):])
		}
		_ = out.Close()
	})
	if _, err := input.Write(told); err != nil {
		t.Fatal(err)
	}
}

// until waits for two minutes at most.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	look := time.NewTicker(100 * time.Millisecond)
	defer look.Stop()
	for range 1200 {
		if holds() {
			return
		}
		<-look.C
	}
	t.Fatalf("%s is not ready after two minutes", what)
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it is closed at once
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func signingKey(t *testing.T) []byte {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
}

func write(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
}
