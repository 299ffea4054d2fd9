// Package plan decides, before anything is touched, how a Set is made on a
// cloud.
//
// [Build] is pure: from a Set, the target's catalogue and the mapping rules it
// makes a [Plan]: the resources as they shall be on the target, the steps that
// make them in an order that holds, the decisions with their reasons, what
// quota they need, and the gaps it expects. The engine (package deploy) walks
// a plan; a dry run prints it.
package plan
