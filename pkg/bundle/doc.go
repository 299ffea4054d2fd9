// Package bundle is the export: a folder that holds a workload when it has
// left its cloud.
//
//	manifest.json      what is in the folder, with sizes and sha256
//	resources.json     the lossless Set: this is what wechsel reads back
//	template.hot.yaml  the same as a Heat template, with every name that is a
//	                   provider's as a parameter
//	RESTORE.md         how to bring it back with the openstack client alone
//	volumes/, images/  the bytes, qcow2 or raw
//
// What the template cannot say is listed in the manifest and in RESTORE.md, so
// that HOT's limits never look like a cloud's gaps. A bundle holds no ids of
// the cloud it comes from, no secrets, and no marks.
package bundle
