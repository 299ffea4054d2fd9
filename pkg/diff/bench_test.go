package diff_test

import (
	"testing"

	. "github.com/wechsel-project/wechsel/pkg/diff"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// BenchmarkCompare compares two Sets of 40,000 resources of one drill.
func BenchmarkCompare(b *testing.B) {
	x, y := servers(10_000), servers(10_000)
	for b.Loop() {
		if r := Compare(x, y, resource.Mapping{}, Options{Joined: true}); len(r.Changes) > 0 {
			b.Fatal(r.Changes[0])
		}
	}
}

// BenchmarkMatch pairs 2,000 unnamed servers that only their volumes tell
// apart, without a drill.
func BenchmarkMatch(b *testing.B) {
	x := servers(2000)
	order := make([]int, x.Len())
	for i := range order {
		order[i] = len(order) - 1 - i
	}
	y, _ := rekeyed(x, order)
	for b.Loop() {
		if pairs := Match(x, y, resource.Mapping{}, Options{}); len(pairs) != x.Len() {
			b.Fatal(len(pairs))
		}
	}
}
