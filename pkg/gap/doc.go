// Package gap says what it means that something did not arrive on the other
// cloud as it was.
//
// A [Signal] is something that happened: a plan's forecast, a service's
// refusal, a difference between two inventories, the result of a probe. A
// [Kind] is an entry of the catalogue in fixtures/gaps: which signals show it,
// how bad it is, its cause and remedy in English and German, who has to act,
// and the standard that covers it or fails to. Classify turns signals into
// [Gap]s: one gap for all resources that show the same thing. [Texts] are what
// reports say beside the catalogue, in both languages.
package gap
