// Package report writes down what a drill has found.
//
// A [Report] is one value with everything that a reader may ask for; it is
// also the JSON document that programs read. A writer makes a format of it:
// the table for a terminal and JSON. Writers compute nothing: what is not in
// the Report is in no format.
package report
