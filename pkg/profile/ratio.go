package profile

import (
	"fmt"
	"math"
	"strconv"
)

// A Ratio is by how much a provider gives away more, or less, than there is:
// 1.5. The zero value says nothing.
type Ratio float64

// Of returns that much of n, in whole numbers as Placement counts, and by the
// usual ratio when this one says nothing.
func (r Ratio) Of(n int64, usual Ratio) int64 {
	if r == 0 {
		r = usual
	}
	return int64(float64(n) * float64(r))
}

// MarshalText writes the ratio as it is written by hand.
func (r Ratio) MarshalText() ([]byte, error) {
	return strconv.AppendFloat(nil, float64(r), 'f', -1, 64), nil
}

// UnmarshalText reads a ratio, which is more than nothing.
func (r *Ratio) UnmarshalText(text []byte) error {
	f, err := strconv.ParseFloat(string(text), 64)
	if err != nil || f <= 0 || math.IsInf(f, 0) || math.IsNaN(f) {
		return fmt.Errorf("%q is no ratio: a number above 0 is wanted, such as 1.5", text)
	}
	*r = Ratio(f)
	return nil
}
