package report

import (
	"embed"
	"fmt"
	"html/template"
	"io"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// The templates and the style of the pages.
//
//go:embed page
var pages embed.FS

// shown is how many resources of a gap a page lists.
const shown = 60

// writeHTML writes a page that needs nothing but itself: no script, no font,
// no picture from elsewhere. It reads on a phone, prints on A4 and works
// without colours.
func (r *Report) writeHTML(w io.Writer, s Style) error {
	page := newPage(r, s)
	t, err := s.template("report.html.tmpl", r.Standards)
	if err != nil {
		return err
	}
	t.Funcs(template.FuncMap{"body": func(id string) (template.HTML, error) { return part(t, id, page) }})
	return t.ExecuteTemplate(w, "report.html.tmpl", page)
}

// part writes a template of its own name, which html/template has escaped.
func part(t *template.Template, name string, data any) (template.HTML, error) {
	var b strings.Builder
	err := t.ExecuteTemplate(&b, name, data)
	return template.HTML(b.String()), err // what a template has made is escaped already
}

// template reads a page's template, with the functions that write in the
// language of s.
func (s Style) template(name string, standards []Standard) (*template.Template, error) {
	css, err := pages.ReadFile("page/style.css")
	if err != nil {
		return nil, err
	}
	t := template.New(name).Funcs(template.FuncMap{
		"text":   s.textOf,
		"number": s.number,
		"int":    func(n any) string { return s.integer(n) },
		"bytes":  s.bytes,
		"moment": s.moment,
		"icon":   icon,
		"css":    func() template.CSS { return template.CSS(css) }, // ours
		"body":   func(string) (template.HTML, error) { return "", nil },
		"seen":   s.seen,
		"first":  func(refs []resource.Ref) []resource.Ref { return refs[:min(shown, len(refs))] },
		"rest":   func(refs []resource.Ref) int { return max(0, len(refs)-shown) },
		"standards": func(ids []string) []Standard {
			return Standards(index(standards)).of(gap.Gap{Standards: ids})
		},
	})
	return t.ParseFS(pages, "page/parts.html.tmpl", "page/"+name)
}

func index(standards []Standard) map[string]Standard {
	out := map[string]Standard{}
	for _, s := range standards {
		out[s.ID] = s
	}
	return out
}

// textOf is the text of an id, which may be given in two parts, with arguments
// by name: text "document.region" "region" "north", text "severity." "info".
func (s Style) textOf(id string, rest ...any) string {
	if strings.HasSuffix(id, ".") || strings.HasSuffix(id, "-") {
		id, rest = id+fmt.Sprint(rest[0]), rest[1:]
	}
	args := map[string]string{}
	for i := 0; i+1 < len(rest); i += 2 {
		args[fmt.Sprint(rest[i])] = fmt.Sprint(rest[i+1])
	}
	return s.Text(id, args)
}

func (w Words) integer(n any) string {
	switch n := n.(type) {
	case int:
		return w.number(float64(n), 0)
	case int64:
		return w.number(float64(n), 0)
	}
	return fmt.Sprint(n)
}

func (s Style) seen(ways []gap.Seen) string {
	words := make([]string, len(ways))
	for i, way := range ways {
		words[i] = s.Text("seen."+string(way), nil)
	}
	return strings.Join(words, ", ")
}

// icon is the shape for a severity, an outcome, an effect or a verdict.
func icon(what any) string {
	switch word := fmt.Sprint(what); word {
	case "equivalent", "adapted", "degraded", "info":
		return word
	case "blocker", "blocked", "lost":
		return "blocked"
	}
	return "untested"
}
