// Package resource is the vocabulary of wechsel: what can exist in a cloud.
//
// A [Resource] is one thing (a server, a port, a volume) with its properties,
// named and measured as HOT names and measures them. Resources refer to each
// other by [Ref], which is a type and a key. A key is ours: stable, unique
// among the resources of a type in one [Set], and never the provider's id or
// name, because OpenStack allows unnamed and equally named resources. Ids stay
// in [Resource.ID] and are neither compared nor exported.
//
// Each resource has a [Tenure]: it is Own (the project made it), Implied (the
// cloud made it for its Parent, as Nova makes ports), or Given (the project
// uses it and does not own it, such as a flavor or a public image).
//
// A [Schema] says of every property of a type what form it has, whether the
// order of a list matters, who chooses the value, and which types it refers
// to. [Schema.Canonical] brings a value into the one form in which two can be
// compared. Schemas travel with a Set, so that files can be compared without a
// cloud.
//
// A [Mapping] is how a plan turned one cloud's resources into another's: a
// list of decisions, each with its rule and its reason.
package resource
