// Package drill runs the whole loop once: a scenario is deployed on cloud A,
// exported from there, redeployed on cloud B, both are observed and compared.
//
//	catalogues → deploy-source → observe-source → export → plan
//	           → deploy-target → observe-target → compare → clean-up
//
// Each stage reads and writes files in the drill's folder, so that an
// interrupted drill goes on where it ended: a stage whose result is there is
// not run again, and the stages that change a cloud go by the journal.
//
// A refusal is a finding, not the end. What fails on the source is kept apart:
// it says that the source cannot carry the workload, and nothing about the
// exit from there.
package drill
