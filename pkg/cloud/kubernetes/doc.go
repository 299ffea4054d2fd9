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
// Schemas are made when the cluster is opened: from its discovery and its
// OpenAPI (which lists are sets, which are keyed), and from our tables (what
// refers to what, what the provider chooses, what belongs to the server).
//
// # Whose an object is
//
// The owner's mark is a label, wechsel/drill, and an annotation, wechsel/key.
// What a controller has made for another object (ReplicaSets, Pods, endpoints)
// is left out, with the reason; what it has made and leaves behind (the claims of
// a StatefulSet) is Implied. What belongs to the provider (classes, system
// namespaces, CustomResourceDefinitions that are not ours) is Given, and in the
// catalogue.
package kubernetes
