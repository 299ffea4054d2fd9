// Command wechsel-cluster is one simulated Kubernetes cluster: a real control
// plane (kube-apiserver, etcd, kube-controller-manager and kube-scheduler, as
// Kubernetes ships them) and a stand-in for what a provider adds: nodes, volumes
// and load balancers. It is started by wechsel, a process for each cloud.
//
// What the real servers do (validation, defaulting, admission, server-side
// apply, controllers, scheduling) is measured with it; what the stand-in does is
// modelled. The files say which is which: etcd.go, apiserver.go and controllers.go
// start the real ones, node.go, storage.go and balancer.go are the stand-in.
//
// The protocol: the configuration ([Config]) comes as one JSON document on stdin.
// When everything is ready, one line of JSON ([Ready]) is written to stdout. The
// cluster lives until stdin ends (so it is gone with whoever started it, also
// when that was killed) or until SIGTERM. It listens on loopback only and keeps
// its files in a folder of its own, which it removes.
//
// The module is apart from wechsel's own and imports nothing of it, so that
// neither chooses the other's versions of Kubernetes.
package main
