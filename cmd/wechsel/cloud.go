package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"
	"sigs.k8s.io/yaml"

	"github.com/wechsel-project/wechsel/pkg/profile"
)

func (a *app) cloudCommand() *cli.Command {
	return &cli.Command{Name: "cloud", Usage: "serve simulated clouds for any client", Subcommands: []*cli.Command{{
		Name: "start", Usage: "serve simulated clouds until Ctrl-C", ArgsUsage: "sim:NAME…",
		Description: `Serves each cloud on a port of its own on loopback, and writes a clouds.yaml.
The projects demo and demo2 have users of the same names, with the password
"password"; admin is
the administrator.

Example:
  wechsel cloud start sim:alster sim:isar --dir /tmp/clouds
  export OS_CLIENT_CONFIG_FILE=/tmp/clouds/clouds.yaml
  openstack --os-cloud alster server list`,
		Flags:  []cli.Flag{&cli.StringFlag{Name: "dir", Usage: "`DIR` for clouds.yaml; default: a new temporary one"}, quietFlag()},
		Action: a.cloudStart,
	}}}
}

func (a *app) cloudStart(c *cli.Context) error {
	names, err := atLeastOne(c, "simulated cloud, as in sim:alster")
	if err != nil {
		return err
	}
	profiles := make([]*profile.Profile, len(names))
	for i, name := range names {
		if !strings.HasPrefix(name, simulated) {
			return &usage{fmt.Errorf("%q is no simulated cloud: want sim:NAME", name)}
		}
		if profiles[i], err = loadProfile(name); err != nil {
			return err
		}
	}
	ctx, done := a.interruptible(func() {}, func() {})
	defer done()
	return a.serveAll(ctx, c.String("dir"), names, profiles)
}

func (a *app) serveAll(ctx context.Context, dir string, names []string, profiles []*profile.Profile) error {
	clouds := map[string]any{}
	for i, p := range profiles {
		s, stop, err := serve(ctx, p, "127.0.0.1:0")
		if err != nil {
			return err
		}
		defer stop()
		name := cloudName(names[i], clouds)
		for suffix, user := range map[string]string{"": "demo", "-2": "demo2", "-admin": "admin"} {
			clouds[name+suffix] = cloudEntry(s, user)
		}
		if _, err := fmt.Fprintf(a.Out, "%-14s %s\n", name, s.authURL()); err != nil {
			return err
		}
	}
	file, err := writeClouds(dir, clouds)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(a.Out, "\nexport OS_CLIENT_CONFIG_FILE=%s\n", file); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

// cloudName is the profile's name; the second cloud of a profile gets a number.
func cloudName(arg string, taken map[string]any) string {
	base := strings.TrimSuffix(filepath.Base(strings.TrimPrefix(arg, simulated)), ".yaml")
	name := base
	for n := 2; taken[name] != nil; n++ {
		name = fmt.Sprintf("%s.%d", base, n)
	}
	return name
}

func cloudEntry(s *server, user string) map[string]any {
	project := user
	if user == "admin" {
		project = "demo"
	}
	return map[string]any{
		"region_name": s.profile.Region, "interface": "public", "identity_api_version": 3,
		"auth": map[string]any{
			"auth_url": s.authURL(), "username": user, "password": "password", "project_name": project,
			"user_domain_name": "Default", "project_domain_name": "Default",
		},
	}
}

func writeClouds(dir string, clouds map[string]any) (string, error) {
	data, err := yaml.Marshal(map[string]any{"clouds": clouds})
	if err != nil {
		return "", err
	}
	if dir == "" {
		if dir, err = os.MkdirTemp("", "wechsel-clouds-"); err != nil {
			return "", err
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	file, err := filepath.Abs(filepath.Join(dir, "clouds.yaml"))
	if err != nil {
		return "", err
	}
	return file, os.WriteFile(file, data, 0o600)
}
