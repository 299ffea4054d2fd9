package main

import (
	"context"
	"errors"
	"fmt"

	manager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	manageroptions "k8s.io/kubernetes/cmd/kube-controller-manager/app/options"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	scheduleroptions "k8s.io/kubernetes/cmd/kube-scheduler/app/options"
)

// startControllers runs the real kube-controller-manager without the controllers
// whose other half would be a real machine (attaching volumes, the life of nodes),
// and without the one for namespaces, which namespace.go calls with less patience.
func startControllers(ctx context.Context, c Config, kubeconfig string, f files, stopped func(error)) error {
	s, err := manageroptions.NewKubeControllerManagerOptions()
	if err != nil {
		return err
	}
	sets := s.Flags(manager.KnownControllers(), manager.ControllersDisabledByDefault(), manager.ControllerAliases())
	s.ParsedFlags = &sets
	err = parse(sets.FlagSets, []string{
		"--kubeconfig=" + kubeconfig,
		"--leader-elect=false", "--secure-port=0",
		"--service-account-private-key-file=" + f.account, "--root-ca-file=" + f.certificate,
		"--cluster-cidr=" + c.PodCIDR.String(), "--allocate-node-cidrs=false",
		"--kube-api-qps=500", "--kube-api-burst=1000",
		"--controllers=*,-persistentvolume-attach-detach-controller,-node-lifecycle-controller,-node-ipam-controller,-namespace-controller",
	})
	if err != nil {
		return err
	}
	config, err := s.Config(ctx, manager.KnownControllers(), manager.ControllersDisabledByDefault(), manager.ControllerAliases())
	if err != nil {
		return err
	}
	go func() { stopped(fmt.Errorf("kube-controller-manager: %w", ended(manager.Run(ctx, config.Complete())))) }()
	return nil
}

// startScheduler runs the real kube-scheduler.
func startScheduler(ctx context.Context, kubeconfig string, stopped func(error)) error {
	s := scheduleroptions.NewOptions()
	err := parse(s.Flags.FlagSets, []string{
		"--kubeconfig=" + kubeconfig, "--leader-elect=false", "--secure-port=0",
		"--kube-api-qps=500", "--kube-api-burst=1000",
	})
	if err != nil {
		return err
	}
	config, sched, err := scheduler.Setup(ctx, s)
	if err != nil {
		return err
	}
	go func() { stopped(fmt.Errorf("kube-scheduler: %w", ended(scheduler.Run(ctx, config, sched)))) }()
	return nil
}

// ended says so when a part of the control plane ends without an error.
func ended(err error) error {
	if err == nil {
		return errors.New("ended")
	}
	return err
}
