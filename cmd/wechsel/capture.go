package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/wechsel-project/wechsel/pkg/profile"
)

func (a *app) captureCommand() *cli.Command {
	return &cli.Command{
		Name: "capture", Usage: "write a profile of a cloud, to simulate it", ArgsUsage: " ",
		Description: `Reads the cloud's catalogue and changes nothing. The profile offers what the
project sees of the cloud's OpenStack: services and their versions, extensions,
flavors, images without their bytes, volume types, networks, zones, quotas; and
what the kubeconfig's user sees of its cluster: release, nodes, kinds, classes,
and what else the provider has put there. What no tenant sees is guessed, and
said at the top of the file.

Examples:
  wechsel capture --cloud my-cloud -o my-cloud.yaml
  wechsel capture --cloud my-cloud --layers kubernetes -o my-cluster.yaml
  wechsel run web-shop --from sim:./my-cloud.yaml --to sim:isar`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "cloud", Usage: "the `CLOUD` to read"},
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "`FILE` to write, which must not be there: NAME.yaml"},
			&cli.StringFlag{Name: "layers", Value: layersBoth, Usage: "`LAYERS` of the cloud to read: openstack, kubernetes, or both (all that it has)"}, configFlag(), a.clusterProgramFlag(),
		},
		Before: needs("cloud", "output"),
		Action: a.capture,
	}
}

func (a *app) capture(c *cli.Context) (err error) {
	if _, err := exactArgs(c); err != nil {
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
	name := c.String("output")
	if exists(name) {
		return &usage{fmt.Errorf("%s is there already: name a new file", name)}
	}
	if err := isPlaceFor(name); err != nil {
		return err
	}
	side, err := a.connect(c.Context, c.String("cloud"), config, wanted{openStack: layers != layersKubernetes, kubernetes: layers != layersOpenStack, ifThere: layers == layersBoth})
	if err != nil {
		return err
	}
	defer side.close()
	catalogue, err := side.Cloud.Catalogue(c.Context)
	if err != nil {
		return err
	}
	captured, guessed := profile.Capture(strings.TrimSuffix(filepath.Base(name), filepath.Ext(name)), catalogue)
	data, err := captured.YAML(guessed...)
	if err != nil {
		return err
	}
	if _, err := profile.Parse(name, data); err != nil {
		return fmt.Errorf("%s offers what cannot be simulated: %w", c.String("cloud"), err)
	}
	if err := writeNew(name, data); err != nil {
		return err
	}
	for _, line := range guessed {
		if _, err := fmt.Fprintln(a.Out, "-", line); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(a.Out, "What %s offers is in %s.\n", c.String("cloud"), name)
	return err
}
