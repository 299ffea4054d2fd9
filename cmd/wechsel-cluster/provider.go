package main

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/record"
)

// A provider is the stand-in for what a cloud adds to a control plane. All that
// it does is modelled, not measured.
type provider struct {
	Config
	client kubernetes.Interface
	events record.EventRecorder
	shared informers.SharedInformerFactory
	now    func() time.Time
}

// startProvider starts the stand-in and makes the nodes.
func startProvider(ctx context.Context, admin *rest.Config, c Config) error {
	client, err := kubernetes.NewForConfig(admin)
	if err != nil {
		return err
	}
	broadcaster := record.NewBroadcaster(record.WithContext(ctx))
	broadcaster.StartRecordingToSink(&typedcorev1.EventSinkImpl{Interface: client.CoreV1().Events("")})
	p := &provider{
		Config: c, client: client, now: time.Now,
		events: broadcaster.NewRecorder(scheme.Scheme, corev1.EventSource{Component: "wechsel-cluster"}),
		shared: informers.NewSharedInformerFactory(client, 0),
	}
	for _, watch := range []func(context.Context) error{p.watchPods, p.watchClaims, p.watchVolumes, p.watchServices, p.watchIngresses} {
		if err := watch(ctx); err != nil {
			return err
		}
	}
	p.shared.Start(ctx.Done())
	p.shared.WaitForCacheSync(ctx.Done())
	return p.makeNodes(ctx)
}
