package main

import (
	"io"
	"path/filepath"
	"strings"
	"testing"
)

// five are the clouds of the matrix that everybody runs first.
const five = "sim:scs-reference,sim:alster,sim:isar,sim:elbe,sim:plain"

func benchmark(b *testing.B, drills int, args string) {
	b.Helper()
	b.Setenv("XDG_STATE_HOME", b.TempDir())
	b.Setenv("OS_CLIENT_CONFIG_FILE", filepath.Join(b.TempDir(), "clouds.yaml"))
	for b.Loop() {
		if code := Run(b.Context(), append([]string{"wechsel"}, strings.Fields(args)...), Streams{Out: io.Discard, Err: io.Discard}); code != exitDone {
			b.Fatalf("exit code %d", code)
		}
	}
	b.ReportMetric(float64(drills*b.N)/b.Elapsed().Seconds(), "drills/s")
}

// BenchmarkDemo is the first drill of `make demo`: the servers of the web shop move.
func BenchmarkDemo(b *testing.B) {
	benchmark(b, 1, "run web-shop --layers openstack --from sim:alster --to sim:isar --fail-on none --quiet")
}

// BenchmarkMatrix is 40 drills: two scenarios between five clouds.
func BenchmarkMatrix(b *testing.B) {
	benchmark(b, 40, "matrix tiny web-shop --clouds "+five+" --fail-on none --quiet")
}
