// Package diff says what became of a workload on another cloud.
//
// [Match] pairs the resources of two Sets. Inside a drill nothing is guessed:
// both carry the same keys, and children (a group's rules, a server's ports)
// are told by their parent and their natural identity. Two Sets that share no
// drill are paired by names and natural identity where those are unique, then
// by how the resources lie in the graph ([resource.Colors]), and last so that
// the fewest changes remain; only the last is a guess, and is marked as one.
//
// [Compare] reads two Sets under the mapping that a plan decided: every
// difference between two resources of a pair gets a [Verdict], every resource
// of the source an [Outcome]. What is different for a reason that no plan has
// decided becomes a gap.Signal; so does what a plan has decided and the target
// confirms. Which of them is a gap, and how bad, is package gap's business.
//
// [Reduce] makes two Sets that fit into memory of two sorted Streams that need
// not: what is known by its name and has the same hash on both sides shows
// nothing, and is left out.
//
// The package is pure: no I/O, no clock, no order of maps, no knowledge of
// types but what their schemas say.
package diff
