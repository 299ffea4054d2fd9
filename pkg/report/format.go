package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/gap"
)

// Formats are the formats that reports are written in.
func Formats() []string { return []string{"table", "json", "markdown", "html", "junit"} }

// Style says how a document is written.
type Style struct {
	Words
	FailOn gap.Severity // of JUnit: from which on a gap is a failure; empty: none is
}

// Write writes the report in one of [Formats], in the style's language.
func (r *Report) Write(w io.Writer, format string, s Style) error {
	r = r.In(s.Words)
	return write(format, map[string]func() error{
		"table":    func() error { return r.writeTable(w, s) },
		"json":     func() error { return writeJSON(w, r) },
		"markdown": func() error { return r.writeMarkdown(w, s) },
		"html":     func() error { return r.writeHTML(w, s) },
		"junit":    func() error { return r.writeJUnit(w, s) },
	})
}

func write(format string, writers map[string]func() error) error {
	f := writers[format]
	if f == nil {
		return fmt.Errorf("there is no format %q, but %s", format, strings.Join(Formats(), ", "))
	}
	if err := f(); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}
