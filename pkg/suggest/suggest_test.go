package suggest

import (
	"strings"
	"testing"
)

func TestNearest(t *testing.T) {
	known := []string{"run", "resume", "report", "web-shop", "web-hook-of-somebody", "Deployment", "en", "de", strings.Repeat("long", 30)}
	for word, want := range map[string]string{
		"rum":                      "run",
		"reprot":                   "report", // two swapped
		"deploymnet":               "Deployment",
		"web":                      "web-shop", // the beginning of two: the shorter one
		"web-h":                    "web-hook-of-somebody",
		"webshop":                  "web-shop",
		"rsm":                      "", // of three, two are too many
		"fr":                       "", // of de and en nothing is right
		"x":                        "",
		"":                         "",
		"deployment-of-the-shop":   "",
		strings.Repeat("long", 29): "",
	} {
		if want != "" {
			want = ` (did you mean "` + want + `"?)`
		}
		if got := Nearest(word, known); got != want {
			t.Errorf("%q: %q, want %q", word, got, want)
		}
	}
	if got := Nearest("ba", []string{"bb", "aa"}); got != ` (did you mean "aa"?)` {
		t.Errorf("of two that are as near: %q", got)
	}
}
