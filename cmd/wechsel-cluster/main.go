package main

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"os/signal"
	"syscall"

	"k8s.io/client-go/rest"
	"k8s.io/klog/v2"
)

func main() {
	// A terminal sends Ctrl-C to all of its processes, but only wechsel decides whether the cluster is still wanted.
	signal.Ignore(os.Interrupt)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	code := serve(ctx, os.Stdin, os.Stdout)
	stop()
	os.Exit(code)
}

// serve runs a cluster until ctx or in ends. It returns the exit code: 0, 1 when
// the cluster failed, 2 when the configuration cannot be used.
func serve(ctx context.Context, in io.Reader, out io.Writer) int {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	answer := json.NewEncoder(out)
	config, err := readConfig(in)
	if err != nil {
		_ = answer.Encode(Ready{Error: err.Error()})
		return 2
	}
	go func() { // whoever started the cluster holds the other end
		_, _ = io.Copy(io.Discard, in)
		cancel()
	}()
	rest.SetDefaultWarningHandler(rest.NoWarnings{}) // the controllers watch deprecated APIs too
	klog.LogToStderr(false)                          // but for errors, which go there all the same
	klog.SetOutput(io.Discard)
	// Clients write under the name of their process, which ends up in managedFields
	// and tells who owns a field. Here it stands for the controllers, who write most.
	os.Args[0] = "kube-controller-manager"
	cluster, err := start(ctx, cancel, config)
	defer cluster.close()
	if err == nil {
		err = answer.Encode(cluster.ready)
	}
	if err != nil {
		_ = answer.Encode(Ready{Error: err.Error()})
		return 1
	}
	<-ctx.Done()
	return 0
}
