package cloud

import (
	"strings"

	"github.com/wechsel-project/wechsel/pkg/resource"
)

// The owner's mark is "wechsel-DRILL-KEY": at most 60 characters, the length
// of a Nova tag, with a drill's id of at most 11 and a key of at most 40. It
// has no character that the name of a keypair may not have.
const (
	markPrefix = "wechsel-"
	// MaxDrill is the greatest length of a drill's id, which is made of
	// [a-z0-9].
	MaxDrill = 11
)

// Mark returns the owner's mark as text.
func Mark(o resource.Owner) string { return markPrefix + o.Drill + "-" + string(o.Key) }

// ParseMark reads what Mark has written; false if text is no mark, whole.
func ParseMark(text string) (resource.Owner, bool) {
	rest, ok := strings.CutPrefix(text, markPrefix)
	if !ok {
		return resource.Owner{}, false
	}
	drill, key, ok := strings.Cut(rest, "-")
	o := resource.Owner{Drill: drill, Key: resource.Key(key)}
	if !ok || !validDrill(drill) || !o.Key.Valid() {
		return resource.Owner{}, false
	}
	return o, true
}

// WithMark appends the mark to a description or a name.
func WithMark(text string, o resource.Owner) string {
	if text == "" {
		return Mark(o)
	}
	return text + " " + Mark(o)
}

// CutMark splits a description or a name into its own text and the owner at
// its end; the zero Owner if there is none.
func CutMark(text string) (string, resource.Owner) {
	before, last := "", text
	if i := strings.LastIndexByte(text, ' '); i >= 0 {
		before, last = text[:i], text[i+1:]
	}
	if o, ok := ParseMark(last); ok {
		return before, o
	}
	return text, resource.Owner{}
}

func validDrill(id string) bool {
	return id != "" && len(id) <= MaxDrill && strings.Trim(id, "abcdefghijklmnopqrstuvwxyz0123456789") == ""
}
