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

// nameHash is the number of hexadecimal digits that tell apart keys of names:
// among a million objects, two of one key are as likely as one in 500.
const nameHash = 12

// NameKey makes the key of what its scope and name tell apart, as they do every
// object of Kubernetes: other than with [NewKey], no two have the same key, so
// that a key needs no look at the rest of a Set. It is SCOPE-NAME where that
// can be nothing else, else that and a hash of both.
func NameKey(scope, name string) Key {
	text, id := name, name
	if scope != "" {
		text, id = scope+"-"+name, scope+"/"+name
	}
	key := NewKey(text)
	if string(key) == text && !strings.Contains(scope, "-") {
		return key
	}
	sum := sha256.Sum256([]byte(id))
	head := key[:min(len(key), MaxKey-nameHash-1)]
	return head + "-" + Key(hex.EncodeToString(sum[:nameHash/2]))
}

// Valid reports whether k has a key's length and characters.
func (k Key) Valid() bool {
	return len(k) > 0 && len(k) <= MaxKey && strings.IndexFunc(string(k), func(r rune) bool { return !isKeyRune(r) }) < 0
}

func isKeyRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-'
}
