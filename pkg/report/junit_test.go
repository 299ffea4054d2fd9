package report

import (
	"bytes"
	"encoding/xml"
	"regexp"
	"strings"
	"testing"

	"github.com/wechsel-project/wechsel/pkg/gap"
)

func junitOf(t *testing.T, r *Report, failOn gap.Severity) (string, testsuites) {
	t.Helper()
	var b bytes.Buffer
	if err := r.Write(&b, "junit", Style{Words: words(t, "en"), FailOn: failOn}); err != nil {
		t.Fatal(err)
	}
	var s testsuites
	if err := xml.Unmarshal(b.Bytes(), &s); err != nil {
		t.Fatal(err)
	}
	return b.String(), s
}

// A case fails exactly for what makes the exit code 1.
func TestJUnitFailsOnWhatCounts(t *testing.T) {
	for _, c := range []struct {
		failOn                gap.Severity
		resources, gaps, skip int
	}{{gap.Blocker, 2, 1, 0}, {gap.Degraded, 2, 1, 1}, {"", 0, 0, 1}} {
		_, s := junitOf(t, sample(), c.failOn)
		if got := [3]int{s.Suites[0].Failures, s.Suites[1].Failures, s.Suites[0].Skipped + s.Suites[1].Skipped}; got != [3]int{c.resources, c.gaps, c.skip} {
			t.Errorf("--fail-on %q: %v failures of resources, of gaps, skipped; want %v", c.failOn, got, c)
		}
		if s.Suites[0].Tests != 3 || len(s.Suites[0].Cases) != 3 {
			t.Errorf("%d cases of %d, want one per resource", len(s.Suites[0].Cases), s.Suites[0].Tests)
		}
	}
	r := sample()
	r.Complete = false
	if _, s := junitOf(t, r, gap.Blocker); s.Suites[0].Errors != 1 {
		t.Errorf("a drill that did not come to its end is no error")
	}
}

// What the two schemas in use demand, which xmllint checks with the files of
// Ant's JUnitReport and of Jenkins: these attributes, in these forms, and in
// this order no more than one child per case.
func TestJUnitHasTheSchemasShape(t *testing.T) {
	text, s := junitOf(t, sample(), gap.Degraded)
	for i, suite := range s.Suites {
		if suite.ID != i || suite.Name == "" || suite.Package == "" || suite.Hostname == "" || len(suite.Properties) == 0 {
			t.Errorf("suite %d: %+v", i, suite)
		}
		if !regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$`).MatchString(suite.Timestamp) || !regexp.MustCompile(`^\d+\.\d{3}$`).MatchString(suite.Time) {
			t.Errorf("suite %d: timestamp %s, time %s", i, suite.Timestamp, suite.Time)
		}
		for _, c := range suite.Cases {
			children := 0
			count(c.Error != nil, &children)
			count(c.Failure != nil, &children)
			count(c.Skipped != nil, &children)
			if c.Name == "" || c.Class == "" || c.Time == "" || children > 1 {
				t.Errorf("case %+v", c)
			}
		}
	}
	for _, suite := range strings.Split(text, "<testsuite ")[1:] {
		last := -1
		for _, element := range []string{"<properties>", "<testcase", "<system-out>", "<system-err>"} {
			at := strings.Index(suite, element)
			if at < last {
				t.Errorf("%s is missing or not in its place", element)
			}
			last = at
		}
	}
}
