package main

import (
	"encoding/json"

	"github.com/urfave/cli/v2"
	"golang.org/x/sync/errgroup"

	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/report"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

func (a *app) compareCommand() *cli.Command {
	return &cli.Command{
		Name: "compare", Usage: "show what two clouds offer otherwise", ArgsUsage: "CLOUD CLOUD",
		Description: `Reads both clouds' catalogues, as far as the project may see them, and changes
nothing. Whether a difference matters to a workload, wechsel predict says.

Examples:
  wechsel compare my-cloud sim:scs-reference
  wechsel compare sim:alster sim:isar --layers openstack`,
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "layers", Value: layersBoth, Usage: "`LAYERS` of the clouds to read: openstack, kubernetes, or both (all that they have)"},
			configFlag(), a.clusterProgramFlag(),
		}, outputFlags()...),
		Action: a.compare,
	}
}

func (a *app) compare(c *cli.Context) error {
	args, err := exactArgs(c, "CLOUD", "CLOUD")
	if err != nil {
		return err
	}
	out, err := outputOf(c)
	if err != nil {
		return err
	}
	layers, err := oneOf(c, "layers", layersBoth, layersOpenStack, layersKubernetes)
	if err != nil {
		return err
	}
	config, err := loadConfig(c.String("config"))
	if err != nil {
		return err
	}
	words, err := loadWords(out.lang)
	if err != nil {
		return err
	}
	want := everything()
	want.openStack, want.kubernetes = layers != layersKubernetes, layers != layersOpenStack
	both := [2]*connection{}
	if both[0], both[1], err = a.connectBoth(c.Context, args[0], args[1], config, want); err != nil {
		return err
	}
	var offers [2]profile.Catalogue
	var g errgroup.Group
	for i, side := range both {
		defer side.close()
		g.Go(func() (err error) {
			offers[i], err = side.Cloud.Catalogue(c.Context)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	differences, alike := profile.Compare(offers[0], offers[1])
	if out.format == "json" {
		enc := json.NewEncoder(a.Out)
		enc.SetIndent("", "  ")
		return enc.Encode(map[string]any{"apiVersion": resource.APIVersion, "kind": "Comparison", "a": args[0], "b": args[1], "alike": alike, "differences": differences})
	}
	return report.WriteCatalogues(a.Out, args[0], args[1], differences, alike, words)
}
