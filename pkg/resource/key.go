package resource

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// MaxKey is the greatest length of a Key. A Nova tag has 60 characters, and
// the owner's mark needs 20 of them.
const MaxKey = 40

// NewKey makes a key of any text: what a key may not hold becomes "-", and
// what is too long keeps its head and ends in a hash of the whole. Equal texts
// give equal keys; the empty text gives "unnamed".
func NewKey(text string) Key {
	var b strings.Builder
	changed := false
	for _, r := range text {
		if isKeyRune(r) {
			b.WriteRune(r)
			continue
		}
		changed = changed || r > 127
		b.WriteByte('-')
	}
	key := b.String()
	switch {
	case strings.Trim(key, "-") == "" && text == "":
		return "unnamed"
	case len(key) > MaxKey || changed:
		sum := sha256.Sum256([]byte(text))
		return Key(key[:min(len(key), MaxKey-9)] + "-" + hex.EncodeToString(sum[:4]))
	}
	return Key(key)
}

// Valid reports whether k has a key's length and characters.
func (k Key) Valid() bool {
	return len(k) > 0 && len(k) <= MaxKey && strings.IndexFunc(string(k), func(r rune) bool { return !isKeyRune(r) }) < 0
}

func isKeyRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-'
}
