package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// The elements of JUnit's XML in the order and with the attributes that both
// schemas in use demand: that of Ant's JUnitReport and Jenkins' junit-10.
type (
	testsuites struct {
		XMLName xml.Name    `xml:"testsuites"`
		Suites  []testsuite `xml:"testsuite"`
	}
	testsuite struct {
		ID         int        `xml:"id,attr"`
		Package    string     `xml:"package,attr"`
		Name       string     `xml:"name,attr"`
		Timestamp  string     `xml:"timestamp,attr"` // UTC, without a zone
		Hostname   string     `xml:"hostname,attr"`
		Tests      int        `xml:"tests,attr"`
		Failures   int        `xml:"failures,attr"`
		Errors     int        `xml:"errors,attr"`
		Skipped    int        `xml:"skipped,attr"`
		Time       string     `xml:"time,attr"` // seconds
		Properties []property `xml:"properties>property"`
		Cases      []testcase `xml:"testcase"`
		Out        string     `xml:"system-out"`
		Err        string     `xml:"system-err"`
	}
	property struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	testcase struct {
		Name    string   `xml:"name,attr"`
		Class   string   `xml:"classname,attr"`
		Time    string   `xml:"time,attr"`
		Skipped *problem `xml:"skipped"`
		Error   *problem `xml:"error"`
		Failure *problem `xml:"failure"`
	}
	problem struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
		Text    string `xml:",chardata"`
	}
)

// writeJUnit writes one case per resource and one per gap at or above
// --fail-on. A case fails exactly for what makes the exit code 1: an
// unexpected gap at or above --fail-on.
func (r *Report) writeJUnit(w io.Writer, s Style) error {
	return writeJUnit(w, r.suites(s))
}

func writeJUnit(w io.Writer, suites []testsuite) error {
	for i := range suites {
		suites[i].ID = i
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(testsuites{Suites: suites}); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func (r *Report) suites(s Style) []testsuite {
	var failing []gap.Gap
	if s.FailOn != "" {
		failing = slices.DeleteFunc(slices.Clone(r.Gaps), func(g gap.Gap) bool { return !g.Severity.AtLeast(s.FailOn) })
	}
	suites := []testsuite{
		r.suite("resources", r.resourceCases(s, failing)),
		r.suite("gaps", gapCases(s, failing)),
	}
	if len(r.Source.Unfit) > 0 {
		suites = append(suites, r.suite("source", unfitCases(s, r.Source.Unfit)))
	}
	return suites
}

// suite has the resources' suite bear the drill's time.
func (r *Report) suite(name string, cases []testcase) testsuite {
	seconds := 0.0
	for _, stage := range r.Stages {
		seconds += stage.Seconds
	}
	if name != "resources" {
		seconds = 0
	}
	suite := testsuite{
		Package: "wechsel." + r.Scenario, Name: r.Scenario + " " + r.From.Name + " → " + r.To.Name + " " + name, Timestamp: stamp(r.Started), Hostname: "localhost",
		Tests: len(cases), Time: seconds3(seconds), Cases: cases,
		Properties: []property{{"drill", r.Drill}, {"from", r.From.Name}, {"to", r.To.Name}, {"evidence", r.Evidence}, {"verdict", string(r.Verdict)}, {"version", r.Version}},
	}
	for _, c := range cases {
		count(c.Failure != nil, &suite.Failures)
		count(c.Error != nil, &suite.Errors)
		count(c.Skipped != nil, &suite.Skipped)
	}
	return suite
}

// stamp is a time of RFC 3339 without its zone, which the schema forbids.
func stamp(rfc3339 string) string {
	t, err := time.Parse(time.RFC3339, rfc3339)
	if err != nil {
		return "1970-01-01T00:00:00"
	}
	return t.UTC().Format("2006-01-02T15:04:05")
}

func seconds3(s float64) string { return strconv.FormatFloat(s, 'f', 3, 64) }

func (r *Report) resourceCases(s Style, failing []gap.Gap) []testcase {
	var cases []testcase
	for _, o := range r.Resources {
		c := testcase{Name: strings.TrimPrefix(o.Ref, string(o.Type)+"/"), Class: "resources." + string(o.Type), Time: seconds3(0)}
		outcome := s.Text("outcome."+o.Outcome, nil)
		var causes []string
		for _, g := range failing {
			if !g.Expected && slices.ContainsFunc(g.Resources, func(ref resource.Ref) bool { return ref.String() == o.Ref }) {
				causes = append(causes, g.Kind+": "+g.Cause)
			}
		}
		switch {
		case len(causes) > 0:
			c.Failure = &problem{Message: outcome, Type: o.Outcome, Text: strings.Join(causes, "\n")}
		case o.Outcome == "untested":
			c.Skipped = &problem{Message: outcome, Type: o.Outcome}
		}
		cases = append(cases, c)
	}
	if !r.Complete && r.Kind != "Forecast" {
		cases = append(cases, testcase{Name: "drill", Class: "resources", Time: seconds3(0),
			Error: &problem{Message: s.Text("conclusion.incomplete", nil), Type: string(Incomplete)}})
	}
	return cases
}

func gapCases(s Style, gaps []gap.Gap) []testcase {
	var cases []testcase
	for _, g := range gaps {
		c := testcase{Name: g.Kind + " " + g.ID, Class: "gaps." + strings.ReplaceAll(g.Kind, "/", "."), Time: seconds3(0)}
		p := &problem{Message: g.Cause, Type: string(g.Severity)}
		if g.Expected {
			p.Message = s.Text("report.expected", nil) + ": " + p.Message
			c.Skipped = p
		} else {
			p.Text = gapText(s, g)
			c.Failure = p
		}
		cases = append(cases, c)
	}
	return cases
}

// gapText is what a person needs who sees only this case.
func gapText(s Style, g gap.Gap) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s: %s\n", s.Text("document.column.remedy", nil), g.Remedy)
	fmt.Fprintf(&b, "%s: %s\n", s.Text("document.column.who", nil), s.Text("who."+g.Who, nil))
	for _, ref := range g.Resources {
		fmt.Fprintf(&b, "%s\n", ref)
	}
	for _, e := range g.Evidence {
		if e.Message != "" {
			fmt.Fprintf(&b, "%s: %s\n", s.Text("seen."+string(e.Seen), nil), strings.TrimSpace(strings.Join([]string{positive(e.Status), e.Message, e.Request}, " ")))
		}
	}
	return b.String()
}

// positive is a number, or nothing for none.
func positive(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// unfitCases are about the source: no failure of the exit.
func unfitCases(s Style, gaps []gap.Gap) []testcase {
	var cases []testcase
	for _, g := range gaps {
		cases = append(cases, testcase{Name: g.Kind + " " + g.ID, Class: "source." + strings.ReplaceAll(g.Kind, "/", "."), Time: seconds3(0),
			Skipped: &problem{Message: s.Text("conclusion.unfit", nil), Type: string(Unfit), Text: g.Cause}})
	}
	return cases
}
