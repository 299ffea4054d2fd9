package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/etcd/server/v3/embed"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	api "k8s.io/client-go/tools/clientcmd/api"
)

// A cluster is a running control plane with its stand-in.
type cluster struct {
	folder string
	store  *embed.Etcd
	ready  Ready
}

// start brings up a cluster and returns once it serves what the configuration
// asks for. What has been started is in the cluster also when err is not nil.
// When a part ends by itself, its error is reported and cancel called.
func start(ctx context.Context, cancel context.CancelFunc, c Config) (*cluster, error) {
	k := &cluster{}
	stopped := func(err error) {
		if ctx.Err() == nil {
			fmt.Fprintln(os.Stderr, err)
			cancel()
		}
	}
	admin, err := k.control(ctx, c, stopped)
	if err != nil {
		return k, err
	}
	p, err := newProvider(ctx, admin, c, k.ready.Version)
	if err != nil {
		return k, err
	}
	if err := p.start(ctx); err != nil {
		return k, err
	}
	a, err := newApplier(admin)
	if err != nil {
		return k, err
	}
	if err := a.all(ctx, c); err != nil {
		return k, err
	}
	return k, p.startCustom(ctx)
}

// control starts the control plane, or finds the one that runs already. What it
// returns is a client that may do everything.
func (k *cluster) control(ctx context.Context, c Config, stopped func(error)) (*rest.Config, error) {
	if c.Beside != nil {
		k.ready = *c.Beside
		admin := &rest.Config{Host: k.ready.Server, BearerToken: k.ready.Token, TLSClientConfig: rest.TLSClientConfig{CAData: []byte(k.ready.CertificateAuthority)}, QPS: 500, Burst: 1000}
		return admin, k.waitReady(ctx, admin)
	}
	var err error
	if k.folder, err = newFolder(memoryFolder()); err != nil {
		return nil, err
	}
	f, err := writeFiles(k.folder)
	if err != nil {
		return nil, err
	}
	store, address, err := startEtcd(ctx, k.folder)
	k.store = store
	if err != nil {
		return nil, err
	}
	admin, err := startAPIServer(ctx, c, address, f, stopped)
	if err != nil {
		return nil, fmt.Errorf("kube-apiserver: %w", err)
	}
	admin.QPS, admin.Burst = 500, 1000
	k.ready = Ready{Server: admin.Host, CertificateAuthority: string(f.authority), Token: f.token}
	kubeconfig := filepath.Join(k.folder, "kubeconfig")
	if err := clientcmd.WriteToFile(k.ready.kubeconfig(), kubeconfig); err != nil {
		return nil, err
	}
	if err := k.waitReady(ctx, admin); err != nil {
		return nil, err
	}
	if err := startControllers(ctx, c, kubeconfig, f, stopped); err != nil {
		return nil, fmt.Errorf("kube-controller-manager: %w", err)
	}
	if err := startScheduler(ctx, kubeconfig, stopped); err != nil {
		return nil, fmt.Errorf("kube-scheduler: %w", err)
	}
	return admin, nil
}

// stopTime is how long the store may take to end.
const stopTime = 2 * time.Second

// close ends the store and removes its files. The servers end with the process:
// to let them end in good order takes seconds, and nobody has anything of it.
func (k *cluster) close() {
	if k.store != nil {
		stopped := make(chan struct{})
		go func() { k.store.Server.HardStop(); close(stopped) }()
		select {
		case <-stopped:
		case <-time.NewTimer(stopTime).C: // nothing depends on it
		}
	}
	if k.folder != "" {
		_ = os.RemoveAll(k.folder)
	}
}

// waitReady waits for the server's own word that it is ready.
func (k *cluster) waitReady(ctx context.Context, admin *rest.Config) error {
	client, err := discovery.NewDiscoveryClientForConfig(admin)
	if err != nil {
		return err
	}
	last := ""
	err = wait.PollUntilContextTimeout(ctx, 25*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
		code := 0
		body, _ := client.RESTClient().Get().AbsPath("/readyz").Do(ctx).StatusCode(&code).Raw()
		last = string(body)
		return code == http.StatusOK, nil
	})
	if err != nil {
		return fmt.Errorf("kube-apiserver is not ready: %w: %s", err, last)
	}
	version, err := client.ServerVersion()
	if err != nil {
		return err
	}
	k.ready.Version = version.GitVersion
	return nil
}

func (r Ready) kubeconfig() api.Config {
	c := *api.NewConfig()
	c.Clusters["cluster"] = &api.Cluster{Server: r.Server, CertificateAuthorityData: []byte(r.CertificateAuthority)}
	c.AuthInfos["admin"] = &api.AuthInfo{Token: r.Token}
	c.Contexts["admin"] = &api.Context{Cluster: "cluster", AuthInfo: "admin"}
	c.CurrentContext = "admin"
	return c
}
