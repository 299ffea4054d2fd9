// Package suggest finds, of the words that are known, the one that somebody may
// have meant by another: what a message about a wrong name ends with.
package suggest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/xrash/smetrics"
)

// mostEdits is how many characters may be wrong, missing or too many, and no more
// than half of the word: two that are swapped count as two. More would offer what
// has nothing to do with it.
const mostEdits = 2

// longest is how long a word may be that is compared: what is longer is no
// mistyped name, and comparing takes the square of it.
const longest = 100

// Nearest returns ` (did you mean "X"?)` for the known word that is most like the
// wrong one, or begins with it; "" if there is none. Upper and lower case are
// the same; of several that are as near the first in the alphabet is taken.
func Nearest(word string, known []string) string {
	best, least := "", longest+1
	for _, k := range slices.Sorted(slices.Values(known)) {
		if edits, ok := compare(strings.ToLower(word), strings.ToLower(k)); ok && edits < least {
			best, least = k, edits
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean %q?)", best)
}

// compare returns how many edits make the known word of the other, and whether it
// may be meant by it.
func compare(word, known string) (int, bool) {
	if word == "" || len(word) > longest || len(known) > longest {
		return 0, false
	}
	edits := smetrics.WagnerFischer(word, known, 1, 1, 1)
	return edits, strings.HasPrefix(known, word) || edits <= min(mostEdits, len(word)/2)
}
