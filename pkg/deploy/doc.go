// Package deploy makes a plan true on a cloud, and unmakes it.
//
// [Run] walks the steps of a [plan.Plan], as many at once as their order
// allows. What a service refuses is a finding and not the end: the refused
// property is dropped and the rest tried again; what cannot be made at all is
// lost, what depends on it is untested, and everything else goes on. Only a
// cloud that does not answer, or a machine that fails, ends a run early
// ([ErrIncomplete]); the same call then resumes it.
//
// That is possible because of two things. The [Journal] holds the intent of
// every call that creates something before the call is made, and its result
// after it. And each creating request carries the owner's mark, so that an
// intent without a result can be looked up on the cloud. A run that was
// killed at any point can be resumed or cleaned up.
//
// [Cleanup] removes what a drill has made, by its marks and by the journal if
// there is one. It never deletes what has neither the drill's mark nor a
// parent with it.
//
// The package knows no types: references, natural identity, marks and order
// come from the schemas.
package deploy
