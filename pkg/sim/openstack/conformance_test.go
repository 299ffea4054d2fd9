//go:build conformance

package openstack_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// records is where the results of gophercloud's acceptance tests are kept.
const records = "../../../fixtures/conformance"

// A verdict is what came of one acceptance test: PASS, FAIL, SKIP or PANIC.
type verdict struct{ pkg, test, result string }

func (v verdict) name() string { return v.pkg + "\t" + v.test }

// readTable reads lines of so many fields between tabs. Lines that begin with
// a number sign are for the reader.
func readTable(t *testing.T, name string, fields int) [][]string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(records, name))
	if err != nil {
		t.Fatal(err)
	}
	var rows [][]string
	for line := range strings.Lines(string(data)) {
		row := strings.Split(strings.TrimSpace(line), "\t")
		switch {
		case line[0] == '#':
		case len(row) != fields:
			t.Fatalf("%s: %q has %d fields, not %d", name, line, len(row), fields)
		default:
			rows = append(rows, row)
		}
	}
	return rows
}

// readRecord reads what was kept of one run: sim-demo, real-admin, …
func readRecord(t *testing.T, run string) []verdict {
	t.Helper()
	var list []verdict
	for _, row := range readTable(t, run+".tsv", 3) {
		list = append(list, verdict{row[0], row[1], row[2]})
	}
	return list
}

// compareRecords tells which tests end otherwise on the simulator than on the
// real cloud, apart from the exceptions, and which exceptions are none.
func compareRecords(t *testing.T, user string, sim []verdict) (differences []string) {
	t.Helper()
	excused := map[string]string{}
	for _, row := range readTable(t, "exceptions.tsv", 4) {
		if row[0] == user {
			excused[row[1]+"\t"+row[2]] = row[3]
		}
	}
	ours := map[string]string{}
	for _, v := range sim {
		ours[v.name()] = v.result
	}
	for _, real := range readRecord(t, "real-"+user) {
		mine, why := orNone(ours[real.name()]), excused[real.name()]
		delete(ours, real.name())
		delete(excused, real.name())
		switch {
		case mine != real.result && why == "":
			differences = append(differences, strings.Join([]string{user, real.pkg, real.test, "real " + real.result, "simulated " + mine}, "\t"))
		case mine == real.result && why != "":
			differences = append(differences, strings.Join([]string{user, real.pkg, real.test, "is an exception no longer: " + why}, "\t"))
		}
	}
	for name := range ours {
		differences = append(differences, user+"\t"+name+"\tis not in the record of the real cloud: make conformance-real")
	}
	for name := range excused {
		differences = append(differences, user+"\t"+name+"\tis an exception for a test that the real record does not have")
	}
	slices.Sort(differences)
	return differences
}

func orNone(result string) string {
	if result == "" {
		return "NONE"
	}
	return result
}
