package extsort

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
)

// Whatever the size of a chunk, all lines come in order, equal ones once.
func TestSorter(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, size := range []int{1, 10, 100, 1 << 20} {
		dir := t.TempDir()
		s := New(dir, size)
		var want []string
		for range 500 {
			line := fmt.Sprintf("%d %s", r.IntN(300), strings.Repeat("x", r.IntN(20)))
			want = append(want, line)
			if err := s.Add([]byte(line[:1]), []byte(line[1:])); err != nil {
				t.Fatal(err)
			}
		}
		slices.Sort(want)
		var got []string
		for line, err := range s.Sorted() {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, string(line))
		}
		if !slices.Equal(got, slices.Compact(want)) {
			t.Errorf("in chunks of %d bytes: %d lines, want %d", size, len(got), len(slices.Compact(want)))
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if left, _ := os.ReadDir(dir); len(left) > 0 {
			t.Errorf("left are %v", left)
		}
	}
}
