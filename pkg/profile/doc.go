// Package profile knows what one cloud offers.
//
// A [Catalogue] is the part that a tenant can read: services with their API
// versions, extensions, flavors, images, volume types, shared and external
// networks, zones, and quota as limit and use. A driver reads it from a real
// or a simulated cloud; a plan maps a workload onto it.
//
// A [Profile] is a whole provider as data: its catalogue, and how its services
// behave (life cycles, policy, faults, users). The simulator serves a Profile
// over HTTP; a tenant then reads its Catalogue back from there.
//
// Profiles are YAML files (fixtures/clouds holds the ones that wechsel brings
// along). [Load] and [Parse] are strict: an unknown key, a wrong type, a name
// that leads nowhere are errors, all told at once, each an [*Error] with file,
// line and column.
//
// The package imports nothing of ours, and does no I/O but on the fs.FS it is
// given.
package profile
