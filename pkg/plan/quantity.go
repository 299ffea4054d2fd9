package plan

import (
	"strconv"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// quantity reads an amount as Kubernetes writes it: "100m", "1.5Gi", "2e3", 4; what
// is none is 0. See kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity.
func quantity(v resource.Value) float64 {
	text, ok := v.(string)
	if !ok {
		return asNumber(v)
	}
	units := map[string]float64{"m": 1e-3, "u": 1e-6, "n": 1e-9, "": 1, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18,
		"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30, "Ti": 1 << 40, "Pi": 1 << 50, "Ei": 1 << 60}
	unit := strings.TrimLeft(text, "+-.0123456789")
	number := strings.TrimSuffix(text, unit)
	factor, known := units[unit]
	if !known { // an exponent
		number, factor = text, 1
	}
	n, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return 0
	}
	return n * factor
}
