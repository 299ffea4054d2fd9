package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/wechsel-project/wechsel/pkg/cloud/openstack"
	"github.com/wechsel-project/wechsel/pkg/hot"
	"github.com/wechsel-project/wechsel/pkg/inventory"
	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/scenario"
)

// listing is what the program knows by name.
type listing struct {
	Scenarios []named `json:"scenarios"`
	Clouds    []named `json:"clouds"`
	Overlays  []named `json:"overlays"` // of simulated clouds: sim:NAME+OVERLAY
}

type named struct {
	Name  string `json:"name"`
	Title string `json:"title"`
}

func (a *app) listCommand() *cli.Command {
	return &cli.Command{
		Name: "list", Usage: "the scenarios and clouds that are known", ArgsUsage: " ",
		Description: `Example:
  wechsel list --lang de`,
		Flags: []cli.Flag{formatFlag(plainFormats()...), langFlag(), configFlag()}, Action: a.list,
	}
}

func (a *app) list(c *cli.Context) error {
	if _, err := exactArgs(c); err != nil {
		return err
	}
	out, err := outputOf(c)
	if err != nil {
		return err
	}
	known, err := a.known(out.lang, c.String("config"))
	if err != nil {
		return err
	}
	if out.format == "json" {
		enc := json.NewEncoder(a.Out)
		enc.SetIndent("", "  ")
		return enc.Encode(known)
	}
	text := table("scenarios", known.Scenarios) + table("clouds", known.Clouds) + table("overlays, as in sim:alster+NAME", known.Overlays)
	_, err = io.WriteString(a.Out, text)
	return err
}

func table(title string, list []named) string {
	text := title + "\n"
	for _, n := range list {
		text += strings.TrimRight(fmt.Sprintf("  %-20s %s", n.Name, n.Title), " ") + "\n"
	}
	return text
}

func (a *app) known(lang, configName string) (*listing, error) {
	var l listing
	names, err := carried()
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		s, err := readScenario(name, scenario.Options{Schemas: openstack.Schemas()})
		if err != nil {
			return nil, err
		}
		l.Scenarios = append(l.Scenarios, named{name, s.Title[lang]})
	}
	fsys, err := profiles()
	if err != nil {
		return nil, err
	}
	if names, err = profile.Names(fsys); err != nil {
		return nil, err
	}
	for _, name := range names {
		p, err := profile.Load(fsys, name)
		if err != nil {
			return nil, err
		}
		l.Clouds = append(l.Clouds, named{simulated + name, p.Title[lang]})
	}
	if l.Overlays, err = overlays(lang); err != nil {
		return nil, err
	}
	config, err := loadConfig(configName)
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(config.Clouds)) {
		l.Clouds = append(l.Clouds, named{Name: name})
	}
	entries, err := openstack.CloudNames()
	if err != nil {
		return nil, err
	}
	for _, name := range entries {
		l.Clouds = append(l.Clouds, named{Name: name})
	}
	return &l, nil
}

// overlays are those that the binary carries.
func overlays(lang string) ([]named, error) {
	fsys, err := profiles()
	if err != nil {
		return nil, err
	}
	if fsys, err = fs.Sub(fsys, "overlays"); err != nil {
		return nil, err
	}
	names, err := profile.Names(fsys)
	if err != nil {
		return nil, err
	}
	var out []named
	for _, name := range names {
		data, err := fs.ReadFile(fsys, name+".yaml")
		if err != nil {
			return nil, err
		}
		titles, err := profile.Overlay{File: name + ".yaml", Data: data}.Titles()
		if err != nil {
			return nil, err
		}
		out = append(out, named{name, titles[lang]})
	}
	return out, nil
}

func (a *app) validateCommand() *cli.Command {
	return &cli.Command{
		Name: "validate", Usage: "check scenarios and profiles; nothing is contacted", ArgsUsage: "FILE…",
		Description: `Tells all mistakes at once, each with file, line and column. A scenario is
read with the parameters of the cloud to leave, as by run.

Examples:
  wechsel validate ./my-scenario ./clouds/my-provider.yaml
  wechsel validate my-shop.hot.yaml --from my-cloud`,
		Flags:  []cli.Flag{fromFlag(), configFlag()},
		Action: a.validate,
	}
}

func (a *app) validate(c *cli.Context) error {
	names, err := atLeastOne(c, "scenario or profile")
	if err != nil {
		return err
	}
	config, err := loadConfig(c.String("config"))
	if err != nil {
		return err
	}
	var errs []error
	for _, name := range names {
		what, notes, err := validateOne(name, c.String("from"), config)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if _, err := fmt.Fprintf(a.Out, "%s: a valid %s\n", name, what); err != nil {
			return err
		}
		for _, note := range notes {
			if _, err := fmt.Fprintf(a.Out, "  note: %v\n", note); err != nil {
				return err
			}
		}
	}
	if err := errors.Join(errs...); err != nil {
		return &usage{err}
	}
	return nil
}

// validateOne says what name is, and what of it is done otherwise than elsewhere.
func validateOne(name, from string, config *scenario.Config) (what string, notes []*hot.Error, err error) {
	if strings.HasPrefix(name, simulated) {
		_, err := loadProfile(name)
		return "profile", nil, err
	}
	if info, err := os.Stat(name); err == nil && !info.IsDir() {
		data, err := os.ReadFile(name)
		if err != nil {
			return "", nil, err
		}
		switch kindOf(data) {
		case "Profile":
			_, err := loadProfile(simulated + "./" + name)
			return "profile", nil, err
		case "Config", "":
			if path.Base(name) == configFile {
				_, err := scenario.LoadConfig(name, data)
				return "configuration", nil, err
			}
		}
	}
	s, err := loadScenario(name, from, config)
	if err != nil {
		return "scenario", nil, err
	}
	if len(s.Kubernetes) == 0 {
		return "scenario", s.Notes, nil
	}
	made, err := manifestsOf(s, nil) // of kustomizations and charts as far as that goes without a cluster
	if err != nil {
		return "scenario", nil, err
	}
	set, err := inventory.Take(context.Background(), made, inventory.Options{})
	if err != nil {
		return "scenario", nil, err
	}
	return "scenario", s.Notes, fillClaims(set, s.Claims)
}

// kindOf finds the kind line of a file of ours, whatever else is wrong with it.
// A profile says no kind; it is the one that has a region.
func kindOf(data []byte) string {
	for line := range strings.Lines(string(data)) {
		if strings.HasPrefix(line, "region:") {
			return "Profile"
		}
		if kind, ok := strings.CutPrefix(line, "kind:"); ok {
			return strings.Trim(strings.TrimSpace(kind), `"'`)
		}
	}
	return ""
}

func (a *app) schemaCommand() *cli.Command {
	return &cli.Command{
		Name: "schema", Usage: "the JSON schema of scenario.yaml or wechsel.yaml", ArgsUsage: "[scenario|config]",
		Description: `Example:
  wechsel schema scenario >scenario.schema.json`,
		Action: func(c *cli.Context) error {
			schemas := map[string]any{"": scenario.Schema(), "scenario": scenario.Schema(), "config": scenario.ConfigSchema()}
			schema, known := schemas[c.Args().First()]
			if !known || c.NArg() > 1 {
				return &usage{fmt.Errorf("schema %s: want scenario or config", strings.Join(c.Args().Slice(), " "))}
			}
			enc := json.NewEncoder(a.Out)
			enc.SetIndent("", "  ")
			return enc.Encode(schema)
		},
	}
}
