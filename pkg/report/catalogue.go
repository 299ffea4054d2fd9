package report

import (
	"io"
	"strconv"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/profile"
)

// WriteCatalogues writes what differs between the offers of two clouds, a table
// to a section, for a terminal of 80 columns.
func WriteCatalogues(w io.Writer, a, b string, differences []profile.Difference, alike int, words Words) error {
	t := &tableWriter{w: w, text: words.Text}
	t.paragraph(t.text("catalogue.headline", map[string]string{"a": a, "b": b}))
	t.printf("\n")
	var rows [][]string
	for i, d := range differences {
		rows = append(rows, []string{thing(d), t.offered(d, d.A), t.offered(d, d.B)})
		if i == len(differences)-1 || differences[i+1].Section != d.Section {
			t.printf("%s\n", t.text("catalogue."+d.Section[strings.LastIndexByte(d.Section, '.')+1:], nil))
			t.tableOf([]string{t.text("catalogue.thing", nil), a, b}, []int{36, 22, 22}, rows)
			rows = nil
		}
	}
	t.paragraph(t.text("catalogue.counts", map[string]string{"alike": strconv.Itoa(alike), "n": strconv.Itoa(len(differences))}))
	return t.err
}

func thing(d profile.Difference) string {
	if d.Property == "" {
		return d.Name
	}
	return d.Name + ": " + d.Property
}

// offered is what one of the clouds says. Where only one has a thing with many
// properties, that it has it is enough.
func (t *tableWriter) offered(d profile.Difference, v any) string {
	_, whole := v.(map[string]any)
	switch {
	case v == nil:
		return t.text("catalogue.none", nil)
	case v == true || d.Property == "" && whole:
		return t.text("catalogue.has", nil)
	}
	return profile.Show(v)
}
