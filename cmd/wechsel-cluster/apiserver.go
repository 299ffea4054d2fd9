package main

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/apiserver/pkg/server"
	"k8s.io/client-go/rest"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
	"k8s.io/kubernetes/cmd/kube-apiserver/app/options"
)

// startAPIServer runs the real kube-apiserver; what it returns is a client that
// may do everything. The server's end is told to stopped.
//
// The steps are those of the server's own command, which cannot be called since
// it takes the process's signals.
func startAPIServer(ctx context.Context, c Config, store string, f files, stopped func(error)) (*rest.Config, error) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := options.NewServerRunOptions()
	s.SecureServing.Listener = listener
	s.SecureServing.BindPort = listener.Addr().(*net.TCPAddr).Port
	security, err := writePodSecurity(filepath.Dir(f.key), c.PodSecurity)
	if err != nil {
		return nil, err
	}
	flags := append(apiServerFlags(c, store, f), "--admission-control-config-file="+security)
	if err := parse(s.Flags().FlagSets, flags); err != nil {
		return nil, err
	}
	// The registry is the process's: controllers and scheduler emulate the same version.
	if err := s.GenericServerRunOptions.ComponentGlobalsRegistry.Set(); err != nil {
		return nil, err
	}
	completed, err := s.Complete(ctx)
	if err != nil {
		return nil, err
	}
	if errs := completed.Validate(); len(errs) > 0 {
		return nil, utilerrors.NewAggregate(errs)
	}
	config, err := app.NewConfig(completed)
	if err != nil {
		return nil, err
	}
	for _, g := range []*server.Config{&config.Aggregator.GenericConfig.Config, config.KubeAPIs.ControlPlane.Generic, &config.ApiExtensions.GenericConfig.Config} {
		g.EffectiveVersion = emulated{g.EffectiveVersion}
	}
	whole, err := config.Complete()
	if err != nil {
		return nil, err
	}
	chain, err := app.CreateServerChain(whole)
	if err != nil {
		return nil, err
	}
	ready, err := chain.PrepareRun()
	if err != nil {
		return nil, err
	}
	go func() { stopped(fmt.Errorf("kube-apiserver: %w", ended(ready.Run(ctx)))) }()
	return rest.CopyConfig(chain.GenericAPIServer.LoopbackClientConfig), nil
}

func apiServerFlags(c Config, store string, f files) []string {
	flags := []string{
		"--etcd-servers=" + store,
		"--bind-address=127.0.0.1", "--advertise-address=127.0.0.1",
		"--tls-cert-file=" + f.certificate, "--tls-private-key-file=" + f.key,
		"--token-auth-file=" + f.tokens,
		"--service-account-issuer=https://" + c.Name + ".cluster.local",
		"--service-account-key-file=" + f.account, "--service-account-signing-key-file=" + f.account,
		"--service-cluster-ip-range=" + c.ServiceCIDR.String(),
		"--authorization-mode=RBAC", "--allow-privileged=true",
		"--endpoint-reconciler-type=none", // there is nothing to reconcile on loopback
	}
	if c.Version != "" {
		flags = append(flags, "--emulated-version="+c.Version)
	}
	if len(c.APIs) > 0 {
		flags = append(flags, "--runtime-config="+strings.Join(c.APIs, ","))
	}
	if len(c.Admission) > 0 {
		flags = append(flags, "--enable-admission-plugins="+strings.Join(c.Admission, ","))
	}
	return flags
}

func parse(sets map[string]*pflag.FlagSet, args []string) error {
	all := pflag.NewFlagSet("", pflag.ContinueOnError)
	for _, set := range sets {
		all.AddFlagSet(set)
	}
	return all.Parse(args)
}
