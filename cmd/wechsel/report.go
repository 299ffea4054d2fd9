package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"github.com/wechsel-project/wechsel/pkg/report"
)

// report prints report.json in another format; its language is that in which
// it was written.
func (a *app) report(c *cli.Context) error {
	args, err := exactArgs(c, "the drill's folder")
	if err != nil {
		return err
	}
	format, err := oneOf(c, "format", "table", "json")
	if err != nil {
		return err
	}
	file := filepath.Join(args[0], reportFile)
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return &usage{fmt.Errorf("%s holds no report: the drill there has not come to its end, `wechsel resume %s` goes on with it", args[0], args[0])}
	}
	if err != nil {
		return err
	}
	r := &report.Report{}
	if err := json.Unmarshal(data, r); err != nil {
		return &usage{fmt.Errorf("%s: %w", file, err)}
	}
	_, texts, err := loadTexts(r.Language)
	if err != nil {
		return err
	}
	return a.print(r, output{format: format}, file, texts)
}
