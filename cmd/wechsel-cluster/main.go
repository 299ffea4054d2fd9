package main

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"os/signal"
	"syscall"

	"k8s.io/client-go/rest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
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
