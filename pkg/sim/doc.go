// Package sim is the core of every simulated cloud: what has nothing to do
// with OpenStack's or anybody's API.
//
// An [Instance] is one running cloud. It has a clock, ids that depend on a
// seed only, a log of requests, faults, and the bytes of images and volumes.
// All of its state belongs to one lock: whoever reads or writes objects does
// so inside [Instance.Do], so that every request is one transaction over all
// services of the cloud.
//
// Time is computed, not scheduled. There are no timers and no goroutines: an
// object carries a [Life], and its state at a moment is derived from it when
// somebody looks. What the end of a life does to other objects (the ports of a
// deleted server go) is noted with [Instance.At], and done before anybody
// looks after that moment, in the order of the moments. With a clock of the
// test's own, hours pass in no time.
//
// Objects live in a [Table]: ordered, by id, with the project they belong to.
// Bytes live in [Blobs]: sparse files that are unlinked at once, so that
// nothing is left whatever happens; [WriteQCOW2] and [ReadQCOW2] translate.
//
// The package imports the standard library and pkg/profile only.
package sim
