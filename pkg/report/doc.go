// Package report writes down what drills have found.
//
// A [Report] is one drill, a [Matrix] many of them: values with everything
// that a reader may ask for, which are also the JSON documents that programs
// read. Write makes any of [Formats] of them: a table for a terminal of 80
// columns, JSON, Markdown for comments and wikis, a page of HTML that needs
// nothing but itself, and JUnit for continuous integration. Writers count and
// arrange: what is not in the value is in no format. Every text comes from the
// catalogues in fixtures, in English or German; [Report.In] says the findings
// of one language in the other.
package report
