// Package kubernetes is the driver for Kubernetes: any API server that a
// kubeconfig leads to, real or simulated. It is the only importer of client-go,
// kustomize and Helm.
//
// # How Kubernetes becomes resources
//
// A Type is group and kind without the version ("apps/Deployment"), of the core
// group "core/Service". An ID is a name: NAMESPACE/NAME, or NAME of what is in
// no namespace; so what nobody can see is known by its name all the same
// (Schema.Named). Name and Scope are the two parts.
//
// A Spec is the object without kind, status and what the server keeps in the
// metadata (uid, resourceVersion, managedFields, …): apiVersion, metadata.labels,
// metadata.annotations, metadata.namespace (a reference to core/Namespace), and
// what else there is (spec, data, rules, webhooks) under its own name. Every
// name of another object is a reference where the table of references says so:
// the driver writes ids there as the contract wants ("shop/db-data" for a claim's
// name in the namespace shop), and names again when it creates.
//
// A server tells what it has in any version that it serves, and converts. It is
// read in the one that it prefers, or in the best that another cluster serves
// too (Cloud.Speak), so that this one takes it, and the two can be compared.
//
// Schemas are made when the cluster is opened: from its discovery and its
// OpenAPI (which lists are sets, which are keyed), and from our tables (what
// refers to what, what the provider chooses, what belongs to the server).
// What differs under them is what structured-merge-diff tells under the same
// OpenAPI, but for the reasons that oracle_judge_test.go lists.
//
// Where the path alone does not tell what a name is of (a subject of a
// RoleBinding, the target of an autoscaler), the kind beside it does, and the
// Spec has a resource.Ref with the id as its key.
//
// The tables: reference.go what refers to what, table.go what belongs to servers
// and controllers, who chooses, and which objects are left out and why; state.go
// and event.go when something is ready, and when it never will be. No rule asks
// for the time: what waits in vain is known by the event that proves it.
//
// A rehearsal is the creating request as a dry run (rehearse.go), in a drill in
// scratch namespaces that look like the planned ones (stage.go). A server-side
// apply would say yes where the name is somebody else's, and no to objects that
// every server takes, such as a pod with a variable twice (apply_sim_test.go).
//
// The values of Secrets never leave the driver, unless a selector asks for them
// to be encrypted: a Spec has keyed hashes for them
// (Options.Secret), and a Secret that is made of these gets the hashes for
// values, which compare as equal until somebody puts in the true ones.
//
// # Whose an object is
//
// The owner's mark is a label, wechsel/drill, and an annotation, wechsel/key.
// What a controller has made for another object (ReplicaSets, Pods, endpoints)
// is left out, with the reason; what it has made and leaves behind (the claims of
// a StatefulSet) is Implied. What belongs to the provider (classes, system
// namespaces, CustomResourceDefinitions that are not ours) is Given, and in the
// catalogue. A namespace is deleted only when it holds nothing of anybody else.
package kubernetes
