package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/etcd/server/v3/embed"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
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
	var err error
	if k.folder, err = os.MkdirTemp(memoryFolder(), "wechsel-cluster-"); err != nil {
		return k, err
	}
	f, err := writeFiles(k.folder)
	if err != nil {
		return k, err
	}
	store, address, err := startEtcd(ctx, k.folder)
	k.store = store
	if err != nil {
		return k, err
	}
	admin, err := startAPIServer(ctx, c, address, f, stopped)
	if err != nil {
		return k, fmt.Errorf("kube-apiserver: %w", err)
	}
	admin.QPS, admin.Burst = 500, 1000
	k.ready = Ready{Server: admin.Host, CertificateAuthority: string(f.authority), Token: f.token}
	kubeconfig := filepath.Join(k.folder, "kubeconfig")
	if err := clientcmd.WriteToFile(k.ready.kubeconfig(), kubeconfig); err != nil {
		return k, err
	}
	if err := k.waitReady(ctx, admin); err != nil {
		return k, err
	}
	if err := startControllers(ctx, c, kubeconfig, f, stopped); err != nil {
		return k, fmt.Errorf("kube-controller-manager: %w", err)
	}
	if err := startScheduler(ctx, kubeconfig, stopped); err != nil {
		return k, fmt.Errorf("kube-scheduler: %w", err)
	}
	if err := startProvider(ctx, admin, c); err != nil {
		return k, err
	}
	return k, apply(ctx, admin, c)
}

// memoryFolder is where files are kept in memory, if the machine has such a place.
func memoryFolder() string {
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		return "/dev/shm"
	}
	return ""
}

func (k *cluster) close() {
	if k.store != nil {
		k.store.Close()
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

// apply brings the configured objects into the cluster, in their order. A kind
// that a CustomResourceDefinition before it brings is waited for.
func apply(ctx context.Context, admin *rest.Config, c Config) error {
	client, err := dynamic.NewForConfig(admin)
	if err != nil {
		return err
	}
	kinds, err := kubernetes.NewForConfig(admin)
	if err != nil {
		return err
	}
	mapper := restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(kinds.Discovery()))
	for i := range c.Objects {
		o := &c.Objects[i]
		var last error
		err := wait.PollUntilContextTimeout(ctx, 50*time.Millisecond, 20*time.Second, true, func(ctx context.Context) (bool, error) {
			mapping, err := mapper.RESTMapping(o.GroupVersionKind().GroupKind(), o.GroupVersionKind().Version)
			if err != nil {
				mapper.Reset()
				last = err
				return false, nil
			}
			body, err := json.Marshal(o)
			if err != nil {
				return false, err
			}
			force := true
			_, last = client.Resource(mapping.Resource).Namespace(o.GetNamespace()).Patch(ctx, o.GetName(), types.ApplyPatchType, body,
				metav1.PatchOptions{FieldManager: "provider", Force: &force})
			return last == nil, nil
		})
		if err != nil {
			return fmt.Errorf("objects[%d] (%s %s): %w: %w", i, o.GetKind(), o.GetName(), err, last)
		}
	}
	return nil
}
