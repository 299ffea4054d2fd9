package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"github.com/wechsel-project/wechsel/pkg/report"
)

func (a *app) reportCommand() *cli.Command {
	return &cli.Command{
		Name: "report", Usage: "what a drill or matrix found, in any format and language", ArgsUsage: "DIR",
		Description: `DIR is the folder of a drill or of a matrix: that of --out, or the one that was
printed.

Examples:
  wechsel report evidence
  wechsel report evidence --format html --lang de -o report.de.html
  wechsel report evidence --format junit --fail-on degraded -o wechsel.xml`,
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "`FILE` to write; default: standard output"},
			failOnFlag(),
		}, reportFlags()...),
		Action: a.report,
	}
}

func (a *app) report(c *cli.Context) error {
	args, err := exactArgs(c, "the drill's folder")
	if err != nil {
		return err
	}
	out, err := reportOutput(c)
	if err != nil {
		return err
	}
	r, err := readDocument(args[0])
	if err != nil {
		return err
	}
	words, err := loadWords(out.lang)
	if err != nil {
		return err
	}
	if file := c.String("output"); file != "" {
		if err := isPlaceFor(file); err != nil {
			return err
		}
		return writeFile(file, r, out.format, out.style(words))
	}
	return r.Write(a.Out, out.format, out.style(words))
}

// document is what a folder holds: a report or a matrix.
type document interface {
	Write(w io.Writer, format string, style report.Style) error
}

// readDocument reads report.json of a drill's folder, or matrix.json of a
// matrix's.
func readDocument(dir string) (document, error) {
	for _, known := range []struct {
		name string
		doc  document
	}{{reportFile, &report.Report{}}, {matrixFile, &report.Matrix{}}} {
		file := filepath.Join(dir, known.name)
		data, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(data, known.doc); err != nil {
			return nil, &usage{fmt.Errorf("%s: %w", file, err)}
		}
		return known.doc, nil
	}
	if _, err := readFolder(dir); err != nil {
		return nil, fmt.Errorf("%w: a report is in the folder of a drill or of a matrix", err)
	}
	return nil, &usage{fmt.Errorf("%s holds no report: the drill there has not come to its end, `wechsel resume %s` goes on with it", dir, dir)}
}
