// Package scenario reads scenarios: a workload, its bytes, its mapping rules
// and what is expected of its move.
//
// A scenario is a folder with the file scenario.yaml, a HOT template, manifests,
// kustomizations and charts, and what all these refer to. [Load] gives the
// workload as a resource.Set, with Content on the volumes and images that hold
// bytes. Its Kubernetes part stays what it is, files (a [Source] each): only a
// cluster, with its kinds and its version, makes objects of them. Reading is
// strict: an unknown key, a wrong type, a missing file or a dangling reference
// is an error with file, line and column (*hot.Error), and all errors are told
// at once.
//
// wechsel.yaml, which [LoadConfig] reads, names the clouds of a user and what
// those call the things that a template asks for.
//
// [Schema] and [ConfigSchema] are JSON Schemas of the two files, generated
// from the Go types here ([File], [Config]), for editors.
package scenario
