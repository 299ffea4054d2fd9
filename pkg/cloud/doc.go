// Package cloud is the contract between wechsel and a cloud.
//
// A driver is a [Reader]: it tells what the cloud offers and lists what the
// project has. One that may also change something is a [Cloud]. Export and
// inventory take a Reader, so that observing cannot change anything, by type.
//
// Drivers speak the schemas' property names, with the provider's ids where a
// property refers to another resource, and they map every state of a service
// to [resource.State]. The rest of wechsel knows no service.
//
// What a driver creates carries an [resource.Owner] in the creating request,
// so that no crash can leave an object of which nobody knows whose it is.
// Nothing without a mark is ever deleted.
//
// Errors are [OpError]s around one of the sentinels of this package. Retries,
// limits, counting and redaction live in [Transport], below every SDK.
package cloud
