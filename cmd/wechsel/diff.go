package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/wechsel-project/wechsel/pkg/bundle"
	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/diff"
	"github.com/wechsel-project/wechsel/pkg/inventory"
	"github.com/wechsel-project/wechsel/pkg/profile"
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
	sets, err := a.readSets(c, args)
	if err != nil {
		return err
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

// readSets reads what the user names: bundles, files, or projects. Projects are
// read in versions that the other side has.
func (a *app) readSets(c *cli.Context, names []string) ([]*resource.Set, error) {
	sets, projects, versions := make([]*resource.Set, len(names)), make([]*project, len(names)), make([]map[resource.Type][]string, len(names))
	for i, name := range names {
		var err error
		if sets[i], projects[i], err = a.readSet(c, name); err != nil {
			return nil, err
		}
		if projects[i] == nil {
			versions[i] = cloud.VersionsIn(sets[i])
			continue
		}
		defer projects[i].side.close()
		versions[i] = cloud.Versions(projects[i].catalogue)
	}
	for i, p := range projects {
		if p == nil {
			continue
		}
		if err := cloud.Speak(c.Context, p.side.Cloud, versions[1-i]); err != nil {
			return nil, err
		}
		var err error
		if sets[i], err = inventory.Take(c.Context, p.side.Cloud, inventory.Options{Catalogue: &p.catalogue}); err != nil {
			return nil, err
		}
	}
	return sets, nil
}

// A project of a cloud that is to be read.
type project struct {
	side      *connection
	catalogue profile.Catalogue
}

// readSet reads a bundle or a file, or opens a project.
func (a *app) readSet(c *cli.Context, name string) (*resource.Set, *project, error) {
	switch {
	case isFolder(name):
		b, err := bundle.Open(name)
		if err != nil {
			return nil, nil, &usage{err}
		}
		return b.Set, nil, nil
	case exists(name):
		set, err := readSetFile(name)
		return set, nil, err
	}
	config, err := loadConfig(c.String("config"))
	if err != nil {
		return nil, nil, err
	}
	side, err := a.connect(c.Context, name, config, everything())
	if err != nil {
		return nil, nil, err
	}
	catalogue, err := side.Cloud.Catalogue(c.Context)
	if err != nil {
		side.close()
		return nil, nil, err
	}
	return nil, &project{side, catalogue}, nil
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
