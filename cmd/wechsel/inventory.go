package main

import (
	"crypto/rand"
	"fmt"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/wechsel-project/wechsel/pkg/inventory"
)

func (a *app) inventoryCommand() *cli.Command {
	return &cli.Command{
		Name: "inventory", Usage: "write what a project holds into one sorted file", ArgsUsage: " ",
		Description: `Reads the project and changes nothing in it. The file has a line of JSON for
each resource, in order, with a hash of all that is compared; diff takes it.
A cluster may be larger than the memory. The values of Secrets are not in it,
but hashes, which tell whether two are the same if both were made with one key.

Examples:
  wechsel inventory --cloud my-cloud -o before.jsonl --hash-key key
  wechsel diff before.jsonl my-cloud --hash-key key`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "cloud", Usage: "the `CLOUD` to read"},
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "`FILE` to write"}, hashKeyFlag(), configFlag(),
		},
		Before: needs("cloud", "output"),
		Action: a.inventory,
	}
}

func (a *app) inventory(c *cli.Context) error {
	if _, err := exactArgs(c); err != nil {
		return err
	}
	if err := isPlaceFor(c.String("output")); err != nil {
		return err
	}
	key, err := hashKey(c)
	if err != nil {
		return err
	}
	p, err := a.openProject(c, c.String("cloud"), key)
	if err != nil {
		return err
	}
	defer p.side.close()
	n, err := inventory.Write(c.Context, p.side.Cloud, inventory.Options{Catalogue: &p.catalogue}, c.String("output"))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.Out, "%d resources of %s are in %s\n", n, c.String("cloud"), c.String("output"))
	return err
}

func hashKeyFlag() cli.Flag {
	return &cli.StringFlag{Name: "hash-key", Usage: "`FILE` with what the values of Secrets are hashed with; default: a new key, once"}
}

// hashKey reads the file, or makes a key.
func hashKey(c *cli.Context) ([]byte, error) {
	if name := c.String("hash-key"); name != "" {
		key, err := os.ReadFile(name)
		if err != nil {
			return nil, &usage{fmt.Errorf("--hash-key: %w", err)}
		}
		return key, nil
	}
	key := make([]byte, 32)
	rand.Read(key)
	return key, nil
}
