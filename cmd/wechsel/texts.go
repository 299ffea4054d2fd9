package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/wechsel-project/wechsel/fixtures"
	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/report"
	"github.com/wechsel-project/wechsel/pkg/suggest"
)

// loadWords reads what reports are written with, in one language.
func loadWords(lang string) (report.Words, error) {
	kinds, err := gap.Load(fixtures.FS)
	if err != nil {
		return report.Words{}, err
	}
	texts, err := gap.LoadTexts(fixtures.FS)
	if err != nil {
		return report.Words{}, err
	}
	standards, err := report.LoadStandards(fixtures.FS)
	return report.Words{Language: lang, Kinds: kinds, Texts: texts, Standards: standards}, err
}

func (a *app) gapsCommand() *cli.Command {
	return &cli.Command{
		Name: "gaps", Usage: "the kinds of gaps that are known, or one of them", ArgsUsage: "[KIND]",
		Description: `Example:
  wechsel gaps compute/flavor-absent --lang de`,
		Flags: []cli.Flag{formatFlag(plainFormats()...), langFlag()}, Action: a.gaps,
	}
}

// kindShown is a kind of gap in one language.
type kindShown struct {
	Kind      string       `json:"kind"`
	Severity  gap.Severity `json:"severity"`
	Title     string       `json:"title"`
	Cause     string       `json:"cause"`
	Remedy    string       `json:"remedy"`
	Who       string       `json:"who"`
	Standards []string     `json:"standards"`
	Facets    []string     `json:"facets"`
	Unread    bool         `json:"unread,omitempty"`
}

func (a *app) gaps(c *cli.Context) error {
	if c.NArg() > 1 {
		return &usage{fmt.Errorf("want one kind, got %d", c.NArg())}
	}
	out, err := outputOf(c)
	if err != nil {
		return err
	}
	words, err := loadWords(out.lang)
	if err != nil {
		return err
	}
	var shown []kindShown
	var names []string
	for _, k := range words.Kinds.Kinds {
		names = append(names, k.ID)
		if c.NArg() == 0 || c.Args().First() == k.ID {
			shown = append(shown, kindShown{k.ID, k.Severity, k.Title[out.lang], k.Cause[out.lang], k.Remedy[out.lang], k.Who, append([]string{}, k.Standards...), k.Facets, k.Unread})
		}
	}
	switch {
	case len(shown) == 0:
		return &usage{fmt.Errorf("there is no kind of gap %q%s", c.Args().First(), suggest.Nearest(c.Args().First(), names))}
	case out.format == "json":
		enc := json.NewEncoder(a.Out)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(shown)
	case c.NArg() == 1:
		return a.showKind(shown[0], words)
	}
	for _, k := range shown {
		if _, err := fmt.Fprintf(a.Out, "%-32s %-14s %s\n", k.Kind, words.Text("severity."+string(k.Severity), nil), k.title(words)); err != nil {
			return err
		}
	}
	return nil
}

// title says whether there is a difference, or something that was not read.
func (k kindShown) title(words report.Words) string {
	if k.Unread {
		return k.Title + " (" + words.Text("report.unread", nil) + ")"
	}
	return k.Title
}

func (a *app) showKind(k kindShown, words report.Words) error {
	text := words.Text
	_, err := fmt.Fprintf(a.Out, "%s — %s\n\n%s: %s\n%s: %s\n\n%s: %s   %s: %s   %s: %s\n%s: %s\n", k.Kind, k.title(words),
		text("report.cause", nil), k.Cause, text("report.remedy", nil), k.Remedy,
		text("report.severity", nil), text("severity."+string(k.Severity), nil), text("report.who", nil), text("who."+k.Who, nil),
		text("report.standards", nil), firstOf(strings.Join(k.Standards, ", "), text("report.none", nil)),
		text("report.facets", nil), strings.Join(k.Facets, ", "))
	return err
}
