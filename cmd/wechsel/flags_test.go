package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFlagsFirst(t *testing.T) {
	a := &app{Streams: Streams{Out: &bytes.Buffer{}, Err: &bytes.Buffer{}}}
	for name, c := range map[string]struct{ args, want string }{
		"flag after argument":    {"run tiny --to sim:isar", "run --to sim:isar -- tiny"},
		"value with equals sign": {"run tiny --to=sim:isar web", "run --to=sim:isar -- tiny web"},
		"bool takes no value":    {"run --keep tiny", "run --keep -- tiny"},
		"nested command":         {"cloud start sim:alster --dir d", "cloud start --dir d -- sim:alster"},
		"after two dashes":       {"run -- --odd", "run -- --odd"},
		"unknown command":        {"rum tiny --to x", "--to -- rum tiny x"},
		"alias":                  {"export -o d --cloud c", "export -o d --cloud c"},
		"help":                   {"run tiny --to sim:isar -h", "run -h"},
		"value that is missing":  {"run tiny --keep --out", "run --keep --out"},
		"help of nothing":        {"rum tiny --help", "--help -- rum tiny"},
		"value that is no flag":  {"export -o --help", "export -o --help"},
		"no arguments":           {"list --format json", "list --format json"},
	} {
		t.Run(name, func(t *testing.T) {
			got := flagsFirst(a.cli(), append([]string{"wechsel"}, strings.Fields(c.args)...))
			if diff := cmp.Diff(strings.Fields("wechsel "+c.want), got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}
