package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strconv"

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
		Description: `A and B are each a bundle's folder, an inventory's file, a file that a drill
has written (source.json, target.json), or a cloud, whose project is read.
Nothing joins the two, so equal things are found by their names, their place
and their looks. Two clusters may be larger than the memory: what is equal is
known by its hash, and only the rest is read.

Examples:
  wechsel diff evidence/source.json other-cloud
  wechsel diff before.jsonl after.jsonl`,
		Flags:  append([]cli.Flag{hashKeyFlag(), configFlag(), failOnFlag(), a.clusterProgramFlag()}, outputFlags()...),
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
	dir, err := os.MkdirTemp("", "wechsel-diff-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	sides, err := a.readSides(c, args, dir)
	if err != nil {
		return err
	}
	words, err := loadWords(out.lang)
	if err != nil {
		return err
	}
	x, y, _, err := diff.Reduce(sides[0], sides[1])
	if err != nil {
		return err
	}
	result := diff.Compare(x, y, resource.Mapping{}, diff.Options{})
	gaps := words.Kinds.Classify(result.Signals, out.lang)
	if out.format == "json" {
		enc := json.NewEncoder(a.Out)
		enc.SetIndent("", "  ")
		err = enc.Encode(map[string]any{"apiVersion": resource.APIVersion, "kind": "Diff", "gaps": gaps, "otherKeys": result.OtherKeys})
	} else if len(gaps) == 0 {
		_, err = fmt.Fprintln(a.Out, words.Text("report.equal", nil))
	} else {
		err = report.WriteGaps(a.Out, gaps, words)
	}
	if err != nil {
		return err
	}
	if result.OtherKeys && out.format != "json" {
		_, _ = fmt.Fprintln(a.Err, words.Text("report.other-keys", nil))
	}
	return out.judge(&report.Report{Gaps: gaps})
}

// readSides reads what the user names: bundles, files, or projects. Projects are
// read in versions that the other side has, into files in dir, for they may be
// larger than the memory.
func (a *app) readSides(c *cli.Context, names []string, dir string) ([]resource.Stream, error) {
	sides, projects, versions := make([]resource.Stream, len(names)), make([]*project, len(names)), make([]map[resource.Type][]string, len(names))
	key, err := hashKey(c)
	if err != nil {
		return nil, err
	}
	for i, name := range names {
		if sides[i], projects[i], err = a.readSide(c, name, key); err != nil {
			return nil, err
		}
		if p := projects[i]; p != nil {
			defer p.side.close()
			versions[i] = cloud.Versions(p.catalogue)
		} else if versions[i], err = versionsIn(sides[i]); err != nil {
			return nil, err
		}
	}
	for i, p := range projects {
		if p == nil {
			continue
		}
		if err := cloud.Speak(c.Context, p.side.Cloud, versions[1-i]); err != nil {
			return nil, err
		}
		file := filepath.Join(dir, strconv.Itoa(i))
		if _, err := inventory.Write(c.Context, p.side.Cloud, inventory.Options{Catalogue: &p.catalogue}, file); err != nil {
			return nil, err
		}
		if sides[i], err = inventory.Open(file); err != nil {
			return nil, err
		}
	}
	return sides, nil
}

// versionsIn returns in which versions a side has its resources.
func versionsIn(s resource.Stream) (map[resource.Type][]string, error) {
	out := map[resource.Type][]string{}
	for l, err := range s.Lines() {
		if err != nil {
			return nil, &usage{err}
		}
		if l.Tenure == resource.Given || out[l.Type] != nil {
			continue // a listing has all of a type in one version
		}
		r, err := l.Resource()
		if err != nil {
			return nil, &usage{err}
		}
		maps.Copy(out, cloud.VersionsIn(resource.NewSet(s.Schemas, r)))
	}
	return out, nil
}

// A project of a cloud that is to be read.
type project struct {
	side      *connection
	catalogue profile.Catalogue
}

// readSide reads a bundle or a file, or opens a project.
func (a *app) readSide(c *cli.Context, name string, key []byte) (resource.Stream, *project, error) {
	switch {
	case isFolder(name):
		b, err := bundle.Open(name)
		if err != nil {
			return resource.Stream{}, nil, &usage{err}
		}
		return resource.StreamOf(b.Set), nil, nil
	case exists(name):
		s, err := readFile(name)
		return s, nil, err
	}
	p, err := a.openProject(c, name, key)
	return resource.Stream{}, p, err
}

func (a *app) openProject(c *cli.Context, name string, key []byte) (*project, error) {
	config, err := loadConfig(c.String("config"))
	if err != nil {
		return nil, err
	}
	want := everything()
	want.secret = key
	side, err := a.connect(c.Context, name, config, want)
	if err != nil {
		return nil, err
	}
	catalogue, err := side.Cloud.Catalogue(c.Context)
	if err != nil {
		side.close()
		return nil, err
	}
	return &project{side, catalogue}, nil
}

// readFile reads an inventory, or the Set of a drill.
func readFile(name string) (resource.Stream, error) {
	s, err := inventory.Open(name)
	if !errors.Is(err, inventory.ErrNoInventory) {
		return s, err
	}
	set, err := readSetFile(name)
	if err != nil {
		return resource.Stream{}, err
	}
	return resource.StreamOf(set), nil
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
