package profile

import (
	"fmt"
	"strings"
	"time"
)

// A Span is a duration, or a range of them: "50ms" or "150ms-300ms".
type Span struct{ Min, Max time.Duration }

// UnmarshalText reads "50ms" or "150ms-300ms".
func (s *Span) UnmarshalText(text []byte) error {
	low, high, ranged := strings.Cut(string(text), "-")
	if !ranged {
		high = low
	}
	var err error
	if s.Min, err = time.ParseDuration(low); err == nil {
		s.Max, err = time.ParseDuration(high)
	}
	if err != nil || s.Min < 0 || s.Max < s.Min {
		return fmt.Errorf("%q is no duration: write 50ms, or 150ms-300ms", text)
	}
	return nil
}

// MarshalText writes the shortest form.
func (s Span) MarshalText() ([]byte, error) {
	if s.Min == s.Max {
		return []byte(s.Min.String()), nil
	}
	return []byte(s.Min.String() + "-" + s.Max.String()), nil
}

// Pick returns the duration at that fraction of the span, 0 ≤ at < 1.
func (s Span) Pick(at float64) time.Duration {
	return s.Min + time.Duration(at*float64(s.Max-s.Min))
}
