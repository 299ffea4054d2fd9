package gap_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/wechsel-project/wechsel/fixtures"
	. "github.com/wechsel-project/wechsel/pkg/gap"
)

func load(t testing.TB) *Catalogue {
	t.Helper()
	c, err := Load(fixtures.FS)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestEveryKindIsShownByItsSignalsAndByNoOthers(t *testing.T) {
	c, all := load(t), shown()
	for id, signals := range all {
		if c.Kind(id) == nil {
			t.Errorf("there is no kind %s", id)
		}
		for _, s := range signals {
			gaps := c.Classify([]Signal{s}, "en")
			if len(gaps) != 1 || gaps[0].Kind != id {
				t.Errorf("%s: %+v gives %v", id, s, kinds(gaps))
			}
		}
	}
	for _, k := range c.Kinds {
		if len(all[k.ID]) == 0 {
			t.Errorf("no example shows %s", k.ID)
		}
		for i, p := range k.When {
			if !taken(p, all[k.ID]) {
				t.Errorf("%s: no example shows predicate %d: %+v", k.ID, i+1, p)
			}
		}
	}
}

func taken(p Predicate, signals []Signal) bool {
	for _, s := range signals {
		if p.Takes(s) {
			return true
		}
	}
	return false
}

func kinds(gaps []Gap) (out []string) {
	for _, g := range gaps {
		out = append(out, g.Kind)
	}
	return out
}

func TestTextsAreComplete(t *testing.T) {
	c, all := load(t), shown()
	bad := regexp.MustCompile(`\{|\}|\[\[|\]\]|  | \.|^\s|\s$`)
	for _, k := range c.Kinds {
		for _, lang := range Languages() {
			for _, s := range all[k.ID] {
				g := c.Classify([]Signal{s}, lang)[0]
				for _, text := range []string{k.Title[lang], g.Cause, g.Remedy} {
					if text == "" || bad.MatchString(text) {
						t.Errorf("%s in %s: %q", k.ID, lang, text)
					}
				}
			}
		}
	}
}

// What the source itself refuses is told of the source, and nobody is sent to
// the target for it.
func TestTextsOfTheSourceSpeakOfTheSource(t *testing.T) {
	c := load(t)
	target := regexp.MustCompile(`(?i)\btarget|Ziel`)
	for id, signals := range shown() {
		for _, s := range signals {
			if s.Seen != Refusal || s.Code == "settle" {
				continue
			}
			for _, lang := range Languages() {
				g := c.ClassifySource([]Signal{s}, lang)[0]
				if text := g.Title + ": " + g.Cause + " " + g.Remedy; target.MatchString(text) || g.Remedy == "" {
					t.Errorf("%s in %s: %s", id, lang, text)
				}
				before := g.Cause
				if c.Say(&g, lang); g.Cause != before {
					t.Errorf("%s in %s: said again: %s", id, lang, g.Cause)
				}
			}
		}
	}
}

func TestTextsAreThereInAllLanguages(t *testing.T) {
	texts, err := LoadTexts(fixtures.FS)
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range Languages() {
		ids := []string{}
		for _, s := range Severities() {
			ids = append(ids, "severity."+string(s))
		}
		for _, f := range Facets() {
			ids = append(ids, "facet."+f)
		}
		for _, w := range []string{Customer, Provider, Standard} {
			ids = append(ids, "who."+w)
		}
		for _, s := range []Seen{Forecast, Refusal, Change, Probe} {
			ids = append(ids, "seen."+string(s))
		}
		for _, id := range ids {
			if texts.Text(lang, id, nil) == id {
				t.Errorf("no text %q in %s", id, lang)
			}
		}
	}
}

// What a comparison or a plan could not read is told by a kind that says so, in
// the catalogue and in each of its gaps.
func TestWhatCouldNotBeReadSaysSo(t *testing.T) {
	c := load(t)
	for id, signals := range shown() {
		for _, s := range signals {
			isUnread := c.Kind(id).Unread
			if (s.Code == "unread" || strings.HasSuffix(s.Code, "/unread")) && !isUnread {
				t.Errorf("%s is shown by %s and is not unread", id, s.Code)
			}
			if got := c.Classify([]Signal{s}, "en")[0].Unread; got != isUnread {
				t.Errorf("%s: a gap is unread: %t, its kind: %t", id, got, isUnread)
			}
		}
	}
}
