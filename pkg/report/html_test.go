package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/wechsel-project/wechsel/pkg/gap"
)

func pageOf(t *testing.T, lang string) string {
	t.Helper()
	var b bytes.Buffer
	if err := sample().Write(&b, "html", Style{Words: words(t, lang)}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// checkPage looks for what every page must and must not have. Nothing comes
// from elsewhere and nothing runs; there is one language and one h1; headers of
// tables say what they are about; links lead somewhere; ids are unique.
func checkPage(t *testing.T, lang, page string, links ...string) {
	t.Helper()
	for _, bad := range []string{"<script", " src=", "@import", "url(", "<link", "<iframe", "javascript:", " onclick", "<th>"} {
		if strings.Contains(page, bad) {
			t.Errorf("%s: the page has %q", lang, bad)
		}
	}
	if !strings.Contains(page, `<html lang="`+lang+`">`) || strings.Count(page, "<h1") != 1 || !strings.Contains(page, "<main") {
		t.Errorf("%s: language, one h1 and main are needed", lang)
	}
	ids := map[string]int{}
	for _, m := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		ids[m[1]]++
		if ids[m[1]] > 1 {
			t.Errorf("%s: the id %s is not unique", lang, m[1])
		}
	}
	for _, m := range regexp.MustCompile(`labelledby="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if ids[m[1]] == 0 {
			t.Errorf("%s: nothing has the id %s", lang, m[1])
		}
	}
	for _, m := range regexp.MustCompile(`href="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		to, inside := strings.CutPrefix(m[1], "#")
		if inside && ids[to] == 0 || !inside && !strings.HasPrefix(to, "https://docs.scs.community/") && !slices.Contains(links, to) {
			t.Errorf("%s: a link to %s", lang, m[1])
		}
	}
	wellFormed(t, page)
}

// wellFormed holds that every element that is opened is closed, in order.
func wellFormed(t *testing.T, page string) {
	t.Helper()
	body := page[strings.Index(page, "<body>") : strings.Index(page, "</body>")+len("</body>")]
	d := xml.NewDecoder(strings.NewReader(strings.ReplaceAll(body, "<br>", "<br/>")))
	d.Entity = xml.HTMLEntity
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("line %d: %v", strings.Count(body[:d.InputOffset()], "\n"), err)
		}
	}
}

func TestPage(t *testing.T) {
	for _, lang := range gap.Languages() {
		checkPage(t, lang, pageOf(t, lang))
	}
}

// Names from clouds are text and never markup.
func TestPageEscapes(t *testing.T) {
	page := pageOf(t, "en")
	for _, bad := range []string{"<web>", "<x>", "<still", "No <flavor>"} {
		if strings.Contains(page, bad) {
			t.Errorf("%s is not escaped", bad)
		}
	}
	if !strings.Contains(page, "&lt;web&gt; &amp; |more|") {
		t.Error("the server's name is missing")
	}
}

func TestNumbers(t *testing.T) {
	en, de := words(t, "en"), words(t, "de")
	for _, c := range []struct{ got, want string }{
		{en.number(1234567.891, 2), "1,234,567.89"}, {de.number(1234567.891, 2), "1.234.567,89"}, {de.number(-1234, 0), "-1.234"}, {en.number(0, 0), "0"},
		{de.bytes(1536), "1,5\u00a0KiB"}, {en.bytes(12), "12\u00a0B"}, {en.bytes(1 << 50), "1,024.0\u00a0TiB"},
		{de.moment("2026-08-31T14:05:06Z"), "31.08.2026, 14:05:06 Uhr UTC"}, {en.moment("2026-08-31T16:05:06+02:00"), "31 August 2026, 14:05:06 UTC"}, {en.moment(""), ""},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}
