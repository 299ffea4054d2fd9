// Package cloudtest is the suite that every driver passes, on simulated and on
// real clouds alike.
//
// It makes a workload with one or more resources of each type, as a drill
// would: [Run] creates, waits, settles, lists, and compares what comes back
// with what was asked for; makes the same workload again from what was read;
// and deletes it. Then it asks for what a cloud must refuse, and looks at the
// kinds of the errors. What a cloud cannot do is asserted to be
// cloud.ErrUnsupported with the service's words; no case is skipped.
//
// The suite touches nothing that it has not made, so it can run in a project
// that is in use.
//
// [Alterations] are changes of one field each, for tests that look for exactly
// those.
package cloudtest
