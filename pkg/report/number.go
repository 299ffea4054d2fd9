package report

import (
	"strconv"
	"strings"
	"time"
)

// number writes a number as the language does: 1,234.5 or 1.234,5.
func (w Words) number(n float64, decimals int) string {
	text := strconv.FormatFloat(n, 'f', decimals, 64)
	whole, fraction, _ := strings.Cut(text, ".")
	sign, digits := "", whole
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	var groups []string
	for len(digits) > 3 {
		groups = append([]string{digits[len(digits)-3:]}, groups...)
		digits = digits[:len(digits)-3]
	}
	text = sign + strings.Join(append([]string{digits}, groups...), w.Text("format.thousands", nil))
	if fraction != "" {
		text += w.Text("format.decimal", nil) + fraction
	}
	return text
}

// bytes writes a size in IEC units, with one decimal from 1 KiB on.
func (w Words) bytes(n int64) string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB"}
	size, unit := float64(n), 0
	for size >= 1024 && unit < len(units)-1 {
		size, unit = size/1024, unit+1
	}
	return w.number(size, min(unit, 1)) + "\u00a0" + units[unit]
}

// moment writes a time of RFC 3339 as the language does, in UTC; what is no
// such time stays as it is.
func (w Words) moment(rfc3339 string) string {
	t, err := time.Parse(time.RFC3339, rfc3339)
	if err != nil {
		return rfc3339
	}
	return t.UTC().Format(w.Text("format.moment", nil))
}
