package main

import (
	"context"
	"fmt"
	"net/url"
	"path/filepath"

	"go.etcd.io/etcd/server/v3/embed"
)

// startEtcd runs the store inside the process, on sockets in the cluster's own
// folder: nobody else on the machine can talk to it. Nothing is synced to disk,
// since nothing outlives the process.
func startEtcd(ctx context.Context, folder string) (*embed.Etcd, string, error) {
	c := embed.NewConfig()
	c.Dir = filepath.Join(folder, "etcd")
	c.UnsafeNoFsync = true
	c.LogLevel = "error"
	c.TickMs, c.ElectionMs = 10, 50 // alone: the election need not wait for others
	client := url.URL{Scheme: "unix", Path: filepath.Join(folder, "client.sock")}
	peer := url.URL{Scheme: "unix", Path: filepath.Join(folder, "peer.sock")}
	nobody := url.URL{Scheme: "http", Host: "127.0.0.1:1"} // what is advertised needs a port, and is for other members, of which there are none
	c.ListenClientUrls, c.ListenPeerUrls = []url.URL{client}, []url.URL{peer}
	c.AdvertiseClientUrls, c.AdvertisePeerUrls = []url.URL{nobody}, []url.URL{nobody}
	c.InitialCluster = c.InitialClusterFromName(c.Name)
	e, err := embed.StartEtcd(c)
	if err != nil {
		return nil, "", fmt.Errorf("etcd: %w", err)
	}
	select {
	case <-e.Server.ReadyNotify():
		return e, client.String(), nil
	case err := <-e.Err():
		return e, "", fmt.Errorf("etcd: %w", err)
	case <-ctx.Done():
		return e, "", ctx.Err()
	}
}
