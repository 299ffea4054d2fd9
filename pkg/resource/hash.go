package resource

import "strings"

// Hashed is how the text begins that stands for a value nobody may read: a keyed
// hash, which can be compared and tells nothing. What follows is KEY-HASH, where
// KEY tells one key from another.
const Hashed = "wechsel-hmac-sha256:"

// HashKey returns which key the value was hashed with; false: it is no hash, or
// does not say.
func HashKey(v Value) (key string, ok bool) {
	text, _ := v.(string)
	told, ok := strings.CutPrefix(text, Hashed)
	if !ok {
		return "", false
	}
	key, _, ok = strings.Cut(told, "-")
	return key, ok
}

// Comparable reports whether two values can be compared: not so hashes that were
// made with different keys.
func Comparable(a, b Value) bool {
	x, ok := HashKey(a)
	y, also := HashKey(b)
	return !ok || !also || x == y
}
