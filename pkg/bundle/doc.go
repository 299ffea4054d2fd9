// Package bundle is the export: a folder that holds a workload when it has
// left its cloud.
//
//	manifest.json      what is in the folder, with sizes and sha256
//	resources.json     the lossless Set: this is what wechsel reads back
//	template.hot.yaml  the same as a Heat template, with every name that is a
//	                   provider's as a parameter
//	kustomization.yaml what ran on a cluster: `kubectl apply -k` takes it as it is
//	kubernetes/        its objects, a file each: NAMESPACE/KIND-NAME.yaml
//	secrets.yaml.age   the Secrets with their values, if recipients for them were
//	                   named: encrypted with age
//	images.json        the images that its containers want, with digests
//	omitted.jsonl      what was there and is made by controllers, the cluster or
//	                   its provider, with the reason, a JSON object to a line
//	RESTORE.md         how to bring it back with the openstack client and kubectl
//	volumes/, images/  the bytes, qcow2 or raw
//
// A layer that the workload does not use is not there. What the template and
// the manifests cannot say is listed in the manifest and in RESTORE.md, so that
// HOT's limits never look like a cloud's gaps. A bundle holds no ids of the
// cloud it comes from, no secrets, and no marks: where a Secret's value belongs
// stands a keyed hash of it.
//
// What is written comes as a resource.Stream, and what is Kubernetes' of it need
// not fit into memory: one way through all resources writes those that have a
// file of their own (object.go) and notes what the lists tell of them (notes.go);
// what an object refers to comes to it by a join on the disk (relation.go). A Heat
// template is made of all resources of a stack, which are in memory.
package bundle
