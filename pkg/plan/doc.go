// Package plan decides, before anything is touched, how a Set is made on a
// cloud.
//
// [Build] is pure: from a Set, the target's catalogue and the user's mapping
// rules it makes a [Plan]: the resources as they shall be on the target, the
// steps that make them in an order that holds, the decisions with their
// reasons, what quota they need, and the gaps it expects. The engine (package
// deploy) walks a plan; a dry run prints it.
//
// What the source's provider gives (a flavor, an image, a volume type, a
// network) becomes what the target gives: by the user's rule, by name and
// facts, or by the nearest that promises no less. An unknown promise is never
// better than a known one, and nothing becomes smaller. What has no
// counterpart stays in the plan under its own name: it is tried all the same,
// and the service's refusal is the proof.
//
// [Reads] plans how the bytes of volumes and images are fetched from a cloud,
// through temporary snapshots and images, within the quota.
package plan
