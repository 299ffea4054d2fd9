// Package inventory reads a cloud back as a Set that can be compared.
//
// A driver lists resources with the provider's ids. [Take] turns every id into
// a reference, gives every resource its key, and brings every property into
// its canonical form. All of that comes from the schemas; the package knows no
// type.
//
// Keys come from the best source there is: the owner's mark, which a drill has
// written into what it made; the ids that a deployment has noted; for a child
// its parent's key and its natural identity; else the name. Resources of one
// name are numbered by how they lie in the graph, so that the order of a
// listing does not matter.
//
// What the project uses and does not own is Given, with its facts from the
// catalogue, and only as far as it is used. An id that leads nowhere becomes a
// Given resource named "unknown".
//
// [Write] writes the same into a file, a line for each resource, sorted; [Open]
// reads it back as a resource.Stream. Where ids are names (Schema.Named:
// Kubernetes), keys are made of them alone (resource.NameKey), so that each
// resource can be written as it is listed, and sorted on disk: no matter how
// large the project is, little of it is in memory.
package inventory
