package main

import (
	"context"
	"net/http"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/record"
	"k8s.io/kubernetes/pkg/controller/namespace/deletion"
)

// A provider is the stand-in for what a cloud adds to a control plane. All that
// it does is modelled, not measured. It writes under the names of those whom it
// stands in for, since managedFields and events tell them.
type provider struct {
	Config
	version string // that kubelets tell

	kubelet     kubernetes.Interface // nodes and pods
	provisioner kubernetes.Interface // volumes
	balancer    kubernetes.Interface // addresses
	operator    dynamic.Interface    // custom kinds, and what is put into namespaces
	deleter     deletion.NamespacedResourcesDeleterInterface
	events      record.EventBroadcaster
	shared      informers.SharedInformerFactory
	custom      dynamicinformer.DynamicSharedInformerFactory
	cinder      *cinder // nil: volumes are only told
	now         func() time.Time
}

// newProvider makes the clients, nothing more.
func newProvider(ctx context.Context, admin *rest.Config, c Config, version string) (*provider, error) {
	p := &provider{Config: c, version: version, now: time.Now}
	if c.OpenStack != nil {
		p.cinder = &cinder{OpenStack: *c.OpenStack, cluster: c.Name, client: &http.Client{Timeout: time.Minute}}
	}
	for name, client := range map[string]*kubernetes.Interface{"kubelet": &p.kubelet, "csi-provisioner": &p.provisioner, "cloud-controller-manager": &p.balancer} {
		made, err := kubernetes.NewForConfig(as(admin, name))
		if err != nil {
			return nil, err
		}
		*client = made
	}
	var err error
	if p.operator, err = dynamic.NewForConfig(as(admin, "provider")); err != nil {
		return nil, err
	}
	namespaces := as(admin, "kube-controller-manager")
	typed, err := kubernetes.NewForConfig(namespaces)
	if err != nil {
		return nil, err
	}
	untyped, err := metadata.NewForConfig(namespaces)
	if err != nil {
		return nil, err
	}
	p.deleter = deletion.NewNamespacedResourcesDeleter(ctx, typed.CoreV1().Namespaces(), untyped, typed.CoreV1(), typed.Discovery().ServerPreferredNamespacedResources, corev1.FinalizerKubernetes)
	p.events = record.NewBroadcaster(record.WithContext(ctx))
	p.events.StartRecordingToSink(&typedcorev1.EventSinkImpl{Interface: p.kubelet.CoreV1().Events("")})
	p.shared = informers.NewSharedInformerFactory(p.kubelet, 0)
	p.custom = dynamicinformer.NewDynamicSharedInformerFactory(p.operator, 0)
	return p, nil
}

func as(admin *rest.Config, name string) *rest.Config {
	c := rest.CopyConfig(admin)
	c.UserAgent = name
	return c
}

// start begins to stand in for the provider, and makes the nodes.
func (p *provider) start(ctx context.Context) error {
	for _, watch := range []func(context.Context) error{p.watchPods, p.watchClaims, p.watchVolumes, p.watchServices, p.watchIngresses, p.watchNamespaces} {
		if err := watch(ctx); err != nil {
			return err
		}
	}
	p.shared.Start(ctx.Done())
	p.shared.WaitForCacheSync(ctx.Done())
	return p.makeNodes(ctx)
}

// startCustom does it for kinds that come by a CustomResourceDefinition, as far as
// the cluster has them.
func (p *provider) startCustom(ctx context.Context) error {
	for _, watch := range []func(context.Context) error{p.watchSnapshots, p.watchGateways} {
		if err := watch(ctx); err != nil {
			return err
		}
	}
	p.custom.Start(ctx.Done()) // what is there already is seen when the watch is up
	return nil
}

// tell writes an event about an object in the name of a component.
func (p *provider) tell(component string, about runtime.Object, reason, message string) {
	p.events.NewRecorder(scheme.Scheme, corev1.EventSource{Component: component}).Event(about, corev1.EventTypeWarning, reason, message)
}
