// Package openstack is a simulated OpenStack cloud: a profile, served over
// HTTP. It answers as the real services answer (Zed): dialects of errors,
// status codes, policy, quota, microversions, paging, states on their way.
//
// # How it is built
//
// [New] makes a [Cloud], which is an http.Handler. All services share one
// listener; each has a prefix of its own (/identity, /compute, /network,
// /image, /volume), and Keystone's catalog names them with the host of the
// request. One file, or a few with a common prefix, per service:
//
//	keystone*.go  identity    glance*.go  image     cinder*.go  block-storage
//	nova*.go      compute     neutron*.go network
//
// A service registers its routes with [service.on]. What is the same for all
// of them happens before a handler runs, in call.go and serve.go: request id,
// faults, the token, the microversion, decoding of the body. A handler gets a
// [call] and returns a [reply], or an error; a [refusal] is an error that the
// service's own [dialect] puts into its words, any other error is a defect of
// the simulator and becomes a 500.
//
// # One lock, one transaction
//
// A handler runs inside [sim.Instance.Do]. It may read and change the objects
// of every service, in process: Nova makes ports with the network's functions
// and attaches volumes with the volume's; no service calls another over HTTP.
// The functions meant for the neighbours are methods on [Cloud] in a file
// SERVICE_inside.go (findImage, makeVolume, attachVolume, dropVolume, …). They
// do not lock. The exception are handlers registered
// with [service.onFree], which move bytes: they run without the lock and take
// it with [call.do] where they touch objects.
//
// # Time
//
// Every object has a [sim.Life]; its state is read with call.now. What the end
// of a life does to others is noted with [sim.Instance.At]. How long things
// take is in the profile.
//
// The package knows neither drivers nor their schemas: an error that both
// shared would cancel out. It imports the standard library, pkg/sim and
// pkg/profile only.
package openstack
