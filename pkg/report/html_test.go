package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
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

// The page needs nothing but itself, and nothing of it runs.
func TestPageIsSelfContained(t *testing.T) {
	page := pageOf(t, "de")
	for _, bad := range []string{"<script", " src=", "@import", "url(", "<link", "<iframe", "javascript:", " onclick"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page has %q", bad)
		}
	}
	for _, link := range regexp.MustCompile(`href="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if !strings.HasPrefix(link[1], "#") && !strings.HasPrefix(link[1], "https://docs.scs.community/") {
			t.Errorf("a link to %s", link[1])
		}
	}
}

// What the page is made of: one language, one h1, tables with headers that
// say what they are about, links that lead somewhere, ids that are unique.
func TestPageIsAccessible(t *testing.T) {
	for _, lang := range gap.Languages() {
		page := pageOf(t, lang)
		if !strings.Contains(page, `<html lang="`+lang+`">`) || strings.Count(page, "<h1") != 1 || !strings.Contains(page, "<main") {
			t.Errorf("%s: language, one h1 and main are needed", lang)
		}
		if n := strings.Count(page, "<th>"); n > 0 {
			t.Errorf("%s: %d table headers without a scope", lang, n)
		}
		ids := map[string]int{}
		for _, m := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(page, -1) {
			ids[m[1]]++
			if ids[m[1]] > 1 {
				t.Errorf("%s: the id %s is not unique", lang, m[1])
			}
		}
		for _, m := range regexp.MustCompile(`(?:href="#|labelledby=")([^"]*)"`).FindAllStringSubmatch(page, -1) {
			if ids[m[1]] == 0 {
				t.Errorf("%s: nothing has the id %s", lang, m[1])
			}
		}
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

// Every element that is opened is closed, in order.
func TestPageIsWellFormed(t *testing.T) {
	page := pageOf(t, "de")
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
