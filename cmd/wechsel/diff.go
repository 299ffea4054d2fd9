package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/wechsel-project/wechsel/pkg/bundle"
	"github.com/wechsel-project/wechsel/pkg/diff"
	"github.com/wechsel-project/wechsel/pkg/inventory"
	"github.com/wechsel-project/wechsel/pkg/report"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

func (a *app) diffCommand() *cli.Command {
	return &cli.Command{
		Name: "diff", Usage: "compare two bundles, inventories or projects", ArgsUsage: "A B",
		Description: `A and B are each a bundle's folder, a file that a drill has written
(source.json, target.json), or a cloud, whose project is read. Nothing joins the
two, so equal things are found by their names, their place and their looks.

Example:
  wechsel diff evidence/source.json other-cloud`,
		Flags:  append([]cli.Flag{configFlag(), failOnFlag()}, outputFlags()...),
		Action: a.diff,
	}
}

func (a *app) diff(c *cli.Context) error {
	args, err := exactArgs(c, "A", "B")
	if err != nil {
		return err
	}
	out, err := outputOf(c)
	if err != nil {
		return err
	}
	var sets [2]*resource.Set
	for i, name := range args {
		if sets[i], err = a.readSet(c, name); err != nil {
			return err
		}
	}
	words, err := loadWords(out.lang)
	if err != nil {
		return err
	}
	result := diff.Compare(sets[0], sets[1], resource.Mapping{}, diff.Options{})
	gaps := words.Kinds.Classify(result.Signals, out.lang)
	if out.format == "json" {
		enc := json.NewEncoder(a.Out)
		enc.SetIndent("", "  ")
		err = enc.Encode(map[string]any{"apiVersion": resource.APIVersion, "kind": "Diff", "gaps": gaps})
	} else if len(gaps) == 0 {
		_, err = fmt.Fprintln(a.Out, words.Text("report.equal", nil))
	} else {
		err = report.WriteGaps(a.Out, gaps, words)
	}
	if err != nil {
		return err
	}
	return out.judge(&report.Report{Gaps: gaps})
}

// readSet reads what the user names: a bundle, a file, or a project.
func (a *app) readSet(c *cli.Context, name string) (*resource.Set, error) {
	switch {
	case isFolder(name):
		b, err := bundle.Open(name)
		if err != nil {
			return nil, &usage{err}
		}
		return b.Set, nil
	case exists(name):
		return readSetFile(name)
	}
	config, err := loadConfig(c.String("config"))
	if err != nil {
		return nil, err
	}
	side, err := a.connect(c.Context, name, config, everything())
	if err != nil {
		return nil, err
	}
	defer side.close()
	catalogue, err := side.Cloud.Catalogue(c.Context)
	if err != nil {
		return nil, err
	}
	return inventory.Take(c.Context, side.Cloud, inventory.Options{Catalogue: &catalogue})
}

func readSetFile(name string) (*resource.Set, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	set := &resource.Set{}
	if err := json.Unmarshal(data, set); err != nil {
		return nil, &usage{fmt.Errorf("%s: %w", name, err)}
	}
	return set, nil
}
