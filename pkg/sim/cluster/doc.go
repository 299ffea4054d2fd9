// Package cluster starts the Kubernetes half of a simulated cloud.
//
// A simulated cluster is a real control plane in a process of its own,
// cmd/wechsel-cluster: [Start] finds that program, tells it the profile on its
// standard input and returns once it serves. The input stays open as long as the
// cluster is wanted, so that it is gone with this process also when that was
// killed. What the cluster answers is spoken to like any other one, through a
// kubeconfig ([Kubeconfig]).
package cluster
